"""When each periodic job last ran."""

from django.db import models


class PeriodicRun(models.Model):
    """One job of workers/schedule.py. Whoever holds its row runs the job, so two schedulers do nothing twice."""

    job = models.CharField(max_length=64, unique=True, help_text="Name of the job.")
    last_run_at = models.DateTimeField(null=True, blank=True, help_text="When it last finished, in UTC; null: never.")
    last_seconds = models.FloatField(null=True, blank=True, help_text="How long that took, in seconds.")
    last_treated = models.PositiveIntegerField(null=True, blank=True, help_text="How many rows or things it treated.")
    failed_at = models.DateTimeField(null=True, blank=True, help_text="When it last failed, in UTC; null: never.")
    last_error = models.TextField(blank=True, help_text="What it failed of then.")
    leased_until = models.DateTimeField(
        null=True, blank=True, help_text="A long job is somebody's until then, in UTC; null: nobody is at it."
    )

    def __str__(self) -> str:
        return self.job
