"""Customers in the back office."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.core.admin import ReadOnlyAdmin
from backend.customers.models import Address, Customer


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    """Customers with their addresses."""

    list_display = ["name", "email", "phone", "tags", "user", "created_at"]
    list_filter = [("user", admin.EmptyFieldListFilter), "created_at"]
    list_select_related = ["user"]
    search_fields = ["name", "email", "phone"]
    fields = ["name", "email", "phone", "user", "tags", "notes", "addresses", "created_at"]
    readonly_fields = ["addresses"]

    @admin.display(description="addresses")
    def addresses(self, row: Customer) -> str:
        return "; ".join(f"{address.kind.lower()}: {address}" for address in row.addresses.all()) or "none"


@admin.register(Address)
class AddressAdmin(ReadOnlyAdmin):
    """Addresses of customers."""

    list_display = ["customer", "kind", "is_default", "line1", "city", "postcode"]
    list_filter = ["kind", "is_default", "country"]
    list_select_related = ["customer"]
    search_fields = ["line1", "city", "postcode", "customer__name", "customer__email"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).order_by("customer__name", "pk")
