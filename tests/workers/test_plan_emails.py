"""What is told about plans and their visits, and of visits that belong to something larger."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail

from backend.accounts.queries import viewer_for_user
from backend.core.transactions import use_case
from backend.core.viewer import Role, Viewer
from backend.events.actions import emit
from backend.notifications.models import EmailLog
from backend.orders.actions import cancel_order
from backend.scheduling.actions import cancel_appointment, complete_appointment, start_appointment
from backend.scheduling.models import Appointment
from backend.subscriptions.actions import cancel_subscription, pause_subscription, skip_visit
from backend.subscriptions.events import SubscriptionCreated, VisitChangeRequested, VisitUnplaced
from backend.subscriptions.models import Subscription, SubscriptionAppointmentChangeRequest
from tests import factories
from tests.factories.business import NOW
from tests.relaying import relay_and_work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("london")]


@pytest.fixture
def admin(db: None) -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


@pytest.fixture
def plan(london: None, at_now: datetime) -> Subscription:
    """Ada's: six Mondays at nine, with Anna."""
    service = factories.service(name="Deep clean")
    return factories.active_plan(service, staff=factories.staff_member(service, name="Anna"), visits=6)


def sent(now: datetime = NOW) -> list[tuple[str, str, str]]:
    """To whom, subject and text of the mails that have followed, the oldest first."""
    mail.outbox.clear()
    for _ in range(3):
        relay_and_work(now, times=2)
    return [(each.to[0], str(each.subject), str(each.body)) for each in mail.outbox]


def test_a_new_plan_lists_its_next_visits_and_counts_the_rest(plan: Subscription) -> None:
    factories.unplaced_visit(plan)
    use_case(emit)([SubscriptionCreated(subscription_id=plan.pk, customer_id=None, status="ACTIVE")], now=NOW)
    [(to, subject, text)] = sent()
    assert (to, subject) == ("Ada King <ada@example.com>", f"Your plan {plan.subscription_number} is set up")
    assert "Deep clean, every week" in text
    assert "  Monday 1 March 2027, 09:00 to 10:00 with Anna\n" in text
    # The fifth, in summer, is at nine by the wall as well.
    assert "  Monday 29 March 2027, 09:00 to 10:00 with Anna\n" in text
    assert "5 April" not in text
    assert "After them there are 1 more." in text
    assert "For 1 we have found no time yet." in text
    assert f"http://localhost:8000/plans/{plan.tracking_token}" in text


def test_a_plan_that_waits_says_so(plan: Subscription) -> None:
    use_case(emit)([SubscriptionCreated(subscription_id=plan.pk, customer_id=None, status="PENDING")], now=NOW)
    [(_, subject, text)] = sent()
    assert subject == f"We have your plan {plan.subscription_number}"
    assert "until then nothing is booked" in text


def test_a_pause_is_one_message_however_many_visits_it_calls_off(plan: Subscription, admin: Viewer) -> None:
    resume_on = date(2027, 4, 5)
    pause_subscription(
        viewer=admin, subscription_id=plan.pk, resume_on=resume_on, reason="Holiday", address="office", now=NOW
    )
    [(_, subject, text)] = sent()
    assert subject == f"Your plan {plan.subscription_number} is paused"
    assert "Visits called off: 6. Reason: Holiday" in text
    assert "It goes on by itself on Monday 5 April 2027." in text


def test_a_cancelled_plan_is_one_message(plan: Subscription, admin: Viewer) -> None:
    cancel_subscription(viewer=admin, subscription_id=plan.pk, reason="Moving away", address="office", now=NOW)
    [(_, subject, text)] = sent()
    assert subject == f"Your plan {plan.subscription_number} is cancelled"
    assert "Reason: Moving away" in text


def test_a_single_visit_of_a_plan_that_is_called_off_is_told_by_itself(plan: Subscription, admin: Viewer) -> None:
    visit = plan.visits.get(sequence=2).appointment
    assert visit is not None
    cancel_appointment(viewer=admin, appointment_id=visit.pk, reason="Anna is ill", address="office", now=NOW)
    found = [(subject, text) for to, subject, text in sent() if to == "Ada King <ada@example.com>"]
    assert [subject for subject, _ in found] == ["Your visit is cancelled"]
    assert "Reason: Anna is ill" in found[0][1]
    assert f"http://localhost:8000/plans/{plan.tracking_token}" in found[0][1]


