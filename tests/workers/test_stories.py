"""What a customer finds in its inbox over the life of an order or a visit: nothing twice, nothing that is not so."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail

from backend.accounts.queries import viewer_for_user
from backend.core.transactions import use_case
from backend.core.viewer import Role, Viewer
from backend.notifications.actions import remind
from backend.notifications.models import EmailLog, NotificationPreference, SmsLog
from backend.orders.actions import cancel_order
from backend.orders.models import Order
from backend.scheduling.actions import (
    RescheduleRequest,
    announce_arrival,
    cancel_appointment,
    complete_appointment,
    confirm_appointment,
    reschedule_appointment,
    start_appointment,
)
from backend.scheduling.models import Appointment
from tests import factories
from tests.factories.events import event
from tests.relaying import relay_and_work

# Real commits: what is told together is what one transaction tells.
pytestmark = pytest.mark.django_db(transaction=True)

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def admin(transactional_db: None) -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


@pytest.fixture
def order(transactional_db: None) -> Order:
    """Ada's, of two visits on Monday from nine on."""
    factories.add_postcodes()
    service = factories.service(name="Deep clean")
    staff = factories.staff_member(service, name="Anna")
    return factories.confirmed_order(service, service, staff=staff, guest_language="de")


@pytest.fixture
def visit(transactional_db: None) -> Appointment:
    """Ada's, with Anna, on Monday at nine, booked four weeks before."""
    factories.add_postcodes()
    service = factories.service(name="Deep clean")
    return factories.direct_booking(service, staff=factories.staff_member(service, name="Anna"))


def subjects(now: datetime) -> list[str]:
    """Of the mails that follow until nothing more does, with the clock at `now`."""
    mail.outbox.clear()
    with time_machine.travel(now, tick=False):
        for _ in range(3):
            relay_and_work(now)
    return [str(each.subject) for each in mail.outbox]


def call_off(admin: Viewer, visit: Appointment, now: datetime, reason: str = "Ill") -> None:
    cancel_appointment(viewer=admin, appointment_id=visit.pk, reason=reason, address="office", now=now)


def visits(order: Order) -> list[Appointment]:
    return list(Appointment.objects.filter(order_item__order=order).order_by("start"))


class TestAllCalledOff:
    def test_the_last_visit_is_told_by_its_order_alone(self, order: Order, admin: Viewer, now: datetime) -> None:
        first, second = visits(order)
        call_off(admin, first, now)
        assert subjects(now) == ["Ihr Termin ist abgesagt"]
        call_off(admin, second, now, "Flood")
        assert subjects(now) == [f"Ihr Auftrag {order.order_number} ist abgesagt"]
        words = EmailLog.objects.latest("pk")
        assert "Grund: Flood" in words.text
        assert "Grund: Flood" in words.html
        assert [each["method"] for each in words.calendars] == ["PUBLISH"]

    def test_so_are_both_where_nobody_had_told_of_the_first_yet(
        self, order: Order, admin: Viewer, now: datetime
    ) -> None:
        for each in visits(order):
            call_off(admin, each, now)
        assert subjects(now) == [f"Ihr Auftrag {order.order_number} ist abgesagt"]

    def test_a_visit_called_off_beside_one_that_was_done_is_told(
        self, order: Order, admin: Viewer, now: datetime
    ) -> None:
        first, second = visits(order)
        start_appointment(viewer=admin, appointment_id=first.pk, now=first.start)
        complete_appointment(viewer=admin, appointment_id=first.pk, now=first.end)
        subjects(first.end)
        call_off(admin, second, first.end)
        assert set(subjects(first.end)) == {
            "Ihr Termin ist abgesagt",
            f"Ihr Auftrag {order.order_number} ist abgeschlossen",
        }

    def test_a_cancelled_order_is_texted(self, order: Order, admin: Viewer, now: datetime, settings: Any) -> None:
        settings.ROTA_SMS_URL = "http://AC123:s3cret@127.0.0.1:9/2010-04-01?from=+442079460000"
        cancel_order(viewer=admin, order_id=order.pk, reason="Flood", address="office", now=now)
        subjects(now)
        [text] = SmsLog.objects.values_list("text", flat=True)
        number = order.order_number
        assert (
            text == f"Rota: Ihr Auftrag {number} für Montag, 1. März 2027 um 09:00 Uhr ist abgesagt. Es kommt niemand."
        )


