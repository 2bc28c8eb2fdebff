"""Calendars and feeds as their viewers may see them, and what belongs into them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import QuerySet

from backend.accounts.queries import viewer_for_user
from backend.calendars.models import CalendarConnection, CalendarEvent, CalendarFeed
from backend.calendars.rules import Audience, ConnectionState, EventState, VisitFacts
from backend.core.errors import FieldPath, NotFound
from backend.core.invariants import rows_that
from backend.core.references import token_hash
from backend.core.viewer import Role, Viewer, require_signed_in
from backend.scheduling.queries import appointments_visible_to
from backend.scheduling.rules import AppointmentStatus

M = TypeVar("M", CalendarConnection, CalendarFeed)

SHOWN = (AppointmentStatus.CONFIRMED, AppointmentStatus.IN_PROGRESS, AppointmentStatus.COMPLETED)
"""Visits that were promised, and have not fallen through: these stand in calendars."""


def connections_visible_to(viewer: Viewer) -> QuerySet[CalendarConnection]:
    """One's own; admins see everybody's, without what lets us in."""
    rows = CalendarConnection.objects.all()
    return rows if viewer.is_admin else _own(rows, viewer)


def events_visible_to(viewer: Viewer) -> QuerySet[CalendarEvent]:
    """The entries of visible calendars."""
    return CalendarEvent.objects.filter(connection__in=connections_visible_to(viewer))


def feeds_visible_to(viewer: Viewer) -> QuerySet[CalendarFeed]:
    """One's own; admins see everybody's, without their addresses, which nobody has any more."""
    rows = CalendarFeed.objects.all()
    return rows if viewer.is_admin else _own(rows, viewer)


def _own(rows: QuerySet[M], viewer: Viewer) -> QuerySet[M]:
    return rows.none() if viewer.user_id is None else rows.filter(user_id=viewer.user_id)


def own_connections(viewer: Viewer) -> QuerySet[CalendarConnection]:
    """One's own, but NotSignedIn for nobody."""
    return CalendarConnection.objects.filter(user_id=require_signed_in(viewer))


def own_feeds(viewer: Viewer) -> QuerySet[CalendarFeed]:
    """One's own, but NotSignedIn for nobody."""
    return CalendarFeed.objects.filter(user_id=require_signed_in(viewer))


def connection_for(
    viewer: Viewer, connection_id: int, *, field: FieldPath = (), lock: bool = False
) -> CalendarConnection:
    """The visible connection, or NotFound."""
    require_signed_in(viewer)
    rows = connections_visible_to(viewer)
    row = (rows.select_for_update(no_key=True) if lock else rows).filter(pk=connection_id).first()
    if row is None:
        raise NotFound("There is no such calendar.", field)
    return row


def feed_for(viewer: Viewer, feed_id: int, *, field: FieldPath = (), lock: bool = False) -> CalendarFeed:
    """The visible feed, or NotFound."""
    require_signed_in(viewer)
    rows = feeds_visible_to(viewer)
    row = (rows.select_for_update(no_key=True) if lock else rows).filter(pk=feed_id).first()
    if row is None:
        raise NotFound("There is no such feed.", field)
    return row


def feed_by_token(token: str) -> CalendarFeed | None:
    """The feed whose address carries this secret, until it is revoked or its owner can't sign in any more."""
    rows = CalendarFeed.objects.filter(token_hash=token_hash(token), revoked_at=None, user__is_active=True)
    return rows.first()


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """How far a calendar's sync is. `is_running` while there is something to do, a pause for the provider among it."""

    done: int
    total: int
    state: ConnectionState
    is_running: bool
    last_error: str


def progress_of(viewer: Viewer, connection_id: int, *, now: datetime) -> SyncProgress:
    """How far the sync of a visible calendar is, or NotFound. One statement."""
    row = connection_for(viewer, connection_id, field=("connection_id",))
    at_work = row.leased_until is not None and row.leased_until > now
    return SyncProgress(
        done=row.progress_done,
        total=row.progress_total,
        state=ConnectionState(row.state),
        is_running=row.due_at is not None or at_work,
        last_error=row.last_error,
    )


# --- What belongs into whose calendar


def audience_of(viewer: Viewer) -> Audience:
    """In whose words a viewer's entries are written."""
    if viewer.is_office:
        return Audience.OFFICE
    return Audience.STAFF if viewer.role is Role.STAFF else Audience.CUSTOMER


def visits_of(user_id: int, *, all_visits: bool = True) -> tuple[Audience, QuerySet[Any]]:
    """In whose words, and the visits that stand in somebody's calendar: a customer's own, those in the day of a member
    of staff, those of whom a manager manages, all for an admin who wants `all_visits`. Nobody's for
    who can't sign in any more.
    """
    viewer = viewer_for_user(user_id)
    if viewer.is_admin and not all_visits:
        return Audience.OFFICE, appointments_visible_to(viewer).none()
    return audience_of(viewer), appointments_visible_to(viewer).filter(status__in=SHOWN)


def facts_of(visits: QuerySet[Any]) -> list[VisitFacts]:
    """Visits as the words are made of them, by start. One statement."""
    related = ("service", "staff", "booking", "order_item__order", "visit__subscription")
    return [_facts(visit) for visit in visits.select_related(*related).order_by("start", "id")]


def _facts(visit: Any) -> VisitFacts:
    booking = visit.booking
    item, plan = getattr(visit, "order_item", None), getattr(visit, "visit", None)
    number = item.order.order_number if item else plan.subscription.subscription_number if plan else ""
    place = (booking.line1, booking.line2, booking.city, booking.postcode)
    return VisitFacts(
        appointment_id=visit.pk,
        version=visit.version,
        created_at=visit.created_at,
        start=visit.start,
        end=visit.end,
        service=visit.service.name,
        staff_name=visit.staff.name,
        staff_phone=visit.staff.phone,
        customer_name=booking.contact_name,
        customer_email=booking.contact_email,
        customer_phone=booking.contact_phone,
        address=", ".join(part for part in place if part),
        number=number,
        notes=visit.notes,
    )


def within(visits: QuerySet[Any], start: datetime, end: datetime) -> QuerySet[Any]:
    """Of the visits, those that reach into [start, end)."""
    return visits.filter(end__gt=start, start__lt=end)


def standing_entries(viewer: Viewer) -> QuerySet[CalendarEvent]:
    """Entries that stand as they should, with their calendars: for an admin anybody's, for others their own."""
    rows = events_visible_to(viewer).filter(state=EventState.SYNCED, connection__state=ConnectionState.CONNECTED)
    return rows.select_related("connection")


def offences_of_calendars() -> list[str]:
    """What should never be: entries that stand nowhere, keys that were to be thrown away."""
    return [
        *rows_that(
            "SELECT id, appointment_id FROM calendars_calendarevent"
            " WHERE state = 'SYNCED' AND (external_id = '' OR fingerprint = '') ORDER BY 1",
            "Entry {} of visit {} counts as written and is not.",
        ),
        *rows_that(
            "SELECT c.id, count(e.id) FROM calendars_calendarconnection c JOIN calendars_calendarevent e"
            " ON e.connection_id = c.id WHERE c.state = 'DISCONNECTED' AND c.sealed = '' AND e.state <> 'REMOVED'"
            " GROUP BY c.id ORDER BY 1",
            "Calendar {} is disconnected and {} entries count as standing there.",
        ),
    ]
