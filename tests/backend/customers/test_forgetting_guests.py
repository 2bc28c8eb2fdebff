"""Whoever never made an account is known by its e-mail alone: it is given a copy, and forgotten, by that."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from backend.accounts.models import Invitation
from backend.accounts.queries import viewer_for_user
from backend.audit.models import Change
from backend.core.errors import ErrorCode, NotAllowed
from backend.core.files import keep
from backend.core.viewer import Role, Viewer
from backend.coupons.models import Coupon, CouponUsage
from backend.customers import actions
from backend.customers.rules import AddressKind, PostalAddress
from backend.events.models import Event
from backend.notifications.models import EmailLog, SmsLog
from backend.orders.models import Order
from backend.scheduling.models import CustomerAppointment, Photo
from backend.subscriptions.models import Subscription
from tests import factories
from tests.backend.customers.test_forgetting import GUEST, PLACE, SECRETS, _guest_before, _mails, _past, found
from tests.refusals import refused
from tests.rows import snapshot

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = SECRETS[1]


@pytest.fixture
def admin(db: None) -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


@pytest.fixture
def gone(media: Path, now: datetime) -> Order:
    """An order, a plan, a booking with photos, a hold, mails, a text and an invitation of a guest: all over."""
    _past(now, **GUEST)
    order = Order.objects.get()
    CustomerAppointment.objects.filter(appointment__order_item__order=order).update(contact_phone=GUEST["guest_phone"])
    contact: dict[str, Any] = {
        "contact_name": SECRETS[0],
        "contact_email": EMAIL,
        "contact_phone": GUEST["guest_phone"],
    }
    service = factories.service()
    visit = factories.direct_booking(
        service, staff=factories.staff_member(), status="COMPLETED", notes="her cat bites", **contact, **PLACE
    )
    factories.photo(visit, key=keep(b"kitchen", folder="photos", extension="webp"))
    _mails(now, order_id=order.pk)
    _guest_before(now)
    Invitation.objects.create(email=EMAIL, role=Role.STAFF, token="t", created_at=now, expires_at=now)
    return order


def test_nothing_of_a_forgotten_guest_is_left_in_any_table(
    admin: Viewer, gone: Order, media: Path, now: datetime
) -> None:
    before = found()
    assert {secret for _, secret in before} == set(SECRETS) - {
        "AdaPhone/7",
        "key under the mat",
    }  # an account's and a customer's
    assert {table for table, _ in before} >= {
        "accounts_invitation",
        "audit_change",
        "coupons_couponusage",
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
    assert [path for path in media.rglob("*") if path.is_file()] != []
    assert actions.erase_guest(viewer=admin, email=EMAIL, now=now) > 0
    assert found() == set()
    assert [path for path in media.rglob("*") if path.is_file()] == []
    assert actions.erase_guest(viewer=admin, email=EMAIL, now=now) == 0


def test_the_books_stay_when_a_guest_is_forgotten(admin: Viewer, gone: Order, now: datetime) -> None:
    total, uses = gone.total, Coupon.objects.get().used_count
    actions.erase_guest(viewer=admin, email=EMAIL, now=now)
    gone.refresh_from_db()
    assert (gone.total, gone.status, gone.is_guest_order) == (total, "CANCELLED", True)
    assert (gone.guest_name, gone.guest_email) == ("Erased", f"erased-{gone.pk}@invalid")
    assert (CouponUsage.objects.count(), Coupon.objects.get().used_count) == (1, uses)
    assert Subscription.objects.get().total_appointments == 3
    assert Photo.objects.get().deleted_at == now


def test_it_is_told_and_trailed_that_a_guest_was_forgotten_but_not_who(
    admin: Viewer, gone: Order, now: datetime
) -> None:
    rows = actions.erase_guest(viewer=admin, email=EMAIL, now=now)
    fact = Event.objects.get(kind="guest.erased")
    assert (fact.actor_id, fact.data) == (admin.user_id, {"rows": rows})
    entry = Change.objects.filter(model="orders.Order", object_id=gone.pk)[0]
    assert (entry.actor_id, entry.operation) == (admin.user_id, "erase_guest")


@pytest.mark.parametrize("typed", ["Ada.King+shop@Gmail.com", " adaking@googlemail.com "])
def test_a_guest_is_found_however_it_wrote_its_e_mail(typed: str, admin: Viewer, now: datetime) -> None:
    service = factories.service()
    orders = [
        factories.pending_order(service, status="CANCELLED", guest_email=email)
        for email in ("a.daking@gmail.com", "adaking+x@googlemail.com", "adakin@gmail.com", "adaking@example.com")
    ]
    assert len(actions.export_guest(viewer=admin, email=typed)["orders"]) == 2
    assert actions.erase_guest(viewer=admin, email=typed, now=now) == 2
    names = [Order.objects.get(pk=order.pk).guest_name for order in orders]
    assert names == ["Erased", "Erased", "Ada King", "Ada King"]


def test_what_belongs_to_a_customer_is_not_the_guests(admin: Viewer, now: datetime) -> None:
    """A linked order, a customer of the office with the same e-mail, and mail to an account."""
    customer = factories.customer(with_user=False, name=SECRETS[0], email=EMAIL)
    service = factories.service()
    factories.pending_order(service, customer=customer, is_guest_order=True, status="CANCELLED", **GUEST)
    visit = factories.direct_booking(service, staff=factories.staff_member(), status="COMPLETED", customer=customer)
    CouponUsage.objects.create(
        coupon=factories.coupon(), order=Order.objects.get(), customer=customer, person=EMAIL, ordinal=1, amount=1,
        used_at=now,
    )  # fmt: skip
    before = snapshot()
    assert actions.erase_guest(viewer=admin, email=EMAIL, now=now) == 0
    after = snapshot()
    assert after.pop("events.Event") != before.pop("events.Event")
    assert after == before
    assert visit.booking.contact_email == EMAIL


@pytest.mark.parametrize("open_thing", ["order", "visit", "plan"])
def test_no_guest_is_forgotten_while_something_is_open(open_thing: str, admin: Viewer, now: datetime) -> None:
    service, staff = factories.service(), factories.staff_member()
    if open_thing == "order":
        factories.pending_order(service, **GUEST)
    elif open_thing == "visit":
        factories.direct_booking(service, staff=staff, contact_email=EMAIL)
    else:
        factories.pending_plan(service, **GUEST)
    before = snapshot()
    answer = refused(actions.erase_guest, viewer=admin, email=EMAIL, now=now)
    assert answer == [(ErrorCode.INVALID_TRANSITION, "email")]
    assert snapshot() == before


def test_only_admins_see_and_forget_guests(gone: Order, now: datetime) -> None:
    manager = viewer_for_user(factories.manager(can_manage_all=True).user_id)
    before = snapshot()
    with pytest.raises(NotAllowed):
        actions.export_guest(viewer=manager, email=EMAIL)
    with pytest.raises(NotAllowed):
        actions.erase_guest(viewer=manager, email=EMAIL, now=now)
    assert snapshot() == before


def test_nonsense_is_no_e_mail(admin: Viewer, now: datetime) -> None:
    for email in ("", "nobody", ".*", "a" * 300 + "@example.com", "a\x00@example.com"):
        ((_, field),) = refused(actions.erase_guest, viewer=admin, email=email, now=now)
        assert field == "email"


def test_a_guest_gets_a_copy_of_everything(admin: Viewer, gone: Order, now: datetime) -> None:
    sms = {"kind": "ORDER_RECEIVED", "status": "SENT", "due_at": now, "created_at": now}
    event = Event.objects.create(kind="probe.fired", order_id=gone.pk, occurred_at=now)
    SmsLog.objects.create(recipient="+442079460123", text="Your order", reference="mine", event=event, **sms)
    data = actions.export_guest(viewer=admin, email=EMAIL)
    assert set(data) == {"bookings", "orders", "coupon_usages", "subscriptions", "messages", "calendars"}
    (order,) = data["orders"]
    assert (order["order_number"], order["name"], order["email"], order["phone"], order["notes"]) == (
        gone.order_number,
        SECRETS[0],
        EMAIL,
        "+442079460123",
        "her cat bites",
    )
    assert len(data["bookings"]) == 5
    assert [plan["name"] for plan in data["subscriptions"]] == [SECRETS[0]]
    told = [(each["way"], each["recipient"], each["text"]) for each in data["messages"]]
    # The office's own mail is not the guest's; nor is a text of which nothing but the number is known.
    assert told == [("email", EMAIL, "7 Secret Lane")] * 2 + [("sms", "+442079460123", "Your order")]


def test_a_customer_is_forgotten_with_what_it_did_as_a_guest(admin: Viewer, gone: Order, now: datetime) -> None:
    customer = factories.customer(user=factories.user(name=SECRETS[0], email=EMAIL, email_verified_at=now))
    actions.erase_customer(viewer=admin, customer_id=customer.pk, now=now)
    assert found() == set()


def test_an_e_mail_that_was_only_typed_opens_nothing_and_takes_nothing_away(
    admin: Viewer, gone: Order, now: datetime
) -> None:
    """Anybody can register with anybody's e-mail and phone: until it is proven, it is not theirs."""
    user = factories.user(email=EMAIL)
    user.profile.phone = GUEST["guest_phone"]
    user.profile.save()
    customer = factories.customer(user=user, phone=GUEST["guest_phone"])
    mine = EmailLog.objects.create(
        user=user, kind="VERIFY_EMAIL", recipient=EMAIL, subject="Yours", text="", message_id="<m>", status="SENT",
        due_at=now, created_at=now,
    )  # fmt: skip
    data = actions.export_customer(viewer=viewer_for_user(user.pk), customer_id=None)
    assert [each["subject"] for each in data["messages"]] == ["Yours"]
    assert (data["orders"], data["bookings"], data["subscriptions"], data["coupon_usages"]) == ([], [], [], [])
    actions.erase_customer(viewer=admin, customer_id=customer.pk, now=now)
    gone.refresh_from_db()
    mine.refresh_from_db()
    assert (gone.guest_email, mine.recipient) == (EMAIL, f"erased-{mine.pk}@invalid")


