"""Files in inputs, by the multipart spec, and the links that show what was kept of them."""

from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from django.core.files.uploadedfile import UploadedFile

from backend.core.errors import FieldPath, InvalidInput, Problems

LINK = "a path on this server, or a whole address, for whoever has it; good for some minutes, so ask again."
"""What a client has to know of every such link."""


def uploaded(given: Any, field: FieldPath) -> BinaryIO:
    """The file behind an `Upload`. InvalidInput where the request brought none: the scalar itself takes anything."""
    if not isinstance(given, UploadedFile):
        raise InvalidInput("Send the file by the multipart request spec.", field)
    return cast(BinaryIO, given)


def all_uploaded(given: Sequence[Any], field: FieldPath) -> list[BinaryIO]:
    """As `uploaded` for each of a list, or a refusal of everything in it that is no file."""
    problems = Problems()
    found: list[BinaryIO] = []
    for position, each in enumerate(given):
        with problems:
            found.append(uploaded(each, (*field, position)))
    problems.raise_all()
    return found
