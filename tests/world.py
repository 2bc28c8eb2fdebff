"""One small business with something in it for each of the nine personas: what the permission matrix walks through."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from django.apps import apps
from django.db import connection
from django.db.models import Model

from backend.accounts.models import AccessToken, Invitation, User
from backend.audit.models import Change
from backend.catalogue.models import Service
from backend.coupons.models import CouponUsage
from backend.events.models import Delivery, Event
from backend.notifications.models import EmailLog, SmsLog
from backend.orders.models import ChangeRequest, Order, OrderItem, OrderItemExtra
from backend.partners.models import ApiKey, Partner
from backend.scheduling.models import Appointment
from backend.staff.models import ScheduleException, Staff, StaffArea, StaffChange, StaffService
from backend.subscriptions.models import Subscription, SubscriptionAppointmentChangeRequest
from tests import factories
from tests.client import gid
from tests.factories.business import NOW
from tests.personas import NAMES, Personas, make_personas


@dataclass
class World:
    """Rows by a name that reads well in a table; `names` finds the name of a global id."""

    personas: Personas
    rows: dict[str, Model] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, row: Model, kind: str | None = None) -> Model:
        """`kind` where the GraphQL type is called otherwise than the model."""
        self.rows[name] = row
        if kind:
            self.kinds[name] = kind
        return row

    def id(self, name: str) -> str:
        """The global id of a row."""
        return gid(self.rows[name], self.kinds.get(name))

    def token(self, name: str) -> str:
        """The tracking token of an order, a plan or a direct booking."""
        row = self.rows[name]
        if isinstance(row, Order | Subscription):
            return row.tracking_token
        assert isinstance(row, Appointment)
        assert row.booking.tracking_token
        return row.booking.tracking_token

    @property
    def partner(self) -> Partner:
        """The partner whose keys are tried."""
        row = self.rows["partner"]
        assert isinstance(row, Partner)
        return row

    @property
    def names(self) -> dict[str, str]:
        return {self.id(name): name for name in self.rows}


def make_world() -> World:
    """Everything exists twice: once for the persona, once for the stranger beside it."""
    factories.add_postcodes()
    personas = make_personas()
    world = World(personas)
    cleaning = factories.category(name="Cleaning")
    service = factories.service(name="Deep clean", category=cleaning)
    world.add("category", cleaning)
    world.add("service", service)
    world.add("extra", factories.extra(service))
    world.add("empty category", factories.category(name="Gardens", position=1))
    mine = {"category": cleaning, "created_by_staff": personas.staff}
    world.add("proposal", factories.service(name="Bird cage", approval_status="PENDING_APPROVAL", **mine))
    world.add("rejected proposal", factories.service(name="Moat", approval_status="REJECTED", **mine))
    world.add("hidden service", factories.service(name="Hidden", category=cleaning, is_active=False))
    for staff in (personas.staff, personas.other_staff):
        factories.offers(staff, service)
    personas.staff.photo = "staff/anna.webp"
    personas.staff.save()
    world.add("staff", personas.staff)
    world.add("other staff", personas.other_staff)
    world.add("customer", personas.customer)
    world.add("account", User.objects.get(customer=personas.customer))
    world.add("former account", factories.user(is_active=False))
    world.add("other customer", personas.other_customer)
    world.add("address", factories.address(personas.customer))
    _add_people(world)
    _add_week(world, personas.staff)
    world.add("hold", factories.held_slot(personas.other_staff, service, NOW + timedelta(days=40)))
    _add_orders(world, service)
    _add_traces(world)
    _add_bookings(world, service)
    _add_coupon(world)
    _add_plans(world, service)
    _add_calendars(world)
    _add_partners(world)
    return world


def _add_partners(world: World) -> None:
    """One with everything, and another beside it."""
    for prefix in ("", "other "):
        partner = factories.partner()
        world.add(f"{prefix}partner", partner)
        factories.api_key(partner)
        world.add(f"{prefix}api key", ApiKey.objects.latest("pk"))
        endpoint = factories.endpoint(partner)
        world.add(f"{prefix}endpoint", endpoint)
        world.add(f"{prefix}webhook", factories.webhook(endpoint, status="FAILED"))
        if not prefix:
            world.add("paused endpoint", factories.endpoint(partner, state="PAUSED"))


def _add_calendars(world: World) -> None:
    """Those of the member of staff."""
    user = world.personas.staff.user
    assert user is not None
    world.add("calendar", factories.connected_calendar(user), "CalendarConnection")
    world.add("feed", factories.calendar_feed(user))


def _add_plans(world: World, service: Service) -> None:
    """An active one of the customer with a visit and a wish to change it, and one of a guest that waits."""
    customer, staff = world.personas.customer, world.personas.staff
    start = date(2027, 4, 5)
    plan = factories.active_plan(service, staff=staff, visits=2, customer=customer, start_date=start)
    world.add("plan", plan, "SubscriptionPlan")
    first, second = plan.visits.all()
    world.add("plan visit", first, "Visit")
    world.add("other plan visit", second, "Visit")
    change = SubscriptionAppointmentChangeRequest(
        visit=first, requested_date=date(2027, 4, 6), requested_time=time(10), created_at=NOW
    )
    change.save()
    world.add("visit change", change, "VisitChangeRequest")
    for visit in (first, second):
        world.add(f"plan appointment {visit.sequence}", Appointment.objects.get(visit=visit))
    # On another day: each of the two staff can take what the other leaves.
    guest = factories.active_plan(
        service, staff=world.personas.other_staff, visits=1, start_date=start + timedelta(days=1)
    )
    world.add("guest plan", guest, "SubscriptionPlan")
    unplaced = factories.unplaced_visit(guest)
    world.add("unplaced visit", unplaced, "Visit")
    world.add("guest appointment", Appointment.objects.get(visit__subscription=guest))
    paused = factories.paused_plan(service, staff=staff, customer=customer, start_date=date(2027, 3, 1))
    world.add("paused plan", paused, "SubscriptionPlan")
    world.add("pending plan", factories.pending_plan(service, customer=customer, start_date=start), "SubscriptionPlan")


def _add_orders(world: World, service: Service) -> None:
    """A pending one of the customer, a pending one of a guest, and a confirmed one with its visit."""
    customer, staff = world.personas.customer, world.personas.staff
    order = world.add("order", factories.pending_order(service, service, customer=customer))
    item = world.add("item", OrderItem.objects.get(order=order.pk, position=0))
    world.add("second item", OrderItem.objects.get(order=order.pk, position=1))
    extra = OrderItemExtra(item_id=item.pk, extra_id=world.rows["extra"].pk, name="Oven", price=0, duration_minutes=0)
    extra.save()
    world.add("chosen extra", extra)
    guest_order = world.add("guest order", factories.pending_order(service, service))
    world.add("guest item", OrderItem.objects.get(order=guest_order.pk, position=0))
    confirmed = factories.confirmed_order(service, staff=staff, customer=customer, scheduled_date=date(2027, 3, 2))
    world.add("confirmed order", confirmed)
    change = ChangeRequest(order=confirmed, requested_date=date(2027, 3, 4), requested_time=time(10), created_at=NOW)
    change.save()
    world.add("change", change)
    world.add("visit", Appointment.objects.get(order_item__order=confirmed))


def _add_bookings(world: World, service: Service) -> None:
    """One that waits for the office and one whose time is over, both of the customer; and a guest's."""
    customer, staff = world.personas.customer, world.personas.staff
    add = partial(factories.direct_booking, service)
    noon = datetime(2027, 3, 2, 12, tzinfo=UTC)
    world.add("booking", add(staff=staff, customer=customer, status="PENDING", start=noon))
    world.add("missed visit", add(staff=staff, customer=customer, start=NOW - timedelta(hours=3)))  # today, and over
    done = add(staff=staff, customer=customer, status="COMPLETED", start=NOW - timedelta(days=8))
    world.add("done visit", done)
    world.add("photo", factories.photo(done), "CompletionPhoto")
    world.add("guest booking", add(staff=world.personas.other_staff, start=noon + timedelta(hours=3)))


