"""Who is who."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
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
    return next(iter(_viewers(_live(AccessToken.objects.filter(token_hash=token_hash(token)), now))), NOBODY)


def viewers_of_tokens(token_ids: Iterable[int], *, now: datetime) -> dict[int, Viewer]:
    """Whom the tokens stand for that are still live, by token id. Four statements at most, however many tokens."""
    viewers = _viewers(_live(AccessToken.objects.filter(pk__in=set(token_ids)), now))
    return {viewer.token_id: viewer for viewer in viewers if viewer.token_id is not None}


def viewer_for_user(user_id: int) -> Viewer:
    """The viewer that a user is, whatever it signed in with: for the back office."""
    rows = User.objects.filter(pk=user_id, is_active=True).values(
        "role", user_id=F("id"), staff_id=F("staff__id"), customer_id=F("customer__id")
    )
    return next(iter(_viewers(rows)), NOBODY)


def _live(tokens: QuerySet[AccessToken], now: datetime) -> Iterable[Mapping[str, Any]]:
    return tokens.filter(revoked_at=None, expires_at__gt=now, user__is_active=True).values(
        "user_id",
        token_id=F("id"),
        token_used_at=F("last_used_at"),
        role=F("user__role"),
        # The reverse ends of one-to-one relations that higher domains own; joined here to save their statements.
        staff_id=F("user__staff__id"),
        customer_id=F("user__customer__id"),
    )


def _viewers(rows: Iterable[Mapping[str, Any]]) -> list[Viewer]:
    rows = list(rows)
    scopes = manager_scopes({row["user_id"] for row in rows if row["role"] == Role.MANAGER})
    return [_viewer(row, scopes) for row in rows]


def _viewer(row: Mapping[str, Any], scopes: Mapping[int, ManagerScope]) -> Viewer:
    role = Role(row["role"])
    return Viewer(
        user_id=row["user_id"],
        role=role,
        staff_id=row["staff_id"] if role is Role.STAFF else None,
        customer_id=row["customer_id"] if role is Role.CUSTOMER else None,
        manager=scopes.get(row["user_id"], MANAGES_NOTHING) if role is Role.MANAGER else None,
        token_id=row.get("token_id"),
        token_used_at=row.get("token_used_at"),
    )


def manager_scopes(user_ids: Collection[int]) -> dict[int, ManagerScope]:
    """What managers manage now, by user id; users without a Manager row are left out."""
    if not user_ids:
        return {}
    managers = Manager.objects.filter(user_id__in=user_ids).in_bulk()
    staff, customers = _managed(Manager.managed_staff, managers), _managed(Manager.managed_customers, managers)
    return {
        manager.user_id: ManagerScope(
            manages_all=manager.can_manage_all,
            permissions=manager.permissions,
            staff_ids=frozenset(staff[manager_id]),
            customer_ids=frozenset(customers[manager_id]),
        )
        for manager_id, manager in managers.items()
    }


def _managed(relation: Any, manager_ids: Iterable[int]) -> defaultdict[int, list[int]]:
    """The ids at the other end of a many-to-many relation of managers, from its table alone."""
    other = relation.field.m2m_reverse_name()
    found: defaultdict[int, list[int]] = defaultdict(list)
    for manager_id, id_ in relation.through.objects.filter(manager_id__in=manager_ids).values_list("manager_id", other):
        found[manager_id].append(id_)
    return found


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
