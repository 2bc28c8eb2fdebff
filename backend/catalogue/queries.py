"""The shop window and what lies behind it."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from backend.catalogue.models import Category, Service, ServiceExtra
from backend.catalogue.rules import ApprovalStatus
from backend.core.errors import FieldPath, NotFound
from backend.core.viewer import Permission, Viewer

_BOOKABLE = Q(is_active=True, approval_status=ApprovalStatus.APPROVED, category__is_shown=True)


def categories_visible_to(viewer: Viewer) -> QuerySet[Category]:
    """Categories that are shown, depth first; the office sees all."""
    return Category.objects.all() if viewer.is_office else Category.objects.filter(is_shown=True)


def services_visible_to(viewer: Viewer) -> QuerySet[Service]:
    """Bookable services; the office also sees inactive ones, who decides about proposals those, staff its own."""
    if viewer.may(Permission.APPROVE_SERVICES):
        return Service.objects.all()
    if viewer.is_office:
        return Service.objects.filter(approval_status=ApprovalStatus.APPROVED)
    visible = _BOOKABLE
    if viewer.staff_id is not None:
        visible |= Q(created_by_staff_id=viewer.staff_id)
    return Service.objects.filter(visible)


def shop_window(viewer: Viewer) -> QuerySet[Service]:
    """The visible services as they stand in the shop: by category, depth first, then by their place in it."""
    return services_visible_to(viewer).order_by("category__tree_order", "position", "name", "pk")


def category_with_those_below(category_id: int) -> QuerySet[Category]:
    """A category and all that stand below it (MAX_DEPTH levels), whatever the viewer: narrows down what is visible."""
    return Category.objects.filter(Q(pk=category_id) | Q(parent=category_id) | Q(parent__parent=category_id))


def category_for(viewer: Viewer, category_id: int, *, field: FieldPath = (), lock: bool = False) -> Category:
    """The visible category, or NotFound."""
    rows = categories_visible_to(viewer)
    category = (rows.select_for_update(no_key=True) if lock else rows).filter(pk=category_id).first()
    if category is None:
        raise NotFound("There is no such category.", field)
    return category


def service_for(viewer: Viewer, service_id: int, *, field: FieldPath = (), lock: bool = False) -> Service:
    """The visible service, or NotFound."""
    rows = services_visible_to(viewer)
    rows = rows.select_for_update(of=("self",), no_key=True) if lock else rows
    service = rows.filter(pk=service_id).first()
    if service is None:
        raise NotFound("There is no such service.", field)
    return service


def services_by_id(service_ids: Iterable[int]) -> dict[int, Service]:
    """Services with their category, bookable or not, whatever the viewer: for pricing what was asked for."""
    return Service.objects.select_related("category").in_bulk(list(set(service_ids)))


def extras_by_id(extra_ids: Iterable[int]) -> dict[int, ServiceExtra]:
    """Extras, active or not."""
    return ServiceExtra.objects.in_bulk(list(set(extra_ids)))


def active_extras() -> QuerySet[ServiceExtra]:
    """Extras that can be chosen now."""
    return ServiceExtra.objects.filter(is_active=True)


def extras_visible_to(viewer: Viewer) -> QuerySet[ServiceExtra]:
    """Extras of the services that the viewer sees; only the office sees inactive ones."""
    extras = ServiceExtra.objects.filter(service__in=services_visible_to(viewer).order_by())
    return extras if viewer.is_office else extras.filter(is_active=True)


def extra_for(viewer: Viewer, extra_id: int, *, field: FieldPath = ()) -> ServiceExtra:
    """The visible extra, or NotFound."""
    extra = extras_visible_to(viewer).filter(pk=extra_id).first()
    if extra is None:
        raise NotFound("There is no such extra.", field)
    return extra
