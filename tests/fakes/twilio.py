"""A provider of short messages that answers as Twilio documents, over real HTTP."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


class Provider:
    """What was asked of it, and what it answers in turn; then it takes everything."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.url = ""


@contextmanager
def serving(port: int = 0) -> Iterator[Provider]:
    """A provider on this machine."""
    found = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {key: value[0] for key, value in parse_qs(body).items()}
            expected = "Basic " + base64.b64encode(b"AC123:s3cret").decode()
            strict = self.headers["Authorization"] == expected
            strict &= self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            found.asked.append((self.path, form))
            status, answer = found.answers.pop(0) if found.answers else (201, {"sid": "SM1"})
            self.send_response(status if strict else 401)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found.url = f"http://AC123:s3cret@127.0.0.1:{server.server_port}/2010-04-01?from=+442079460000"
        yield found
        server.shutdown()
