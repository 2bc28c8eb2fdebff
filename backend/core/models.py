"""The one table of the foundation: answers kept for repeated requests."""

from django.db import models


class IdempotencyKey(models.Model):
    """A client's key for one creating operation, and what came of it.

    Written in the transaction of the operation itself: a second request with the same key waits on the unique index
    until the first has committed, then finds its result.
    """

    scope = models.CharField(max_length=64, help_text="Who used the key: `user:7`, or `anonymous`.")
    operation = models.CharField(max_length=64, help_text="Name of the mutation.")
    key = models.CharField(max_length=128, help_text="The client's key.")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the input, to tell a repeat from a mistake.")
    result_id = models.BigIntegerField(null=True, help_text="Id of the object that the operation made.")
    created_at = models.DateTimeField(db_index=True, help_text="When it was first used, in UTC.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "operation", "key"], name="idempotency_key_used_once"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"
