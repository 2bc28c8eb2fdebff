"""A row in every table that the back office shows."""

from datetime import date, time, timedelta
from itertools import count

from backend.accounts.models import Invitation
from backend.core.references import secret_token
from backend.core.viewer import Role
from backend.coupons.models import CouponUsage
from backend.geography.models import Postcode
from backend.notifications.models import EmailLog, MessageTemplate, NotificationPreference, Reminder, SmsLog
from backend.notifications.rules import MessageKind
from backend.orders.models import ChangeRequest, OrderItem, OrderItemExtra
from backend.scheduling.models import Appointment, ExternalBusy, Hold
from backend.staff.models import ScheduleException, StaffChange
from backend.subscriptions.models import SubscriptionAppointment, SubscriptionAppointmentChangeRequest
from tests import factories
from tests.factories.business import NOW
from tests.factories.events import delivery, event
from workers.models import PeriodicRun

_number = count(1)


def one_of_everything() -> None:
    """One more row of each, of other people than the last time."""
    number = next(_number)
    service = factories.service(category=factories.category(parent=factories.category()))
    extra = factories.extra(service)
    staff = factories.staff_member(service, with_user=True)
    factories.time_off(staff, NOW + timedelta(days=1))
    ScheduleException.objects.create(staff=staff, date=date(2027, 3, 1), reason=f"Reason {number}")
    customer = factories.customer()
    factories.address(customer)
    manager = factories.manager()
    manager.managed_staff.add(staff)
    manager.managed_customers.add(customer)
    factories.token_for(factories.user(Role.ADMIN))
    Invitation.objects.create(
        email=f"new{number}@example.com",
        role="STAFF",
        token=f"secret-link-{number}",
        created_at=NOW,
        expires_at=NOW,
        invited_by=factories.user(Role.ADMIN),
    )
    order = factories.confirmed_order(service, staff=staff, customer=customer)
    OrderItemExtra.objects.create(
        item=OrderItem.objects.get(order=order), extra=extra, name="Oven", price=0, duration_minutes=0
    )
    ChangeRequest.objects.create(order=order, requested_date=date(2027, 3, 4), requested_time=time(10), created_at=NOW)
    factories.photo(Appointment.objects.get(order_item__order=order))
    CouponUsage.objects.create(
        coupon=factories.coupon(), order=order, person=f"{number}@x.org", ordinal=1, amount=1, used_at=NOW
    )
    Hold.objects.create(
        staff=staff,
        service=service,
        start=NOW,
        end=NOW + timedelta(hours=1),
        postcode="SW1A",
        token_hash=secret_token(),
        client="local",
        created_at=NOW,
    )
    plan = factories.active_plan(service, staff=staff, customer=customer, start_date=date(2027, 4, 5), visits=1)
    SubscriptionAppointmentChangeRequest.objects.create(
        visit=SubscriptionAppointment.objects.get(subscription=plan),
        requested_date=date(2027, 4, 6),
        requested_time=time(10),
        created_at=NOW,
    )
    StaffChange.objects.create(staff=staff, kind="WORKING_HOURS", payload={"hours": []}, created_at=NOW)
    PeriodicRun.objects.create(job=f"job-{number}")
    happened = event("order.placed", order_id=order.pk)
    delivery(happened, status="DEAD", last_error="Traceback")
    EmailLog.objects.create(
        event=happened,
        kind="ORDER_RECEIVED",
        recipient=f"{number}@x.org",
        subject="Your order",
        text="Thanks",
        message_id=f"<{number}@x>",
        status="SENT",
        due_at=NOW,
        created_at=NOW,
    )
    ExternalBusy.objects.create(staff=staff, source=f"calendar:{number}", period=(NOW, NOW + timedelta(hours=1)))
    calendar = factories.connected_calendar(manager.user)
    visit = OrderItem.objects.get(order=order).appointment
    assert visit is not None
    factories.calendar_event(visit, calendar)
    factories.calendar_feed(manager.user, name=f"Feed {number}", last_used_at=NOW, revoked_at=NOW)
    SmsLog.objects.create(
        event=happened,
        kind="APPOINTMENT_MOVED",
        recipient="+442079460958",
        text="Moved",
        reference=f"sms-{number}",
        due_at=NOW,
        created_at=NOW,
    )
    kinds = list(MessageKind)
    MessageTemplate.objects.create(
        kind=kinds[number % len(kinds)],
        language="en" if number // len(kinds) % 2 else "de",
        subject="s",
        text="t",
        updated_at=NOW,
    )
    NotificationPreference.objects.create(email=f"{number}@x.org", updated_at=NOW)
    visit = SubscriptionAppointment.objects.get(subscription=plan).appointment
    assert visit is not None
    Reminder.objects.create(appointment=visit, kind="REMINDER_DAY", start=NOW, created_at=NOW)
    Postcode.objects.create(code=f"XX{number}", is_outcode=True, latitude=51.5, longitude=-0.1)
    endpoint = factories.endpoint()
    factories.api_key(endpoint.partner)
    factories.webhook(endpoint)