def _add_week(world: World, staff: Staff) -> None:
    """What hangs on a member of staff: only it, its manager and the admin may see it."""
    world.add("offer", StaffService.objects.get(staff=staff))
    world.add("area", StaffArea.objects.get(staff=staff), "ServiceArea")
    world.add("exception", ScheduleException.objects.create(staff=staff, date=date(2027, 2, 8)))
    kept = {"start": "2027-06-01T00:00:00+00:00", "end": "2027-06-02T00:00:00+00:00", "reason": ""}
    wish = StaffChange.objects.create(staff=staff, kind="TIME_OFF", payload=kept, created_at=NOW)
    world.add("wish", wish, "StaffChangeRequest")
    world.add("time off", factories.time_off(staff, NOW + timedelta(days=30)))


def _add_people(world: World) -> None:
    """Accounts and what hangs on them, and a customer without one."""
    personas = world.personas
    user = personas.customer.user
    assert user is not None
    world.add("session", AccessToken.objects.get(user=user), "Session")
    for name in NAMES:  # each asks for a link of its own, since links are limited by e-mail
        factories.user(email=f"{name}@unverified.example")
    world.add("manager", personas.manager)
    world.add("other manager", personas.other_manager)
    world.add("stray customer", factories.customer(with_user=False))
    invitation = Invitation(email="staff@example.com", role="STAFF", token="t", created_at=NOW)
    invitation.expires_at = NOW + timedelta(days=7)
    invitation.save()
    world.add("invitation", invitation)


