"""Writing a message into the log, in the transaction of what it tells of; a worker sends it afterwards."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from backend.accounts.rules import international_number
from backend.core.business import business
from backend.core.errors import Refusal
from backend.core.transactions import step
from backend.core.wakeup import knock
from backend.notifications.actions.rendering import Rendered, common_values, put_into_words, translated_wording
from backend.notifications.actions.voice import Voice
from backend.notifications.models import EmailLog, SmsLog
from backend.notifications.queries import Person, own_wording, unsubscribe_token, wishes_of
from backend.notifications.rules import (
    KINDS,
    CalendarFile,
    Channel,
    MessageKind,
    Upcoming,
    header_text,
    segments,
    shortened,
    when_heard,
)

_log = structlog.get_logger(__name__)


def voice_for(person: Person) -> Voice:
    """How this person is spoken to."""
    return Voice(person.language, person.zone)


@step
def tell(
    *,
    kind: MessageKind,
    person: Person,
    values: Mapping[str, str],
    about: str,
    event_id: int | None = None,
    link: str = "",
    calendar: CalendarFile | None = None,
    reminder_of: Upcoming | None = None,
    visit_start: datetime | None = None,
    appointment_id: int | None = None,
    now: datetime,
) -> None:
    """Write what is told to a person, by each way that it wants, ready to be sent. Once per `about`, kind and way.

    In the person's quiet hours it waits for their end, unless the visit, at `visit_start`, is sooner; of a visit that
    is past it waits, too. What is true for a while only, of the visit `appointment_id`, goes at once. What must be told
    goes at once and by e-mail, whatever anybody prefers.
    """
    traits, voice = KINDS[kind], voice_for(person)
    wishes = wishes_of(person) if traits.is_optional else None
    quiet = None if wishes is None or traits.is_momentary else wishes.quiet
    due_at = when_heard(now, quiet, person.zone, before=visit_start if visit_start and visit_start > now else None)
    optional = f"{business().public_url}/unsubscribe/{unsubscribe_token(person, traits.group)}" if wishes else ""
    words = _words(kind, voice, common_values(person.name) | dict(values), link=link, unsubscribe=optional)
    common: dict[str, object] = {"event_id": event_id, "kind": kind, "due_at": due_at, "created_at": now}
    common |= _of_person(person) | _of_reminder(reminder_of)
    if traits.is_momentary:
        common["appointment_id"] = appointment_id
    if wishes is None or wishes.wants(Channel.EMAIL, traits.group):
        _write_email(f"{about}:{kind.value}:{person.email}", person, words, common, calendar, optional)
    if Channel.SMS in traits.channels and wishes is not None and wishes.wants(Channel.SMS, traits.group):
        _write_sms(f"{about}:{kind.value}", person, words, common)
    transaction.on_commit(knock, robust=True)


@step
def write_test(*, kind: MessageKind, person: Person, words: Rendered, about: str, now: datetime) -> None:
    """A mail with examples, to whoever minds the templates."""
    common = {
        "kind": kind,
        "user_id": person.user_id,
        "recipient_name": header_text(person.name, max_length=200),
        "language": person.language,
        "due_at": now,
        "created_at": now,
    }
    _write_email(f"{about}:{person.email}", person, words, common, None, "")
    transaction.on_commit(knock, robust=True)


def _words(kind: MessageKind, voice: Voice, values: dict[str, str], *, link: str, unsubscribe: str) -> Rendered:
    """In the office's own words where it has any; should they fail, in those that come with Rota."""
    own = own_wording(kind, voice.language)
    if own is not None:
        try:
            return put_into_words(own, voice, values, link=link, unsubscribe=unsubscribe)
        except Exception:
            # Checked when it was saved: still, nobody stays without a message for a template's sake.
            _log.exception("template.failed", kind=kind.value, language=voice.language)
    return put_into_words(translated_wording(kind, voice), voice, values, link=link, unsubscribe=unsubscribe)


def _of_person(person: Person) -> dict[str, object]:
    return {
        "user_id": person.user_id,
        "recipient_name": header_text(person.name, max_length=200),
        "language": person.language,
    }


def _of_reminder(upcoming: Upcoming | None) -> dict[str, object]:
    if upcoming is None:
        return {"appointment_id": None, "visit_start": None}
    return {"appointment_id": upcoming.appointment_id, "visit_start": upcoming.start}


def _write_email(
    what: str,
    person: Person,
    words: Rendered,
    common: Mapping[str, object],
    calendar: CalendarFile | None,
    unsubscribe: str,
) -> None:
    email = EmailLog(
        **common,
        recipient=person.email,
        subject=words.subject,
        text=words.text,
        html=words.html,
        calendars=[] if calendar is None else [asdict(calendar)],
        unsubscribe=unsubscribe,
        message_id=f"<{_digest(what)}@{business().email.rpartition('@')[2]}>",
    )
    EmailLog.objects.bulk_create([email], ignore_conflicts=True)


def _write_sms(what: str, person: Person, words: Rendered, common: Mapping[str, object]) -> None:
    """Where short messages are sent at all, and the person has a phone that can get them."""
    phone = _phone(person.phone) if settings.ROTA_SMS_URL else ""
    if not phone or not words.sms:
        return
    text = shortened(words.sms)
    row = SmsLog(
        **common, recipient=phone, text=text, segments=segments(text), reference=_digest(f"sms:{what}:{phone}")
    )
    SmsLog.objects.bulk_create([row], ignore_conflicts=True)


def _phone(text: str) -> str:
    """The number in E.164; nothing for what is none: it was typed before anybody checked."""
    try:
        return international_number(text, field=())
    except Refusal:
        return ""


def _digest(what: str) -> str:
    """The same for the same message, however often it is written or sent; another for every installation."""
    return salted_hmac("rota.email", what, algorithm="sha256").hexdigest()[:40]
