"""Microsoft Graph v1.0 (learn.microsoft.com/graph/api/resources/event)."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import quote

import httpx

from backend.calendars.errors import EventChanged, EventExists, EventGone
from backend.calendars.gateway.base import Account, Entry, Period, Placed, ways_out
from backend.calendars.gateway.oauth import OAuthCalendar

_OUR_KEY = "String {00020329-0000-0000-C000-000000000046} Name rotaKey"
"""A property of ours on an entry, by which it is found: Graph gives ids of its own."""

_UTC = {"Prefer": 'outlook.timezone="UTC"'}


class MicrosoftCalendar(OAuthCalendar):
    """The main calendar of a Microsoft account, of a person or of a company."""

    provider: ClassVar[str] = "OUTLOOK"

    def connect(self) -> Account:
        self.exchange_code()
        me, calendar = self.request("GET", "/me").json(), self.request("GET", "/me/calendar").json()
        return Account(name=str(me.get("mail") or me["userPrincipalName"]), calendar_id=str(calendar["id"]))

    def create(self, entry: Entry) -> Placed:
        """Looked for first: Graph remembers a `transactionId` for a while only, our own property stays."""
        if self.find(entry.key) is not None:
            raise EventExists("The entry is there already.")
        known = [{"id": _OUR_KEY, "value": entry.key}]
        body = {**_body(entry), "transactionId": entry.key, "singleValueExtendedProperties": known}
        return _placed(self.request("POST", f"{self._calendar()}/events", json=body))

    def find(self, key: str) -> Placed | None:
        ours = f"singleValueExtendedProperties/Any(ep: ep/id eq '{_OUR_KEY}' and ep/value eq '{key}')"
        query = {"$filter": ours, "$select": "id"}
        found = self.request("GET", f"{self._calendar()}/events", params=query).json()["value"]
        return Placed(str(found[0]["id"]), str(found[0]["@odata.etag"])) if found else None

    def update(self, entry: Entry, placed: Placed) -> Placed:
        path, headers = f"/me/events/{quote(placed.external_id, safe='')}", {"If-Match": placed.etag}
        return _placed(self.request("PATCH", path, json=_body(entry), headers=headers))

    def delete(self, external_id: str) -> None:
        try:
            self.request("DELETE", f"/me/events/{quote(external_id, safe='')}")
        except EventGone:
            return

    def busy(self, start: datetime, end: datetime, *, ours: frozenset[str]) -> list[Period]:
        """Read from the view of the calendar, series unrolled: getSchedule does not say which entries are ours."""
        path = f"{self._calendar()}/calendarView"
        query: dict[str, str] | None = {
            "startDateTime": _stamp(start) + "Z",
            "endDateTime": _stamp(end) + "Z",
            "$select": "id,start,end,showAs,isAllDay,isCancelled",
            "$top": "100",
        }
        found: list[Period] = []
        while True:
            page = self.request("GET", path, params=query, headers=_UTC).json()
            found += [period for item in page["value"] if (period := _busy(item, ours)) is not None]
            if "@odata.nextLink" not in page:
                return found
            path, query = page["@odata.nextLink"], None

    def revoke(self) -> None:
        """Graph takes no token back; its owner can at account.live.com/consent. Ours are thrown away."""

    def refused(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status in (404, 410):
            raise EventGone(f"Microsoft has no such entry ({status}).")
        if status == 409:
            raise EventExists("Microsoft was sent this entry before.")
        if status == 412:
            raise EventChanged("Somebody changed the entry at Microsoft.")
        super().refused(answer)

    def _calendar(self) -> str:
        return f"/me/calendars/{quote(self.calendar_id, safe='')}"


def _body(entry: Entry) -> dict[str, Any]:
    body: dict[str, Any] = {
        "subject": entry.summary,
        "body": {"contentType": "text", "content": entry.description},
        "location": {"displayName": entry.location},
        "start": {"dateTime": _stamp(entry.start), "timeZone": "UTC"},
        "end": {"dateTime": _stamp(entry.end), "timeZone": "UTC"},
    }
    if entry.reminder_minutes is not None:
        body |= {"isReminderOn": True, "reminderMinutesBeforeStart": entry.reminder_minutes}
    return body


def _placed(answer: httpx.Response) -> Placed:
    event = answer.json()
    return Placed(external_id=str(event["id"]), etag=str(event["@odata.etag"]))


def _stamp(instant: datetime) -> str:
    """Graph keeps zone and time apart."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _busy(item: dict[str, Any], ours: frozenset[str]) -> Period | None:
    """Whole days don't block: most are birthdays and the like."""
    free = item.get("showAs") in ("free", "workingElsewhere") or item.get("isCancelled") or item.get("isAllDay")
    if free or item["id"] in ours:
        return None
    # Seven digits of a second's fraction, of which Python reads six.
    start, end = (datetime.fromisoformat(item[side]["dateTime"][:19]).replace(tzinfo=UTC) for side in ("start", "end"))
    return Period(start, end) if end > start else None


ways_out[MicrosoftCalendar.provider] = MicrosoftCalendar
