"""Who is who."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db.models import F, QuerySet
from django.utils.http import base36_to_int, int_to_base36

from backend.accounts.models import AccessToken, Invitation, Manager, Profile, User
from backend.core.errors import FieldPath, NotAllowed, NotFound
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


def customer_account(viewer: Viewer) -> tuple[int, User]:
    """Id and account of the signed-in customer; NotAllowed for whoever is none."""
    user = user_for(viewer)
    if user is None or viewer.customer_id is None:
        raise NotAllowed
    return viewer.customer_id, user


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


def account_for_customer(viewer: Viewer, user_id: int, *, field: FieldPath = ()) -> User:
    """The visible, active account of role CUSTOMER without a customer, or NotFound: linking changes no role."""
    users = users_visible_to(viewer).filter(pk=user_id, role=Role.CUSTOMER, is_active=True, customer=None)
    user = users.first()
    if user is None:
        raise NotFound("There is no such account with the role CUSTOMER that is free.", field)
    return user


def user_by_id(user_id: int, *, field: FieldPath = (), lock: bool = False) -> User:
    """Any user, for admins; NotFound where there is none."""
    users = User.objects.select_for_update(no_key=True) if lock else User.objects.all()
    user = users.filter(pk=user_id).first()
    if user is None:
        raise NotFound("There is no such user.", field)
    return user


def sessions_visible_to(viewer: Viewer) -> QuerySet[AccessToken]:
    """One's own sign-ins; admins see everybody's."""
    if viewer.is_admin:
        return AccessToken.objects.all()
    return AccessToken.objects.filter(user_id=viewer.user_id or 0)


def session_for(viewer: Viewer, token_id: int, *, field: FieldPath = ()) -> AccessToken:
    """A visible sign-in, or NotFound."""
    token = sessions_visible_to(viewer).filter(pk=token_id).first()
    if token is None:
        raise NotFound("There is no such session.", field)
    return token


def invitations_visible_to(viewer: Viewer) -> QuerySet[Invitation]:
    """All for admins, none for anyone else."""
    return Invitation.objects.all() if viewer.is_admin else Invitation.objects.none()


def invitation_for(viewer: Viewer, invitation_id: int, *, field: FieldPath = (), lock: bool = False) -> Invitation:
    """The visible invitation, or NotFound."""
    rows = invitations_visible_to(viewer)
    invitation = (rows.select_for_update(no_key=True) if lock else rows).filter(pk=invitation_id).first()
    if invitation is None:
        raise NotFound("There is no such invitation.", field)
    return invitation


def open_invitation(token: str, *, now: datetime) -> Invitation | None:
    """The invitation of a link, if it can still be used."""
    return Invitation.objects.filter(token=token, used_at=None, expires_at__gte=now).first()


def invitation_for_message(invitation_id: int, *, now: datetime) -> Invitation | None:
    """The invitation that a mail is to be written about, if it can still be used."""
    return Invitation.objects.filter(pk=invitation_id, used_at=None, expires_at__gte=now).first()


def account_for_message(user_id: int | None) -> User | None:
    """The active account that a mail is to be written about, if it is there; None for nobody's."""
    return None if user_id is None else User.objects.filter(pk=user_id, is_active=True).first()


def office_user_ids() -> list[int]:
    """The active admins and managers, by id."""
    rows = User.objects.filter(is_active=True, role__in=[Role.ADMIN, Role.MANAGER])
    return list(rows.order_by("pk").values_list("pk", flat=True))


@dataclass(frozen=True, slots=True)
class Manner:
    """How an account wants to be spoken to; an empty language or phone is none that it has said."""

    language: str
    zone: ZoneInfo
    phone: str


def manner_of(user_id: int) -> Manner | None:
    """From the profile of an active account; None for others."""
    profile = Profile.objects.filter(user_id=user_id, user__is_active=True).first()
    if profile is None:
        return None
    return Manner(str(profile.preferences.get("language", "")), ZoneInfo(profile.time_zone), profile.phone)


def managers_visible_to(viewer: Viewer) -> QuerySet[Manager]:
    """All for admins; a manager sees its own row."""
    if viewer.is_admin:
        return Manager.objects.all()
    return Manager.objects.filter(user_id=viewer.user_id or 0)


def manager_for(viewer: Viewer, manager_id: int, *, field: FieldPath = (), lock: bool = False) -> Manager:
    """The visible manager, or NotFound."""
    rows = managers_visible_to(viewer)
    manager = (rows.select_for_update(of=("self",), no_key=True) if lock else rows).filter(pk=manager_id).first()
    if manager is None:
        raise NotFound("There is no such manager.", field)
    return manager


class LinkTokens(PasswordResetTokenGenerator):
    """Django's generator for one purpose. A link dies when it is used, because what it proves is in its hash.

    `uses` names the column that using the link changes. Links are good for PASSWORD_RESET_TIMEOUT.
    """

    def __init__(self, purpose: str, uses: str) -> None:
        super().__init__()
        self.key_salt = f"backend.accounts.{purpose}"
        self.uses = uses

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{user.pk}|{user.email}|{user.is_active}|{getattr(user, self.uses)}|{timestamp}"


VERIFICATION = LinkTokens("verification", uses="email_verified_at")
PASSWORD_RESET = LinkTokens("password-reset", uses="password")


def link_token(purpose: LinkTokens, user: User) -> str:
    """What stands in a link: the user, then the proof."""
    return f"{int_to_base36(user.pk)}.{purpose.make_token(user)}"


def user_of_link(purpose: LinkTokens, token: str) -> User | None:
    """The active user that a link was made for; None for a wrong, used or outdated one."""
    identity, _, proof = token.partition(".")
    try:
        user = User.objects.filter(pk=base36_to_int(identity), is_active=True).first()
    except ValueError:
        return None
    return user if user is not None and purpose.check_token(user, proof) else None


def own_sessions(user_id: int) -> QuerySet[AccessToken]:
    """A user's live sign-ins, the newest first."""
    return AccessToken.objects.filter(user_id=user_id, revoked_at=None).order_by("-created_at", "-id")


def manager_of_user(user_id: int) -> Manager:
    """The Manager row of an account that has one, or NotFound."""
    manager = Manager.objects.filter(user_id=user_id).first()
    if manager is None:
        raise NotFound("There is no such manager.")
    return manager


def account_data(user_id: int) -> dict[str, Any]:
    """All that is kept of an account, as plain values, for the person itself; instants in ISO 8601, UTC."""
    user = User.objects.select_related("profile").get(pk=user_id)
    profile = getattr(user, "profile", None)
    sessions = AccessToken.objects.filter(user=user).order_by("created_at", "pk")
    return {
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "is_active": user.is_active,
        "email_verified_at": _iso(user.email_verified_at),
        "created_at": _iso(user.created_at),
        "last_login": _iso(user.last_login),
        "profile": profile
        and {
            "phone": profile.phone,
            "time_zone": profile.time_zone,
            "preferences": profile.preferences,
            "avatar": profile.avatar,
        },
        "sessions": [
            {
                "user_agent": each.user_agent,
                "created_at": _iso(each.created_at),
                "last_used_at": _iso(each.last_used_at),
                "expires_at": _iso(each.expires_at),
                "revoked_at": _iso(each.revoked_at),
            }
            for each in sessions
        ],
    }


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def avatar_files(names: Collection[str] | None = None) -> set[str]:
    """The files that profiles name, or those of `names` that they name."""
    rows = Profile.objects.exclude(avatar="") if names is None else Profile.objects.filter(avatar__in=names)
    return set(rows.values_list("avatar", flat=True))
