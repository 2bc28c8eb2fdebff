"""Services: made, changed, put in order, taken out of the shop."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Max

from backend.catalogue.actions.extras import ExtraInput, editable_service, plan_extras, write_extras
from backend.catalogue.actions.proposals import tell_proposal
from backend.catalogue.actions.slugs import free_slug
from backend.catalogue.events import ServiceChanged
from backend.catalogue.models import Category, Service
from backend.catalogue.permissions import require_edit_catalogue, require_make_service
from backend.catalogue.queries import category_for, service_for
from backend.catalogue.rules import ApprovalStatus, minutes_refusals, order_refusals, price_refusals, reordered
from backend.core.errors import Problems, raise_all
from backend.core.idempotency import claim_key, settle_key
from backend.core.text import clean_text
from backend.core.transactions import use_case
from backend.core.viewer import Viewer
from backend.events.actions import emit


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChanges:
    """What to change about a service; None leaves a value as it is. `extras` replaces the whole list."""

    category_id: int | None = None
    name: str | None = None
    description: str | None = None
    price: Decimal | None = None
    duration_minutes: int | None = None
    buffer_minutes: int | None = None
    is_active: bool | None = None
    extras: Sequence[ExtraInput] | None = None


@use_case
def create_service(
    *,
    viewer: Viewer,
    category_id: int,
    name: str,
    description: str = "",
    price: Decimal,
    duration_minutes: int,
    buffer_minutes: int = 0,
    extras: Sequence[ExtraInput] = (),
    idempotency_key: str | None = None,
    now: datetime,
) -> Service:
    """A new service with its extras, the last of its category; its slug is made from its name.

    By an admin it is approved at once; by a member of staff it is a proposal that waits for the office.
    """
    require_make_service(viewer)
    given = [category_id, name, description, price, duration_minutes, buffer_minutes, [asdict(e) for e in extras]]
    claimed = claim_key(viewer=viewer, operation="createService", key=idempotency_key, given=given, now=now)
    if claimed.result_id is not None:
        return service_for(viewer, claimed.result_id)
    service = Service(created_at=now, created_by_staff_id=viewer.staff_id)
    if viewer.staff_id is not None:
        service.approval_status = ApprovalStatus.PENDING_APPROVAL
    changes = ServiceChanges(
        category_id=category_id,
        name=name,
        description=description,
        price=price,
        duration_minutes=duration_minutes,
        buffer_minutes=buffer_minutes,
        extras=extras,
    )
    _apply(viewer, service, changes)
    settle_key(claimed, service)
    emit([ServiceChanged(service_id=service.pk, actor_id=viewer.user_id)], now=now)
    tell_proposal(viewer=viewer, service=service, now=now)
    return service


@use_case
def update_service(*, viewer: Viewer, service_id: int, changes: ServiceChanges, now: datetime) -> Service:
    """Change a service. What is booked already keeps its price and length.

    Admins, and the member of staff who proposed it, until it is approved. Put into another category, it stands last.
    """
    service = editable_service(viewer, service_id)
    _apply(viewer, service, changes)
    emit([ServiceChanged(service_id=service.pk, actor_id=viewer.user_id)], now=now)
    return service


@use_case
def deactivate_service(*, viewer: Viewer, service_id: int, now: datetime) -> Service:
    """Take a service out of the shop. Visits that are booked stay. Doing it twice is no error."""
    require_edit_catalogue(viewer)
    service = service_for(viewer, service_id, field=("service_id",), lock=True)
    if service.is_active:
        service.is_active = False
        service.save(update_fields=["is_active"])
        emit([ServiceChanged(service_id=service.pk, actor_id=viewer.user_id)], now=now)
    return service


@use_case
def reorder_services(*, viewer: Viewer, category_id: int, service_ids: Sequence[int]) -> Category:
    """Put the services of a category in this order; those left out follow as they stood.

    Raises NotFound or InvalidInput for each that stands elsewhere or comes twice.
    """
    require_edit_catalogue(viewer)
    category = category_for(viewer, category_id, field=("category_id",))
    locked = Service.objects.filter(category=category).order_by("pk").select_for_update(no_key=True)
    rows = {row.pk: row for row in sorted(locked, key=lambda row: (row.position, row.name, row.pk))}
    raise_all(order_refusals(rows, service_ids, "service_ids"))
    for position, key in enumerate(reordered(list(rows), service_ids)):
        rows[key].position = position
    Service.objects.bulk_update(rows.values(), ["position"])
    return category


def _apply(viewer: Viewer, service: Service, changes: ServiceChanges) -> None:
    """Write the changes with the extras, or raise everything that is wrong with them at once."""
    problems = Problems()
    with problems:
        if changes.category_id is not None and changes.category_id != service.category_id:
            service.category = category_for(viewer, changes.category_id, field=("category_id",), lock=True)
            service.position = _last_place(service.category)
    with problems:
        if changes.name is not None:
            service.name = clean_text(changes.name, field=("name",), max_length=120)
    with problems:
        if changes.description is not None:
            service.description = clean_text(
                changes.description, field=("description",), max_length=5000, required=False, multiline=True
            )
    _apply_numbers(service, changes, problems)
    if changes.is_active is not None:
        service.is_active = changes.is_active
    with problems:
        extras = None if changes.extras is None else plan_extras(service, changes.extras)
    problems.raise_all()
    service.slug = service.slug or free_slug(Service, service.name)
    service.save()
    if extras is not None:
        write_extras(service, extras)


def _apply_numbers(service: Service, changes: ServiceChanges, problems: Problems) -> None:
    for attribute, low in (("duration_minutes", 1), ("buffer_minutes", 0)):
        minutes = getattr(changes, attribute)
        if minutes is not None:
            with problems:
                raise_all(minutes_refusals(minutes, low, (attribute,)))
            setattr(service, attribute, minutes)
    if changes.price is not None:
        with problems:
            raise_all(price_refusals(changes.price, ("price",)))
        service.price = changes.price


def _last_place(category: Category) -> int:
    highest = Service.objects.filter(category=category).aggregate(highest=Max("position"))["highest"]
    return 0 if highest is None else int(highest) + 1
