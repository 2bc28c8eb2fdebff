"""Tracking links: whoever holds one sees the one thing that it opens, and is asked for nothing else."""

from datetime import datetime
from typing import TypeVar

from django.db.models import Model, QuerySet, Value

from backend.core.business import business
from backend.core.errors import Required
from backend.core.references import may_be_token
from backend.core.throttle import Bucket, require_within

TOKEN_LOOKUPS = Bucket("tracking-token", capacity=60, per_second=1)
"""Sixty tries with a tracking token from one network address, whatever it should open, then one a second."""

Row = TypeVar("Row", bound=Model)


def limit_token(tracking_token: str | None, *, address: str) -> None:
    """RateLimited for too many tries with tokens from one network address."""
    if tracking_token is not None:
        require_within(TOKEN_LOOKUPS, address)


def require_one_name(row_id: int | None, tracking_token: str | None, *, what: str, field: str, address: str) -> None:
    """Required under `field` unless `what` is named by exactly one of the two; RateLimited for tries with tokens."""
    if (row_id is None) == (tracking_token is None):
        raise Required(f"Name the {what}: either by its id or by its tracking token.", (field,))
    limit_token(tracking_token, address=address)


def find_by_token(rows: QuerySet[Row], tracking_token: str, *, column: str = "tracking_token") -> Row | None:
    """The row that carries the token, whether or not its link has run out. What could be no token is never looked for.

    Whoever holds the token may see the row: nobody else is asked.
    """
    return rows.filter(**{column: tracking_token}).first() if may_be_token(tracking_token) else None


def link_expired(ended_at: datetime | None, renewed_at: datetime | None, *, now: datetime) -> bool:
    """Whether a link has run out: a while after the end of what it opens, or after it was made anew.

    The while is a setting of the business. The link of what goes on (`ended_at` is None) has not run out.
    """
    if ended_at is None:
        return False
    return now > max(ended_at, renewed_at or ended_at) + business().tracking_link_lifetime


def opened(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Mark rows as opened by whoever holds their token, or has just made them: all their own fields are shown."""
    return rows.annotate(is_opened=Value(value=True))  # type: ignore[return-value]