class TestTerms:
    def booked(self, visit: Appointment, now: datetime, admin: Viewer) -> str:
        Appointment.objects.filter(pk=visit.pk).update(status="PENDING")
        confirm_appointment(viewer=admin, appointment_id=visit.pk, now=now)
        subjects(now)
        return EmailLog.objects.latest("pk").text

    def test_what_can_still_be_done_is_told(self, visit: Appointment, now: datetime, admin: Viewer) -> None:
        text = self.booked(visit, now, admin)
        until = "Sunday 28 February 2027, 09:00"
        assert f"You can cancel until {until}, and choose another time until {until}." in text

    def test_no_deadline_is_promised_that_is_past(self, visit: Appointment, admin: Viewer) -> None:
        text = self.booked(visit, NINE - 3 * HOUR, admin)
        assert "You can" not in text
        assert "If something has come up, write to office@rota.test." in text

    def test_who_has_moved_it_often_enough_is_not_told_to_move_it(
        self, visit: Appointment, now: datetime, admin: Viewer
    ) -> None:
        visit.booking.reschedules = 3
        visit.booking.save()
        assert "You can cancel until Sunday 28 February 2027, 09:00.\n" in self.booked(visit, now, admin)

    def test_a_visit_of_an_order_is_not_said_to_be_movable(self, order: Order, admin: Viewer, now: datetime) -> None:
        tuesday = RescheduleRequest(appointment_id=visits(order)[0].pk, start=NINE + DAY, reason="Van")
        reschedule_appointment(viewer=admin, request=tuesday, address="office", now=now)
        subjects(now)
        text = EmailLog.objects.latest("pk").text
        assert "Absagen können Sie bis Montag, 1. März 2027, 09:00 Uhr.\n" in text
        assert "verschieben" not in text

    def test_an_order_confirmed_late_promises_no_deadline(self, order: Order, admin: Viewer) -> None:
        order.cancellation_deadline = NINE - 4 * HOUR
        order.save()
        event("order.confirmed", order_id=order.pk)
        subjects(NINE - 3 * HOUR)
        text = EmailLog.objects.get().text
        assert "Wenn etwas dazwischenkommt, schreiben Sie an office@rota.test." in text
        assert "Absagen" not in text


class TestAtNight:
    """Ada's nights are quiet from ten to seven, or to the hour that a test names."""

    def quiet(self, until: int = 7) -> None:
        NotificationPreference.objects.create(
            email="ada@example.com", quiet_from=time(22), quiet_until=time(until), updated_at=NINE
        )

    def due(self, kind: str) -> datetime:
        return EmailLog.objects.get(kind=kind).due_at

    def test_an_order_that_is_off_before_the_night_ends_is_told_at_once(self, order: Order, admin: Viewer) -> None:
        self.quiet(until=10)
        at = NINE - 6 * HOUR
        cancel_order(viewer=admin, order_id=order.pk, reason="Ill", address="office", now=at)
        assert subjects(at) == [f"Ihr Auftrag {order.order_number} ist abgesagt"]

    def test_an_order_that_is_off_later_than_that_waits(self, order: Order, admin: Viewer) -> None:
        self.quiet(until=8)
        at = NINE - 6 * HOUR
        cancel_order(viewer=admin, order_id=order.pk, reason="Ill", address="office", now=at)
        subjects(at)
        assert self.due("ORDER_CANCELLED") == NINE - HOUR

    def test_who_expects_somebody_early_hears_of_the_move_at_once(self, visit: Appointment, admin: Viewer) -> None:
        self.quiet(until=10)
        at = NINE - 6 * HOUR
        later = RescheduleRequest(appointment_id=visit.pk, start=NINE + 7 * DAY, reason="Van")
        reschedule_appointment(viewer=admin, request=later, address="office", now=at)
        assert subjects(at) == ["Your visit has changed"]

    def test_what_was_done_in_the_evening_can_wait(self, visit: Appointment, admin: Viewer) -> None:
        self.quiet()
        at = NINE + 14 * HOUR
        start_appointment(viewer=admin, appointment_id=visit.pk, now=at)
        complete_appointment(viewer=admin, appointment_id=visit.pk, now=at + MINUTE)
        subjects(at + MINUTE)
        assert self.due("APPOINTMENT_COMPLETED") == NINE + 22 * HOUR

    def test_that_somebody_has_started_is_news_for_the_moment(self, visit: Appointment, admin: Viewer) -> None:
        self.quiet(until=8)
        at = NINE - 2 * HOUR
        start_appointment(viewer=admin, appointment_id=visit.pk, now=at)
        assert subjects(at) == ["Anna has started"]


