#!/usr/bin/env python3
"""One entry for everything: `./manage.py up` is the whole product on embedded servers."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext


def main() -> None:
    """Start the bundled servers that the environment does not name, then hand over to Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings.local")
    from backend.core.embedded import AlreadyServed, EmbeddedServerError

    try:
        with _servers():
            from django.core.management import execute_from_command_line

            execute_from_command_line(sys.argv)
    except AlreadyServed as error:
        sys.exit(str(error))
    except EmbeddedServerError as error:
        sys.exit(f"The embedded servers did not start: {error}")
    except KeyboardInterrupt:
        if _is_up():
            sys.exit("Stopped.")
        raise


def _is_up() -> bool:
    return sys.argv[1:2] == ["up"]


def _servers() -> AbstractContextManager[None]:
    """The bundled servers: for `up` as long as it runs, for other commands beyond their end. None in production."""
    from backend.core.embedded import serving, start_missing

    if "--help" in sys.argv or os.environ["DJANGO_SETTINGS_MODULE"] == "backend.settings.production":
        return nullcontext()
    if _is_up():
        return serving(os.environ)
    start_missing(os.environ)
    return nullcontext()


if __name__ == "__main__":
    main()
