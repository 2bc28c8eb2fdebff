"""A small HTTP server in a thread. Requests are answered one at a time: what they change needs no lock of its own."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: Any
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def parts(self) -> list[str]:
        """The path, piece by piece, decoded after it is split."""
        return [unquote(part) for part in self.path.split("/") if part]


@dataclass
class Reply(Exception):
    """One answer; raised to leave early."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Fake:
    """What providers have in common: a log, trouble to order, and being away."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.trouble: list[Callable[[Asked], Reply | None]] = []
        """Each is asked in turn before the fake answers by itself."""
        self.is_down = False
        self.url = ""

    def answer(self, asked: Asked) -> Reply:
        raise NotImplementedError

    def once(self, reply: Reply, *, method: str = "", path: str = "") -> None:
        """Answer the next request that fits with `reply`."""

        def spoil(asked: Asked) -> Reply | None:
            if (method and asked.method != method) or path not in asked.path:
                return None
            self.trouble.remove(spoil)
            return reply

        self.trouble.append(spoil)

    def count(self, method: str, path: str = "") -> int:
        """How many requests of this kind came."""
        return sum(1 for asked in self.asked if asked.method == method and path in asked.path)


def _handler(fake: Fake) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), self.headers, body)
            with lock:
                if fake.is_down:
                    self.close_connection = True
                    self.connection.close()
                    return
                fake.asked.append(asked)
                reply = _reply(fake, asked)
            content = b"" if reply.body is None else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json; charset=utf-8", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        def log_message(self, *_: Any) -> None:
            """Tests ask `asked`."""

    return Handler


def _reply(fake: Fake, asked: Asked) -> Reply:
    for spoil in list(fake.trouble):
        spoilt = spoil(asked)
        if spoilt is not None:
            return spoilt
    try:
        return fake.answer(asked)
    except Reply as reply:
        return reply


@contextmanager
def served(fake: Fake, port: int = 0) -> Iterator[str]:
    """The fake on this port, or on one of its own; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(fake))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake.url
    finally:
        server.shutdown()
        server.server_close()
