"""When each periodic job last ran."""

from django.db import models


class PeriodicRun(models.Model):
    """One job of workers/schedule.py. Whoever holds its row runs the job, so two schedulers do nothing twice."""

    job = models.CharField(max_length=64, unique=True, help_text="Name of the job.")
    last_run_at = models.DateTimeField(null=True, blank=True, help_text="When it last finished, in UTC; null: never.")

    def __str__(self) -> str:
        return self.job
