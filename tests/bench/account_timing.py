"""Whether the time of an answer tells if an e-mail has an account: `python -m tests.bench.account_timing`.

Both sides of each question are asked in turn, through the whole Django stack and with the real Argon2, so that a busy
machine slows them alike. A report to be read, so `python -m tests.bench` does not list it: a median that differs by
less than the spread tells somebody far away nothing.
"""

import sys
from collections.abc import Callable, Iterator
from itertools import count
from statistics import median
from time import perf_counter
from typing import Any

from tests.bench.ground import percentile, prepared

TIMES = 40

REGISTER = "mutation($input: RegisterInput!) { register(input: $input) { user { email } userErrors { code } } }"
SIGN_IN = "mutation($input: SignInInput!) { signIn(input: $input) { token userErrors { code } } }"
RESET = "mutation($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { accepted } }"

Ask = Callable[[], object]


def main() -> None:
    """Print a line per question."""
    unlimited = {"COST_BUDGET": "1000000000", "COST_RESTORE_PER_SECOND": "1000000000"}
    with prepared(**unlimited):
        for name, there, absent in questions():
            sys.stdout.write(line(name, *side_by_side(there, absent)) + "\n")
            sys.stdout.flush()


def questions() -> Iterator[tuple[str, Ask, Ask]]:
    """What may be asked, of e-mails that have an account and of some that have none; each is asked for once."""
    from tests import factories
    from tests.client import Api

    numbers = count()
    people = [factories.user(email=f"there{n}@example.com").email for n in range(3 * (TIMES + 1))]
    api, there, absent = Api(), iter(people), (f"absent{n}@example.com" for n in numbers)

    def asking(query: str, emails: Iterator[str], **given: Any) -> Ask:
        return lambda: api(query, input={"email": next(emails)} | given).data

    new = {"password": "a-long-and-winding-road", "name": "Ada King"}
    yield "register, taken and free", asking(REGISTER, there, **new), asking(REGISTER, absent, **new)
    wrong = {"password": "not-the-password"}
    yield "sign in, wrong password and no account", asking(SIGN_IN, there, **wrong), asking(SIGN_IN, absent, **wrong)
    yield "reset, account and none", asking(RESET, there), asking(RESET, absent)


def side_by_side(there: Ask, absent: Ask) -> tuple[list[float], list[float]]:
    """Milliseconds of each, in turns, the first of either not counted; no bucket ever runs empty."""
    import redis
    from django.conf import settings

    client = redis.Redis.from_url(settings.REDIS_URL)
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(TIMES + 1):
        for ask, milliseconds in zip((there, absent), taken, strict=True):
            client.flushdb()
            began = perf_counter()
            ask()
            if turn:
                milliseconds.append((perf_counter() - began) * 1000)
    client.close()
    return taken


def line(name: str, there: list[float], absent: list[float]) -> str:
    """Medians side by side, and between which the middle half of the first lies."""
    low, high = percentile(there, 25), percentile(there, 75)
    medians = f"{median(there):.1f} ms and {median(absent):.1f} ms"
    return f"{name}: {medians}; half of the first in {low:.1f} to {high:.1f} ms"


if __name__ == "__main__":
    main()
