"""Words of the office's own: checked when they are saved, never trusted when they are used."""

from dataclasses import fields
from datetime import datetime

from backend.accounts.queries import user_by_id
from backend.core.business import business
from backend.core.errors import AlreadyExists, InvalidInput, Problems
from backend.core.text import clean_text
from backend.core.transactions import use_case
from backend.core.viewer import Viewer, require_signed_in
from backend.notifications.actions.rendering import (
    Rendered,
    common_values,
    put_into_words,
    translated_wording,
)
from backend.notifications.actions.sandbox import TemplateSyntaxError, names_in
from backend.notifications.actions.voice import Voice
from backend.notifications.actions.writing import write_test
from backend.notifications.models import MessageTemplate
from backend.notifications.permissions import require_mind_templates
from backend.notifications.queries import person, template_for
from backend.notifications.rules import SECRET_KINDS, MessageKind, Wording, sample_values

MAX_TEMPLATE = 20_000
_LENGTHS = {"subject": 300, "text": MAX_TEMPLATE, "html": MAX_TEMPLATE, "link": 100, "sms": 500}


@use_case
def save_template(
    *,
    viewer: Viewer,
    template_id: int | None = None,
    kind: MessageKind,
    language: str,
    wording: Wording,
    is_active: bool,
    now: datetime,
) -> MessageTemplate:
    """Write, or change, the office's own words. For admins.

    Refuses, each at its part, whatever can't be rendered: tags and filters that the sandbox does not know, and
    variables that messages of the kind do not have. Raises AlreadyExists where the kind has words in the language.
    """
    require_mind_templates(viewer)
    wording = _checked(kind, wording)
    row = MessageTemplate() if template_id is None else template_for(viewer, template_id, lock=True)
    taken = MessageTemplate.objects.filter(kind=kind, language=language).exclude(pk=row.pk)
    if taken.exists():
        raise AlreadyExists("There are words for this kind in this language already.", ("kind",))
    row.kind, row.language, row.is_active, row.updated_at = kind, language, is_active, now
    for part in fields(Wording):
        setattr(row, part.name, getattr(wording, part.name))
    row.save()
    return row


@use_case
def delete_template(*, viewer: Viewer, template_id: int) -> None:
    """Go back to the shipped words for good. For admins; NotFound."""
    require_mind_templates(viewer)
    template_for(viewer, template_id, lock=True).delete()


@use_case
def send_test(*, viewer: Viewer, template_id: int, now: datetime) -> None:
    """Mail the words, filled with examples, to whoever asks. For admins; NotFound."""
    require_mind_templates(viewer)
    row = template_for(viewer, template_id)
    user = user_by_id(require_signed_in(viewer))
    to = person(name=user.name, email=user.email, user_id=user.pk)
    kind = MessageKind(row.kind)
    words = preview(kind, Voice(row.language, to.zone), row.wording)
    write_test(kind=kind, person=to, words=words, about=f"test:{row.pk}:{now.isoformat()}", now=now)


def preview(kind: MessageKind, voice: Voice, wording: Wording | None = None) -> Rendered:
    """A message filled with examples; the shipped words where none are given."""
    values = sample_values(kind)
    words = wording or translated_wording(kind, voice)
    return put_into_words(words, voice, common_values(values["name"]) | values, link="https://example.com/")


def _checked(kind: MessageKind, given: Wording) -> Wording:
    problems, cleaned = Problems(), {}
    known = set(sample_values(kind))
    for part, max_length in _LENGTHS.items():
        with problems:
            text = clean_text(
                getattr(given, part),
                field=(part,),
                max_length=max_length,
                required=part in ("subject", "text") or (part == "link" and kind in SECRET_KINDS),
                multiline=part in ("text", "html"),
            )
            _require_renders(kind, part, text, known)
            cleaned[part] = text
    problems.raise_all()
    return Wording(**cleaned)


def _require_renders(kind: MessageKind, part: str, text: str, known: set[str]) -> None:
    """With examples, and with nothing in any variable: whichever way a condition goes."""
    unknown = names_in(text) - known
    if unknown:
        names = ", ".join(sorted(unknown))
        raise InvalidInput(f"Messages of this kind know no {names}, but {', '.join(sorted(known))}.", (part,))
    try:
        for values in (sample_values(kind), dict.fromkeys(known, "")):
            put_into_words(
                Wording(**({"subject": "", "text": ""} | {part: text})), Voice("en", business().zone), values
            )
    except (TemplateSyntaxError, ValueError, TypeError) as error:
        raise InvalidInput(f"This can't be rendered: {error}", (part,)) from error
