"""What the office finds in its inbox in the morning."""

from datetime import datetime, time, timedelta

from django.conf import settings

from backend.accounts.queries import account_for_message, office_user_ids, viewer_for_user
from backend.core import clock
from backend.core.business import business
from backend.core.transactions import step
from backend.core.viewer import Permission, Viewer
from backend.events.queries import deliveries_visible_to
from backend.events.rules import DeliveryStatus
from backend.notifications.actions.voice import Voice, rows
from backend.notifications.actions.writing import tell, voice_for
from backend.notifications.models import EmailLog
from backend.notifications.queries import emails_visible_to, person
from backend.notifications.rules import MessageKind, MessageStatus, Phrase
from backend.orders.queries import changes_visible_to, orders_visible_to
from backend.orders.rules import ChangeStatus, OrderStatus
from backend.scheduling.queries import appointments_visible_to
from backend.scheduling.rules import AppointmentStatus
from backend.subscriptions.queries import visits_visible_to
from backend.subscriptions.rules import VisitStatus

_HOUR, _TOO_LATE = time(7), time(12)
_AT_MOST = 50
"""Lines of each list: the rest is in the back office."""


@step
def write_digests(*, limit: int, now: datetime) -> int:
    """From seven o'clock on the business's wall, one mail a day to each who minds the office; how many there were.

    Everybody reads of what they may see. Nothing unless ROTA_DIGEST is set, and nothing once the morning is over.
    """
    today = business().today(now)
    begins, ends = (clock.instant(today, at, business().zone) for at in (_HOUR, _TOO_LATE))
    if not settings.ROTA_DIGEST or not begins <= now < ends:
        return 0
    told = set(
        EmailLog.objects.filter(kind=MessageKind.DIGEST, created_at__gte=begins).values_list("user_id", flat=True)
    )
    written = 0
    for user_id in office_user_ids():
        viewer, user = viewer_for_user(user_id), account_for_message(user_id)
        if user_id in told or user is None or not viewer.may(Permission.MANAGE_ORDERS) or written == limit:
            continue
        to = person(name=user.name, email=user.email, user_id=user.pk)
        tell(
            kind=MessageKind.DIGEST,
            person=to,
            values=_values(viewer, voice_for(to), now),
            about=f"digest:{today}",
            link=f"{business().public_url}/admin/",
            now=now,
        )
        written += 1
    return written


def _values(viewer: Viewer, voice: Voice, now: datetime) -> dict[str, str]:
    today, zone = business().today(now), business().zone
    midnight = clock.instant(today, time(0), zone)
    tomorrow = clock.instant(today + timedelta(days=1), time(0), zone)
    visits = appointments_visible_to(viewer).filter(
        start__gte=midnight, start__lt=tomorrow, status__in=[AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED]
    )
    orders = orders_visible_to(viewer).filter(status=OrderStatus.PENDING).order_by("created_at", "pk")
    changes = changes_visible_to(viewer).filter(status=ChangeStatus.PENDING).select_related("order")
    unplaced = visits_visible_to(viewer).filter(status=VisitStatus.UNPLACED).select_related("subscription")
    return {
        "date": voice.day(today),
        "visits": rows(
            f"{voice.hours(row.start, row.end)}: {row.service.name}, {row.staff.name}"
            for row in visits.select_related("service", "staff").order_by("start", "pk")[:_AT_MOST]
        ),
        "orders": rows(
            f"{row.order_number}: {voice.wall(row.scheduled_date, row.scheduled_time)}" for row in orders[:_AT_MOST]
        ),
        "changes": rows(
            f"{row.order.order_number}: {voice.wall(row.requested_date, row.requested_time)}"
            for row in changes.order_by("created_at", "pk")[:_AT_MOST]
        ),
        "unplaced": rows(
            f"{row.subscription.subscription_number}: {voice.day(row.nominal_date)}"
            for row in unplaced.order_by("nominal_date", "pk")[:_AT_MOST]
        ),
        "troubles": rows(_troubles(viewer, voice)),
    }


def _troubles(viewer: Viewer, voice: Voice) -> list[str]:
    """What waits for a person behind the scenes: for admins, who can do something about it."""
    if not viewer.is_admin:
        return []
    dead = deliveries_visible_to(viewer).filter(status=DeliveryStatus.DEAD).count()
    failed = emails_visible_to(viewer).filter(status=MessageStatus.FAILED).count()
    counts = ((Phrase.DELIVERIES, dead), (Phrase.MESSAGES, failed))
    return [voice.say(phrase, count=count) for phrase, count in counts if count]
