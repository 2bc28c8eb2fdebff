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

FILES = 20
DYING = """
import os, signal
import django
django.setup()
from django.core.management import call_command
from backend.core.backups import taking
put, stored = taking.put, []
def put_some(store, path, file, *, name):
    if len(stored) == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    stored.append(path)
    return put(store, path, file, name=name)
taking.put = put_some
call_command("backup")
"""
"""A backup that is killed when its dump and six files are stored."""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a process on the test database, with some stored files."""
    home = tmp_path / "home"
    media = FileSystemStorage(location=home / "media")
    for number in range(FILES):
        media.save(f"photos/{number}.jpg", ContentFile(b"x" * 2_000))
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    changes = {"DATABASE_URL": url, "ROTA_HOME": str(home), "BACKUP_URL": str(tmp_path / "backups")}
    return os.environ | changes | {"DJANGO_SETTINGS_MODULE": "backend.settings.testing"}


def run(environment: dict[str, str], *command: str) -> int:
    """The exit code."""
    return subprocess.run(
        [sys.executable, *command], check=False, cwd=settings.BASE_DIR, env=environment, timeout=120
    ).returncode


def test_killed_while_it_copies_files(environment: dict[str, str]) -> None:
    backups = Path(environment["BACKUP_URL"])
    assert run(environment, "-c", DYING) == -signal.SIGKILL
    assert len(list(backups.glob("*/files/photos/*.jpg"))) == 6
    store = store_at(str(backups))
    assert list_backups(store) == []
    time.sleep(1)  # names go by the second
    assert run(environment, "manage.py", "backup") == 0
    assert len(find_backup(store, "latest").files) == FILES
