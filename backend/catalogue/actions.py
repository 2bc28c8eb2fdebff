"""Changing what is offered. Price and duration changes never touch what was booked: bookings keep their own copies."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Max, Model
from django.utils.text import slugify

from backend.catalogue.events import ServiceChanged
from backend.catalogue.models import Category, Service, ServiceExtra
from backend.catalogue.permissions import require_edit_catalogue
from backend.catalogue.queries import category_for, service_for
from backend.catalogue.rules import MAX_DURATION_MINUTES, MAX_EXTRAS
from backend.core.errors import FieldPath, InvalidInput, NotFound, OutOfRange, Refusal, raise_all
from backend.core.idempotency import claim_key, settle_key
from backend.core.money import to_cents
from backend.core.text import clean_text
from backend.core.transactions import use_case
from backend.core.viewer import Viewer
from backend.events.actions import emit

MAX_PRICE = Decimal("99999.99")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraInput:
    """An extra as it should be. With `id` it replaces that extra of the service, without it is a new one."""

    id: int | None = None
    name: str
    price: Decimal
    duration_minutes: int = 0


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
def create_category(
    *, viewer: Viewer, name: str, description: str = "", idempotency_key: str | None = None, now: datetime
) -> Category:
    """A new category at the end of the shop window; its slug is made from its name."""
    require_edit_catalogue(viewer)
    given = {"name": name, "description": description}
    claimed = claim_key(viewer=viewer, operation="createCategory", key=idempotency_key, given=given, now=now)
    if claimed.result_id is not None:
        return category_for(viewer, claimed.result_id)
    name = clean_text(name, field=("name",), max_length=120)
    category = Category.objects.create(
        name=name,
        slug=_free_slug(Category, name),
        description=clean_text(description, field=("description",), max_length=5000, required=False, multiline=True),
        position=_next_position(Category),
        created_at=now,
    )
    settle_key(claimed, category)
    return category


@use_case
def update_category(
    *,
    viewer: Viewer,
    category_id: int,
    name: str | None = None,
    description: str | None = None,
    is_active: bool | None = None,
) -> Category:
    """Rename, describe, hide or show a category. The slug stays: links keep working."""
    require_edit_catalogue(viewer)
    category = category_for(viewer, category_id, field=("category_id",), lock=True)
    if name is not None:
        category.name = clean_text(name, field=("name",), max_length=120)
    if description is not None:
        category.description = clean_text(
            description, field=("description",), max_length=5000, required=False, multiline=True
        )
    if is_active is not None:
        category.is_active = is_active
    category.save()
    return category


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
    """A new service with its extras, approved at once since an admin makes it; its slug is made from its name."""
    require_edit_catalogue(viewer)
    given = [category_id, name, description, price, duration_minutes, buffer_minutes, [asdict(e) for e in extras]]
    claimed = claim_key(viewer=viewer, operation="createService", key=idempotency_key, given=given, now=now)
    if claimed.result_id is not None:
        return service_for(viewer, claimed.result_id)
    service = Service(created_at=now, position=_next_position(Service), is_active=True)
    changes = ServiceChanges(
        category_id=category_id,
        name=name,
        description=description,
        price=price,
        duration_minutes=duration_minutes,
        buffer_minutes=buffer_minutes,
    )
    _apply(viewer, service, changes)
    service.slug = _free_slug(Service, service.name)
    service.save()
    _replace_extras(service, extras)
    settle_key(claimed, service)
    emit([ServiceChanged(service_id=service.pk, actor_id=viewer.user_id)], now=now)
    return service


@use_case
def update_service(*, viewer: Viewer, service_id: int, changes: ServiceChanges, now: datetime) -> Service:
    """Change a service. What is booked already keeps its price and length."""
    require_edit_catalogue(viewer)
    service = service_for(viewer, service_id, field=("service_id",), lock=True)
    _apply(viewer, service, changes)
    service.save()
    if changes.extras is not None:
        _replace_extras(service, changes.extras)
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


def _apply(viewer: Viewer, service: Service, changes: ServiceChanges) -> None:
    """Put the changes on the row, or raise everything that is wrong with them at once."""
    refusals: list[Refusal] = []
    try:
        if changes.category_id is not None:
            service.category = category_for(viewer, changes.category_id, field=("category_id",))
        if changes.name is not None:
            service.name = clean_text(changes.name, field=("name",), max_length=120)
        if changes.description is not None:
            service.description = clean_text(
                changes.description, field=("description",), max_length=5000, required=False, multiline=True
            )
    except Refusal as refusal:
        refusals.append(refusal)
    for attribute, low in (("duration_minutes", 1), ("buffer_minutes", 0)):
        minutes = getattr(changes, attribute)
        if minutes is not None:
            refusals += _minutes_out_of_range(minutes, low, (attribute,))
            setattr(service, attribute, minutes)
    if changes.price is not None:
        refusals += _price_out_of_range(changes.price, ("price",))
        service.price = changes.price
    raise_all(refusals)
    if changes.is_active is not None:
        service.is_active = changes.is_active


def _replace_extras(service: Service, wanted: Sequence[ExtraInput]) -> None:
    """Make the service's list be `wanted`, in its order. Extras left out are deactivated: old orders name them."""
    if len(wanted) > MAX_EXTRAS:
        raise OutOfRange(f"A service has at most {MAX_EXTRAS} extras.", ("extras",))
    existing = {extra.pk: extra for extra in service.extras.select_for_update(no_key=True)}
    refusals: list[Refusal] = []
    kept: set[int] = set()
    rows: list[ServiceExtra] = []
    for position, item in enumerate(wanted):
        path: FieldPath = ("extras", position)
        row = existing.get(item.id) if item.id is not None else ServiceExtra(service=service)
        if row is None:
            refusals.append(NotFound("The service has no such extra.", (*path, "id")))
            continue
        if row.pk in kept:
            refusals.append(InvalidInput("This extra is named twice.", (*path, "id")))
            continue
        try:
            row.name = clean_text(item.name, field=(*path, "name"), max_length=120)
        except Refusal as refusal:
            refusals.append(refusal)
        refusals += _price_out_of_range(item.price, (*path, "price"))
        refusals += _minutes_out_of_range(item.duration_minutes, 0, (*path, "duration_minutes"))
        row.price, row.duration_minutes, row.position, row.is_active = (
            item.price,
            item.duration_minutes,
            position,
            True,
        )
        if row.pk is not None:
            kept.add(row.pk)
        rows.append(row)
    raise_all(refusals)
    service.extras.exclude(pk__in=kept).update(is_active=False)
    for row in rows:
        row.save()


def _price_out_of_range(price: Decimal, field: FieldPath) -> list[Refusal]:
    if not Decimal(0) <= price <= MAX_PRICE:
        return [OutOfRange(f"A price lies between 0 and {MAX_PRICE}.", field)]
    if price != to_cents(price):
        return [InvalidInput("A price has at most two decimal places.", field)]
    return []


def _minutes_out_of_range(minutes: int, low: int, field: FieldPath) -> list[Refusal]:
    if not low <= minutes <= MAX_DURATION_MINUTES:
        return [OutOfRange(f"This lies between {low} and {MAX_DURATION_MINUTES} minutes.", field)]
    return []


def _next_position(model: type[Category] | type[Service]) -> int:
    highest = model.objects.aggregate(highest=Max("position"))["highest"]
    return 0 if highest is None else int(highest) + 1


def _free_slug(model: type[Model], name: str) -> str:
    """A slug from the name; a number is added where it is taken. The unique index has the last word."""
    base = slugify(name)[:120] or "item"
    taken = set(model._default_manager.filter(slug__startswith=base).values_list("slug", flat=True))
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
