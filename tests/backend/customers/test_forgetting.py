"""A person who is forgotten: nothing that it was called by, reached at or wrote is left in any table."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.files.storage import default_storage
from django.db import connection

from backend.accounts.models import AccessToken, Invitation, Profile, User
from backend.accounts.queries import viewer_for_token, viewer_for_user
from backend.audit.models import Change
from backend.core.errors import ErrorCode
from backend.core.files import keep
from backend.core.transactions import use_case
from backend.core.viewer import Role, Viewer
from backend.coupons.models import CouponUsage
from backend.customers import actions
from backend.customers.models import Customer
from backend.events.actions import emit
from backend.events.models import Event
from backend.notifications.models import EmailLog, NotificationPreference, SmsLog
from backend.orders.events import OrderCancelled
from backend.orders.models import ChangeRequest
from backend.scheduling.events import AppointmentCancelled
from backend.scheduling.models import Appointment, Claim
from backend.subscriptions.events import SubscriptionCancelled
from backend.subscriptions.models import Subscription, SubscriptionAppointmentChangeRequest
from tests import factories
from tests.factories.bookings import MONDAY_NINE
from tests.factories.business import PASSWORD
from tests.refusals import refused
from tests.rows import snapshot

pytestmark = pytest.mark.django_db(transaction=True)

SECRETS = (
    "Ada Lovelace-King",
    "ada.king@secret.example",
    "442079460123",
    "7 Secret Lane",
    "Flat of Ada",
    "N1 9GU",
    "Secretville",
    "her cat bites",
    "key under the mat",
    "her mother died",
    "the knee of Ada",
    "AdaPhone/7",
)


PLACE: dict[str, Any] = {"line1": "7 Secret Lane", "line2": "Flat of Ada", "city": "Secretville", "postcode": "N1 9GU"}
GUEST: dict[str, Any] = {"guest_name": SECRETS[0], "guest_email": SECRETS[1], "guest_phone": "+442079460123"}


@pytest.fixture
def admin(db: None) -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


@pytest.fixture
def known(now: datetime) -> Customer:
    """Somebody with an account, who ordered, asked, complained, booked for good and left: all of it is over."""
    user = factories.user(name=SECRETS[0], email=SECRETS[1], last_login=now, email_verified_at=now)
    Profile.objects.filter(user=user).update(
        phone="+442079460123", time_zone="Asia/Tokyo", preferences={"theme": "dark"}, avatar=_picture()
    )
    factories.token_for(user)
    AccessToken.objects.filter(user=user).update(user_agent="AdaPhone/7")
    Invitation.objects.create(email=user.email, role=Role.STAFF, token="t", created_at=now, expires_at=now, used_at=now)
    customer = factories.customer(user=user, phone="+442079460123", notes="key under the mat")
    factories.address(customer, **PLACE)
    _past(now, customer=customer)
    factories.calendar_feed(user, name="Visits of Ada Lovelace-King")
    factories.connected_calendar(user, account=user.email)
    return customer


def _picture() -> str:
    return keep(b"picture", folder="avatars", extension="webp")


def _past(now: datetime, **who: Any) -> None:
    """An order, a plan and a hold of `who`, all of it over."""
    _order(now, **who)
    _plan(now, **who)
    Claim.objects.all().delete()
    Appointment.objects.update(status="CANCELLED", notes="her cat bites", internal_notes="the knee of Ada")
    factories.held_slot(
        factories.staff_member(), factories.service(), MONDAY_NINE, email=SECRETS[1], postcode=PLACE["postcode"]
    )


def _order(now: datetime, **who: Any) -> None:
    service = factories.service()
    order = factories.confirmed_order(
        service,
        staff=factories.staff_member(service),
        status="CANCELLED",
        notes="her cat bites",
        internal_notes="the knee of Ada",
        cancellation_reason="her mother died",
        **PLACE,
        **who,
    )
    ChangeRequest.objects.create(
        order=order,
        requested_date=now.date(),
        requested_time=now.time(),
        reason="her mother died",
        review_note="the knee of Ada",
        status="REJECTED",
        reviewed_at=now,
        created_at=now,
    )
    CouponUsage.objects.create(
        coupon=factories.coupon(),
        order=order,
        customer=who.get("customer"),
        person=SECRETS[1],
        ordinal=1,
        amount=1,
        used_at=now,
    )
    visit = Appointment.objects.get(order_item__order=order)
    use_case(emit)(
        [
            OrderCancelled(order_id=order.pk, customer_id=None, reason="her mother died", was_confirmed=True),
            AppointmentCancelled(
                staff_id=visit.staff_id,
                order_id=None,
                appointment_id=visit.pk,
                customer_id=None,
                start=visit.start,
                end=visit.end,
                status="CANCELLED",
                previous=None,
                reason="her mother died",
            ),
        ],
        now=now,
    )


def _plan(now: datetime, **who: Any) -> None:
    service = factories.service()
    plan = factories.active_plan(
        service,
        staff=factories.staff_member(service),
        notes="her cat bites",
        pause_reason="the knee of Ada",
        **PLACE,
        **who,
    )
    Subscription.objects.update(status="CANCELLED", cancellation_reason="her mother died", next_appointment_date=None)
    SubscriptionAppointmentChangeRequest.objects.create(
        visit=plan.visits.all()[0],
        requested_date=now.date(),
        requested_time=now.time(),
        reason="her mother died",
        status="WITHDRAWN",
        created_at=now,
    )
    use_case(emit)(
        [SubscriptionCancelled(subscription_id=plan.pk, customer_id=None, reason="her mother died")], now=now
    )


def _mails(now: datetime, **about: int) -> None:
    """One that it got, one that waits, and one of which somebody else was told."""
    event = Event.objects.create(kind="probe.fired", occurred_at=now, **about)
    mails = ((SECRETS[1], "SENT"), (SECRETS[1], "QUEUED"), ("office@example.com", "SENT"))
    for number, (recipient, status) in enumerate(mails):
        EmailLog.objects.create(
            event=event if status == "SENT" else None,
            kind="ORDER_RECEIVED",
            recipient=recipient,
            recipient_name=SECRETS[0] if recipient == SECRETS[1] else "Office",
            subject="For Ada Lovelace-King",
            text="7 Secret Lane",
            html="7 Secret Lane",
            message_id=f"<{number}@test>",
            status=status,
            due_at=now,
            created_at=now,
        )


def _guest_before(now: datetime) -> None:
    """A text to it as a guest, before it had an account, and how it wanted to be told then."""
    SmsLog.objects.create(
        kind="ORDER_RECEIVED",
        recipient="+442079460123",
        text="7 Secret Lane",
        reference="r",
        status="SENT",
        due_at=now,
        created_at=now,
    )
    NotificationPreference.objects.create(email=SECRETS[1], updated_at=now)


def found() -> set[tuple[str, str]]:
    """Where in the database which secret stands; every table there is, whoever made it."""
    return {(table, secret) for table, text in _tables() for secret in SECRETS if secret.lower() in text}


def _tables() -> Iterator[tuple[str, str]]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT lower(coalesce(string_agg(row::text, chr(10)), '')) FROM \"{table}\" AS row")  # noqa: S608
            yield table, cursor.fetchone()[0]


def test_nothing_of_a_forgotten_person_is_left_in_any_table(admin: Viewer, known: Customer, now: datetime) -> None:
    _mails(now, customer_id=known.pk)
    _guest_before(now)
    before = found()
    assert {secret for _, secret in before} == set(SECRETS)
    assert {table for table, _ in before} >= {
        "accounts_user",
        "accounts_profile",
        "accounts_accesstoken",
        "accounts_invitation",
        "audit_change",
        "calendars_calendarconnection",
        "calendars_calendarfeed",
        "coupons_couponusage",
        "customers_customer",
        "customers_address",
        "events_event",
        "notifications_emaillog",
        "notifications_notificationpreference",
        "notifications_smslog",
        "orders_order",
        "orders_changerequest",
        "scheduling_appointment",
        "scheduling_customerappointment",
        "scheduling_hold",
        "subscriptions_subscription",
        "subscriptions_subscriptionappointmentchangerequest",
    }
    actions.erase_customer(viewer=admin, customer_id=known.pk, now=now)
    assert found() == set()
    actions.erase_customer(viewer=admin, customer_id=known.pk, now=now)
    assert found() == set()


def test_nobody_signs_in_with_the_account_of_a_forgotten_person(admin: Viewer, known: Customer, now: datetime) -> None:
    user = User.objects.get(customer=known)
    token = factories.token_for(user)
    avatar = Profile.objects.get(user=user).avatar
    assert viewer_for_token(token, now=now).user_id == user.pk
    assert default_storage.exists(avatar)
    actions.erase_customer(viewer=admin, customer_id=known.pk, now=now)
    user.refresh_from_db()
    assert (user.email, user.name, user.is_active) == (f"erased-user-{user.pk}@invalid", "Erased", False)
    assert not user.has_usable_password()
    assert viewer_for_token(token, now=now).user_id is None
    assert not AccessToken.objects.filter(user=user, revoked_at=None).exists()
    assert authenticate(username=SECRETS[1], password=PASSWORD) is None
    assert not default_storage.exists(avatar)
    assert Event.objects.filter(kind="user.access_changed", data__user_id=user.pk).exists()


def test_mails_that_wait_for_a_forgotten_person_are_never_sent(admin: Viewer, known: Customer, now: datetime) -> None:
    _mails(now, customer_id=known.pk)
    actions.erase_customer(viewer=admin, customer_id=known.pk, now=now)
    told = EmailLog.objects.order_by("pk").values_list("recipient", "status", "text")
    first = EmailLog.objects.order_by("pk")[0]
    assert list(told) == [(f"erased-{first.pk}@invalid", "SENT", ""), ("office@example.com", "SENT", "")]


@pytest.mark.parametrize("role", [Role.STAFF, Role.MANAGER, Role.ADMIN])
def test_who_works_here_is_not_forgotten_with_its_orders(
    role: Role, admin: Viewer, known: Customer, now: datetime
) -> None:
    User.objects.filter(customer=known).update(role=role)
    before = snapshot()
    answer = refused(actions.erase_customer, viewer=admin, customer_id=known.pk, now=now)
    assert answer == [(ErrorCode.NOT_A_CUSTOMER, "customer_id")]
    assert snapshot() == before


def test_of_somebody_else_nothing_goes(admin: Viewer, known: Customer, now: datetime) -> None:
    other = factories.customer(name="Grace Hopper")
    assert other.user is not None
    token = factories.token_for(other.user)
    trail = Change.objects.filter(model="accounts.User", object_id=other.user.pk).values_list("after", flat=True)
    told = list(trail)
    actions.erase_customer(viewer=admin, customer_id=known.pk, now=now)
    other.refresh_from_db()
    assert (other.name, viewer_for_token(token, now=now).user_id) == ("Grace Hopper", other.user_id)
    assert list(trail) == told


def test_a_copy_of_everything_has_the_account_its_sessions_and_its_mails(known: Customer, now: datetime) -> None:
    _mails(now, customer_id=known.pk)
    assert known.user_id is not None
    data = actions.export_customer(viewer=viewer_for_user(known.user_id), customer_id=None)
    account = data["account"]
    assert (account["email"], account["role"]) == (SECRETS[1], "CUSTOMER")
    assert account["profile"] == {
        "phone": "+442079460123",
        "time_zone": "Asia/Tokyo",
        "preferences": {"theme": "dark"},
        "avatar": Profile.objects.get(user_id=known.user_id).avatar,
    }
    assert [each["user_agent"] for each in account["sessions"]] == ["AdaPhone/7"]
    assert data["orders"][0]["cancellation_reason"] == "her mother died"
    assert [each["subject"] for each in data["messages"]] == ["For Ada Lovelace-King"] * 2
    assert [each["kind"] for each in data["calendars"]] == ["connection", "feed"]
    assert "token" not in repr(account)
    assert "password" not in repr(account)
    nobody = factories.customer(with_user=False)
    assert actions.export_customer(viewer=_office(), customer_id=nobody.pk)["account"] is None


def _office() -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)
