"""requestChange, withdrawChange, approveChange, rejectChange: another time for an order."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from backend.catalogue.models import Service
from backend.events.models import Event
from backend.orders.models import ChangeRequest, Order
from backend.scheduling.models import Appointment, Claim
from backend.staff.models import Staff
from tests import factories
from tests.client import Api, gid
from tests.factories.business import NOW
from tests.personas import Personas
from tests.world import digest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london", "at_now")]

RETURNING = "changeRequest { id status requestedDate requestedTime reason reviewNote }"
APPROVED = """changeRequest { status reviewedAt order { scheduledDate scheduledTime version cancellationDeadline
  items { appointment { start end } } } } alternatives { start staff { name } }"""
TRACK = """query($token: String!) { trackOrder(trackingToken: $token) {
  changeRequests { status requestedDate requestedTime reason reviewNote order { orderNumber } } } }"""


@pytest.fixture
def service() -> Service:
    """An hour with a quarter of buffer."""
    return factories.service()


@pytest.fixture
def anna(service: Service) -> Staff:
    return factories.staff_member(service, name="Anna")


@pytest.fixture
def order(service: Service, anna: Staff) -> Order:
    """A guest's, confirmed: visits on Monday at 09:00 and 10:15."""
    return factories.confirmed_order(service, service, staff=anna)


def ask(api: Api, order: Order, day: str = "2027-03-02", at: str = "10:30", **given: Any) -> dict[str, Any]:
    named = {"trackingToken": order.tracking_token} if "orderId" not in given else {}
    return api.mutate("requestChange", {**named, "requestedDate": day, "requestedTime": at, **given}, RETURNING)


def asked(order: Order, day: date = date(2027, 3, 2), at: time = time(10, 30)) -> ChangeRequest:
    return ChangeRequest.objects.create(order=order, requested_date=day, requested_time=at, created_at=NOW)


def review(api: Api, name: str, change: ChangeRequest, returning: str = RETURNING, **given: Any) -> dict[str, Any]:
    given = {"changeRequestId": gid(change), **given}
    return api.mutate(name, given, returning, input_type="ReviewChangeInput!")


def starts() -> list[datetime]:
    return list(Appointment.objects.order_by("pk").values_list("start", flat=True))


def claims() -> list[tuple[datetime, datetime]]:
    return [(each.period.lower, each.period.upper) for each in Claim.objects.order_by("period")]


def at(day: int, clock: str) -> datetime:
    return datetime.combine(date(2027, 3, day), time.fromisoformat(clock), tzinfo=UTC)


def test_a_guest_asks_by_token_and_nothing_moves_yet(api: Api, order: Order) -> None:
    payload = ask(api, order, reason="Flight moved")
    change = ChangeRequest.objects.get()
    assert payload == {
        "changeRequest": {
            "id": gid(change),
            "status": "PENDING",
            "requestedDate": "2027-03-02",
            "requestedTime": "10:30",
            "reason": "Flight moved",
            "reviewNote": "",
        },
        "userErrors": [],
    }
    assert change.requested_by is None
    assert starts() == [at(1, "09:00"), at(1, "10:15")]
    event = Event.objects.get()
    assert (event.kind, event.order_id, event.data) == (
        "order.change_requested",
        order.pk,
        {"change_request_id": change.pk},
    )


def test_whoever_holds_the_token_sees_what_was_asked_and_answered(api: Api, order: Order) -> None:
    asked(order)
    (found,) = api(TRACK, token=order.tracking_token).data["trackOrder"]["changeRequests"]
    assert found == {
        "status": "PENDING",
        "requestedDate": "2027-03-02",
        "requestedTime": "10:30",
        "reason": "",
        "reviewNote": "",
        "order": {"orderNumber": order.order_number},
    }


def test_staff_do_not_see_what_customer_and_office_settle(personas: Personas, service: Service) -> None:
    order = factories.confirmed_order(service, staff=personas.staff)
    asked(order)
    query = "query($id: ID!) { node(id: $id) { ... on Order { changeRequests { id } } } }"
    assert personas["staff"](query, id=gid(order)).data["node"] == {"changeRequests": []}


def test_a_customer_asks_for_its_own_order(personas: Personas, service: Service) -> None:
    mine = factories.pending_order(service, customer=personas.customer)
    assert ask(personas["customer"], mine, orderId=gid(mine))["changeRequest"]["status"] == "PENDING"
    assert ChangeRequest.objects.get().requested_by == personas.customer.user


