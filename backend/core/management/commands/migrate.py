"""`manage.py migrate`: Django's, but a migration and the note that it was applied are one transaction."""

from typing import Any

from django.core.management.commands import migrate
from django.db import migrations, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState


class WholeOrNotAtAll(MigrationExecutor):
    """Django writes the note after the commit wherever a migration defers SQL: whoever is interrupted in between, or
    killed, has tables that every later start makes once more, and fails.
    """

    def apply_migration(
        self, state: ProjectState, migration: migrations.Migration, *args: Any, **options: Any
    ) -> ProjectState:
        """As Django's. A migration that is not atomic says so, and is left alone."""
        if not migration.atomic:
            return super().apply_migration(state, migration, *args, **options)
        with transaction.atomic(using=self.connection.alias):
            return super().apply_migration(state, migration, *args, **options)


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """As Django's."""
        migrate.MigrationExecutor = WholeOrNotAtAll  # type: ignore[attr-defined]  # it has no other way in
        super().handle(*args, **options)
