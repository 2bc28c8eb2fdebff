"""The trail."""

import json
from decimal import Decimal
from typing import Any, ClassVar

import pghistory.models
import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from backend.audit.rules import AuditAction, FieldChange, changes
from backend.core.choices import choices_of, one_of


class ExactJSONDecoder(json.JSONDecoder):
    """Reads 12.50 as 12.50, and not as the float next to 12.5."""

    def __init__(self, **options: Any) -> None:
        super().__init__(parse_float=Decimal, **options)


class Change(pghistory.models.Event):
    """What happened to one row: an event of django-pghistory, but one table for all models (docs/adr/0017).

    Written by the database alone (`audit_record`, called by the triggers of backend/core/audit.py). No foreign key
    binds it: a trail outlives what it tells of.
    """

    pgh_id = models.BigAutoField(primary_key=True)
    pgh_created_at = models.DateTimeField(help_text="When the row was written, in UTC, by the database's clock.")
    pgh_label = models.CharField(max_length=8, choices=choices_of(AuditAction), help_text="What was done.")
    model = models.CharField(max_length=80, help_text="Which model: `orders.Order`.")
    object_id = models.BigIntegerField(help_text="Which row of it.")
    before = models.JSONField(
        null=True, decoder=ExactJSONDecoder, help_text="Values before: of an update those that changed."
    )
    after = models.JSONField(
        null=True, decoder=ExactJSONDecoder, help_text="Values after: of an update those that changed."
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
        help_text="The user who did it; null for guests, jobs and work at the database itself.",
    )
    request_id = models.CharField(max_length=64, help_text="The request that caused it; empty for none.")
    source = models.CharField(max_length=100, help_text="`api`, `admin`, `worker:…`, `job:…`, `command` or `sql`.")
    operation = models.CharField(max_length=100, help_text="The use case: `confirm_order`.")

    objects: ClassVar[models.Manager["Change"]] = models.Manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-pgh_id"]
        constraints = [one_of("pgh_label", AuditAction, "audit_action_known")]
        indexes = [
            models.Index(fields=["model", "object_id", "-pgh_id"], name="audit_of_object"),
            models.Index(fields=["actor", "-pgh_id"], name="audit_of_actor", condition=~Q(actor=None)),
            BrinIndex(fields=["pgh_created_at"], name="audit_by_time", autosummarize=True),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="append_only",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=(
                    "IF current_setting('rota.rewrites_trail', true) IS DISTINCT FROM 'on' THEN "
                    "RAISE EXCEPTION 'the trail is append-only'; END IF; RETURN COALESCE(NEW, OLD);"
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.pgh_label} {self.model} {self.object_id}"

    @classmethod
    def pghistory_setup(cls) -> None:
        """Nothing: it tracks no model of its own, every model names it."""

    @property
    def changes(self) -> list[FieldChange]:
        """Column by column, as text."""
        return changes(self.before, self.after)
