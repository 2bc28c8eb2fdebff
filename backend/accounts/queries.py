"""Who is who."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from backend.accounts.models import AccessToken, Manager, User
from backend.core.errors import FieldPath, NotFound
from backend.core.references import token_hash
from backend.core.viewer import MANAGES_NOTHING, NOBODY, ManagerScope, Role, Viewer


def viewer_for_token(token: str, *, now: datetime) -> Viewer:
    """The viewer that a bearer token stands for; nobody where it is unknown, expired or revoked.

    One statement, three more for a manager.
    """
    return _viewer(
        AccessToken.objects.filter(
            token_hash=token_hash(token), revoked_at=None, expires_at__gt=now, user__is_active=True
        )
        .values(
            "user_id",
            token_id=F("id"),
            token_used_at=F("last_used_at"),
            role=F("user__role"),
            # The reverse ends of one-to-one relations that higher domains own; joined here to save their statements.
            staff_id=F("user__staff__id"),
            customer_id=F("user__customer__id"),
        )
        .first()
    )


def viewer_for_user(user_id: int) -> Viewer:
    """The viewer that a user is, whatever it signed in with: for the back office."""
    return _viewer(
        User.objects.filter(pk=user_id, is_active=True)
        .values("role", user_id=F("id"), staff_id=F("staff__id"), customer_id=F("customer__id"))
        .first()
    )


def _viewer(row: Mapping[str, Any] | None) -> Viewer:
    if row is None:
        return NOBODY
    role = Role(row["role"])
    return Viewer(
        user_id=row["user_id"],
        role=role,
        staff_id=row["staff_id"] if role is Role.STAFF else None,
        customer_id=row["customer_id"] if role is Role.CUSTOMER else None,
        manager=manager_scope(row["user_id"]) if role is Role.MANAGER else None,
        token_id=row.get("token_id"),
        token_used_at=row.get("token_used_at"),
    )


def manager_scope(user_id: int) -> ManagerScope:
    """What a manager manages now; nothing where its Manager row is missing."""
    manager = Manager.objects.filter(user_id=user_id).first()
    if manager is None:
        return MANAGES_NOTHING
    return ManagerScope(
        manages_all=manager.can_manage_all,
        permissions=manager.permissions,
        staff_ids=frozenset(manager.managed_staff.values_list("pk", flat=True)),
        customer_ids=frozenset(manager.managed_customers.values_list("pk", flat=True)),
    )


def user_for(viewer: Viewer) -> User | None:
    """The signed-in user with its profile."""
    if viewer.user_id is None:
        return None
    return User.objects.select_related("profile").filter(pk=viewer.user_id).first()


def token_is_live(token_id: int, *, now: datetime) -> bool:
    """Whether a sign-in still holds: neither revoked nor expired, its user active."""
    return AccessToken.objects.filter(pk=token_id, revoked_at=None, expires_at__gt=now, user__is_active=True).exists()


def users_visible_to(viewer: Viewer) -> QuerySet[User]:
    """Admins see all users, everyone else itself."""
    if viewer.is_admin:
        return User.objects.all()
    return User.objects.none() if viewer.user_id is None else User.objects.filter(pk=viewer.user_id)


def account_for_staff(viewer: Viewer, user_id: int, *, field: FieldPath = ()) -> User:
    """The visible, active account of role STAFF, or NotFound: linking it to a member of staff changes no role."""
    user = users_visible_to(viewer).filter(pk=user_id, role=Role.STAFF, is_active=True).first()
    if user is None:
        raise NotFound("There is no such account with the role STAFF.", field)
    return user
