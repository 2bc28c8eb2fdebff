"""The page behind "No more messages of this kind": for people, and for mail programs (RFC 8058)."""

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from backend.core import clock
from backend.core.business import business
from backend.core.errors import NotFound
from backend.core.languages import known_language, preferred_language
from backend.notifications.actions import Voice, unsubscribe
from backend.notifications.queries import read_unsubscribe_token
from backend.notifications.rules import Phrase

_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{business}</title></head>
<body style="font-family:system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem">
<h1 style="font-size:1.2rem">{business}</h1>{content}</body></html>"""
_ASK = '<form method="post"><p>{ask}</p><button style="padding:.6rem 1.1rem">{do}</button></form>'


@csrf_exempt  # The token in the address is the permission, and mail programs send no other.
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """Looking asks, for mail scanners follow every link; only POST unsubscribes. Nobody has to sign in.

    It speaks as the mail did that the link stood in, else as the browser asks for, else as the business does.
    """
    voice = _voice(request, token)
    if request.method != "POST":
        ask, do = voice.say(Phrase.ASK_UNSUBSCRIBE), voice.say(Phrase.DO_UNSUBSCRIBE)
        return _page(voice, format_html(_ASK, ask=ask, do=do))
    try:
        unsubscribe(token=token, now=clock.now())
    except NotFound:
        return _page(voice, format_html("<p>{}</p>", voice.say(Phrase.NOT_OURS)), status=404)
    return _page(voice, format_html("<p>{}</p>", voice.say(Phrase.UNSUBSCRIBED)))


def _voice(request: HttpRequest, token: str) -> Voice:
    about = read_unsubscribe_token(token)
    asked = preferred_language(request.headers.get("Accept-Language", ""))
    of_mail = known_language(about.language if about else "", otherwise="")
    return Voice(of_mail or asked or business().language, business().zone)


def _page(voice: Voice, content: str, *, status: int = 200) -> HttpResponse:
    page = format_html(_PAGE, language=voice.language, business=business().name, content=content)
    response = HttpResponse(page, status=status)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
    return response
