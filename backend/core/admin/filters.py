"""Filters of lists."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import DateTimeField, QuerySet
from django.http import HttpRequest
from unfold.utils import parse_date_str

from backend.core.admin.viewing import viewer_of

if TYPE_CHECKING:
    from django.contrib.admin import FieldListFilter as RangeDateFilter
    from django.contrib.admin import RelatedFieldListFilter as RelatedDropdownFilter
else:
    from unfold.contrib.filters.admin import RangeDateFilter, RelatedDropdownFilter


class OfOfficeFilter(RelatedDropdownFilter):
    """By a related row, of those that the viewer may see in that row's own list."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        office = model_admin.admin_site.get_model_admin(field.remote_field.model)
        rows = office.visible_to(viewer_of(request)).order_by(*office.get_ordering(request))
        return [(row.pk, str(row)) for row in rows]


class DatesFilter(RangeDateFilter):
    """From one date to another, both included; of an instant, the dates that the business's wall shows then."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = (_date(self.used_parameters.get(f"{self.field_path}_{end}")) for end in ("from", "to"))
        path = f"{self.field_path}__date" if isinstance(self.field, DateTimeField) else self.field_path
        if first is not None:
            queryset = queryset.filter(**{f"{path}__gte": first})
        if last is not None:
            queryset = queryset.filter(**{f"{path}__lte": last})
        return queryset


def _date(text: Any) -> date | None:
    """The date that was typed, as this language writes it or as ISO does; None where it is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        typed: date | None = parse_date_str(text)
        return typed
