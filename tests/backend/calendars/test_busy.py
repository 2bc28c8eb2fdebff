"""What else stands in the calendar of a member of staff blocks their time, where both they and the business want it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from backend.accounts.queries import viewer_for_user
from backend.calendars.actions import complete_connection, connect_calendar, disconnect_calendar, update_settings
from backend.calendars.actions.busy import read_busy_times
from backend.calendars.models import CalendarConnection
from backend.calendars.rules import CalendarSettings, Provider
from backend.core.errors import InvalidInput
from backend.core.transactions import use_case
from backend.scheduling.models import ExternalBusy
from tests import factories
from tests.backend.calendars.conftest import Connect
from tests.backend.calendars.test_google import visit_of
from tests.factories.business import NOW
from tests.fakes.google import GoogleFake
from tests.fakes.microsoft import MicrosoftFake
from tests.personas import Personas
from tests.syncing import sync_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "london")]

MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)


def hours(low: float, high: float) -> tuple[datetime, datetime]:
    return MONDAY + timedelta(hours=low), MONDAY + timedelta(hours=high)


def blocked() -> list[tuple[datetime, datetime]]:
    rows = ExternalBusy.objects.values_list("period", flat=True)
    return sorted((period.lower, period.upper) for period in rows)


@pytest.fixture(autouse=True)
def _wanted(settings: Settings) -> None:
    settings.ROTA_BUSINESS = replace(settings.ROTA_BUSINESS, external_busy_blocks=True)


sweep = use_case(read_busy_times)


def test_own_visits_free_times_and_whole_days_block_nothing(
    personas: Personas, google: GoogleFake, connect: Connect
) -> None:
    visit_of(personas)
    google.page_size = 2
    google.add_by_hand(*hours(4, 5), summary="Dentist")
    google.add_by_hand(*hours(6, 7), summary="Maybe", transparency="transparent")
    google.change_by_hand(google.add_by_hand(*hours(7, 8)), start={"date": "2027-03-01"}, end={"date": "2027-03-02"})
    google.add_by_hand(*hours(24 * 300, 24 * 300 + 1))
    connect(personas.staff.user, busy_blocks=True)
    assert blocked() == [hours(4, 5)]
    assert ExternalBusy.objects.get().staff == personas.staff
    assert "Dentist" not in str(ExternalBusy.objects.values())


def test_what_changes_there_is_read_again(personas: Personas, google: GoogleFake, connect: Connect) -> None:
    connect(personas.staff.user, busy_blocks=True)
    key = google.add_by_hand(*hours(4, 5))
    assert sweep(limit=10, now=NOW) == 1
    sync_all(now=NOW)
    assert blocked() == [hours(4, 5)]
    google.delete_by_hand(key)
    sweep(limit=10, now=NOW)
    sync_all(now=NOW)
    assert blocked() == []


def test_nothing_is_read_unless_both_want_it(
    personas: Personas, google: GoogleFake, connect: Connect, settings: Settings
) -> None:
    google.add_by_hand(*hours(4, 5))
    row = connect(personas.staff.user)
    assert (sweep(limit=10, now=NOW), blocked()) == (0, [])
    settings.ROTA_BUSINESS = replace(settings.ROTA_BUSINESS, external_busy_blocks=False)
    viewer = viewer_for_user(row.user_id)
    update_settings(viewer=viewer, connection_id=row.pk, wishes=CalendarSettings(busy_blocks=True), now=NOW)
    assert sweep(limit=10, now=NOW) == 0
    sync_all(now=NOW)
    assert blocked() == []


def test_only_staff_can_wish_for_it(personas: Personas, connect: Connect) -> None:
    with pytest.raises(InvalidInput) as refused:
        connect(personas.customer.user, busy_blocks=True)
    assert refused.value.field == ("settings", "busy_blocks")


@pytest.mark.parametrize("how", ["settings", "disconnect", "revoked"])
def test_what_nobody_reads_any_more_blocks_nothing(
    how: str, personas: Personas, google: GoogleFake, connect: Connect
) -> None:
    google.add_by_hand(*hours(4, 5))
    row = connect(personas.staff.user, busy_blocks=True)
    assert blocked() == [hours(4, 5)]
    viewer = viewer_for_user(row.user_id)
    if how == "settings":
        update_settings(viewer=viewer, connection_id=row.pk, wishes=CalendarSettings(), now=NOW)
    elif how == "disconnect":
        disconnect_calendar(viewer=viewer, connection_id=row.pk, now=NOW)
    else:
        google.revoke_all()
        sweep(limit=10, now=NOW)
    sync_all(now=NOW)
    assert blocked() == []


def test_microsoft_is_read_page_by_page(personas: Personas, microsoft: MicrosoftFake) -> None:
    for day in range(105):
        microsoft.add_by_hand(*hours(24 * day + 4, 24 * day + 5))
    microsoft.add_by_hand(*hours(6, 7), showAs="free")
    microsoft.add_by_hand(*hours(7, 8), isAllDay=True)
    factories.direct_booking(factories.service(), staff=personas.staff, start=MONDAY)
    viewer = viewer_for_user(personas.staff.user.pk)  # type: ignore[union-attr]
    wishes = CalendarSettings(busy_blocks=True)
    asked = connect_calendar(viewer=viewer, provider=Provider.OUTLOOK, wishes=wishes, now=NOW)
    complete_connection(viewer=viewer, **microsoft.agree(asked.url), now=NOW)
    sync_all(now=NOW)
    assert CalendarConnection.objects.get().state == "CONNECTED"
    assert len(microsoft.events) == 108
    assert blocked() == [hours(24 * day + 4, 24 * day + 5) for day in range(105)]
