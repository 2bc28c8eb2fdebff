"""Plans: made, paused and resumed, and single visits of them left out, moved, done and placed by hand."""

from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from backend.core.transactions import use_case
from backend.core.viewer import NOBODY, Viewer
from backend.customers.rules import Contact
from backend.events.models import Event
from backend.subscriptions import actions
from backend.subscriptions.models import SubscriptionAppointment
from backend.subscriptions.queries import PlanRequest
from backend.subscriptions.rules import Frequency
from tests import factories
from tests.factories.events import happened
from tests.stateful.machine.doing import (
    ADDRESS,
    CLOCKS,
    GUESTS,
    Doing,
    coupons,
    flags,
    maybe_somebody,
    numbers,
    pick,
    services,
    starts,
)
from tests.stateful.model import OK, Coupon, Due, Series, Service
from workers.routing import ROUTES

LONG = 1_000_000
"""More plans than there are: what a job does at most."""

clocks = st.sampled_from(CLOCKS)
ahead = st.integers(0, 9)
"""Days."""

some_plan = precondition(lambda self: bool(self.model.plans))
some_visit = precondition(lambda self: any(series.dues for series in self.model.plans.values()))
some_wish = precondition(lambda self: any(due.asked_key for each in self.model.plans.values() for due in each.dues))


