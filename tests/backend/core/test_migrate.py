"""`manage.py migrate`: whoever is interrupted finds a migration whole, or not there at all."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from backend.core.management.commands.migrate import WholeOrNotAtAll

pytestmark = pytest.mark.django_db(transaction=True)


class WithDeferredSql(migrations.Migration):
    """A table with a foreign key, whose constraint Django defers to the end."""

    operations = (
        migrations.CreateModel(
            "Half",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("category", models.ForeignKey("catalogue.Category", models.CASCADE)),
            ],
            options={"db_table": "half_a_migration"},
        ),
    )


def interrupted(executor: type[MigrationExecutor], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Apply a migration, be interrupted before the note; whether its table is there."""

    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(MigrationRecorder, "record_applied", interrupt)
    state: ProjectState = MigrationLoader(connection).project_state()
    with pytest.raises(KeyboardInterrupt):
        executor(connection).apply_migration(state, WithDeferredSql("0999_half", "catalogue"))
    there = "half_a_migration" in connection.introspection.table_names()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS half_a_migration")
    return there


def test_a_migration_that_was_not_noted_leaves_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not interrupted(WholeOrNotAtAll, monkeypatch)


def test_control_as_django_does_it_the_table_stays_and_nobody_knows_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert interrupted(MigrationExecutor, monkeypatch)


def test_the_command_applies_migrations_in_that_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def plan(*_: Any, **__: Any) -> list[Any]:
        raise LookupError("asked for the plan")

    monkeypatch.setattr(WholeOrNotAtAll, "migration_plan", plan)
    with pytest.raises(LookupError, match="asked for the plan"):
        call_command("migrate", verbosity=0)
