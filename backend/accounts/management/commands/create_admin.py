"""`manage.py create_admin`."""

from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.accounts.actions import create_admin
from backend.core import clock
from backend.core.errors import Refusal, Refusals


class Command(BaseCommand):
    help = "Make an admin's account: the first one of a new installation, or another. Asks for the password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="Signs in with it.")
        parser.add_argument("--name", default="Admin", help="As the person wants to be called.")

    def handle(self, *args: Any, **options: Any) -> None:
        """CommandError with everything that is wrong."""
        password = getpass("Password: ")
        if getpass("Again: ") != password:
            raise CommandError("The two passwords differ.")
        try:
            user = create_admin(email=options["email"], name=options["name"], password=password, now=clock.now())
        except (Refusal, Refusals) as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{user.email} may sign in.")
