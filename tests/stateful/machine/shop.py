"""The clock, the catalogue and the coupons."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    multiple,
    rule,
)

from backend.catalogue.actions import ServiceChanges, create_service, deactivate_service, update_service
from backend.core.transactions import use_case
from backend.coupons.actions import create_coupon, set_coupon_active, update_coupon
from backend.events.models import Event
from backend.orders import actions as orders_actions
from backend.staff.actions import assign_service
from tests.factories.events import happened
from tests.stateful.machine.doing import PRICES, Doing, coupon_terms, coupons, flags, services, somebody
from tests.stateful.model import (
    OK,
    Coupon,
    Service,
)
from workers.routing import ROUTES


class Shop(Doing):
    """What the office changes of what it sells."""

    @rule(hours=st.sampled_from([None, 1, 3, 7]))
    def time_passes(self, hours: int | None) -> None:
        """So many hours, or until the next visit begins."""
        ahead = [visit.start for visit in self.model.visits.values() if visit.is_open and visit.start > self.model.now]
        until_next = min(ahead, default=self.model.now) - self.model.now
        self.model.advance(until_next if hours is None else timedelta(hours=hours))

    @rule()
    def workers_catch_up(self) -> None:
        """Whatever routing.py sends to orders and plans is done, in the order in which it was told."""
        for event in Event.objects.filter(pk__gt=self.heard).order_by("pk"):
            if "orders.follow_visits" in ROUTES.get(event.kind, ()):
                follow = use_case(orders_actions.follow_visits)
                self.attempt(follow, event=happened(event), now=self.model.now)
            self.plans_hear(event)
            self.heard = event.pk
        self.model.catch_up()

    def plans_hear(self, event: Event) -> None:
        """What an event means to plans; see `Plans`."""

    @initialize(target=services)
    def opening(self) -> Any:
        return multiple(*self.model.services.values())

    @initialize(
        target=coupons, percent=flags, max_uses=st.sampled_from([None, 1, 2]), per_person=st.sampled_from([None, 1])
    )
    def first_coupon(self, **terms: Any) -> Any:
        return self.new_coupon(only=None, value=Decimal("12.50"), minimum=Decimal("0.00"), **terms)

    @rule(target=services, price=st.sampled_from(PRICES), minutes=st.sampled_from([30, 75]), who=somebody)
    def new_service(self, price: Decimal, minutes: int, who: int) -> Any:
        """It is offered by one person from the start."""
        given: dict[str, Any] = {"name": f"Service {next(self.numbers)}", "category_id": self.ground.category_id}
        given |= {"price": price, "duration_minutes": minutes, "buffer_minutes": 15}
        row, codes = self.attempt(create_service, viewer=self.admin, now=self.model.now, **given)
        assert codes == self.model.create_service(row.pk, price, minutes, 15)
        service = self.model.services[row.pk]
        self.offers_service(service, who, None)
        return service

    @rule(
        service=services,
        what=st.sampled_from(["price", "offer", "goes", "comes", "comes"]),
        price=st.sampled_from(PRICES),
        minutes=st.sampled_from([45, 60, 120]),
        who=somebody,
    )
    def catalogue_changes(self, service: Service, what: str, price: Decimal, minutes: int, who: int) -> None:
        if what == "price":
            self.change_service(service, price, minutes)
        elif what == "offer":
            self.offers_service(service, who, price)
        else:
            self.switch_service(service, is_active=what == "comes")

    def change_service(self, service: Service, price: Decimal, minutes: int) -> None:
        changes = ServiceChanges(price=price, duration_minutes=minutes)
        _, codes = self.attempt(
            update_service, viewer=self.admin, service_id=service.key, changes=changes, now=self.model.now
        )
        assert codes == self.model.change_service(service, price, minutes)

    def switch_service(self, service: Service, *, is_active: bool) -> None:
        given: dict[str, Any] = {"viewer": self.admin, "service_id": service.key, "now": self.model.now}
        if is_active:
            _, codes = self.attempt(update_service, changes=ServiceChanges(is_active=True), **given)
        else:
            _, codes = self.attempt(deactivate_service, **given)
        service.active = is_active
        assert codes == OK

    def offers_service(self, service: Service, who: int, price: Decimal | None) -> None:
        person = self.person(who)
        given: dict[str, Any] = {"staff_id": person.key, "service_id": service.key, "price_override": price}
        _, codes = self.attempt(assign_service, viewer=self.admin, now=self.model.now, **given)
        assert codes == self.model.offer(person, service, price)

    @rule(
        target=coupons,
        percent=flags,
        value=st.sampled_from([Decimal("12.50"), Decimal(100), Decimal("130.00")]),
        max_uses=st.sampled_from([None, 1, 2]),
        per_person=st.sampled_from([None, 1]),
        minimum=st.sampled_from([Decimal("0.00"), Decimal("60.00")]),
        only=st.none() | services,
    )
    def new_coupon(self, only: Service | None, **terms: Any) -> Any:
        code = f"CODE{next(self.numbers)}"
        chosen = [only.key] if only else []
        row, codes = self.attempt(
            create_coupon, viewer=self.admin, terms=coupon_terms(code, chosen, **terms), now=self.model.now
        )
        coupon = Coupon(key=row.pk if row else 0, code=code, only=frozenset(chosen), **terms)
        assert codes == self.model.create_coupon(coupon)
        return multiple() if codes else coupon

    @rule(
        coupon=coupons,
        what=st.sampled_from(["terms", "off", "on"]),
        value=st.sampled_from([Decimal("5.00"), Decimal("33.30")]),
        uses=st.sampled_from([None, 1]),
    )
    def coupon_changes(self, coupon: Coupon, what: str, value: Decimal, uses: int | None) -> None:
        given: dict[str, Any] = {"viewer": self.admin, "coupon_id": coupon.key, "now": self.model.now}
        if what != "terms":
            _, codes = self.attempt(set_coupon_active, is_active=what == "on", **given)
            assert codes == OK
            coupon.active = what == "on"
            return
        terms = coupon_terms(
            coupon.code, list(coupon.only), coupon.percent, value, uses, coupon.per_person, coupon.minimum
        )
        _, codes = self.attempt(update_coupon, terms=terms, **given)
        assert codes == self.model.change_coupon(coupon, value, uses)
