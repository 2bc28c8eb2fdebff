"""When somebody is reminded of a visit."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.notifications.rules.kinds import MessageKind

LEADS: tuple[tuple[MessageKind, timedelta], ...] = (
    (MessageKind.REMINDER_DAY, timedelta(hours=24)),
    (MessageKind.REMINDER_HOURS, timedelta(hours=2)),
)
"""How long before its start a visit is told of again, the earliest first."""

LONGEST_LEAD = LEADS[0][1]


def is_timely(kind: MessageKind, start: datetime, now: datetime) -> bool:
    """Whether a reminder that was held up is still worth sending: before the start, and before the next is due."""
    later = [lead for other, lead in LEADS if lead < dict(LEADS)[kind] and other is not kind]
    return now < start - max(later, default=timedelta())


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A visit that will take place as things stand. `told_at` is when its time was last told, by booking or moving."""

    appointment_id: int
    start: datetime
    told_at: datetime


def due_reminder(visit: Upcoming, now: datetime) -> MessageKind | None:
    """The reminder that is due now, if any: the last whose time has come and was not there yet when it was told.

    One that was missed, for nobody was at work, is still sent until the next is due; the last of them until the start.
    Who books a visit for the afternoon in the morning is not reminded of tomorrow's visits.
    """
    due = [(kind, lead) for kind, lead in LEADS if visit.start - lead <= now]
    if not due or visit.start <= now:
        return None
    kind, lead = due[-1]
    return kind if visit.told_at < visit.start - lead else None