def test_one_request_of_an_order_waits_and_the_database_keeps_it_so(api: Api, order: Order) -> None:
    asked(order)
    before = digest()
    assert ask(api, order)["userErrors"] == [("ALREADY_EXISTS", "")]
    assert digest() == before
    with pytest.raises(IntegrityError, match="change_request_one_pending_per_order"), transaction.atomic():
        asked(order)


def test_the_same_key_asks_once(api: Api, order: Order) -> None:
    first = ask(api, order, idempotencyKey="k1")
    assert ask(api, order, idempotencyKey="k1") == first
    assert ask(api, order, at="11:00", idempotencyKey="k1")["userErrors"] == [
        ("IDEMPOTENCY_CONFLICT", "idempotencyKey")
    ]
    assert ChangeRequest.objects.count() == 1


def test_the_deadline_itself_is_in_time_and_a_moment_later_only_the_office_may(
    api: Api, personas: Personas, order: Order
) -> None:
    deadline = order.cancellation_deadline
    with time_machine.travel(deadline + timedelta(microseconds=1), tick=False):
        assert ask(api, order)["userErrors"] == [("TOO_LATE", "")]
        assert ask(personas["admin"], order, orderId=gid(order))["userErrors"] == []
    ChangeRequest.objects.all().delete()
    with time_machine.travel(deadline, tick=False):
        assert ask(api, order)["userErrors"] == []


@pytest.mark.parametrize(
    ("day", "at", "refused"),
    [
        ("2027-01-31", "09:00", ("IN_THE_PAST", "requestedDate")),
        ("2027-02-01", "09:00", ("TOO_SOON", "requestedTime")),
        ("2027-03-28", "01:30", ("NONEXISTENT_TIME", "requestedTime")),
        ("2028-03-01", "09:00", ("BEYOND_HORIZON", "requestedDate")),
        ("2027-03-01", "09:00", ("INVALID_INPUT", "requestedTime")),
    ],
)
def test_the_wanted_time_is_bound_like_that_of_a_new_order(
    api: Api, order: Order, day: str, at: str, refused: tuple[str, str]
) -> None:
    assert ask(api, order, day, at)["userErrors"] == [refused]


@pytest.mark.parametrize("status", ["IN_PROGRESS", "COMPLETED", "CANCELLED"])
def test_work_that_has_begun_or_is_over_is_not_moved(api: Api, order: Order, status: str) -> None:
    Order.objects.update(status=status)
    assert ask(api, order)["userErrors"] == [("INVALID_TRANSITION", "")]


def test_what_was_asked_is_taken_back_once(api: Api, order: Order) -> None:
    asked(order)
    named = {"trackingToken": order.tracking_token}
    assert api.mutate("withdrawChange", named, RETURNING)["changeRequest"]["status"] == "WITHDRAWN"
    assert Event.objects.get().kind == "order.change_withdrawn"
    assert api.mutate("withdrawChange", named, RETURNING)["userErrors"] == [("NOT_FOUND", "")]


def test_a_cancelled_order_leaves_no_request_to_decide(api: Api, order: Order) -> None:
    asked(order)
    api.mutate("cancelOrder", {"trackingToken": order.tracking_token}, "order { status }")
    assert ChangeRequest.objects.get().status == "WITHDRAWN"


def test_approving_moves_every_visit_by_the_same_shift_with_its_claim_and_deadline(
    personas: Personas, order: Order
) -> None:
    payload = review(personas["admin"], "approveChange", asked(order), APPROVED)
    assert payload == {
        "changeRequest": {
            "status": "APPROVED",
            "reviewedAt": "2027-02-01T08:00:00+00:00",
            "order": {
                "scheduledDate": "2027-03-02",
                "scheduledTime": "10:30",
                "version": 3,
                "cancellationDeadline": "2027-03-01T10:30:00+00:00",
                "items": [
                    {"appointment": {"start": "2027-03-02T10:30:00+00:00", "end": "2027-03-02T11:30:00+00:00"}},
                    {"appointment": {"start": "2027-03-02T11:45:00+00:00", "end": "2027-03-02T12:45:00+00:00"}},
                ],
            },
        },
        "alternatives": [],
        "userErrors": [],
    }
    assert claims() == [(at(2, "10:30"), at(2, "11:45")), (at(2, "11:45"), at(2, "13:00"))]
    deadlines = Appointment.objects.order_by("pk").values_list("booking__cancellation_deadline", "version")
    assert list(deadlines) == [(at(1, "10:30"), 2), (at(1, "11:45"), 2)]


