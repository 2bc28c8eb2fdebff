"""What users tell about themselves, and what admins let them do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from django.db.models import Model

from backend.accounts.actions.registration import end_row_of_role, make_row_of_role
from backend.accounts.actions.sessions import revoke_tokens
from backend.accounts.errors import LastAdmin
from backend.accounts.events import AccessChanged
from backend.accounts.models import Manager, Profile, User
from backend.accounts.permissions import require_change_access
from backend.accounts.queries import manager_for, user_by_id
from backend.accounts.rules import AVATAR_SIDE, international_number, known_zone, preferences_refusals
from backend.core.errors import NotFound, Problems, Refusal, raise_all
from backend.core.files import discard_after_commit, keeping
from backend.core.images import EXTENSION, square_picture
from backend.core.text import clean_text
from backend.core.transactions import use_case
from backend.core.viewer import Permission, Role, Viewer, require_signed_in
from backend.events.actions import emit


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChanges:
    """What to change about one's profile; None leaves a value as it is."""

    name: str | None = None
    phone: str | None = None
    time_zone: str | None = None
    preferences: object = None
    """All of them, as JSON gives them: see `rules.PREFERENCES`."""
    avatar: BinaryIO | None = None
    """A picture as it was uploaded."""
    removes_avatar: bool = False


def update_profile(*, viewer: Viewer, changes: ProfileChanges) -> User:
    """Change one's own profile; everything that is wrong with the changes at once.

    The picture is read and kept before the transaction, for neither is its business, and dropped where that fails.
    """
    require_signed_in(viewer)
    problems = Problems()
    with keeping("avatars", extension=EXTENSION) as kept:
        avatar = ""
        if changes.avatar is not None:
            with problems:
                avatar = kept.add(square_picture(changes.avatar, side=AVATAR_SIDE, field=("avatar",)))
        return save_profile(viewer=viewer, changes=changes, avatar=avatar, problems=problems)


@use_case
def save_profile(*, viewer: Viewer, changes: ProfileChanges, avatar: str, problems: Problems) -> User:
    """The database's part of `update_profile`: `avatar` names the new picture, `problems` holds what it refused."""
    user = User.objects.select_for_update(no_key=True).get(pk=require_signed_in(viewer))
    profile, _ = Profile.objects.get_or_create(user=user)
    if changes.name is not None:
        with problems:
            user.name = clean_text(changes.name, field=("name",), max_length=200)
    if changes.phone is not None:
        with problems:
            phone = clean_text(changes.phone, field=("phone",), max_length=32, required=False)
            profile.phone = international_number(phone, field=("phone",))
    if changes.time_zone is not None:
        with problems:
            profile.time_zone = known_zone(changes.time_zone, field=("time_zone",))
    if changes.preferences is not None:
        with problems:
            raise_all(preferences_refusals(changes.preferences))
            profile.preferences = changes.preferences
    problems.raise_all()
    if profile.avatar and (avatar or changes.removes_avatar):
        discard_after_commit([profile.avatar])
        profile.avatar = ""
    profile.avatar = avatar or profile.avatar
    user.save(update_fields=["name"])
    profile.save()
    return user


@use_case
def update_user_role(*, viewer: Viewer, user_id: int, role: Role, reassign: bool = False, now: datetime) -> User:
    """Give a user another role: makes the row that the role needs and signs the user out everywhere.

    The rows of earlier roles stay, for history hangs on them; a member of staff is deactivated, which is refused while
    it has visits ahead, or with `reassign` gives them to colleagues. Raises LastAdmin.
    """
    require_change_access(viewer)
    user = user_by_id(user_id, field=("user_id",), lock=True)
    if user.role == role:
        return user
    _require_another_admin(user)
    end_row_of_role(user, reassign=reassign, actor_id=viewer.user_id, now=now)
    user.role = role
    user.save(update_fields=["role"])
    make_row_of_role(user, now=now)
    revoke_tokens(user_id=user.pk, actor_id=viewer.user_id, now=now)
    return user


@use_case
def deactivate_user(*, viewer: Viewer, user_id: int, reassign: bool = False, now: datetime) -> User:
    """Lock a user out, at once and everywhere. Its history stays. Twice is no error. Raises LastAdmin.

    A member of staff is deactivated with its account, which is refused while it has visits ahead, or with `reassign`
    gives them to colleagues.
    """
    require_change_access(viewer)
    user = user_by_id(user_id, field=("user_id",), lock=True)
    if user.is_active:
        _require_another_admin(user)
        end_row_of_role(user, reassign=reassign, actor_id=viewer.user_id, now=now)
        user.is_active = False
        user.save(update_fields=["is_active"])
        revoke_tokens(user_id=user.pk, actor_id=viewer.user_id, now=now)
    return user


@use_case
def reactivate_user(*, viewer: Viewer, user_id: int, now: datetime) -> User:
    """Let a user in again, in the role that it had; it signs in anew. Twice is no error.

    Whether a member of staff gets visits again is for the office to say, by `update_staff_member`.
    """
    require_change_access(viewer)
    user = user_by_id(user_id, field=("user_id",), lock=True)
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        make_row_of_role(user, now=now)
    return user


@use_case
def update_manager(
    *,
    viewer: Viewer,
    manager_id: int,
    can_manage_all: bool | None = None,
    permissions: Sequence[Permission] | None = None,
    managed_staff_ids: Sequence[int] | None = None,
    managed_customer_ids: Sequence[int] | None = None,
    now: datetime,
) -> Manager:
    """Say what a manager may do, and to whom; each list replaces the one before, None leaves it."""
    require_change_access(viewer)
    manager = manager_for(viewer, manager_id, field=("manager_id",), lock=True)
    if can_manage_all is not None:
        manager.can_manage_all = can_manage_all
    if permissions is not None:
        for permission in Permission:
            setattr(manager, f"can_{permission.value.lower()}", permission in permissions)
    manager.save()
    _replace(manager.managed_staff, managed_staff_ids, "managed_staff_ids")
    _replace(manager.managed_customers, managed_customer_ids, "managed_customer_ids")
    emit([AccessChanged(user_id=manager.user_id, actor_id=viewer.user_id)], now=now)
    return manager


def _replace(relation: Any, ids: Sequence[int] | None, field: str) -> None:
    if ids is None:
        return
    model: type[Model] = relation.model
    known = set(model._default_manager.filter(pk__in=ids).values_list("pk", flat=True))
    refusals: list[Refusal] = [
        NotFound("There is nobody with this id.", (field, position))
        for position, each in enumerate(ids)
        if each not in known
    ]
    raise_all(refusals)
    relation.set(ids)


def _require_another_admin(user: User) -> None:
    """LastAdmin unless somebody else remains. Locks the admins, so that two can't demote each other at once."""
    if user.role != Role.ADMIN:
        return
    admins = User.objects.filter(role=Role.ADMIN, is_active=True).order_by("pk").select_for_update(no_key=True)
    if not [admin for admin in admins if admin.pk != user.pk]:
        raise LastAdmin
