"""confirmOrder by eight clients on different staff, against one alone: `python -m tests.bench.confirm`.

Over HTTP, on the web as docker-compose.yml runs it: two processes. Every client confirms one order of two items after
the other without a pause, all in the day of its own member of staff, so nobody waits for anybody but the processors.
"""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import time, timedelta
from time import perf_counter

from tests.bench.ground import free_port, percentile, prepared, tell, wait_for
from tests.faults.stack import ROOT, Stack

CLIENTS, ORDERS, ROUNDS, LIMIT = 8, 15, 3, 3.0
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
                for day, at in slots[: 2 * ORDERS * ROUNDS + ORDERS]
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


def confirm_all(port: int, token: str, orders: list[str]) -> list[float]:
    """Seconds that each takes, one after the other on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    seconds = []
    for order_id in orders:
        body = json.dumps({"query": CONFIRM, "variables": {"id": order_id}})
        began = perf_counter()
        connection.request("POST", "/graphql/", body, headers)
        answer = json.loads(connection.getresponse().read())
        seconds.append(perf_counter() - began)
        assert answer["data"]["confirmOrder"]["userErrors"] == [], answer
    connection.close()
    return seconds


def measure(port: int, token: str, orders: list[list[str]]) -> int:
    """Tell the ratio of the 95th percentiles, the median of some rounds."""

    def take(client: int) -> list[str]:
        taken, orders[client] = orders[client][:ORDERS], orders[client][ORDERS:]
        return taken

    with ThreadPoolExecutor(CLIENTS) as pool:

        def together() -> list[float]:
            batches = [take(client) for client in range(CLIENTS)]
            results = pool.map(lambda batch: confirm_all(port, token, batch), batches)
            return [second for result in results for second in result]

        together()  # both processes have warmed up
        rounds = []
        for number in range(ROUNDS):
            alone = confirm_all(port, token, take(number))
            rounds.append((percentile(together(), 95) * 1000, percentile(alone, 95) * 1000))
    ratio, (many, one) = sorted((many / one, (many, one)) for many, one in rounds)[ROUNDS // 2]
    return tell(
        f"confirmOrder, p95 of {CLIENTS} clients against alone", ratio, LIMIT, f"{many:.0f} ms against {one:.0f} ms"
    )


def main() -> int:
    with prepared(COST_BUDGET="1000000000", COST_RESTORE_PER_SECOND="1000000000", LOG_LEVEL="ERROR") as stack:
        token, orders = build()
        with web(stack) as port:
            return measure(port, token, orders)


if __name__ == "__main__":
    sys.exit(main())
