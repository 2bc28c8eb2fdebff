"""What the business offers."""

from django.db import models
from django.db.models import F, Q

from backend.catalogue.rules import MAX_DEPTH, PLACE_DIGITS, ApprovalStatus, is_bookable
from backend.core.audit import audited
from backend.core.choices import choices_of, one_of


@audited()
class Category(models.Model):
    """A group of services in the shop window, below another or at the top.

    `tree_order` and `is_shown` follow from the whole tree; the actions that change the tree keep them.
    """

    name = models.CharField(max_length=120, help_text="Name shown to customers.")
    slug = models.SlugField(max_length=140, unique=True, help_text="Name in web addresses.")
    description = models.TextField(blank=True, help_text="Text shown to customers.")
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        help_text="The category that it stands below; none at the top.",
    )
    position = models.PositiveIntegerField(default=0, help_text="Place among its siblings, ascending.")
    tree_order = models.CharField(
        max_length=PLACE_DIGITS * MAX_DEPTH, default="", help_text="Positions from the top down: sorts depth first."
    )
    is_active = models.BooleanField(default=True, help_text="Inactive categories are hidden, with all below them.")
    is_shown = models.BooleanField(default=True, help_text="Whether it and all above it are active.")
    created_at = models.DateTimeField(help_text="When it was made, in UTC.")

    class Meta:
        verbose_name_plural = "categories"
        ordering = ["tree_order", "name", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(parent=F("id")), name="category_not_below_itself"),
            models.CheckConstraint(condition=Q(is_shown=False) | Q(is_active=True), name="category_shown_is_active"),
        ]

    def __str__(self) -> str:
        return self.name


@audited()
class Service(models.Model):
    """Something that can be booked: a price, a duration, and the pause that follows it."""

    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="services", help_text="The category that it stands in."
    )
    name = models.CharField(max_length=120, help_text="Name shown to customers.")
    slug = models.SlugField(max_length=140, unique=True, help_text="Name in web addresses.")
    description = models.TextField(blank=True, help_text="Text shown to customers.")
    price = models.DecimalField(max_digits=10, decimal_places=2, help_text="Price of one, in the business's currency.")
    duration_minutes = models.PositiveIntegerField(help_text="How long one takes, in minutes.")
    buffer_minutes = models.PositiveIntegerField(default=0, help_text="Pause kept free after a visit, in minutes.")
    approval_status = models.CharField(
        max_length=20,
        choices=choices_of(ApprovalStatus),
        default=ApprovalStatus.APPROVED,
        help_text="Services that staff propose wait for approval.",
    )
    created_by_staff = models.ForeignKey(
        "staff.Staff",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="proposed_services",
        help_text="The member of staff who proposed it.",
    )
    rejection_reason = models.CharField(max_length=500, blank=True, help_text="Why the office did not want it.")
    reviewed_by = models.ForeignKey(
        "accounts.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who approved or rejected it.",
    )
    reviewed_at = models.DateTimeField(null=True, blank=True, help_text="When it was approved or rejected, in UTC.")
    is_active = models.BooleanField(default=True, help_text="Inactive services can't be booked; visits stay.")
    position = models.PositiveIntegerField(default=0, help_text="Place within its category, ascending.")
    created_at = models.DateTimeField(help_text="When it was made, in UTC.")

    class Meta:
        ordering = ["position", "name", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="service_price_not_negative"),
            models.CheckConstraint(
                condition=Q(duration_minutes__range=(1, 24 * 60)), name="service_duration_within_a_day"
            ),
            models.CheckConstraint(condition=Q(buffer_minutes__lte=24 * 60), name="service_buffer_within_a_day"),
            one_of("approval_status", ApprovalStatus, "service_approval_known"),
        ]
        indexes = [models.Index(fields=["category", "position"], name="service_in_category")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_bookable(self) -> bool:
        return is_bookable(is_active=self.is_active, approval_status=self.approval_status)


@audited()
class ServiceExtra(models.Model):
    """Something that can be added to a service, for more money and more time."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="extras", help_text="What it adds to.")
    name = models.CharField(max_length=120, help_text="Name shown to customers.")
    price = models.DecimalField(max_digits=10, decimal_places=2, help_text="What it adds to the price.")
    duration_minutes = models.PositiveIntegerField(default=0, help_text="Minutes that it adds.")
    is_active = models.BooleanField(default=True, help_text="Inactive extras can't be chosen any more.")
    position = models.PositiveIntegerField(default=0, help_text="Place in the list, ascending.")

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="extra_price_not_negative"),
            models.CheckConstraint(condition=Q(duration_minutes__lte=24 * 60), name="extra_duration_within_a_day"),
        ]

    def __str__(self) -> str:
        return self.name
