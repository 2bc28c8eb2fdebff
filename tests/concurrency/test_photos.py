"""Photos on real commits: the same file sent twice at once, and the last place fought for."""

import threading
from collections import Counter
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from backend.accounts.queries import viewer_for_user
from backend.core.viewer import Role, Viewer
from backend.events.models import Event
from backend.scheduling.actions import delete_photo, photos, upload_photos
from backend.scheduling.models import Appointment, Photo
from backend.scheduling.queries import appointment_for
from backend.scheduling.queries.offences import offences_of_photos
from backend.scheduling.rules import require_room
from tests import factories
from tests.concurrency.racing import WON, all_at_once
from tests.factories.business import NOW
from tests.factories.photos import picture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin(db: None) -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


@pytest.fixture
def visit(db: None) -> Appointment:
    return factories.direct_booking(factories.service(), staff=factories.staff_member(), status="COMPLETED")


def uploading(viewer: Viewer, visit: Appointment, *contents: bytes) -> partial[Any]:
    return partial(
        upload_photos,
        viewer=viewer,
        appointment_id=visit.pk,
        photos=[BytesIO(content) for content in contents],
        now=NOW,
    )


def files(media: Path) -> int:
    return len([path for path in media.rglob("*") if path.is_file()])


def different(number: int) -> list[bytes]:
    return [picture(size=(8, 8 + each)) for each in range(number)]


def test_a_file_that_is_sent_again_while_it_is_on_its_way_is_kept_once(
    admin: Viewer, visit: Appointment, media: Path
) -> None:
    assert all_at_once([uploading(admin, visit, *different(2))] * 4) == [WON] * 4
    assert (Photo.objects.count(), files(media)) == (2, 4)
    assert Event.objects.filter(kind="photo.uploaded").count() == 1


def test_the_last_place_is_taken_once(admin: Viewer, visit: Appointment, media: Path) -> None:
    for _ in range(29):
        factories.photo(visit)
    outcomes = all_at_once([uploading(admin, visit, content) for content in different(5)])
    assert Counter(outcomes) == {WON: 1, "OUT_OF_RANGE": 4}
    assert (Photo.objects.count(), files(media), offences_of_photos()) == (30, 2, [])


def test_control_without_the_lock_on_the_visit_the_last_place_is_taken_by_all(
    admin: Viewer, visit: Appointment, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    barrier, look, find = threading.Barrier(5), require_room, appointment_for

    def look_and_wait(kept: int, new: int) -> None:
        look(kept, new)
        barrier.wait(timeout=60)

    monkeypatch.setattr(photos, "require_room", look_and_wait)
    monkeypatch.setattr(photos, "appointment_for", lambda *given, lock, **named: find(*given, **named))
    for _ in range(29):
        factories.photo(visit)
    assert all_at_once([uploading(admin, visit, content) for content in different(5)]) == [WON] * 5
    assert offences_of_photos() == [f"Visit {visit.pk} has 34 photos."]


def test_a_photo_is_deleted_once(admin: Viewer, visit: Appointment, media: Path) -> None:
    uploading(admin, visit, picture())()
    photo = Photo.objects.get()
    outcomes = all_at_once([partial(delete_photo, viewer=admin, photo_id=photo.pk, now=NOW)] * 4)
    assert Counter(outcomes) == {WON: 1, "NOT_FOUND": 3}
    assert (files(media), Event.objects.filter(kind="photo.deleted").count()) == (0, 1)
