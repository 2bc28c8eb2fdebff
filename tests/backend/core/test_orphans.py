"""Files that nobody names go after a day, and those that are missing are told."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from structlog.testing import capture_logs

from backend.core.files import keep
from backend.core.orphans import look_at_files, remove_orphans
from backend.scheduling.models import Photo
from tests import factories
from tests.factories.business import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

DAY = timedelta(days=1)


def stored(media: Path, folder: str, *, age: timedelta) -> str:
    """A file that was written so long before NOW."""
    name = keep(b"a picture", folder=folder, extension="webp")
    written = (NOW - age).timestamp()
    os.utime(media / name, (written, written))
    return name


def photo(media: Path) -> Photo:
    """A photo with both its files, long since."""
    whole, small = (stored(media, "photos/2026/12", age=DAY * 60) for _ in range(2))
    visit = factories.direct_booking(factories.service(), staff=factories.staff_member(), status="COMPLETED")
    return factories.photo(visit, key=whole, thumbnail_key=small)


def test_what_no_row_names_goes_once_it_is_a_day_old(media: Path) -> None:
    kept = photo(media)
    avatar = stored(media, "avatars", age=DAY * 60)
    user = factories.user()
    user.profile.avatar = avatar
    user.profile.save()
    fresh = stored(media, "photos/2027/02", age=DAY - timedelta(seconds=1))
    orphans = [stored(media, folder, age=DAY + timedelta(seconds=1)) for folder in ("avatars", "photos/2027/01")]
    foreign = stored(media, "elsewhere", age=DAY * 60)
    assert remove_orphans(limit=10, now=NOW) == 2
    left = {str(path.relative_to(media)) for path in media.rglob("*.webp")}
    assert left == {kept.key, kept.thumbnail_key, avatar, fresh, foreign}
    assert not left & set(orphans)
    assert remove_orphans(limit=10, now=NOW) == 0


def test_the_files_of_a_deleted_photo_are_orphans_where_a_process_died_before_it_removed_them(media: Path) -> None:
    row = photo(media)
    Photo.objects.update(deleted_at=NOW)
    assert look_at_files(now=NOW).orphans == sorted([row.key, row.thumbnail_key])


def test_one_run_removes_so_many(media: Path) -> None:
    for _ in range(3):
        stored(media, "photos", age=DAY * 2)
    assert [remove_orphans(limit=2, now=NOW) for _ in range(3)] == [2, 1, 0]


def test_a_file_that_is_missing_is_told_and_its_row_stays(media: Path) -> None:
    row = photo(media)
    (media / row.key).unlink()
    with capture_logs() as logs:
        assert remove_orphans(limit=10, now=NOW) == 0
    assert [(log["event"], log["files"]) for log in logs] == [("files.missing", [row.key])]
    assert Photo.objects.get().deleted_at is None
    with pytest.raises(CommandError, match=row.key):
        call_command("check_files")


def test_the_command_lists_what_nobody_names(media: Path, capsys: pytest.CaptureFixture[str]) -> None:
    orphan = stored(media, "avatars", age=DAY * 2)
    call_command("check_files")
    assert orphan in capsys.readouterr().out
    assert (media / orphan).exists()
