"""Coupons, and who used them."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from backend.core.audit import audited, audited_links
from backend.core.choices import choices_of, one_of
from backend.coupons.rules import CouponState, DiscountType


@audited()
class Coupon(models.Model):
    """A code that takes something off an order."""

    code = models.CharField(max_length=40, help_text="What the customer types, in any case; kept in upper case.")
    discount_type = models.CharField(
        max_length=16, choices=choices_of(DiscountType), help_text="Percent of the lines, or an amount."
    )
    discount_value = models.DecimalField(
        max_digits=10, decimal_places=2, help_text="Percent up to 100, or an amount in the business's currency."
    )
    state = models.CharField(
        max_length=16,
        choices=choices_of(CouponState),
        default=CouponState.ACTIVE,
        help_text="Whether the office lets it be used.",
    )
    valid_from = models.DateTimeField(null=True, blank=True, help_text="First instant that it can be used, in UTC.")
    valid_until = models.DateTimeField(null=True, blank=True, help_text="Last instant that it can be used, in UTC.")
    max_uses = models.PositiveIntegerField(null=True, blank=True, help_text="How often in all; empty for any number.")
    max_uses_per_customer = models.PositiveIntegerField(
        null=True, blank=True, help_text="How often by one person; empty for any number."
    )
    minimum_order_amount = models.DecimalField(
        max_digits=10, decimal_places=2, default=0, help_text="Least subtotal of the order."
    )
    used_count = models.PositiveIntegerField(default=0, help_text="Uses that were not given back.")
    included_services = models.ManyToManyField(
        "catalogue.Service", blank=True, related_name="+", help_text="Applies to these only; empty for all."
    )
    excluded_services = models.ManyToManyField(
        "catalogue.Service", blank=True, related_name="+", help_text="Never applies to these."
    )
    created_at = models.DateTimeField(help_text="When it was made, in UTC.")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(Upper("code"), name="coupon_code_unique"),
            models.CheckConstraint(
                condition=Q(discount_value__gt=0) & (~Q(discount_type="PERCENTAGE") | Q(discount_value__lte=100)),
                name="coupon_discount_sensible",
            ),
            models.CheckConstraint(
                condition=Q(max_uses=None) | Q(used_count__lte=F("max_uses")), name="coupon_not_overused"
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="coupon_window_in_order",
            ),
            models.CheckConstraint(condition=Q(minimum_order_amount__gte=0), name="coupon_minimum_not_negative"),
            one_of("discount_type", DiscountType, "coupon_discount_type_known"),
            one_of("state", CouponState, "coupon_state_known"),
        ]

    def __str__(self) -> str:
        return self.code


@audited(personal=["person"])
class CouponUsage(models.Model):
    """One use of a coupon by one person for one order or plan; given back when that falls through unconfirmed."""

    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="usages", help_text="The coupon.")
    order = models.ForeignKey(
        "orders.Order",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="coupon_usages",
        help_text="The order; empty for a plan.",
    )
    subscription = models.ForeignKey(
        "subscriptions.Subscription",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="coupon_usages",
        help_text="The plan; empty for an order.",
    )
    customer = models.ForeignKey(
        "customers.Customer",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="coupon_usages",
        help_text="The customer; empty for a guest.",
    )
    person = models.CharField(max_length=254, help_text="The person's e-mail, normalised.")
    ordinal = models.PositiveIntegerField(help_text="Which use of this person it is, from 1.")
    amount = models.DecimalField(max_digits=10, decimal_places=2, help_text="What it took off.")
    used_at = models.DateTimeField(help_text="When, in UTC.")
    given_back_at = models.DateTimeField(null=True, blank=True, help_text="When the use was given back, in UTC.")

    class Meta:
        ordering = ["-used_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(given_back_at=None), name="coupon_usage_one_live_per_order"
            ),
            models.UniqueConstraint(
                fields=["subscription"],
                condition=Q(given_back_at=None),
                name="coupon_usage_one_live_per_subscription",
            ),
            models.CheckConstraint(
                condition=Q(order=None, subscription__isnull=False) | Q(order__isnull=False, subscription=None),
                name="coupon_usage_for_exactly_one",
            ),
            # The limit per person rests on this: the nth use exists once, whoever races.
            models.UniqueConstraint(
                fields=["coupon", "person", "ordinal"],
                condition=Q(given_back_at=None),
                name="coupon_usage_counted_once",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0, ordinal__gte=1), name="coupon_usage_sensible"),
        ]

    def __str__(self) -> str:
        return f"Use {self.pk} of coupon {self.coupon_id}"


IncludedServices = audited_links(Coupon.included_services, "IncludedServices")
ExcludedServices = audited_links(Coupon.excluded_services, "ExcludedServices")
