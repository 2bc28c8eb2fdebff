"""The shape of British postcodes, and the distance between places."""

import re
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

from backend.core.errors import FieldPath, InvalidInput, Required

EARTH_RADIUS_MILES = 3958.7613
"""Mean radius of the Earth (IUGG, 6371.0088 km) in statute miles."""

# Royal Mail's Programmers' Guide to PAF, "Postcode format" (the former BS 7666): six outward shapes. Q, V and X never
# come first, I, J and Z never second; the letters that may close an outward code are few; C, I, K, M, O and V are not
# used in the inward code. GIR 0AA is the one exception. A9A also takes the letters that W1 gave up in 2000 (W1M to
# W1Y): the ONS directory still lists them, and so do old address books.
_OUTWARD = (
    r"(?:[A-PR-UWYZ][0-9]{1,2}"
    r"|[A-PR-UWYZ][0-9][A-HJKMNPR-Y]"
    r"|[A-PR-UWYZ][A-HK-Y][0-9]{1,2}"
    r"|[A-PR-UWYZ][A-HK-Y][0-9][ABEHMNPRVWXY])"
)
_INWARD = r"[0-9][ABD-HJLNP-UW-Z]{2}"
_FULL = re.compile(rf"{_OUTWARD}{_INWARD}|GIR0AA")
_OUTWARD_ONLY = re.compile(rf"{_OUTWARD}|GIR")
_INWARD_LENGTH = 3
_LONGEST_WRITTEN = 16


@dataclass(frozen=True, slots=True)
class Place:
    """A postcode's centroid. `code` is what was found: the full postcode, or the outward code that stands for it."""

    code: str
    latitude: float
    """Degrees north, WGS 84."""
    longitude: float
    """Degrees east, WGS 84."""


def normalise_postcode(text: str, *, field: FieldPath = ()) -> str:
    """A full postcode or an outward code, in upper case without spaces: `sw1a 2aa` is `SW1A2AA`.

    Raises Required for a blank and InvalidInput for what can't be a British postcode; both name `field`.
    """
    code = text[: _LONGEST_WRITTEN + 1].replace("\N{NO-BREAK SPACE}", " ").replace(" ", "")
    if not text.strip():
        raise Required("A postcode is needed.", field)
    code = code.upper() if code.isascii() else ""
    if len(text.strip()) > _LONGEST_WRITTEN or not (_FULL.fullmatch(code) or _OUTWARD_ONLY.fullmatch(code)):
        raise InvalidInput("This is not a British postcode, such as SW1A 2AA.", field)
    return code


def is_outward_code(code: str) -> bool:
    """Whether a normalised code is only the outward half."""
    return _FULL.fullmatch(code) is None


def outward_code(code: str) -> str:
    """The outward code of a normalised code: `SW1A` for `SW1A2AA` and for `SW1A`."""
    return code if is_outward_code(code) else code[:-_INWARD_LENGTH]


def format_postcode(code: str) -> str:
    """A normalised code as it is written on an envelope: `SW1A 2AA`; an outward code as it is."""
    return code if is_outward_code(code) else f"{code[:-_INWARD_LENGTH]} {code[-_INWARD_LENGTH:]}"


def miles_between(latitude1: float, longitude1: float, latitude2: float, longitude2: float) -> float:
    """Great-circle distance in statute miles (haversine), from degrees."""
    north1, north2 = radians(latitude1), radians(latitude2)
    half_north = (north2 - north1) / 2
    half_east = radians(longitude2 - longitude1) / 2
    chord = sin(half_north) ** 2 + cos(north1) * cos(north2) * sin(half_east) ** 2
    return 2 * EARTH_RADIUS_MILES * asin(sqrt(min(chord, 1.0)))
