"""Plans in a named state."""

from datetime import date, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from psycopg.types.range import Range

from backend.catalogue.models import Service
from backend.core import clock
from backend.core.business import business
from backend.core.references import secret_token
from backend.scheduling.models import Appointment, Claim, CustomerAppointment
from backend.staff.models import Staff
from backend.subscriptions.models import Subscription, SubscriptionAppointment
from tests.factories.business import CENTROIDS, NOW

_number = count(1)


def active_plan(service: Service, *, staff: Staff, visits: int = 3, **given: Any) -> Subscription:
    """A guest's plan of a month: on Mondays at 09:00 with `staff`, its first `visits` visits booked."""
    plan = _plan(service, visits, **{"staff": staff, "visit_time": time(9), "confirmed_at": NOW} | given)
    for number in range(visits):
        _visit(plan, staff, number)
    return plan


def pending_plan(service: Service, **given: Any) -> Subscription:
    """A guest's plan of five visits that waits for the office."""
    return _plan(service, 5, **{"status": "PENDING"} | given)


def paused_plan(service: Service, *, staff: Staff, **given: Any) -> Subscription:
    """A guest's plan of five visits with `staff` on Mondays at 09:00, all of them taken away by a pause."""
    values = {"status": "PAUSED", "paused_at": NOW, "confirmed_at": NOW, "staff": staff, "visit_time": time(9)}
    plan = _plan(service, 5, **values | given)
    for number in range(5):
        nominal = plan.start_date + timedelta(days=7 * number)
        SubscriptionAppointment.objects.create(
            subscription=plan,
            sequence=number + 1,
            nominal_date=nominal,
            due_before=nominal + timedelta(days=7),
            status="CANCELLED",
        )
    return plan


def _plan(service: Service, visits: int, **given: Any) -> Subscription:
    customer = given.get("customer")
    start: date = given.get("start_date", date(2027, 3, 1))
    values: dict[str, Any] = {
        "subscription_number": f"SUB-20270201-T{next(_number):05}",
        "tracking_token": secret_token(),
        "status": "ACTIVE",
        "is_guest_subscription": customer is None,
        "guest_name": "" if customer else "Ada King",
        "guest_email": "" if customer else "ada@example.com",
        "line1": "10 Downing Street",
        "city": "London",
        "postcode": "SW1A 2AA",
        "service": service,
        "duration_minutes": service.duration_minutes,
        "buffer_minutes": service.buffer_minutes,
        "frequency": "WEEKLY",
        "duration_months": 1,
        "start_date": start,
        "rhythm_start": start,
        "end_date": start + timedelta(days=31),
        "preferred_time": time(9),
        "price_per_appointment": service.price,
        "total_appointments": visits,
        "subtotal": service.price * visits,
        "total": service.price * visits,
        "currency": "GBP",
        "policy_hours": 24,
        "next_appointment_date": start if given.get("status", "ACTIVE") == "ACTIVE" else None,
        "created_at": NOW,
    }
    return Subscription.objects.create(**values | given)


def _visit(plan: Subscription, staff: Staff, number: int) -> None:
    """Booked, with its claim and its booking."""
    nominal = plan.start_date + timedelta(days=7 * number)
    start = clock.instant(nominal, time(9), business().zone)
    end = start + timedelta(minutes=plan.duration_minutes)
    appointment = Appointment.objects.create(
        service=plan.service,
        staff=staff,
        start=start,
        end=end,
        buffer_minutes=plan.buffer_minutes,
        status="CONFIRMED",
        type="SUBSCRIPTION",
        created_at=NOW,
    )
    CustomerAppointment.objects.create(
        appointment=appointment,
        customer=plan.customer,
        contact_name=plan.contact_name,
        contact_email=plan.contact_email,
        contact_language=plan.guest_language,
        line1=plan.line1,
        city=plan.city,
        postcode=plan.postcode,
        price=plan.price_per_appointment,
        currency=plan.currency,
        policy_hours=plan.policy_hours,
        cancellation_deadline=start - timedelta(hours=plan.policy_hours),
        reschedule_hours=plan.policy_hours,
        reschedule_deadline=start - timedelta(hours=plan.policy_hours),
    )
    period = Range(start, end + timedelta(minutes=plan.buffer_minutes))
    latitude, longitude = CENTROIDS[plan.postcode.split()[0]]
    Claim.objects.create(
        staff=staff,
        period=period,
        kind="APPOINTMENT",
        appointment=appointment,
        latitude=latitude,
        longitude=longitude,
    )
    SubscriptionAppointment.objects.create(
        subscription=plan,
        sequence=number + 1,
        nominal_date=nominal,
        due_before=nominal + timedelta(days=7),
        status="SCHEDULED",
        appointment=appointment,
    )


def unplaced_visit(plan: Subscription, **given: Any) -> SubscriptionAppointment:
    """One more visit of the plan, for which no time was found."""
    last = plan.visits.order_by("-sequence")[0]
    values = {
        "sequence": last.sequence + 1,
        "nominal_date": last.due_before,
        "due_before": last.due_before + timedelta(days=7),
        "status": "UNPLACED",
        "reason": "FULLY_BOOKED",
    } | given
    total = plan.visits.count() + 1
    each: Decimal = plan.price_per_appointment
    Subscription.objects.filter(pk=plan.pk).update(
        total_appointments=total, subtotal=each * total, total=each * total - plan.discount
    )
    plan.refresh_from_db()
    return SubscriptionAppointment.objects.create(subscription=plan, **values)
