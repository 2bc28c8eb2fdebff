"""Reminders: one day and two hours before, following a move, dying with a cancellation, and never twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail
from django.db import connection

from backend.accounts.queries import viewer_for_user
from backend.core.transactions import use_case
from backend.core.viewer import Role, Viewer
from backend.notifications.actions import lease_emails, remind, send_email
from backend.notifications.gateway import DjangoMailer
from backend.notifications.models import EmailLog, NotificationPreference, Reminder
from backend.notifications.rules import MessageKind, Upcoming, due_reminder
from backend.scheduling.actions import RescheduleRequest, cancel_appointment, reschedule_appointment
from backend.scheduling.models import Appointment
from tests import factories
from tests.factories.business import NOW
from workers.schedule import JOBS, run_if_due

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def reminded(now: datetime) -> list[tuple[str, str]]:
    """To whom and in which words the reminders go that are due at `now`."""
    mail.outbox.clear()
    use_case(remind)(limit=100, now=now)
    for email_id in lease_emails(limit=100, now=now):
        send_email(email_id=email_id, mailer=DjangoMailer(), now=now)
    return [(each.to[0], str(each.subject)) for each in mail.outbox]


@pytest.fixture
def admin(db: None) -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


@pytest.fixture
def visit(db: None, london: None) -> Appointment:
    """Ada's, with Anna, on Monday at nine, booked four weeks before."""
    service = factories.service(name="Deep clean")
    return factories.direct_booking(service, staff=factories.staff_member(service, name="Anna"))


class TestWhenDue:
    VISIT = Upcoming(1, NINE, NOW)

    @pytest.mark.parametrize(
        ("now", "kind"),
        [
            (NINE - DAY - SECOND, None),
            (NINE - DAY, MessageKind.REMINDER_DAY),
            (NINE - 2 * HOUR - SECOND, MessageKind.REMINDER_DAY),
            (NINE - 2 * HOUR, MessageKind.REMINDER_HOURS),
            (NINE - SECOND, MessageKind.REMINDER_HOURS),
            (NINE, None),
        ],
    )
    def test_each_is_due_until_the_next_and_the_last_until_the_start(
        self, now: datetime, kind: MessageKind | None
    ) -> None:
        assert due_reminder(self.VISIT, now) is kind

    def test_whoever_was_told_later_than_that_is_not_reminded(self) -> None:
        booked_in_the_morning = Upcoming(1, NINE, NINE - 5 * HOUR)
        assert due_reminder(booked_in_the_morning, NINE - 4 * HOUR) is None
        assert due_reminder(booked_in_the_morning, NINE - 2 * HOUR) is MessageKind.REMINDER_HOURS


@pytest.mark.django_db
class TestReminding:
    def test_a_visit_is_told_of_a_day_and_two_hours_before_once_each(self, visit: Appointment) -> None:
        at = NINE - DAY - MINUTE
        told = []
        while at < NINE + HOUR:
            told += [(at, *each) for each in reminded(at)]
            at += timedelta(minutes=20)
        assert told == [
            (NINE - DAY + 19 * MINUTE, "Ada King <ada@example.com>", "Your visit on Monday 1 March 2027, 09:00"),
            (NINE - 2 * HOUR + 19 * MINUTE, "Ada King <ada@example.com>", "We come at 09:00"),
        ]

    def test_a_moved_visit_is_told_of_at_its_new_time_again(self, visit: Appointment, admin: Viewer) -> None:
        assert len(reminded(NINE - DAY)) == 1
        tuesday = NINE + 8 * DAY
        request = RescheduleRequest(appointment_id=visit.pk, start=tuesday, reason="Van")
        reschedule_appointment(viewer=admin, request=request, address="office", now=NINE - 20 * HOUR)
        assert reminded(NINE - 2 * HOUR) == []
        assert reminded(tuesday - DAY) == [("Ada King <ada@example.com>", "Your visit on Tuesday 9 March 2027, 09:00")]
        assert set(Reminder.objects.values_list("kind", "start")) == {
            ("REMINDER_DAY", NINE),
            ("REMINDER_DAY", tuesday),
        }

    def test_a_cancelled_visit_is_told_of_no_more(self, visit: Appointment, admin: Viewer) -> None:
        cancel_appointment(viewer=admin, appointment_id=visit.pk, reason="Ill", address="office", now=NINE - 3 * DAY)
        assert reminded(NINE - DAY) + reminded(NINE - HOUR) == []

    @pytest.mark.parametrize("how", ["cancelled", "moved"])
    def test_a_reminder_that_waits_in_the_log_dies_with_its_visit(
        self, visit: Appointment, admin: Viewer, how: str
    ) -> None:
        use_case(remind)(limit=100, now=NINE - DAY)
        now = NINE - DAY + MINUTE
        if how == "cancelled":
            cancel_appointment(viewer=admin, appointment_id=visit.pk, reason="Ill", address="office", now=now)
        else:
            request = RescheduleRequest(appointment_id=visit.pk, start=NINE + 7 * DAY, reason="Van")
            reschedule_appointment(viewer=admin, request=request, address="office", now=now)
        [email_id] = lease_emails(limit=10, now=now)
        assert not send_email(email_id=email_id, mailer=DjangoMailer(), now=now)
        assert EmailLog.objects.get(pk=email_id).status == "DROPPED"
        assert lease_emails(limit=10, now=now + DAY) == []

    def test_quiet_hours_put_it_off_unless_the_visit_is_sooner(self, visit: Appointment) -> None:
        NotificationPreference.objects.create(
            email="ada@example.com", quiet_from=time(22), quiet_until=time(9, 30), updated_at=NOW
        )
        use_case(remind)(limit=100, now=NINE - DAY)
        assert EmailLog.objects.get().due_at == NINE - DAY + timedelta(minutes=30)
        use_case(remind)(limit=100, now=NINE - 2 * HOUR)
        assert EmailLog.objects.get(kind="REMINDER_HOURS").due_at == NINE - 2 * HOUR

    def test_somebody_who_wants_none_gets_none(self, visit: Appointment) -> None:
        NotificationPreference.objects.create(email="ada@example.com", no_mail=["REMINDERS"], updated_at=NOW)
        assert reminded(NINE - DAY) == []
        assert Reminder.objects.count() == 1

    def test_visits_of_orders_and_plans_lead_to_their_order_and_plan(self, london: None) -> None:
        service = factories.service()
        order = factories.confirmed_order(service, staff=factories.staff_member(service))
        plan = factories.active_plan(service, staff=factories.staff_member(service), visits=1)
        assert len(reminded(NINE - DAY)) == 2
        texts = "".join(EmailLog.objects.values_list("text", flat=True))
        assert f"/track/{order.tracking_token}" in texts
        assert f"/plans/{plan.tracking_token}" in texts

    def test_the_scheduler_reminds(self, visit: Appointment) -> None:
        job = next(each for each in JOBS if each.name == "remind")
        assert [run_if_due(job, now=NINE - DAY), run_if_due(job, now=NINE - DAY + MINUTE)] == [1, 0]


@pytest.mark.django_db(transaction=True)
def test_of_four_schedulers_that_know_nothing_of_each_other_one_reminds(visit: Appointment) -> None:
    barrier = threading.Barrier(4)

    def scheduler() -> int:
        try:
            barrier.wait(60)
            return use_case(remind)(limit=100, now=NINE - DAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(scheduler) for _ in range(4)]:
            future.result(120)
    assert Reminder.objects.count() == 1
    assert EmailLog.objects.count() == 1
