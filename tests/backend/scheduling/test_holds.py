"""Holds: a time kept for some minutes, and what ends them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import pytest

from backend.catalogue.models import Service
from backend.core.errors import (
    ErrorCode,
    IdempotencyConflict,
    InvalidInput,
    NotFound,
    RateLimited,
    Refusal,
)
from backend.core.transactions import use_case
from backend.core.viewer import NOBODY
from backend.scheduling.actions import (
    HeldSlot,
    SlotRequest,
    TakenHold,
    book_visits,
    forget_ended_holds,
    hold_slot,
    keep_hold,
    release_slot,
    take_hold,
)
from backend.scheduling.actions.holds import MAX_HOLDS_OF_CLIENT, MAX_HOLDS_OF_EMAIL
from backend.scheduling.errors import HoldExpired, NoStaffAvailable, NoTime, SlotTaken, TooManyHolds
from backend.scheduling.models import Appointment, Claim, Hold
from backend.scheduling.queries.searching import Wish, availability
from backend.scheduling.rules import AppointmentType, VisitPlan
from backend.staff.models import Staff
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london")]

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
MONDAY = date(2027, 3, 1)
HERE = "203.0.113.7"
LIFETIME = timedelta(minutes=10)
T = TypeVar("T")


@use_case
def in_a_use_case(work: Callable[[], T]) -> T:
    return work()


@pytest.fixture
def service() -> Service:
    """An hour with a quarter of buffer, at 50.00."""
    return factories.service()


@pytest.fixture
def anna(service: Service) -> Staff:
    return factories.staff_member(service, name="Anna")


def hold(service: Service, start: datetime = NINE, *, now: datetime, address: str = HERE, **given: Any) -> HeldSlot:
    key = given.pop("idempotency_key", None)
    values: dict[str, Any] = {"service_id": service.pk, "start": start, "postcode": "SW1A 2AA"}
    request = SlotRequest(**values | given)
    return hold_slot(viewer=NOBODY, request=request, idempotency_key=key, address=address, now=now)


def take(held: HeldSlot, service: Service, *, now: datetime, **given: Any) -> TakenHold:
    values: dict[str, Any] = {
        "token": held.token,
        "service_id": service.pk,
        "staff_id": None,
        "start": held.start,
        "extra_ids": (),
        "postcode": "SW1A 2AA",
    }
    return in_a_use_case(lambda: take_hold(**values | given, now=now))


def plan(staff: Staff, service: Service, start: datetime = NINE) -> VisitPlan:
    return VisitPlan(
        service_id=service.pk,
        staff_id=staff.pk,
        start=start,
        end=start + timedelta(hours=1),
        buffer_minutes=15,
        type=AppointmentType.SINGLE,
        customer_id=None,
        contact_name="Ada King",
        contact_email="ada@example.com",
        line1="10 Downing Street",
        city="London",
        postcode="SW1A 2AA",
        price=Decimal("50.00"),
        currency="GBP",
        policy_hours=24,
    )


def book(staff: Staff, service: Service, *, now: datetime) -> None:
    in_a_use_case(lambda: book_visits(visits=[plan(staff, service)], order_id=None, actor_id=None, now=now))


def offered(service: Service, now: datetime) -> list[str]:
    wish = Wish(service_id=service.pk, postcode="SW1A 2AA")
    (day,) = availability(viewer=NOBODY, wish=wish, first=MONDAY, last=MONDAY, now=now)
    return [f"{slot.start:%H:%M}" for slot in day.slots]


def test_a_held_time_is_kept_with_its_buffer_for_ten_minutes_and_only_the_hash_of_its_token_is(
    service: Service, anna: Staff, now: datetime
) -> None:
    held = hold(service, now=now)
    assert (held.staff_id, held.start, held.end) == (anna.pk, NINE, NINE + timedelta(hours=1))
    assert (held.price, held.expires_at) == (Decimal("50.00"), now + LIFETIME)
    row, claim = Hold.objects.get(), Claim.objects.get()
    assert (claim.kind, claim.period.lower, claim.period.upper) == ("HOLD", NINE, NINE + timedelta(minutes=75))
    assert len(held.token) == 43
    assert held.token not in str(Hold.objects.values())
    assert (row.client, row.email) == (HERE, "")
    assert offered(service, now)[0] == "10:15"
    with pytest.raises(SlotTaken):
        book(anna, service, now=now)


def test_once_over_it_blocks_neither_the_search_nor_a_booking_though_nobody_has_swept(
    service: Service, anna: Staff, now: datetime
) -> None:
    hold(service, now=now)
    last = now + LIFETIME - timedelta(seconds=1)
    assert offered(service, last)[0] == "10:15"
    with pytest.raises(SlotTaken):
        book(anna, service, now=last)
    assert offered(service, now + LIFETIME)[0] == "09:00"
    assert Claim.objects.count() == 1
    book(anna, service, now=now + LIFETIME)
    assert list(Claim.objects.values_list("kind", flat=True)) == ["APPOINTMENT"]


def test_once_over_another_may_hold_the_time(service: Service, anna: Staff, now: datetime) -> None:
    first = hold(service, now=now)
    second = hold(service, now=now + LIFETIME, address="203.0.113.8")
    assert second.token != first.token
    with pytest.raises(HoldExpired) as refused:
        take(first, service, now=now + LIFETIME)
    assert (refused.value.code, refused.value.field) == (ErrorCode.HOLD_EXPIRED, ("hold_token",))
    assert take(second, service, now=now + LIFETIME).staff_id == anna.pk


def test_whoever_takes_it_books_its_time_and_it_is_gone(service: Service, anna: Staff, now: datetime) -> None:
    held = hold(service, now=now)

    def turn_into_a_visit() -> None:
        taken = take_hold(
            token=held.token,
            service_id=service.pk,
            staff_id=anna.pk,
            start=NINE,
            extra_ids=(),
            postcode="sw1a2aa",
            now=now,
        )
        assert (taken.staff_id, taken.start) == (anna.pk, NINE)
        book_visits(visits=[plan(anna, service)], order_id=None, actor_id=None, now=now)

    in_a_use_case(turn_into_a_visit)
    assert (Appointment.objects.count(), Hold.objects.count(), Claim.objects.get().kind) == (1, 0, "APPOINTMENT")
    with pytest.raises(HoldExpired):
        take(held, service, now=now)


def test_a_booking_that_fails_leaves_the_hold_as_it_was(service: Service, anna: Staff, now: datetime) -> None:
    held = hold(service, now=now)

    def fail() -> None:
        take_hold(
            token=held.token,
            service_id=service.pk,
            staff_id=None,
            start=NINE,
            extra_ids=(),
            postcode="SW1A 2AA",
            now=now,
        )
        raise NotFound("Something else is wrong.")

    with pytest.raises(NotFound):
        in_a_use_case(fail)
    assert take(held, service, now=now).staff_id == anna.pk


@pytest.mark.parametrize(
    "other",
    [
        {"service_id": 0},
        {"staff_id": 0},
        {"start": NINE + timedelta(minutes=15)},
        {"extra_ids": (1,)},
        {"postcode": "N1 1AA"},
    ],
)
def test_it_is_good_for_the_visit_that_it_was_taken_for_alone(
    service: Service, anna: Staff, now: datetime, other: dict[str, Any]
) -> None:
    held = hold(service, now=now)
    with pytest.raises(InvalidInput) as refused:
        take(held, service, now=now, **other)
    assert refused.value.field == ("hold_token",)
    assert Hold.objects.count() == 1


def test_what_was_held_for_an_outward_code_is_good_for_its_postcodes(
    service: Service, anna: Staff, now: datetime
) -> None:
    held = hold(service, now=now, postcode="sw1a")
    assert take(held, service, now=now, postcode="SW1A 2AA").staff_id == anna.pk


def test_giving_it_back_frees_the_time_and_twice_is_no_error(service: Service, anna: Staff, now: datetime) -> None:
    held = hold(service, now=now)
    assert release_slot(token=held.token, now=now)
    assert offered(service, now)[0] == "09:00"
    assert not release_slot(token=held.token, now=now)
    assert not release_slot(token="made up", now=now)


def test_extras_and_own_pace_make_it_longer_and_dearer(service: Service, now: datetime) -> None:
    extra, ben = factories.extra(service), factories.staff_member()
    factories.offers(ben, service, price_override="80.00", duration_override_minutes=120)
    held = hold(service, now=now, extra_ids=(extra.pk,))
    assert (held.end, held.price) == (NINE + timedelta(minutes=150), Decimal("95.00"))
    assert Claim.objects.get().period.upper == NINE + timedelta(minutes=165)


def test_of_those_who_are_free_the_least_booked_is_held(service: Service, anna: Staff, now: datetime) -> None:
    ben = factories.staff_member(service, name="Ben")
    factories.confirmed_order(service, staff=anna, scheduled_date=MONDAY)
    later = NINE + timedelta(hours=3)
    assert hold(service, later, now=now).staff_id == ben.pk
    assert hold(service, later, now=now).staff_id == anna.pk
    with pytest.raises(NoStaffAvailable) as refused:
        hold(service, later, now=now)
    assert {f"{each.start:%H:%M}" for each in refused.value.alternatives[:2]} == {"10:45", "13:15"}


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"start": NINE + timedelta(minutes=7)}, "OFF_GRID", ("start",)),
        ({"start": NINE + timedelta(microseconds=1)}, "OFF_GRID", ("start",)),
        ({"start": NINE - timedelta(days=60)}, "IN_THE_PAST", ("start",)),
        ({"start": datetime(2027, 2, 1, 9, 45, tzinfo=UTC)}, "TOO_SOON", ("start",)),
        ({"start": NINE + timedelta(days=365)}, "BEYOND_HORIZON", ("start",)),
        ({"start": NINE - timedelta(hours=2)}, "NOT_WORKING", ("start",)),
        ({"start": NINE + timedelta(hours=7)}, "NOT_WORKING", ("start",)),
        ({"postcode": "M1 1AA"}, "OUT_OF_AREA", ("postcode",)),
        ({"postcode": "nonsense"}, "INVALID_INPUT", ("postcode",)),
        ({"staff_id": 999_999}, "STAFF_NOT_QUALIFIED", ("staff_id",)),
        ({"service_id": 999_999}, "NOT_FOUND", ("service_id",)),
        ({"extra_ids": (999_999,)}, "NOT_FOUND", ("extra_ids", 0)),
        ({"email": "nonsense"}, "INVALID_INPUT", ("email",)),
    ],
)
def test_what_can_not_be_held_says_why_and_nothing_is_kept(
    service: Service, anna: Staff, now: datetime, given: dict[str, Any], code: str, field: tuple[str, ...]
) -> None:
    with pytest.raises(Refusal) as refused:
        hold(service, now=now, **given)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert (Hold.objects.count(), Claim.objects.count()) == (0, 0)


def test_a_named_member_who_can_not_come_is_told_apart(service: Service, anna: Staff, now: datetime) -> None:
    other = factories.staff_member()
    factories.time_off(anna, NINE + timedelta(hours=4), hours=1)
    for staff, start, code in (
        (other, NINE, "STAFF_NOT_QUALIFIED"),
        (anna, NINE - timedelta(hours=1), "NOT_WORKING"),
        (anna, NINE + timedelta(hours=4), "NOT_WORKING"),
    ):
        with pytest.raises(Refusal) as refused:
            hold(service, start, now=now, staff_id=staff.pk)
        assert refused.value.code == code
        if isinstance(refused.value, NoTime):
            assert {each.staff_id for each in refused.value.alternatives} == {anna.pk}


def test_one_network_address_holds_a_few_times_at_once(service: Service, anna: Staff, now: datetime) -> None:
    day = timedelta(days=1)
    for number in range(MAX_HOLDS_OF_CLIENT):
        hold(service, NINE + number * day, now=now)
    with pytest.raises(TooManyHolds):
        hold(service, NINE + timedelta(days=7), now=now)
    hold(service, NINE + timedelta(days=7), now=now, address="203.0.113.8")
    hold(service, NINE + timedelta(days=8), now=now + LIFETIME)


def test_one_e_mail_holds_a_few_times_from_wherever_in_any_case(service: Service, anna: Staff, now: datetime) -> None:
    for number in range(MAX_HOLDS_OF_EMAIL):
        start = NINE + timedelta(days=number)
        hold(service, start, now=now, address=f"203.0.113.{number}", email="Ada@Example.com")
    with pytest.raises(TooManyHolds):
        hold(service, NINE + timedelta(days=7), now=now, address="203.0.113.9", email="ada@example.com")


def test_asking_on_and_on_is_limited_by_address(service: Service, now: datetime) -> None:
    factories.staff_member(service)
    for _ in range(30):
        release_slot(token=hold(service, now=now).token, now=now)
    with pytest.raises(RateLimited):
        hold(service, now=now)


def test_the_same_key_gives_the_same_hold_with_a_new_token(service: Service, anna: Staff, now: datetime) -> None:
    first = hold(service, now=now, idempotency_key="k")
    again = hold(service, now=now + timedelta(minutes=1), idempotency_key="k")
    assert (again.start, again.price, again.expires_at) == (first.start, first.price, first.expires_at)
    assert Hold.objects.count() == 1
    with pytest.raises(HoldExpired):
        take(first, service, now=now)
    with pytest.raises(IdempotencyConflict):
        hold(service, now=now, idempotency_key="k", address="203.0.113.8")
    take(again, service, now=now)
    with pytest.raises(HoldExpired):
        hold(service, now=now, idempotency_key="k")


def test_a_hold_counts_towards_a_daily_limit_until_it_is_over(service: Service, anna: Staff, now: datetime) -> None:
    anna.max_visits_per_day = 1
    anna.save()
    hold(service, now=now)
    assert offered(service, now) == []
    assert offered(service, now + LIFETIME)


def test_an_absence_beats_a_hold(service: Service, anna: Staff, now: datetime) -> None:
    from backend.accounts.queries import viewer_for_user
    from backend.core.viewer import Role
    from backend.scheduling.actions import add_time_off

    held = hold(service, now=now)
    admin = viewer_for_user(factories.user(Role.ADMIN).pk)
    add_time_off(viewer=admin, staff_id=anna.pk, start=NINE, end=NINE + timedelta(hours=2), now=now)
    with pytest.raises(HoldExpired):
        take(held, service, now=now)


def test_a_kept_hold_waits_for_the_office_a_day_at_most_and_counts_for_nobody(
    service: Service, anna: Staff, now: datetime
) -> None:
    held = hold(service, now=now, email="ada@example.com")
    values: dict[str, Any] = {"service_id": service.pk, "staff_id": None, "extra_ids": (), "postcode": "SW1A 2AA"}
    in_a_use_case(lambda: keep_hold(token=held.token, start=NINE, now=now, **values))
    assert Claim.objects.get().expires_at == now + timedelta(hours=24)
    assert list(Hold.objects.values_list("client", "email")) == [("", "")]
    assert not release_slot(token=held.token, now=now)
    soon = now + timedelta(hours=3)
    held = hold(service, soon, now=now)
    in_a_use_case(lambda: keep_hold(token=held.token, start=soon, now=now, **values))
    assert Claim.objects.get(period__startswith=soon).expires_at == soon


def test_the_sweep_deletes_what_is_over_and_nothing_else(service: Service, anna: Staff, now: datetime) -> None:
    hold(service, now=now)
    hold(service, NINE + timedelta(days=1), now=now + timedelta(minutes=5))
    later = now + LIFETIME
    assert in_a_use_case(lambda: forget_ended_holds(limit=10, now=later - timedelta(seconds=1))) == 0
    assert in_a_use_case(lambda: forget_ended_holds(limit=10, now=later)) == 1
    assert (Hold.objects.get().start, Claim.objects.count()) == (NINE + timedelta(days=1), 1)


def test_the_sweep_finds_holds_whose_claim_a_booking_has_deleted(service: Service, anna: Staff, now: datetime) -> None:
    hold(service, now=now)
    book(anna, service, now=now + LIFETIME)
    assert in_a_use_case(lambda: forget_ended_holds(limit=10, now=now + LIFETIME)) == 1
    assert (Hold.objects.count(), Claim.objects.count()) == (0, 1)
