"""Orders, from being placed to being over, and the other times that are asked for."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from tests.stateful.model.prices import Prices
from tests.stateful.model.things import (
    OK,
    OPEN,
    Codes,
    Coupon,
    Line,
    Order,
    Person,
    Plan,
    Planned,
    Use,
    Visit,
    Wanted,
    off,
    person_of,
)


class Orders(Prices):
    """What customers and the office do with orders."""

    def place(self, order: Order, wanted: Sequence[Wanted], coupon: Coupon | None) -> Codes:
        codes = self.time_of_order(order.start) + [code for each in wanted for code in self.wrong_with_line(each)]
        if codes:
            return codes
        order.lines = [self.priced(each) for each in wanted]
        codes = self.nobody_for(order.lines)
        if not codes and coupon is not None:
            codes = self.wrong_with_coupon(coupon, order.lines, order.contact, None)
        if codes:
            return codes
        if coupon is not None:
            order.coupon, order.discount = coupon, off(coupon, order.lines)
            coupon.uses.append(Use(order, person_of(order.contact), order.discount))
        self.orders[order.key] = order
        return OK

    def put_off(self, order: Order, start: datetime) -> Codes:
        """Another time for an order that waits."""
        if order.status != "PENDING":
            return ["INVALID_TRANSITION"]
        if start != order.start:
            codes = self.time_of_order(start)
            if codes:
                return codes
            order.start, order.asked = start, None
        return OK

    def add_line(self, order: Order, wanted: Wanted, *, drop_coupon: bool) -> Codes:
        if order.status != "PENDING":
            return ["INVALID_TRANSITION"]
        codes = self.wrong_with_line(wanted)
        if codes:
            return codes
        line = self.priced(wanted)
        return self.nobody_for([line]) or self._settle(order, [*order.lines, line], drop_coupon)

    def change_line(
        self, order: Order, line: Line, quantity: int, wish: Person | None, *, anybody: bool, drop_coupon: bool
    ) -> Codes:
        """More or less of it, or another wish: who stays keeps the price, whoever is new comes at today's."""
        if order.status != "PENDING":
            return ["INVALID_TRANSITION"]
        wanted = None if anybody else wish or line.wish
        unit = line.unit
        if wanted is not line.wish:
            if wanted is not None and wanted not in self.offering(line.service):
                return ["STAFF_NOT_QUALIFIED"]
            unit = self.price(line.service, wanted)
        elif quantity == line.quantity:
            return OK
        new = Line(line.service, quantity, unit, line.minutes, line.buffer, wanted, line.key)
        lines = [new if each is line else each for each in order.lines]
        return self._settle(order, lines, drop_coupon)

    def remove_line(self, order: Order, line: Line, *, drop_coupon: bool) -> Codes:
        if order.status != "PENDING" or len(order.lines) == 1:
            return ["INVALID_TRANSITION"]
        return self._settle(order, [each for each in order.lines if each is not line], drop_coupon)

    def _settle(self, order: Order, lines: list[Line], drop_coupon: bool) -> Codes:
        if order.coupon is not None:
            codes = self.wrong_with_coupon(order.coupon, lines, order.contact, order)
            if codes and not drop_coupon:
                return codes
            if codes:
                self._give_back(order)
                order.coupon, order.discount = None, Decimal("0.00")
            else:
                order.discount = off(order.coupon, lines)
                (use,) = [use for use in order.coupon.live() if use.order is order]
                use.person, use.amount = person_of(order.contact), order.discount
        order.lines = lines
        return OK

    def _give_back(self, order: Order) -> None:
        for use in order.coupon.uses if order.coupon else ():
            use.live = use.live and use.order is not order

    def confirm(self, order: Order, *, outside_hours: bool) -> Codes:
        if order.status != "PENDING":
            return ["INVALID_TRANSITION"]
        if order.start <= self.now:
            return ["IN_THE_PAST"]
        plan = self._plan(order, order.lines, [], outside_hours)
        if plan is None:
            return self._stuck(order, outside_hours) or ["NO_STAFF_AVAILABLE"]
        for line, person, start, _ in plan:
            minutes = line.minutes * line.quantity
            line.visit = Visit(0, line.service, person, start, minutes, line.buffer, order, order.customer)
        order.status, order.was_confirmed = "CONFIRMED", True
        return OK

    def _tries(
        self, order: Order, line: Line, planned: "Plan", *, outside_hours: bool
    ) -> Iterable[tuple[str | None, "Planned"]]:
        """Everybody in turn for one line, after what the person does in this order already; and why not."""
        given = [(person, start, end) for _, person, start, end in planned]
        for person in [line.wish] if line.wish else self.in_turn(order.start, given):
            start = max([end for _, who, _, end in planned if who is person], default=order.start)
            minutes = line.minutes * line.quantity
            end = start + timedelta(minutes=minutes + line.buffer)
            against = self.why_not(person, line.service, start, minutes, line.buffer, outside_hours=outside_hours)
            yield against, (line, person, start, end)

    def _plan(self, order: Order, lines: Sequence[Line], planned: "Plan", outside_hours: bool) -> "Plan | None":
        """The first way to do all lines that a patient clerk finds, or None."""
        if not lines:
            return planned
        for against, visit in self._tries(order, lines[0], planned, outside_hours=outside_hours):
            if against is None:
                plan = self._plan(order, lines[1:], [*planned, visit], outside_hours)
                if plan is not None:
                    return plan
        return None

    def _stuck(self, order: Order, outside_hours: bool) -> Codes:
        """A code for each line that finds nobody where every line takes the first who can."""
        codes: Codes = []
        planned: Plan = []
        for line in order.lines:
            tries = list(self._tries(order, line, planned, outside_hours=outside_hours))
            found = [visit for against, visit in tries if against is None]
            if found:
                planned.append(found[0])
            elif line.wish is None:
                codes.append("NO_STAFF_AVAILABLE")
            else:
                codes += [against for against, _ in tries if against is not None]
        return codes

    def assign(self, order: Order, line: Line, person: Person, *, outside_hours: bool) -> Codes:
        if order.status == "PENDING":
            if person not in self.offering(line.service):
                return ["STAFF_NOT_QUALIFIED"]
            line.wish = person
            return OK
        visit = line.visit
        if visit is None or order.status not in ("CONFIRMED", "IN_PROGRESS"):
            return ["INVALID_TRANSITION"]
        if visit.person is person:
            return OK
        if visit.status not in ("PENDING", "CONFIRMED"):
            return ["INVALID_TRANSITION"]
        against = self.why_not(
            person, visit.service, visit.start, visit.minutes, visit.buffer, outside_hours=outside_hours
        )
        if against is not None:
            return [against]
        visit.person = person
        return OK

    def cancel(self, order: Order, *, by_office: bool) -> Codes:
        if order.status not in ("PENDING", "CONFIRMED", "IN_PROGRESS"):
            return ["INVALID_TRANSITION"]
        if not by_office and order.status != "PENDING" and self.now > order.deadline:
            return ["TOO_LATE"]
        self._end(order, "CANCELLED")
        return OK

    def complete(self, order: Order) -> Codes:
        if order.status not in ("CONFIRMED", "IN_PROGRESS"):
            return ["INVALID_TRANSITION"]
        self._end(order, "COMPLETED")
        return OK

    def _end(self, order: Order, status: str) -> None:
        for visit in order.visits:
            if visit.is_open:
                visit.status = status
        if status == "CANCELLED" and not order.was_confirmed:
            self._give_back(order)
        order.status, order.asked = status, None

    def catch_up(self) -> None:
        """Orders are what their visits make them, once somebody looks."""
        for order in self.unheard:
            states = [visit.status for visit in order.visits]
            if order.status not in ("CONFIRMED", "IN_PROGRESS"):
                continue
            if not any(state in OPEN for state in states):
                self._end(order, "COMPLETED" if "COMPLETED" in states else "CANCELLED")
            elif "COMPLETED" in states or "IN_PROGRESS" in states:
                order.status = "IN_PROGRESS"
        self.unheard.clear()

    def ask(self, order: Order, start: datetime, *, by_office: bool) -> Codes:
        if order.status not in ("PENDING", "CONFIRMED"):
            return ["INVALID_TRANSITION"]
        if not by_office and order.status == "CONFIRMED" and self.now > order.deadline:
            return ["TOO_LATE"]
        if order.asked is not None:
            return ["ALREADY_EXISTS"]
        codes = self.time_of_order(start) + (["INVALID_INPUT"] if start == order.start else OK)
        if not codes:
            order.asked = start
        return codes

    def withdraw(self, order: Order) -> Codes:
        if order.asked is None:
            return ["NOT_FOUND"]
        order.asked = None
        return OK

    def reject(self, order: Order) -> Codes:
        if order.asked is None:
            return ["INVALID_TRANSITION"]
        order.asked = None
        return OK

    def approve(self, order: Order, *, outside_hours: bool) -> Codes:
        """All visits that are not over move as far as the order does; or none."""
        if order.asked is None or order.status not in ("PENDING", "CONFIRMED"):
            return ["INVALID_TRANSITION"]
        if order.asked <= self.now:
            return ["IN_THE_PAST"]
        moving = [visit for visit in order.visits if visit.is_open]
        shift = order.asked - order.start
        if any(visit.status == "IN_PROGRESS" for visit in moving):
            return ["INVALID_TRANSITION"]
        if not outside_hours and not all(each.person.works(each.start + shift, each.end + shift) for each in moving):
            return ["NOT_WORKING"]
        for each in moving:
            if self.in_the_way(each.person, each.start + shift, each.busy_until + shift, without=moving):
                return ["SLOT_TAKEN"]
        for each in moving:
            each.start += shift
        order.start, order.asked = order.asked, None
        return OK
