"""A backup that is killed half-way counts for nothing, and the next one is whole."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import connection

from backend.core.backups import find_backup, list_backups, store_at

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

FILES = 2_000


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a process on the test database, with many stored files, so that there is time to be killed in."""
    home = tmp_path / "home"
    media = FileSystemStorage(location=home / "media")
    for number in range(FILES):
        media.save(f"photos/{number}.jpg", ContentFile(b"x" * 2_000))
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    changes = {"DATABASE_URL": url, "ROTA_HOME": str(home), "BACKUP_URL": str(tmp_path / "backups")}
    return os.environ | changes | {"DJANGO_SETTINGS_MODULE": "backend.settings.testing"}


def start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "manage.py", "backup"]
    return subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.DEVNULL)


def test_killed_while_it_copies_files(environment: dict[str, str]) -> None:
    backups = Path(environment["BACKUP_URL"])
    process = start(environment)
    deadline = time.monotonic() + 60
    while not any(backups.glob("*/files/photos/1*.jpg")):
        assert process.poll() is None, "it was over before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    store = store_at(str(backups))
    assert list(backups.iterdir()) != []
    assert list_backups(store) == []
    time.sleep(1)  # names go by the second
    assert start(environment).wait(120) == 0
    assert len(find_backup(store, "latest").files) == FILES
