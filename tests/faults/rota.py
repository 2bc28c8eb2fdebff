"""`manage.py` with one more event kind and its handlers, for processes that are to be killed.

`probe.fired` makes one row in the table `probe`, which has no constraint whatever: an effect that happened twice shows.
A test may hold one of them up, and be sure that the process is killed in the middle.
"""

import os
import sys
from datetime import datetime

KIND = "probe.fired"
HANDLER = "rota.count"
LOCK = 7_682_002
"""Whoever holds the advisory lock of this number and an event's keeps its handler waiting, half done."""
TABLE = "CREATE TABLE IF NOT EXISTS probe (event_id bigint NOT NULL)"


def main() -> None:
    """Add the handler as a new domain would, then hand over to Django's own commands."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings.local")
    import django

    django.setup()
    from django.core.management import execute_from_command_line
    from django.db import connection

    from backend.events.rules import Happened
    from workers import routing
    from workers.broker import handler

    def count(event: Happened, /, *, now: datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO probe (event_id) VALUES (%s)", [event.event_id])
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, event.event_id])

    count.__module__ = "rota"
    handler(count)
    routing.ROUTES = {**routing.ROUTES, KIND: (HANDLER,)}
    execute_from_command_line(["manage.py", *sys.argv[1:]])


if __name__ == "__main__":
    main()
