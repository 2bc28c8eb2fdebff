"""kill -9 between a file and its row: nothing that is shown is lost, and what nobody names goes by itself."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

from backend.core.clock import now
from backend.core.files import keep
from backend.core.orphans import look_at_files, remove_orphans
from backend.core.viewer import Role
from backend.scheduling.models import Appointment, Photo
from tests import factories
from tests.factories.photos import picture

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

DYING = """
import io, os, signal, sys
import django
django.setup()
from backend.accounts.queries import viewer_for_user
from backend.core import clock, files
from backend.scheduling.actions import delete_photo, photos, upload_photos
user, visit, photo, content = sys.argv[1:]
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
office = viewer_for_user(int(user))
if photo == "-":
    photos.emit = die
    given = [io.BytesIO(open(content, "rb").read())]
    upload_photos(viewer=office, appointment_id=int(visit), photos=given, now=clock.now())
else:
    files.default_storage.delete = die
    delete_photo(viewer=office, photo_id=int(photo), now=clock.now())
"""


@pytest.fixture
def visit(db: None) -> Appointment:
    return factories.direct_booking(factories.service(), staff=factories.staff_member(), status="COMPLETED")


def die(visit: Appointment, media: Path, *, photo: Photo | None = None) -> None:
    """Upload a picture, or delete `photo`, in a process that is killed at the worst of moments."""
    content = media.parent / f"{media.name}.png"
    content.write_bytes(picture())
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    changes = {"DATABASE_URL": url, "MEDIA_URL": str(media), "DJANGO_SETTINGS_MODULE": "backend.settings.testing"}
    arguments = [factories.user(Role.ADMIN).pk, visit.pk, photo.pk if photo else "-", content]
    command = [sys.executable, "-c", DYING, *map(str, arguments)]
    died = subprocess.run(command, cwd=settings.BASE_DIR, env=os.environ | changes, check=False, timeout=120)
    assert died.returncode == -signal.SIGKILL


def files(media: Path) -> int:
    return len([path for path in media.rglob("*") if path.is_file()])


def test_killed_after_the_files_and_before_the_rows(visit: Appointment, media: Path) -> None:
    die(visit, media)
    assert (Photo.objects.count(), files(media)) == (0, 2)
    assert remove_orphans(limit=10, now=now()) == 0
    assert remove_orphans(limit=10, now=now() + timedelta(days=1, minutes=1)) == 2
    assert files(media) == 0


def test_killed_after_the_deletion_and_before_its_files_are_gone(visit: Appointment, media: Path) -> None:
    whole, small = (keep(b"a picture", folder="photos", extension="webp") for _ in range(2))
    photo = factories.photo(visit, key=whole, thumbnail_key=small)
    kept = factories.photo(visit, key=keep(b"b", folder="photos", extension="webp"))
    die(visit, media, photo=photo)
    photo.refresh_from_db()
    assert (photo.deleted_at is not None, files(media)) == (True, 3)
    later = now() + timedelta(days=1, minutes=1)
    assert look_at_files(now=later).missing == [kept.thumbnail_key]
    assert remove_orphans(limit=10, now=later) == 2
    assert [path.name for path in media.rglob("*.webp")] == [kept.key.split("/")[-1]]
