"""The files that postcodes come in, each read line by line: none of them has a field that spans lines."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass

from backend.core.errors import Refusal
from backend.geography.errors import UnknownLayout
from backend.geography.rules.grid import wgs84_from_osgb36
from backend.geography.rules.postcodes import normalise_postcode

_GEONAMES_COLUMNS = 12
_GEONAMES_COUNTRIES = ("GB", "GG", "IM", "JE")
_CODES = ("pcds", "pcd", "pcd2", "pcd7", "pcd8", "postcode", "outcode")
_DEGREES = (("lat", "long"), ("latitude", "longitude"))
_GRID = ("eastings", "northings")


@dataclass
class BadRow(Exception):
    """A line that can't be used, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Position:
    """What one line says: where a normalised code lies, in WGS 84 degrees."""

    code: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines of one file are read. Columns count from 0."""

    name: str
    delimiter: str
    code: int
    first: int
    """Column of the latitude, or of the eastings."""
    second: int
    """Column of the longitude, or of the northings."""
    is_grid: bool = False
    """Whether positions are National Grid metres; degrees on WGS 84 otherwise."""
    has_header: bool = True

    def read(self, line: str) -> Position:
        """The position on `line`; BadRow where there is none."""
        try:
            cells = split(line, self.delimiter)
            code, first, second = cells[self.code], float(cells[self.first]), float(cells[self.second])
        except csv.Error as error:
            raise BadRow(f"not readable: {error}") from error
        except IndexError:
            raise BadRow("too few columns") from None
        except ValueError:
            raise BadRow("no position: not a number") from None
        if first == 0 and second == 0:
            raise BadRow("no position: both coordinates are 0")
        latitude, longitude = self._degrees(first, second)
        # ONS writes 99.999999 where there is no grid reference; the box holds the British Isles.
        if not (49 <= latitude <= 61.5 and -9 <= longitude <= 2.5):
            raise BadRow("no position: outside the British Isles")
        try:
            return Position(normalise_postcode(code), latitude, longitude)
        except Refusal:
            raise BadRow("not a British postcode") from None

    def _degrees(self, first: float, second: float) -> tuple[float, float]:
        if not self.is_grid:
            return first, second
        if not (0 <= first <= 700_000 and 0 <= second <= 1_300_000):
            raise BadRow("no position: outside the National Grid")
        return wgs84_from_osgb36(first, second)


def split(line: str, delimiter: str) -> list[str]:
    """The cells of one line. Tab-separated files know no quotes; a quote left open is an error, not a longer cell."""
    line = line.rstrip("\r\n")
    return line.split("\t") if delimiter == "\t" else next(csv.reader([line], strict=True), [])


def layout_of(first_line: str) -> Layout:
    """The layout of the file that begins with this line, byte order mark removed; UnknownLayout for any other."""
    cells = first_line.rstrip("\r\n").split("\t")
    if len(cells) == _GEONAMES_COLUMNS and cells[0].strip().upper() in _GEONAMES_COUNTRIES:
        return Layout("GeoNames", "\t", code=1, first=9, second=10, has_header=False)
    try:
        cells = split(first_line, ",")
    except csv.Error:
        raise UnknownLayout(first_line) from None
    return _headed(cells) or _code_point(cells) or _unknown(first_line)


def _headed(cells: Sequence[str]) -> Layout | None:
    """A layout by the names in its header, whatever their order and case."""
    place = {name.strip().lower(): number for number, name in enumerate(cells)}
    code = next((place[name] for name in _CODES if name in place), None)
    if code is None:
        return None
    for latitude, longitude in _DEGREES:
        if latitude in place and longitude in place:
            name = "ONS Postcode Directory" if latitude == "lat" else "outward codes or postcodes with degrees"
            return Layout(name, ",", code, place[latitude], place[longitude])
    if all(name in place for name in _GRID):
        first, second = (place[name] for name in _GRID)
        return Layout("Code-Point Open", ",", code, first, second, is_grid=True)
    return None


def _code_point(cells: Sequence[str]) -> Layout | None:
    """Code-Point Open comes without a header: postcode, positional quality, eastings, northings, and six codes."""
    if len(cells) >= 4 and all(cell.strip().isdecimal() for cell in cells[1:4]):
        return Layout("Code-Point Open", ",", 0, 2, 3, is_grid=True, has_header=False)
    return None


def _unknown(first_line: str) -> Layout:
    raise UnknownLayout(first_line)
