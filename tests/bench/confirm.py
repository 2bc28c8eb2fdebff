"""confirmOrder by eight clients on different staff, against one alone: `python -m tests.bench.confirm`.

Over HTTP, on the web as docker-compose.yml runs it: two processes. Every client confirms orders of two items, all in
the day of its own member of staff, with a third of a second between them: eight clerks who are very quick. So nobody
should wait for anybody, and what is seen is how far they get in each other's way. Without that pause eight clients
keep two cores fully busy whatever is locked, and four times the time is what arithmetic allows: told beside it.
"""

import http.client
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import time, timedelta
from random import Random
from time import perf_counter, sleep

from tests.bench.ground import percentile, prepared, tell
from tests.faults.stack import ROOT, Stack
from tests.ports import free_port, wait_for

CLIENTS, ORDERS, ROUNDS, LIMIT = 8, 15, 3, 3.0
PAUSE = 1 / 3
"""Seconds from one order's answer to the next, on average."""
CONFIRM = """mutation($id: ID!) { confirmOrder(input: { orderId: $id }) {
  order { status items { appointment { start staff { name } } } } userErrors { code message } } }"""


def build() -> tuple[str, list[list[str]]]:
    """An admin's token, and the orders of each client: enough for every round alone and together."""
    from backend.core.viewer import Role
    from tests import factories
    from tests.client import gid
    from tests.factories.orders import MONDAY

    factories.add_postcodes()
    orders: list[list[str]] = []
    services = [factories.service(), factories.service()]
    for _ in range(CLIENTS):
        person = factories.staff_member(*services)
        slots = [
            (MONDAY + timedelta(weeks=week, days=day), at)
            for week in range(8)
            for day in range(5)
            for at in (time(9), time(11, 30), time(14))
        ]
        orders.append(
            [
                gid(factories.pending_order(*services, staff=person, scheduled_date=day, scheduled_time=at))
                for day, at in slots[: ORDERS * (ROUNDS + 3)]
            ]
        )
    return factories.token_for(factories.user(Role.ADMIN)), orders


@contextmanager
def web(stack: Stack) -> Iterator[int]:
    """Two processes of four threads, as in docker-compose.yml with its two replicas; the port."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "4"]
    command += ["--no-ws", "--port", str(port), "--log-level", "error", "backend.wsgi:application"]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def confirm_all(port: int, token: str, orders: list[str], pause: float) -> list[float]:
    """Seconds that each takes, one after the other on one connection."""
    dice = Random(orders[0])  # noqa: S311
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    seconds = []
    for order_id in orders:
        sleep(dice.random() * 2 * pause)
        body = json.dumps({"query": CONFIRM, "variables": {"id": order_id}})
        began = perf_counter()
        connection.request("POST", "/graphql/", body, headers)
        answer = json.loads(connection.getresponse().read())
        seconds.append(perf_counter() - began)
        assert answer["data"]["confirmOrder"]["userErrors"] == [], answer
    connection.close()
    return seconds


def measure(port: int, token: str, orders: list[list[str]]) -> int:
    """Tell the ratio of the 95th percentiles."""

    def take(client: int) -> list[str]:
        taken, orders[client] = orders[client][:ORDERS], orders[client][ORDERS:]
        return taken

    with ThreadPoolExecutor(CLIENTS) as pool:

        def together(pause: float) -> float:
            batches = [take(client) for client in range(CLIENTS)]
            results = pool.map(lambda batch: confirm_all(port, token, batch, pause), batches)
            return percentile([second for result in results for second in result], 95) * 1000

        together(0)  # both processes have warmed up
        at_full_speed = together(0)
        alone = (
            percentile([second for n in range(ROUNDS) for second in confirm_all(port, token, take(n), PAUSE)], 95)
            * 1000
        )
        many = statistics.median(together(PAUSE) for _ in range(ROUNDS))
    details = f"{many:.0f} ms against {alone:.0f} ms; without a pause {at_full_speed:.0f} ms"
    return tell(f"confirmOrder, p95 of {CLIENTS} clients against alone", many / alone, LIMIT, details)


def main() -> int:
    with prepared(COST_BUDGET="1000000000", COST_RESTORE_PER_SECOND="1000000000", LOG_LEVEL="ERROR") as stack:
        token, orders = build()
        with web(stack) as port:
            return measure(port, token, orders)


if __name__ == "__main__":
    sys.exit(main())
