"""A knock on the door: "there are new events". It may be lost at no harm, for everyone also looks by themselves.

After a commit, `knock()` wakes a thread of this process, which sends one message to the channel layer however many
commits came meanwhile. So no request ever waits for Redis, and Redis being away costs nothing but a little latency.
"""

import asyncio
import os
import threading
import time

import structlog
from channels.layers import get_channel_layer

GROUP = "events"
_log = structlog.get_logger(__name__)
_lock = threading.Lock()
_knocker: "_Knocker | None" = None


class _Knocker(threading.Thread):
    """One per process; made again after a fork, which copies no threads."""

    def __init__(self) -> None:
        super().__init__(name="rota-knocker", daemon=True)
        self.pid = os.getpid()
        # Not a thread waiting in an executor: Python joins those at exit, and a process that knocked would never end.
        self._loop = asyncio.new_event_loop()
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """From any thread, at any time: have one knock sent."""
        self._loop.call_soon_threadsafe(self._asked.set)

    def run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        layer = get_channel_layer()
        if layer is None:
            raise RuntimeError("CHANNEL_LAYERS names no default layer")
        while True:
            await self._asked.wait()
            self._asked.clear()
            try:
                await layer.group_send(GROUP, {"type": "events.new"})
            except Exception as error:
                _log.warning("wakeup.lost", error=type(error).__name__)
                await asyncio.sleep(0.5)


def knock() -> None:
    """Tell every reader of the event log to look. Returns at once and never fails."""
    global _knocker
    knocker = _knocker
    if knocker is None or knocker.pid != os.getpid() or not knocker.is_alive():
        with _lock:
            knocker = _knocker
            if knocker is None or knocker.pid != os.getpid() or not knocker.is_alive():
                knocker = _knocker = _Knocker()
                knocker.start()
    knocker.ask()


class Listener(threading.Thread):
    """Hears the knocks, for a loop that sleeps in a thread of its own.

    Supervised: a lost connection is made again after a second, and counts as a knock, since some may have been missed
    meanwhile. Whoever waits here looks at the log on a timer as well.
    """

    def __init__(self) -> None:
        super().__init__(name="rota-listener", daemon=True)
        self._knocked = threading.Event()

    def wait(self, timeout: float) -> bool:
        """Sleep until a knock, or `timeout` seconds; whether there was a knock."""
        knocked = self._knocked.wait(timeout)
        self._knocked.clear()
        return knocked

    def interrupt(self) -> None:
        """Wake whoever waits, as a knock does."""
        self._knocked.set()

    def run(self) -> None:
        while True:
            try:
                asyncio.run(self._listen())
            except Exception as error:
                _log.warning("wakeup.deaf", error=type(error).__name__)
            time.sleep(1)
            self._knocked.set()

    async def _listen(self) -> None:
        layer = get_channel_layer()
        if layer is None:
            raise RuntimeError("CHANNEL_LAYERS names no default layer")
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        while True:
            await layer.receive(channel)
            self._knocked.set()
