"""What a request comes with: its id, which every log line carries and the client gets back, and where it is from."""

import re
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def new_request_id(proposed: str | None = None) -> str:
    """`proposed` where it is short and harmless, else a fresh one of 32 hexadecimal digits."""
    if proposed and _ACCEPTABLE.fullmatch(proposed):
        return proposed
    return uuid.uuid4().hex


def bind_request_id(request_id: str) -> None:
    """Let every log line and event of this context carry the id."""
    structlog.contextvars.bind_contextvars(request_id=request_id)


def current_request_id() -> str:
    """The id of what is being served or worked at, or an empty string outside of anything."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def client_address(request: HttpRequest) -> str:
    """The client's network address, seen through as many proxies as the settings trust, and no more."""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    trusted = settings.ROTA_TRUSTED_PROXIES
    if trusted and len(hops) >= trusted:
        return hops[-trusted]
    return str(request.META.get("REMOTE_ADDR") or "local")


class RequestIdMiddleware:
    """Bind an id for the time of one HTTP request, and send it back as `X-Request-Id`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = new_request_id(request.headers.get("X-Request-Id"))
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response
