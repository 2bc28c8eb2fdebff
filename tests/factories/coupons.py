"""Coupons in a named state."""

from decimal import Decimal
from itertools import count
from typing import Any

from backend.coupons.models import Coupon
from tests.factories.business import NOW

_number = count(1)


def coupon(**given: Any) -> Coupon:
    """20 % off anything, for everyone, for ever."""
    values = {
        "code": f"SAVE{next(_number)}",
        "discount_type": "PERCENTAGE",
        "discount_value": Decimal("20.00"),
        "created_at": NOW,
    } | given
    return Coupon.objects.create(**values)
