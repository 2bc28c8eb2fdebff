"""`manage.py restore`: make database and files what they were."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.core.backups import BackupError, find_backup, restore_backup, store_at
from backend.core.management.backups import url_from


class Command(BaseCommand):
    help = "Restore a backup into an empty database, or with --replace in the place of what is there."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="The backup's name, or `latest`.")
        parser.add_argument("--from", dest="store", default="", help="A folder or s3://bucket/prefix; else BACKUP_URL.")
        parser.add_argument("--replace", action="store_true", help="Throw away what the database holds now.")

        parser.add_argument(
            "--despite-others", action="store_true", help="Although others are connected, such as an idle pooler."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """CommandError where it could not be done; the database is then as it was."""
        try:
            store = store_at(url_from(options["store"]))
            manifest = find_backup(store, options["name"])
            restore_backup(
                store,
                manifest,
                replace=options["replace"],
                despite_others=options["despite_others"],
                tell=self.stdout.write,
            )
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Now run `manage.py migrate`, in case this Rota is newer than the backup, and start it.")
