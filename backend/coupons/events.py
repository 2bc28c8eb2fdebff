"""What happens to coupons."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponChanged(Fact):
    """A coupon was made, changed or deactivated."""

    kind: ClassVar[str] = "coupon.changed"

    coupon_id: int
