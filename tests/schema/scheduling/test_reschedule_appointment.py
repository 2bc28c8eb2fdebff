"""rescheduleAppointment: another time in one step, by the deadline that held before, a few times."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.conf import settings

from backend.events.models import Event
from backend.scheduling.models import Appointment, Claim, CustomerAppointment
from tests import factories
from tests.client import Api, gid
from tests.personas import Personas
from tests.rows import snapshot
from tests.schema.scheduling.booking import SHORT, Shop, open_shop
from tests.statements import statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
DEADLINE = NINE - timedelta(hours=24)
RETURNING = """appointment { id start end version cancellationDeadline rescheduleDeadline canReschedule staff { name } }
alternatives { start end staff { id name } }"""


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def visit(shop: Shop) -> Appointment:
    """A guest's, with Anna at nine."""
    return factories.direct_booking(shop.service, staff=shop.staff)


def move(api: Api, row: Appointment, returning: str = SHORT, **given: Any) -> dict[str, Any]:
    """The payload of moving a visit to two o'clock by its token; what is given replaces that, None leaves it out."""
    wanted = {"trackingToken": row.booking.tracking_token, "start": "2027-03-01T14:00:00Z"} | given
    wanted = {key: value for key, value in wanted.items() if value is not None}
    return api.mutate("rescheduleAppointment", wanted, returning)


def move_by_id(api: Api, row: Appointment, **given: Any) -> dict[str, Any]:
    return move(api, row, trackingToken=None, appointmentId=gid(row), **given)


def test_a_guest_moves_its_visit_and_both_deadlines_count_from_the_new_start(api: Api, visit: Appointment) -> None:
    CustomerAppointment.objects.update(reschedule_hours=6, policy_hours=48)
    payload = move(api, visit, RETURNING, start="2027-03-02T14:00:00Z", reason="Flight moved")
    assert payload == {
        "appointment": {
            "id": gid(visit),
            "start": "2027-03-02T14:00:00+00:00",
            "end": "2027-03-02T15:00:00+00:00",
            "version": 2,
            "cancellationDeadline": "2027-02-28T14:00:00+00:00",
            "rescheduleDeadline": "2027-03-02T08:00:00+00:00",
            "canReschedule": True,
            "staff": {"name": "Anna"},
        },
        "alternatives": [],
        "userErrors": [],
    }
    claim = Claim.objects.get()
    assert (claim.period.lower, claim.period.upper) == (
        datetime(2027, 3, 2, 14, tzinfo=UTC),
        datetime(2027, 3, 2, 15, 15, tzinfo=UTC),
    )
    event = Event.objects.get()
    assert (event.kind, event.data["previous"]["start"], event.data["reason"]) == (
        "appointment.moved",
        NINE.isoformat(),
        "Flight moved",
    )


def test_a_visit_slides_over_its_own_old_time(api: Api, visit: Appointment) -> None:
    assert move(api, visit, start="2027-03-01T09:15:00Z")["userErrors"] == []


def test_the_same_person_comes_if_it_can(api: Api, shop: Shop, visit: Appointment) -> None:
    factories.staff_member(shop.service, name="Bea")
    factories.direct_booking(shop.service, staff=shop.staff, start=NINE + timedelta(hours=2))
    assert move(api, visit)["appointment"]["staff"]["name"] == "Anna"


def test_else_somebody_who_is_free_at_the_price_and_length_that_were_agreed(
    api: Api, shop: Shop, visit: Appointment
) -> None:
    bea = factories.staff_member(name="Bea")
    factories.offers(bea, shop.service, price_override=Decimal("90.00"), duration_override_minutes=120)
    factories.direct_booking(shop.service, staff=shop.staff, start=NINE + timedelta(hours=5))
    moved = move(api, visit, "appointment { end price { amount } staff { name } }")["appointment"]
    assert moved == {"end": "2027-03-01T15:00:00+00:00", "price": {"amount": "50.00"}, "staff": {"name": "Bea"}}


