"""Keys are replaced under everything that is sealed, and what no key opens is told of."""

import re
from io import StringIO
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

import backend
from backend.calendars.models import CalendarConnection
from backend.core import resealing
from backend.core.resealing import Progress, reseal_all, sealed_columns
from backend.core.sealing import seal, unseal
from backend.partners.models import WebhookEndpoint
from tests import factories

pytestmark = pytest.mark.django_db

OLD, NEW, STRAY = (Fernet.generate_key().decode() for _ in range(3))


def run() -> str:
    told = StringIO()
    call_command("reseal", stdout=told)
    return told.getvalue()


def calendar(secret: str) -> CalendarConnection:
    return factories.connected_calendar(factories.user(), secrets={"refresh_token": secret})


def endpoint(secret: str, previous: str = "") -> WebhookEndpoint:
    return factories.endpoint(secret=seal(secret), previous_secret=seal(previous) if previous else "")


def opened() -> list[str]:
    """Every secret, as it can be read now."""
    calendars = CalendarConnection.objects.order_by("pk").values_list("sealed", flat=True)
    endpoints = WebhookEndpoint.objects.order_by("pk").values_list("secret", "previous_secret")
    return [unseal(sealed) for sealed in (*calendars, *(each for pair in endpoints for each in pair)) if sealed]


def versions() -> list[tuple[str, ...]]:
    """The transactions that wrote the rows last."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ctid::text, xmin::text FROM calendars_calendarconnection"
            " UNION ALL SELECT ctid::text, xmin::text FROM partners_webhookendpoint"
        )
        return [tuple(row) for row in cursor.fetchall()]


def test_afterwards_the_old_key_can_go(settings: Settings) -> None:
    settings.ROTA_SEALING_KEYS = [OLD]
    calendar("r")
    endpoint("whsec_1", "whsec_0")
    settings.ROTA_SEALING_KEYS = [NEW, OLD]
    before = opened()
    calendar("r2")
    assert run().splitlines() == [
        "calendars.CalendarConnection: 2 of 2",
        "partners.WebhookEndpoint: 1 of 1",
        "calendars.CalendarConnection: 2 under the newest key, 1 of them renewed.",
        "partners.WebhookEndpoint: 1 under the newest key, 1 of them renewed.",
    ]
    settings.ROTA_SEALING_KEYS = [NEW]
    assert opened() == [before[0], '{"refresh_token": "r2"}', "whsec_1", "whsec_0"]


def test_the_first_key_takes_over_from_the_one_that_follows_from_secret_key(settings: Settings) -> None:
    settings.ROTA_SEALING_KEYS = []
    calendar("r")
    endpoint("whsec_1")
    settings.ROTA_SEALING_KEYS = [NEW]
    assert len(opened()) == 2
    run()
    settings.SECRET_KEY = "another" * 10
    assert opened() == ['{"refresh_token": "r"}', "whsec_1"]


def test_a_second_run_writes_nothing(settings: Settings) -> None:
    settings.ROTA_SEALING_KEYS = [OLD]
    calendar("r")
    endpoint("whsec_1")
    settings.ROTA_SEALING_KEYS = [NEW, OLD]
    run()
    before = versions()
    assert "0 of them renewed" in run()
    assert versions() == before


def test_a_run_that_was_cut_off_is_begun_again_where_it_was(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ROTA_SEALING_KEYS = [OLD]
    for number in range(5):
        endpoint(f"whsec_{number}")
    settings.ROTA_SEALING_KEYS = [NEW, OLD]
    monkeypatch.setattr(resealing, "BATCH", 2)

    def pull_the_plug(progress: Progress) -> None:
        assert (progress.seen, progress.total) == (2, 5)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reseal_all(tell=pull_the_plug)
    seen: list[int] = []
    _, endpoints = reseal_all(tell=lambda progress: seen.append(progress.seen))
    assert (seen, endpoints.renewed) == ([2, 4, 5], 3)
    settings.ROTA_SEALING_KEYS = [NEW]
    assert opened() == [f"whsec_{number}" for number in range(5)]


def test_what_no_key_opens_stays_as_it_is_and_is_named(settings: Settings) -> None:
    settings.ROTA_SEALING_KEYS = [STRAY]
    lost = calendar("r")
    settings.ROTA_SEALING_KEYS = [NEW]
    calendar("r2")
    with pytest.raises(CommandError) as error:
        run()
    assert str(error.value).splitlines()[1:] == [f"  calendars.CalendarConnection {lost.pk}"]
    assert CalendarConnection.objects.get(pk=lost.pk).sealed == lost.sealed


def test_every_domain_that_seals_says_where() -> None:
    """A column that nobody has spoken for would be lost with its key."""
    root = Path(*backend.__path__)
    sealing = {
        path.relative_to(root).parts[0]
        for path in root.rglob("*.py")
        if re.search(r"^from backend\.core\.sealing import .*\bseal\b", path.read_text(), re.MULTILINE)
    }
    assert sealing - {"core"} == {model.partition(".")[0] for model in sealed_columns()}
    for model in CalendarConnection, WebhookEndpoint:
        hidden = {field.name for field in model._meta.fields} & {"sealed", "secret", "previous_secret"}
        assert hidden == set(sealed_columns()[model._meta.label])
