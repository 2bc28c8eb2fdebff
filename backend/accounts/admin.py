"""Users, managers and sign-ins in the back office."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from backend.accounts.actions import delete_invitation, resend_invitation, revoke_session, update_manager
from backend.accounts.models import AccessToken, Invitation, Manager, User
from backend.core.admin import ActionAdmin, ReadOnlyAdmin
from backend.core.viewer import Permission, Viewer


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """Who can sign in. Roles change by invitation and by the API alone: a form would leave rows behind."""

    list_display = ["email", "name", "role", "is_active", "email_verified_at", "last_login", "created_at"]
    list_filter = ["role", "is_active", "created_at"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    exclude = ["password"]


@admin.register(Manager)
class ManagerAdmin(ActionAdmin):
    """What each manager manages and may do. Rows come with the role."""

    list_display = [
        "user",
        "can_manage_all",
        "can_manage_staff",
        "can_manage_customers",
        "can_manage_orders",
        "can_approve_services",
        "can_view_reports",
    ]
    list_filter = ["can_manage_all", "can_manage_staff", "can_manage_customers", "can_manage_orders"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]
    ordering = ["user__email"]
    readonly_fields = ["user"]
    autocomplete_fields = ["managed_staff", "managed_customers"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def write(self, *, viewer: Viewer, row: Any, values: Mapping[str, Any], now: datetime) -> Model:
        return update_manager(
            viewer=viewer,
            manager_id=row.pk,
            can_manage_all=values["can_manage_all"],
            permissions=[each for each in Permission if values[f"can_{each.value.lower()}"]],
            managed_staff_ids=[each.pk for each in values["managed_staff"]],
            managed_customer_ids=[each.pk for each in values["managed_customers"]],
            now=now,
        )


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Who may register in which role. Sent by the API; sent again and deleted here, too. The link is never shown."""

    list_display = ["email", "role", "invited_by", "created_at", "expires_at", "used_at"]
    list_filter = ["role", ("used_at", admin.EmptyFieldListFilter), "expires_at"]
    list_select_related = ["invited_by"]
    search_fields = ["email", "invited_by__email"]
    exclude = ["token"]
    actions = ["send_again", "withdraw"]

    @admin.action(description="Send again")
    def send_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.carry_out(
            request,
            queryset,
            lambda viewer, row, now: resend_invitation(viewer=viewer, invitation_id=row.pk, now=now),
            "sent again",
        )

    @admin.action(description="Delete")
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.carry_out(
            request,
            queryset,
            lambda viewer, row, now: delete_invitation(viewer=viewer, invitation_id=row.pk),
            "deleted",
        )


@admin.register(AccessToken)
class AccessTokenAdmin(ReadOnlyAdmin):
    """Who is signed in. The tokens themselves are kept nowhere."""

    list_display = ["id", "user", "user_agent", "created_at", "last_used_at", "expires_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter), "created_at", "expires_at"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]
    ordering = ["-id"]
    exclude = ["token_hash"]
    actions = ["revoke"]

    @admin.action(description="Sign out")
    def revoke(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.carry_out(
            request,
            queryset,
            lambda viewer, row, now: revoke_session(viewer=viewer, token_id=row.pk, now=now),
            "signed out",
        )
