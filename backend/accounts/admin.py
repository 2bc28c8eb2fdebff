"""Users, managers and sign-ins in the back office."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.accounts.actions import revoke_token
from backend.accounts.models import AccessToken, Manager, User
from backend.core.admin import BackOffice, ReadOnlyAdmin


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """Who can sign in. Roles change by invitation and by the API alone: a form would leave rows behind."""

    list_display = ["email", "name", "role", "is_active", "email_verified_at", "last_login", "created_at"]
    list_filter = ["role", "is_active", "created_at"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    exclude = ["password"]


@admin.register(Manager)
class ManagerAdmin(BackOffice):
    """What each manager manages and may do. Rows come and go with the role."""

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
            lambda viewer, row, now: revoke_token(viewer=viewer, token_id=row.pk, now=now),
            "signed out",
        )
