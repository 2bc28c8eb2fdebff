"""What can be added to a service. Extras are never deleted: old orders name them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Max

from backend.catalogue.events import ServiceChanged
from backend.catalogue.models import Service, ServiceExtra
from backend.catalogue.permissions import require_edit_service, require_make_service
from backend.catalogue.queries import extra_for, service_for
from backend.catalogue.rules import MAX_EXTRAS, minutes_refusals, order_refusals, price_refusals, reordered
from backend.core.errors import FieldPath, InvalidInput, NotFound, OutOfRange, Problems, raise_all
from backend.core.idempotency import claim_key, settle_key
from backend.core.text import clean_text
from backend.core.transactions import use_case
from backend.core.viewer import Viewer
from backend.events.actions import emit


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraInput:
    """An extra as it should be. With `id` it replaces that extra of the service, without it is a new one."""

    id: int | None = None
    name: str
    price: Decimal
    duration_minutes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraChanges:
    """What to change about an extra; None leaves a value as it is."""

    name: str | None = None
    price: Decimal | None = None
    duration_minutes: int | None = None
    is_active: bool | None = None


@use_case
def add_extra(
    *,
    viewer: Viewer,
    service_id: int,
    name: str,
    price: Decimal,
    duration_minutes: int = 0,
    idempotency_key: str | None = None,
    now: datetime,
) -> ServiceExtra:
    """One more extra, the last of its service. Raises OutOfRange where the service has as many as it may."""
    require_make_service(viewer)
    given = [service_id, name, price, duration_minutes]
    claimed = claim_key(viewer=viewer, operation="addServiceExtra", key=idempotency_key, given=given, now=now)
    if claimed.result_id is not None:
        return extra_for(viewer, claimed.result_id)
    service = editable_service(viewer, service_id)
    _require_room(service, ("service_id",))
    last = service.extras.aggregate(last=Max("position"))["last"]
    extra = ServiceExtra(service=service, position=0 if last is None else last + 1)
    _apply(extra, ExtraChanges(name=name, price=price, duration_minutes=duration_minutes), ())
    extra.save()
    settle_key(claimed, extra)
    _tell(viewer, service, now)
    return extra


@use_case
def update_extra(*, viewer: Viewer, extra_id: int, changes: ExtraChanges, now: datetime) -> ServiceExtra:
    """Change an extra, or bring it back. What is ordered or booked already keeps its price and minutes.

    Raises OutOfRange where it would be one too many.
    """
    extra, service = _editable(viewer, extra_id)
    if changes.is_active and not extra.is_active:
        _require_room(service, ("extra_id",))
    _apply(extra, changes, ())
    extra.save()
    _tell(viewer, service, now)
    return extra


@use_case
def deactivate_extra(*, viewer: Viewer, extra_id: int, now: datetime) -> ServiceExtra:
    """Let an extra be chosen no longer. Twice is no error."""
    extra, service = _editable(viewer, extra_id)
    if extra.is_active:
        extra.is_active = False
        extra.save(update_fields=["is_active"])
        _tell(viewer, service, now)
    return extra


@use_case
def reorder_extras(*, viewer: Viewer, service_id: int, extra_ids: Sequence[int], now: datetime) -> Service:
    """Put a service's extras in this order; those left out follow as they stood.

    Raises NotFound or InvalidInput for each that is another service's or comes twice.
    """
    service = editable_service(viewer, service_id)
    rows = {row.pk: row for row in service.extras.order_by("position", "pk")}
    raise_all(order_refusals(rows, extra_ids, "extra_ids"))
    for position, key in enumerate(reordered(list(rows), extra_ids)):
        rows[key].position = position
    ServiceExtra.objects.bulk_update(rows.values(), ["position"])
    _tell(viewer, service, now)
    return service


def editable_service(viewer: Viewer, service_id: int) -> Service:
    """The row, locked, if the viewer may change it: NotSignedIn, NotAllowed or NotFound."""
    require_make_service(viewer)
    service = service_for(viewer, service_id, field=("service_id",), lock=True)
    require_edit_service(viewer, service)
    return service


def plan_extras(service: Service, wanted: Sequence[ExtraInput]) -> list[ServiceExtra]:
    """The rows that make the service's list be `wanted`, in its order, not saved yet; or everything wrong with them."""
    if len(wanted) > MAX_EXTRAS:
        raise OutOfRange(f"A service has at most {MAX_EXTRAS} extras.", ("extras",))
    known = ServiceExtra.objects.filter(service_id=service.pk) if service.pk else ServiceExtra.objects.none()
    existing = {extra.pk: extra for extra in known.select_for_update(no_key=True)}
    problems = Problems()
    rows: list[ServiceExtra] = []
    for position, item in enumerate(wanted):
        path: FieldPath = ("extras", position)
        with problems:
            row = existing.get(item.id) if item.id is not None else ServiceExtra(service=service)
            if row is None:
                raise NotFound("The service has no such extra.", (*path, "id"))
            if row.pk is not None and row.pk in {each.pk for each in rows}:
                raise InvalidInput("This extra is named twice.", (*path, "id"))
            row.position = position
            rows.append(row)
            changes = ExtraChanges(
                name=item.name, price=item.price, duration_minutes=item.duration_minutes, is_active=True
            )
            _apply(row, changes, path)
    problems.raise_all()
    return rows


def write_extras(service: Service, rows: Sequence[ServiceExtra]) -> None:
    """Save what `plan_extras` gave. Extras left out are deactivated, behind the others: old orders name them."""
    left_out = service.extras.exclude(pk__in=[row.pk for row in rows if row.pk])
    left_out.update(is_active=False, position=len(rows))
    for row in rows:
        row.service = service
        row.save()


def _editable(viewer: Viewer, extra_id: int) -> tuple[ServiceExtra, Service]:
    """The extra with its service, which is locked for both."""
    require_make_service(viewer)
    extra = extra_for(viewer, extra_id, field=("extra_id",))
    service = service_for(viewer, extra.service_id, field=("extra_id",), lock=True)
    require_edit_service(viewer, service)
    extra.refresh_from_db()
    return extra, service


def _require_room(service: Service, field: FieldPath) -> None:
    if service.extras.filter(is_active=True).count() >= MAX_EXTRAS:
        raise OutOfRange(f"A service has at most {MAX_EXTRAS} extras.", field)


def _apply(extra: ServiceExtra, changes: ExtraChanges, path: FieldPath) -> None:
    """Put the changes on the row, or raise everything that is wrong with them at once."""
    problems = Problems()
    with problems:
        if changes.name is not None:
            extra.name = clean_text(changes.name, field=(*path, "name"), max_length=120)
    with problems:
        if changes.price is not None:
            raise_all(price_refusals(changes.price, (*path, "price")))
            extra.price = changes.price
    with problems:
        if changes.duration_minutes is not None:
            raise_all(minutes_refusals(changes.duration_minutes, 0, (*path, "duration_minutes")))
            extra.duration_minutes = changes.duration_minutes
    problems.raise_all()
    if changes.is_active is not None:
        extra.is_active = changes.is_active


def _tell(viewer: Viewer, service: Service, now: datetime) -> None:
    emit([ServiceChanged(service_id=service.pk, actor_id=viewer.user_id)], now=now)
