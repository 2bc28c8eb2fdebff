"""What calendar programs and providers of calendars call, which speak no GraphQL."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from backend.calendars.actions import read_feed
from backend.core import clock
from backend.core.business import business
from backend.core.errors import NotFound, RateLimited
from backend.core.requests import client_address


@require_safe
def show_feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """A feed as iCalendar, or 304 where the program has it already (ETag and Last-Modified, RFC 9110 13)."""
    try:
        feed = read_feed(token=token, address=client_address(request), now=clock.now())
    except NotFound:
        return _unlogged(HttpResponse("There is no such calendar.", status=404, content_type="text/plain"))
    except RateLimited as error:
        return _unlogged(HttpResponse(status=429, headers={"Retry-After": str(error.retry_after)}))
    response = HttpResponse(feed.body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="visits.ics"'
    # Private: it is somebody's diary, and the address is the key to it.
    response["Cache-Control"] = "private, max-age=300"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    last_modified = int(feed.changed_at.timestamp())
    answer = get_conditional_response(request, etag=feed.etag, last_modified=last_modified, response=response)
    answer = answer or response
    answer["ETag"] = feed.etag
    answer["Last-Modified"] = http_date(last_modified)
    return answer


def _unlogged(response: HttpResponse) -> HttpResponse:
    """Django logs the path of what it refuses, and this path is a key."""
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


@require_safe
def come_back(request: HttpRequest, provider: str) -> HttpResponseBase:
    """Where a provider sends somebody back to: on to the web client, which is signed in and completes the connection.

    Nothing is done here, for nobody is signed in here: a link that somebody else made connects nothing.
    """
    told = {name: request.GET[name][:4000] for name in ("state", "code", "error") if name in request.GET}
    response = HttpResponseRedirect(f"{business().public_url}/calendars/connected?{urlencode(told)}")
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
