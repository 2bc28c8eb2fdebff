"""Customers in the back office."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.core.admin import DatesFilter, ReadOnlyAdmin, RowAction
from backend.core.viewer import Permission, Viewer
from backend.customers.actions import archive_customer, restore_customer
from backend.customers.models import Address, Customer
from backend.customers.queries import addresses_visible_to, customers_visible_to, matching
from backend.customers.rules import ARCHIVED, ERASED, MERGED


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    """Customers with their addresses."""

    icon = "group"
    open_to = [Permission.MANAGE_CUSTOMERS]
    exports = True
    list_display = ["name", "email", "phone", "tags", "user", "created_at"]
    list_filter = [("user", admin.EmptyFieldListFilter), ("created_at", DatesFilter)]
    list_select_related = ["user"]
    search_fields = ["name", "email", "phone", "addresses__postcode"]
    search_help_text = "Words of the name, start of the e-mail, start or end of the phone, postcode or outward code."
    ordering = ["name", "pk"]
    fields = ["name", "email", "phone", "user", "tags", "notes", "addresses", "created_at"]
    readonly_fields = ["addresses"]
    row_actions = [
        RowAction(
            name="archive",
            label="Archive",
            done="archived",
            act=lambda viewer, row, now, _: archive_customer(viewer=viewer, customer_id=row.pk, now=now),
            offered=lambda row: ARCHIVED not in row.tags,
        ),
        RowAction(
            name="restore",
            label="Restore",
            done="restored",
            act=lambda viewer, row, now, _: restore_customer(viewer=viewer, customer_id=row.pk, now=now),
            offered=lambda row: ARCHIVED in row.tags and not {MERGED, ERASED}.intersection(row.tags),
        ),
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return customers_visible_to(viewer)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        return queryset.filter(matching(search_term)), False

    @admin.display(description="addresses")
    def addresses(self, row: Customer) -> str:
        return "; ".join(f"{address.kind.lower()}: {address}" for address in row.addresses.all()) or "none"


@admin.register(Address)
class AddressAdmin(ReadOnlyAdmin):
    """Addresses of customers."""

    icon = "home_pin"
    open_to = [Permission.MANAGE_CUSTOMERS]
    list_display = ["customer", "kind", "is_default", "line1", "city", "postcode"]
    list_filter = ["kind", "is_default", "country"]
    list_select_related = ["customer"]
    search_fields = ["line1", "city", "postcode", "customer__name", "customer__email"]
    ordering = ["customer__name", "pk"]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return addresses_visible_to(viewer)
