"""A stand-in for Google, and calendars that were connected through it."""

from collections.abc import Callable, Iterator

import pytest
from pytest_django.fixtures import Settings

from backend.accounts.models import User
from backend.accounts.queries import viewer_for_user
from backend.calendars.actions import complete_connection, connect_calendar
from backend.calendars.models import CalendarConnection
from backend.calendars.rules import CalendarSettings, Provider
from backend.settings.calendars import calendar_apps
from tests.factories.business import NOW
from tests.fakes.google import GoogleFake
from tests.fakes.microsoft import MicrosoftFake
from tests.fakes.oauth import CLIENT_ID, CLIENT_SECRET
from tests.fakes.server import served
from tests.syncing import sync_all

Connect = Callable[..., CalendarConnection]


@pytest.fixture
def google(settings: Settings) -> Iterator[GoogleFake]:
    """Google, for as long as a test lasts."""
    fake = GoogleFake()
    with served(fake) as url:
        settings.ROTA_CALENDAR_APPS = calendar_apps(
            {
                "GOOGLE_CLIENT_ID": CLIENT_ID,
                "GOOGLE_CLIENT_SECRET": CLIENT_SECRET,
                "GOOGLE_URL": url,
                "MICROSOFT_CLIENT_ID": "",
                "MICROSOFT_CLIENT_SECRET": "",
                "MICROSOFT_URL": "",
            }
        )
        yield fake


@pytest.fixture
def microsoft(settings: Settings) -> Iterator[MicrosoftFake]:
    """Microsoft, for as long as a test lasts."""
    fake = MicrosoftFake()
    with served(fake) as url:
        settings.ROTA_CALENDAR_APPS = calendar_apps(
            {
                "GOOGLE_CLIENT_ID": "",
                "GOOGLE_CLIENT_SECRET": "",
                "GOOGLE_URL": "",
                "MICROSOFT_CLIENT_ID": CLIENT_ID,
                "MICROSOFT_CLIENT_SECRET": CLIENT_SECRET,
                "MICROSOFT_URL": url,
            }
        )
        yield fake


@pytest.fixture
def connect(google: GoogleFake) -> Connect:
    """Somebody connects a calendar at Google, all the way, and it is synced once."""

    def through(user: User | None, **wishes: object) -> CalendarConnection:
        assert user is not None
        viewer = viewer_for_user(user.pk)
        given = CalendarSettings(**wishes)  # type: ignore[arg-type]
        asked = connect_calendar(viewer=viewer, provider=Provider.GOOGLE, wishes=given, now=NOW)
        complete_connection(viewer=viewer, **google.agree(asked.url), now=NOW)
        sync_all(now=NOW)
        return CalendarConnection.objects.get(pk=asked.row.pk)

    return through
