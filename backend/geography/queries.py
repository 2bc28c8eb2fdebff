"""Where a postcode lies."""

from collections.abc import Iterable

from backend.core.errors import FieldPath, Refusal
from backend.geography.errors import UnknownPostcode
from backend.geography.models import Postcode
from backend.geography.rules import Place, format_postcode, normalise_postcode, outward_code


def locate(postcode: str, *, field: FieldPath = ()) -> Place:
    """The centroid of a postcode, or of its outward code where the full one is not known. One statement.

    Raises Required or InvalidInput for what is no postcode and UnknownPostcode where even the outward code is not in
    the table; all name `field`.
    """
    code = normalise_postcode(postcode, field=field)
    found = {row.code: row for row in Postcode.objects.filter(code__in={code, outward_code(code)})}
    row = found.get(code) or found.get(outward_code(code))
    if row is None:
        raise UnknownPostcode(f"We don't know where {format_postcode(code)} is.", field)
    return Place(code=row.code, latitude=row.latitude, longitude=row.longitude)


def locate_all(postcodes: Iterable[str]) -> dict[str, Place]:
    """Where each of the postcodes lies, as `locate` has it; those that nobody can place are left out. One statement."""
    codes = {text: code for text in set(postcodes) if (code := _code_or_none(text)) is not None}
    wanted = {*codes.values(), *map(outward_code, codes.values())}
    found = {row.code: row for row in Postcode.objects.filter(code__in=wanted)}
    rows = {text: found.get(code) or found.get(outward_code(code)) for text, code in codes.items()}
    return {text: Place(row.code, row.latitude, row.longitude) for text, row in rows.items() if row is not None}


def _code_or_none(text: str) -> str | None:
    try:
        return normalise_postcode(text)
    except Refusal:
        return None
