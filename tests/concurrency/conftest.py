"""Our guards taken away, for the controls that prove them needed."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.db import connection

from backend.scheduling.actions import booking, room
from backend.scheduling.models import Claim
from backend.scheduling.rules import Stay


@pytest.fixture
def without_constraint(transactional_db: None) -> Iterator[None]:
    """The exclusion constraint is gone for one test."""
    (constraint,) = [each for each in Claim._meta.constraints if each.name == "claim_no_overlap"]
    with connection.schema_editor() as editor:
        editor.remove_constraint(Claim, constraint)
    try:
        yield
    finally:
        Claim.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(Claim, constraint)


@pytest.fixture
def everyone_looks_before_anyone_writes(monkeypatch: pytest.MonkeyPatch) -> threading.Barrier:
    """No lock on the staff row, and the worst of timings: all find the time free before the first takes it."""
    barrier = threading.Barrier(5)
    look = room.require_room

    def look_and_wait(stays: Sequence[Stay], **given: Any) -> None:
        look(stays, **given)
        barrier.wait(timeout=60)

    monkeypatch.setattr(booking, "lock_staff", lambda staff_ids: {})
    monkeypatch.setattr(booking, "require_room", look_and_wait)
    return barrier
