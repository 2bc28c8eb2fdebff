"""The two ways in which the trail loses something: a person is forgotten, or it has been kept long enough."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q

from backend.audit.models import Change
from backend.audit.rules import ERASED
from backend.core.audit import tracked_model
from backend.core.transactions import step

_BLANK = """
    UPDATE audit_change SET before = {before}, after = {after} WHERE model = %(model)s AND object_id = ANY(%(ids)s)
"""
_BLANKED = """(
    SELECT jsonb_object_agg(
        key,
        CASE WHEN key = ANY(%(personal)s) AND value NOT IN ('null', '""') THEN to_jsonb(%(erased)s::text) ELSE value END
    ) FROM jsonb_each({column})
)"""


@step
def forget_values(*, model: str, object_ids: Iterable[int]) -> int:
    """Take the personal values of these rows out of their trail; how many entries there are of them.

    That, when and by whom something was done stays. `model` is the trail's name, `orders.Order`; what is personal is
    said at the model (`audited(personal=…)`). Call it after the rows themselves were blanked: that leaves a trail, too.
    """
    given: dict[str, Any] = {
        "model": model,
        "ids": list(object_ids),
        "personal": sorted(tracked_model(model).personal),
        "erased": ERASED,
    }
    sql = _BLANK.format(before=_BLANKED.format(column="before"), after=_BLANKED.format(column="after"))
    with _rewriting(), connection.cursor() as cursor:
        cursor.execute(sql, given)
        return int(cursor.rowcount)


@step
def forget_parts(*, model: str, column: str, owner: int | str) -> int:
    """As `forget_values`, for all rows of `model` that ever had this value in `column`: those that are gone, too."""
    owned = Change.objects.filter(Q((f"before__{column}", owner)) | Q((f"after__{column}", owner)), model=model)
    owned = owned.order_by()
    return forget_values(model=model, object_ids=owned.values_list("object_id", flat=True).distinct())


@step
def forget_old_changes(*, limit: int, now: datetime) -> int:
    """Delete up to `limit` entries that were kept for as long as the installation says, the oldest first; how many."""
    old = Change.objects.filter(pgh_created_at__lt=now - settings.ROTA_AUDIT_KEEP).order_by("pk").values("pk")[:limit]
    with _rewriting():
        return Change.objects.filter(pk__in=old).delete()[0]


@contextmanager
def _rewriting() -> Iterator[None]:
    """The trail refuses updates and deletes but here: see its trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('rota.rewrites_trail', 'on', true)")
        yield
        cursor.execute("SELECT set_config('rota.rewrites_trail', '', true)")
