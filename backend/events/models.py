"""The event log, and what has become of each event at each handler."""

from typing import Any

from django.db import models
from django.db.models.expressions import Func

from backend.core.choices import choices_of, one_of
from backend.events.rules import DeliveryStatus


class TransactionIdField(models.Field[int, int]):
    """PostgreSQL's `xid8`: the 64-bit id of the writing transaction, as an int in Python."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def get_internal_type(self) -> str:
        return "TransactionIdField"

    def from_db_value(self, value: Any, *_: Any) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else str(int(value))

    def to_python(self, value: Any) -> int | None:
        return None if value is None else int(value)


class CurrentTransactionId(Func):
    """`pg_current_xact_id()`: the writing transaction's own id."""

    function = "pg_current_xact_id"
    output_field = TransactionIdField()


class Event(models.Model):
    """Something that happened, written in the transaction that made it happen.

    At once the outbox, the log behind the live feed and the source of webhooks. Ids are handed out before commit, so
    they are not commit order: read through `queries.settled_after`, never by the highest id seen (DESIGN.md, "Events").
    """

    transaction = TransactionIdField(
        db_default=CurrentTransactionId(), editable=False, help_text="The writing transaction; orders the log."
    )
    kind = models.CharField(max_length=64, help_text="What happened: `order.confirmed`.")
    staff_id = models.BigIntegerField(null=True, blank=True, help_text="Member of staff concerned.")
    order_id = models.BigIntegerField(null=True, blank=True, help_text="Order concerned.")
    appointment_id = models.BigIntegerField(null=True, blank=True, help_text="Appointment concerned.")
    customer_id = models.BigIntegerField(null=True, blank=True, help_text="Customer concerned.")
    actor_id = models.BigIntegerField(null=True, blank=True, help_text="User who did it; null for guests and jobs.")
    data = models.JSONField(default=dict, blank=True, help_text="What else belongs to the fact.")
    request_id = models.CharField(max_length=64, blank=True, help_text="The request that caused it.")
    occurred_at = models.DateTimeField(help_text="When it happened, in UTC.")
    routed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the relay turned it into deliveries."
    )

    class Meta:
        ordering = ["transaction", "id"]
        indexes = [
            models.Index(fields=["transaction", "id"], name="event_log_order"),
            models.Index(fields=["id"], name="event_unrouted", condition=models.Q(routed_at=None)),
            models.Index(fields=["order_id"], name="event_of_order", condition=~models.Q(order_id=None)),
            models.Index(
                fields=["appointment_id"], name="event_of_appointment", condition=~models.Q(appointment_id=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class Delivery(models.Model):
    """One event on its way to one handler.

    The handler locks this row and marks it done in the transaction of its effect, so a message that arrives twice acts
    once. Redis carries only the message: what is not done by `due_at` is sent again from here.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries", help_text="What happened.")
    handler = models.CharField(max_length=64, help_text="Who should hear of it, as named in workers/routing.py.")
    status = models.CharField(
        max_length=16,
        choices=choices_of(DeliveryStatus),
        default=DeliveryStatus.PENDING,
        help_text="Pending, done, or dead after too many failures.",
    )
    attempts = models.PositiveIntegerField(default=0, help_text="Failures so far.")
    due_at = models.DateTimeField(help_text="When the relay sends it next, in UTC.")
    last_error = models.TextField(blank=True, help_text="Traceback of the last failure.")
    done_at = models.DateTimeField(null=True, blank=True, help_text="When its effect was committed, in UTC.")

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["event", "handler"], name="delivery_once_per_handler"),
            one_of("status", DeliveryStatus, "delivery_status_known"),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="delivery_due", condition=models.Q(status="PENDING")),
            models.Index(fields=["id"], name="delivery_dead", condition=models.Q(status="DEAD")),
        ]

    def __str__(self) -> str:
        return f"{self.handler} of event {self.event_id}"


class LogState(models.Model):
    """What is true of the log as a whole: one row, or none where nothing was ever restored or pruned."""

    generation = models.PositiveIntegerField(default=0, help_text="Counts restores: older cursors mean another log.")
    pruned_transaction = models.BigIntegerField(default=0, help_text="The log was pruned up to this transaction …")
    pruned_event = models.BigIntegerField(default=0, help_text="… and this event in it.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="log_state_one_row")]

    def __str__(self) -> str:
        return f"Generation {self.generation}"
