"""Orders: what somebody wants done, where and when."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from backend.core.audit import audited
from backend.core.choices import choices_of, one_of
from backend.customers.rules import OfCustomerOrGuest
from backend.orders.rules import REVIEWED, ChangeStatus, OrderPaymentStatus, OrderStatus
from backend.scheduling.rules import AppointmentStatus


@audited(
    secret=["tracking_token"],
    personal=[
        "guest_name",
        "guest_email",
        "guest_phone",
        "guest_language",
        "line1",
        "line2",
        "city",
        "postcode",
        "notes",
        "internal_notes",
        "cancellation_reason",
    ],
)
class Order(OfCustomerOrGuest, models.Model):
    """One or more services at one address, on one date, for a customer or a guest."""

    order_number = models.CharField(max_length=24, unique=True, help_text="Reference for people: ORD-YYYYMMDD-XXXXXX.")
    tracking_token = models.CharField(max_length=64, unique=True, help_text="Opens this order to whoever holds it.")
    status = models.CharField(
        max_length=16, choices=choices_of(OrderStatus), default=OrderStatus.PENDING, help_text="Where it stands."
    )
    payment_status = models.CharField(
        max_length=16,
        choices=choices_of(OrderPaymentStatus),
        default=OrderPaymentStatus.UNPAID,
        help_text="What has been paid.",
    )
    version = models.PositiveIntegerField(default=1, help_text="Counts changes, for `version` in inputs.")
    customer = models.ForeignKey(
        "customers.Customer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        help_text="The customer; empty for a guest.",
    )
    is_guest_order = models.BooleanField(help_text="Whether it was placed without an account.")
    guest_name = models.CharField(max_length=200, blank=True, help_text="The guest's name.")
    guest_email = models.EmailField(blank=True, help_text="The guest's e-mail, lower case.")
    guest_phone = models.CharField(max_length=32, blank=True, help_text="The guest's phone.")
    guest_language = models.CharField(
        max_length=8,
        blank=True,
        help_text="What the guest is written to in, such as `de`; empty: the business's.",
    )
    line1 = models.CharField(max_length=200, help_text="First address line.")
    line2 = models.CharField(max_length=200, blank=True, help_text="Second address line.")
    city = models.CharField(max_length=100, help_text="Post town.")
    postcode = models.CharField(max_length=10, help_text="Postcode, with its space.")
    country = models.CharField(max_length=2, default="GB", help_text="ISO 3166-1 alpha-2.")
    scheduled_date = models.DateField(help_text="Wanted date, in the business's time zone.")
    scheduled_time = models.TimeField(help_text="Wanted wall-clock time, in the business's time zone.")
    notes = models.TextField(blank=True, help_text="What the customer wants known.")
    tracking_renewed_at = models.DateTimeField(
        null=True, blank=True, help_text="When the link was made anew after it had run out, in UTC."
    )
    internal_notes = models.TextField(blank=True, help_text="Notes of the office; nobody else sees them.")
    subtotal = models.DecimalField(max_digits=10, decimal_places=2, help_text="Sum of the lines.")
    discount = models.DecimalField(max_digits=10, decimal_places=2, default=0, help_text="What a coupon takes off.")
    total = models.DecimalField(max_digits=10, decimal_places=2, help_text="Subtotal less discount.")
    currency = models.CharField(max_length=3, help_text="ISO 4217 code of the amounts.")
    coupon_code = models.CharField(max_length=40, blank=True, help_text="The coupon that was used.")
    policy_hours = models.PositiveIntegerField(help_text="Hours of notice that cancelling takes, frozen at checkout.")
    cancellation_deadline = models.DateTimeField(help_text="Until when the customer may cancel, in UTC.")
    created_at = models.DateTimeField(help_text="When it was placed, in UTC.")
    confirmed_at = models.DateTimeField(null=True, blank=True, help_text="When the office confirmed it, in UTC.")
    completed_at = models.DateTimeField(null=True, blank=True, help_text="When the last visit was done, in UTC.")
    cancelled_at = models.DateTimeField(null=True, blank=True, help_text="When it was cancelled, in UTC.")
    cancellation_reason = models.CharField(max_length=500, blank=True, help_text="Why it was cancelled.")
    hold = models.OneToOneField(
        "scheduling.Hold",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The time that is kept until the office confirms, while it is.",
    )
    account_linked_at = models.DateTimeField(null=True, blank=True, help_text="When a guest's order got its customer.")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_guest_order=False, customer__isnull=False)
                | (Q(is_guest_order=True) & ~Q(guest_email="") & ~Q(guest_name="")),
                name="order_has_customer_or_guest",
            ),
            models.CheckConstraint(
                condition=Q(subtotal__gte=0, discount__gte=0, total__gte=0)
                & Q(total=models.F("subtotal") - models.F("discount")),
                name="order_total_adds_up",
            ),
            one_of("status", OrderStatus, "order_status_known"),
            one_of("payment_status", OrderPaymentStatus, "order_payment_status_known"),
        ]
        indexes = [
            models.Index(fields=["status", "created_at", "id"], name="order_inbox"),
            models.Index(fields=["created_at", "id"], name="order_by_age"),
            models.Index(fields=["customer", "created_at"], name="order_of_customer"),
        ]

    def __str__(self) -> str:
        return self.order_number

    @property
    def ended_at(self) -> datetime | None:
        """When it was completed or cancelled; None while it goes on."""
        return self.completed_at or self.cancelled_at


@audited()
class OrderItem(models.Model):
    """One line: a service, how often, with which extras, and who comes."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items", help_text="The order.")
    position = models.PositiveIntegerField(help_text="Place in the order, from 0; visits of one person follow it.")
    service = models.ForeignKey(
        "catalogue.Service", on_delete=models.PROTECT, related_name="order_items", help_text="What is done."
    )
    quantity = models.PositiveIntegerField(help_text="How often; price and time multiply with it.")
    unit_price = models.DecimalField(max_digits=10, decimal_places=2, help_text="Price of one with its extras.")
    total_price = models.DecimalField(max_digits=10, decimal_places=2, help_text="Unit price times quantity.")
    duration_minutes = models.PositiveIntegerField(help_text="Minutes of one without extras, frozen at checkout.")
    extra_minutes = models.PositiveIntegerField(default=0, help_text="Minutes that the extras add to one.")
    buffer_minutes = models.PositiveIntegerField(default=0, help_text="Pause after the visit, frozen at checkout.")
    # Once there is a visit, that alone says who comes: read `coming_id`.
    staff = models.ForeignKey(
        "staff.Staff",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="order_items",
        help_text="Who comes; empty until wished for, assigned or confirmed.",
    )
    appointment = models.OneToOneField(
        "scheduling.Appointment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="order_item",
        help_text="The visit, once confirmed.",
    )

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            # Checked at the end of a statement, so that one can move several lines up.
            models.UniqueConstraint(
                fields=["order", "position"], name="order_item_one_per_position", deferrable=models.Deferrable.IMMEDIATE
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="order_item_quantity_positive"),
            models.CheckConstraint(
                condition=Q(total_price=models.F("unit_price") * models.F("quantity")), name="order_item_total_adds_up"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.service_id}"

    @property
    def status(self) -> AppointmentStatus:
        """Where this line stands: as its visit, once there is one. Fetch `order` and `appointment` with the row."""
        if self.appointment is not None:
            return AppointmentStatus(self.appointment.status)
        is_off = self.order.status == OrderStatus.CANCELLED
        return AppointmentStatus.CANCELLED if is_off else AppointmentStatus.PENDING

    @property
    def is_called_off(self) -> bool:
        """Whether nobody comes for this line, be the order going on or not. Fetch `appointment` with the row."""
        return self.appointment is not None and self.appointment.status == AppointmentStatus.CANCELLED

    @property
    def coming_id(self) -> int | None:
        """The id of who comes: whoever has the visit, and until there is one, who was named. Fetch `appointment`.

        A visit can go to somebody else without its order (an absence, somebody leaving), so the visit alone knows.
        """
        return self.staff_id if self.appointment is None else self.appointment.staff_id


