"""What users tell about themselves, and what admins let them do."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model

from backend.accounts.actions.registration import end_row_of_role, make_row_of_role
from backend.accounts.actions.sessions import revoke_tokens
from backend.accounts.errors import LastAdmin
from backend.accounts.events import AccessChanged
from backend.accounts.models import Manager, Profile, User
from backend.accounts.permissions import require_change_access
from backend.accounts.queries import manager_for, user_by_id
from backend.accounts.rules import MAX_PREFERENCES_BYTES, international_number, known_zone
from backend.core.errors import NotFound, Problems, Refusal, TooLong, raise_all
from backend.core.text import clean_text
from backend.core.transactions import use_case
from backend.core.viewer import Permission, Role, Viewer, require_signed_in
from backend.events.actions import emit


@use_case
def update_profile(
    *,
    viewer: Viewer,
    name: str | None = None,
    phone: str | None = None,
    time_zone: str | None = None,
    preferences: dict[str, Any] | None = None,
) -> User:
    """Change one's own name, phone (international), time zone and preferences; None leaves a value as it is."""
    user = User.objects.select_for_update(no_key=True).get(pk=require_signed_in(viewer))
    profile, _ = Profile.objects.get_or_create(user=user)
    problems = Problems()
    if name is not None:
        with problems:
            user.name = clean_text(name, field=("name",), max_length=200)
    if phone is not None:
        with problems:
            phone = clean_text(phone, field=("phone",), max_length=32, required=False)
            profile.phone = international_number(phone, field=("phone",))
    if time_zone is not None:
        with problems:
            profile.time_zone = known_zone(time_zone, field=("time_zone",))
    if preferences is not None:
        with problems:
            if len(json.dumps(preferences)) > MAX_PREFERENCES_BYTES:
                raise TooLong(f"Preferences take at most {MAX_PREFERENCES_BYTES} bytes.", ("preferences",))
            profile.preferences = preferences
    problems.raise_all()
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
