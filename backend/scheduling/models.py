"""Visits, and the claims on people's time that make them possible."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from backend.core.audit import audited
from backend.core.choices import choices_of, one_of
from backend.scheduling.rules import Agreement, AppointmentStatus, AppointmentType, ClaimKind, PaymentStatus


@audited(personal=["notes", "internal_notes"])
class Appointment(models.Model):
    """A visit: one member of staff doing one service from `start` to `end`."""

    service = models.ForeignKey(
        "catalogue.Service", on_delete=models.PROTECT, related_name="appointments", help_text="What is done."
    )
    staff = models.ForeignKey(
        "staff.Staff", on_delete=models.PROTECT, related_name="appointments", help_text="Who does it."
    )
    start = models.DateTimeField(help_text="Start, in UTC.")
    end = models.DateTimeField(help_text="End of the work, in UTC; the buffer follows it.")
    buffer_minutes = models.PositiveIntegerField(default=0, help_text="Minutes kept free after the end.")
    status = models.CharField(
        max_length=16,
        choices=choices_of(AppointmentStatus),
        default=AppointmentStatus.PENDING,
        help_text="Where the visit stands.",
    )
    type = models.CharField(max_length=16, choices=choices_of(AppointmentType), help_text="What it came from.")
    version = models.PositiveIntegerField(default=1, help_text="Counts changes, for `version` in inputs.")
    notes = models.TextField(blank=True, help_text="What the customer wants known.")
    internal_notes = models.TextField(blank=True, help_text="Notes of staff and office; customers never see them.")
    created_at = models.DateTimeField(help_text="When it was booked, in UTC.")
    on_the_way_at = models.DateTimeField(
        null=True, blank=True, help_text="When whoever comes last said that it is on the way, in UTC; null: never."
    )

    class Meta:
        ordering = ["start", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="appointment_ends_after_start"),
            one_of("status", AppointmentStatus, "appointment_status_known"),
            one_of("type", AppointmentType, "appointment_type_known"),
        ]
        indexes = [
            models.Index(fields=["staff", "start"], name="appointment_of_staff"),
            models.Index(fields=["start", "id"], name="appointment_by_start"),
        ]

    def __str__(self) -> str:
        return f"Appointment {self.pk}"


@audited(secret=["key", "thumbnail_key"])
class Photo(models.Model):
    """A picture of the finished work. The row stays when the picture is deleted; its files go."""

    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, related_name="photos", help_text="The visit that it shows."
    )
    key = models.CharField(max_length=200, unique=True, help_text="Name of its file in the storage.")
    thumbnail_key = models.CharField(max_length=200, unique=True, help_text="Name of the file of its small form.")
    width = models.PositiveIntegerField(help_text="Width in pixels, as kept.")
    height = models.PositiveIntegerField(help_text="Height in pixels, as kept.")
    bytes = models.PositiveIntegerField(help_text="Size of its file, without the small form.")
    sha256 = models.CharField(max_length=64, help_text="Of the file as it was uploaded, in hexadecimal.")
    taken_by = models.ForeignKey(
        "accounts.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who uploaded it.",
    )
    created_at = models.DateTimeField(help_text="When it was uploaded, in UTC.")
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="When it was deleted, in UTC; empty while kept.")

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "sha256"], condition=Q(deleted_at=None), name="photo_once_per_appointment"
            ),
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0, bytes__gt=0), name="photo_has_a_size"),
        ]

    def __str__(self) -> str:
        return f"Photo {self.pk} of appointment {self.appointment_id}"


@audited(
    secret=["tracking_token"],
    personal=[
        "contact_name",
        "contact_email",
        "contact_phone",
        "contact_language",
        "line1",
        "line2",
        "city",
        "postcode",
    ],
)
class CustomerAppointment(models.Model):
    """Whom a visit is for, where and on which terms: frozen when it was booked."""

    appointment = models.OneToOneField(
        Appointment, on_delete=models.CASCADE, related_name="booking", help_text="The visit."
    )
    customer = models.ForeignKey(
        "customers.Customer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="bookings",
        help_text="The customer; empty for a guest.",
    )
    contact_name = models.CharField(max_length=200, help_text="Name of the customer or guest at booking.")
    contact_email = models.EmailField(help_text="E-mail of the customer or guest at booking.")
    contact_phone = models.CharField(max_length=32, blank=True, help_text="Phone of the customer or guest.")
    contact_language = models.CharField(
        max_length=8, blank=True, help_text="What a guest is written to in; empty: the business's."
    )
    line1 = models.CharField(max_length=200, help_text="First address line.")
    line2 = models.CharField(max_length=200, blank=True, help_text="Second address line.")
    city = models.CharField(max_length=100, help_text="Post town.")
    postcode = models.CharField(max_length=10, help_text="Postcode, with its space.")
    country = models.CharField(max_length=2, default="GB", help_text="ISO 3166-1 alpha-2.")
    price = models.DecimalField(max_digits=10, decimal_places=2, help_text="Price of the visit.")
    currency = models.CharField(max_length=3, help_text="ISO 4217 code of the price.")
    extras = models.JSONField(default=list, blank=True, help_text="Names, prices and minutes of the extras.")
    policy_hours = models.PositiveIntegerField(help_text="Hours of notice that cancelling takes.")
    cancellation_deadline = models.DateTimeField(help_text="Until when the customer may cancel, in UTC.")
    reschedule_hours = models.PositiveIntegerField(help_text="Hours of notice that moving it takes.")
    reschedule_deadline = models.DateTimeField(help_text="Until when the customer may move it, in UTC.")
    reschedules = models.PositiveIntegerField(default=0, help_text="How often the customer has moved it.")
    max_reschedules = models.PositiveIntegerField(default=0, help_text="How often the customer may move it.")
    tracking_token = models.CharField(
        max_length=64,
        null=True,
        blank=True,
        unique=True,
        help_text="Opens a direct booking to whoever holds it; none for visits of orders and plans.",
    )
    payment_status = models.CharField(
        max_length=16,
        choices=choices_of(PaymentStatus),
        default=PaymentStatus.UNPAID,
        help_text="What has been paid for it.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="booking_price_not_negative"),
            one_of("payment_status", PaymentStatus, "booking_payment_status_known"),
        ]
        indexes = [models.Index(fields=["customer", "appointment"], name="booking_of_customer")]

    def __str__(self) -> str:
        return f"Booking of appointment {self.appointment_id}"

    @property
    def agreement(self) -> Agreement:
        """What was agreed about changing the visit. Fetch `appointment` with the row."""
        return Agreement(
            type=AppointmentType(self.appointment.type),
            status=AppointmentStatus(self.appointment.status),
            cancellation_deadline=self.cancellation_deadline,
            reschedule_deadline=self.reschedule_deadline,
            reschedules=self.reschedules,
            max_reschedules=self.max_reschedules,
        )


@audited(secret=["token_hash", "client", "email", "postcode"])
class Hold(models.Model):
    """A time kept for somebody who is still filling in a form. Its claim says until when; without one it is over."""

    staff = models.ForeignKey("staff.Staff", on_delete=models.CASCADE, related_name="+", help_text="Whose time.")
    service = models.ForeignKey(
        "catalogue.Service", on_delete=models.CASCADE, related_name="+", help_text="What is to be done."
    )
    extra_ids = models.JSONField(default=list, blank=True, help_text="Ids of the extras, ascending.")
    start = models.DateTimeField(help_text="Start of the visit, in UTC.")
    end = models.DateTimeField(help_text="End of the work, in UTC; the buffer follows it.")
    postcode = models.CharField(max_length=10, help_text="Where, as a postcode or an outward code.")
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token that was given out.")
    client = models.CharField(max_length=64, help_text="Network address that holds it.")
    email = models.EmailField(blank=True, help_text="E-mail of whoever holds it, lower case, where it is known.")
    created_at = models.DateTimeField(help_text="When it was taken, in UTC.")

    class Meta:
        ordering = ["start", "id"]
        constraints = [models.CheckConstraint(condition=Q(end__gt=F("start")), name="hold_ends_after_start")]
        indexes = [
            models.Index(fields=["client"], name="hold_of_client"),
            models.Index(fields=["email"], name="hold_of_email"),
        ]

    def __str__(self) -> str:
        return f"Hold of staff {self.staff_id} at {self.start:%Y-%m-%d %H:%M}"


@audited()
class Claim(models.Model):
    """A stretch of one person's time that is taken. The only truth of busy.

    PostgreSQL refuses a second claim that overlaps: whatever races in the code, two visits can never both win.
    """

    staff = models.ForeignKey("staff.Staff", on_delete=models.PROTECT, related_name="claims", help_text="Whose time.")
    period = DateTimeRangeField(help_text="[start, end + buffer), in UTC.")
    kind = models.CharField(max_length=16, choices=choices_of(ClaimKind), help_text="What it is taken for.")
    appointment = models.OneToOneField(
        Appointment,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="claim",
        help_text="The visit that takes it.",
    )
    time_off = models.OneToOneField(
        "staff.TimeOff",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="claim",
        help_text="The absence that takes it.",
    )

    hold = models.OneToOneField(
        "Hold",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="claim",
        help_text="The hold that takes it.",
    )
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="When a hold ends by itself, in UTC; empty for what stays."
    )
    latitude = models.FloatField(
        null=True, blank=True, help_text="Where a visit is, degrees north, WGS 84; empty for time off."
    )
    longitude = models.FloatField(null=True, blank=True, help_text="Degrees east, WGS 84.")

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="claim_no_overlap",
                expressions=[
                    # Equality inside a GiST index without btree_gist: the range [id, id] overlaps only itself.
                    (
                        Func(
                            F("staff_id"),
                            F("staff_id"),
                            Value("[]"),
                            function="int8range",
                            output_field=BigIntegerRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=(
                    Q(kind=ClaimKind.APPOINTMENT.value, appointment__isnull=False, time_off=None, hold=None)
                    | Q(kind=ClaimKind.TIME_OFF.value, appointment=None, time_off__isnull=False, hold=None)
                    | Q(kind=ClaimKind.HOLD.value, appointment=None, time_off=None, hold__isnull=False)
                ),
                name="claim_for_exactly_one",
            ),
            models.CheckConstraint(
                condition=Q(kind=ClaimKind.HOLD.value, expires_at__isnull=False)
                | (~Q(kind=ClaimKind.HOLD.value) & Q(expires_at=None)),
                name="claim_expires_only_as_hold",
            ),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None) | Q(latitude__isnull=False, longitude__isnull=False),
                name="claim_place_whole",
            ),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False),
                name="claim_period_bounded",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="claim_of_holds"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of staff {self.staff_id}"


class ExternalBusy(models.Model):
    """A time in which a member of staff is busy with something else, as a calendar of theirs tells.

    No claim: it may lie over visits that were promised before, and goes when the calendar says so. Searches and
    bookings keep away from it where the business wants that (ROTA_EXTERNAL_BUSY_BLOCKS).
    """

    staff = models.ForeignKey(
        "staff.Staff", on_delete=models.CASCADE, related_name="external_busy", help_text="Whose time."
    )
    source = models.CharField(max_length=64, help_text="Which calendar tells: replaced as a whole.")
    period = DateTimeRangeField(help_text="[start, end), in UTC.")

    class Meta:
        ordering = ["period", "id"]
        verbose_name_plural = "external busy times"
        constraints = [
            models.UniqueConstraint(fields=["staff", "source", "period"], name="external_busy_once"),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False),
                name="external_busy_bounded",
            ),
        ]

    def __str__(self) -> str:
        return f"Staff {self.staff_id} elsewhere"
