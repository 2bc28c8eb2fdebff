"""From a kind, a language and values to the words of one message."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from backend.core.business import business
from backend.notifications.actions.sandbox import render
from backend.notifications.actions.voice import Voice
from backend.notifications.rules import (
    MAX_SUBJECT,
    MessageKind,
    Phrase,
    Wording,
    blocks,
    header_text,
    paragraphs,
    read_wording,
    tidy,
)

_SHIPPED = Path(__file__).parent.parent / "templates" / "notifications" / "messages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message in words."""

    subject: str
    text: str
    html: str
    sms: str


@cache
def shipped_wording(kind: MessageKind) -> Wording:
    """The template that comes with Rota, in English."""
    return read_wording((_SHIPPED / f"{kind.value.lower()}.txt").read_text(encoding="utf-8"))


def translated_wording(kind: MessageKind, voice: Voice) -> Wording:
    """The template that comes with Rota, in the voice's language: as the back office may begin to change it."""
    shipped = shipped_wording(kind)
    return Wording(
        subject=voice.translate(shipped.subject),
        link=voice.translate(shipped.link),
        sms=voice.translate(shipped.sms),
        text="\n\n".join(voice.translate(each) for each in paragraphs(shipped.text)),
    )


def common_values(name: str) -> dict[str, str]:
    """What every template may use."""
    return {"business": business().name, "business_email": business().email, "name": name}


def put_into_words(
    wording: Wording, voice: Voice, values: Mapping[str, str], *, link: str = "", unsubscribe: str = ""
) -> Rendered:
    """The message. Raises TemplateSyntaxError, or whatever else a template of somebody's own fails with."""
    given = dict(values)
    name = given.get("name", "")
    subject = header_text(render(wording.subject, given), max_length=MAX_SUBJECT)
    greeting = voice.say(Phrase.DEAR, name=name) if name else voice.say(Phrase.HELLO)
    body = tidy(render(wording.text, given))
    label = render(wording.link, given).strip()
    link = link if label else ""
    foot = voice.say(Phrase.UNSUBSCRIBE)
    parts = [greeting, body, f"{label}: {link}" if link else "", business().name]
    parts.append(f"{foot}: {unsubscribe}" if unsubscribe else "")
    page = mark_safe(render(wording.html, given, is_html=True)) if wording.html else ""  # noqa: S308 - values are escaped
    html = render_to_string(
        "notifications/layout.html",
        {
            "language": voice.language,
            "business": business().name,
            "business_email": business().email,
            "subject": subject,
            "greeting": greeting,
            "page": page,
            "blocks": [] if page else blocks(body),
            "link": link,
            "link_label": label,
            "unsubscribe": unsubscribe,
            "unsubscribe_label": foot,
        },
    )
    text = "\n\n".join(part for part in parts if part) + "\n"
    sms = " ".join(render(wording.sms, given).split()) if wording.sms else ""
    return Rendered(subject=subject, text=text, html=html, sms=sms)
