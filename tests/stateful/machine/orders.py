"""Orders, and the other times that are asked for."""

from collections.abc import Sequence
from datetime import time
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
)

from backend.core.viewer import NOBODY, Viewer
from backend.customers.rules import Contact
from backend.orders import actions as orders_actions
from backend.orders.actions.place import OrderRequest
from backend.orders.actions.update import OrderChanges
from backend.orders.rules import LineChange
from tests.stateful.machine.doing import (
    ADDRESS,
    GUESTS,
    Doing,
    cart_item,
    cart_lines,
    coupons,
    emails,
    flags,
    maybe_somebody,
    numbers,
    pick,
    services,
    somebody,
    starts,
)
from tests.stateful.model import (
    Coupon,
    Line,
    Order,
    Person,
    Service,
    Wanted,
)


class Orders(Doing):
    """What customers and the office do with orders."""

    @initialize(
        starts=st.lists(starts.filter(lambda start: start[0] > 0), min_size=3, max_size=3),
        quantities=st.lists(st.integers(1, 2), min_size=3, max_size=3),
        who=maybe_somebody,
    )
    def first_orders(self, starts: list[tuple[int, time]], quantities: list[int], who: int | None) -> None:
        """On the first morning there are two of guests and one of a customer; the office has dealt with two."""
        clean, deep = (self.model.services[key] for key in self.ground.services)
        ada = self.model.customers[self.ground.customers[0]]
        both = [Wanted(clean, quantities[0], self.person(who)), Wanted(deep, quantities[1])]
        asked = [
            (NOBODY, Order(None, GUESTS[0], self.at(starts[0]), []), both),
            (NOBODY, Order(None, GUESTS[1], self.at(starts[1]), []), [Wanted(deep, quantities[2])]),
            (self.account(GUESTS[0]), Order(ada, "", self.at(starts[2]), []), [Wanted(clean)]),
        ]
        for each in asked:
            self.place(*each, coupon=None)
        for nth in range(2):
            self.order_is_confirmed(nth, outside_hours=True)

    def place(self, viewer: Viewer, order: Order, wanted: Sequence[Wanted], coupon: Coupon | None) -> None:
        request = OrderRequest(
            items=[cart_item(each) for each in wanted],
            guest=None if viewer.customer_id else Contact(name="Ada King", email=order.email),
            address=ADDRESS,
            scheduled_date=order.start.date(),
            scheduled_time=order.start.time(),
            coupon_code=coupon.code if coupon else None,
        )
        row, codes = self.attempt(orders_actions.place_order, viewer=viewer, request=request, now=self.model.now)
        if row is not None:
            order.key, order.token = row.pk, row.tracking_token
        assert codes == sorted(self.model.place(order, wanted, coupon))
        if not codes:
            self.learn_lines(order)

    @rule(email=emails, start=starts, lines=cart_lines, coupon=st.none() | coupons)
    def guest_orders(self, email: str, start: tuple[int, time], lines: Any, coupon: Coupon | None) -> None:
        wanted = [Wanted(service, quantity, self.person(who)) for service, quantity, who in lines]
        self.place(NOBODY, Order(None, email, self.at(start), []), wanted, coupon)

    @rule(
        email=st.sampled_from(["ada@example.com", "bea@example.com"]),
        start=starts,
        lines=cart_lines,
        coupon=st.none() | coupons,
    )
    def customer_orders(self, email: str, start: tuple[int, time], lines: Any, coupon: Coupon | None) -> None:
        viewer = self.account(email)
        customer = self.model.customers[viewer.customer_id or 0]
        wanted = [Wanted(service, quantity, self.person(who)) for service, quantity, who in lines]
        self.place(viewer, Order(customer, "", self.at(start), []), wanted, coupon)

    @rule(nth=numbers, start=starts)
    def order_is_put_off(self, nth: int, start: tuple[int, time]) -> None:
        order = self.an_order(nth)
        at = self.at(start)
        changes = OrderChanges(scheduled_date=at.date(), scheduled_time=at.time())
        _, codes = self.attempt(
            orders_actions.update_order,
            **self.office_of(order),
            changes=changes,
            address=self.address(),
            now=self.model.now,
        )
        assert codes == self.model.put_off(order, at)

    @rule(nth=numbers, service=services, quantity=st.integers(1, 2), who=maybe_somebody, drop_coupon=flags)
    def line_is_added(self, nth: int, service: Service, quantity: int, who: int | None, drop_coupon: bool) -> None:
        order = self.an_order(nth)
        wanted = Wanted(service, quantity, self.person(who))
        _, codes = self.attempt(
            orders_actions.add_order_item,
            **self.owner_of(order),
            item=cart_item(wanted),
            drop_coupon=drop_coupon,
            address=self.address(),
            now=self.model.now,
        )
        assert codes == sorted(self.model.add_line(order, wanted, drop_coupon=drop_coupon))
        self.learn_lines(order)

    @rule(
        nth=numbers,
        which=st.integers(0, 2),
        quantity=st.integers(1, 3),
        who=maybe_somebody,
        anybody=flags,
        drop_coupon=flags,
    )
    def line_is_changed(
        self, nth: int, which: int, quantity: int, who: int | None, anybody: bool, drop_coupon: bool
    ) -> None:
        order = self.an_order(nth)
        line, wish = order.lines[which % len(order.lines)], None if anybody else self.person(who)
        change = LineChange(quantity=quantity, preferred_staff_id=wish.key if wish else None, any_staff=anybody)
        _, codes = self.attempt(
            orders_actions.update_order_item,
            viewer=self.admin,
            order_item_id=line.key,
            change=change,
            drop_coupon=drop_coupon,
            address=self.address(),
            now=self.model.now,
        )
        expected = self.model.change_line(order, line, quantity, wish, anybody=anybody, drop_coupon=drop_coupon)
        assert codes == expected

    @rule(nth=numbers, which=st.integers(0, 2), drop_coupon=flags)
    def line_is_removed(self, nth: int, which: int, drop_coupon: bool) -> None:
        order = self.an_order(nth)
        line = order.lines[which % len(order.lines)]
        _, codes = self.attempt(
            orders_actions.remove_order_item,
            viewer=self.admin,
            order_item_id=line.key,
            drop_coupon=drop_coupon,
            address=self.address(),
            now=self.model.now,
        )
        assert codes == self.model.remove_line(order, line, drop_coupon=drop_coupon)

    @rule(nth=numbers, outside_hours=flags)
    def order_is_confirmed(self, nth: int, outside_hours: bool) -> None:
        order = self.an_order(nth)
        _, codes = self.attempt(
            orders_actions.confirm_order, **self.office_of(order), outside_hours=outside_hours, now=self.model.now
        )
        assert codes == sorted(self.model.confirm(order, outside_hours=outside_hours))
        if not codes:
            self.learn_lines(order)

    @rule(nth=numbers, which=st.integers(0, 2), who=somebody, outside_hours=flags)
    def somebody_is_assigned(self, nth: int, which: int, who: int, outside_hours: bool) -> None:
        order = self.an_order(nth)
        line: Line = order.lines[which % len(order.lines)]
        person: Person = self.person(who)
        given: dict[str, Any] = {"order_item_id": line.key, "staff_id": person.key, "outside_hours": outside_hours}
        _, codes = self.attempt(orders_actions.assign_staff, viewer=self.admin, now=self.model.now, **given)
        assert codes == self.model.assign(order, line, person, outside_hours=outside_hours)

    @rule(nth=numbers, by_office=flags)
    def order_is_cancelled(self, nth: int, by_office: bool) -> None:
        order = self.an_order(nth)
        who = self.office_of(order) if by_office else self.owner_of(order)
        _, codes = self.attempt(
            orders_actions.cancel_order, **who, reason="It rains.", address=self.address(), now=self.model.now
        )
        assert codes == self.model.cancel(order, by_office=by_office)

    @rule(nth=numbers)
    def order_is_completed(self, nth: int) -> None:
        order = self.an_order(nth)
        _, codes = self.attempt(orders_actions.complete_order, **self.office_of(order), now=self.model.now)
        assert codes == self.model.complete(order)

    @rule(nth=numbers, start=starts, by_office=flags)
    def another_time_is_asked_for(self, nth: int, start: tuple[int, time], by_office: bool) -> None:
        order = self.an_order(nth)
        at, who = self.at(start), self.office_of(order) if by_office else self.owner_of(order)
        row, codes = self.attempt(
            orders_actions.request_change,
            **who,
            requested_date=at.date(),
            requested_time=at.time(),
            address=self.address(),
            now=self.model.now,
        )
        assert codes == sorted(self.model.ask(order, at, by_office=by_office))
        if not codes:
            order.asked_key = row.pk

    def one_that_waits(self, which: int) -> Order:
        """One of the orders for which another time was asked; of those that have been decided now and then, too."""
        return pick([order for order in self.model.orders.values() if order.asked_key is not None], which)

    @precondition(lambda self: any(order.asked_key is not None for order in self.model.orders.values()))
    @rule(which=st.integers(0, 9))
    def wish_is_taken_back(self, which: int) -> None:
        order = self.one_that_waits(which)
        _, codes = self.attempt(
            orders_actions.withdraw_change, **self.owner_of(order), address=self.address(), now=self.model.now
        )
        assert codes == self.model.withdraw(order)

    @precondition(lambda self: any(order.asked_key is not None for order in self.model.orders.values()))
    @rule(which=st.integers(0, 9), outside_hours=flags)
    def wish_is_approved(self, which: int, outside_hours: bool) -> None:
        order = self.one_that_waits(which)
        given: dict[str, Any] = {"change_id": order.asked_key or 0, "outside_hours": outside_hours}
        _, codes = self.attempt(orders_actions.approve_change, viewer=self.admin, now=self.model.now, **given)
        assert codes == self.model.approve(order, outside_hours=outside_hours)

    @precondition(lambda self: any(order.asked_key is not None for order in self.model.orders.values()))
    @rule(which=st.integers(0, 9))
    def wish_is_rejected(self, which: int) -> None:
        order = self.one_that_waits(which)
        _, codes = self.attempt(
            orders_actions.reject_change, viewer=self.admin, change_id=order.asked_key or 0, now=self.model.now
        )
        assert codes == self.model.reject(order)