class Plans(Doing):
    """What becomes of plans. Visits are named by the customer through the plan's token, or by their ids."""

    @initialize(clock=clocks, who=maybe_somebody)
    def first_plans(self, clock: time, who: int | None) -> None:
        """On the first morning there are two already: Ada's, and one of a guest, which rests."""
        service = self.model.services[self.ground.services[0]]
        self.plan_is_made(service, (1, clock), who, "WEEKLY", "ada@example.com", None, waits=False)
        self.plan_is_made(service, (2, time(9)), None, "BIWEEKLY", "guest", None, waits=False)
        self.plan_is_paused(1, None, by_office=True)

    def a_plan(self, nth: int) -> Series:
        """Mostly one that is not over."""
        rows = list(self.model.plans.values())
        going_on = [row for row in rows if row.status not in ("COMPLETED", "CANCELLED")]
        return pick(going_on if nth % 6 and going_on else rows, nth)

    def a_due(self, nth: int, *, unplaced: bool = False) -> tuple[Series, Due]:
        """Mostly one that is open."""
        rows = [(series, due) for series in self.model.plans.values() for due in series.dues]
        wanted = ("UNPLACED",) if unplaced else ("SCHEDULED", "UNPLACED")
        going_on = [each for each in rows if each[1].status in wanted]
        return pick(going_on if nth % 6 and going_on else rows, nth)

    def owner_of_plan(self, series: Series) -> dict[str, Any]:
        if series.customer is not None and series.customer.account:
            return {"viewer": self.account(series.customer.account), "subscription_id": series.key}
        return {"viewer": NOBODY, "tracking_token": series.token}

    def whoever(self, series: Series, by_office: bool) -> dict[str, Any]:
        if by_office:
            return {"viewer": self.admin, "subscription_id": series.key}
        return self.owner_of_plan(series)

    def whoever_of(self, series: Series, due: Due, by_office: bool) -> dict[str, Any]:
        """As `whoever`, naming one visit."""
        who = self.whoever(series, by_office)
        if "tracking_token" in who:
            return who | {"sequence": due.sequence}
        return {"viewer": who["viewer"], "visit_id": due.key}

    def learn_dues(self, series: Series) -> None:
        """The ids that the database gave to the visits of a plan."""
        rows = list(SubscriptionAppointment.objects.filter(subscription=series.key).order_by("sequence"))
        assert len(rows) == len(series.dues), f"plan {series.key} has {len(rows)} visits, not {len(series.dues)}"
        for due, row in zip(series.dues, rows, strict=True):
            due.key = row.pk
            if due.visit is not None and row.appointment_id is not None:
                due.visit.key = row.appointment_id
                self.model.visits[due.visit.key] = due.visit

    @rule(
        service=services,
        start=starts,
        who=maybe_somebody,
        frequency=st.sampled_from(["WEEKLY", "WEEKLY", "BIWEEKLY", "MONTHLY"]),
        whom=st.sampled_from(["guest", "ada@example.com", "office"]),
        coupon=st.none() | coupons,
        waits=flags,
    )
    def plan_is_made(
        self,
        service: Service,
        start: tuple[int, time],
        who: int | None,
        frequency: str,
        whom: str,
        coupon: Coupon | None,
        waits: bool,
    ) -> None:
        """For a guest, by Ada for herself, or by the office for Cid; `waits`: the business confirms its plans."""
        by_office, wish = whom == "office", self.person(who)
        viewer: Viewer = self.admin if by_office else self.account(whom) if "@" in whom else NOBODY
        customer_id = self.ground.customers[2] if by_office else viewer.customer_id
        series = Series(
            service=service,
            frequency=frequency,
            start=self.at(start).date(),
            asked_time=start[1],
            wish=wish,
            customer=self.model.customers.get(customer_id or 0),
            email="" if customer_id else GUESTS[0],
        )
        request = PlanRequest(
            service_id=service.key,
            frequency=Frequency(frequency),
            duration_months=1,
            start_date=series.start,
            preferred_time=series.asked_time,
            preferred_staff_id=wish.key if wish else None,
            guest=None if customer_id else Contact(name="Ada King", email=series.email),
            customer_id=customer_id if by_office else None,
            address=ADDRESS,
            coupon_code=coupon.code if coupon else None,
        )
        with factories.configured(plans_need_confirmation=waits):
            row, codes = self.attempt(actions.create_subscription, viewer=viewer, request=request, now=self.model.now)
        if row is not None:
            series.key, series.token = row.pk, row.tracking_token
        assert codes == self.model.make(series, coupon, by_office=by_office, waits=waits)
        if not codes:
            self.learn_dues(series)

    @some_plan
    @rule(nth=numbers)
    def plan_is_confirmed(self, nth: int) -> None:
        waiting = [series for series in self.model.plans.values() if series.status == "PENDING"]
        series = pick(waiting, nth) if waiting else self.a_plan(nth)
        given: dict[str, Any] = {"subscription_id": series.key, "now": self.model.now}
        _, codes = self.attempt(actions.confirm_subscription, viewer=self.admin, **given)
        assert codes == self.model.confirm_plan(series)
        self.learn_dues(series)

    @some_plan
    @rule(nth=numbers, days=st.none() | ahead, by_office=flags)
    def plan_is_paused(self, nth: int, days: int | None, by_office: bool) -> None:
        series = self.a_plan(nth)
        until = None if days is None else self.model.now.date() + timedelta(days=days)
        _, codes = self.attempt(
            actions.pause_subscription,
            **self.whoever(series, by_office),
            resume_on=until,
            address=self.address(),
            now=self.model.now,
        )
        assert codes == self.model.pause(series, until)

    @some_plan
    @rule(nth=numbers, days=st.none() | ahead, by_office=flags)
    def plan_is_resumed(self, nth: int, days: int | None, by_office: bool) -> None:
        resting = [series for series in self.model.plans.values() if series.status == "PAUSED"]
        series = pick(resting, nth) if resting else self.a_plan(nth)
        start = None if days is None else self.model.now.date() + timedelta(days=days)
        _, codes = self.attempt(
            actions.resume_subscription,
            **self.whoever(series, by_office),
            start_date=start,
            address=self.address(),
            now=self.model.now,
        )
        assert codes == self.model.resume(series, start)
        self.learn_dues(series)

    @some_plan
    @rule(nth=numbers, by_office=flags)
    def plan_is_cancelled(self, nth: int, by_office: bool) -> None:
        series = self.a_plan(nth)
        _, codes = self.attempt(
            actions.cancel_subscription,
            **self.whoever(series, by_office),
            reason="They move away.",
            address=self.address(),
            now=self.model.now,
        )
        assert codes == self.model.cancel_plan(series, by_office=by_office)

    @some_plan
    @rule(nth=numbers)
    def places_are_looked_for(self, nth: int) -> None:
        series = self.a_plan(nth)
        given: dict[str, Any] = {"subscription_id": series.key, "now": self.model.now}
        _, codes = self.attempt(actions.generate_visits, viewer=self.admin, **given)
        assert codes == self.model.generate(series)
        self.learn_dues(series)

    @some_plan
    @rule(nth=numbers, email=st.sampled_from(["ada@example.com"] * 3 + ["bea@example.com"]))
    def plan_finds_its_customer(self, nth: int, email: str) -> None:
        series = self.a_plan(nth)
        viewer = self.account(email)
        given: dict[str, Any] = {"tracking_token": series.token, "address": self.address(), "now": self.model.now}
        _, codes = self.attempt(actions.link_guest_subscription, viewer=viewer, **given)
        assert codes == self.model.link_plan(series, self.model.customers[viewer.customer_id or 0])

    @some_visit
    @rule(nth=numbers, by_office=flags)
    def visit_of_plan_is_skipped(self, nth: int, by_office: bool) -> None:
        series, due = self.a_due(nth)
        who = self.whoever_of(series, due, by_office)
        _, codes = self.attempt(actions.skip_visit, **who, address=self.address(), now=self.model.now)
        assert codes == self.model.skip(series, due, by_office=by_office)

    @some_visit
    @rule(nth=numbers)
    def visit_of_plan_is_done(self, nth: int) -> None:
        series, due = self.a_due(nth)
        given: dict[str, Any] = {"visit_id": due.key, "now": self.model.now}
        _, codes = self.attempt(actions.complete_visit, viewer=self.admin, **given)
        assert codes == self.model.complete_due(series, due)

    @some_visit
    @rule(nth=numbers, days=st.integers(-1, 2), clock=clocks, by_office=flags)
    def another_time_for_a_visit_is_asked_for(self, nth: int, days: int, clock: time, by_office: bool) -> None:
        series, due = self.a_due(nth)
        at = self.near(due, days, clock)
        row, codes = self.attempt(
            actions.request_visit_change,
            **self.whoever_of(series, due, by_office),
            requested_date=at.date(),
            requested_time=at.time(),
            address=self.address(),
            now=self.model.now,
        )
        assert codes == self.model.ask_due(series, due, at, by_office=by_office)
        if not codes:
            due.asked_key = row.pk

    def near(self, due: Due, days: int, clock: time) -> datetime:
        """A time about the day on which a visit is due."""
        return datetime.combine(due.day + timedelta(days=days), clock, tzinfo=self.model.now.tzinfo)

    def one_wished_for(self, which: int) -> tuple[Series, Due]:
        """A visit for which another time was asked; of those that have been decided now and then, too."""
        rows = [(each, due) for each in self.model.plans.values() for due in each.dues if due.asked_key is not None]
        waiting = [each for each in rows if each[1].asked is not None]
        return pick(waiting if which % 6 and waiting else rows, which)

    @some_wish
    @rule(which=numbers)
    def wish_for_a_visit_is_taken_back(self, which: int) -> None:
        series, due = self.one_wished_for(which)
        who = self.whoever_of(series, due, by_office=False)
        _, codes = self.attempt(actions.withdraw_visit_change, **who, address=self.address(), now=self.model.now)
        assert codes == self.model.withdraw_due(due)

    @some_wish
    @rule(which=numbers, approves=st.sampled_from([True, True, False]), outside_hours=flags)
    def wish_for_a_visit_is_decided(self, which: int, approves: bool, outside_hours: bool) -> None:
        series, due = self.one_wished_for(which)
        given: dict[str, Any] = {"viewer": self.admin, "change_id": due.asked_key or 0, "now": self.model.now}
        if approves:
            _, codes = self.attempt(actions.approve_visit_change, **given, outside_hours=outside_hours)
            assert codes == self.model.approve_due(series, due, outside_hours=outside_hours)
            self.learn_dues(series)
        else:
            _, codes = self.attempt(actions.reject_visit_change, **given)
            assert codes == self.model.reject_due(due)

    @some_visit
    @rule(nth=numbers, days=st.integers(0, 2), clock=clocks, who=maybe_somebody, outside_hours=flags)
    def visit_is_placed_by_hand(self, nth: int, days: int, clock: time, who: int | None, outside_hours: bool) -> None:
        series, due = self.a_due(nth, unplaced=True)
        at, person = self.near(due, days, clock), self.person(who)
        given: dict[str, Any] = {"visit_id": due.key, "start": at, "staff_id": person.key if person else None}
        _, codes = self.attempt(
            actions.place_visit, viewer=self.admin, **given, outside_hours=outside_hours, now=self.model.now
        )
        assert codes == self.model.place_by_hand(series, due, at, person, outside_hours=outside_hours)
        self.learn_dues(series)

    @some_visit
    @rule(nth=numbers, clock=st.none() | clocks, who=maybe_somebody, later=flags, outside_hours=flags)
    def visits_get_another_time_or_person(
        self, nth: int, clock: time | None, who: int | None, later: bool, outside_hours: bool
    ) -> None:
        series, due = self.a_due(nth)
        person = self.person(who)
        clock = CLOCKS[nth % len(CLOCKS)] if person is None else clock
        _, codes = self.attempt(
            actions.change_visits,
            viewer=self.admin,
            visit_id=due.key,
            scope=actions.Scope.THIS_AND_LATER if later else actions.Scope.THIS_ONE,
            at=clock,
            staff_id=person.key if person else None,
            outside_hours=outside_hours,
            now=self.model.now,
        )
        expected = self.model.change_dues(series, due, clock, person, later=later, outside_hours=outside_hours)
        assert codes == expected

    @rule(days=st.sampled_from([1, 4, 9]))
    def days_pass(self, days: int) -> None:
        self.model.advance(timedelta(days=days))

    @some_plan
    @rule()
    def jobs_look_after_plans(self) -> None:
        """They tell which plans are due; the workers come to them when they catch up."""
        given: dict[str, Any] = {"limit": LONG, "now": self.model.now}
        told, _ = self.attempt(use_case(actions.tell_plans_to_resume), **given)
        assert told == len(self.model.resting())
        told, _ = self.attempt(use_case(actions.tell_plans_to_place), **given)
        assert told == len(self.model.waiting_for(self.model.now.date(), date.max))

    def plans_hear(self, event: Event) -> None:
        handlers, now = ROUTES.get(event.kind, ()), self.model.now
        if "subscriptions.follow_appointment" in handlers:
            self.attempt(use_case(actions.follow_appointment), event=happened(event), now=now)
            visit = self.model.visits.get(event.appointment_id or 0)
            if visit is not None:
                self.model.follow(visit)
        if "subscriptions.offer_freed_time" in handlers:
            self.freed_time_is_offered(event)
        if "subscriptions.resume_if_due" in handlers or "subscriptions.place_if_possible" in handlers:
            self.plan_is_due(event)

    def freed_time_is_offered(self, event: Event) -> None:
        before = event.data.get("previous") or event.data
        first, last = (datetime.fromisoformat(before[key]).date() for key in ("start", "end"))
        given: dict[str, Any] = {"first": first, "last": last, "now": self.model.now}
        told, _ = self.attempt(use_case(actions.offer_freed_time), **given)
        assert told == len(self.model.waiting_for(first, last))

    def plan_is_due(self, event: Event) -> None:
        series = self.model.plans[event.data["subscription_id"]]
        given: dict[str, Any] = {"subscription_id": series.key, "now": self.model.now}
        if event.kind == "subscription.resume_due":
            _, codes = self.attempt(use_case(actions.resume_if_due), **given)
            if series in self.model.resting():
                self.model.resume(series, None)
        else:
            _, codes = self.attempt(use_case(actions.place_if_possible), **given)
            self.model.generate(series)
        assert codes == OK
        self.learn_dues(series)

    @invariant()
    def nothing_that_is_owed_is_lost(self) -> None:
        """An active plan has a visit for each that was bought; what a pause took away is owed, and nothing else."""
        rows = SubscriptionAppointment.objects.values_list(
            "subscription__status", "subscription_id", "subscription__total_appointments", "status"
        )
        kept: dict[tuple[str, int, int], list[str]] = {}
        for status, key, total, visit in rows:
            kept.setdefault((status, key, total), []).append(visit)
        for (status, key, total), visits in kept.items():
            owed = total - sum(each != "CANCELLED" for each in visits)
            assert owed >= 0, f"plan {key} has more visits than were bought"
            assert not (owed and status in ("ACTIVE", "COMPLETED")), f"plan {key} is {status} and owes {owed} visits"
