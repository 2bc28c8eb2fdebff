"""Postcodes in the back office."""

from django.contrib import admin

from backend.core.admin import ReadOnlyAdmin
from backend.geography.models import Postcode


@admin.register(Postcode)
class PostcodeAdmin(ReadOnlyAdmin):
    """Where postcodes lie; `manage.py import_postcodes` fills the table."""

    icon = "location_on"
    list_display = ["code", "is_outcode", "latitude", "longitude"]
    list_filter = ["is_outcode"]
    search_fields = ["^code"]
    search_help_text = "The beginning of a postcode, without the space."
    ordering = ["code"]
