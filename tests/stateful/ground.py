"""What the machine stands on: a small business in the database, and looking at what became of it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from backend.core.audit import Tracked, tracked_models
from backend.core.viewer import Role
from backend.coupons.models import Coupon
from backend.orders.models import ChangeRequest, Order
from backend.scheduling.models import Appointment, Claim
from backend.subscriptions.models import Subscription, SubscriptionAppointmentChangeRequest
from tests import factories
from tests.factories.business import NOW
from tests.stateful.model import Customer, Model, Person, Series, Service

Rows = Mapping[tuple[str, int], str]
"""A fingerprint of each row that leaves a trail, by what the trail calls its model and by its id."""


@dataclass(frozen=True)
class Ground:
    """Where every example begins. The rows are made once; each example undoes what it did to them."""

    admin_id: int
    users: Mapping[str, int]
    """Accounts of customers, by e-mail."""
    category_id: int
    services: Sequence[int]
    people: Sequence[int]
    customers: Sequence[int]


def lay_ground() -> Ground:
    """Three people, two services, three customers of whom two have accounts."""
    factories.add_postcodes()
    category = factories.category()
    clean = factories.service(category=category)
    deep = factories.service(category=category, price=Decimal("80.05"), duration_minutes=90, buffer_minutes=0)
    people = [factories.staff_member(clean, deep), factories.staff_member(clean, deep), factories.staff_member()]
    factories.works(people[1], breaks=[["12:00", "13:00"]])
    factories.offers(people[2], clean, price_override=Decimal("44.44"))
    users = [factories.user(email=f"{name}@example.com", email_verified_at=NOW) for name in ("ada", "bea")]
    customers = [factories.customer(user=user) for user in users]
    customers.append(factories.customer(with_user=False, email="cid@example.com"))
    return Ground(
        admin_id=factories.user(Role.ADMIN).pk,
        users={user.email: user.pk for user in users},
        category_id=category.pk,
        services=[clean.pk, deep.pk],
        people=[person.pk for person in people],
        customers=[customer.pk for customer in customers],
    )


def model_of(ground: Ground) -> Model:
    """The same business as the model knows it."""
    clean, deep = ground.services
    whole, parts = [(time(9), time(17))], [(time(9), time(12)), (time(13), time(17))]
    people = [
        Person(ground.people[0], {clean: None, deep: None}, whole),
        Person(ground.people[1], {clean: None, deep: None}, parts),
        Person(ground.people[2], {clean: Decimal("44.44")}, whole),
    ]
    services = [Service(clean, Decimal("50.00"), 60, 15), Service(deep, Decimal("80.05"), 90, 0)]
    ada, bea, cid = ground.customers
    customers = [
        Customer(ada, "ada@example.com", "ada@example.com"),
        Customer(bea, "bea@example.com", "bea@example.com"),
        Customer(cid, "cid@example.com", None),
    ]
    return Model(
        now=NOW,
        services={each.key: each for each in services},
        people={each.key: each for each in people},
        customers={each.key: each for each in customers},
    )


@contextmanager
def undone() -> Iterator[None]:
    """Undo what happens inside.

    Use cases insist on being the outermost transaction; Django lets them pass inside the transaction of a test, and
    this is one more of those.
    """
    savepoint: Any = transaction.atomic()
    savepoint._from_testcase = True
    with savepoint:
        yield
        transaction.set_rollback(True)


def stored(now: datetime) -> dict[str, Any]:
    """What the database holds, in the words of `told`."""
    return {
        "orders": {
            row.pk: (row.status, row.customer_id, _start(row), row.subtotal, row.discount, row.total, row.coupon_code)
            for row in Order.objects.all()
        },
        "lines": {
            row.pk: [(item.service_id, item.quantity, item.total_price, item.appointment_id) for item in items]
            for row in Order.objects.prefetch_related("items")
            if (items := row.items.all())
        },
        "asked": dict(ChangeRequest.objects.filter(status="PENDING").values_list("order_id", "pk")),
        "visits": {
            row.pk: (row.status, row.staff_id, row.start, row.end, row.booking.customer_id)
            for row in Appointment.objects.select_related("booking")
        },
        "claims": sorted(
            (row.staff_id, row.period.lower, row.period.upper, row.kind)
            for row in Claim.objects.all()
            if row.expires_at is None or row.expires_at > now
        ),
        "coupons": dict(Coupon.objects.values_list("pk", "used_count")),
    } | _stored_plans()


def _stored_plans() -> dict[str, Any]:
    plans = Subscription.objects.prefetch_related("visits")
    waiting = SubscriptionAppointmentChangeRequest.objects.filter(status="PENDING")
    return {
        "plans": {
            row.pk: {
                "state": (row.status, row.customer_id, row.next_appointment_date, row.end_date, row.resume_on),
                "kept": (row.visit_time, row.staff_id),
                "visits": (row.total_appointments, row.completed_appointments),
                "amounts": (row.subtotal, row.discount, row.total, row.coupon_code),
            }
            for row in plans
        },
        "dues": {
            row.pk: [
                (due.nominal_date, due.due_before, due.status, due.appointment_id, due.is_moved, due.reason != "")
                for due in row.visits.all()
            ]
            for row in plans
        },
        "wishes": dict(waiting.values_list("visit_id", "pk")),
    }


def _start(order: Order) -> datetime:
    return datetime.combine(order.scheduled_date, order.scheduled_time, tzinfo=NOW.tzinfo)


def told(model: Model) -> dict[str, Any]:
    """What the model says that the database holds."""
    return {
        "orders": {
            each.key: (
                each.status,
                each.customer.key if each.customer else None,
                each.start,
                each.subtotal,
                each.discount,
                each.subtotal - each.discount,
                each.coupon.code if each.coupon else "",
            )
            for each in model.orders.values()
        },
        "lines": {
            each.key: [
                (line.service.key, line.quantity, line.total, line.visit.key if line.visit else None)
                for line in each.lines
            ]
            for each in model.orders.values()
        },
        "asked": {each.key: each.asked_key for each in model.orders.values() if each.asked is not None},
        "visits": {
            each.key: (
                each.status,
                each.person.key,
                each.start,
                each.end,
                each.customer.key if each.customer else None,
            )
            for each in model.visits.values()
        },
        "claims": sorted(
            (person.key, each.start, each.end, each.kind)
            for person in model.people.values()
            for each in model.busy(person)
        ),
        "coupons": {each.key: len(each.live()) for each in model.coupons.values()},
    } | _told_plans(model.plans)


def _told_plans(plans: Mapping[int, Series]) -> dict[str, Any]:
    return {
        "plans": {
            each.key: {
                "state": (each.status, each.customer and each.customer.key, each.next, each.end, each.resume_on),
                "kept": (each.kept, each.person and each.person.key),
                "visits": (each.count, each.done),
                "amounts": (each.total, each.discount, each.total - each.discount, each.code),
            }
            for each in plans.values()
        },
        "dues": {
            each.key: [
                (due.day, due.before, due.status, due.visit and due.visit.key, due.moved, due.has_reason)
                for due in each.dues
            ]
            for each in plans.values()
        },
        "wishes": {due.key: due.asked_key for each in plans.values() for due in each.dues if due.asked is not None},
    }


def settled() -> None:
    """Have the checks made that wait for the end of a transaction, which never comes here."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def trailed_rows() -> Rows:
    """Every row of every table that leaves a trail; what the trail overlooks left out. One statement."""
    statement = " UNION ALL ".join(map(_fingerprints, tracked_models()))
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return {(model, key): value for model, key, value in cursor.fetchall()}


def _fingerprints(tracked: Tracked) -> str:
    meta = tracked.model._meta
    ignored = ",".join(sorted(tracked.ignored))
    pk = meta.pk.column if meta.pk else "id"
    return (
        f"SELECT '{tracked.label}', t.{pk}::bigint, "  # noqa: S608
        f"(to_jsonb(t) - '{{{ignored}}}'::text[])::text FROM \"{meta.db_table}\" t"
    )
