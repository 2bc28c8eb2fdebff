"""The people in the field: their hours, services and areas."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from backend.core.audit import audited
from backend.core.choices import choices_of, one_of
from backend.staff.rules import StaffChangeKind, StaffChangeStatus


@audited(personal=["name", "email", "phone", "bio"])
class Staff(models.Model):
    """A member of staff, with or without an account."""

    user = models.OneToOneField(
        "accounts.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="staff",
        help_text="The account that it signs in with.",
    )
    name = models.CharField(max_length=200, help_text="Name shown to customers.")
    email = models.EmailField(help_text="Work e-mail, unique whatever the case.")
    phone = models.CharField(max_length=32, blank=True, help_text="Work phone.")
    bio = models.TextField(blank=True, help_text="A few lines shown to customers.")
    photo = models.CharField(max_length=200, blank=True, help_text="Name of its picture in the storage, or nothing.")
    is_active = models.BooleanField(default=True, help_text="Inactive staff get no new visits.")
    max_visits_per_day = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Visits that a date may hold at most; empty for as many as fit."
    )
    created_at = models.DateTimeField(help_text="When the row was made, in UTC.")

    class Meta:
        verbose_name_plural = "staff"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="staff_email_unique"),
            models.CheckConstraint(
                condition=Q(max_visits_per_day=None) | Q(max_visits_per_day__range=(1, 100)),
                name="staff_max_visits_sensible",
            ),
        ]

    def __str__(self) -> str:
        return self.name


@audited()
class StaffSchedule(models.Model):
    """The working hours of one weekday, in the business's time zone."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="schedules", help_text="Whose hours.")
    day_of_week = models.PositiveSmallIntegerField(help_text="0 is Monday, 6 is Sunday.")
    start = models.TimeField(help_text="Start of work, wall clock.")
    end = models.TimeField(help_text="End of work, wall clock, on the same day.")
    breaks = models.JSONField(default=list, blank=True, help_text='Breaks: `[["12:00", "12:30"]]`, wall clock.')

    class Meta:
        ordering = ["day_of_week"]
        constraints = [
            models.UniqueConstraint(fields=["staff", "day_of_week"], name="schedule_once_per_weekday"),
            models.CheckConstraint(condition=Q(day_of_week__lte=6), name="schedule_weekday_known"),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="schedule_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.day_of_week}: {self.start}-{self.end}"


@audited(personal=["reason"])
class ScheduleException(models.Model):
    """A date on which the week does not hold: off, or with other hours."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="exceptions", help_text="Whose date.")
    date = models.DateField(help_text="The date, in the business's time zone.")
    start = models.TimeField(null=True, blank=True, help_text="Start of work that day; empty for a day off.")
    end = models.TimeField(null=True, blank=True, help_text="End of work that day; empty for a day off.")
    reason = models.CharField(max_length=200, blank=True, help_text="Why, for the office.")

    class Meta:
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(fields=["staff", "date"], name="schedule_exception_once_per_date"),
            models.CheckConstraint(
                condition=Q(start=None, end=None) | Q(start__isnull=False, end__gt=F("start")),
                name="schedule_exception_off_or_hours",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date}"


@audited(personal=["reason"])
class TimeOff(models.Model):
    """A stretch of absence. Its claim in scheduling is what keeps visits away."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="time_off", help_text="Who is away.")
    start = models.DateTimeField(help_text="First instant away, in UTC.")
    end = models.DateTimeField(help_text="First instant back, in UTC.")
    reason = models.CharField(max_length=200, blank=True, help_text="Why, for the office.")
    created_at = models.DateTimeField(help_text="When it was entered, in UTC.")

    class Meta:
        verbose_name_plural = "time off"
        ordering = ["start", "id"]
        constraints = [models.CheckConstraint(condition=Q(end__gt=F("start")), name="time_off_ends_after_start")]
        indexes = [models.Index(fields=["staff", "start"], name="time_off_of_staff")]

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d}"


@audited()
class StaffService(models.Model):
    """That a member of staff offers a service, at its own price or duration where those are set."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="services", help_text="Who offers it.")
    service = models.ForeignKey(
        "catalogue.Service", on_delete=models.PROTECT, related_name="offers", help_text="What is offered."
    )
    price_override = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True, help_text="Price instead of the service's."
    )
    duration_override_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Minutes instead of the service's."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["staff", "service"], name="staff_offers_service_once"),
            models.CheckConstraint(
                condition=Q(price_override=None) | Q(price_override__gte=0), name="staff_price_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(duration_override_minutes=None) | Q(duration_override_minutes__range=(1, 24 * 60)),
                name="staff_duration_within_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff_id} offers {self.service_id}"


@audited()
class StaffArea(models.Model):
    """A circle that a member of staff serves. Its centre is copied from geography when it is entered."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="areas", help_text="Who serves it.")
    postcode = models.CharField(max_length=8, help_text="Centre: a postcode or outward code, without the space.")
    radius_miles = models.DecimalField(max_digits=5, decimal_places=1, help_text="Radius in statute miles.")
    latitude = models.FloatField(help_text="Centre, degrees north, WGS 84.")
    longitude = models.FloatField(help_text="Centre, degrees east, WGS 84.")

    class Meta:
        ordering = ["postcode", "id"]
        constraints = [
            models.UniqueConstraint(fields=["staff", "postcode"], name="staff_area_once_per_postcode"),
            models.CheckConstraint(
                condition=Q(radius_miles__gt=0) & Q(radius_miles__lte=500), name="staff_area_radius_sensible"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.postcode} {self.radius_miles} mi"


@audited()
class StaffChange(models.Model):
    """What a member of staff would like to change of its own time or places, where that waits for the office."""

    staff = models.ForeignKey(
        Staff, on_delete=models.CASCADE, related_name="changes", help_text="Whose time or places."
    )
    kind = models.CharField(max_length=24, choices=choices_of(StaffChangeKind), help_text="What is to change.")
    payload = models.JSONField(help_text="What was asked for, as plain values.")
    status = models.CharField(
        max_length=16,
        choices=choices_of(StaffChangeStatus),
        default=StaffChangeStatus.PENDING,
        help_text="Where it stands.",
    )
    created_at = models.DateTimeField(help_text="When it was asked for, in UTC.")
    reviewed_by = models.ForeignKey(
        "accounts.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who approved or rejected it.",
    )
    reviewed_at = models.DateTimeField(null=True, blank=True, help_text="When it was approved or rejected, in UTC.")
    review_note = models.CharField(max_length=500, blank=True, help_text="What the member of staff is told.")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "kind"], condition=Q(status="PENDING"), name="staff_change_one_pending_per_kind"
            ),
            one_of("kind", StaffChangeKind, "staff_change_kind_known"),
            one_of("status", StaffChangeStatus, "staff_change_status_known"),
        ]
        indexes = [models.Index(fields=["staff", "-created_at"], name="staff_change_of_staff")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.staff_id}"
