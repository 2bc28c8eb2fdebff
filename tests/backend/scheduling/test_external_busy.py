"""What staff do elsewhere keeps visits away, where the business wants it: from offers and from bookings alike."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from backend.catalogue.models import Service
from backend.core.transactions import use_case
from backend.scheduling.actions import replace_external_busy
from backend.scheduling.models import Appointment, ExternalBusy
from backend.scheduling.queries import claims_between
from backend.scheduling.queries import workloads as workloads_between
from backend.scheduling.rules import Busy, with_external
from backend.staff.models import Staff
from tests import factories
from tests.client import Api, gid
from tests.factories.business import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "london")]

MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)
SPANS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 12)).map(lambda each: (each[0], each[0] + each[1])), max_size=6
)


@settings_of_hypothesis(suppress_health_check=[HealthCheck.too_slow])
@given(claims=SPANS, elsewhere=SPANS)
def test_every_second_is_busy_once_with_what_it_is_first(
    claims: list[tuple[int, int]], elsewhere: list[tuple[int, int]]
) -> None:
    """Against a second-by-second oracle."""
    kept: list[Busy] = []
    for low, high in sorted(claims):
        if not kept or kept[-1].end <= low:
            kept.append(Busy(low, high, claim_id=1))
    found = with_external(kept, elsewhere)
    assert found == sorted(found)
    for second in range(60):
        mine = [each.claim_id for each in found if each.start <= second < each.end]
        claimed = any(each.start <= second < each.end for each in kept)
        away = any(low <= second < high for low, high in elsewhere)
        assert mine == ([1] if claimed else [0] if away else [])


@use_case
def tell(staff: Staff, *periods: tuple[int, int], source: str = "calendar:1") -> bool:
    """Hours from Monday, nine o'clock."""
    at = [(MONDAY + timedelta(hours=low), MONDAY + timedelta(hours=high)) for low, high in periods]
    return replace_external_busy(staff_id=staff.pk, source=source, periods=at)


@pytest.fixture
def service() -> Service:
    return factories.service(duration_minutes=60)


@pytest.fixture
def staff(service: Service) -> Staff:
    return factories.staff_member(service)


@pytest.fixture
def blocks(settings: Settings) -> None:
    settings.ROTA_BUSINESS = replace(settings.ROTA_BUSINESS, external_busy_blocks=True)


def busy(staff: Staff) -> list[tuple[int, int]]:
    claims = claims_between([staff.pk], MONDAY, MONDAY + timedelta(days=1), now=NOW)[staff.pk]
    nine = int(MONDAY.timestamp())
    return [((each.start - nine) // 3600, (each.end - nine) // 3600) for each in claims]


def booked_at(service: Service, hour: int) -> list[tuple[str, str]]:
    booking = {
        "serviceId": gid(service),
        "start": (MONDAY + timedelta(hours=hour)).isoformat(),
        "guest": {"name": "Ada King", "email": "ada@example.com"},
        "address": {"line1": "10 Downing Street", "city": "London", "postcode": "SW1A 2AA"},
    }
    payload = Api().mutate("bookAppointment", booking, "appointment { id }")
    errors: list[tuple[str, str]] = payload["userErrors"]
    return errors


@pytest.mark.usefixtures("blocks")
def test_such_times_are_neither_offered_nor_booked(service: Service, staff: Staff) -> None:
    tell(staff, (0, 3), (2, 4))
    query = 'query($id: ID!) { availability(serviceId: $id, postcode: "SW1A", from: "2027-03-01", to: "2027-03-01")'
    (day,) = Api()(query + " { slots { start } } }", id=gid(service)).data["availability"]
    assert day["slots"][0]["start"] == "2027-03-01T13:00:00+00:00"
    assert booked_at(service, 1) == [("NOT_WORKING", "start")]
    assert not Appointment.objects.exists()
    assert booked_at(service, 4) == []


def test_nothing_is_kept_away_unless_the_business_wants_it(service: Service, staff: Staff) -> None:
    tell(staff, (0, 4))
    assert busy(staff) == []
    assert booked_at(service, 1) == []


@pytest.mark.usefixtures("blocks")
def test_each_calendar_is_replaced_by_itself_and_told_when_it_is_news(staff: Staff) -> None:
    assert tell(staff, (0, 1), (0, 1), (3, 4))
    assert not tell(staff, (3, 4), (0, 1))
    assert tell(staff, (5, 6), source="calendar:2")
    assert busy(staff) == [(0, 1), (3, 4), (5, 6)]
    assert tell(staff)
    assert busy(staff) == [(5, 6)]
    assert ExternalBusy.objects.count() == 1


@pytest.mark.usefixtures("blocks")
def test_a_visit_that_was_promised_stays_and_is_busy_once(service: Service, staff: Staff) -> None:
    factories.direct_booking(service, staff=staff, start=MONDAY + timedelta(hours=1))
    tell(staff, (0, 4))
    assert busy(staff) == [(0, 1), (1, 2), (2, 4)]
    assert Appointment.objects.get().status == "CONFIRMED"


@pytest.mark.usefixtures("blocks")
def test_who_is_busy_elsewhere_is_not_sent(service: Service, staff: Staff) -> None:
    colleague = factories.staff_member(service)
    tell(staff, (0, 8))
    errors = booked_at(service, 2)
    assert errors == []
    assert Appointment.objects.get().staff == colleague
    people = workloads_between(
        place=None, service_ids=[service.pk], start=MONDAY, end=MONDAY + timedelta(hours=8), now=NOW
    )
    away = next(person for person in people if person.staff_id == staff.pk)
    assert [each.is_time_off for each in away.busy] == [True]
