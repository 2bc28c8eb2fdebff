"""The last uses of a coupon, on real commits: many checkouts at once."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from backend.catalogue.models import Service
from backend.core.viewer import NOBODY
from backend.coupons.models import Coupon, CouponUsage
from backend.customers.rules import Contact, PostalAddress
from backend.orders.actions import OrderRequest, cancel_order, place, place_order
from backend.orders.models import Order
from backend.orders.rules import CartItem
from tests import factories
from tests.concurrency.racing import WON, all_at_once, through_a_pool
from tests.factories.business import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def service(london: None) -> Service:
    """50.00, done by somebody."""
    row = factories.service()
    factories.staff_member(row)
    return row


def checkout(service: Service, coupon: Coupon, email: str) -> Callable[[], Any]:
    request = OrderRequest(
        items=[CartItem(service_id=service.pk)],
        guest=Contact(name="Ada King", email=email),
        address=PostalAddress(line1="10 Downing Street", city="London", postcode="SW1A 2AA"),
        scheduled_date=date(2027, 3, 1),
        scheduled_time=time(9),
        coupon_code=coupon.code.lower(),
    )
    return partial(place_order, viewer=NOBODY, request=request, now=NOW)


def live_uses(coupon: Coupon) -> int:
    return CouponUsage.objects.filter(coupon=coupon, given_back_at=None).count()


def used_count(coupon: Coupon) -> int:
    coupon.refresh_from_db()
    return coupon.used_count


def test_a_thousand_checkouts_of_a_coupon_with_ten_uses_left_redeem_ten(service: Service) -> None:
    coupon = factories.coupon(max_uses=110, used_count=100)
    works = [checkout(service, coupon, f"guest{number}@example.com") for number in range(1_000)]
    outcomes = through_a_pool(works, threads=24)
    assert Counter(outcomes) == {WON: 10, "COUPON_USED_UP": 990}
    assert (used_count(coupon), live_uses(coupon)) == (110, 10)
    # Who lost has no order either: nobody pays more than was shown.
    assert set(Order.objects.values_list("total", "discount")) == {(Decimal("40.00"), Decimal("10.00"))}
    assert Order.objects.count() == 10


def test_one_person_under_many_spellings_wins_once(service: Service) -> None:
    coupon = factories.coupon(max_uses_per_customer=1)
    spellings = ("adaking@gmail.com", "Ada.King@gmail.com", "ada.king+shop@googlemail.com", "ADAKING@GMAIL.COM")
    outcomes = all_at_once([checkout(service, coupon, spellings[number % 4]) for number in range(50)])
    assert Counter(outcomes) == {WON: 1, "COUPON_USED_BY_CUSTOMER": 49}
    assert used_count(coupon) == live_uses(coupon) == Order.objects.count() == 1


def test_uses_given_back_and_taken_at_once_stay_counted(service: Service) -> None:
    coupon = factories.coupon(max_uses=10)
    for number in range(10):
        checkout(service, coupon, f"early{number}@example.com")()
    cancelling = [
        partial(cancel_order, viewer=NOBODY, tracking_token=token, address=token, now=NOW)
        for token in Order.objects.values_list("tracking_token", flat=True)
    ]
    late = [checkout(service, coupon, f"late{number}@example.com") for number in range(20)]
    outcomes = all_at_once([*cancelling, *late])
    assert outcomes[:10] == [WON] * 10
    assert set(outcomes[10:]) <= {WON, "COUPON_USED_UP"}
    assert used_count(coupon) == live_uses(coupon) == outcomes[10:].count(WON) <= 10


def test_control_reading_first_and_writing_then_redeems_too_often(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    coupon = factories.coupon(max_uses=1)
    everyone_has_looked = threading.Barrier(5)

    def naive(*, email: str, order_id: int, now: datetime, **_: Any) -> Decimal:
        seen = Coupon.objects.get(pk=coupon.pk)
        assert seen.used_count < 1
        everyone_has_looked.wait(timeout=60)
        Coupon.objects.filter(pk=coupon.pk).update(used_count=seen.used_count + 1)
        use = CouponUsage(coupon=coupon, person=email, ordinal=1, amount=10, used_at=now)
        use.order_id = order_id
        use.save()
        return Decimal("10.00")

    monkeypatch.setattr(place, "redeem", naive)
    outcomes = all_at_once([checkout(service, coupon, f"guest{number}@example.com") for number in range(5)])
    assert outcomes == [WON] * 5
    assert (used_count(coupon), live_uses(coupon)) == (1, 5)