def test_a_move_is_told_with_what_was_before(personas: Personas, order: Order) -> None:
    review(personas["admin"], "approveChange", asked(order))
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["appointment.moved", "appointment.moved", "order.change_approved"]
    moved = Event.objects.order_by("pk")[0]
    assert moved.data["previous"]["start"] == "2027-03-01T09:00:00+00:00"
    assert moved.data["start"] == "2027-03-02T10:30:00Z"


def test_visits_of_one_order_slide_over_each_others_old_time(personas: Personas, order: Order) -> None:
    change = asked(order, date(2027, 3, 1), time(9, 30))
    assert review(personas["admin"], "approveChange", change)["userErrors"] == []
    assert starts() == [at(1, "09:30"), at(1, "10:45")]


def test_nine_stays_nine_across_the_spring_change(personas: Personas, order: Order) -> None:
    change = asked(order, date(2027, 3, 29), time(9))
    assert review(personas["admin"], "approveChange", change)["userErrors"] == []
    assert starts() == [at(29, "08:00"), at(29, "09:15")]


def test_a_taken_time_moves_nothing_and_the_request_waits_on_with_other_times(
    personas: Personas, order: Order, service: Service, anna: Staff
) -> None:
    factories.confirmed_order(service, staff=anna, scheduled_date=date(2027, 3, 2), scheduled_time=time(12))
    change = asked(order)
    before = digest()
    payload = review(personas["admin"], "approveChange", change, APPROVED)
    assert payload["userErrors"] == [("SLOT_TAKEN", "")]
    assert payload["alternatives"][0] == {"start": "2027-03-02T09:30:00+00:00", "staff": {"name": "Anna"}}
    assert digest() == before


def test_outside_working_hours_takes_the_offices_word(personas: Personas, order: Order) -> None:
    change = asked(order, date(2027, 3, 6), time(9))  # a Saturday
    assert review(personas["admin"], "approveChange", change)["userErrors"] == [("NOT_WORKING", "")]
    assert review(personas["admin"], "approveChange", change, outsideHours=True)["userErrors"] == []
    assert starts() == [at(6, "09:00"), at(6, "10:15")]


def test_visits_that_are_over_stay_where_they_were(personas: Personas, order: Order) -> None:
    done = Appointment.objects.order_by("pk")[0]
    Appointment.objects.filter(pk=done.pk).update(status="CANCELLED")
    Claim.objects.filter(appointment=done).delete()
    review(personas["admin"], "approveChange", asked(order))
    assert starts() == [at(1, "09:00"), at(2, "11:45")]
    assert claims() == [(at(2, "11:45"), at(2, "13:00"))]


def test_a_pending_order_just_changes_its_date(personas: Personas, service: Service) -> None:
    order = factories.pending_order(service)
    assert review(personas["admin"], "approveChange", asked(order))["changeRequest"]["status"] == "APPROVED"
    order.refresh_from_db()
    assert (order.scheduled_date, order.scheduled_time, order.version) == (date(2027, 3, 2), time(10, 30), 2)
    assert order.cancellation_deadline == at(1, "10:30")
    assert order.status == "PENDING"


def test_a_rejection_says_why_and_moves_nothing(api: Api, personas: Personas, order: Order) -> None:
    change = asked(order)
    payload = review(personas["admin"], "rejectChange", change, note="Anna is away then.")
    assert payload["changeRequest"]["status"] == "REJECTED"
    assert payload["changeRequest"]["reviewNote"] == "Anna is away then."
    assert starts() == [at(1, "09:00"), at(1, "10:15")]
    assert Event.objects.get().kind == "order.change_rejected"
    assert review(personas["admin"], "approveChange", change)["userErrors"] == [
        ("INVALID_TRANSITION", "changeRequestId")
    ]


def test_a_wanted_time_that_has_passed_is_not_approved(personas: Personas, order: Order) -> None:
    change = asked(order)
    with time_machine.travel(at(2, "10:30"), tick=False):
        assert review(personas["admin"], "approveChange", change)["userErrors"] == [("IN_THE_PAST", "changeRequestId")]
