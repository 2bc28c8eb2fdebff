"""couponReport: the discounts given, coupon by coupon."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from backend.coupons.models import Coupon
from backend.orders.models import Order
from tests import factories
from tests.client import Api, gid
from tests.personas import Personas
from tests.statements import count_statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

REPORT = """query($from: Date, $to: Date, $first: Int, $after: String) {
  couponReport(from: $from, to: $to, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node { code uses givenBack discountGiven { amount currency } orderTotals { amount } coupon { id } } } } }"""


@pytest.fixture
def admin(personas: Personas) -> Api:
    return personas["admin"]


def use(coupon: Coupon, at: str, *, amount: str = "10.00", given_back: bool = False) -> Order:
    """One order of 50.00, less `amount`, at an instant in UTC."""
    off = Decimal(0) if given_back else Decimal(amount)
    order = factories.pending_order(factories.service(), discount=off, total=Decimal(50) - off)
    used_at = datetime.fromisoformat(at)
    coupon.usages.create(
        order=order,
        person="ada@example.com",
        ordinal=coupon.usages.count() + 1,
        amount=Decimal(amount),
        used_at=used_at,
        given_back_at=used_at if given_back else None,
    )
    return order


def report(api: Api, **given: Any) -> list[tuple[str, int, int, str, str]]:
    """Code, uses, given back, discount and orders' totals of each line."""
    edges = api(REPORT, **given).data["couponReport"]["edges"]
    return [
        (
            edge["node"]["code"],
            edge["node"]["uses"],
            edge["node"]["givenBack"],
            edge["node"]["discountGiven"]["amount"],
            edge["node"]["orderTotals"]["amount"],
        )
        for edge in edges
    ]


def test_each_coupon_that_was_used_is_a_line_with_its_uses_and_sums(admin: Api) -> None:
    spring, autumn = factories.coupon(code="SPRING"), factories.coupon(code="AUTUMN")
    factories.coupon(code="NEVER")
    use(spring, "2027-01-10T12:00Z")
    use(spring, "2027-01-11T12:00Z", amount="7.50")
    use(spring, "2027-01-12T12:00Z", given_back=True)
    use(autumn, "2027-01-13T12:00Z", given_back=True)
    assert report(admin) == [("AUTUMN", 0, 1, "0.00", "0.00"), ("SPRING", 2, 1, "17.50", "82.50")]
    line = admin(REPORT).data["couponReport"]["edges"][1]["node"]
    assert (line["coupon"]["id"], line["discountGiven"]["currency"]) == (gid(spring), "GBP")


def test_dates_are_those_of_the_business_and_both_ends_belong_to_the_window(admin: Api) -> None:
    coupon = factories.coupon(code="SUMMER")
    use(coupon, "2027-06-30T22:59:59Z", amount="1.00")
    use(coupon, "2027-06-30T23:00:00Z", amount="2.00")  # midnight in London: the first of July
    use(coupon, "2027-07-02T22:59:59Z", amount="4.00")
    use(coupon, "2027-07-02T23:00:00Z", amount="8.00")
    july = {"from": "2027-07-01", "to": "2027-07-02"}
    assert report(admin, **july) == [("SUMMER", 2, 0, "6.00", "94.00")]
    assert report(admin, to="2027-06-30") == [("SUMMER", 1, 0, "1.00", "49.00")]
    assert report(admin, **{"from": "2027-07-03"}) == [("SUMMER", 1, 0, "8.00", "42.00")]
    assert report(admin, **{"from": "2027-08-01"}) == []


def test_a_window_that_ends_before_it_begins_is_refused(admin: Api) -> None:
    assert admin(REPORT, **{"from": "2027-07-02", "to": "2027-07-01"}).codes == ["INVALID_INPUT"]


def test_the_report_comes_in_pages(admin: Api) -> None:
    for number in range(5):
        use(factories.coupon(code=f"CODE{number}"), "2027-01-10T12:00Z")
    page = admin(REPORT, first=2).data["couponReport"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (5, True)
    rest = report(admin, first=3, after=page["pageInfo"]["endCursor"])
    assert [line[0] for line in rest] == ["CODE2", "CODE3", "CODE4"]


def test_a_report_of_twenty_takes_as_many_statements_as_a_report_of_one(admin: Api) -> None:
    use(factories.coupon(), "2027-01-10T12:00Z")
    one = count_statements(admin, REPORT)
    for _ in range(19):
        use(factories.coupon(), "2027-01-10T12:00Z")
    assert count_statements(admin, REPORT) == one


def test_a_line_fetched_by_its_id_counts_all_time(admin: Api) -> None:
    coupon = factories.coupon()
    use(coupon, "2027-01-10T12:00Z")
    use(coupon, "2028-01-10T12:00Z")
    node = "query($id: ID!) { node(id: $id) { ... on CouponReportLine { uses } } }"
    assert admin(node, id=gid(coupon, "CouponReportLine")).data["node"] == {"uses": 2}
