"""Plans, their visits and the changes wanted of them, as their viewers may see them."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from backend.core import tracking
from backend.core.errors import FieldPath, InvalidInput, NotFound
from backend.core.viewer import Permission, Viewer, require_signed_in
from backend.subscriptions.models import (
    Subscription,
    SubscriptionAppointment,
    SubscriptionAppointmentChangeRequest,
)
from backend.subscriptions.permissions import owns, require_office
from backend.subscriptions.rules import VisitStatus


def subscriptions_visible_to(viewer: Viewer) -> QuerySet[Subscription]:
    """Customers see their own plans, staff those that they have a visit of, admins all.

    Managers with manage_orders see the plans of managed customers, and those that managed staff come for.
    """
    rows = Subscription.objects.all()
    if viewer.is_admin:
        return rows
    if viewer.manager is not None and viewer.may(Permission.MANAGE_ORDERS):
        if viewer.manages_all:
            return rows
        visits = SubscriptionAppointment.objects.filter(
            subscription=OuterRef("pk"), appointment__staff__in=viewer.manager.staff_ids
        )
        managed = Q(customer__in=viewer.manager.customer_ids) | Q(staff__in=viewer.manager.staff_ids) | Exists(visits)
        return rows.filter(managed)
    if viewer.staff_id is not None:
        own = SubscriptionAppointment.objects.filter(subscription=OuterRef("pk"), appointment__staff=viewer.staff_id)
        return rows.filter(Exists(own))
    return rows.none() if viewer.customer_id is None else rows.filter(customer=viewer.customer_id)


def visits_visible_to(viewer: Viewer) -> QuerySet[SubscriptionAppointment]:
    """The visits of visible plans; staff see those of their own day alone."""
    if viewer.staff_id is not None:
        return SubscriptionAppointment.objects.filter(appointment__staff=viewer.staff_id)
    return SubscriptionAppointment.objects.filter(subscription__in=subscriptions_visible_to(viewer))


def changes_visible_to(viewer: Viewer) -> QuerySet[SubscriptionAppointmentChangeRequest]:
    """The changes wanted of visible plans; what the customer and the office settle is nothing for staff."""
    rows = SubscriptionAppointmentChangeRequest.objects.all()
    if viewer.staff_id is not None:
        return rows.none()
    return rows.filter(visit__subscription__in=subscriptions_visible_to(viewer))


def all_changes() -> QuerySet[SubscriptionAppointmentChangeRequest]:
    """Every request, for a visit that the caller has shown to be the viewer's to read in full."""
    return SubscriptionAppointmentChangeRequest.objects.all()


def all_visits() -> QuerySet[SubscriptionAppointment]:
    """Every visit, for a plan that the caller has shown to be the viewer's to read in full."""
    return SubscriptionAppointment.objects.order_by("sequence")


def visits_in_plan(viewer: Viewer) -> QuerySet[SubscriptionAppointment]:
    """The visits shown with a plan, by sequence: staff see their own, everybody else who sees the plan all of them."""
    rows = all_visits()
    return rows.filter(appointment__staff=viewer.staff_id) if viewer.staff_id is not None else rows


def plan_health(viewer: Viewer) -> QuerySet[SubscriptionAppointment]:
    """Visits of live plans that have no time, or another than the plan says. For the office: of what it manages."""
    require_office(viewer)
    troubled = Q(status=VisitStatus.UNPLACED) | Q(status=VisitStatus.SCHEDULED, is_moved=True)
    return visits_visible_to(viewer).filter(troubled).order_by("nominal_date", "pk")


def subscription_for(
    viewer: Viewer, subscription_id: int, *, field: FieldPath = (), lock: bool = False
) -> Subscription:
    """The visible plan with its customer, or NotFound."""
    rows = subscriptions_visible_to(viewer).select_related("customer")
    found = (_locked(rows) if lock else rows).filter(pk=subscription_id).first()
    if found is None:
        raise NotFound("There is no such plan.", field)
    return found


def locked_subscription(subscription_id: int) -> Subscription | None:
    """A plan, locked, whatever the viewer: for what follows from events."""
    return _locked(Subscription.objects.select_related("customer")).filter(pk=subscription_id).first()


def require_one_name(*, subscription_id: int | None, tracking_token: str | None, address: str) -> None:
    """Required unless a plan is named by exactly one of the two; RateLimited for tries with tokens."""
    tracking.require_one_name(subscription_id, tracking_token, what="plan", field="subscription_id", address=address)


def named_subscription(
    viewer: Viewer, *, subscription_id: int | None, tracking_token: str | None, now: datetime
) -> Subscription:
    """The plan, locked: opened by its token, or by its id for a signed-in viewer who can see it."""
    if tracking_token is not None:
        found = subscription_by_token(tracking_token, lock=True, now=now)
        if found is None:
            raise NotFound("There is no such plan.", ("tracking_token",))
        return found
    if subscription_id is None:
        raise InvalidInput("Name the plan.", ("subscription_id",))
    require_signed_in(viewer)
    return subscription_for(viewer, subscription_id, field=("subscription_id",), lock=True)


