"""The search for bookable times: day by day, from an instant on, and with its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from backend.core.business import business
from backend.core.errors import InvalidInput, NotFound, OutOfRange
from backend.core.viewer import Viewer
from backend.geography.queries import locate
from backend.geography.rules import Place
from backend.scheduling.models import Claim
from backend.scheduling.queries import MAX_DAYS, booking_window, need_for, workloads_on
from backend.scheduling.rules import (
    AvailabilityDay,
    Candidate,
    ClaimKind,
    Day,
    ExplainedDay,
    Need,
    Slot,
    Workload,
    days_between,
    explain_slots,
    find_slots,
    in_general,
)
from backend.staff.queries import sees_all_of

MAX_EXPLAINED = 60_000
"""The most answers, days × times × people, that one explanation gives: about half a second."""

MAX_NEXT = 20
"""The most slots that one asks for from an instant on."""

_FIRST_STRETCH, _STRETCH = 14, 62
"""Days that are searched at once from an instant on: most find enough in the first fortnight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody looks for a time for. With `staff_id`, with that member of staff alone."""

    service_id: int
    postcode: str
    extra_ids: Sequence[int] = ()
    staff_id: int | None = None


@dataclass(frozen=True, slots=True)
class Blocker:
    """What takes somebody's time. Instants are in UTC; at most one of the ids is set."""

    kind: ClaimKind
    start: datetime
    end: datetime
    appointment_id: int | None
    time_off_id: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The days as `availability` has them, what was in the way, and the claims that are named in it, by id."""

    days: Sequence[AvailabilityDay]
    explained: Sequence[ExplainedDay]
    blockers: dict[int, Blocker]


def availability(*, viewer: Viewer, wish: Wish, first: date, last: date, now: datetime) -> list[AvailabilityDay]:
    """Bookable times of a service at a postcode, for each date from `first` to `last`, both included.

    The dates are of the business's zone. Five statements, however many people and days, and one more where anybody has
    a daily limit. Refuses what is unknown, can't be booked, or is longer than MAX_DAYS; the dates' fields are called
    `from` and `to`, as in the API.
    """
    days, people, need = _facts(viewer, wish, first, last, now)
    return _find(days, people, need, now)


def explained_availability(*, viewer: Viewer, wish: Wish, first: date, last: date, now: datetime) -> Explanation:
    """As `availability`, with the reasons against every time of the grid, from the same facts.

    Who is meant, and the claims in the way, are told of those whose days the viewer sees; of others a reason is told
    once, in general. One statement more than `availability`, where claims are named. Refuses as it does, and
    OutOfRange, under `to`, for more answers than MAX_EXPLAINED.
    """
    days, people, need = _facts(viewer, wish, first, last, now)
    answers = len(days) * (24 * 60 // business().slot_grid_minutes) * max(1, len(people))
    if answers > MAX_EXPLAINED:
        raise OutOfRange("This is too much to explain at once: ask for fewer days or one person.", ("to",))
    explained = explain_slots(days, people, need, window=booking_window(now), grid_minutes=business().slot_grid_minutes)
    shown = [replace(day, candidates=[_as_seen_by(viewer, each) for each in day.candidates]) for day in explained]
    named = {
        claim.claim_id
        for day in shown
        for candidate in day.candidates
        for obstacle in candidate.obstacles
        for claim in obstacle.blockers
    }
    return Explanation(_find(days, people, need, now), shown, _blockers(named))


def next_available(*, viewer: Viewer, wish: Wish, after: datetime, count: int, now: datetime) -> list[Slot]:
    """The first `count` slots that begin at `after` or later, by start and then staff id; fewer where the horizon ends.

    Searches a fortnight, then two months at a time up to the horizon: five statements, and two for each further
    stretch. OutOfRange for a count beyond MAX_NEXT. Refuses as `availability` does.
    """
    if not 1 <= count <= MAX_NEXT:
        raise OutOfRange(f"Ask for 1 to {MAX_NEXT} times.", ("count",))
    need, place = need_for(viewer, wish.service_id, wish.extra_ids), locate(wish.postcode, field=("postcode",))
    window = booking_window(now)
    zone = business().zone
    latest = datetime.fromtimestamp(window.latest, UTC)
    first, last = (min(max(after, now), latest).astimezone(zone).date(), latest.astimezone(zone).date())
    found: list[Slot] = []
    stretch = _FIRST_STRETCH
    while len(found) < count and first <= last:
        end = min(last, first + timedelta(days=stretch - 1))
        days = days_between(first, end, zone)
        people = _people(days, wish, place, now)
        slots = (slot for day in _find(days, people, need, now) for slot in day.slots if slot.start >= after)
        found += slots
        first, stretch = end + timedelta(days=1), _STRETCH
    return found[:count]


def _facts(
    viewer: Viewer, wish: Wish, first: date, last: date, now: datetime
) -> tuple[list[Day], list[Workload], Need]:
    """All that the search decides by."""
    require_searchable(first, last, now)
    need = need_for(viewer, wish.service_id, wish.extra_ids)
    place = locate(wish.postcode, field=("postcode",))
    days = days_between(first, last, business().zone)
    return days, _people(days, wish, place, now), need


def require_searchable(first: date, last: date, now: datetime, *, max_days: int = MAX_DAYS) -> None:
    """InvalidInput or OutOfRange for dates that can't be searched, under `from` and `to`."""
    if last < first:
        raise InvalidInput("The last day lies before the first.", ("to",))
    if (last - first).days >= max_days:
        raise OutOfRange(f"A search covers at most {max_days} days.", ("to",))
    if first.year < now.year - 1 or last.year > now.year + 100:
        raise OutOfRange("These dates are too far away.", ("from",))


def _people(days: Sequence[Day], wish: Wish, place: Place, now: datetime) -> list[Workload]:
    """Whoever offers the service, or the one who is named: NotFound where there is no such person."""
    named = None if wish.staff_id is None else [wish.staff_id]
    people = workloads_on(days, place=place, service_ids=[wish.service_id], staff_ids=named, now=now)
    if named and not people:
        raise NotFound("There is no such member of staff.", ("staff_id",))
    return people


def _find(days: Sequence[Day], people: Sequence[Workload], need: Need, now: datetime) -> list[AvailabilityDay]:
    return find_slots(days, people, need, window=booking_window(now), grid_minutes=business().slot_grid_minutes)


def _as_seen_by(viewer: Viewer, candidate: Candidate) -> Candidate:
    """Obstacles of those whose days the viewer sees as they are, those of all others in general."""
    seen = [each for each in candidate.obstacles if each.staff_id is not None and sees_all_of(viewer, each.staff_id)]
    others = [each for each in candidate.obstacles if each not in seen]
    return replace(candidate, obstacles=[*seen, *in_general(others)])


def _blockers(claim_ids: set[int]) -> dict[int, Blocker]:
    """One statement, none for no claims."""
    if not claim_ids:
        return {}
    return {
        claim.pk: Blocker(
            kind=ClaimKind(claim.kind),
            start=claim.period.lower,
            end=claim.period.upper,
            appointment_id=claim.appointment_id,
            time_off_id=claim.time_off_id,
        )
        for claim in Claim.objects.filter(pk__in=claim_ids)
    }
