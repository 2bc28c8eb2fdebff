"""Where a postcode lies."""

from backend.core.errors import FieldPath
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
