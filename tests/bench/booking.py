"""bookAppointment by eight clients on different staff, against one alone: `python -m tests.bench.booking`.

Over HTTP, on the web as docker-compose.yml runs it, with the pace of eight quick visitors, as tests/bench/confirm.py
does it and for the same reasons. Every client books visits of its own member of staff, so nobody should wait for
anybody; what it costs at full speed, where two cores are what everybody waits for, is told beside it.
"""

import http.client
import json
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from random import Random
from time import perf_counter, sleep
from typing import Any

from tests.bench.confirm import web
from tests.bench.ground import percentile, prepared, tell

CLIENTS, BOOKINGS, ROUNDS, LIMIT = 8, 15, 3, 2.0
PAUSE = 1 / 3
"""Seconds from one answer to the next booking, on average."""
BOOK = """mutation($input: BookAppointmentInput!) { bookAppointment(input: $input) {
  appointment { start status trackingToken staff { name } } userErrors { code message } } }"""


def build() -> list[list[dict[str, Any]]]:
    """The bookings of each client: enough for every round alone and together."""
    from backend.core import clock
    from tests import factories
    from tests.client import gid

    factories.add_postcodes()
    service = factories.service()
    first = clock.now().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=7)
    days = [day for day in (first + timedelta(days=number) for number in range(150)) if day.weekday() < 5]
    bookings = []
    for _ in range(CLIENTS):
        person = factories.staff_member(service)
        factories.works(person, start="06:00", end="22:00")
        starts = [day + timedelta(hours=hour) for day in days for hour in (0, 2, 4, 6)]
        bookings.append([booking(gid(service), gid(person), start) for start in starts[: BOOKINGS * (ROUNDS * 2 + 3)]])
    return bookings


def booking(service_id: str, staff_id: str, start: datetime) -> dict[str, Any]:
    return {
        "serviceId": service_id,
        "staffId": staff_id,
        "start": start.isoformat(),
        "guest": {"name": "Ada King", "email": "ada@example.com"},
        "address": {"line1": "10 Downing Street", "city": "London", "postcode": "SW1A 2AA"},
    }


def book_all(port: int, bookings: list[dict[str, Any]], pause: float) -> list[float]:
    """Seconds that each takes, one after the other on one connection."""
    dice = Random(bookings[0]["staffId"])  # noqa: S311
    connection = http.client.HTTPConnection("127.0.0.1", port)
    seconds = []
    for wanted in bookings:
        sleep(dice.random() * 2 * pause)
        body = json.dumps({"query": BOOK, "variables": {"input": wanted}})
        began = perf_counter()
        connection.request("POST", "/graphql/", body, {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        seconds.append(perf_counter() - began)
        assert answer["data"]["bookAppointment"]["userErrors"] == [], answer
    connection.close()
    return seconds


def measure(port: int, bookings: list[list[dict[str, Any]]]) -> int:
    """Tell the ratio of the 95th percentiles."""

    def take(client: int) -> list[dict[str, Any]]:
        taken, bookings[client] = bookings[client][:BOOKINGS], bookings[client][BOOKINGS:]
        return taken

    with ThreadPoolExecutor(CLIENTS) as pool:

        def together(pause: float) -> float:
            batches = [take(client) for client in range(CLIENTS)]
            results = pool.map(lambda batch: book_all(port, batch, pause), batches)
            return percentile([second for result in results for second in result], 95) * 1000

        together(0)  # both processes have warmed up
        at_full_speed = together(0)
        alone = percentile([second for n in range(ROUNDS) for second in book_all(port, take(n), PAUSE)], 95) * 1000
        many = statistics.median(together(PAUSE) for _ in range(ROUNDS))
    details = f"{many:.0f} ms against {alone:.0f} ms; without a pause {at_full_speed:.0f} ms"
    return tell(f"bookAppointment, p95 of {CLIENTS} clients against alone", many / alone, LIMIT, details)


def main() -> int:
    with prepared(COST_BUDGET="1000000000", COST_RESTORE_PER_SECOND="1000000000", LOG_LEVEL="ERROR") as stack:
        bookings = build()
        with web(stack) as port:
            return measure(port, bookings)


if __name__ == "__main__":
    sys.exit(main())
