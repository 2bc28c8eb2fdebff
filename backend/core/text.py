"""Cleaning of the texts that people type: trimmed, bounded, without control characters."""

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from backend.core.errors import FieldPath, InvalidInput, Required, TooLong

_LINE_BREAKS = "\n\t"


def clean_text(
    value: str | None, *, field: FieldPath, max_length: int, required: bool = True, multiline: bool = False
) -> str:
    """`value` trimmed and in NFC, or a refusal that names `field`.

    Raises Required for a blank, TooLong beyond `max_length` characters, and InvalidInput for control characters
    (Unicode category Cc, Cs or Cn); line feeds and tabs pass where `multiline` is set.
    """
    text = unicodedata.normalize("NFC", (value or "").replace("\r\n", "\n")).strip()
    if not text and required:
        raise Required("This can't be empty.", field)
    if len(text) > max_length:
        raise TooLong(f"This is longer than {max_length} characters.", field)
    allowed = _LINE_BREAKS if multiline else ""
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in allowed for char in text):
        raise InvalidInput("This holds characters that can't be printed.", field)
    return text


def clean_email(value: str | None, *, field: FieldPath) -> str:
    """The address in lower case, or a refusal that names `field`."""
    text = clean_text(value, field=field, max_length=254).lower()
    try:
        validate_email(text)
    except ValidationError as error:
        raise InvalidInput("This is not an e-mail address.", field) from error
    return text


def search_text(value: str) -> str:
    """What somebody types into a search box, fit for a query: trimmed, at most 100 characters, nothing unprintable.

    PostgreSQL refuses a NUL in a text, and a search for one finds nothing anyway.
    """
    return "".join(char for char in value[:100] if unicodedata.category(char) not in ("Cc", "Cs")).strip()
