"""Periodic jobs in the back office."""

from django.contrib import admin

from backend.core.admin import ReadOnlyAdmin
from workers.models import PeriodicRun


@admin.register(PeriodicRun)
class PeriodicRunAdmin(ReadOnlyAdmin):
    """When each job last ran, and what it failed of."""

    list_display = ["job", "last_run_at", "last_seconds", "last_treated", "leased_until", "failed_at"]
    search_fields = ["job"]
    ordering = ["job"]
