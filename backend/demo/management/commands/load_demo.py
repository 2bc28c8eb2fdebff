"""`manage.py load_demo`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.accounts import queries as accounts_queries
from backend.catalogue import queries as catalogue_queries
from backend.core import clock
from backend.core.viewer import Role, Viewer
from backend.demo import accounts
from backend.demo.loading import Loader

_OFFICE = Viewer(role=Role.ADMIN)


class Command(BaseCommand):
    help = "Put the demo business into an empty database, and say who can sign in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="Leave a database alone that holds anything.")

    def handle(self, *args: Any, **options: Any) -> None:
        """CommandError in production, and where the database holds something (nothing happens with --if-empty)."""
        if not settings.ROTA_ON_ONE_MACHINE:
            raise CommandError("The demo business is never loaded in production.")
        users = accounts_queries.users_visible_to(_OFFICE)
        if not users.exists() and not catalogue_queries.services_visible_to(_OFFICE).exists():
            Loader(clock.now()).load()
        elif not options["if_empty"]:
            raise CommandError("The database is not empty.")
        emails = set(users.filter(email__endswith="@demo.test").values_list("email", flat=True))
        if accounts.CUSTOMER in emails:
            self.stdout.write(accounts.WHO_IS_WHO)
        elif accounts.ADMIN in emails:
            self.stdout.write("\n  The demo business was not loaded to its end: `make clean`, then start again.\n")