@audited()
class OrderItemExtra(models.Model):
    """An extra chosen for a line, at the price and length of that day."""

    item = models.ForeignKey(OrderItem, on_delete=models.CASCADE, related_name="extras", help_text="The line.")
    extra = models.ForeignKey(
        "catalogue.ServiceExtra", on_delete=models.PROTECT, related_name="+", help_text="What was chosen."
    )
    name = models.CharField(max_length=120, help_text="Its name at checkout.")
    price = models.DecimalField(max_digits=10, decimal_places=2, help_text="Its price at checkout.")
    duration_minutes = models.PositiveIntegerField(help_text="Its minutes at checkout.")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["item", "extra"], name="order_item_extra_once")]

    def __str__(self) -> str:
        return self.name


@audited(personal=["reason", "review_note"])
class ChangeRequest(models.Model):
    """Somebody asks for another time; the office decides. At most one request of an order waits."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="change_requests", help_text="The order.")
    requested_date = models.DateField(help_text="Wanted date, in the business's time zone.")
    requested_time = models.TimeField(help_text="Wanted wall-clock time, in the business's time zone.")
    reason = models.CharField(max_length=500, blank=True, help_text="Why another time is wanted.")
    status = models.CharField(
        max_length=16, choices=choices_of(ChangeStatus), default=ChangeStatus.PENDING, help_text="Where it stands."
    )
    requested_by = models.ForeignKey(
        "accounts.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who asked; empty for a guest.",
    )
    review_note = models.CharField(max_length=500, blank=True, help_text="What the office says to it.")
    reviewed_by = models.ForeignKey(
        "accounts.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who decided.",
    )
    reviewed_at = models.DateTimeField(null=True, blank=True, help_text="When the office decided, in UTC.")
    created_at = models.DateTimeField(help_text="When it was asked, in UTC.")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(status="PENDING"), name="change_request_one_pending_per_order"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[each.value for each in REVIEWED], reviewed_at__isnull=False)
                | (~Q(status__in=[each.value for each in REVIEWED]) & Q(reviewed_at=None)),
                name="change_request_reviewed_when_decided",
            ),
            one_of("status", ChangeStatus, "change_request_status_known"),
        ]
        indexes = [models.Index(fields=["status", "created_at", "id"], name="change_request_inbox")]

    def __str__(self) -> str:
        return f"Change of order {self.order_id} to {self.requested_date} {self.requested_time:%H:%M}"