def test_whoever_is_named_comes_or_nobody_does(api: Api, shop: Shop, visit: Appointment) -> None:
    bea = factories.staff_member(shop.service, name="Bea")
    factories.direct_booking(shop.service, staff=shop.staff, start=NINE + timedelta(hours=5))
    assert move(api, visit, staffId=gid(shop.staff))["userErrors"] == [("SLOT_TAKEN", "start")]
    assert move(api, visit, staffId=gid(bea))["appointment"]["staff"]["name"] == "Bea"


def test_another_person_at_the_same_time_is_a_move_as_well(api: Api, shop: Shop, visit: Appointment) -> None:
    bea = factories.staff_member(shop.service, name="Bea")
    payload = move(api, visit, start=NINE.isoformat(), staffId=gid(bea))
    assert (payload["userErrors"], payload["appointment"]["staff"]["name"]) == ([], "Bea")
    assert move(api, visit, start=NINE.isoformat())["userErrors"] == [("INVALID_INPUT", "start")]


# --- Until when, and how often ----------------------------------------------------------------------------------------


def test_the_deadline_itself_is_in_time_and_a_second_later_is_not(api: Api, visit: Appointment) -> None:
    before = snapshot()
    with time_machine.travel(DEADLINE + timedelta(seconds=1), tick=False):
        assert move(api, visit, start="2027-03-03T09:00:00Z")["userErrors"] == [("TOO_LATE", "")]
        assert snapshot() == before
    with time_machine.travel(DEADLINE, tick=False):
        assert move(api, visit, start="2027-03-03T09:00:00Z")["userErrors"] == []


def test_the_window_of_moving_is_not_the_one_of_cancelling(api: Api, visit: Appointment) -> None:
    CustomerAppointment.objects.update(reschedule_deadline=NINE - timedelta(hours=6))
    with time_machine.travel(NINE - timedelta(hours=7), tick=False):
        query = """query($token: String!) { trackAppointment(trackingToken: $token) { canCancel canReschedule } }"""
        found = api(query, token=visit.booking.tracking_token).data["trackAppointment"]
        assert found == {"canCancel": False, "canReschedule": True}
        assert move(api, visit)["userErrors"] == []


