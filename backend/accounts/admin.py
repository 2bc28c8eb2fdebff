"""Users, managers and sign-ins in the back office, and the way into it."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from backend.accounts.actions import (
    change_password,
    delete_invitation,
    limit_sign_in,
    resend_invitation,
    revoke_session,
    update_manager,
)
from backend.accounts.models import AccessToken, Invitation, Manager, Profile, User
from backend.accounts.queries import (
    invitations_visible_to,
    managers_visible_to,
    sessions_visible_to,
    users_visible_to,
    viewer_for_user,
)
from backend.core import clock
from backend.core.admin import ActionAdmin, DatesFilter, ReadOnlyAdmin, RowAction
from backend.core.errors import AccessError, RateLimited, Refusal
from backend.core.requests import client_address
from backend.core.viewer import Permission, Viewer

if TYPE_CHECKING:
    from django.contrib.admin.forms import AdminAuthenticationForm as AuthenticationForm
    from django.contrib.admin.forms import AdminPasswordChangeForm as AdminOwnPasswordChangeForm
else:
    from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm

admin.site.unregister(Group)  # roles and flags decide here: nobody is in a group


class SignInForm(AuthenticationForm):
    """The door, limited as the API's: by account and by network address, known or not."""

    def clean(self) -> dict[str, Any]:
        address = client_address(self.request) if self.request else "local"
        try:
            limit_sign_in(email=self.cleaned_data.get("username") or "", address=address)
        except RateLimited as error:
            raise ValidationError(error.message, code="rate_limited") from error
        return super().clean()


class PasswordForm(AdminOwnPasswordChangeForm):
    """One's own password, through the use case: every sign-in with the old one ends."""

    def clean_old_password(self) -> str:
        """Checked by the use case, which also counts the tries."""
        return str(self.cleaned_data["old_password"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            self.user = change_password(
                viewer=viewer_for_user(self.user.pk),
                current=cleaned["old_password"],
                new=cleaned["new_password1"],
                now=clock.now(),
            )
        except Refusal as refusal:
            wrong = "old_password" if refusal.field == ("current_password",) else "new_password1"
            self.add_error(wrong, refusal.message)
        except AccessError as error:
            self.add_error(None, error.message)
        return cleaned

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        return self.user


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """Who can sign in. Roles change by invitation and by the API alone: a form would leave rows behind."""

    icon = "person"
    list_display = ["email", "name", "role", "is_active", "email_verified_at", "last_login", "created_at"]
    list_filter = ["role", "is_active", ("created_at", DatesFilter)]
    search_fields = ["email", "name"]
    ordering = ["email"]
    exclude = ["password"]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return users_visible_to(viewer)


@admin.register(Profile)
class ProfileAdmin(ReadOnlyAdmin):
    """What users tell about themselves; they change it."""

    icon = "badge"
    list_display = ["user", "phone", "time_zone"]
    list_filter = ["time_zone"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name", "phone"]
    ordering = ["user__email"]


@admin.register(Manager)
class ManagerAdmin(ActionAdmin):
    """What each manager manages and may do. Rows come with the role."""

    icon = "supervisor_account"

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

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return managers_visible_to(viewer)

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

    icon = "person_add"
    list_display = ["email", "role", "invited_by", "created_at", "expires_at", "used_at"]
    list_filter = ["role", ("used_at", admin.EmptyFieldListFilter), ("expires_at", DatesFilter)]
    list_select_related = ["invited_by"]
    search_fields = ["email", "invited_by__email"]
    ordering = ["-created_at", "-pk"]
    exclude = ["token"]
    row_actions = [
        RowAction(
            name="send_again",
            label="Send again",
            done="sent again",
            act=lambda viewer, row, now, _: resend_invitation(viewer=viewer, invitation_id=row.pk, now=now),
            offered=lambda row: row.used_at is None,
        ),
        RowAction(
            name="withdraw",
            label="Delete",
            done="deleted",
            act=lambda viewer, row, now, _: delete_invitation(viewer=viewer, invitation_id=row.pk),
            offered=lambda row: row.used_at is None,
            style="danger",
        ),
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return invitations_visible_to(viewer)


@admin.register(AccessToken)
class AccessTokenAdmin(ReadOnlyAdmin):
    """Who is signed in. The tokens themselves are kept nowhere."""

    icon = "devices"
    list_display = ["id", "user", "user_agent", "created_at", "last_used_at", "expires_at", "revoked_at"]
    list_filter = [
        ("revoked_at", admin.EmptyFieldListFilter),
        ("created_at", DatesFilter),
        ("expires_at", DatesFilter),
    ]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]
    ordering = ["-id"]
    exclude = ["token_hash"]
    row_actions = [
        RowAction(
            name="revoke",
            label="Sign out",
            done="signed out",
            act=lambda viewer, row, now, _: revoke_session(viewer=viewer, token_id=row.pk, now=now),
            offered=lambda row: row.revoked_at is None,
        )
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return sessions_visible_to(viewer)
