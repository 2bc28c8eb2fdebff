"""Ports of this machine for servers that have to be told theirs before they start."""

import secrets
import socket
import time
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port() -> int:
    """A port that nobody listens on now, and that nobody is given by chance until it is used.

    The kernel deals ports out of a range of its own to every outgoing connection and to whoever binds port 0. One from
    there may be gone when the server binds it seconds later; this one lies below.
    """
    low = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else 32_768
    while True:
        port = 10_000 + secrets.randbelow(max(low - 10_000, 1_000))  # not `random`, whose seed all processes share
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def wait_for(port: int, seconds: float = 60) -> None:
    """Until a server listens; OSError where none does in so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
