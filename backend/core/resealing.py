"""All that is sealed, put under the newest key, so that older ones can be taken away.

Rows are renewed in short transactions, locked, for a worker may be writing renewed tokens at the same time. What is
under the newest key already is not written: a run that was cut off is simply begun again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.apps import apps
from django.db.models import Q

from backend.core.sealing import SealBroken, reseal
from backend.core.transactions import use_case

BATCH = 100
"""Rows of one transaction."""

_SEALED: dict[str, tuple[str, ...]] = {}


def keeps_sealed(model: str, *columns: str) -> None:
    """Say which columns of a model (`app.Model`) hold what was sealed; they may be empty. By its domain, at start."""
    _SEALED[model] = columns


def sealed_columns() -> dict[str, tuple[str, ...]]:
    """What was said by `keeps_sealed`."""
    return dict(_SEALED)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the rows of a model are. `renewed` were under an older key, `lost` are the ids that no key opens."""

    model: str
    total: int
    seen: int = 0
    renewed: int = 0
    lost: tuple[int, ...] = ()
    last: int = 0


def reseal_all(*, tell: Callable[[Progress], None]) -> list[Progress]:
    """Put everything under the newest key, model by model; how that went. `tell` hears of every transaction."""
    return [_reseal_model(model, tell) for model in sorted(_SEALED)]


def _reseal_model(model: str, tell: Callable[[Progress], None]) -> Progress:
    progress = Progress(model, total=apps.get_model(model)._default_manager.filter(_holds_any(model)).count())
    while True:
        after = _reseal_batch(progress=progress)
        if after.seen == progress.seen:
            return after
        progress = after
        tell(progress)


@use_case
def _reseal_batch(*, progress: Progress) -> Progress:
    columns = _SEALED[progress.model]
    found = apps.get_model(progress.model)._default_manager.filter(_holds_any(progress.model), pk__gt=progress.last)
    rows = list(found.order_by("pk").only("pk", *columns).select_for_update(no_key=True)[:BATCH])
    renewed, lost = 0, list(progress.lost)
    for row in rows:
        try:
            fresh = {name: reseal(kept) for name in columns if (kept := getattr(row, name))}
        except SealBroken:
            lost.append(row.pk)
            continue
        changed = [name for name, sealed in fresh.items() if sealed != getattr(row, name)]
        for name in changed:
            setattr(row, name, fresh[name])
        if changed:
            row.save(update_fields=changed)
            renewed += 1
    last = rows[-1].pk if rows else progress.last
    return replace(
        progress, seen=progress.seen + len(rows), renewed=progress.renewed + renewed, lost=tuple(lost), last=last
    )


def _holds_any(model: str) -> Q:
    found = Q()
    for name in _SEALED[model]:
        found |= ~Q((name, ""))
    return found
