"""Why a coupon does not help, each in words for the customer. The field is where the code was typed."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.errors import ErrorCode, FieldPath, Refusal

COUPON_FIELD: FieldPath = ("coupon_code",)


@dataclass
class CouponRefused(Refusal):
    """Base of them all."""

    message: str = "This coupon can't be used."
    field: FieldPath = COUPON_FIELD


@dataclass
class CouponUnknown(CouponRefused):
    """There is no coupon with this code."""

    code: ClassVar[ErrorCode] = ErrorCode.COUPON_UNKNOWN

    message: str = "There is no coupon with this code."


@dataclass
class CouponInactive(CouponRefused):
    """The office switched it off."""

    code: ClassVar[ErrorCode] = ErrorCode.COUPON_INACTIVE

    message: str = "This coupon is not active."


@dataclass
class CouponNotStarted(CouponRefused):
    """Its window has not begun."""

    code: ClassVar[ErrorCode] = ErrorCode.COUPON_NOT_STARTED

    message: str = "This coupon can't be used yet."


@dataclass
class CouponExpired(CouponRefused):
    """Its window is over."""

    code: ClassVar[ErrorCode] = ErrorCode.COUPON_EXPIRED

    message: str = "This coupon has expired."


@dataclass
class CouponUsedUp(CouponRefused):
    """It was used as often as it may be."""

    code: ClassVar[ErrorCode] = ErrorCode.COUPON_USED_UP

    message: str = "This coupon has been used up."


@dataclass
class CouponUsedByCustomer(CouponRefused):
    """This person used it as often as one may."""

    code: ClassVar[ErrorCode] = ErrorCode.COUPON_USED_BY_CUSTOMER

    message: str = "You have used this coupon as often as it allows."


@dataclass
class CouponMinimumNotMet(CouponRefused):
    """The order is too small."""

    code: ClassVar[ErrorCode] = ErrorCode.COUPON_MINIMUM_NOT_MET


@dataclass
class CouponNotForServices(CouponRefused):
    """It does not apply to anything in the order."""

    code: ClassVar[ErrorCode] = ErrorCode.COUPON_NOT_FOR_SERVICES

    message: str = "This coupon does not apply to these services."
