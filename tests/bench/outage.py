"""A hundred confirmations with every outside system down, against as many with all up: `python -m tests.bench.outage`.

Real dead sockets: the mail server, the provider of short messages and Google refuse connections; one webhook endpoint
does, too, another takes them and never answers. As many texts are due meanwhile as there are confirmations, and the
office's calendar is to hold every visit. A worker and a scheduler run all the while, as in production. Confirming must
not take longer (nothing of this is in the request), and after the return of all of them everything arrives: each mail,
text and webhook, and each visit in the calendar.
"""

import http.client
import json
import os
import socket
import statistics
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, sleep
from typing import Any

from tests.bench.confirm import CONFIRM, build, web
from tests.bench.ground import prepared, tell
from tests.fakes.google import GoogleFake
from tests.fakes.oauth import CLIENT_ID, CLIENT_SECRET, Grant
from tests.fakes.server import served
from tests.fakes.twilio import serving
from tests.faults.stack import Stack
from tests.ports import free_port

ORDERS, LIMIT = 100, 1.1


@contextmanager
def mail_server(port: int) -> Iterator[list[Any]]:
    """A real SMTP server; the mails that it took."""
    from aiosmtpd.controller import Controller

    taken: list[Any] = []

    class Keep:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            taken.append(envelope)
            return "250 OK"

    controller = Controller(Keep(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield taken
    finally:
        controller.stop()


@contextmanager
def silence(port: int) -> Iterator[None]:
    """Somebody who takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", port), backlog=64) as listener:
        listener.settimeout(0.2)
        stopping, held = threading.Event(), []

        def hold() -> None:
            while not stopping.is_set():
                try:
                    held.append(listener.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=hold, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join(5)
            for connection in held:
                connection.close()


def confirm_all(port: int, token: str, orders: list[str]) -> list[float]:
    """Seconds of each, a tenth of a second apart."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    seconds = []
    for order_id in orders:
        sleep(0.1)
        body = json.dumps({"query": CONFIRM, "variables": {"id": order_id}})
        began = perf_counter()
        connection.request("POST", "/graphql/", body, headers)
        answer = json.loads(connection.getresponse().read())
        seconds.append(perf_counter() - began)
        assert answer["data"]["confirmOrder"]["userErrors"] == [], answer
    connection.close()
    return seconds


def settled(orders: int, google: GoogleFake) -> bool:
    """Whether all that so many confirmations told has arrived: of each two webhooks, a mail, a text and two visits."""
    from backend.notifications.models import EmailLog, SmsLog
    from backend.partners.models import WebhookDelivery

    posted = WebhookDelivery.objects.filter(kind="order.confirmed", status="DELIVERED").count()
    mailed = EmailLog.objects.filter(kind="ORDER_CONFIRMED", status="SENT").count()
    texted = SmsLog.objects.filter(status="SENT").count()
    return (posted, mailed, texted, len(google.standing)) == (2 * orders, orders, orders, 2 * orders)


def write_texts(number: int) -> None:
    """So many short messages that are due now."""
    from backend.core import clock
    from backend.notifications.models import SmsLog

    now, first = clock.now(), SmsLog.objects.count()
    SmsLog.objects.bulk_create(
        SmsLog(
            kind="REMINDER_DAY",
            recipient="+442079460958",
            text="Tomorrow.",
            reference=f"text {each}",
            due_at=now,
            created_at=now,
        )
        for each in range(first, first + number)
    )


def connect_calendar(google: GoogleFake) -> None:
    """The office's own, which shows all visits."""
    from backend.accounts.models import User
    from tests import factories

    google.grants.append(Grant("", "", refresh_token="refresh-1"))
    secrets = {"access_token": "old", "refresh_token": "refresh-1", "expires_at": 0}
    all_visits = {"all_visits": True}
    factories.connected_calendar(
        User.objects.get(role="ADMIN"), calendar_id=google.account, secrets=secrets, settings=all_visits
    )


def hurry() -> None:
    """What waits for its next try is due now: an hour of backoff is tested with a moved clock, not sat through here."""
    from backend.calendars.models import CalendarConnection
    from backend.core import clock
    from backend.notifications.models import EmailLog, SmsLog
    from backend.partners.models import WebhookDelivery, WebhookEndpoint

    now = clock.now()
    CalendarConnection.objects.exclude(due_at=None).update(due_at=now)
    SmsLog.objects.filter(status="QUEUED").update(due_at=now)
    EmailLog.objects.filter(status="QUEUED").update(due_at=now)
    WebhookDelivery.objects.filter(status="WAITING").update(due_at=now)
    WebhookEndpoint.objects.update(rests_until=None)


@contextmanager
def everything_up(ports: dict[str, int], google: GoogleFake) -> Iterator[None]:
    """All that is outside answers."""
    from tests.receiver import receiving

    with (
        mail_server(ports["mail"]),
        serving(ports["texts"]),
        served(google, ports["google"]),
        receiving(port=ports["refusing"]),
        receiving(port=ports["silent"]),
    ):
        yield


def measure(stack: Stack, ports: dict[str, int]) -> int:
    """Tell the ratio of the medians; 1 where it is missed, or anything is missing at the end."""
    from tests import factories
    from tests.factories.business import NOW

    token, batches = build()
    google = GoogleFake()
    connect_calendar(google)
    orders = [order for batch in batches for order in batch]
    for name in ("refusing", "silent"):
        factories.endpoint(url=f"http://127.0.0.1:{ports[name]}/", kinds=["order.*"], created_at=NOW.replace(year=2020))
    stack.start("run_scheduler")
    stack.start("run_worker")
    with web(stack) as port:
        with everything_up(ports, google):
            write_texts(20 + ORDERS)
            confirm_all(port, token, orders[:20])  # both processes have warmed up
            up = confirm_all(port, token, orders[20 : 20 + ORDERS])
            stack.wait_until(lambda: settled(20 + ORDERS, google), seconds=300)
        with silence(ports["silent"]):
            write_texts(ORDERS)
            down = confirm_all(port, token, orders[20 + ORDERS : 20 + 2 * ORDERS])
    with everything_up(ports, google):
        began = perf_counter()
        while not settled(20 + 2 * ORDERS, google):
            assert perf_counter() - began < 600, stack.logs()[-4000:]
            hurry()
            sleep(5)
        took = perf_counter() - began
    medians = statistics.median(down) * 1000, statistics.median(up) * 1000
    details = f"{medians[0]:.0f} ms against {medians[1]:.0f} ms; everything had arrived {took:.0f} s after the return"
    return tell("confirmOrder with all outside systems down against up", medians[0] / medians[1], LIMIT, details)


def main() -> int:
    ports = {name: free_port() for name in ("mail", "texts", "google", "refusing", "silent")}
    environ = {
        "COST_BUDGET": "1000000000",
        "COST_RESTORE_PER_SECOND": "1000000000",
        "LOG_LEVEL": "ERROR",
        "WEBHOOKS_ANYWHERE": "true",
        "EMAIL_URL": f"smtp://127.0.0.1:{ports['mail']}",
        "SMS_URL": f"http://AC123:s3cret@127.0.0.1:{ports['texts']}/2010-04-01?from=+442079460000",
        "GOOGLE_CLIENT_ID": CLIENT_ID,
        "GOOGLE_CLIENT_SECRET": CLIENT_SECRET,
        "GOOGLE_URL": f"http://127.0.0.1:{ports['google']}",
    }
    os.environ |= environ
    with prepared(**environ) as stack:
        return measure(stack, ports)


if __name__ == "__main__":
    sys.exit(main())
