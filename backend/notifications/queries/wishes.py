"""By which ways people want to be told, and when not."""

from collections.abc import Collection
from dataclasses import dataclass

from django.core import signing
from django.db.models import QuerySet
from django.db.models.functions import Lower

from backend.core.viewer import Viewer, require_signed_in
from backend.notifications.models import NotificationPreference
from backend.notifications.queries.people import Person
from backend.notifications.rules import Channel, MessageGroup, QuietHours

_SALT = "rota.unsubscribe"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What somebody does without, and when it wants to be left alone."""

    off: dict[Channel, Collection[str]]
    quiet: QuietHours | None

    def wants(self, channel: Channel, group: MessageGroup) -> bool:
        """Whether messages of the group may come by this way."""
        return group.value not in self.off[channel]


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """Who does without what, from the link of a mail."""

    user_id: int | None
    email: str
    group: MessageGroup
    language: str
    """Of the mail that the link stood in; empty in links from before that was in them."""


def wishes_of(person: Person) -> Wishes:
    """Those of an account, or of a guest by its e-mail; everything, where nobody has said anything. One statement."""
    found = preferences_of(user_id=person.user_id, email=person.email).first()
    return wishes_in(found)


def wishes_in(row: NotificationPreference | None) -> Wishes:
    """What a row says; no row says nothing."""
    if row is None:
        return Wishes({Channel.EMAIL: (), Channel.SMS: ()}, None)
    quiet = None
    if row.quiet_from is not None and row.quiet_until is not None:
        quiet = QuietHours(row.quiet_from, row.quiet_until)
    return Wishes({Channel.EMAIL: row.no_mail, Channel.SMS: row.no_sms}, quiet)


def preferences_of(*, user_id: int | None, email: str) -> QuerySet[NotificationPreference]:
    """The row of an account, or of a guest, as at most one; the guest's by the unique index over e-mails."""
    if user_id is not None:
        return NotificationPreference.objects.filter(user_id=user_id)
    guests = NotificationPreference.objects.exclude(email="").alias(lower_email=Lower("email"))
    return guests.filter(user=None, lower_email=email.lower())


def own_wishes(viewer: Viewer) -> Wishes:
    """The viewer's own. Raises NotSignedIn."""
    return wishes_in(preferences_of(user_id=require_signed_in(viewer), email="").first())


def preferences_visible_to(viewer: Viewer) -> QuerySet[NotificationPreference]:
    """All for admins, for the back office; none for anyone else."""
    return NotificationPreference.objects.all() if viewer.is_admin else NotificationPreference.objects.none()


def unsubscribe_token(person: Person, group: MessageGroup) -> str:
    """What stands in the link. It does not run out: old mails are opened, too. It lets nobody in."""
    who: int | str = person.email.lower() if person.user_id is None else person.user_id
    return signing.dumps([who, group.value, person.language], salt=_SALT)


def read_unsubscribe_token(token: str) -> Unsubscription | None:
    """Whom and what a link is about; None for one that is not ours."""
    try:
        who, group, *rest = signing.loads(token, salt=_SALT)
        is_user, language = isinstance(who, int), str(rest[0]) if rest else ""
        return Unsubscription(who if is_user else None, "" if is_user else str(who), MessageGroup(group), language)
    except (signing.BadSignature, ValueError, TypeError):
        return None
