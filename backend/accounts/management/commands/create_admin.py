"""`manage.py create_admin`."""

import sys
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.accounts.actions import create_admin
from backend.core import clock
from backend.core.errors import Refusal, Refusals


class Command(BaseCommand):
    help = "Make an admin's account: the first one of a new installation, or another. Asks for the password, twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="Signs in with it.")
        parser.add_argument("--password-stdin", action="store_true", help="Read the password's line from the input.")
        parser.add_argument("--name", default="Admin", help="As the person wants to be called.")

    def handle(self, *args: Any, **options: Any) -> None:
        """CommandError with everything that is wrong."""
        password = sys.stdin.readline().rstrip("\n") if options["password_stdin"] else self._asked()
        try:
            user = create_admin(email=options["email"], name=options["name"], password=password, now=clock.now())
        except (Refusal, Refusals) as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{user.email} may sign in.")

    def _asked(self) -> str:
        try:
            password = getpass("Password: ")
            if getpass("Again: ") != password:
                raise CommandError("The two passwords differ.")
        except EOFError:
            raise CommandError("There is nobody to ask: pipe the password in, with --password-stdin.") from None
        return password
