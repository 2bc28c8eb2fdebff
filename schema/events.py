"""What went wrong behind the scenes, and giving it another chance."""

from typing import Any

import strawberry
import strawberry_django
from django.db.models import QuerySet

from backend.core.viewer import Viewer
from backend.events import actions, queries
from backend.events.models import Delivery as DeliveryModel
from backend.events.models import Event as EventModel
from backend.events.rules import DeliveryStatus
from schema.connections import Connection
from schema.context import Info
from schema.enums import declare
from schema.ids import decode_id
from schema.nodes import VisibleNode
from schema.payloads import Payload, mutation, reread

declare(
    DeliveryStatus,
    name="DeliveryStatus",
    description="What has become of an event at one handler.",
    values={
        DeliveryStatus.PENDING: "Its effect is not there yet; it is tried until it is.",
        DeliveryStatus.DONE: "Its effect is there.",
        DeliveryStatus.DEAD: "It failed too often, and rests until it is sent again.",
    },
)


@strawberry_django.type(EventModel, description="Something that happened.")
class Event:
    kind: strawberry.auto
    occurred_at: strawberry.auto
    request_id: strawberry.auto


@strawberry_django.order_type(DeliveryModel, description="The order of deliveries.")
class DeliveryOrder:
    due_at: strawberry.auto


@strawberry_django.type(DeliveryModel, ordering=DeliveryOrder, description="One event on its way to one handler.")
class Delivery(VisibleNode):
    event: Event
    handler: strawberry.auto
    attempts: strawberry.auto
    due_at: strawberry.auto
    last_error: strawberry.auto
    done_at: strawberry.auto

    @strawberry_django.field(only=["status"], description="What has become of it.")
    def status(self) -> DeliveryStatus:
        return DeliveryStatus(self.status)

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.deliveries_visible_to(viewer)


@strawberry.type
class EventsQuery:
    @strawberry_django.connection(
        Connection[Delivery], description="Deliveries that failed too often and wait for a person. Admins."
    )
    def dead_letters(self, info: Info) -> QuerySet[DeliveryModel]:
        return queries.dead_deliveries(info.context.viewer)


@strawberry.input(description="The dead delivery to send again.")
class SendAgainInput:
    delivery_id: strawberry.ID = strawberry.field(description="The delivery.")


@strawberry.type(description="Answer with a delivery.")
class SendAgainPayload(Payload):
    @strawberry_django.field(description="The delivery as it is now.")
    def delivery(self) -> Delivery | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type
class EventsMutation:
    @mutation(description="Give a dead delivery a new life: all its attempts before it, due at once. Admins.")
    def send_again(self, info: Info, input: SendAgainInput) -> SendAgainPayload:
        delivery = actions.send_again(
            viewer=info.context.viewer,
            delivery_id=decode_id(input.delivery_id, "Delivery", ("delivery_id",)),
            now=info.context.now,
        )
        return SendAgainPayload(row=delivery)
