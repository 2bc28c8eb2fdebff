"""The shop: what is done, at which price, and which coupons take something off."""

from collections.abc import Sequence
from decimal import Decimal

from tests.stateful.model.days import Days
from tests.stateful.model.things import OK, Codes, Coupon, Line, Order, Person, Service, Wanted, discounted, person_of


class Prices(Days):
    """What the office changes, and what a line costs."""

    def create_service(self, key: int, price: Decimal, minutes: int, buffer: int) -> Codes:
        self.services[key] = Service(key, price, minutes, buffer)
        return OK

    def change_service(self, service: Service, price: Decimal, minutes: int) -> Codes:
        service.price, service.minutes = price, minutes
        return OK

    def offer(self, person: Person, service: Service, price: Decimal | None) -> Codes:
        person.offers[service.key] = price
        return OK

    def create_coupon(self, coupon: Coupon) -> Codes:
        if coupon.percent and coupon.value > 100:
            return ["OUT_OF_RANGE"]
        self.coupons[coupon.key] = coupon
        return OK

    def change_coupon(self, coupon: Coupon, value: Decimal, max_uses: int | None) -> Codes:
        if max_uses is not None and max_uses < len(coupon.live()):
            return ["OUT_OF_RANGE"]
        coupon.value, coupon.max_uses = value, max_uses
        return OK

    def price(self, service: Service, wish: Person | None) -> Decimal:
        own = None if wish is None else wish.offers[service.key]
        return service.price if own is None else own

    def priced(self, wanted: Wanted) -> Line:
        service = wanted.service
        unit = self.price(service, wanted.wish)
        return Line(service, wanted.quantity, unit, service.minutes, service.buffer, wanted.wish)

    def wrong_with_line(self, wanted: Wanted) -> Codes:
        codes = [] if wanted.service.active else ["INACTIVE"]
        if wanted.wish is not None and wanted.wish not in self.offering(wanted.service):
            codes.append("STAFF_NOT_QUALIFIED")
        return codes

    def nobody_for(self, lines: Sequence[Line]) -> Codes:
        return ["NO_STAFF_AVAILABLE" for line in lines if not self.offering(line.service)]

    def wrong_with_coupon(self, coupon: Coupon, lines: Sequence[Line], email: str, order: Order | None) -> Codes:
        """The first reason alone; the order's own use does not stand in its way."""
        live, person = coupon.live(order), person_of(email)
        subtotal = sum((line.total for line in lines), Decimal(0))
        if not coupon.active:
            return ["COUPON_INACTIVE"]
        if coupon.max_uses is not None and len(live) >= coupon.max_uses:
            return ["COUPON_USED_UP"]
        if coupon.per_person is not None and sum(use.person == person for use in live) >= coupon.per_person:
            return ["COUPON_USED_BY_CUSTOMER"]
        if subtotal < coupon.minimum:
            return ["COUPON_MINIMUM_NOT_MET"]
        return OK if discounted(coupon, lines) else ["COUPON_NOT_FOR_SERVICES"]
