"""CalDAV (RFC 4791): iCloud with an app password, and any other server that speaks it."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from caldav.collection import Calendar
from caldav.davclient import DAVClient
from caldav.lib.error import AuthorizationError, DAVError, RateLimitError
from caldav.response import DAVResponse
from django.conf import settings
from icalendar import Alarm, Event
from icalendar import Calendar as CalendarFile
from niquests import Session
from niquests.exceptions import RequestException
from niquests.packages.urllib3.contrib.resolver.system import SystemResolver  # type: ignore[import-not-found]

from backend.calendars.errors import (
    AccessLost,
    EventChanged,
    EventExists,
    EventGone,
    EventRefused,
    GatewayError,
    TooFast,
)
from backend.calendars.gateway.base import Account, Entry, KeepSecrets, Period, Placed, Secrets, ways_out
from backend.core.networks import is_public

_TIMEOUT = 10
_TYPE = {"Content-Type": "text/calendar; charset=utf-8"}


class GuardedClient(DAVClient):
    """Asks no server inside, those that a server names among them: https only, and only addresses that were judged."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.session.close()
        # HTTP/3 could be had at another host (Alt-Svc), and resolvers of the environment would not be ours.
        self.session = Session(resolver=_resolver(), disable_http3=True)
        # Neither proxies nor names and passwords of this machine.
        self.session.trust_env = False
        # A server that sends us elsewhere could send us inside.
        self.session.max_redirects = 0

    def _sync_request(self, url: str, *given: Any, **named: Any) -> DAVResponse:
        require_https(str(self.url.join(url)) if url else str(self.url))
        return super()._sync_request(url, *given, **named)


class JudgingResolver(SystemResolver):  # type: ignore[misc]
    """Finds addresses where the connection is made, which goes to one of those that were judged here and to nothing
    else: a name that answers otherwise a moment later (DNS rebinding) changes nothing. TLS and Host keep the name.
    """

    def getaddrinfo(self, *given: Any, **named: Any) -> list[Any]:
        """Raises AccessLost where any address of the name is not public: one bad one means that somebody is trying."""
        found: list[Any] = super().getaddrinfo(*given, **named)
        # A zone (`fe80::1%eth0`) belongs to link-local addresses, which are judged without it.
        if not all(is_public(str(each[4][0]).partition("%")[0]) for each in found):
            raise AccessLost("This is no calendar server on the internet.")
        return found


def _resolver() -> SystemResolver:
    return SystemResolver() if settings.ROTA_CALDAV_PRIVATE else JudgingResolver()


def require_https(url: str) -> None:
    """AccessLost unless it is https, or servers may be private."""
    if not settings.ROTA_CALDAV_PRIVATE and urlsplit(url).scheme != "https":
        raise AccessLost("Calendars are asked by https only.")


