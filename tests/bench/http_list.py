"""HTTP in its production shape against the limit: `python -m tests.bench.http_list`.

The list that STACK.md names, 50 visits with staff, service, customer, order and items, about 1,500 fields, by 16
clients; and a small `node(id)` by one client. The limit is one `json_agg` statement that a bare ASGI application hands
on: the same JSON, out of the same rows, in the same run.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from tests.bench.ground import prepared, tell
from tests.faults.stack import ROOT

VISITS = 50
ROUNDS = 5
SECONDS = 3.0
WEB_PORT, LIMIT_PORT = 18_401, 18_402

LIST = """query Visits($first: Int!) { appointments(first: $first, ordering: [{start: ASC}]) { edges { node {
  id status start end
  price { amount currency }
  staff { id name }
  service { id name durationMinutes }
  customer { name }
  address { line1 postcode }
  order { orderNumber status items { quantity service { name } totalPrice { amount } } }
} } } }"""

NODE = """query Service($id: ID!) { node(id: $id) {
  id ... on Service { name durationMinutes price { amount currency } } } }"""


@dataclass(frozen=True)
class Target:
    """One comparison and what it should come to."""

    name: str
    clients: int
    at_least: float
    query: str
    variables: dict[str, Any]
    limit_path: str


def main() -> int:
    """Print each ratio beside its target; 1 where one is missed."""
    # One client asks as a thousand would: the budget must not be what is measured.
    endless = {"COST_BUDGET": "1000000000", "COST_RESTORE_PER_SECOND": "1000000000"}
    with prepared(**endless, LOG_LEVEL="ERROR") as stack:
        token, service_id = build()
        with serving(os.environ | stack.environ):
            return max([measure(target, token) for target in targets(service_id)])


def targets(service_id: str) -> list[Target]:
    """What STACK.md asks for."""
    return [
        Target(f"list of {VISITS} visits, 16 clients", 16, 0.08, LIST, {"first": VISITS}, "/list"),
        Target("node(id), 1 client", 1, 0.10, NODE, {"id": service_id}, "/node"),
    ]


def build() -> tuple[str, str]:
    """The rows; a token of an admin, and the id of a service."""
    from backend.core.viewer import Role
    from tests import factories
    from tests.client import gid
    from tests.factories.orders import MONDAY

    services = [factories.service(name=f"Service {n}") for n in range(10)]
    staff = [factories.staff_member(*services, name=f"Staff {n}") for n in range(10)]
    for number in range(VISITS + 10):
        customer = factories.customer(with_user=False)
        day = MONDAY.replace(day=1 + number // 10)
        factories.confirmed_order(
            services[number % 10],
            services[(number + 1) % 10],
            staff=staff[number % 10],
            customer=customer,
            scheduled_date=day,
        )
    return factories.token_for(factories.user(Role.ADMIN)), gid(services[0])


@contextmanager
def serving(environ: dict[str, str]) -> Iterator[None]:
    """Web as in docker-compose.yml, and the limit on one process of uvicorn."""
    web = ["-m", "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "4", "--port", str(WEB_PORT)]
    limit = ["-m", "uvicorn", "tests.bench.limit:application", "--port", str(LIMIT_PORT), "--log-level", "error"]
    commands = [[*web, "--no-ws", "--log-level", "error", "backend.wsgi:application"], [*limit, "--no-access-log"]]
    processes = [subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environ) for command in commands]
    try:
        for port in (WEB_PORT, LIMIT_PORT):
            wait_for(port)
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)


def wait_for(port: int) -> None:
    """Until something listens there."""
    import socket

    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on {port}")


def measure(target: Target, token: str) -> int:
    """One target, in turns with its limit; 1 where it is missed."""
    body = json.dumps({"query": target.query, "variables": target.variables}).encode()
    ours = request("POST", "/graphql/", body, f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n")
    theirs = request("GET", target.limit_path)
    check_same(ours, theirs)
    asyncio.run(rate(WEB_PORT, ours, target.clients))  # every thread of every worker has connected by then
    rounds = []
    for _ in range(ROUNDS):
        web = asyncio.run(rate(WEB_PORT, ours, target.clients))
        rounds.append((web, asyncio.run(rate(LIMIT_PORT, theirs, target.clients))))
    ratio = statistics.median(web / limit for web, limit in rounds)
    web, limit = (statistics.median(each) for each in zip(*rounds, strict=True))
    details = f"{web:.0f} a second against {limit:.0f} of one json_agg statement on bare ASGI"
    return tell(target.name, ratio, target.at_least, details, at_least=True)


def request(method: str, path: str, body: bytes = b"", headers: str = "") -> bytes:
    """One HTTP/1.1 request, whole."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def check_same(ours: bytes, theirs: bytes) -> None:
    """Both tell the same data, or the comparison would mean nothing."""

    async def ask(port: int, what: bytes) -> Any:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
        writer.write(what)
        answer = json.loads(await read_response(reader))
        writer.close()
        return answer

    mine, limit = asyncio.run(ask(WEB_PORT, ours)), asyncio.run(ask(LIMIT_PORT, theirs))
    if "errors" in mine or mine["data"] != limit["data"]:
        raise AssertionError(f"not the same:\n{json.dumps(mine)[:3000]}\n{json.dumps(limit)[:3000]}")


async def rate(port: int, what: bytes, clients: int) -> float:
    """Answers a second that `clients` get, each asking again as soon as it is answered."""
    loop = asyncio.get_running_loop()
    until = loop.time() + SECONDS

    async def client() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
        done = 0
        while loop.time() < until:
            writer.write(what)
            await read_response(reader)
            done += 1
        writer.close()
        return done

    began = loop.time()
    done = await asyncio.gather(*(client() for _ in range(clients)))
    return sum(done) / (loop.time() - began)


async def read_response(reader: asyncio.StreamReader) -> bytes:
    """The body of one response with a Content-Length and status 200."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise AssertionError(head.decode())
    length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    return await reader.readexactly(length)


if __name__ == "__main__":
    raise SystemExit(main())