def test_a_proven_e_mail_opens_what_was_done_as_a_guest(gone: Order, now: datetime) -> None:
    user = factories.user(email=EMAIL, email_verified_at=now)
    factories.customer(user=user)
    data = actions.export_customer(viewer=viewer_for_user(user.pk), customer_id=None)
    assert [each["order_number"] for each in data["orders"]] == [gone.order_number]
    assert [each["subject"] for each in data["messages"]] == ["For Ada Lovelace-King"] * 2


def test_who_was_merged_is_forgotten_with_whom_it_became_part_of(admin: Viewer, now: datetime) -> None:
    """First into the second, the second into the third: the third is the person."""
    first, second = (factories.customer(with_user=False, name=SECRETS[0], email=EMAIL) for _ in range(2))
    third = factories.customer(name="Ada", email="other@secret.example")
    _mails(now, customer_id=first.pk)
    for kept, merged in ((second, first), (third, second)):
        actions.merge_customers(viewer=admin, customer_id=kept.pk, merged_id=merged.pk, now=now)
    first.refresh_from_db()
    assert first.merged_into_id == third.pk
    data = actions.export_customer(viewer=admin, customer_id=third.pk)
    assert [each["subject"] for each in data["messages"]] == ["For Ada Lovelace-King"] * 2
    actions.erase_customer(viewer=admin, customer_id=third.pk, now=now)
    assert found() == set()
    first.refresh_from_db()
    assert (first.name, first.tags) == ("Erased", ["archived", "merged", "erased"])


