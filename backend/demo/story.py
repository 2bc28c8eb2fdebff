"""What happens to an order, told against the running server; every step is checked, not only shown."""

import asyncio
import email
import email.policy
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from backend.demo import accounts, operations
from backend.demo.client import Api, Feed, NotAsTold, subscribe

PATIENCE = 20.0
"""Seconds that an event or a mail may take."""

GUEST = "ada.king@example.com"
POSTCODE = "SW1A 2AA"
ANNA = "Anna Kowalska"


def require(truth: object, otherwise: str) -> None:
    """NotAsTold unless it is so."""
    if not truth:
        raise NotAsTold(otherwise)


def accepted(payload: dict[str, Any]) -> dict[str, Any]:
    """The payload of a mutation that was carried out."""
    require(not payload["userErrors"], f"It was refused: {payload['userErrors']}")
    return payload


@dataclass
class Slot:
    """A free time of somebody, and what is to be done in it."""

    service_id: str
    extra_id: str
    staff_id: str
    start: datetime


@dataclass
class Story:
    """The narrator: the API as a stranger sees it, the outbox, and where to tell it."""

    api: Api
    socket_url: str
    outbox: Path | None
    console: Console
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/London"))
    chapter: int = 0
    order: dict[str, Any] = field(default_factory=dict)

    async def tell(self) -> None:
        """From the shop window to the cancelled visit. Raises NotAsTold."""
        anna = await self._sign_in(accounts.STAFF, "STAFF")
        admin = await self._sign_in(accounts.ADMIN, "ADMIN")
        slot = await self._find_time()
        cursor = await self._schedule_of(anna)
        async with subscribe(self.socket_url, anna.token or "", operations.SCHEDULE_EVENTS, after=cursor) as feed:
            self._step(
                "Anna's app listens", "a websocket with scheduleEvents is open, from the cursor of her schedule on"
            )
            await self._place(slot)
            await self._mail("We have your order", self.order["orderNumber"])
            appointment = await self._confirm(admin)
            await self._hear(feed, "BOOKED", appointment)
            await self._mail("is confirmed", self.order["orderNumber"])
            await self._lose_the_race(admin, slot)
            await self._track()
            await self._cancel()
            await self._hear(feed, "CANCELLED", appointment)
            await self._mail("is cancelled", self.order["orderNumber"])

    def _step(self, title: str, text: str) -> None:
        self.chapter += 1
        self.console.print(f"[bold cyan]{self.chapter:>2}[/] [bold]{title}[/]")
        self.console.print(f"   {text}", highlight=False)

    def _wall(self, instant: str | datetime) -> str:
        """An instant on the business's wall."""
        given = instant if isinstance(instant, datetime) else datetime.fromisoformat(instant)
        return given.astimezone(self.zone).strftime("%A %-d %B, %H:%M")

    async def _sign_in(self, who: str, role: str) -> Api:
        data = await self.api(operations.SIGN_IN, email=who, password=accounts.PASSWORD)
        payload = accepted(data["signIn"])
        require(payload["user"]["role"] == role, f"{who} has the role {payload['user']['role']}")
        self._step(f"{who} signs in", f"role {role}; an opaque token that can be revoked")
        return self.api.signed_in(payload["token"])

    async def _find_time(self) -> Slot:
        data = await self.api(operations.SERVICES)
        self.zone = ZoneInfo(data["business"]["timeZone"])
        services = [edge["node"] for edge in data["services"]["edges"]]
        service = next((each for each in services if each["slug"] == "regular-clean"), None)
        if service is None:
            raise NotAsTold("There is no Regular clean: is this the demo business?")
        extra = service["extras"][0]
        price = f"{service['price']['amount']} {data['business']['currency']}"
        self._step("A stranger looks at the shop", f"{len(services)} services; {service['name']} costs {price}")
        first = date.today() + timedelta(days=3)  # noqa: DTZ011 (any day in that region will do)
        search = {"service": service["id"], "postcode": POSTCODE}
        found = await self.api(
            operations.AVAILABILITY,
            **search,
            extras=[extra["id"]],
            **{"from": str(first), "to": str(first + timedelta(days=27))},
        )
        slots = [slot for day in found["availability"] for slot in day["slots"] if slot["staff"]["name"] == ANNA]
        require(slots, f"Anna has no time at {POSTCODE} within four weeks.")
        chosen = slots[len(slots) // 2]
        start = datetime.fromisoformat(chosen["start"])
        self._step(
            f"She asks who is free at {POSTCODE}", f"{len(slots)} times with Anna; she takes {self._wall(start)}"
        )
        return Slot(service["id"], extra["id"], chosen["staff"]["id"], start)

    async def _schedule_of(self, anna: Api) -> str:
        now = datetime.now(UTC)  # noqa: TID251 (a client has only its own clock)
        data = await anna(operations.MY_DAY, **{"from": now.isoformat(), "to": (now + timedelta(days=14)).isoformat()})
        schedule = data["schedule"]
        self._step("Anna looks at her fortnight", f"{len(schedule['appointments'])} visits")
        cursor: str = schedule["cursor"]
        return cursor

    def _order_input(self, slot: Slot) -> dict[str, Any]:
        local = slot.start.astimezone(self.zone)
        item = {
            "serviceId": slot.service_id,
            "quantity": 1,
            "extraIds": [slot.extra_id],
            "preferredStaffId": slot.staff_id,
        }
        return {
            "idempotencyKey": str(uuid.uuid4()),
            "guest": {"name": "Ada King", "email": GUEST, "phone": "+44 20 7946 0958"},
            "address": {"line1": "10 Downing Street", "city": "London", "postcode": POSTCODE, "country": "GB"},
            "scheduledDate": str(local.date()),
            "scheduledTime": f"{local:%H:%M}",
            "notes": "Ring twice",
            "items": [item],
        }

    async def _place(self, slot: Slot) -> None:
        given = self._order_input(slot)
        self.order = accepted((await self.api(operations.PLACE_ORDER, input=given))["placeOrder"])["order"]
        require(self.order["status"] == "PENDING", f"The order is {self.order['status']}")
        total = self.order["total"]
        self._step(
            "She orders, without an account",
            f"{self.order['orderNumber']} for {total['amount']} {total['currency']}, priced by the server",
        )
        again = accepted((await self.api(operations.PLACE_ORDER, input=given))["placeOrder"])["order"]
        require(again["orderNumber"] == self.order["orderNumber"], "The repeated request made a second order.")
        self._step("Her phone sends it twice", f"the same idempotency key gives {again['orderNumber']} again")

    async def _confirm(self, admin: Api) -> dict[str, Any]:
        inbox = (await admin(operations.INBOX))["orders"]
        numbers = [edge["node"]["orderNumber"] for edge in inbox["edges"]]
        require(self.order["orderNumber"] in numbers, "The order is not in the office's inbox.")
        self._step("The office opens its inbox", f"{inbox['totalCount']} orders wait, hers among them")
        data = await admin(operations.CONFIRM_ORDER, input={"orderId": self.order["id"]})
        order = accepted(data["confirmOrder"])["order"]
        item = order["items"][0]
        require(order["status"] == "CONFIRMED", f"The order is {order['status']}")
        appointment: dict[str, Any] = item["appointment"]
        self._step("The office confirms", f"{item['staff']['name']} comes on {self._wall(appointment['start'])}")
        return appointment

    async def _hear(self, feed: Feed, what: str, appointment: dict[str, Any]) -> None:
        """The next event about that visit; others may pass meanwhile."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    event = (await feed.next())["scheduleEvents"]
                    if event["appointment"]["id"] == appointment["id"]:
                        break
        except TimeoutError:
            raise NotAsTold(f"No {what} came over the socket within {PATIENCE:.0f} s.") from None
        require(event["type"] == what, f"The socket said {event['type']}, not {what}")
        visit = event["appointment"]
        require(visit["start"] == appointment["start"], f"The socket said {visit['start']}")
        place = visit["address"]["postcode"]
        self._step(
            "The socket in Anna's app speaks",
            f"[green]{event['type']}[/] {visit['service']['name']} at {place}, {self._wall(visit['start'])}",
        )

    async def _mail(self, phrase: str, number: str) -> None:
        """The mail to the guest about that order whose subject holds `phrase`."""
        if self.outbox is None:
            self._step("A mail goes out", "by the server of EMAIL_URL; look there")
            return
        for _ in range(int(PATIENCE / 0.2)):
            for file in sorted(self.outbox.glob("*.eml")):
                message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                subject = str(message["Subject"])
                if number in subject and phrase in subject and GUEST in str(message["To"]):
                    self._step("A mail lies in the outbox", f"“{subject}” in {file}")
                    return
            await asyncio.sleep(0.2)
        raise NotAsTold(f"No mail “{phrase} … {number}” came into {self.outbox} within {PATIENCE:.0f} s.")

    async def _lose_the_race(self, admin: Api, slot: Slot) -> None:
        """Another guest wants the very same time of the same person."""
        other = accepted((await self.api(operations.PLACE_ORDER, input=self._order_input(slot)))["placeOrder"])["order"]
        payload = (await admin(operations.CONFIRM_ORDER, input={"orderId": other["id"]}))["confirmOrder"]
        codes = {error["code"] for error in payload["userErrors"]}
        require("SLOT_TAKEN" in codes, f"The second order for the same time got {codes or 'confirmed'}")
        free = [self._wall(each["start"]) for each in payload["alternatives"][:3]]
        require(free, "No alternatives were offered.")
        self._step("Somebody else wants the same hour", f"[yellow]SLOT_TAKEN[/]; instead: {'; '.join(free)}")
        cancel = {"trackingToken": other["trackingToken"], "reason": "Found somebody else"}
        accepted((await self.api(operations.CANCEL_ORDER, input=cancel))["cancelOrder"])

    async def _track(self) -> None:
        data = await self.api(operations.TRACK_ORDER, token=self.order["trackingToken"])
        order = data["trackOrder"]
        require(order is not None and order["status"] == "CONFIRMED", f"Tracking shows {order}")
        require(order["canCancel"] is True, "The guest can't cancel, although the visit is days away.")
        self._step(
            "She follows the link of the mail",
            f"confirmed; to be cancelled until {self._wall(order['cancellationDeadline'])}",
        )

    async def _cancel(self) -> None:
        given = {"trackingToken": self.order["trackingToken"], "reason": "The flight was moved"}
        order = accepted((await self.api(operations.CANCEL_ORDER, input=given))["cancelOrder"])["order"]
        require(order["status"] == "CANCELLED", f"The order is {order['status']}")
        visits = [item["appointment"]["status"] for item in order["items"]]
        require(visits == ["CANCELLED"], f"The visits are {visits}")
        self._step("She calls it off", "by the same token; the visit is cancelled and Anna's time is free again")
