"""The page behind "No more messages of this kind": for people, and for mail programs (RFC 8058)."""

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from backend.core import clock
from backend.core.business import business
from backend.core.errors import NotFound
from backend.notifications.actions import unsubscribe

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{business}</title></head>
<body style="font-family:system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem">
<h1 style="font-size:1.2rem">{business}</h1>{content}</body></html>"""
_ASK = """<form method="post"><p>Do you want no more mails of this kind?</p>
<button style="padding:.6rem 1.1rem">No more mails of this kind</button></form>"""


@csrf_exempt  # The token in the address is the permission, and mail programs send no other.
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """Looking asks, for mail scanners follow every link; only POST unsubscribes. Nobody has to sign in."""
    if request.method != "POST":
        return _page(_ASK)
    try:
        unsubscribe(token=token, now=clock.now())
    except NotFound:
        return _page("<p>This link is not one of ours.</p>", status=404)
    return _page("<p>Done: you get no more mails of this kind.</p>")


def _page(content: str, *, status: int = 200) -> HttpResponse:
    page = format_html(_PAGE, business=business().name, content=mark_safe(content))  # noqa: S308 - texts of ours
    response = HttpResponse(page, status=status)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
    return response
