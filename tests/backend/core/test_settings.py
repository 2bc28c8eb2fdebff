"""The environment is checked at start; production refuses what is fine on a laptop."""

import os
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet

GOOD = {
    "DJANGO_SETTINGS_MODULE": "backend.settings.production",
    "SECRET_KEY": "k" * 60,
    "DATABASE_URL": "postgresql://rota@db.internal/rota",
    "REDIS_URL": "redis://redis.internal:6379/0",
    "EMAIL_URL": "smtp://mail.internal:25",
    "ALLOWED_HOSTS": "rota.example",
    "MEDIA_URL": "s3://rota/media",
}


def _start(**environment: str) -> str:
    """What `import settings` prints when it fails, or an empty string."""
    done = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; settings.DEBUG"],
        env={"PATH": os.environ["PATH"]} | GOOD | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr if done.returncode else ""


def test_production_starts_with_everything_named() -> None:
    assert _start() == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("DATABASE_URL", ""),
        ("REDIS_URL", ""),
        ("EMAIL_URL", ""),
        ("MEDIA_URL", ""),
        ("DEBUG", "true"),
        ("ROTA_EMBEDDED", "DATABASE_URL"),
        ("ALLOWED_HOSTS", "*"),
    ],
)
def test_production_refuses_to_start_and_names_the_variable(name: str, value: str) -> None:
    assert f"  {name}: " in _start(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROTA_TIME_ZONE", "Mars/Olympus"),
        ("ROTA_CURRENCY", "pounds"),
        ("PORT", "zero"),
        ("MEDIA_URL", "ftp://files.example"),
        ("MEDIA_URL", "s3://"),
        ("ROTA_SLOT_GRID_MINUTES", "7"),
        ("ROTA_ASSIGNMENT", "FAVOURITES"),
    ],
)
def test_a_senseless_value_is_named_at_start(name: str, value: str) -> None:
    assert f"{name}='{value}'" in _start(**{name: value})


def test_sealing_keys_are_read_under_their_old_name_too() -> None:
    new, old = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    asked = "from django.conf import settings; print(*settings.ROTA_SEALING_KEYS)"
    environment = {"PATH": os.environ["PATH"]} | GOOD | {"SEALING_KEYS": new, "CALENDAR_KEYS": old}
    told = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.split() == [new, old]
