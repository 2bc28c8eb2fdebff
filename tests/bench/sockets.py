"""1,000 sockets on one process, from a commit to the clients, against bare ones: `python -m tests.bench.sockets`.

Everyone subscribes with the staff app's own selection, as one of a hundred admins, and hears of every event. The
clients are as thin as can be, for they share the machine with the server: they note when messages came, no more.
"""

import asyncio
import base64
import json
import os
import resource
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import psutil

from tests.bench.ground import percentile, prepared, tell
from tests.faults.stack import ROOT, Stack
from tests.ports import free_port, wait_for

SOCKETS, USERS, EVENTS, BURST = 1_000, 100, 30, 200
RATIO, KIB = 8.0, 60.0

Message = dict[str, Any]


class Client(asyncio.Protocol):
    """The least that can call itself a websocket client: it answers pings and notes when messages came."""

    def __init__(self, hello: list[Message]) -> None:
        self.hello = [json.dumps(message).encode() for message in hello]
        self.arrivals: list[float] = []
        self.last = b""
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._is_open = False
        self._rest = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            "GET /graphql/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )

    def send(self, payload: bytes, opcode: int = 1) -> None:
        """One frame, masked with zeros."""
        length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
        self.transport.write(bytes([0x80 | opcode]) + length + b"\0\0\0\0" + payload)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        data = self._rest + data
        if not self._is_open:
            data = self._opened(data)
        while (frame := _frame(data)) is not None:
            opcode, payload, data = frame
            self._heard(opcode, payload, now)
        self._rest = data

    def _opened(self, data: bytes) -> bytes:
        head, _, rest = data.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head
        self._is_open = True
        if self.hello:
            self.send(self.hello[0])
        else:
            self.ready.set_result(None)
        return rest

    def _heard(self, opcode: int, payload: bytes, now: float) -> None:
        if opcode == 9:
            self.send(payload, 10)
        elif b'"next"' in payload[:60]:
            self.arrivals.append(now)
            self.last = payload
        elif b"connection_ack" in payload:
            self.ready.set_result(None)
            for message in self.hello[1:]:
                self.send(message)
        else:
            raise RuntimeError(f"opcode {opcode}: {payload!r}")


def _frame(data: bytes) -> tuple[int, bytes, bytes] | None:
    """The first whole frame: opcode, payload, and what follows."""
    if len(data) < 2:
        return None
    start, length = 2, data[1] & 127
    if length == 126:
        start, length = 4, int.from_bytes(data[2:4], "big")
    if len(data) < start + length:
        return None
    return data[0] & 15, data[start : start + length], data[start + length :]


async def connect(port: int, hellos: list[list[Message]]) -> list[Client]:
    """A client for each hello, twenty at a time; what has a hello is acknowledged before the next."""
    loop = asyncio.get_running_loop()
    clients: list[Client] = []
    for begin in range(0, len(hellos), 20):
        batch = [Client(hello) for hello in hellos[begin : begin + 20]]
        for client in batch:
            await loop.create_connection(lambda client=client: client, "127.0.0.1", port)  # type: ignore[misc]
        await asyncio.wait_for(asyncio.gather(*(client.ready for client in batch)), 60)
        clients += batch
    await asyncio.sleep(2)  # the last subscriptions begin
    return clients


async def all_have(clients: list[Client], number: int, seconds: float = 20) -> None:
    """Wait until every client has `number` messages, or give up on the rest."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(len(client.arrivals) < number for client in clients):
        await asyncio.sleep(0.02)


def missing(clients: list[Client], number: int) -> int:
    return sum(number - len(client.arrivals) for client in clients)


async def time_deliveries(clients: list[Client], fire: Callable[[], float | None]) -> float:
    """Milliseconds within which 95 of 100 deliveries arrive. `fire` says when it began, or the message does."""
    delays: list[float] = []
    for number in range(1, EVENTS + 1):
        began = await asyncio.to_thread(fire)
        await all_have(clients, number)
        began = began or json.loads(clients[0].last)["sent"]
        delays += [client.arrivals[-1] - began for client in clients if len(client.arrivals) == number]
        await asyncio.sleep(0.05)
    return percentile(delays, 95) * 1000


async def measure_bare() -> float:
    """The 95th percentile of bare sockets, in milliseconds."""
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "tests.bench.bare", str(port)], cwd=ROOT)
    try:
        wait_for(port)
        clients = await connect(port, [[] for _ in range(SOCKETS)])
        request = urllib.request.Request(f"http://127.0.0.1:{port}/", data=b"1", method="POST")

        def fire() -> None:
            urllib.request.urlopen(request).close()  # noqa: S310

        return await time_deliveries(clients, fire)
    finally:
        server.kill()
        server.wait()


async def measure_product(
    stack: Stack, hellos: list[list[Message]], commit: Callable[[], float]
) -> tuple[float, float, int]:
    """The 95th percentile in milliseconds, KiB a socket, and how many deliveries were lost."""
    port = free_port()
    server = stack.start("run_web", "--port", str(port))
    wait_for(port)
    for client in await connect(port, hellos[:100]):  # what a first socket loads is not what each costs
        client.transport.abort()
    await asyncio.sleep(1)
    process = psutil.Process(server.pid)
    before = process.memory_info().rss
    clients = await connect(port, hellos)
    size = (process.memory_info().rss - before) / len(clients) / 1024
    delay = await time_deliveries(clients, commit)

    def burst() -> None:
        for _ in range(BURST):
            commit()

    await asyncio.to_thread(burst)
    await all_have(clients, EVENTS + BURST, seconds=60)
    return delay, size, missing(clients, EVENTS + BURST)


def make_business() -> tuple[list[list[Message]], Callable[[], float]]:
    """What each socket says first, and what commits one event about a visit and says when the COMMIT was sent."""
    from backend.core.transactions import use_case
    from backend.core.viewer import Role
    from backend.events.actions import emit
    from tests import factories
    from tests.factories.business import NOW
    from tests.live.story import FEED, fact, visit

    tokens = [factories.token_for(factories.user(Role.ADMIN)) for _ in range(USERS)]
    appointment = visit(factories.staff_member(name="Anna Smith"))

    @use_case
    def commit() -> float:
        emit([fact(appointment)], now=NOW)
        return time.monotonic()

    hellos: list[list[Message]] = [
        [
            {"type": "connection_init", "payload": {"authorization": f"Bearer {tokens[number % USERS]}"}},
            {"id": "1", "type": "subscribe", "payload": {"query": FEED}},
        ]
        for number in range(SOCKETS)
    ]
    return hellos, commit


def measure(stack: Stack) -> int:
    """Tell the three figures."""
    bare = asyncio.run(measure_bare())
    delay, size, lost = asyncio.run(measure_product(stack, *make_business()))
    faults = tell(
        f"{SOCKETS:,} sockets, commit to client, p95 against bare sockets",
        delay / bare,
        RATIO,
        f"{delay:.0f} ms against {bare:.0f} ms",
    )
    faults += tell(f"{SOCKETS:,} sockets, KiB a socket", size, KIB, "resident memory of the process")
    total = SOCKETS * (EVENTS + BURST)
    faults += tell(f"{SOCKETS:,} sockets, deliveries lost", lost, 0, f"of {total:,}, {BURST} events of them in a burst")
    return min(faults, 1)


def main() -> int:
    """Print the figures; 1 where a limit is missed."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8192), most))
    with prepared() as stack:
        return measure(stack)


if __name__ == "__main__":
    sys.exit(main())
