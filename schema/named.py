"""Inputs that name an order, a plan or a visit: by its id for the signed-in, by its tracking token for guests.

And what `version` means wherever it is asked for.
"""

from datetime import datetime
from typing import TypedDict

import strawberry

from backend.core.viewer import Viewer
from schema.context import Info
from schema.ids import decode_optional_id

VERSION = "The version that was read: STALE_VERSION if it has changed since."
ORDER_VERSION = "The order's version that was read: STALE_VERSION if it has changed since."
_FOR_GUESTS = "Its token, for guests."


class _Asked(TypedDict):
    """Who asks, whence and when, and the token where one was given."""

    viewer: Viewer
    tracking_token: str | None
    address: str
    now: datetime


class _AskedForOrder(_Asked):
    order_id: int | None


class _AskedForPlan(_Asked):
    subscription_id: int | None


class _AskedForVisit(_Asked):
    appointment_id: int | None


def _asked(info: Info, tracking_token: str | None) -> _Asked:
    context = info.context
    return _Asked(viewer=context.viewer, tracking_token=tracking_token, address=context.address, now=context.now)


@strawberry.input(description="An order.")
class NamesOrder:
    order_id: strawberry.ID | None = strawberry.field(default=None, description="The order, for signed-in viewers.")
    tracking_token: str | None = strawberry.field(default=None, description=_FOR_GUESTS)

    def asked(self, info: Info) -> _AskedForOrder:
        """As every action takes it."""
        order_id = decode_optional_id(self.order_id, "Order", ("order_id",))
        return _AskedForOrder(order_id=order_id, **_asked(info, self.tracking_token))


@strawberry.input(description="A plan.")
class NamesPlan:
    subscription_id: strawberry.ID | None = strawberry.field(
        default=None, description="The plan, for signed-in viewers."
    )
    tracking_token: str | None = strawberry.field(default=None, description=_FOR_GUESTS)

    def asked(self, info: Info) -> _AskedForPlan:
        """As every action takes it."""
        subscription_id = decode_optional_id(self.subscription_id, "SubscriptionPlan", ("subscription_id",))
        return _AskedForPlan(subscription_id=subscription_id, **_asked(info, self.tracking_token))


@strawberry.input(description="A visit.")
class NamesVisit:
    appointment_id: strawberry.ID | None = strawberry.field(
        default=None, description="The visit, for signed-in viewers."
    )
    tracking_token: str | None = strawberry.field(default=None, description=_FOR_GUESTS)

    def asked(self, info: Info) -> _AskedForVisit:
        """As every action takes it."""
        appointment_id = decode_optional_id(self.appointment_id, "Appointment", ("appointment_id",))
        return _AskedForVisit(appointment_id=appointment_id, **_asked(info, self.tracking_token))
