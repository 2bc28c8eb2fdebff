#!/usr/bin/env python3
"""One entry for everything: `./manage.py up` is the whole product on embedded servers."""

import os
import sys


def main() -> None:
    """Start the bundled servers that the environment does not name, then hand over to Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings.local")
    from backend.core.embedded import EmbeddedServerError, start_missing

    if "--help" not in sys.argv and os.environ["DJANGO_SETTINGS_MODULE"] != "backend.settings.production":
        try:
            start_missing(os.environ)
        except (EmbeddedServerError, PermissionError) as error:
            sys.exit(f"The embedded servers did not start: {error}")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
