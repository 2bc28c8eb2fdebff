"""The trail in the back office: to be searched and read."""

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from backend.audit.models import Change
from backend.audit.queries import changes_of_row, changes_visible_to
from backend.core.admin import ReadOnlyAdmin, Step, tell_history
from backend.core.viewer import Viewer

_SHOWN = 200
"""Characters of a value; a text of a page would hide all others."""


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    """What was done, the newest first."""

    icon = "policy"
    list_display = ["pgh_created_at", "pgh_label", "model", "object_id", "actor", "source", "operation", "in_short"]
    list_filter = ["pgh_label", "model", "pgh_created_at"]
    list_select_related = ["actor"]
    search_fields = ["=object_id", "=request_id", "=actor__email", "=operation"]
    search_help_text = "Id of a row, a request id, the e-mail of who did it, or a use case such as confirm_order."
    ordering = ["-pgh_id"]
    fields = [
        "pgh_created_at",
        "pgh_label",
        "model",
        "object_id",
        "actor",
        "source",
        "operation",
        "request_id",
        "all_changes",
    ]
    readonly_fields = ["all_changes"]

    @admin.display(description="Changes")
    def in_short(self, change: Change) -> str:
        """The names of the columns."""
        return ", ".join(each.field for each in change.changes)

    @admin.display(description="Changes")
    def all_changes(self, change: Change) -> SafeString:
        """Old and new of each column."""
        rows = ((each.field, _short(each.old), _short(each.new)) for each in change.changes)
        lines = format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", rows)
        return format_html("<table><tr><th>Column</th><th>Before</th><th>After</th></tr>{}</table>", lines)

    def visible_to(self, viewer: Viewer) -> QuerySet[Change]:
        return changes_visible_to(viewer)


def _step(change: Change) -> Step:
    if change.actor is not None:
        who = change.actor.name
    else:
        who = "nobody signed in" if change.actor_id is None else f"user {change.actor_id}, who is gone"
    through = change.operation or change.source
    return Step(
        at=change.pgh_created_at,
        who=who,
        did=f"{change.get_pgh_label_display()} by {through.replace('_', ' ')}" if through else change.pgh_label,
        changes=[(each.field, each.old, each.new) for each in change.changes],
    )


tell_history(changes_of_row, _step)


def _short(value: str | None) -> str:
    text = "" if value is None else value
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
