"""Changing by which ways one is told, and when not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from backend.core.errors import InvalidInput, NotFound, Problems
from backend.core.transactions import use_case
from backend.core.viewer import Viewer, require_signed_in
from backend.notifications.models import NotificationPreference
from backend.notifications.queries import preferences_of, read_unsubscribe_token
from backend.notifications.rules import OPTIONAL_GROUPS, MessageGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupWish:
    """By which ways a group of messages may come; None leaves it as it is."""

    group: MessageGroup
    email: bool | None = None
    sms: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceChanges:
    """What to change; what is left out stays."""

    groups: Sequence[GroupWish] = ()
    sets_quiet: bool = False
    quiet_from: time | None = None
    quiet_until: time | None = None
    """Both None, with `sets_quiet`, end the quiet hours."""


@use_case
def update_preferences(*, viewer: Viewer, changes: PreferenceChanges, now: datetime) -> NotificationPreference:
    """Change one's own.

    Raises NotSignedIn; InvalidInput for messages that nobody can do without, and for quiet hours without an end, or
    that last all day.
    """
    user_id = require_signed_in(viewer)
    problems = Problems()
    for position, wish in enumerate(changes.groups):
        with problems:
            if wish.group not in OPTIONAL_GROUPS:
                raise InvalidInput("These messages are always sent.", ("groups", position, "group"))
    with problems:
        _require_span(changes)
    problems.raise_all()
    row = _row(user_id=user_id, email="", now=now)
    for wish in changes.groups:
        row.no_mail = _set(row.no_mail, wish.group, wanted=wish.email)
        row.no_sms = _set(row.no_sms, wish.group, wanted=wish.sms)
    if changes.sets_quiet:
        row.quiet_from, row.quiet_until = changes.quiet_from, changes.quiet_until
    row.updated_at = now
    row.save()
    return row


@use_case
def unsubscribe(*, token: str, now: datetime) -> MessageGroup:
    """No more mails of the group that the link of a mail is about. Twice is once. NotFound for a link of nobody's."""
    about = read_unsubscribe_token(token)
    if about is None or about.group not in OPTIONAL_GROUPS:
        raise NotFound("This link is not one of ours.", ("token",))
    row = _row(user_id=about.user_id, email=about.email, now=now)
    row.no_mail = _set(row.no_mail, about.group, wanted=False)
    row.updated_at = now
    row.save()
    return about.group


def _row(*, user_id: int | None, email: str, now: datetime) -> NotificationPreference:
    """The row, locked; made where there is none."""
    mine = preferences_of(user_id=user_id, email=email)
    fresh = NotificationPreference(user_id=user_id, email=email.lower(), updated_at=now)
    NotificationPreference.objects.bulk_create([fresh], ignore_conflicts=True)
    row = mine.select_for_update(no_key=True).first()
    if row is None:
        raise NotFound("There is no such account.", ("token",))
    return row


def _require_span(changes: PreferenceChanges) -> None:
    start, end = changes.quiet_from, changes.quiet_until
    if (start is None) != (end is None):
        raise InvalidInput("Quiet hours have a beginning and an end.", ("quiet_hours",))
    if start is not None and start == end:
        raise InvalidInput("Quiet hours can't last all day.", ("quiet_hours", "until"))


def _set(off: list[str], group: MessageGroup, *, wanted: bool | None) -> list[str]:
    if wanted is None:
        return off
    return sorted({*off} - {group.value}) if wanted else sorted({*off, group.value})
