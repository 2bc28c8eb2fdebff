"""Links to an order: asked for again by whoever lost the mail, and made anew where they have run out."""

from datetime import datetime
from typing import Protocol

from django.db.models import Q

from backend.core.facts import Fact
from backend.core.references import secret_token
from backend.core.text import clean_email, clean_text
from backend.core.throttle import Bucket, require_within
from backend.core.transactions import step, use_case
from backend.events.actions import emit
from backend.orders.events import TrackingLinkRequested
from backend.orders.models import Order
from backend.orders.queries import link_expired, locked_order

LINKS_BY_ADDRESS = Bucket("tracking-link", capacity=10, per_second=10 / 900)
"""Ten links from one network address, then one each 90 seconds: fewer numbers than anybody could guess with."""

LINKS_BY_EMAIL = Bucket("tracking-link-email", capacity=5, per_second=5 / 3600)
"""Five to one e-mail, then one in twelve minutes, whether or not anything belongs to it."""

MAX_NUMBER = 24


class LinkFinder(Protocol):
    """The fact that a link is asked for, which names what the number and the e-mail open, or nothing.

    One statement, found or not: the answer must not tell by its time.
    """

    def __call__(self, *, number: str, email: str) -> Fact: ...


_finders: dict[str, LinkFinder] = {}


def finds_links(prefix: str, finder: LinkFinder) -> None:
    """Say who knows the references that begin with `prefix` (`SUB`): each domain above, when the program starts."""
    _finders[prefix] = finder


def resend_tracking_link(*, number: str, email: str, address: str, now: datetime) -> None:
    """Mail the tracking link to whoever placed what has this number, if the e-mail is theirs.

    The same answer and time whether or not they belong together: it is looked for by one statement, told as one event,
    and all else happens later. `address` is the client's network address. Raises what is wrong with number or e-mail as
    such, and RateLimited by network address and by e-mail.
    """
    number = clean_text(number, field=("number",), max_length=MAX_NUMBER).upper()
    email = clean_email(email, field=("email",))
    require_within(LINKS_BY_ADDRESS, address)
    require_within(LINKS_BY_EMAIL, email)
    finder = _finders.get(number.partition("-")[0], _find_order)
    _ask(fact=finder(number=number, email=email), now=now)


@use_case
def _ask(*, fact: Fact, now: datetime) -> None:
    emit([fact], now=now)


def _find_order(*, number: str, email: str) -> TrackingLinkRequested:
    theirs = Q(customer=None, guest_email=email) | Q(customer__email__iexact=email)
    found = Order.objects.filter(theirs, order_number=number).values_list("pk", "customer_id").first()
    order_id, customer_id = found or (None, None)
    return TrackingLinkRequested(order_id=order_id, customer_id=customer_id)


@step
def renew_link(*, order_id: int, now: datetime) -> bool:
    """Give an order whose link has run out another one, good for as long again; whether it needed one.

    The old token stays dead: whoever finds it in an old mail opens nothing. Raises Order.DoesNotExist.
    """
    order = locked_order(order_id)
    if not link_expired(order, now=now):
        return False
    order.tracking_token, order.tracking_renewed_at = secret_token(), now
    order.save(update_fields=["tracking_token", "tracking_renewed_at"])
    return True