def _add_coupon(world: World) -> None:
    """One that was used once, and one that is switched off."""
    coupon = factories.coupon(used_count=1)
    world.add("idle coupon", factories.coupon(state="INACTIVE"))
    world.add("coupon", coupon)
    use = CouponUsage(coupon=coupon, person="ada@example.com", ordinal=1, amount=1, used_at=NOW)
    use.order_id = world.rows["guest order"].pk
    use.save()
    world.add("coupon use", use)
    world.add("coupon report line", coupon, "CouponReportLine")


def _add_traces(world: World) -> None:
    """What administrators look at when something went wrong."""
    world.add("audit entry", Change.objects.filter(model="orders.Order")[0], "AuditEntry")
    event = Event.objects.create(kind="order.placed", occurred_at=NOW)
    told = {"user": world.personas.customer.user, "event": event, "due_at": NOW, "created_at": NOW}
    mail = EmailLog.objects.create(
        kind="ORDER_RECEIVED", recipient="a@example.com", subject="s", text="t", message_id="<1>", **told
    )
    world.add("mail", mail, "EmailMessage")
    sms = SmsLog.objects.create(kind="REMINDER_DAY", recipient="+442079460958", text="t", reference="1", **told)
    world.add("text message", sms, "SmsMessage")
    world.add("dead letter", Delivery.objects.create(event=event, handler="mails", status="DEAD", due_at=NOW))


def digest() -> str:
    """A fingerprint of every row of every table, but for when tokens were last used."""
    models = apps.get_models(include_auto_created=True)
    tables = sorted({model._meta.db_table for model in models if model._meta.managed and not model._meta.proxy})
    parts = " UNION ALL ".join(
        f"SELECT '{table}' AS name, md5(string_agg(md5((to_jsonb(t) - 'last_used_at')::text), '' "  # noqa: S608
        f'ORDER BY to_jsonb(t)::text)) AS rows FROM "{table}" t'
        for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(parts + " ORDER BY name")
        return hashlib.sha256(repr(cursor.fetchall()).encode()).hexdigest()


def written() -> int:
    """Rows that were inserted, changed or deleted in this transaction so far, whatever became of them: cheap to ask."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables")
        (number,) = cursor.fetchone() or (0,)
        return int(number or 0)
