"""Plans: the same service again and again, and each visit that a plan owes."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from backend.core.audit import audited
from backend.core.choices import choices_of, one_of
from backend.customers.rules import OfCustomerOrGuest
from backend.orders.rules import REVIEWED, ChangeStatus
from backend.subscriptions.rules import Frequency, SubscriptionStatus, VisitStatus


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
        "pause_reason",
        "cancellation_reason",
    ],
)
class Subscription(OfCustomerOrGuest, models.Model):
    """A service every week, fortnight or month for some months, at one address, for a customer or a guest."""

    subscription_number = models.CharField(
        max_length=24, unique=True, help_text="Reference for people: SUB-YYYYMMDD-XXXXXX."
    )
    tracking_token = models.CharField(max_length=64, unique=True, help_text="Opens this plan to whoever holds it.")
    status = models.CharField(
        max_length=16,
        choices=choices_of(SubscriptionStatus),
        default=SubscriptionStatus.PENDING,
        help_text="Where it stands.",
    )
    version = models.PositiveIntegerField(default=1, help_text="Counts changes, for `version` in inputs.")
    customer = models.ForeignKey(
        "customers.Customer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="subscriptions",
        help_text="The customer; empty for a guest.",
    )
    is_guest_subscription = models.BooleanField(help_text="Whether it was made without an account.")
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
    service = models.ForeignKey(
        "catalogue.Service", on_delete=models.PROTECT, related_name="subscriptions", help_text="What is done."
    )
    extras = models.JSONField(default=list, blank=True, help_text="Names, prices and minutes of the extras, frozen.")
    duration_minutes = models.PositiveIntegerField(help_text="Minutes of one visit without extras, frozen.")
    extra_minutes = models.PositiveIntegerField(default=0, help_text="Minutes that the extras add to a visit.")
    buffer_minutes = models.PositiveIntegerField(default=0, help_text="Pause after a visit, frozen.")
    frequency = models.CharField(max_length=16, choices=choices_of(Frequency), help_text="How often somebody comes.")
    duration_months = models.PositiveIntegerField(help_text="For how many months, 1 to 12.")
    start_date = models.DateField(help_text="First nominal date, in the business's time zone.")
    end_date = models.DateField(help_text="First date after the last period; a pause moves it.")
    rhythm_start = models.DateField(help_text="Nominal dates are counted from here: the start, or the last resumption.")
    preferred_time = models.TimeField(null=True, blank=True, help_text="Wall-clock time that was asked for.")
    preferred_staff = models.ForeignKey(
        "staff.Staff",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who was asked for; empty for anyone.",
    )
    visit_time = models.TimeField(null=True, blank=True, help_text="Wall-clock time of the visits: the first one's.")
    staff = models.ForeignKey(
        "staff.Staff",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="subscriptions",
        help_text="Who comes: whoever the first visit was placed with.",
    )
    notes = models.TextField(blank=True, help_text="What the customer wants known.")
    price_per_appointment = models.DecimalField(
        max_digits=10, decimal_places=2, help_text="Price of one visit with its extras, frozen."
    )
    total_appointments = models.PositiveIntegerField(help_text="Visits that the plan owes in all.")
    completed_appointments = models.PositiveIntegerField(default=0, help_text="Visits that are done.")
    subtotal = models.DecimalField(max_digits=10, decimal_places=2, help_text="Price of one visit times visits.")
    discount = models.DecimalField(max_digits=10, decimal_places=2, default=0, help_text="What a coupon takes off.")
    total = models.DecimalField(max_digits=10, decimal_places=2, help_text="Subtotal less discount.")
    currency = models.CharField(max_length=3, help_text="ISO 4217 code of the amounts.")
    coupon_code = models.CharField(max_length=40, blank=True, help_text="The coupon that was used.")
    policy_hours = models.PositiveIntegerField(help_text="Hours of notice that cancelling a visit takes, frozen.")
    next_appointment_date = models.DateField(
        null=True, blank=True, help_text="Date of the next open visit; empty while paused, and once ended."
    )
    resume_on = models.DateField(null=True, blank=True, help_text="When a pause ends by itself.")
    pause_reason = models.CharField(max_length=500, blank=True, help_text="Why it was paused.")
    created_at = models.DateTimeField(help_text="When it was made, in UTC.")
    confirmed_at = models.DateTimeField(null=True, blank=True, help_text="When it became active, in UTC.")
    paused_at = models.DateTimeField(null=True, blank=True, help_text="When it was paused, in UTC.")
    completed_at = models.DateTimeField(null=True, blank=True, help_text="When its last visit was settled, in UTC.")
    cancelled_at = models.DateTimeField(null=True, blank=True, help_text="When it was cancelled, in UTC.")
    cancellation_reason = models.CharField(max_length=500, blank=True, help_text="Why it was cancelled.")
    account_linked_at = models.DateTimeField(null=True, blank=True, help_text="When a guest's plan got its customer.")
    tracking_renewed_at = models.DateTimeField(
        null=True, blank=True, help_text="When its link was made anew after it had run out."
    )

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_guest_subscription=False, customer__isnull=False)
                | (Q(is_guest_subscription=True) & ~Q(guest_email="") & ~Q(guest_name="")),
                name="subscription_has_customer_or_guest",
            ),
            models.CheckConstraint(
                condition=Q(price_per_appointment__gte=0, discount__gte=0, total__gte=0)
                & Q(subtotal=F("price_per_appointment") * F("total_appointments"))
                & Q(total=F("subtotal") - F("discount")),
                name="subscription_total_adds_up",
            ),
            models.CheckConstraint(condition=Q(duration_months__range=(1, 12)), name="subscription_months_1_to_12"),
            models.CheckConstraint(condition=Q(end_date__gt=F("start_date")), name="subscription_ends_after_start"),
            models.CheckConstraint(
                condition=Q(completed_appointments__lte=F("total_appointments")), name="subscription_not_overdone"
            ),
            models.CheckConstraint(
                condition=Q(status=SubscriptionStatus.ACTIVE.value) | Q(next_appointment_date=None),
                name="subscription_next_while_active",
            ),
            models.CheckConstraint(
                condition=Q(status=SubscriptionStatus.PAUSED.value) | Q(resume_on=None),
                name="subscription_resumes_from_pause",
            ),
            one_of("status", SubscriptionStatus, "subscription_status_known"),
            one_of("frequency", Frequency, "subscription_frequency_known"),
        ]
        indexes = [
            models.Index(fields=["status", "created_at", "id"], name="subscription_inbox"),
            models.Index(fields=["customer", "created_at"], name="subscription_of_customer"),
            models.Index(fields=["resume_on"], condition=~Q(resume_on=None), name="subscription_to_resume"),
        ]

    def __str__(self) -> str:
        return self.subscription_number

    @property
    def ended_at(self) -> datetime | None:
        """When it was completed or cancelled."""
        return self.completed_at or self.cancelled_at


@audited()
class SubscriptionAppointment(models.Model):
    """A visit that a plan owes, and the appointment that it became. The API calls it Visit."""

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="visits", help_text="The plan."
    )
    sequence = models.PositiveIntegerField(help_text="Place in the plan, from 1; a resumption counts on.")
    nominal_date = models.DateField(help_text="When it is due by the plan's rhythm, in the business's time zone.")
    due_before = models.DateField(help_text="When the next is due: it may be moved up to the day before.")
    status = models.CharField(max_length=16, choices=choices_of(VisitStatus), help_text="Where it stands.")
    appointment = models.OneToOneField(
        "scheduling.Appointment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="visit",
        help_text="Its time in somebody's day; empty where none was found.",
    )
    is_moved = models.BooleanField(
        default=False, help_text="Whether it lies at another time, or with somebody else, than the plan says."
    )
    reason = models.CharField(
        max_length=32, blank=True, help_text="Why it was moved or not placed; a `DayReason` of scheduling."
    )

    class Meta:
        ordering = ["sequence", "id"]
        constraints = [
            models.UniqueConstraint(fields=["subscription", "sequence"], name="visit_one_per_sequence"),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="visit_sequence_from_one"),
            models.CheckConstraint(condition=Q(due_before__gt=F("nominal_date")), name="visit_due_before_the_next"),
            models.CheckConstraint(
                condition=~Q(status__in=[VisitStatus.SCHEDULED.value, VisitStatus.COMPLETED.value])
                | Q(appointment__isnull=False),
                name="visit_placed_has_appointment",
            ),
            models.CheckConstraint(
                condition=~Q(status=VisitStatus.UNPLACED.value) | (Q(appointment=None) & ~Q(reason="")),
                name="visit_unplaced_has_reason",
            ),
            one_of("status", VisitStatus, "visit_status_known"),
        ]
        indexes = [
            models.Index(
                fields=["nominal_date", "id"], condition=Q(status=VisitStatus.UNPLACED.value), name="visit_unplaced"
            )
        ]

    def __str__(self) -> str:
        return f"Visit {self.sequence} of plan {self.subscription_id}"


@audited(personal=["reason", "review_note"])
class SubscriptionAppointmentChangeRequest(models.Model):
    """Somebody asks for another time of one visit; the office decides. At most one request of a visit waits."""

    visit = models.ForeignKey(
        SubscriptionAppointment, on_delete=models.CASCADE, related_name="change_requests", help_text="The visit."
    )
    requested_date = models.DateField(help_text="Wanted date, in the business's time zone.")
    requested_time = models.TimeField(help_text="Wanted wall-clock time, in the business's time zone.")
    reason = models.CharField(max_length=500, blank=True, help_text="Why another time is wanted.")
    status = models.CharField(
        max_length=16,
        choices=choices_of(ChangeStatus),
        default=ChangeStatus.PENDING,
        help_text="Where it stands.",
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
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="Who decided."
    )
    reviewed_at = models.DateTimeField(null=True, blank=True, help_text="When the office decided, in UTC.")
    created_at = models.DateTimeField(help_text="When it was asked, in UTC.")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["visit"], condition=Q(status="PENDING"), name="visit_change_one_pending_per_visit"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[each.value for each in REVIEWED], reviewed_at__isnull=False)
                | (~Q(status__in=[each.value for each in REVIEWED]) & Q(reviewed_at=None)),
                name="visit_change_reviewed_when_decided",
            ),
            one_of("status", ChangeStatus, "visit_change_status_known"),
        ]
        indexes = [models.Index(fields=["status", "created_at", "id"], name="visit_change_inbox")]

    def __str__(self) -> str:
        return f"Change of visit {self.visit_id} to {self.requested_date} {self.requested_time:%H:%M}"