class AppleCalendar:
    """The first calendar of an account that takes events. Entries lie at paths of ours."""

    provider: ClassVar[str] = "APPLE"

    def __init__(
        self, *, secrets: Secrets, calendar_id: str, server_url: str, keep: KeepSecrets, now: datetime
    ) -> None:
        self.secrets, self.calendar_id, self._now, self._keep = secrets, calendar_id, now, keep
        self._client = GuardedClient(
            url=calendar_id or server_url,
            username=secrets["username"],
            password=secrets["password"],
            auth_type="basic",
            timeout=_TIMEOUT,
            enable_rfc6764=False,
            rate_limit_handle=False,
        )

    def connect(self) -> Account:
        found = self._ask(lambda: self._client.get_principal().get_calendars())
        for calendar in found:
            if "VEVENT" in self._ask(calendar.get_supported_components):
                self._keep(self.secrets)
                return Account(name=self.secrets["username"], calendar_id=str(calendar.url))
        raise AccessLost("This account has no calendar that takes events.")

    def create(self, entry: Entry) -> Placed:
        return self._put(entry, self._path(entry.key), {"If-None-Match": "*"}, taken=EventExists)

    def find(self, key: str) -> Placed | None:
        path = self._path(key)
        answer = self._send(path, "GET")
        if answer.status in (404, 410):
            return None
        return Placed(path, str(answer.headers.get("ETag", "")))

    def update(self, entry: Entry, placed: Placed) -> Placed:
        return self._put(entry, placed.external_id, {"If-Match": placed.etag}, taken=EventChanged)

    def delete(self, external_id: str) -> None:
        self._send(external_id, "DELETE")

    def busy(self, start: datetime, end: datetime, *, ours: frozenset[str]) -> list[Period]:
        """Read from the entries, series unrolled by the server or the library: a free-busy report counts ours."""
        calendar = Calendar(client=self._client, url=self.calendar_id)
        found = self._ask(lambda: calendar.search(start=start, end=end, event=True, expand=True))
        paths = {urlsplit(path).path for path in ours}
        others = [each for each in found if urlsplit(str(each.url)).path not in paths]
        periods = (_busy(each.icalendar_component) for each in others)
        return [period for period in periods if period is not None]

    def revoke(self) -> None:
        """A password is taken back by its owner alone. Ours is thrown away."""

    def _path(self, key: str) -> str:
        return f"{self.calendar_id.rstrip('/')}/{key}.ics"

    def _put(self, entry: Entry, path: str, condition: dict[str, str], *, taken: type[GatewayError]) -> Placed:
        answer = self._send(path, "PUT", _file(entry, self._now), {**_TYPE, **condition})
        if answer.status == 412:
            raise taken("The server has another entry there.")
        if answer.status in (404, 409, 410):
            raise EventGone(f"The server has no such place ({answer.status}).")
        etag = answer.headers.get("ETag") or self._send(path, "GET").headers.get("ETag", "")
        return Placed(path, str(etag))

    def _send(self, path: str, method: str, body: str = "", headers: dict[str, str] | None = None) -> DAVResponse:
        answer: DAVResponse = self._ask(lambda: self._client.request(path, method, body, headers or {}))
        if answer.status >= 500:
            raise GatewayError(f"The calendar server is not well ({answer.status}).")
        if answer.status in (400, 403, 413, 415):
            raise EventRefused(f"The calendar server takes no such entry ({answer.status}).")
        return answer

    def _ask(self, ask: Any) -> Any:
        """Texts of these errors hold addresses and answers: only their kinds are passed on."""
        try:
            return ask()
        except RateLimitError as error:
            pause = None if error.retry_after_seconds is None else timedelta(seconds=error.retry_after_seconds)
            raise TooFast("The calendar server wants a pause.", pause) from None
        except AuthorizationError:
            raise AccessLost("The calendar server does not take this name and password.") from None
        except (DAVError, RequestException, OSError) as error:
            raise GatewayError(f"The calendar server is out of reach ({type(error).__name__}).") from None


def _file(entry: Entry, now: datetime) -> str:
    event = Event()
    event.add("uid", f"{entry.key}@rota")
    event.add("dtstamp", now)
    event.add("dtstart", entry.start)
    event.add("dtend", entry.end)
    event.add("summary", entry.summary)
    event.add("description", entry.description)
    event.add("location", entry.location)
    event.add("status", "CONFIRMED")
    if entry.reminder_minutes is not None:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", entry.summary)
        alarm.add("trigger", timedelta(minutes=-entry.reminder_minutes))
        event.add_component(alarm)
    file = CalendarFile()
    file.add("prodid", "-//Rota//Calendar sync//EN")
    file.add("version", "2.0")
    file.add_component(event)
    return str(file.to_ical().decode())


def _busy(event: Any) -> Period | None:
    """Whole days don't block: most are birthdays and the like."""
    free = str(event.get("TRANSP", "")) == "TRANSPARENT" or str(event.get("STATUS", "")) == "CANCELLED"
    start, end = event.get("DTSTART"), event.get("DTEND")
    if free or start is None or not isinstance(start.dt, datetime):
        return None
    upto = end.dt if end is not None else start.dt + event.get("DURATION", timedelta(0)).dt
    low, high = (at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC) for at in (start.dt, upto))
    return Period(low, high) if high > low else None


ways_out[AppleCalendar.provider] = AppleCalendar
