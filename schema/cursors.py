"""Places in the event log, as clients carry them: opaque text."""

import base64
import binascii

from backend.core.errors import FieldPath, InvalidInput
from backend.events.queries import Cursor


def encode_cursor(cursor: Cursor) -> str:
    """Text that clients give back unread as `after`."""
    return base64.urlsafe_b64encode(str(cursor).encode()).decode().rstrip("=")


def decode_cursor(text: str, *, field: FieldPath = ("after",)) -> Cursor:
    """The place that a client names; InvalidInput for anything that `encode_cursor` would not give."""
    try:
        padded = text + "=" * (-len(text) % 4)
        cursor = Cursor.parse(base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii"))
    except (ValueError, binascii.Error) as error:
        raise InvalidInput("This is not a cursor of the live feed.", field) from error
    if encode_cursor(cursor) != text:
        raise InvalidInput("This is not a cursor of the live feed.", field)
    return cursor
