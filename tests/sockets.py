"""A real server and a real client for tests over sockets: uvicorn on a port of its own, `websockets` in the loop."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import uvicorn
import websockets
from websockets.asyncio.client import ClientConnection

from backend.core.threads import close_connections_of, close_threads

PROTOCOL = websockets.Subprotocol("graphql-transport-ws")

PATIENCE = 60.0
"""Seconds after which what should come is given up: only a broken test ever waits so long."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql/"

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running_server() -> Iterator[Server]:
    """The product's ASGI application under uvicorn, in a thread, so that tests can turn its knobs."""
    from backend.asgi import Application

    application = Application()
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        application, ws_per_message_deflate=False, log_config=None, access_log=False, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield Server(listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(timeout=60)
        listener.close()
        close_threads()
        close_connections_of(application.http.executor, application.http.executor._max_workers)
        assert not thread.is_alive(), "the server does not stop"


class Refused(Exception):
    """The server ended an operation with an `error` message."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors)
        self.errors = errors

    @property
    def codes(self) -> list[str]:
        """`extensions.code` of each error."""
        return [error.get("extensions", {}).get("code", "") for error in self.errors]


@dataclass
class SocketApi:
    """A client of `graphql-transport-ws` on one connection; one reader at a time."""

    connection: ClientConnection
    waiting: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    async def send(self, message: Any) -> None:
        """Anything, as it stands."""
        await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def receive(self, timeout: float = PATIENCE) -> dict[str, Any]:
        """The next message, whatever it is."""
        message: dict[str, Any] = json.loads(await asyncio.wait_for(self.connection.recv(), timeout))
        return message

    async def subscribe(self, query: str, /, id: str | None = None, **variables: Any) -> str:
        """Start an operation of any kind; its id."""
        name = id or str(next(self.numbers))
        payload = {"query": query, "variables": variables}
        await self.send({"id": name, "type": "subscribe", "payload": payload})
        return name

    async def next(self, id: str, timeout: float = PATIENCE) -> dict[str, Any] | None:
        """The next payload of an operation, None at its end; Refused for an `error`. Others' messages are kept."""
        queue = self.waiting.setdefault(id, [])
        while not queue:
            message = await self.receive(timeout)
            if message["type"] == "ping":
                await self.send({"type": "pong"})
            elif "id" in message:
                self.waiting.setdefault(message["id"], []).append(message)
        message = queue.pop(0)
        if message["type"] == "error":
            raise Refused(message["payload"])
        payload: dict[str, Any] | None = message.get("payload") if message["type"] == "next" else None
        return payload

    async def __call__(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """One query or mutation; its payload."""
        name = await self.subscribe(query, **variables)
        payload = await self.next(name)
        assert payload is not None
        assert await self.next(name) is None
        return payload

    async def closed(self, timeout: float = PATIENCE) -> tuple[int | None, str | None]:
        """Wait until the server closes; the code and reason."""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    await self.connection.recv()
        except websockets.ConnectionClosed:
            return self.connection.close_code, self.connection.close_reason

    def cut(self) -> None:
        """Drop the TCP connection without a word, as a train in a tunnel does."""
        self.connection.transport.abort()


@asynccontextmanager
async def open_socket(
    server: Server, token: str | None = None, *, init: bool = True, **options: Any
) -> AsyncIterator[SocketApi]:
    """A connected client, signed in with `token`."""
    given: dict[str, Any] = {"subprotocols": [PROTOCOL], "compression": None, "open_timeout": PATIENCE} | options
    async with websockets.connect(server.socket_url, **given) as connection:
        api = SocketApi(connection)
        if init:
            payload = {"authorization": f"Bearer {token}"} if token else {}
            await api.send({"type": "connection_init", "payload": payload})
            assert (await api.receive())["type"] == "connection_ack"
        yield api
