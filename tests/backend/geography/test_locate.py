"""Finding where a postcode lies."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.core.errors import ErrorCode
from backend.geography.errors import UnknownPostcode
from backend.geography.models import Postcode
from backend.geography.queries import locate
from backend.geography.rules import Place

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london")]


def test_a_known_postcode_is_found_itself() -> None:
    Postcode.objects.create(code="SW1A2AA", is_outcode=False, latitude=51.5034, longitude=-0.1276)
    assert locate("sw1a 2aa") == Place("SW1A2AA", 51.5034, -0.1276)


def test_an_unknown_postcode_falls_back_to_its_outward_code_in_one_statement() -> None:
    with CaptureQueriesContext(connection) as statements:
        assert locate("SW1A 1AA") == Place("SW1A", 51.5018, -0.1406)
    assert len(statements) == 1


def test_an_outward_code_is_found_itself() -> None:
    assert locate("n1") == Place("N1", 51.5378, -0.1)


@pytest.mark.parametrize("given", ["ZE1 0AA", "ZE1"])
def test_an_unknown_outward_code_is_refused_and_never_guessed(given: str) -> None:
    with pytest.raises(UnknownPostcode) as refused:
        locate(given, field=("address", "postcode"))
    assert (refused.value.code, refused.value.field) == (ErrorCode.UNKNOWN_POSTCODE, ("address", "postcode"))


def test_an_outward_code_that_begins_another_is_not_taken_for_it() -> None:
    """`N10 1AA` is not in N1."""
    with pytest.raises(UnknownPostcode):
        locate("N10 1AA")
