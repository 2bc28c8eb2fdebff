"""kill -9 in the middle of every handler, every periodic job and every sending: what each does, happens once.

Who is killed at work is always somebody else than who does it afterwards: see tests/faults/mortal.py. What the two
processes of production do about it, and Redis, is shown by the other tests of this folder.
"""

import os
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from backend.events.actions import lease_deliveries, route_events
from backend.events.models import Delivery
from backend.notifications.actions import lease_emails, lease_sms
from backend.notifications.models import EmailLog, SmsLog
from backend.notifications.rules import LEASE
from tests import factories
from tests.factories.business import NOW
from tests.fakes.mailbox import receiving_mails
from tests.fakes.twilio import serving
from tests.faults.effects import something_for, something_for_job
from tests.faults.mortal import NAME, Mortals
from tests.world import digest
from workers.actors import broker
from workers.models import PeriodicRun
from workers.routing import ROUTES
from workers.schedule import JOBS

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

HANDLERS = sorted({handler for handlers in ROUTES.values() for handler in handlers})
KILLED_ELSEWHERE = {
    "calendars.sync": "tests/faults/test_killed_sync.py",
    "partners.send_waiting": "tests/faults/test_webhooks.py",
    "remove_orphaned_files": "tests/faults/test_killed_upload.py",
    "backup": "tests/faults/test_killed_backup.py",
}
"""Work that lasts: outside of any transaction, begun anew by whoever comes next."""
SMTP = "django.core.mail.backends.smtp.EmailBackend"
SENDERS = {"notifications.send_email", "notifications.send_sms"}


@pytest.fixture(scope="module")
def mortals(django_db_setup: None, django_db_blocker: Any) -> Iterator[Mortals]:
    with django_db_blocker.unblock():
        name = connection.settings_dict["NAME"]
    url = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))
    mortals = Mortals({"DATABASE_URL": url, "ROTA_DIGEST": "true", "ROTA_EXTERNAL_BUSY_BLOCKS": "true"})
    yield mortals
    mortals.close()


@pytest.fixture(autouse=True)
def _london() -> None:
    factories.add_postcodes()


def killed(mortals: Mortals, **task: Any) -> bool:
    """Whether it died at the moment that it was to die at, and the database has noticed."""
    died = mortals.run(now=NOW.isoformat(), **task) == signal.SIGKILL
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [NAME])
            if cursor.fetchone() == (0,):
                return died
            assert time.monotonic() < deadline, "the database still holds a connection of the dead"
            time.sleep(0.005)


def test_nothing_that_works_in_the_background_is_left_out() -> None:
    assert set(broker.actors) == set(HANDLERS) | SENDERS | {name for name in KILLED_ELSEWHERE if "." in name}
    assert all(job.is_long == (job.name in KILLED_ELSEWHERE) for job in JOBS)


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_worker_killed_in_the_middle_of_a_handler(handler: str, mortals: Mortals) -> None:
    row = something_for(handler)
    route_events(routes={row.kind: (handler,)}, limit=10, now=NOW)
    lease_deliveries(limit=10, now=NOW)
    message = {"actor": handler, "ids": {"event_id": row.pk}}
    before, mails = digest(), EmailLog.objects.count()
    for moment in ("first", "last"):
        assert killed(mortals, dies=moment, **message), f"it writes nothing, so that it could not die at: {moment}"
        assert digest() == before, "half of it was done"
    assert killed(mortals, dies="told", **message)
    after = digest()
    assert after != before
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts) == ("DONE", 0)
    assert EmailLog.objects.count() == mails + handler.startswith("notifications.")
    assert not killed(mortals, **message)
    assert digest() == after, "it was done twice"


@pytest.mark.parametrize("job", [job.name for job in JOBS if not job.is_long])
def test_a_scheduler_killed_in_the_middle_of_a_job(job: str, mortals: Mortals) -> None:
    something_for_job(job)
    before = digest()
    for moment in ("first", "last"):
        assert killed(mortals, job=job, dies=moment), f"it writes nothing, so that it could not die at: {moment}"
        assert digest() == before, "half of it was done"
    assert killed(mortals, job=job, dies="told")
    assert PeriodicRun.objects.get().last_treated == 1
    after = digest()
    assert not killed(mortals, job=job)
    assert digest() == after, "it was done twice"


def test_a_worker_killed_while_the_mail_server_has_the_mail_and_nobody_knows(mortals: Mortals) -> None:
    row = EmailLog.objects.create(
        kind="ORDER_RECEIVED",
        recipient="ada@example.com",
        subject="We have your order",
        text="Thank you.",
        message_id="<once@rota.test>",
        due_at=NOW,
        created_at=NOW,
    )
    with receiving_mails() as (mailbox, port):
        way = {"EMAIL_BACKEND": SMTP, "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": port}
        send = {"actor": "notifications.send_email", "ids": {"email_id": row.pk}, "settings": way}
        assert lease_emails(limit=10, now=NOW) == [row.pk]
        assert killed(mortals, dies="unsaid", **send)
        assert (EmailLog.objects.get().status, len(mailbox.letters)) == ("SENDING", 1)
        assert not killed(mortals, **send)
        assert len(mailbox.letters) == 1, "for as long as the lease runs, it is the dead one's"
        after_lease(lease_emails, [row.pk])
        assert not killed(mortals, **send)
        assert not killed(mortals, **send)
    assert (EmailLog.objects.get().status, EmailLog.objects.get().attempts) == ("SENT", 2)
    assert [message_from_bytes(each)["Message-ID"] for each in mailbox.letters] == ["<once@rota.test>"] * 2
    after_lease(lease_emails, [])


def test_a_worker_killed_while_the_provider_has_the_text_and_nobody_knows(mortals: Mortals) -> None:
    row = SmsLog.objects.create(
        kind="REMINDER_DAY", recipient="+442079460958", text="Tomorrow.", reference="r", due_at=NOW, created_at=NOW
    )
    with serving() as provider:
        send = {
            "actor": "notifications.send_sms",
            "ids": {"sms_id": row.pk},
            "settings": {"ROTA_SMS_URL": provider.url},
        }
        assert lease_sms(limit=10, now=NOW) == [row.pk]
        assert killed(mortals, dies="unsaid", **send)
        assert (SmsLog.objects.get().status, len(provider.asked)) == ("SENDING", 1)
        assert not killed(mortals, **send)
        assert len(provider.asked) == 1, "for as long as the lease runs, it is the dead one's"
        after_lease(lease_sms, [row.pk])
        assert not killed(mortals, **send)
        assert not killed(mortals, **send)
    sms = SmsLog.objects.get()
    assert (sms.status, sms.attempts, sms.provider_id) == ("SENT", 2, "SM1")
    assert [form["Body"] for _, form in provider.asked] == ["Tomorrow."] * 2
    after_lease(lease_sms, [])


def after_lease(lease: Any, expected: list[int]) -> None:
    """The lease of the dead is over: who is given out again."""
    assert lease(limit=10, now=NOW + LEASE - timedelta(seconds=1)) == []
    assert lease(limit=10, now=NOW + LEASE) == expected
