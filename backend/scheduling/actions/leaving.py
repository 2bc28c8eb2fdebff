"""Somebody who leaves: its visits ahead go to colleagues, or it stays (docs/adr/0022-who-leaves-leaves-no-visit.md)."""

from datetime import datetime

from backend.core.errors import FieldPath
from backend.core.transactions import step
from backend.scheduling.actions.reassigning import lock_with_colleagues, reassign_visits
from backend.scheduling.errors import VisitsAhead
from backend.scheduling.queries import describe_visit, open_visits_of

_NAMED = 5
"""How many of the visits ahead a refusal names in words; it carries the ids of all."""


@step
def give_visits_up(*, staff_id: int, reassign: bool, field: FieldPath, actor_id: int | None, now: datetime) -> None:
    """See to it that somebody has no visit ahead, before its row is changed. Locks it, with its colleagues in turn.

    VisitsAhead, with the visits, unless `reassign`: then each goes to a colleague at its own time, or NobodyTakesVisit
    tells which can't, and nothing is changed. A visit that is over by the clock, however it was left, is not ahead.
    """
    colleagues = lock_with_colleagues(staff_id)
    visits = list(open_visits_of(staff_id, since=now).select_related("service", "booking"))
    if not visits:
        return
    ids = [visit.pk for visit in visits]
    if reassign:
        reassign_visits(appointment_ids=ids, among=colleagues, field=("reassign",), actor_id=actor_id, now=now)
        return
    named = "; ".join(describe_visit(visit) for visit in visits[:_NAMED])
    more = f"; and {len(visits) - _NAMED} more" if len(visits) > _NAMED else ""
    raise VisitsAhead(f"There are visits ahead: {named}{more}.", field, appointment_ids=ids)
