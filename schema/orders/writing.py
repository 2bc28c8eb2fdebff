"""What is done with orders as a whole."""

from datetime import date, time

import strawberry
import strawberry_django

from backend.orders import actions
from backend.orders.actions import OrderRequest
from schema.context import Info
from schema.customers import AddressInput, GuestInput
from schema.ids import decode_id, decode_optional_id
from schema.named import ORDER_VERSION, VERSION, NamesOrder
from schema.orders.types import Order, OrderItem, OrderItemInput, decode_items
from schema.payloads import Payload, mutation, reread
from schema.scheduling import Alternative


@strawberry.input(description="An order. Prices are the server's: there is no way to give one.")
class PlaceOrderInput:
    items: list[OrderItemInput] = strawberry.field(description="What is to be done, 1 to 20 items.")
    guest: GuestInput | None = strawberry.field(default=None, description="Who orders; none for a signed-in customer.")
    address: AddressInput | None = strawberry.field(default=None, description="Where; or `addressId`.")
    address_id: strawberry.ID | None = strawberry.field(
        default=None, description="One of the signed-in customer's own addresses."
    )
    scheduled_date: date = strawberry.field(description="Wanted date, in the business's time zone.")
    scheduled_time: time = strawberry.field(description="Wanted time, in the business's time zone.")
    notes: str = strawberry.field(default="", description="What should be known, at most 2,000 characters.")
    coupon_code: str | None = strawberry.field(default=None, description="A coupon.")
    hold_token: str | None = strawberry.field(
        default=None, description="A time that `holdSlot` holds for the first item: kept until the office confirms."
    )
    idempotency_key: str | None = strawberry.field(default=None, description="Makes a repeated request safe.")

    def decoded(self, *, browser: str) -> OrderRequest:
        """As the domain takes it, for a guest whose browser speaks this."""
        return OrderRequest(
            items=decode_items(self.items),
            guest=self.guest.decoded(browser=browser) if self.guest else None,
            address=self.address.decoded() if self.address else None,
            address_id=decode_optional_id(self.address_id, "Address", ("address_id",)),
            scheduled_date=self.scheduled_date,
            scheduled_time=self.scheduled_time,
            notes=self.notes,
            coupon_code=self.coupon_code,
            hold_token=self.hold_token,
        )


@strawberry.input(description="Who comes for one item.")
class AssignStaffInput:
    order_item_id: strawberry.ID = strawberry.field(description="An item of a pending or confirmed order.")
    staff_id: strawberry.ID = strawberry.field(description="Who comes.")
    outside_hours: bool = strawberry.field(
        default=False, description="Whether a confirmed item's visit may lie outside the person's working hours."
    )
    version: int | None = strawberry.field(default=None, description=ORDER_VERSION)


@strawberry.input(description="The order to confirm.")
class ConfirmOrderInput:
    order_id: strawberry.ID = strawberry.field(description="A pending order.")
    version: int | None = strawberry.field(default=None, description=VERSION)
    outside_hours: bool = strawberry.field(
        default=False, description="Whether visits may lie outside working hours; never over other visits."
    )


@strawberry.input(description="The order to call off: by its id, or by its tracking token.")
class CancelOrderInput(NamesOrder):
    reason: str = strawberry.field(default="", description="Why, at most 500 characters; the office has to say.")
    version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="The order to complete.")
class CompleteOrderInput:
    order_id: strawberry.ID = strawberry.field(description="A confirmed order.")
    version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="The guest's order that the signed-in customer takes over.")
class LinkGuestOrderInput:
    tracking_token: str = strawberry.field(description="The order's token.")


@strawberry.type(description="Answer with an order.")
class OrderPayload(Payload):
    @strawberry_django.field(description="The order as it is now.")
    def order(self) -> Order | None:
        return reread(self.row, opened=self.opened)  # type: ignore[no-any-return]


@strawberry.type(description="Answer to confirming an order.")
class ConfirmOrderPayload(OrderPayload):
    alternatives: list[Alternative] = strawberry.field(
        default_factory=list,
        description="Where the time can't be had: up to five others at which the whole order could be confirmed.",
    )


@strawberry.type(description="Answer with an item of an order.")
class OrderItemPayload(Payload):
    @strawberry_django.field(description="The item as it is now.")
    def order_item(self) -> OrderItem | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer to naming who comes.")
class AssignStaffPayload(OrderItemPayload):
    alternatives: list[Alternative] = strawberry.field(
        default_factory=list,
        description="Where the person has no time for a confirmed item: up to five others who could come then.",
    )


@strawberry.type
class OrdersMutation:
    @mutation(
        description="Order as a guest or as the signed-in customer. No time is taken until the office confirms. "
        "The same `idempotencyKey` with the same input gives the same order back. Public."
    )
    def place_order(self, info: Info, input: PlaceOrderInput) -> OrderPayload:
        order = actions.place_order(
            viewer=info.context.viewer,
            request=input.decoded(browser=info.context.guest_language),
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return OrderPayload(row=order, opened=True)

    @mutation(
        description="Name who comes for one item of a pending order, or give a confirmed item's visit to somebody else "
        "at its own time; the price stays. Admins and managers."
    )
    def assign_staff(self, info: Info, input: AssignStaffInput) -> AssignStaffPayload:
        item = actions.assign_staff(
            viewer=info.context.viewer,
            order_item_id=decode_id(input.order_item_id, "OrderItem", ("order_item_id",)),
            staff_id=decode_id(input.staff_id, "Staff", ("staff_id",)),
            outside_hours=input.outside_hours,
            version=input.version,
            now=info.context.now,
        )
        return AssignStaffPayload(row=item)

    @mutation(description="Give every item of a pending order its visit: all or nothing. Admins and managers.")
    def confirm_order(self, info: Info, input: ConfirmOrderInput) -> ConfirmOrderPayload:
        order = actions.confirm_order(
            viewer=info.context.viewer,
            order_id=decode_id(input.order_id, "Order", ("order_id",)),
            version=input.version,
            outside_hours=input.outside_hours,
            now=info.context.now,
        )
        return ConfirmOrderPayload(row=order)

    @mutation(
        description="Call an order off with its visits. Guests by token and customers while it is pending, then until "
        "the deadline; the office always, with a reason."
    )
    def cancel_order(self, info: Info, input: CancelOrderInput) -> OrderPayload:
        order = actions.cancel_order(
            **input.asked(info),
            reason=input.reason,
            version=input.version,
        )
        return OrderPayload(row=order, opened=input.tracking_token is not None)

    @mutation(description="Take over a guest's order: for the signed-in customer whose verified e-mail is the guest's.")
    def link_guest_order(self, info: Info, input: LinkGuestOrderInput) -> OrderPayload:
        order = actions.link_guest_order(
            viewer=info.context.viewer,
            tracking_token=input.tracking_token,
            address=info.context.address,
            now=info.context.now,
        )
        return OrderPayload(row=order)

    @mutation(description="Close a confirmed order: open visits are done, what is unpaid is due. Admins and managers.")
    def complete_order(self, info: Info, input: CompleteOrderInput) -> OrderPayload:
        order = actions.complete_order(
            viewer=info.context.viewer,
            order_id=decode_id(input.order_id, "Order", ("order_id",)),
            version=input.version,
            now=info.context.now,
        )
        return OrderPayload(row=order)
