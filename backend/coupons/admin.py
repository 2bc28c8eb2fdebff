"""Coupons in the back office."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet

from backend.core.admin import ActionAdmin, DatesFilter, ReadOnlyAdmin, RowAction
from backend.core.viewer import Permission, Viewer
from backend.coupons.actions import CouponTerms, create_coupon, set_coupon_active, update_coupon
from backend.coupons.models import Coupon, CouponUsage
from backend.coupons.queries import coupons_visible_to, usages_visible_to
from backend.coupons.rules import CouponState, DiscountType


@admin.register(Coupon)
class CouponAdmin(ActionAdmin):
    """Terms are written by the actions; uses are counted, never typed."""

    icon = "sell"
    open_to = [Permission.VIEW_REPORTS]
    exports = True

    list_display = ["code", "discount_type", "discount_value", "state", "valid_from", "valid_until", "used_count"]
    list_filter = ["state", "discount_type", ("valid_until", DatesFilter)]
    search_fields = ["code"]
    ordering = ["code"]
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
    row_actions = [
        RowAction(
            name="deactivate",
            label="Switch off",
            done="switched off",
            act=lambda viewer, row, now, _: set_coupon_active(
                viewer=viewer, coupon_id=row.pk, is_active=False, now=now
            ),
            offered=lambda row: row.state == CouponState.ACTIVE,
            admins_only=True,
        ),
        RowAction(
            name="activate",
            label="Switch on",
            done="switched on",
            act=lambda viewer, row, now, _: set_coupon_active(viewer=viewer, coupon_id=row.pk, is_active=True, now=now),
            offered=lambda row: row.state == CouponState.INACTIVE,
            admins_only=True,
        ),
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return coupons_visible_to(viewer)

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


@admin.register(CouponUsage)
class CouponUsageAdmin(ReadOnlyAdmin):
    """Who used which coupon, and what it took off."""

    icon = "redeem"
    open_to = [Permission.VIEW_REPORTS]
    exports = True

    list_display = ["coupon", "order", "subscription", "customer", "person", "amount", "used_at", "given_back_at"]
    list_filter = ["coupon", ("given_back_at", admin.EmptyFieldListFilter), ("used_at", DatesFilter)]
    list_select_related = ["coupon", "order", "subscription", "customer"]
    search_fields = ["coupon__code", "order__order_number", "subscription__subscription_number", "person"]
    ordering = ["-used_at", "-pk"]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return usages_visible_to(viewer)
