"""What a line costs after a change: what stays keeps its price, what is new has today's."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import ErrorCode
from backend.orders.rules import ExtraFacts, Line, LineChange, PriceList, ServiceFacts, reprice_line
from tests.refusals import refused

CLEANING, OVEN, FRIDGE, GONE, LADDER, ANNA, BEN = 1, 11, 12, 13, 21, 7, 8


def extra(number: int, price: str, minutes: int = 30, **given: Any) -> ExtraFacts:
    values: dict[str, Any] = {"service_id": CLEANING, "name": f"Extra {number}", "is_active": True} | given
    return ExtraFacts(id=number, price=Decimal(price), duration_minutes=minutes, **values)


OVEN_THEN = extra(OVEN, "15.00")
GONE_THEN = extra(GONE, "4.00", 5, is_active=False)
TODAY = PriceList(
    services={
        CLEANING: ServiceFacts(
            id=CLEANING,
            price=Decimal("80.00"),
            duration_minutes=90,
            buffer_minutes=30,
            is_approved=True,
            is_bookable=False,
        )
    },
    extras={
        OVEN: extra(OVEN, "25.00", 60),
        FRIDGE: extra(FRIDGE, "7.50", 10),
        GONE: extra(GONE, "9.00", is_active=False),
        LADDER: extra(LADDER, "1.00", service_id=2),
    },
    offers={(ANNA, CLEANING): Decimal("95.00"), (BEN, CLEANING): None},
)
"""Everything has become dearer and longer since the line was ordered, and the service can't be booked any more."""


def ordered(*extras: ExtraFacts, quantity: int = 1, staff_id: int | None = None) -> Line:
    """A line as it was ordered: a cleaning at 50.00 for an hour, with its extras."""
    unit = Decimal("50.00") + sum((each.price for each in extras), Decimal("0.00"))
    return Line(
        service_id=CLEANING,
        quantity=quantity,
        staff_id=staff_id,
        extras=extras,
        unit_price=unit,
        total_price=unit * quantity,
        duration_minutes=60,
        extra_minutes=sum(each.duration_minutes for each in extras),
        buffer_minutes=15,
    )


def test_more_of_the_same_costs_what_it_cost_and_takes_what_it_took() -> None:
    line = reprice_line(ordered(OVEN_THEN), LineChange(quantity=3), TODAY)
    assert (line.unit_price, line.total_price, line.visit_minutes) == (Decimal("65.00"), Decimal("195.00"), 270)


def test_an_extra_that_stays_keeps_its_price_and_one_that_comes_has_todays() -> None:
    line = reprice_line(ordered(OVEN_THEN), LineChange(extra_ids=(OVEN, FRIDGE)), TODAY)
    assert (line.unit_price, line.extra_minutes) == (Decimal("72.50"), 40)


def test_an_extra_that_goes_takes_its_price_with_it() -> None:
    line = reprice_line(ordered(OVEN_THEN), LineChange(extra_ids=()), TODAY)
    assert (line.unit_price, line.extra_minutes, line.extras) == (Decimal("50.00"), 0, ())


def test_an_extra_that_is_no_longer_offered_stays_where_it_was_chosen_and_comes_nowhere_else() -> None:
    assert reprice_line(ordered(GONE_THEN), LineChange(extra_ids=(GONE,)), TODAY) == ordered(GONE_THEN)
    assert refused(reprice_line, ordered(), LineChange(extra_ids=(GONE,)), TODAY) == [
        (ErrorCode.INACTIVE, "extra_ids.0")
    ]


def test_another_person_comes_at_todays_price_of_its_own_or_of_the_service() -> None:
    before = ordered(OVEN_THEN)
    assert reprice_line(before, LineChange(preferred_staff_id=ANNA), TODAY).unit_price == Decimal("110.00")
    assert reprice_line(before, LineChange(preferred_staff_id=BEN), TODAY).unit_price == Decimal("95.00")


def test_the_same_person_keeps_its_price_and_anybody_again_has_todays() -> None:
    before = ordered(staff_id=ANNA)
    assert reprice_line(before, LineChange(preferred_staff_id=ANNA, quantity=2), TODAY).unit_price == Decimal("50.00")
    anybody = reprice_line(before, LineChange(any_staff=True), TODAY)
    assert (anybody.staff_id, anybody.unit_price) == (None, Decimal("80.00"))


def test_everything_wrong_with_a_change_is_told_at_once() -> None:
    change = LineChange(quantity=21, extra_ids=(LADDER, FRIDGE, FRIDGE), preferred_staff_id=99)
    assert refused(reprice_line, ordered(), change, TODAY) == [
        (ErrorCode.OUT_OF_RANGE, "quantity"),
        (ErrorCode.NOT_FOUND, "extra_ids.0"),
        (ErrorCode.INVALID_INPUT, "extra_ids.2"),
        (ErrorCode.STAFF_NOT_QUALIFIED, "preferred_staff_id"),
    ]


def test_a_visit_of_more_than_a_day_is_refused() -> None:
    assert refused(reprice_line, ordered(OVEN_THEN), LineChange(quantity=17), TODAY) == [
        (ErrorCode.OUT_OF_RANGE, "quantity")
    ]


@given(
    st.lists(st.sets(st.sampled_from([OVEN, FRIDGE])), min_size=1, max_size=6),
    st.integers(1, 10),
)
def test_adding_and_removing_never_changes_the_price_of_the_service_itself(
    choices: list[set[int]], quantity: int
) -> None:
    line = ordered(OVEN_THEN)
    for chosen in choices:
        line = reprice_line(line, LineChange(extra_ids=tuple(sorted(chosen)), quantity=quantity), TODAY)
    bare = reprice_line(line, LineChange(extra_ids=()), TODAY)
    assert (bare.unit_price, bare.extra_minutes) == (Decimal("50.00"), 0)
    assert line.total_price == line.unit_price * quantity
