"""What can be done to a row with one click: in its list, on its page, on the dashboard, and to many rows at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse

from backend.core import clock
from backend.core.admin.viewing import viewer_of
from backend.core.business import business
from backend.core.errors import AccessError, Refusal, Refusals
from backend.core.viewer import Permission, Viewer

_LOOKS = {
    "primary": "bg-primary-600 border-transparent text-white",
    "default": "bg-white border-base-200 text-important dark:bg-transparent dark:border-base-700",
    "danger": "bg-red-600 border-transparent text-white",
}
_BUTTON = "border cursor-pointer font-medium inline-flex items-center px-2 py-1 rounded-default whitespace-nowrap"

Act = Callable[[Viewer, Any, datetime, str], object]
"""Calls the use case: who asks, the row, the present, and the reason that was given (empty where none is asked for)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAction:
    """A button that calls a use case. What the use case refuses is told in words, and nothing changes."""

    name: str
    """In addresses: unique within its table."""
    label: str
    done: str
    """What has happened to the row, for "ORD-… confirmed"."""
    act: Act
    offered: Callable[[Any], bool] = lambda row: True
    """Whether the row has a button: a reading of its own columns. The use case decides; this spares a vain click."""
    needs: Permission | None = None
    """The flag without which a manager is not offered it."""
    admins_only: bool = False
    asks_reason: bool = False
    """The button then stands beside a field for the reason, on the row's own page."""
    style: Literal["primary", "default", "danger"] = "default"

    @property
    def classes(self) -> str:
        """What its button looks like."""
        return f"{_BUTTON} {_LOOKS[self.style]}"

    def is_for(self, viewer: Viewer) -> bool:
        """Whether the viewer is offered it at all."""
        return viewer.is_admin or (not self.admins_only and (self.needs is None or viewer.may(self.needs)))


Confirm = partial(RowAction, name="confirm", label="Confirm", done="confirmed", style="primary")
Complete = partial(RowAction, name="complete", label="Complete", done="completed")
Cancel = partial(RowAction, name="cancel", label="Cancel", done="cancelled", asks_reason=True, style="danger")
Approve = partial(RowAction, name="approve", label="Approve", done="approved", style="primary")
Reject = partial(RowAction, name="reject", label="Reject", done="rejected")


_from_above: dict[str, list[RowAction]] = {}


def offer_also(table: str, *actions: RowAction) -> None:
    """Put buttons of a domain that stands above on the rows of a table: `staff.StaffChange`.

    The domain says so in its own `admin.py`: what a wish of staff asks for may be carried out further up.
    """
    _from_above.setdefault(table, []).extend(actions)


def offered_from_above(table: str) -> list[RowAction]:
    """Those buttons, in the order in which they were named."""
    return _from_above.get(table, [])


def carry_out(request: HttpRequest, rows: Iterable[Model], action: RowAction) -> int:
    """Do it to each row by itself; a refusal of one is told and holds up no other. How many it was done to."""
    done = 0
    for row in rows:
        name = str(row)  # before: what has been deleted can't be named
        try:
            action.act(viewer_of(request), row, clock.now(), request.POST.get("reason", ""))
        except (Refusal, Refusals, AccessError) as refusal:
            messages.warning(request, f"{name}: {in_words(refusal)}")
        else:
            done += 1
    return done


def in_words(error: Refusal | Refusals | AccessError) -> str:
    """What is in the way, and what could be had instead."""
    if isinstance(error, AccessError):
        return error.message
    refusals = error.refusals if isinstance(error, Refusals) else [error]
    return " ".join(refusal.in_words(business().zone) for refusal in refusals)


def address_of(row: Model, action: RowAction) -> str:
    """Where its button posts to."""
    meta = row._meta
    return reverse(f"{admin.site.name}:{meta.app_label}_{meta.model_name}_do", args=(row.pk, action.name))
