"""Who may do what with calendars: everybody with their own; admins may also take others' away, never read them."""

from backend.calendars.models import CalendarConnection, CalendarFeed
from backend.core.errors import NotAllowed
from backend.core.viewer import Viewer, require_signed_in


def require_own(viewer: Viewer, row: CalendarConnection | CalendarFeed) -> int:
    """The owner's id, which is the viewer's; NotSignedIn or NotAllowed."""
    if require_signed_in(viewer) != row.user_id:
        raise NotAllowed
    return row.user_id


def require_take_away(viewer: Viewer, row: CalendarConnection | CalendarFeed) -> None:
    """The owner, and admins. NotSignedIn or NotAllowed."""
    if not viewer.is_admin:
        require_own(viewer, row)
