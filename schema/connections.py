"""Lists, a page at a time: Relay connections by keyset, at most 100 rows, in a total order."""

from typing import Any

import strawberry
from strawberry import relay
from strawberry_django.relay import DjangoCursorConnection

from backend.core.errors import InvalidInput, OutOfRange

MAX_PAGE = 100


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
        """Without `first` and `last`, the first 100. InvalidInput for a cursor of another list or order."""
        for name, value in (("first", first), ("last", last)):
            if value is not None and not 0 <= value <= MAX_PAGE:
                raise OutOfRange(f"`{name}` lies between 0 and {MAX_PAGE}.", (name,))
        if first is None and last is None:
            first = MAX_PAGE
        try:
            return super().resolve_connection(
                nodes, info=info, before=before, after=after, first=first, last=last, **kwargs
            )
        except ValueError as error:
            raise InvalidInput("This is not a cursor of this list in this order.", ("after",)) from error