def test_what_was_agreed_holds_when_the_business_changes_its_mind(
    api: Api, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    stricter = replace(settings.ROTA_BUSINESS, reschedule_notice_hours=400, max_reschedules=0)
    monkeypatch.setattr(settings, "ROTA_BUSINESS", stricter)
    with time_machine.travel(DEADLINE, tick=False):
        assert move(api, visit, start="2027-03-03T09:00:00Z")["userErrors"] == []


def test_it_moves_as_often_as_was_agreed_and_the_office_is_not_counted(
    api: Api, shop: Shop, visit: Appointment, personas: Personas
) -> None:
    CustomerAppointment.objects.update(max_reschedules=2)
    admin = personas["admin"]
    assert move_by_id(admin, visit, start="2027-03-01T10:00:00Z")["userErrors"] == []
    assert move(api, visit, start="2027-03-01T11:00:00Z")["userErrors"] == []
    assert move(api, visit, start="2027-03-01T12:00:00Z", returning=RETURNING)["appointment"]["canReschedule"] is False
    before = snapshot()
    assert move(api, visit)["userErrors"] == [("TOO_MANY_RESCHEDULES", "")]
    assert snapshot() == before
    assert move_by_id(admin, visit)["userErrors"] == []
    assert CustomerAppointment.objects.get().reschedules == 2


def test_the_office_moves_after_the_deadline_with_a_reason_and_within_the_notice(
    visit: Appointment, personas: Personas
) -> None:
    with time_machine.travel(NINE - timedelta(hours=1), tick=False):
        assert move_by_id(personas["admin"], visit, start="2027-03-01T09:30:00Z")["userErrors"] == [
            ("REQUIRED", "reason")
        ]
        payload = move_by_id(personas["admin"], visit, start="2027-03-01T09:30:00Z", reason="Ill")
        assert payload["userErrors"] == []


def test_the_office_moves_the_visit_of_an_order_which_its_customer_may_not(shop: Shop, personas: Personas) -> None:
    order = factories.confirmed_order(shop.service, staff=shop.staff, customer=personas.customer)
    row = Appointment.objects.get(order_item__order=order)
    customer = move_by_id(personas["customer"], row)
    assert customer["userErrors"] == [("CHANGE_REQUEST_NEEDED", "")]
    assert move_by_id(personas["manager"], row)["userErrors"] == []
    assert Event.objects.get().order_id == order.pk


# --- Who --------------------------------------------------------------------------------------------------------------


def test_staff_see_their_visit_and_don_t_move_it(shop: Shop, personas: Personas) -> None:
    factories.offers(personas.staff, shop.service)
    row = factories.direct_booking(shop.service, staff=personas.staff)
    query = (
        "mutation($input: RescheduleAppointmentInput!) { rescheduleAppointment(input: $input) { userErrors { code } } }"
    )
    before = snapshot()
    wanted = {"appointmentId": gid(row), "start": "2027-03-01T14:00:00Z"}
    assert personas["staff"](query, input=wanted).codes == ["FORBIDDEN"]
    assert personas["anonymous"](query, input=wanted).codes == ["UNAUTHENTICATED"]
    assert move_by_id(personas["other_customer"], row)["userErrors"] == [("NOT_FOUND", "appointmentId")]
    assert snapshot() == before


def test_a_token_makes_nobody_more_than_its_owner(visit: Appointment, personas: Personas) -> None:
    with time_machine.travel(DEADLINE + timedelta(seconds=1), tick=False):
        assert move(personas["admin"], visit, reason="Ill")["userErrors"] == [("TOO_LATE", "")]


@pytest.mark.parametrize("token", ["", "wrong", "x" * 65, "a\u0000b", "é"])
def test_a_wrong_token_finds_nothing(api: Api, visit: Appointment, token: str) -> None:
    assert move(api, visit, trackingToken=token)["userErrors"] == [("NOT_FOUND", "trackingToken")]


def test_a_visit_is_named_exactly_once(api: Api, visit: Appointment) -> None:
    assert move(api, visit, appointmentId=gid(visit))["userErrors"] == [("REQUIRED", "appointmentId")]
    assert move(api, visit, trackingToken=None)["userErrors"] == [("REQUIRED", "appointmentId")]


# --- What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "code"),
    [
        ("2027-02-01T08:00:00Z", "IN_THE_PAST"),
        ("2027-02-01T09:00:00Z", "TOO_SOON"),
        ("2027-09-01T09:00:00Z", "BEYOND_HORIZON"),
        ("2027-03-01T14:05:00Z", "OFF_GRID"),
        ("2027-03-01T20:00:00Z", "NOT_WORKING"),
        ("2027-03-01T12:00:00Z", "NO_STAFF_AVAILABLE"),
    ],
)
def test_a_bad_time_changes_nothing(api: Api, shop: Shop, visit: Appointment, start: str, code: str) -> None:
    factories.direct_booking(shop.service, staff=shop.staff, start=NINE + timedelta(hours=3))
    before = snapshot()
    payload = move(api, visit, start=start)
    assert (payload["appointment"], payload["userErrors"]) == (None, [(code, "start")])
    assert snapshot() == before


@pytest.mark.parametrize("status", ["IN_PROGRESS", "COMPLETED", "CANCELLED", "NO_SHOW"])
def test_work_that_has_begun_and_what_is_closed_stay(
    api: Api, visit: Appointment, personas: Personas, status: str
) -> None:
    Appointment.objects.update(status=status)
    before = snapshot()
    assert move(api, visit)["userErrors"] == [("INVALID_TRANSITION", "")]
    assert move_by_id(personas["admin"], visit)["userErrors"] == [("INVALID_TRANSITION", "")]
    assert snapshot() == before


