"""Microsoft Graph v1.0 and the Microsoft identity platform, from the public references.

learn.microsoft.com/graph/api/calendar-post-events, …/event-update, …/calendar-list-calendarview,
learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow.
"""

import re
from datetime import datetime
from itertools import count
from typing import Any

from tests.fakes.oauth import OAuthFake
from tests.fakes.server import Asked, Reply

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?")
_FIELDS = {
    "subject",
    "body",
    "location",
    "start",
    "end",
    "transactionId",
    "singleValueExtendedProperties",
    "isReminderOn",
    "reminderMinutesBeforeStart",
    "showAs",
}
_FILTER = re.compile(
    r"singleValueExtendedProperties/Any\(ep: ep/id eq '(String \{[0-9A-F-]{36}\} Name \w+)' and ep/value eq '(\w+)'\)"
)


def error(status: int, code: str) -> Reply:
    """Graph's envelope of an error."""
    return Reply(status, {"error": {"code": code, "message": code, "innerError": {"date": "2027-02-01T08:00:00"}}})


class MicrosoftFake(OAuthFake):
    """One account with one calendar. Refresh tokens rotate, as Microsoft's do."""

    rotates = True
    calendar_id = "AAMkAGI=/calendar+1"
    required_query = {"prompt": "select_account"}

    def __init__(self) -> None:
        super().__init__()
        self.events: dict[str, dict[str, Any]] = {}
        self._numbers = count(1)
        self.remembers_transactions = True
        self._transactions: dict[str, str] = {}

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/common/oauth2/v2.0/token" and asked.method == "POST":
            return self.give_token(asked)
        if self.grant_of(asked) is None:
            return error(401, "InvalidAuthenticationToken")
        match asked.method, asked.parts:
            case "GET", ["v1.0", "me"]:
                return Reply(200, {"mail": None, "userPrincipalName": "ada@outlook.example"})
            case "GET", ["v1.0", "me", "calendar"]:
                return Reply(200, {"id": self.calendar_id, "name": "Calendar", "canEdit": True})
            case method, ["v1.0", "me", "calendars", self.calendar_id, what]:
                return self._calendar(method, what, asked)
            case method, ["v1.0", "me", "events", key]:
                return self._event(method, key, asked)
        return error(404, "ErrorItemNotFound")

    def _calendar(self, method: str, what: str, asked: Asked) -> Reply:
        if (method, what) == ("POST", "events"):
            return self._create(_checked(asked, whole=True))
        if (method, what) == ("GET", "events"):
            wanted = _FILTER.fullmatch(asked.query.get("$filter", ""))
            if wanted is None:
                return error(400, "ErrorInvalidUrlQueryFilter")
            known = {"id": wanted[1], "value": wanted[2]}
            found = [each for each in self.events.values() if known in each.get("singleValueExtendedProperties", [])]
            return Reply(200, {"value": [{"id": each["id"], "@odata.etag": each["@odata.etag"]} for each in found]})
        if (method, what) == ("GET", "calendarView"):
            return self._view(asked)
        return error(405, "ErrorMethodNotAllowed")

    def _create(self, body: dict[str, Any]) -> Reply:
        transaction = body.get("transactionId", "")
        if self.remembers_transactions and transaction in self._transactions:
            return error(409, "ErrorDuplicateTransactionId")
        key = f"AAMk/{next(self._numbers)}+="
        self._transactions[transaction] = key
        return Reply(201, self._put(key, {"showAs": "busy", **body}))

    def _put(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        self.events[key] = {**body, "id": key, "@odata.etag": f'W/"{next(self._numbers)}"'}
        return self.events[key]

    def _event(self, method: str, key: str, asked: Asked) -> Reply:
        event = self.events.get(key)
        if event is None:
            return error(404, "ErrorItemNotFound")
        if "If-Match" in asked.headers and asked.headers["If-Match"] != event["@odata.etag"]:
            return error(412, "ErrorIrresolvableConflict")
        if method == "PATCH":
            return Reply(200, self._put(key, event | _checked(asked, whole=False)))
        if method == "DELETE":
            del self.events[key]
            return Reply(204)
        return error(405, "ErrorMethodNotAllowed")

    def _view(self, asked: Asked) -> Reply:
        if asked.headers.get("Prefer") != 'outlook.timezone="UTC"':
            return error(400, "ErrorInvalidTimeZone")
        low, high = (asked.query[name].removesuffix("Z") for name in ("startDateTime", "endDateTime"))
        found = [each for each in self.events.values() if _start(each) < high and each["end"]["dateTime"][:19] > low]
        first, size = int(asked.query.get("$skip", "0")), int(asked.query.get("$top", "10"))
        page: dict[str, Any] = {"value": found[first : first + size]}
        if first + size < len(found):
            rest = f"startDateTime={low}Z&endDateTime={high}Z&$top={size}&$skip={first + size}"
            page["@odata.nextLink"] = f"{self.url}{asked.path}?{rest}"
        return Reply(200, page)

    # --- What its owner does by hand

    def add_by_hand(self, start: datetime, end: datetime, **given: Any) -> str:
        sides = {
            name: {"dateTime": f"{at:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}
            for name, at in (("start", start), ("end", end))
        }
        return str(self._put(f"hand{next(self._numbers)}", {"showAs": "busy", **sides, **given})["id"])

    def change_by_hand(self, key: str, **given: Any) -> None:
        self._put(key, self.events[key] | given)


def _start(event: dict[str, Any]) -> str:
    return str(event["start"]["dateTime"][:19])


def _checked(asked: Asked, *, whole: bool) -> dict[str, Any]:
    """The body, or 400 for whatever the reference does not know."""
    if asked.headers.get_content_type() != "application/json":
        raise error(415, "ErrorUnsupportedMediaType")
    body: dict[str, Any] = asked.json()
    if set(body) - _FIELDS or (whole and not {"subject", "start", "end"} <= set(body)):
        raise error(400, "ErrorInvalidRequest")
    if not whole and "transactionId" in body:
        raise error(400, "ErrorInvalidRequest")
    for side in ("start", "end"):
        at = body.get(side)
        if set(at or {}) != {"dateTime", "timeZone"} or not _STAMP.fullmatch(at["dateTime"]):  # type: ignore[index]
            raise error(400, "ErrorInvalidRequest")
    if body["body"]["contentType"] not in ("text", "html"):
        raise error(400, "ErrorInvalidRequest")
    return body
