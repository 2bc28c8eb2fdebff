"""Google Calendar API v3 and Google's OAuth endpoints, from the public references.

developers.google.com/calendar/api/v3/reference/events, …/identity/protocols/oauth2/web-server.
"""

import re
from datetime import UTC, datetime
from itertools import count
from typing import Any

from tests.fakes.oauth import OAuthFake
from tests.fakes.server import Asked, Reply

_ID = re.compile(r"[a-v0-9]{5,1024}")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
_FIELDS = {"id", "summary", "description", "location", "start", "end", "status", "reminders", "transparency"}
_QUERY = {"timeMin", "timeMax", "singleEvents", "maxResults", "timeZone", "pageToken"}


def error(status: int, reason: str) -> Reply:
    """Google's envelope of an error."""
    body = {"error": {"code": status, "message": reason, "errors": [{"domain": "global", "reason": reason}]}}
    return Reply(status, body)


class GoogleFake(OAuthFake):
    """Accounts, whose entries lie in one heap: ids tell them apart. `account` is who signs in next."""

    account = "ada@gmail.example"
    required_query = {"access_type": "offline", "prompt": "consent"}

    def __init__(self) -> None:
        super().__init__()
        self.accounts = {self.account}
        self.events: dict[str, dict[str, Any]] = {}
        """By id, deleted ones as `cancelled` among them, as Google keeps them."""
        self.page_size = 2500
        self._etags = count(1)

    @property
    def standing(self) -> dict[str, dict[str, Any]]:
        """What its owner sees."""
        return {key: event for key, event in self.events.items() if event["status"] != "cancelled"}

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/token" and asked.method == "POST":
            return self.give_token(asked)
        if asked.path == "/revoke" and asked.method == "POST":
            return self._revoke(asked.form().get("token", ""))
        if self.grant_of(asked) is None:
            return error(401, "authError")
        match asked.method, asked.parts:
            case "GET", ["calendar", "v3", "calendars", "primary"]:
                self.accounts.add(self.account)
                return Reply(200, {"kind": "calendar#calendar", "id": self.account, "timeZone": "Europe/London"})
            case method, ["calendar", "v3", "calendars", calendar, "events", *rest]:
                if calendar not in self.accounts or len(rest) > 1:
                    return error(404, "notFound")
                return self._events(method, rest[0] if rest else None, asked)
        return error(404, "notFound")

    def _revoke(self, token: str) -> Reply:
        for grant in self.grants:
            if grant.refresh_token == token and not grant.is_revoked:
                grant.is_revoked = True
                self.access_tokens = {key: each for key, each in self.access_tokens.items() if each is not grant}
                return Reply(200, {})
        return Reply(400, {"error": "invalid_token"})

    def _events(self, method: str, key: str | None, asked: Asked) -> Reply:
        if key is None and method == "GET":
            return self._list(asked.query)
        if key is None and method == "POST":
            return self._insert(_checked(asked))
        event = self.events.get(key or "")
        if event is None:
            return error(404, "notFound")
        if method == "GET":
            return Reply(200, event)
        if "If-Match" in asked.headers and asked.headers["If-Match"] != event["etag"]:
            return error(412, "conditionNotMet")
        if method == "PUT":
            return Reply(200, self._put(event["id"], _checked(asked)))
        if method == "DELETE":
            if event["status"] == "cancelled":
                return error(410, "deleted")
            self._put(event["id"], event | {"status": "cancelled"})
            return Reply(204)
        return error(404, "notFound")

    def _insert(self, body: dict[str, Any]) -> Reply:
        key = body.get("id") or f"google{next(self._etags)}"
        if key in self.events:
            return error(409, "duplicate")
        return Reply(200, self._put(key, body))

    def _put(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        self.events[key] = {"status": "confirmed", **body, "id": key, "etag": f'"{next(self._etags)}"'}
        return self.events[key]

    def _list(self, query: dict[str, str]) -> Reply:
        if set(query) - _QUERY or not all(_STAMP.fullmatch(query.get(name, "")) for name in ("timeMin", "timeMax")):
            return error(400, "badRequest")
        low, high = (_instant(query[name]) for name in ("timeMin", "timeMax"))
        found = [
            event
            for event in self.standing.values()
            if "date" in event["start"]
            or (_instant(event["start"]["dateTime"]) < high and _instant(event["end"]["dateTime"]) > low)
        ]
        first = int(query.get("pageToken", "0"))
        page: dict[str, Any] = {"kind": "calendar#events", "items": found[first : first + self.page_size]}
        if first + self.page_size < len(found):
            page["nextPageToken"] = str(first + self.page_size)
        return Reply(200, page)

    # --- What its owner does by hand

    def add_by_hand(self, start: datetime, end: datetime, **given: Any) -> str:
        body = {"start": {"dateTime": start.isoformat()}, "end": {"dateTime": end.isoformat()}} | given
        key = f"byhand{next(self._etags)}"
        self._put(key, body)
        return key

    def change_by_hand(self, key: str, **given: Any) -> None:
        self._put(key, self.events[key] | given)

    def delete_by_hand(self, key: str) -> None:
        self._put(key, self.events[key] | {"status": "cancelled"})

    def purge(self, key: str) -> None:
        """Google has forgotten that it ever was."""
        del self.events[key]


def _checked(asked: Asked) -> dict[str, Any]:
    """The body, or 400 for whatever the reference does not know."""
    if asked.headers.get_content_type() != "application/json":
        raise error(400, "parseError")
    body: dict[str, Any] = asked.json()
    if set(body) - _FIELDS:
        raise error(400, "badRequest")
    if "id" in body and not _ID.fullmatch(body["id"]):
        raise error(400, "invalid")
    for side in ("start", "end"):
        at = body.get(side)
        if not isinstance(at, dict) or set(at) - {"dateTime", "timeZone"} or not _STAMP.fullmatch(at["dateTime"]):
            raise error(400, "required")
    if _instant(body["end"]["dateTime"]) <= _instant(body["start"]["dateTime"]):
        raise error(400, "timeRangeEmpty")
    if body.get("status") not in ("confirmed", "tentative", None):
        raise error(400, "invalid")
    reminders = body.get("reminders", {})
    overrides = reminders.get("overrides", [])
    if set(reminders) - {"useDefault", "overrides"} or (reminders.get("useDefault") and overrides):
        raise error(400, "cannotUseDefaultRemindersAndSpecifyOverride")
    if any(set(each) != {"method", "minutes"} or not 0 <= each["minutes"] <= 40320 for each in overrides):
        raise error(400, "invalid")
    return body


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
