"""From a request to a Viewer: what every resolver knows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from strawberry.types import Info as StrawberryInfo

from backend.accounts.actions import note_use
from backend.accounts.queries import viewer_for_token
from backend.core import clock
from backend.core.languages import preferred_language
from backend.core.requests import client_address, current_request_id
from backend.core.viewer import NOBODY, Viewer
from backend.partners.actions import note_key_use
from backend.partners.queries import KEY_START, viewer_for_key


@dataclass
class Context:
    """One operation's surroundings. `address` is the client's network address, for limits; `now` is fixed once.

    A socket gives subscriptions two things: `rights_watchers` are told the new viewer when its rights change, and
    `send_next` sends a payload that is JSON already.
    """

    viewer: Viewer
    now: datetime
    request_id: str
    address: str
    user_agent: str = ""
    authorization: str = ""
    language: str = ""
    """What the client asks to be spoken to in, of the languages that Rota speaks; empty for none of them."""
    extensions: dict[str, Any] = field(default_factory=dict)
    rights_watchers: list[Callable[[Viewer], None]] = field(default_factory=list)
    send_next: Callable[[str], Awaitable[None]] | None = None

    @property
    def guest_language(self) -> str:
        """The client's language where a guest is at it: that of an office, or of a partner's server, is nobody's."""
        return self.language if self.viewer == NOBODY else ""

    def read_viewer_again(self) -> None:
        """For mutations that change what their own viewer may see: the answer shows what it may see now."""
        self.viewer = viewer_from(self.authorization, now=self.now)


Info = StrawberryInfo[Context, None]


def bearer_token(authorization: str) -> str | None:
    """The token of `Bearer …`, or None."""
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and token else None


def viewer_from(authorization: str, *, now: datetime) -> Viewer:
    """Who an Authorization header stands for: `Bearer` and an access token, or a partner's API key.

    A missing, unknown or expired one is nobody.
    """
    token = bearer_token(authorization)
    if token is None or len(token) > 200:
        return NOBODY
    if token.startswith(KEY_START):
        viewer, last_used_at = viewer_for_key(token, now=now)
        if viewer.partner is not None:
            note_key_use(key_id=viewer.partner.key_id, last_used_at=last_used_at, now=now)
        return viewer
    viewer = viewer_for_token(token, now=now)
    note_use(viewer=viewer, now=now)
    return viewer


def context_for(request: HttpRequest) -> Context:
    """The context of one HTTP request."""
    now = clock.now()
    authorization = request.headers.get("Authorization", "")
    return Context(
        viewer=viewer_from(authorization, now=now),
        now=now,
        request_id=current_request_id(),
        address=client_address(request),
        user_agent=request.headers.get("User-Agent", ""),
        authorization=authorization,
        language=preferred_language(request.headers.get("Accept-Language", "")),
    )
