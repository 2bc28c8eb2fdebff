"""What can be said about postcodes and places without a table: shapes, distances, grids and file layouts."""

from backend.geography.rules.grid import wgs84_from_osgb36
from backend.geography.rules.layouts import BadRow, Layout, Position, layout_of
from backend.geography.rules.postcodes import (
    Place,
    format_postcode,
    is_outward_code,
    miles_between,
    normalise_postcode,
    outward_code,
)

__all__ = [
    "BadRow",
    "Layout",
    "Place",
    "Position",
    "format_postcode",
    "is_outward_code",
    "layout_of",
    "miles_between",
    "normalise_postcode",
    "outward_code",
    "wgs84_from_osgb36",
]