def test_a_stale_version_is_refused(api: Api, visit: Appointment) -> None:
    assert move(api, visit, version=1)["userErrors"] == []
    assert move(api, visit, version=1, start="2027-03-01T15:00:00Z")["userErrors"] == [("STALE_VERSION", "version")]


def test_what_is_taken_offers_other_times_its_own_old_time_among_them(api: Api, shop: Shop, visit: Appointment) -> None:
    factories.works(shop.staff, start="09:00", end="11:30")
    factories.direct_booking(shop.service, staff=shop.staff, start=NINE + timedelta(minutes=75))
    payload = move(api, visit, start="2027-03-01T10:15:00Z", staffId=gid(shop.staff))
    assert payload["userErrors"] == [("SLOT_TAKEN", "start")]
    assert [each["start"][5:16] for each in payload["alternatives"]] == [
        "03-01T09:00",
        "03-02T10:15",
        "03-02T10:00",
        "03-02T09:45",
        "03-02T09:30",
    ]
    for each in payload["alternatives"][1:]:
        assert move(api, visit, start=each["start"], staffId=each["staff"]["id"])["userErrors"] == []
        CustomerAppointment.objects.update(reschedules=0)


def test_moving_takes_as_many_statements_among_one_as_among_twenty(api: Api, shop: Shop, visit: Appointment) -> None:
    query = """mutation($input: RescheduleAppointmentInput!) { rescheduleAppointment(input: $input) {
      appointment { start staff { name } } userErrors { code } } }"""
    wanted = {"trackingToken": visit.booking.tracking_token, "start": "2027-03-01T14:00:00Z"}
    one = statements(api, query, input=wanted)
    for _ in range(19):
        factories.staff_member(shop.service)
    twenty = statements(api, query, input=wanted | {"start": "2027-03-01T15:00:00Z"})
    assert len(twenty) == len(one), "\n".join(twenty)
    assert len(one) <= 27, "\n".join(one)


def test_the_office_sets_working_hours_aside_and_nothing_else(
    personas: Personas, shop: Shop, visit: Appointment
) -> None:
    late = {"start": "2027-03-01T19:00:00Z"}
    assert move_by_id(personas["admin"], visit, **late)["userErrors"] == [("NOT_WORKING", "start")]
    moved = move_by_id(personas["admin"], visit, **late, outsideHours=True, staffId=gid(shop.staff))
    assert moved["userErrors"] == []
    visit.refresh_from_db()
    assert (visit.start, visit.staff) == (datetime(2027, 3, 1, 19, tzinfo=UTC), shop.staff)
    factories.time_off(shop.staff, datetime(2027, 3, 2, 18, tzinfo=UTC), hours=3)
    away = move_by_id(
        personas["admin"], visit, start="2027-03-02T19:00:00Z", outsideHours=True, staffId=gid(shop.staff)
    )
    assert away["userErrors"] == [("NOT_WORKING", "start")]
    factories.direct_booking(shop.service, staff=shop.staff, start=datetime(2027, 3, 3, 19, tzinfo=UTC))
    taken = move_by_id(
        personas["admin"], visit, start="2027-03-03T19:00:00Z", outsideHours=True, staffId=gid(shop.staff)
    )
    assert taken["userErrors"] == [("SLOT_TAKEN", "start")]


def test_nobody_else_sets_working_hours_aside(api: Api, visit: Appointment) -> None:
    before = snapshot()
    payload = move(api, visit, start="2027-03-01T19:00:00Z", outsideHours=True)
    assert payload["userErrors"] == [("INVALID_INPUT", "outsideHours")]
    assert snapshot() == before
