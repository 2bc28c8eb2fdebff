"""Short lists below an object, such as the extras of a service: one statement for all objects of a page.

The optimizer follows plain relations by itself, but stops at a list that the domain narrows down for the viewer. A
`Nested` goes on for it: it fetches the narrowed rows together with whatever is asked for below them.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Model, Prefetch, QuerySet, prefetch_related_objects
from strawberry_django.optimizer import optimizer

from schema.context import Info


class Nested:
    """The rows of a reverse relation that the viewer may see: a field's `prefetch_related` and its answer."""

    def __init__(self, relation: str, rows: Callable[[Info], QuerySet[Any]]) -> None:
        self.relation = relation
        self.rows = rows
        self.attribute = f"nested_{relation}"

    def __call__(self, info: Info) -> Prefetch[Any]:
        """The optimizer's hint."""
        rows, extension = self.rows(info), optimizer.get()
        return Prefetch(
            self.relation, extension.optimize(rows, info=info) if extension else rows, to_attr=self.attribute
        )

    def of(self, row: Any, info: Info) -> list[Any]:
        """The rows below `row`; fetched now where its own query was none of the optimizer's."""
        parent: Model = row
        if not hasattr(parent, self.attribute):
            prefetch_related_objects([parent], self(info))
        found: list[Any] = getattr(parent, self.attribute)
        return found
