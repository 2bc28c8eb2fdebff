"""Every table of the business leaves a trail, and no column that lets somebody in is in it."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader

from backend.accounts.models import Profile, User
from backend.audit.models import Change
from backend.core.audit import ChangeTrigger, audited, tracked_models
from backend.core.models import IdempotencyKey
from backend.events.models import Delivery, Event, LogState
from backend.geography.models import Postcode
from backend.notifications.models import EmailLog, Reminder, SmsLog
from backend.partners.models import WebhookDelivery
from backend.scheduling.models import ExternalBusy
from workers.models import PeriodicRun

NOT_TRACKED: dict[type[models.Model], str] = {
    Change: "is the trail",
    Event: "is a log, append-only by itself",
    Delivery: "tells what became of events",
    EmailLog: "is a log of what went out",
    SmsLog: "is a log of what went out",
    Reminder: "notes that somebody was reminded",
    LogState: "tells where the log was cut",
    IdempotencyKey: "remembers requests",
    PeriodicRun: "tells when jobs ran",
    WebhookDelivery: "is a log of what was sent",
    ExternalBusy: "mirrors what calendars elsewhere tell",
    Postcode: "is reference data, loaded from a file",
}
"""Models of ours that leave no trail, and why. Whatever else is made must: add `@audited()` to it."""

LOOKS_SECRET = re.compile(r"password|passwd|secret|token|hash|otp|credential|private_key|api_key|refresh|_key$|^key$")
"""Columns with such names let somebody in, or prove who one is."""

NO_SECRETS: set[str] = set()
"""`app.Model.column` that only looks like one."""


def _ours() -> Iterator[type[models.Model]]:
    """Tables of this project, those behind many-to-many fields included."""
    for model in apps.get_models(include_auto_created=True):
        module = model.__module__.split(".")[0]
        if module in ("backend", "schema", "workers") and not model._meta.proxy and model._meta.managed:
            yield model


def test_every_business_model_is_tracked() -> None:
    tracked = {each.model._meta.concrete_model for each in tracked_models()}
    missing = [m._meta.label for m in _ours() if m not in tracked and m not in NOT_TRACKED]
    assert missing == [], "Decorate them with @audited() from backend/core/audit.py"
    assert tracked.isdisjoint(NOT_TRACKED)


def test_every_column_that_looks_secret_is_kept_out() -> None:
    leaks = [
        f"{each.label}.{field.column}"
        for each in tracked_models()
        for field in each.model._meta.concrete_fields
        if LOOKS_SECRET.search(field.column or "") and field.column not in each.secret | each.ignored
    ]
    assert set(leaks) <= NO_SECRETS


def test_every_column_that_names_a_person_goes_with_the_person() -> None:
    looks_personal = re.compile(r"email|phone|line[12]$|notes|contact_|guest_(name|email|phone|language)")
    staying = [
        f"{each.label}.{field.column}"
        for each in tracked_models()
        for field in each.model._meta.concrete_fields
        if looks_personal.search(field.column or "")
        and field.get_internal_type() != "DateTimeField"
        and field.column not in each.personal | each.secret
    ]
    assert staying == []


@pytest.mark.parametrize(
    "column", ["password", "token", "token_hash", "tracking_token", "refresh_token", "secret_key", "totp_secret"]
)
def test_the_pattern_of_secrets_finds_what_it_should(column: str) -> None:
    assert LOOKS_SECRET.search(column)


def test_names_in_the_api_are_unambiguous() -> None:
    names = [each.model.__name__ for each in tracked_models()]
    assert len(names) == len(set(names))


def test_every_tracked_table_has_its_trigger(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'pgtrigger_audit_%%' AND tgenabled <> 'D'"
        )
        found = {row[0].strip('"') for row in cursor.fetchall()}
    assert found == {each.model._meta.db_table for each in tracked_models()}


def test_a_trigger_is_never_older_than_the_table_that_it_writes_to() -> None:
    """Else a migration that changes rows fails on a new installation, where apps migrate one after the other."""
    loader = MigrationLoader(None)
    audit = ("audit", "0001_the_trail")
    for key, migration in loader.disk_migrations.items():
        adds = [op for op in migration.operations if type(op).__name__ == "AddTrigger"]
        if adds and key[0] != "audit":
            assert audit in loader.graph.forwards_plan(key), f"{key}: add {audit} to its dependencies"


def test_a_column_that_does_not_exist_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="has no column pasword"):
        audited(secret=["pasword"])(Profile)


def test_the_trigger_carries_no_list_of_columns() -> None:
    """So that a new column needs no new trigger."""
    (tracked,) = [each for each in tracked_models() if each.model is User]
    assert ChangeTrigger(tracked=tracked).get_func(User) == (
        "PERFORM audit_record('accounts.User', 'id', TG_OP, to_jsonb(OLD), to_jsonb(NEW), "
        "'{password}', '{last_login}'); RETURN NULL;"
    )
