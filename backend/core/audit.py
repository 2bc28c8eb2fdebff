"""Which tables leave a trail, and what of them is never in it.

    @audited(secret=["tracking_token"], personal=["guest_name", "guest_email"])
    class Order(models.Model): ...

and `makemigrations` are all that a model needs. The trail itself is kept by backend/audit, which nobody has to import.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pghistory.trigger
import pgtrigger
from django.db import models

M = TypeVar("M", bound=type[models.Model])


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """How one model is written down. All names are those of columns."""

    model: type[models.Model]
    secret: frozenset[str]
    """That it changed is told, its value never is: passwords, tokens and their hashes."""
    personal: frozenset[str]
    """What goes from the trail, too, when a person is forgotten."""
    ignored: frozenset[str]
    """Counters of use that say nothing about the business; a change of these alone leaves no trace."""

    @property
    def label(self) -> str:
        """What the trail calls the model: `orders.Order`."""
        return self.model._meta.label


_tracked: dict[str, Tracked] = {}


class ChangeTrigger(pghistory.trigger.Event):
    """pghistory's trigger for events, writing every model's into one table.

    The work is done by `audit_record`, a function of the database that backend/audit's migrations make: a new
    column of the model changes nothing here.
    """

    label = "change"
    name = "audit"
    event_model = "audit.Change"
    row = "NEW"
    operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete
    level = pgtrigger.Row

    def __init__(self, *, tracked: Tracked) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.tracked = tracked

    def get_func(self, model: Any) -> str:
        """One call. All values are names of ours, none comes from outside."""
        secret, ignored = (",".join(sorted(names)) for names in (self.tracked.secret, self.tracked.ignored))
        return (
            f"PERFORM audit_record('{self.tracked.label}', '{model._meta.pk.column}', TG_OP, "
            f"to_jsonb(OLD), to_jsonb(NEW), '{{{secret}}}', '{{{ignored}}}'); RETURN NULL;"
        )


def audited(
    *, secret: Sequence[str] = (), personal: Sequence[str] = (), ignored: Sequence[str] = ()
) -> Callable[[M], M]:
    """Class decorator: every insert, update and delete of this model's rows is written into the trail."""

    def track(model: M) -> M:
        tracked = Tracked(
            model=model, secret=frozenset(secret), personal=frozenset(personal), ignored=frozenset(ignored)
        )
        unknown = (tracked.secret | tracked.personal | tracked.ignored) - {f.column for f in model._meta.fields}
        if unknown:
            raise ValueError(f"{tracked.label} has no column {', '.join(sorted(unknown))}")
        pgtrigger.register(ChangeTrigger(tracked=tracked))(model)
        _tracked[tracked.label] = tracked
        return model

    return track


def audited_links(field: Any, name: str) -> type[models.Model]:
    """The same for the table behind a ManyToManyField; assign it to `name`, in the module of the model.

    Such a table has no class to decorate, and migrations carry triggers for classes only: hence a proxy.
    """
    through: type[models.Model] = field.through
    meta = type("Meta", (), {"proxy": True, "app_label": through._meta.app_label})
    proxy: type[models.Model] = type(name, (through,), {"__module__": through.__module__, "Meta": meta})
    return audited()(proxy)


def tracked_models() -> tuple[Tracked, ...]:
    """All that leave a trail."""
    return tuple(_tracked.values())


def tracked_model(label: str) -> Tracked:
    """By the trail's name of a model. KeyError for one that leaves no trail."""
    return _tracked[label]