def subscription_of_visit(viewer: Viewer, visit_id: int, *, field: FieldPath = ("visit_id",)) -> Subscription:
    """The plan that a visible visit belongs to, locked; NotSignedIn, or NotFound under the visit's field."""
    require_signed_in(viewer)
    of_visit = visits_visible_to(viewer).filter(pk=visit_id).values("subscription_id")
    found = _locked(Subscription.objects.select_related("customer")).filter(pk__in=of_visit).first()
    if found is None:
        raise NotFound("There is no such visit.", field)
    return found


def subscription_of_change(viewer: Viewer, change_id: int, *, field: FieldPath) -> Subscription:
    """The plan that a visible request is about, locked; NotFound under the request's field."""
    of_change = changes_visible_to(viewer).filter(pk=change_id).values("visit__subscription_id")
    found = _locked(Subscription.objects.select_related("customer")).filter(pk__in=of_change).first()
    if found is None:
        raise NotFound("There is no such request.", field)
    return found


def subscription_by_token(tracking_token: str, *, lock: bool = False, now: datetime) -> Subscription | None:
    """The plan that a tracking token opens. Whoever holds the token may see it: nobody else is asked.

    A token that has run out, a while after the plan's end, opens nothing.
    """
    rows = Subscription.objects.select_related("customer")
    found = tracking.find_by_token(_locked(rows) if lock else rows, tracking_token)
    return None if found is None or link_expired(found, now=now) else found


def link_expired(subscription: Subscription, *, now: datetime) -> bool:
    """Whether the tracking link has run out: a while after the plan's end, or after it was made anew."""
    return tracking.link_expired(subscription.ended_at, subscription.tracking_renewed_at, now=now)


def plan_asked_for(*, number: str, email: str) -> tuple[int | None, int | None]:
    """The plan and its customer that a number and an e-mail open together, or nothing. One statement, found or not."""
    theirs = Q(customer=None, guest_email=email) | Q(customer__email__iexact=email)
    found = Subscription.objects.filter(theirs, subscription_number=number).values_list("pk", "customer_id").first()
    return found or (None, None)


def track_subscription(*, tracking_token: str, address: str, now: datetime) -> QuerySet[Subscription]:
    """The opened plan of a token, as at most one row. RateLimited by the client's network address."""
    tracking.limit_token(tracking_token, address=address)
    found = subscription_by_token(tracking_token, now=now)
    return tracking.opened(Subscription.objects.none() if found is None else Subscription.objects.filter(pk=found.pk))


def sees_private_fields(viewer: Viewer, subscription: Subscription) -> bool:
    """Whether tracking token, contact and reasons are for this viewer: its owner, and the office."""
    return owns(viewer, subscription) or viewer.may(Permission.MANAGE_ORDERS)


def visit_in(
    subscription: Subscription, *, visit_id: int | None = None, sequence: int | None = None, field: FieldPath
) -> SubscriptionAppointment:
    """One visit of a locked plan with its appointment and booking, by id or by its place in the plan; or NotFound."""
    rows = subscription.visits.select_related("appointment__booking")
    visit = rows.filter(Q(pk=visit_id) if sequence is None else Q(sequence=sequence)).first()
    if visit is None:
        raise NotFound("There is no such visit.", field)
    return visit


def deadline_of(visit: SubscriptionAppointment) -> datetime | None:
    """Until when the customer may change a visit, in UTC; None without an appointment. Fetch its booking with it."""
    return None if visit.appointment is None else visit.appointment.booking.cancellation_deadline


def plan_of_visit(appointment_id: int) -> Subscription | None:
    """The plan that an appointment belongs to, whoever asks; None for one of no plan."""
    return Subscription.objects.select_related("customer").filter(visits__appointment=appointment_id).first()


def plan_for_message(subscription_id: int) -> Subscription:
    """A plan with all that a message about it tells: customer, service, visits with who comes.

    For messages to whoever it is for, hence without a viewer. Two statements, however many visits.
    """
    visits = SubscriptionAppointment.objects.select_related("appointment__staff", "appointment__service").order_by(
        "sequence"
    )
    rows = Subscription.objects.select_related("customer", "service").prefetch_related(
        Prefetch("visits", visits.order_by("sequence"))
    )
    return rows.get(pk=subscription_id)


def visit_for_message(visit_id: int) -> SubscriptionAppointment:
    """A visit of a plan, for messages about it. Raises SubscriptionAppointment.DoesNotExist."""
    return SubscriptionAppointment.objects.select_related("appointment__service").get(pk=visit_id)


def visit_change_for_message(change_id: int) -> SubscriptionAppointmentChangeRequest:
    """A wanted change of a visit, for messages about it. Raises DoesNotExist."""
    return SubscriptionAppointmentChangeRequest.objects.get(pk=change_id)


def _locked(rows: QuerySet[Subscription]) -> QuerySet[Subscription]:
    return rows.select_for_update(of=("self",), no_key=True)
