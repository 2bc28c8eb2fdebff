"""Bookable times: day by day, from an instant on, for a whole cart, and why a time is not offered."""

from collections.abc import Sequence
from datetime import date as Date  # a field is called `date`
from datetime import datetime
from datetime import time as Time  # and another `time`
from typing import Annotated

import strawberry
from strawberry_django.optimizer import optimizer

from backend.core.business import business
from backend.scheduling.queries import searching
from backend.scheduling.queries.searching import Blocker, Wish
from backend.scheduling.rules import Candidate, ClaimKind, DayReason, Obstacle, Slot, SlotReason
from backend.staff.models import Staff as StaffModel
from backend.staff.queries import staff_rows
from schema.context import Info
from schema.enums import declare
from schema.ids import decode_id, decode_optional_id, encode_id
from schema.money import Money, money
from schema.staff import Staff

declare(
    DayReason,
    name="DayReason",
    description="Why a day has no bookable time.",
    values={
        DayReason.NO_STAFF_FOR_SERVICE: "Nobody offers the service.",
        DayReason.OUT_OF_AREA: "Nobody who offers it serves the postcode.",
        DayReason.NOT_WORKING: "Nobody of them works that day, or not long enough.",
        DayReason.TIME_OFF: "All who work that day are absent.",
        DayReason.FULLY_BOOKED: "What is left of their day is too short.",
        DayReason.TOO_SOON: "The day is over before the notice that the business needs.",
        DayReason.BEYOND_HORIZON: "The day is later than the business takes bookings.",
    },
)
declare(
    SlotReason,
    name="SlotReason",
    description="Why a time is not offered.",
    values={
        SlotReason.NO_STAFF_FOR_SERVICE: "Nobody offers the service.",
        SlotReason.OUT_OF_AREA: "Nobody who offers it serves the postcode.",
        SlotReason.NOT_WORKING: "It lies outside of the hours.",
        SlotReason.TOO_SOON: "It is earlier than the notice that the business needs.",
        SlotReason.BEYOND_HORIZON: "It is later than the business takes bookings.",
        SlotReason.TIME_OFF: "An absence.",
        SlotReason.BOOKED: "Another visit, or the pause after it.",
        SlotReason.HELD: "A time that is held for somebody.",
        SlotReason.TRAVEL_TIME: "The way from, or to, another visit.",
        SlotReason.DAILY_LIMIT: "As many visits that day as the person takes.",
        SlotReason.FULLY_BOOKED: "The person's time is taken; the viewer may not know by what.",
    },
)
declare(
    ClaimKind,
    name="ClaimKind",
    description="What somebody's time is taken for.",
    values={
        ClaimKind.APPOINTMENT: "A visit, and the pause after it.",
        ClaimKind.TIME_OFF: "An absence.",
        ClaimKind.HOLD: "A time held for somebody who is still filling in a form, or whose order waits.",
    },
)


class People:
    """The staff of one answer, fetched in one statement when the first is asked for."""

    def __init__(self, staff_ids: set[int]) -> None:
        self._staff_ids = staff_ids
        self._rows: dict[int, StaffModel] | None = None

    def get(self, staff_id: int, info: Info) -> StaffModel:
        if self._rows is None:
            rows = staff_rows(self._staff_ids)
            extension = optimizer.get()
            if extension is not None:
                rows = extension.optimize(rows, info=info)
            self._rows = {row.pk: row for row in rows}
        return self._rows[staff_id]


@strawberry.type(description="A time that can be booked.")
class AvailabilitySlot:
    slot: strawberry.Private[Slot]
    people: strawberry.Private[People]

    @strawberry.field(description="Start, in UTC.")
    def start(self) -> datetime:
        return self.slot.start

    @strawberry.field(description="End of the work, in UTC; a pause may follow it.")
    def end(self) -> datetime:
        return self.slot.end

    @strawberry.field(description="Date of the start in the business's time zone: the `scheduledDate` of an order.")
    def date(self) -> Date:
        return self.slot.start.astimezone(business().zone).date()

    @strawberry.field(description="Start on the business's wall clock: the `scheduledTime` of an order.")
    def time(self) -> Time:
        return self.slot.start.astimezone(business().zone).time()

    @strawberry.field(description="Who would come.")
    def staff(self, info: Info) -> Staff:
        return self.people.get(self.slot.staff_id, info)  # type: ignore[return-value]

    @strawberry.field(description="What it costs when this member of staff comes, extras included.")
    def price(self) -> Money:
        return money(self.slot.price)


@strawberry.type(description="What takes somebody's time.")
class SlotBlocker:
    blocker: strawberry.Private[Blocker]

    @strawberry.field(description="A visit, an absence, or a hold.")
    def kind(self) -> ClaimKind:
        return self.blocker.kind

    @strawberry.field(description="First instant taken, in UTC.")
    def start(self) -> datetime:
        return self.blocker.start

    @strawberry.field(description="First instant free again, in UTC; the pause after a visit counts as taken.")
    def end(self) -> datetime:
        return self.blocker.end

    @strawberry.field(description="The visit, if it is one.")
    def appointment_id(self) -> strawberry.ID | None:
        visit = self.blocker.appointment_id
        return None if visit is None else encode_id("Appointment", visit)

    @strawberry.field(description="The absence, if it is one.")
    def time_off_id(self) -> strawberry.ID | None:
        absence = self.blocker.time_off_id
        return None if absence is None else encode_id("TimeOff", absence)