@pytest.mark.parametrize("state", ["merged", "erased"])
def test_nobody_is_merged_with_a_row_that_nobody_is_behind(state: str, admin: Viewer, now: datetime) -> None:
    one, two, third = (factories.customer(with_user=False) for _ in range(3))
    if state == "merged":
        actions.merge_customers(viewer=admin, customer_id=third.pk, merged_id=one.pk, now=now)
    else:
        actions.erase_customer(viewer=admin, customer_id=one.pk, now=now)
    before = snapshot()
    merge = actions.merge_customers
    into_it = refused(merge, viewer=admin, customer_id=one.pk, merged_id=two.pk, now=now)
    it_into = refused(merge, viewer=admin, customer_id=two.pk, merged_id=one.pk, now=now)
    assert into_it == [(ErrorCode.INVALID_TRANSITION, "customer_id")]
    assert it_into == [(ErrorCode.INVALID_TRANSITION, "merged_customer_id")]
    assert snapshot() == before


@pytest.mark.parametrize("state", ["merged", "erased"])
def test_a_row_that_nobody_is_behind_is_not_written_to(state: str, admin: Viewer, now: datetime) -> None:
    row, other = factories.customer(with_user=False), factories.customer(with_user=False)
    if state == "merged":
        actions.merge_customers(viewer=admin, customer_id=other.pk, merged_id=row.pk, now=now)
    else:
        actions.erase_customer(viewer=admin, customer_id=row.pk, now=now)
    before = snapshot()
    common: dict[str, Any] = {"viewer": admin, "customer_id": row.pk, "now": now}
    changes = actions.CustomerChanges(name=SECRETS[0])
    home = PostalAddress(line1=PLACE["line1"], city=PLACE["city"], postcode=PLACE["postcode"])
    assert [
        refused(actions.update_customer, changes=changes, **common),
        refused(actions.restore_customer, **common),
        refused(actions.add_address, kind=AddressKind.SERVICE, address=home, **common),
    ] == [[(ErrorCode.INVALID_TRANSITION, "customer_id")]] * 3
    assert snapshot() == before


@pytest.mark.parametrize("tag", ["merged", " Erased"])
def test_nobody_types_the_tags_that_say_what_was_done(tag: str, admin: Viewer, now: datetime) -> None:
    row = factories.customer(with_user=False)
    changes = actions.CustomerChanges(tags=["vip", tag])
    answer = refused(actions.update_customer, viewer=admin, customer_id=row.pk, changes=changes, now=now)
    assert answer == [(ErrorCode.INVALID_INPUT, "tags.1")]
