"""Where a write comes from: who, by which request, through which edge. Every use case hands it to the database.

The triggers of the audit (backend/core/audit.py) read it there, so that a bulk update and raw SQL leave their actor,
too. It is one statement at the start of a transaction, and gone with its end. django-pghistory's own context would put
a `set_config` in front of every single statement, which makes two of one: those PostgreSQL neither prepares nor binds.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.db import connection
from django.http import HttpRequest, HttpResponse

from backend.core.requests import current_request_id
from backend.core.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Provenance:
    """The edge that a write came in by: `api`, `key:<id>` of a partner, `admin`, `worker:<handler>`, `job:<name>`,
    `command`."""

    source: str
    actor_id: int | None = None
    """Whom the edge works for, where the use case is not told: the actor of the event that a worker handles."""


_AT_HOME = Provenance("command")
_here: ContextVar[Provenance] = ContextVar("rota_provenance", default=_AT_HOME)


@contextmanager
def coming_from(source: str, *, actor_id: int | None = None) -> Iterator[None]:
    """Let everything inside be written down as coming from this edge."""
    token = _here.set(Provenance(source, actor_id))
    try:
        yield
    finally:
        _here.reset(token)


def tell_database(operation: str, arguments: Mapping[str, object]) -> None:
    """Say for the rest of the transaction who does what.

    The actor is the use case's `viewer`; of one that is entered by a link from a mail its `actor_id`; else the edge's.
    """
    viewer, actor_id = arguments.get("viewer"), arguments.get("actor_id", _here.get().actor_id)
    source = _here.get().source
    if isinstance(viewer, Viewer):
        actor_id = viewer.user_id
        source = f"key:{viewer.partner.key_id}" if viewer.partner else source
    _set(_told(actor_id, operation, source), for_session=False)


def _told(actor_id: object, operation: str, source: str) -> str:
    return json.dumps(
        {
            "actor_id": actor_id,
            "request_id": current_request_id(),
            "source": source,
            "operation": operation,
        }
    )


def _set(told: str, *, for_session: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pghistory.context_metadata', %s, %s)", [told, not for_session])


class ProvenanceMiddleware:
    """Let what a request writes be known as the API's or the back office's.

    Django's admin has forms of its own that write outside of any use case, such as that for one's password: while it
    handles a form, the connection itself says who is at work.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/admin/"):
            with coming_from("api"):
                return self.get_response(request)
        with coming_from("admin", actor_id=request.user.pk):
            if request.method != "POST":
                return self.get_response(request)
            _set(_told(request.user.pk, "", "admin"), for_session=True)
            try:
                return self.get_response(request)
            finally:
                _set("", for_session=True)
