"""Lists, a page at a time: Relay connections by keyset, at most 100 rows, in a total order."""

from inspect import isawaitable
from typing import Any

import strawberry
from django.db.models import Q, QuerySet
from strawberry import relay
from strawberry_django.optimizer import is_optimized_by_prefetching
from strawberry_django.relay import DjangoCursorConnection, OrderedCollectionCursor
from strawberry_django.relay.cursor_connection import annotate_ordering_fields

from backend.core.errors import InvalidInput, OutOfRange

MAX_PAGE = 100
_LONGEST_CURSOR = 2_000


@strawberry.type(name="Connection", description="A page of a list.")
class Connection(DjangoCursorConnection[relay.NodeType]):
    """Pages by keyset: page 1,000 costs what page 1 does. `totalCount` is counted only where it is asked for."""

    @classmethod
    def resolve_connection(
        cls,
        nodes: Any,
        *,
        info: Any,
        before: str | None = None,
        after: str | None = None,
        first: int | None = None,
        last: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Without `first` and `last`, the first 100.

        Raises OutOfRange for a page below 0 or above 100, InvalidInput for both ends at once, and for a cursor of
        another list or order.
        """
        first, last = _page(first, last)
        bounded = nodes
        if isinstance(nodes, QuerySet) and not is_optimized_by_prefetching(nodes):
            for name, cursor, is_before in (("after", after, False), ("before", before, True)):
                if cursor is not None:
                    bounded = bounded.filter(_bound(nodes, cursor, name=name, is_before=is_before))
        page = super().resolve_connection(
            bounded, info=info, before=before, after=after, first=first, last=last, **kwargs
        )
        return _counting_async(page, nodes) if isawaitable(page) else _counting(page, nodes)


def _page(first: int | None, last: int | None) -> tuple[int | None, int | None]:
    for name, value in (("first", first), ("last", last)):
        if value is not None and not 0 <= value <= MAX_PAGE:
            raise OutOfRange(f"`{name}` lies between 0 and {MAX_PAGE}.", (name,))
    if first is not None and last is not None:
        raise InvalidInput("Say `first` or `last`, not both.", ("last",))
    return (MAX_PAGE, None) if first is None and last is None else (first, last)


def _bound(rows: QuerySet[Any], cursor: str, *, name: str, is_before: bool) -> Q:
    """`a >= x` for a cursor at x: the comparison that follows it, `a > x OR (a = x AND id > y)`, can't use an index.

    Nothing where the first column may be null. Raises InvalidInput for what is no cursor of these rows.
    """
    _, descriptors, _ = annotate_ordering_fields(rows)
    try:
        if len(cursor) > _LONGEST_CURSOR:
            raise ValueError("too long for a cursor")
        value = OrderedCollectionCursor.from_cursor(cursor, descriptors).field_values[0]
    except (ValueError, ArithmeticError) as error:
        raise InvalidInput(f"`{name}` is no cursor of this list in this order.", (name,)) from error
    column = descriptors[0]
    if column.maybe_null or value is None:
        return Q()
    lookup = "lte" if is_before ^ column.order_by.descending else "gte"
    return Q((f"{column.attname}__{lookup}", value))


def _counting(page: Any, rows: Any) -> Any:
    """Let `totalCount` count the whole list, not what lies behind the cursor."""
    if page.total_count_qs is not None:
        page.total_count_qs = rows
    return page


async def _counting_async(page: Any, rows: Any) -> Any:
    return _counting(await page, rows)
