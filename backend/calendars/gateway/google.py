"""Google Calendar API v3 (developers.google.com/calendar/api/v3/reference)."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import quote

import httpx

from backend.calendars.errors import EventChanged, EventExists, EventGone, GatewayError, TooFast
from backend.calendars.gateway.base import Account, Entry, Period, Placed, ways_out
from backend.calendars.gateway.oauth import OAuthCalendar, retry_after

_TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "calendarUsageLimitsExceeded"})


class GoogleCalendar(OAuthCalendar):
    """The calendar that its owner calls the main one. Entries carry ids of ours, which Google allows."""

    provider: ClassVar[str] = "GOOGLE"

    def connect(self) -> Account:
        self.exchange_code()
        calendar = self.request("GET", "/calendars/primary").json()
        return Account(name=str(calendar["id"]), calendar_id=str(calendar["id"]))

    def create(self, entry: Entry) -> Placed:
        return _placed(self.request("POST", self._events(), json={"id": entry.key, **_body(entry)}))

    def find(self, key: str) -> Placed | None:
        try:
            return _placed(self.request("GET", self._events(key)))
        except EventGone:
            return None

    def update(self, entry: Entry, placed: Placed) -> Placed:
        """Also brings an entry back that was deleted there: Google keeps it as cancelled."""
        headers = {"If-Match": placed.etag}
        return _placed(self.request("PUT", self._events(placed.external_id), json=_body(entry), headers=headers))

    def delete(self, external_id: str) -> None:
        try:
            self.request("DELETE", self._events(external_id))
        except EventGone:
            return

    def busy(self, start: datetime, end: datetime, *, ours: frozenset[str]) -> list[Period]:
        """Read from the entries themselves: Google's freeBusy does not say which of them are ours."""
        found: list[Period] = []
        query: dict[str, Any] = {
            "timeMin": _stamp(start),
            "timeMax": _stamp(end),
            "singleEvents": "true",
            "maxResults": 2500,
            "timeZone": "UTC",
        }
        while True:
            page = self.request("GET", self._events(), params=query).json()
            found += [period for item in page.get("items", []) if (period := _busy(item, ours)) is not None]
            if "nextPageToken" not in page:
                return found
            query["pageToken"] = page["nextPageToken"]

    def revoke(self) -> None:
        """An answer of 400 means that the grant is gone already."""
        token = self.secrets.get("refresh_token")
        if token:
            try:
                self._http.post(self.app.revoke_url, data={"token": token})
            except httpx.HTTPError as error:
                raise GatewayError(f"Google is out of reach ({type(error).__name__}).") from None

    def refused(self, answer: httpx.Response) -> None:
        status, reason = answer.status_code, self.reason_of(answer)
        if status == 403 and reason in _TOO_FAST:
            raise TooFast(f"Google wants a pause ({reason}).", retry_after(answer, self._now))
        if status in (404, 410):
            raise EventGone(f"Google has no such entry ({status}).")
        if status == 409:
            raise EventExists("Google has, or had, an entry with this id.")
        if status == 412:
            raise EventChanged("Somebody changed the entry at Google.")
        super().refused(answer)

    def _events(self, event_id: str = "") -> str:
        path = f"/calendars/{quote(self.calendar_id, safe='')}/events"
        return f"{path}/{quote(event_id, safe='')}" if event_id else path


def _body(entry: Entry) -> dict[str, Any]:
    reminders: dict[str, Any] = {"useDefault": True}
    if entry.reminder_minutes is not None:
        reminders = {"useDefault": False, "overrides": [{"method": "popup", "minutes": entry.reminder_minutes}]}
    return {
        "summary": entry.summary,
        "description": entry.description,
        "location": entry.location,
        "start": {"dateTime": _stamp(entry.start), "timeZone": "UTC"},
        "end": {"dateTime": _stamp(entry.end), "timeZone": "UTC"},
        "status": "confirmed",
        "reminders": reminders,
    }


def _placed(answer: httpx.Response) -> Placed:
    event = answer.json()
    return Placed(external_id=str(event["id"]), etag=str(event["etag"]))


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _busy(item: dict[str, Any], ours: frozenset[str]) -> Period | None:
    """Days without a time are birthdays and the like: they don't block."""
    free = item.get("status") == "cancelled" or item.get("transparency") == "transparent" or item["id"] in ours
    if free or "dateTime" not in item.get("start", {}):
        return None
    start, end = (datetime.fromisoformat(item[side]["dateTime"]).astimezone(UTC) for side in ("start", "end"))
    return Period(start, end) if end > start else None


ways_out[GoogleCalendar.provider] = GoogleCalendar