class TestOnTheWay:
    def test_the_customer_hears_when_somebody_will_be_there(
        self, visit: Appointment, admin: Viewer, settings: Any
    ) -> None:
        settings.ROTA_SMS_URL = "http://AC123:s3cret@127.0.0.1:9/2010-04-01?from=+442079460000"
        at = NINE - HOUR
        announce_arrival(viewer=admin, appointment_id=visit.pk, minutes=50, now=at)
        assert subjects(at) == ["Anna is on the way"]
        assert "Anna is on the way to you and will be there at about 08:50." in EmailLog.objects.get().text
        assert SmsLog.objects.get().text == (
            "Rota: Anna is on the way to your visit of 09:00 and will be there at about 08:50."
        )

    def test_in_german_and_without_a_time(self, order: Order, admin: Viewer) -> None:
        announce_arrival(viewer=admin, appointment_id=visits(order)[0].pk, now=NINE - HOUR)
        assert subjects(NINE - HOUR) == ["Anna ist unterwegs"]
        assert "Anna ist unterwegs zu Ihnen.\n" in EmailLog.objects.get().text

    @pytest.mark.parametrize("then", ["started", "moved", "called off"])
    def test_it_is_not_told_once_it_is_not_so_any_more(self, visit: Appointment, admin: Viewer, then: str) -> None:
        announce_arrival(viewer=admin, appointment_id=visit.pk, now=NINE - HOUR)
        if then == "started":
            start_appointment(viewer=admin, appointment_id=visit.pk, now=NINE)
        elif then == "moved":
            later = RescheduleRequest(appointment_id=visit.pk, start=NINE + 7 * DAY, reason="Van")
            reschedule_appointment(viewer=admin, request=later, address="office", now=NINE - HOUR + MINUTE)
        else:
            call_off(admin, visit, NINE - HOUR + MINUTE)
        assert "Anna is on the way" not in subjects(NINE)


class TestTooLate:
    def after_an_outage(self, now: datetime) -> list[str]:
        """Subjects of the mails that wait, once they can be sent; how they stand then."""
        EmailLog.objects.update(due_at=now)
        subjects(now)
        return list(EmailLog.objects.order_by("pk").values_list("status", flat=True))

    def test_a_reminder_of_a_visit_that_has_come_is_dropped(self, visit: Appointment) -> None:
        use_case(remind)(limit=10, now=NINE - HOUR)
        assert self.after_an_outage(NINE) == ["DROPPED"]

    def test_of_two_reminders_that_were_held_up_the_first_is_dropped(self, visit: Appointment) -> None:
        for at in (NINE - DAY, NINE - 2 * HOUR):
            use_case(remind)(limit=10, now=at)
        assert self.after_an_outage(NINE - HOUR) == ["DROPPED", "SENT"]

    def test_that_somebody_has_started_is_not_told_of_work_that_is_done(
        self, visit: Appointment, admin: Viewer
    ) -> None:
        start_appointment(viewer=admin, appointment_id=visit.pk, now=NINE)
        complete_appointment(viewer=admin, appointment_id=visit.pk, now=NINE + HOUR)
        assert subjects(NINE + HOUR) == ["Your visit is done"]

    def test_who_was_told_of_the_confirmation_is_not_reminded_at_once(self, visit: Appointment, admin: Viewer) -> None:
        Appointment.objects.filter(pk=visit.pk).update(status="PENDING")
        confirm_appointment(viewer=admin, appointment_id=visit.pk, now=NINE - 20 * HOUR)
        assert use_case(remind)(limit=10, now=NINE - 19 * HOUR) == 0
        assert use_case(remind)(limit=10, now=NINE - 2 * HOUR) == 1
