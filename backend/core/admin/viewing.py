"""Who works in the back office."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from backend.core.viewer import Viewer


def viewer_of(request: HttpRequest) -> Viewer:
    """The viewer behind a request, read once a request: what a manager lost a moment ago is gone from the next page.

    Accounts stand above the foundation, so the query that knows them is named by string.
    """
    viewer: Viewer | None = getattr(request, "rota_viewer", None)
    if viewer is None:
        viewer = import_string(settings.ROTA_VIEWER_FOR_USER)(request.user.pk or 0)
        request.rota_viewer = viewer  # type: ignore[attr-defined]
    return viewer