@strawberry.type(description="One reason why a time is not offered.")
class SlotObstacle:
    obstacle: strawberry.Private[Obstacle]
    people: strawberry.Private[People]
    claims: strawberry.Private[dict[int, Blocker]]

    @strawberry.field(description="The reason.")
    def reason(self) -> SlotReason:
        return self.obstacle.reason

    @strawberry.field(description="Whom it is about: for the person and whoever manages it; null for others.")
    def staff(self, info: Info) -> Staff | None:
        staff_id = self.obstacle.staff_id
        return None if staff_id is None else self.people.get(staff_id, info)  # type: ignore[return-value]

    @strawberry.field(
        description="What takes the time, where that is the reason: without all of them it would not stand. For the "
        "person and whoever manages it; empty for others."
    )
    def blockers(self) -> list[SlotBlocker]:
        named = (self.claims.get(claim.claim_id) for claim in self.obstacle.blockers)
        return [SlotBlocker(blocker=each) for each in named if each is not None]


@strawberry.type(description="A time of the business's grid.")
class SlotCandidate:
    candidate: strawberry.Private[Candidate]
    people: strawberry.Private[People]
    claims: strawberry.Private[dict[int, Blocker]]

    @strawberry.field(description="Start, in UTC.")
    def start(self) -> datetime:
        return self.candidate.start

    @strawberry.field(description="Why nobody is offered then; empty exactly where somebody is.")
    def reasons(self) -> list[SlotObstacle]:
        return [
            SlotObstacle(obstacle=each, people=self.people, claims=self.claims) for each in self.candidate.obstacles
        ]


@strawberry.type(description="The bookable times of a date in the business's time zone.")
class AvailabilityDay:
    found: strawberry.Private[Sequence[Slot]]
    people: strawberry.Private[People]
    date: Date = strawberry.field(description="The date.")
    reason: DayReason | None = strawberry.field(description="Why there is no slot; null where there is one.")
    candidates: list[SlotCandidate] | None = strawberry.field(
        default=None, description="With `explain`: every time of the grid, and why it is not offered. Else null."
    )

    @strawberry.field(description="What can be booked, by start.")
    def slots(self) -> list[AvailabilitySlot]:
        return [AvailabilitySlot(slot=slot, people=self.people) for slot in self.found]


_Service = Annotated[strawberry.ID, strawberry.argument(description="What is to be done.")]
_Postcode = Annotated[str, strawberry.argument(description="Where, as a whole postcode or an outward code.")]
_First = Annotated[Date, strawberry.argument(name="from", description="First date.")]
_Last = Annotated[Date, strawberry.argument(name="to", description="Last date, included.")]
_Extras = Annotated[
    list[strawberry.ID] | None, strawberry.argument(description="Extras of the service; they take time, too.")
]
_Person = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only this member of staff; by default anyone.")
]


@strawberry.type
class AvailabilityQuery:
    @strawberry.field(description="Bookable times, day by day. A day without any says why. At most 62 days. Public.")
    def availability(
        self,
        info: Info,
        service_id: _Service,
        postcode: _Postcode,
        first: _First,
        last: _Last,
        extra_ids: _Extras = None,
        staff_id: _Person = None,
        explain: Annotated[
            bool | None, strawberry.argument(description="Also say of every time of the grid why it is not offered.")
        ] = None,
    ) -> list[AvailabilityDay]:
        wish = _wish(service_id, postcode, extra_ids, staff_id)
        viewer, now = info.context.viewer, info.context.now
        if explain:
            found = searching.explained_availability(viewer=viewer, wish=wish, first=first, last=last, now=now)
            return _explained(found)
        days = searching.availability(viewer=viewer, wish=wish, first=first, last=last, now=now)
        people = People({slot.staff_id for day in days for slot in day.slots})
        return [AvailabilityDay(found=day.slots, people=people, date=day.date, reason=day.reason) for day in days]

    @strawberry.field(description="The first bookable times from an instant on, up to the business's horizon. Public.")
    def next_available(
        self,
        info: Info,
        service_id: _Service,
        postcode: _Postcode,
        after: Annotated[
            datetime | None, strawberry.argument(description="First instant that will do; by default the present.")
        ] = None,
        count: Annotated[int, strawberry.argument(description="How many, 1 to 20.")] = 5,
        extra_ids: _Extras = None,
        staff_id: _Person = None,
    ) -> list[AvailabilitySlot]:
        slots = searching.next_available(
            viewer=info.context.viewer,
            wish=_wish(service_id, postcode, extra_ids, staff_id),
            after=after or info.context.now,
            count=count,
            now=info.context.now,
        )
        people = People({slot.staff_id for slot in slots})
        return [AvailabilitySlot(slot=slot, people=people) for slot in slots]


def _wish(
    service_id: strawberry.ID, postcode: str, extra_ids: list[strawberry.ID] | None, staff_id: strawberry.ID | None
) -> Wish:
    return Wish(
        service_id=decode_id(service_id, "Service", ("service_id",)),
        postcode=postcode,
        extra_ids=[
            decode_id(extra_id, "ServiceExtra", ("extra_ids", position))
            for position, extra_id in enumerate(extra_ids or [])
        ],
        staff_id=decode_optional_id(staff_id, "Staff", ("staff_id",)),
    )


def _explained(found: searching.Explanation) -> list[AvailabilityDay]:
    people = People(
        {slot.staff_id for day in found.days for slot in day.slots}
        | {
            each.staff_id
            for day in found.explained
            for candidate in day.candidates
            for each in candidate.obstacles
            if each.staff_id is not None
        }
    )
    return [
        AvailabilityDay(
            found=day.slots,
            people=people,
            date=day.date,
            reason=day.reason,
            candidates=[
                SlotCandidate(candidate=each, people=people, claims=found.blockers) for each in explained.candidates
            ],
        )
        for day, explained in zip(found.days, found.explained, strict=True)
    ]
