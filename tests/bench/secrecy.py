"""Whether the time of an answer tells what is there: `python -m tests.bench.secrecy [--times 200] [--write]`.

Both sides of each question are asked in turn, through the whole Django stack and with the real Argon2, so that a busy
machine slows them alike. Of the times it tells the medians, the spread (5th to 95th percentile) and the AUC: how often
an answer about what is there takes longer than one about what is not. 0.5 is a coin; between 0.45 and 0.55 nobody
learns much from hundreds of tries, and tries are limited. A report to be read on a quiet machine, so
`python -m tests.bench` does not list it; `--write` puts it into docs/benchmarks.md.
"""

import argparse
import json
import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from statistics import median
from time import gmtime, perf_counter, strftime
from typing import Any

from tests.bench.__main__ import DOCUMENT
from tests.bench.ground import percentile, prepared

BEGIN, END = "<!-- secrecy: python -m tests.bench.secrecy --write -->", "<!-- end of secrecy -->"

REGISTER = "mutation($input: RegisterInput!) { register(input: $input) { user { email } userErrors { code } } }"
SIGN_IN = "mutation($input: SignInInput!) { signIn(input: $input) { token userErrors { code } } }"
RESET = "mutation($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { accepted } }"
RESEND = "mutation($input: ResendVerificationInput!) { resendVerification(input: $input) { accepted } }"
LINK = "mutation($input: ResendTrackingLinkInput!) { resendTrackingLink(input: $input) { accepted } }"
TRACK = "query($token: String!) { trackOrder(trackingToken: $token) { orderNumber } }"
NODE = "query($id: ID!) { node(id: $id) { id } }"

Ask = Callable[[], str]
"""Asks once; gives the answer without what is its own: e-mails, and what is left in the bucket."""

Question = tuple[str, Ask, Ask]
"""What is asked, of something that is there and may not be told of, and of something that is not."""


def main() -> None:
    """Print a row per question; raise AssertionError where the answers themselves differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.secrecy")
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--write", action="store_true", help="Put the table into docs/benchmarks.md.")
    given = parser.parse_args()
    rows = ["| asked | there, ms (p5–p95) | not there, ms (p5–p95) | AUC |  |", "| --- | --- | --- | --- | --- |"]
    unlimited = {"COST_BUDGET": "1000000000", "COST_RESTORE_PER_SECOND": "1000000000"}
    with prepared(**unlimited):
        for name, there, absent in questions(given.times + 1):
            rows.append(line(name, *side_by_side(there, absent, given.times)))
            sys.stdout.write(rows[-1] + "\n")
            sys.stdout.flush()
    if given.write:
        write(f"Measured {strftime('%Y-%m-%d', gmtime())}, {given.times} of each, by turns.\n\n" + "\n".join(rows))


def questions(times: int) -> Iterator[Question]:
    """Each e-mail is asked for once; of orders and ids there is one that is there, which is asked for again."""
    from schema.ids import encode_id
    from tests import factories
    from tests.client import Api

    numbers = count()
    people = (factories.user(email=f"there{next(numbers)}@example.com").email for _ in range(4 * times))
    there = iter(list(people))
    absent = (f"absent{next(numbers)}@example.com" for _ in range(4 * times))

    def asking(query: str, emails: Iterator[str], **given: Any) -> Ask:
        def ask() -> str:
            email = next(emails)
            return shape(Api()(query, input={"email": email} | given).body, email)

        return ask

    new = {"password": "a-long-and-winding-road", "name": "Ada King"}
    yield "register, taken or free", asking(REGISTER, there, **new), asking(REGISTER, absent, **new)
    wrong = {"password": "not-the-password"}
    yield "signIn, wrong password or no account", asking(SIGN_IN, there, **wrong), asking(SIGN_IN, absent, **wrong)
    yield "requestPasswordReset, account or none", asking(RESET, there), asking(RESET, absent)
    yield "resendVerification, account or none", asking(RESEND, there), asking(RESEND, absent)

    service = factories.service()
    order = factories.pending_order(service)
    theirs, free = {"number": order.order_number}, {"number": "ORD-20270201-ZZZZZZ"}

    def asking_link(given: dict[str, str]) -> Ask:
        return lambda: shape(Api()(LINK, input={"email": "ada@example.com"} | given).body, "")

    yield "resendTrackingLink, an order or none", asking_link(theirs), asking_link(free)

    ended = factories.pending_order(service, status="CANCELLED", cancelled_at=order.created_at.replace(year=2020))

    def tracking(token: str) -> Ask:
        return lambda: shape(Api()(TRACK, token=token).body, "")

    yield "trackOrder, a dead link or no link", tracking(ended.tracking_token), tracking("A" * 43)

    stranger = factories.token_for(factories.user())

    def fetching(number: int) -> Ask:
        given = str(encode_id("Order", number))
        return lambda: shape(Api(stranger)(NODE, id=given).body, "")

    yield "node(id), another's order or none", fetching(order.pk), fetching(order.pk + 10**6)


def shape(body: dict[str, Any], email: str) -> str:
    """An answer but for what is its own."""
    body.get("extensions", {}).get("cost", {}).pop("available", None)
    text = json.dumps(body, sort_keys=True)
    return re.sub(re.escape(email), "EMAIL", text) if email else text


def side_by_side(there: Ask, absent: Ask, times: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each, in turns, the first of either not counted; no bucket ever runs empty."""
    import redis
    from django.conf import settings

    client = redis.Redis.from_url(settings.REDIS_URL)
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(times + 1):
        # Each goes first every other time: what the one leaves warm shall not always help the other.
        pairs = list(zip((there, absent), taken, strict=True))
        answers = set()
        for ask, milliseconds in pairs if turn % 2 else reversed(pairs):
            client.flushdb()
            began = perf_counter()
            answers.add(ask())
            if turn:
                milliseconds.append((perf_counter() - began) * 1000)
        assert len(answers) == 1, f"the answers differ: {answers}"
    client.close()
    return taken


def auc(there: Sequence[float], absent: Sequence[float]) -> float:
    """How often one of the first takes longer than one of the second, ties half (Mann–Whitney U over both counts)."""
    ranked = sorted(absent)
    longer = sum(bisect_left(ranked, each) + bisect_right(ranked, each) for each in there) / 2
    return longer / (len(there) * len(absent))


def line(name: str, there: list[float], absent: list[float]) -> str:
    """A row of the table."""
    found = auc(there, absent)
    cells = [name, *map(_spread, (there, absent)), f"{found:.3f}", "ok" if 0.45 <= found <= 0.55 else "differs"]
    return f"| {' | '.join(cells)} |"


def _spread(values: Sequence[float]) -> str:
    return f"{median(values):.1f} ({percentile(values, 5):.1f}–{percentile(values, 95):.1f})"


def write(text: str) -> None:
    """Replace the table in the document; the first time, add it at the end."""
    document = DOCUMENT.read_text()
    if BEGIN not in document:
        document += f"\n## What the time of an answer tells\n\n{BEGIN}\n{END}\n"
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


if __name__ == "__main__":
    main()
