"""HTTP and websockets on one port: `uvicorn backend.asgi:application`.

HTTP goes to the very WSGI application that production's web processes run, in a bounded pool of threads. So resolvers,
middleware and database connections have one way of running everywhere; an async view would have a second one, and a
sync view under Django's own ASGI handler answers 64 clients one after the other (STACK.md).
"""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings.local")

from backend.wsgi import application as wsgi_application  # noqa: I001 (sets Django up: the imports below need it)
from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.utils.module_loading import import_string

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_SOCKET_PATHS = frozenset({"/graphql/", "/graphql"})


class Application:
    """One ASGI application: HTTP, the GraphQL socket, and the server's start and stop."""

    def __init__(self) -> None:
        # Any: a2wsgi spells ASGI and WSGI as typed dictionaries of its own, unlike Django's and ours in name only.
        wsgi: Any = wsgi_application
        self.http: Any = WSGIMiddleware(wsgi, workers=settings.ROTA_WEB_THREADS)
        # Named by string: the project does not import its face (import-linter, contract "face").
        self.socket = import_string(settings.ROTA_SOCKET).as_asgi()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.http(_without_ambiguous_headers(scope), receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _lifespan(receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] in _SOCKET_PATHS:
            await self.socket(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1000})  # before accepting: the handshake gets 403


def _without_ambiguous_headers(scope: Scope) -> Scope:
    """Drop headers with an underscore: WSGI can't tell `X_Forwarded_For`, which no proxy overwrites, from the real."""
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if b"_" not in name]}


async def _lifespan(receive: Receive, send: Send) -> None:
    """Nothing is opened before the first request, and what is open ends with its socket or thread."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


application = Application()
