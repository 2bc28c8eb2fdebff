"""Absences: staff keeps what is said about them, scheduling claims their time, which is what keeps visits away."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import Model
from psycopg.types.range import Range

from backend.core.business import business
from backend.core.idempotency import claim_key, settle_key
from backend.core.transactions import use_case
from backend.core.viewer import Viewer, require_signed_in
from backend.scheduling.actions.booking import claim_time
from backend.scheduling.actions.reassigning import lock_with_colleagues, reassign_visits
from backend.scheduling.errors import InThePast, TimeOffConflict
from backend.scheduling.models import Claim
from backend.scheduling.queries import claims_in_the_way, describe_visit
from backend.scheduling.rules import ClaimKind
from backend.staff.actions import erase_time_off, record_time_off
from backend.staff.queries import time_off_for

_NAMED = 5
"""How many of the visits in the way a refusal names."""


@use_case
def add_time_off(
    *,
    viewer: Viewer,
    staff_id: int,
    start: datetime,
    end: datetime,
    reason: str = "",
    reassign: bool = False,
    idempotency_key: str | None = None,
    now: datetime,
) -> Model:
    """Keep visits away from somebody in [start, end). Staff from themselves; the office from whom it manages.

    It may have begun already, but not be over: InThePast. Raises TimeOffConflict, which names the visits, where time in
    it is taken: nothing is moved or cancelled on the quiet. Holds give way. With `reassign` each visit goes to a
    colleague at its own time first (`reassign_visits`), or all stay and nothing is entered: NobodyTakesVisit for each
    that nobody can take.
    """
    require_signed_in(viewer)  # whose absence it may be, staff decides below
    given = [staff_id, start, end, reason, *([reassign] if reassign else [])]
    claimed = claim_key(viewer=viewer, operation="addTimeOff", key=idempotency_key, given=given, now=now)
    if claimed.result_id is not None:
        return time_off_for(viewer, claimed.result_id)
    colleagues = lock_with_colleagues(staff_id) if reassign else frozenset()
    absence = record_time_off(viewer=viewer, staff_id=staff_id, start=start, end=end, reason=reason, now=now)
    if end <= now:
        raise InThePast("This absence is over already.", ("end",))
    # Nobody who merely holds a time has been promised that this person comes.
    Claim.objects.filter(staff=staff_id, kind=ClaimKind.HOLD, period__overlap=Range(start, end)).delete()
    in_the_way = claims_in_the_way(staff_id, start, end)
    if reassign:
        in_the_way = _give_away(in_the_way, colleagues, viewer, now)
    _refuse_taken(in_the_way)
    claim_time([Claim(staff_id=staff_id, period=Range(start, end), kind=ClaimKind.TIME_OFF, time_off=absence)])
    settle_key(claimed, absence)
    return absence


@use_case
def remove_time_off(*, viewer: Viewer, time_off_id: int, now: datetime) -> Model:
    """Give an absence's time back; the member of staff whose it was. The same people as may add one.

    The claim goes with the absence that it is for, once the staff row is locked.
    """
    return erase_time_off(viewer=viewer, time_off_id=time_off_id, now=now)


def _give_away(claims: Sequence[Claim], colleagues: Collection[int], viewer: Viewer, now: datetime) -> list[Claim]:
    """Give the visits among the claims to colleagues; what is left is no visit."""
    visits = [claim.appointment_id for claim in claims if claim.appointment_id is not None]
    if visits:
        reassign_visits(appointment_ids=visits, among=colleagues, field=("reassign",), actor_id=viewer.user_id, now=now)
    return [claim for claim in claims if claim.appointment_id is None]


def _refuse_taken(claims: Sequence[Claim]) -> None:
    """TimeOffConflict, naming what is in the way, where there is anything."""
    if not claims:
        return
    visits = [claim.appointment_id for claim in claims if claim.appointment_id is not None]
    named = "; ".join(_describe(claim) for claim in claims[:_NAMED])
    more = f"; and {len(claims) - _NAMED} more" if len(claims) > _NAMED else ""
    raise TimeOffConflict(f"This time is taken: {named}{more}.", ("start",), appointment_ids=visits)


def _describe(claim: Claim) -> str:
    """What takes the time and when, on the business's wall."""
    zone = business().zone
    visit = claim.appointment
    if visit is None:
        start, end = claim.period.lower.astimezone(zone), claim.period.upper.astimezone(zone)
        return f"away from {start:%-d %b %Y %H:%M} to {end:%-d %b %Y %H:%M}"
    return describe_visit(visit)
