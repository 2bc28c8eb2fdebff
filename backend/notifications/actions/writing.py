"""Writing a message into the log, in the transaction of what it tells of; a worker sends it afterwards."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.crypto import salted_hmac

from backend.core.business import business
from backend.core.transactions import step
from backend.core.wakeup import knock
from backend.notifications.actions.rendering import common_values, put_into_words, translated_wording
from backend.notifications.actions.voice import Voice
from backend.notifications.models import EmailLog
from backend.notifications.queries import Person
from backend.notifications.rules import MessageKind, header_text


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
    now: datetime,
) -> None:
    """Write what is told to a person, ready to be sent. Once per `about`, kind and recipient."""
    voice = voice_for(person)
    words = put_into_words(translated_wording(kind, voice), voice, common_values(person.name) | dict(values), link=link)
    email = EmailLog(
        event_id=event_id,
        kind=kind,
        user_id=person.user_id,
        recipient=person.email,
        recipient_name=header_text(person.name, max_length=200),
        language=person.language,
        subject=words.subject,
        text=words.text,
        html=words.html,
        message_id=_message_id(f"{about}:{kind.value}:{person.email}"),
        due_at=now,
        created_at=now,
    )
    EmailLog.objects.bulk_create([email], ignore_conflicts=True)
    transaction.on_commit(knock, robust=True)


def _message_id(what: str) -> str:
    """The same for the same mail, however often it is written or sent; another for every installation."""
    digest = salted_hmac("rota.email", what, algorithm="sha256").hexdigest()[:40]
    return f"<{digest}@{business().email.rpartition('@')[2]}>"
