"""Keys are replaced while calendars stay connected, and a calendar that no key opens is told of."""

import json
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from pytest_django.fixtures import Settings

from backend.calendars.models import CalendarConnection
from backend.core.sealing import unseal
from tests import factories

pytestmark = pytest.mark.django_db

OLD, NEW, STRAY = (Fernet.generate_key().decode() for _ in range(3))


def test_after_a_rotation_the_old_key_can_go(settings: Settings) -> None:
    settings.ROTA_CALENDAR_KEYS = [OLD]
    row = factories.connected_calendar(factories.user(), secrets={"refresh_token": "r"})
    settings.ROTA_CALENDAR_KEYS = [NEW, OLD]
    told = StringIO()
    call_command("rotate_calendar_keys", stdout=told)
    assert told.getvalue() == "1 calendars are under the newest key.\n"
    settings.ROTA_CALENDAR_KEYS = [NEW]
    assert json.loads(unseal(CalendarConnection.objects.get(pk=row.pk).sealed)) == {"refresh_token": "r"}


def test_what_no_key_opens_stays_and_is_counted(settings: Settings) -> None:
    settings.ROTA_CALENDAR_KEYS = [STRAY]
    lost = factories.connected_calendar(factories.user())
    settings.ROTA_CALENDAR_KEYS = [NEW]
    factories.connected_calendar(factories.user())
    told = StringIO()
    with pytest.raises(SystemExit):
        call_command("rotate_calendar_keys", stdout=StringIO(), stderr=told)
    assert told.getvalue().startswith("1 calendars are under a key that is not in CALENDAR_KEYS")
    assert CalendarConnection.objects.get(pk=lost.pk).sealed == lost.sealed
