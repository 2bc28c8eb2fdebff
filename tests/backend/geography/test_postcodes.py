"""The shape of postcodes, distances, and the National Grid."""

import pytest

from backend.core.errors import InvalidInput, Required
from backend.geography.rules import (
    format_postcode,
    is_outward_code,
    miles_between,
    normalise_postcode,
    outward_code,
    wgs84_from_osgb36,
)

# One of each shape of Royal Mail's Programmers' Guide: A9, A99, A9A, AA9, AA99, AA9A, and Girobank's own.
FULL = ["M1 1AE", "B33 8TH", "W1A 0AX", "CR2 6XH", "DN55 1PT", "EC1A 1BB", "GIR 0AA"]


@pytest.mark.parametrize("written", FULL)
def test_each_shape_of_postcode_is_taken_in_any_case_and_spacing(written: str) -> None:
    outward, inward = written.split()
    for given in (written, written.lower(), outward + inward, f"  {outward}   {inward} ", f"{outward}\u00a0{inward}"):
        code = normalise_postcode(given, field=("postcode",))
        assert code == outward + inward
        assert format_postcode(code) == written
        assert outward_code(code) == outward
        assert not is_outward_code(code)


@pytest.mark.parametrize("written", FULL)
def test_each_outward_shape_is_taken_alone(written: str) -> None:
    outward = written.split()[0]
    assert normalise_postcode(outward.lower(), field=()) == outward
    assert format_postcode(outward) == outward_code(outward) == outward
    assert is_outward_code(outward)


@pytest.mark.parametrize(
    "given",
    [
        "QA1 1AA",  # Q, V and X never come first
        "AI1 1AA",  # I, J and Z never second
        "W1I 1AA",  # I never closes A9A
        "EC1C 1AA",  # nor C AA9A
        "M1 1AC",  # C, I, K, M, O and V are not used inward
        "M1 AAE",
        "M1 1A",
        "M1 1AEE",
        "M123 1AE",
        "12345",
        "SW1A\n2AA",
        "SW1A\x002AA",
        "ＳＷ１Ａ 2AA",
        "SW1A-2AA",
        "M" * 1_000_000,
    ],
)
def test_what_cannot_be_a_british_postcode_is_refused_by_field(given: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        normalise_postcode(given, field=("address", "postcode"))
    assert refused.value.field == ("address", "postcode")


@pytest.mark.parametrize("given", ["", "   ", "\n"])
def test_a_blank_is_required(given: str) -> None:
    with pytest.raises(Required) as refused:
        normalise_postcode(given, field=("postcode",))
    assert refused.value.field == ("postcode",)


def test_distance_is_along_the_great_circle_in_statute_miles() -> None:
    london, edinburgh = (51.5074, -0.1278), (55.9533, -3.1883)
    assert miles_between(*london, *edinburgh) == pytest.approx(331.60, abs=0.01)  # 533.65 km on the sphere
    assert miles_between(*edinburgh, *london) == miles_between(*london, *edinburgh)
    assert miles_between(*london, *london) == 0
    # A degree of latitude is 1/360 of the Earth's girth, 24 873.6 miles.
    assert miles_between(51, 0, 52, 0) == pytest.approx(69.09, abs=0.01)
    assert miles_between(0, 0, 0, 180) == pytest.approx(12_436.8, abs=0.1)


def test_the_national_grid_gives_the_published_position_of_caister_water_tower() -> None:
    """Ordnance Survey's worked example, E 651409.903 N 313177.270: 52°39′28.723″ N, 1°42′57.787″ E on WGS 84."""
    latitude, longitude = wgs84_from_osgb36(651409.903, 313177.270)
    assert latitude == pytest.approx(52 + 39 / 60 + 28.723 / 3600, abs=0.001 / 3600)
    assert longitude == pytest.approx(1 + 42 / 60 + 57.787 / 3600, abs=0.001 / 3600)


@pytest.mark.parametrize("written", ["W1M 1AA", "W1R 5LA", "W1Y 7RA"])
def test_codes_that_w1_gave_up_are_still_read(written: str) -> None:
    assert format_postcode(normalise_postcode(written, field=())) == written
