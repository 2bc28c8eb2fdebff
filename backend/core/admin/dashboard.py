"""The first page of the back office: panels that domains put there, each of a constant number of statements."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from backend.core import clock
from backend.core.admin.doing import RowAction, address_of
from backend.core.admin.viewing import viewer_of
from backend.core.viewer import Viewer

SHOWN = 12
"""The most lines of a panel; the rest is a click away."""


@dataclass(frozen=True, slots=True)
class Button:
    """One click to one row."""

    label: str
    url: str
    classes: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row in a panel: its cells, the page of it, and what can be done to it."""

    cells: Sequence[Any]
    url: str = ""
    buttons: Sequence[Button] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, what it counts, and the list that it counts."""

    label: str
    value: Any
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A part of the dashboard: its tile, figures, and lines under headers. `url` is the whole list."""

    title: str
    tile: Figure | None = None
    """What stands of it in the first row, over all panels."""
    figures: Sequence[Figure] = ()
    headers: Sequence[str] = ()
    lines: Sequence[Line] = ()
    nothing: str = ""
    """What is said where there are no lines."""
    url: str = ""
    icon: str = ""


Maker = Callable[[Viewer, datetime], Panel | None]
M = TypeVar("M", bound=Maker)
_makers: dict[str, tuple[int, Maker]] = {}


def panel(position: int) -> Callable[[M], M]:
    """Put what the function makes on the dashboard, ordered by position; None where the viewer may not see it."""

    def register(maker: M) -> M:
        _makers[f"{maker.__module__}.{maker.__qualname__}"] = (position, maker)
        return maker

    return register


def panels_for(viewer: Viewer, now: datetime) -> list[Panel]:
    """What the viewer's dashboard is made of."""
    makers = [maker for _, (_, maker) in sorted(_makers.items(), key=lambda item: (item[1][0], item[0]))]
    return [made for maker in makers if (made := maker(viewer, now)) is not None]


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's hook: what the page's template is given."""
    return {**context, "panels": panels_for(viewer_of(request), clock.now())}


def inbox(
    waiting: QuerySet[Any],
    *,
    title: str,
    tile: str,
    icon: str,
    url: str,
    headers: Sequence[str],
    cells: Callable[[Any], Sequence[Any]],
    actions: Sequence[RowAction] = (),
    acted_on: Callable[[Any], Model] = lambda row: row,
    nothing: str = "None is waiting.",
) -> Panel:
    """What waits for somebody, in its order, and how much. Two statements where `waiting` joins what `cells` reads.

    A line has those of the `actions` that are offered for what they act on, which is the row itself unless
    `acted_on` leads to another. `url` is the whole list.
    """
    return Panel(
        title=title,
        icon=icon,
        tile=Figure(tile, waiting.count(), url),
        headers=headers,
        lines=[
            Line(
                cells(row),
                page_of(row),
                [button(acted_on(row), action) for action in actions if action.offered(acted_on(row))],
            )
            for row in waiting[:SHOWN]
        ],
        nothing=nothing,
        url=url,
    )


def page_of(model: type[Model] | Model, **query: Any) -> str:
    """The address of a table's list, filtered; of a row, its page."""
    meta = model._meta
    name = f"{admin.site.name}:{meta.app_label}_{meta.model_name}"
    if isinstance(model, Model):
        return reverse(f"{name}_change", args=(model.pk,))
    return reverse(f"{name}_changelist") + (f"?{urlencode(query)}" if query else "")


def button(row: Model, action: RowAction) -> Button:
    """The action on the row, back to the dashboard."""
    back = urlencode({"next": reverse(f"{admin.site.name}:index")})
    return Button(action.label, f"{address_of(row, action)}?{back}", action.classes)