def test_a_visit_that_is_left_out_is_one_message(plan: Subscription, admin: Viewer) -> None:
    visit = plan.visits.get(sequence=2)
    skip_visit(viewer=admin, visit_id=visit.pk, reason="Away", address="office", now=NOW)
    found = [(subject, text) for to, subject, text in sent() if to == "Ada King <ada@example.com>"]
    assert [subject for subject, _ in found] == [f"A visit of your plan {plan.subscription_number} is left out"]
    assert "the visit of Monday 8 March 2027" in found[0][1]


def test_the_office_hears_of_visits_without_a_time_and_of_wishes(plan: Subscription) -> None:
    visit = factories.unplaced_visit(plan, nominal_date=date(2027, 4, 12), due_before=date(2027, 4, 19))
    wish = SubscriptionAppointmentChangeRequest.objects.create(
        visit=plan.visits.get(sequence=1), requested_date=date(2027, 3, 2), requested_time=time(10, 30), created_at=NOW
    )
    common: dict[str, Any] = {"subscription_id": plan.pk, "customer_id": None}
    facts = [
        VisitUnplaced(visit_id=visit.pk, sequence=7, reason="FULLY_BOOKED", **common),
        VisitChangeRequested(visit_id=wish.visit_id, sequence=1, change_request_id=wish.pk, **common),
    ]
    use_case(emit)(facts, now=NOW)
    told = sent()
    assert {(to, subject) for to, subject, _ in told} == {
        ("Rota <office@rota.test>", f"No time was found for a visit of plan {plan.subscription_number}"),
        ("Rota <office@rota.test>", f"Another time is wanted for a visit of plan {plan.subscription_number}"),
    }
    texts = told[0][2] + told[1][2]
    assert "visit 7 of plan" in texts
    assert "due on Monday 12 April 2027" in texts
    assert f"/admin/subscriptions/subscriptionappointment/{visit.pk}/change/" in texts
    assert "Wanted: Tuesday 2 March 2027 at 10:30" in texts
    assert "Now:    Monday 1 March 2027, 09:00 to 10:00" in texts
    assert f"/admin/subscriptions/subscriptionappointmentchangerequest/{wish.pk}/change/" in texts
    assert plan.tracking_token not in texts


def test_an_order_that_is_called_off_is_one_message(admin: Viewer, at_now: datetime) -> None:
    service = factories.service()
    order = factories.confirmed_order(service, service, staff=factories.staff_member(service))
    cancel_order(viewer=admin, order_id=order.pk, reason="Flood", address="office", now=NOW)
    assert [subject for _, subject, _ in sent()] == [f"Your order {order.order_number} is cancelled"]


def test_work_is_told_as_it_begins_and_an_order_once_all_of_it_is_done(admin: Viewer, at_now: datetime) -> None:
    service = factories.service(name="Deep clean")
    order = factories.confirmed_order(service, service, staff=factories.staff_member(service, name="Anna"))
    told = []
    for visit in Appointment.objects.order_by("start"):
        at = visit.start + timedelta(minutes=1)
        start_appointment(viewer=admin, appointment_id=visit.pk, now=at)
        told += sent(at)
        complete_appointment(viewer=admin, appointment_id=visit.pk, now=at + timedelta(hours=1))
        told += sent(at + timedelta(hours=1))
    assert [subject for _, subject, _ in told] == [
        "Anna has started",
        "Anna has started",
        f"Your order {order.order_number} is complete",
    ]


def test_a_customer_is_spoken_to_in_its_language_by_the_clock_on_its_wall(plan: Subscription) -> None:
    account = factories.customer(name="Grete")
    assert account.user is not None
    profile = account.user.profile
    profile.preferences, profile.time_zone = {"language": "de"}, "America/New_York"
    profile.save()
    Subscription.objects.filter(pk=plan.pk).update(
        customer=account, is_guest_subscription=False, guest_name="", guest_email=""
    )
    use_case(emit)([SubscriptionCreated(subscription_id=plan.pk, customer_id=account.pk, status="ACTIVE")], now=NOW)
    [(_, subject, text)] = sent()
    assert subject == f"Ihr Plan {plan.subscription_number} ist eingerichtet"
    assert "Montag, 1. März 2027, 04:00 bis 05:00 Uhr (America/New_York) mit Anna" in text
    row = EmailLog.objects.get()
    assert (row.user_id, row.language) == (account.user_id, "de")
    assert datetime(2027, 3, 1, 9, tzinfo=UTC) == plan.visits.get(sequence=1).appointment.start  # type: ignore[union-attr]
