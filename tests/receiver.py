"""A receiver of webhooks: real HTTP on a port of its own, with moods. It remembers everything that it was sent."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Got:
    """One request."""

    path: str
    headers: dict[str, str]
    body: str
    answered: int

    @property
    def message_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told


Mood = Callable[[Got], int | tuple[int, dict[str, str], bytes]]
"""Which status, or status, headers and body, a request is answered with. It may sleep."""


@dataclass
class Receiver:
    """`mood` decides; `got` holds every request, `taken` those that were answered from 200 to 299."""

    port: int
    mood: Mood = lambda got: 204
    got: list[Got] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    @property
    def taken(self) -> list[Got]:
        return [each for each in self.got if 200 <= each.answered < 300]


@contextmanager
def receiving(mood: Mood = lambda got: 204, port: int = 0) -> Iterator[Receiver]:
    """A receiver that listens until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            got = Got(self.path, {name.lower(): value for name, value in self.headers.items()}, body, 0)
            answer = receiver.mood(got)
            status, headers, text = answer if isinstance(answer, tuple) else (answer, {}, b"")
            got.answered = status
            receiver.got.append(got)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status >= 200 and status != 204:
                self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            receiver.got.append(Got(self.path, {}, "", 200))
            self.send_response(204)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    receiver = Receiver(server.server_port, mood)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@contextmanager
def dripping(pause: float = 0.05) -> Iterator[int]:
    """A port behind which somebody answers a header's byte at a time, for ever."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stopping = threading.Event()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not stopping.is_set():
                    try:
                        connection.sendall(b"a")
                    except OSError:
                        return
                    time.sleep(pause)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stopping.set()
            thread.join(5)
