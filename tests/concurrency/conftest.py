"""Our guards taken away, for the controls that prove them needed."""

import threading
from collections.abc import Iterator, Sequence

import pytest
from django.db import connection

from backend.scheduling.actions import booking
from backend.scheduling.models import Claim
from backend.scheduling.rules import VisitPlan


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
    look = booking._refuse_taken

    def look_and_wait(visits: Sequence[VisitPlan]) -> None:
        look(visits)
        barrier.wait(timeout=60)

    monkeypatch.setattr(booking, "lock_staff", lambda staff_ids: {})
    monkeypatch.setattr(booking, "_refuse_taken", look_and_wait)
    return barrier
