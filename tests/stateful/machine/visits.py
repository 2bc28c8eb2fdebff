"""Visits by themselves, holds, absences, and people."""

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    consumes,
    multiple,
    precondition,
    rule,
)

from backend.core.viewer import NOBODY
from backend.customers.actions import merge_customers
from backend.customers.rules import Contact
from backend.orders import actions as orders_actions
from backend.scheduling import actions as scheduling
from backend.staff.actions import StaffChanges, deactivate_staff_member, update_staff_member
from tests.stateful.machine.doing import (
    ADDRESS,
    Doing,
    absences,
    flags,
    holds,
    maybe_somebody,
    numbers,
    services,
    somebody,
    starts,
)
from tests.stateful.model import (
    OK,
    Absence,
    Hold,
    Service,
    Visit,
)


class Visits(Doing):
    """What becomes of somebody's time, and of customers."""

    @precondition(lambda self: bool(self.model.visits))
    @rule(nth=numbers, step=st.sampled_from(["IN_PROGRESS", "COMPLETED", "NO_SHOW"]))
    def visit_goes_on(self, nth: int, step: str) -> None:
        visit = self.a_visit(nth)
        steps: dict[str, Callable[..., Any]] = {
            "IN_PROGRESS": scheduling.start_appointment,
            "COMPLETED": scheduling.complete_appointment,
            "NO_SHOW": scheduling.mark_no_show,
        }
        _, codes = self.attempt(steps[step], viewer=self.admin, appointment_id=visit.key, now=self.model.now)
        assert codes == self.model.progress(visit, step)

    def party(self, visit: Visit, by_office: bool) -> dict[str, Any] | None:
        """As whom somebody deals with a visit; None where its owner can't name it (a guest's, of an order)."""
        if by_office:
            return {"viewer": self.admin, "appointment_id": visit.key}
        if visit.customer is not None and visit.customer.account:
            return {"viewer": self.account(visit.customer.account), "appointment_id": visit.key}
        return {"viewer": NOBODY, "tracking_token": visit.token} if visit.token else None

    @precondition(lambda self: bool(self.model.visits))
    @rule(nth=numbers, by_office=flags)
    def visit_is_called_off(self, nth: int, by_office: bool) -> None:
        visit = self.a_visit(nth)
        who = self.party(visit, by_office)
        if who is None:
            return
        _, codes = self.attempt(
            scheduling.cancel_appointment, **who, reason="It rains.", address=self.address(), now=self.model.now
        )
        assert codes == self.model.call_off(visit, by_office=by_office)

    @rule(
        service=services,
        start=starts,
        who=maybe_somebody,
        whom=st.sampled_from(["guest", "ada@example.com", "office"]),
    )
    def visit_is_booked(self, service: Service, start: tuple[int, time], who: int | None, whom: str) -> None:
        at, person, by_office = self.at(start), self.person(who), whom == "office"
        viewer = self.admin if by_office else self.account(whom) if "@" in whom else NOBODY
        guest = None if viewer.customer_id else Contact(name="Cleo Low", email="cleo@example.com")
        request = scheduling.BookingRequest(
            service_id=service.key,
            start=at,
            staff_id=person.key if person else None,
            guest=guest,
            address=ADDRESS,
        )
        row, codes = self.attempt(scheduling.book_appointment, viewer=viewer, request=request, now=self.model.now)
        customer = self.model.customers.get(viewer.customer_id or 0)
        visit = Visit(row.pk if row else 0, service, person, at, service.minutes, service.buffer, None, customer)
        assert codes == sorted(self.model.book(visit, person, by_office=by_office))
        if not codes:
            visit.token = row.booking.tracking_token

    @precondition(lambda self: bool(self.model.visits))
    @rule(nth=numbers, start=starts, who=maybe_somebody, by_office=flags)
    def visit_is_moved(self, nth: int, start: tuple[int, time], who: int | None, by_office: bool) -> None:
        visit = self.a_visit(nth)
        party = self.party(visit, by_office)
        if party is None:
            return
        at, person = self.at(start), self.person(who)
        viewer = party.pop("viewer")
        request = scheduling.RescheduleRequest(
            **party, start=at, staff_id=person.key if person else None, reason="They asked."
        )
        _, codes = self.attempt(
            scheduling.reschedule_appointment,
            viewer=viewer,
            request=request,
            address=self.address(),
            now=self.model.now,
        )
        assert codes == self.model.reschedule(visit, at, person, by_office=by_office)

    @rule(target=holds, service=services, start=starts, who=maybe_somebody)
    def time_is_held(self, service: Service, start: tuple[int, time], who: int | None) -> Any:
        at, person = self.at(start), self.person(who)
        request = scheduling.SlotRequest(
            service_id=service.key, staff_id=person.key if person else None, start=at, postcode="SW1A 2AA"
        )
        given: dict[str, Any] = {"request": request, "address": self.address(), "now": self.model.now}
        found, codes = self.attempt(scheduling.hold_slot, viewer=NOBODY, **given)
        token = found.token if found else ""
        hold = Hold(token, service, person, at, service.minutes, service.buffer, self.model.now)
        assert codes == self.model.hold(hold, person)
        return multiple() if codes else hold

    @rule(hold=consumes(holds))
    def hold_is_released(self, hold: Hold) -> None:
        found, codes = self.attempt(scheduling.release_slot, token=hold.token, now=self.model.now)
        assert (found, codes) == (self.model.release(hold), OK)

    @rule(target=absences, who=somebody, start=starts, hours=st.sampled_from([2, 8]), reassign=flags)
    def somebody_is_away(self, who: int, start: tuple[int, time], hours: int, reassign: bool) -> Any:
        person, at = self.person(who), self.at(start)
        end = at + timedelta(hours=hours)
        given: dict[str, Any] = {"staff_id": person.key, "start": at, "end": end, "reassign": reassign}
        row, codes = self.attempt(scheduling.add_time_off, viewer=self.admin, now=self.model.now, **given)
        absence = Absence(row.pk if row else 0, person, at, end)
        assert sorted(set(codes)) == self.model.add_absence(absence, reassign=reassign)
        return multiple() if codes else absence

    @rule(absence=consumes(absences))
    def somebody_is_back(self, absence: Absence) -> None:
        _, codes = self.attempt(
            scheduling.remove_time_off, viewer=self.admin, time_off_id=absence.key, now=self.model.now
        )
        assert codes == self.model.remove_absence(absence)

    @precondition(lambda self: all(person.active for person in self.model.people.values()))
    @rule(who=somebody, reassign=flags)
    def somebody_leaves(self, who: int, reassign: bool) -> None:
        person = self.person(who)
        given: dict[str, Any] = {"staff_id": person.key, "reassign": reassign}
        _, codes = self.attempt(deactivate_staff_member, viewer=self.admin, now=self.model.now, **given)
        assert sorted(set(codes)) == self.model.leave(person, reassign=reassign)

    @precondition(lambda self: not all(person.active for person in self.model.people.values()))
    @rule(who=somebody)
    def somebody_comes_again(self, who: int) -> None:
        person = self.person(who)
        given: dict[str, Any] = {"staff_id": person.key, "changes": StaffChanges(is_active=True)}
        _, codes = self.attempt(update_staff_member, viewer=self.admin, now=self.model.now, **given)
        person.active = True
        assert codes == OK

    @rule(into=somebody, merged=somebody)
    def customers_are_merged(self, into: int, merged: int) -> None:
        rows = [self.model.customers[self.ground.customers[each]] for each in (into, merged)]
        given: dict[str, Any] = {"customer_id": rows[0].key, "merged_id": rows[1].key}
        _, codes = self.attempt(merge_customers, viewer=self.admin, now=self.model.now, **given)
        assert codes == self.model.merge(*rows)

    @precondition(lambda self: bool(self.model.orders))
    @rule(nth=numbers, email=st.sampled_from(["ada@example.com"] * 3 + ["bea@example.com"]))
    def order_finds_its_customer(self, nth: int, email: str) -> None:
        order = self.an_order(nth)
        viewer = self.account(email)
        given: dict[str, Any] = {"tracking_token": order.token, "address": self.address(), "now": self.model.now}
        _, codes = self.attempt(orders_actions.link_guest_order, viewer=viewer, **given)
        assert codes == self.model.link(order, self.model.customers[viewer.customer_id or 0])
