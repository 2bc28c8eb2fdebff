"""The way out: one POST to an address that somebody else has chosen, without being led into our own network.

A name is resolved and judged where the connection is made, and the connection goes to the very address that was judged:
a name that answers otherwise a moment later (DNS rebinding) changes nothing. TLS and the Host header keep the name.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpcore

from backend.partners.errors import ForbiddenAddress, Unreached

CONNECT_SECONDS, READ_SECONDS, ALL_SECONDS = 5.0, 10.0, 15.0
"""For the connection, for each pause of the receiver, and for everything from the first packet to the last."""

MAX_ANSWER = 16_384
"""Bytes of an answer that are read; the rest is nobody's."""

_KEPT = 2_000

Judge = Callable[[str], bool]
"""Whether an IP address may be connected to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver said. `body` is its beginning, as text."""

    status: int
    body: str
    seconds: float
    retry_after: timedelta | None = None


class Sender(Protocol):
    """Posts one delivery."""

    def post(self, url: str, *, headers: Mapping[str, str], body: str) -> Answer:
        """The answer, whatever it is; Unreached where there was none, ForbiddenAddress where nobody was asked."""
        ...


class HttpSender:
    """HTTP/1.1 over TLS, one connection a delivery. Redirects are answers like others, proxies of ours are not used."""

    def __init__(self, judge: Judge, context: ssl.SSLContext | None = None) -> None:
        self._judge = judge
        self._context = context or _trusted()

    def post(self, url: str, *, headers: Mapping[str, str], body: str) -> Answer:
        began = time.monotonic()
        backend = _Checked(self._judge, deadline=began + ALL_SECONDS)
        limits = {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": READ_SECONDS, "pool": CONNECT_SECONDS}
        try:
            with (
                httpcore.ConnectionPool(self._context, max_connections=1, network_backend=backend) as pool,
                pool.stream(
                    "POST",
                    url,
                    headers=[("Host", urlsplit(url).netloc), *headers.items()],
                    content=body.encode(),
                    extensions={"timeout": limits},
                ) as response,
            ):
                text = _beginning(response.iter_stream())
                retry_after = _retry_after(response.headers)
                return Answer(response.status, text, time.monotonic() - began, retry_after)
        except Unreached as error:
            error.seconds = time.monotonic() - began
            raise
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as error:
            reason = f"{type(error).__name__}: {error}".rstrip(": ")
            raise Unreached(reason[:500], time.monotonic() - began) from error


def _beginning(chunks: Iterable[bytes]) -> str:
    found = b""
    for chunk in chunks:
        found += chunk
        if len(found) >= MAX_ANSWER:
            break
    return found[:MAX_ANSWER].decode("utf-8", "replace").replace("\x00", "")[:_KEPT]


def _retry_after(headers: Iterable[tuple[bytes, bytes]]) -> timedelta | None:
    """Seconds, as nearly all say it; a date would have to be believed together with their clock."""
    value = next((value for name, value in headers if name.lower() == b"retry-after"), b"")
    return timedelta(seconds=int(value)) if value.isdigit() and len(value) < 8 else None


@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Checked(httpcore.NetworkBackend):
    """Connects to addresses that were judged, and to nothing else, until the deadline."""

    def __init__(self, judge: Judge, *, deadline: float) -> None:
        self._judge = judge
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        address = self._address_of(host, port)
        return _Bounded(
            self._sockets.connect_tcp(address, port, timeout, local_address, socket_options), self._deadline
        )

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise ForbiddenAddress("Sockets of this machine are no receivers.")

    def _address_of(self, host: str, port: int) -> str:
        """One of the addresses of a name, all of which must be good: one bad one means that somebody is trying."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise Unreached(f"{host} has no address.") from error
        # A zone (`fe80::1%eth0`) belongs to link-local addresses, which are judged without it.
        addresses = list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))
        if not addresses or not all(self._judge(each) for each in addresses):
            raise ForbiddenAddress(f"{host} leads into a network that is not public.")
        return addresses[0]


class _Bounded(httpcore.NetworkStream):
    """A stream that gives up at its deadline, however many small pieces keep coming."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def _left(self, timeout: float | None) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Unreached(f"No whole answer within {ALL_SECONDS:g} seconds.")
        return left if timeout is None else min(left, timeout)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._left(timeout))
        return _Bounded(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
