"""Coupons in the back office."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from backend.core.admin import ActionAdmin, ReadOnlyAdmin
from backend.core.viewer import Viewer
from backend.coupons.actions import CouponTerms, create_coupon, set_coupon_active, update_coupon
from backend.coupons.models import Coupon, CouponUsage
from backend.coupons.rules import DiscountType


@admin.register(Coupon)
class CouponAdmin(ActionAdmin):
    """Terms are written by the actions; uses are counted, never typed."""

    list_display = ["code", "discount_type", "discount_value", "state", "valid_from", "valid_until", "used_count"]
    list_filter = ["state", "discount_type", "valid_until"]
    search_fields = ["code"]
    fields = [
        "code",
        "discount_type",
        "discount_value",
        "valid_from",
        "valid_until",
        "max_uses",
        "max_uses_per_customer",
        "minimum_order_amount",
        "included_services",
        "excluded_services",
    ]
    autocomplete_fields = ["included_services", "excluded_services"]
    actions = ["deactivate", "activate"]

    def write(self, *, viewer: Viewer, row: Any, values: Mapping[str, Any], now: datetime) -> Model:
        terms = CouponTerms(
            code=values["code"],
            discount_type=DiscountType(values["discount_type"]),
            discount_value=values["discount_value"],
            valid_from=values["valid_from"],
            valid_until=values["valid_until"],
            max_uses=values["max_uses"],
            max_uses_per_customer=values["max_uses_per_customer"],
            minimum_order_amount=values["minimum_order_amount"],
            service_ids=[each.pk for each in values["included_services"]],
            excluded_service_ids=[each.pk for each in values["excluded_services"]],
        )
        if row is None:
            return create_coupon(viewer=viewer, terms=terms, now=now)
        return update_coupon(viewer=viewer, coupon_id=row.pk, terms=terms, now=now)

    @admin.action(description="Switch off")
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._switch(request, queryset, is_active=False)

    @admin.action(description="Switch on")
    def activate(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._switch(request, queryset, is_active=True)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Any], *, is_active: bool) -> None:
        self.carry_out(
            request,
            queryset,
            lambda viewer, row, now: set_coupon_active(viewer=viewer, coupon_id=row.pk, is_active=is_active, now=now),
            "switched",
        )


@admin.register(CouponUsage)
class CouponUsageAdmin(ReadOnlyAdmin):
    """Who used which coupon, and what it took off."""

    list_display = ["coupon", "order", "customer", "person", "amount", "used_at", "given_back_at"]
    list_filter = [("given_back_at", admin.EmptyFieldListFilter), "used_at"]
    list_select_related = ["coupon", "order", "customer"]
    search_fields = ["coupon__code", "order__order_number", "person"]
