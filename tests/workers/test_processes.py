"""A process that can no longer do its work ends, so that its supervisor starts another."""

import os
import signal
import threading

import pytest

from workers import processes


class Endless:
    """Stands where the relay stands, and runs until it is stopped."""

    def __init__(self) -> None:
        self._ended = threading.Event()

    def run(self) -> None:
        self._ended.wait()

    def stop(self) -> None:
        self._ended.set()


class Short(Endless):
    """Dies at once."""

    def run(self) -> None:
        pass


class EndlessThread(Endless, threading.Thread):
    """Stands where the clockwork stands."""

    def __init__(self) -> None:
        threading.Thread.__init__(self, daemon=True)
        Endless.__init__(self)


def test_a_scheduler_whose_relay_has_died_ends_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "Relay", Short)
    monkeypatch.setattr(processes, "Clockwork", EndlessThread)
    with pytest.raises(processes.ThreadDied, match="rota-relay"):
        processes.run_scheduler()


class SelfEnding(Endless):
    """Tells its own process to end as soon as it runs: by then the process listens."""

    def run(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        super().run()


def test_sigterm_ends_a_scheduler_in_order_and_restores_the_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "Relay", SelfEnding)
    monkeypatch.setattr(processes, "Clockwork", EndlessThread)
    before = signal.getsignal(signal.SIGTERM)
    processes.run_scheduler()
    assert signal.getsignal(signal.SIGTERM) is before
