"""Putting pending orders right: what is known about them, and their lines."""

from datetime import date, time

import strawberry

from backend.orders import actions
from backend.orders.actions import OrderChanges
from backend.orders.rules import LineChange
from schema.context import Info
from schema.customers import AddressInput, GuestInput
from schema.ids import decode_id, decode_optional_id
from schema.named import ORDER_VERSION, NamesOrder
from schema.orders import OrderItemInput, OrderPayload
from schema.payloads import mutation

_DROP_COUPON = "Whether a coupon that no longer fits is dropped, and its use given back; else the change is refused."


@strawberry.input(description="What should be another about an order, named by its id or by its tracking token.")
class UpdateOrderInput(NamesOrder):
    notes: str | None = strawberry.field(default=None, description="What should be known, at most 2,000 characters.")
    guest: GuestInput | None = strawberry.field(default=None, description="Who is to be reached, of a guest's order.")
    address: AddressInput | None = strawberry.field(default=None, description="Where; or `addressId`.")
    address_id: strawberry.ID | None = strawberry.field(default=None, description="One of its customer's addresses.")
    scheduled_date: date | None = strawberry.field(
        default=None, description="Wanted date, in the business's time zone."
    )
    scheduled_time: time | None = strawberry.field(
        default=None, description="Wanted time, in the business's time zone."
    )
    internal_notes: str | None = strawberry.field(
        default=None, description="Notes of the office, at most 20,000 characters; nobody else sees or writes them."
    )
    drop_coupon: bool = strawberry.field(default=False, description=_DROP_COUPON)
    version: int | None = strawberry.field(default=None, description=ORDER_VERSION)

    def decoded(self) -> OrderChanges:
        """As the domain takes it."""
        return OrderChanges(
            notes=self.notes,
            guest=self.guest.decoded() if self.guest else None,
            address=self.address.decoded() if self.address else None,
            address_id=decode_optional_id(self.address_id, "Address", ("address_id",)),
            scheduled_date=self.scheduled_date,
            scheduled_time=self.scheduled_time,
            internal_notes=self.internal_notes,
        )


@strawberry.input(description="One more line for a pending order, named by its id or by its tracking token.")
class AddOrderItemInput(NamesOrder):
    item: OrderItemInput = strawberry.field(description="What else is to be done, at today's prices.")
    drop_coupon: bool = strawberry.field(default=False, description=_DROP_COUPON)
    version: int | None = strawberry.field(default=None, description=ORDER_VERSION)
    idempotency_key: str | None = strawberry.field(default=None, description="Makes a repeated request safe.")


@strawberry.input(description="How a line of a pending order should be; what is left out stays.")
class UpdateOrderItemInput:
    order_item_id: strawberry.ID = strawberry.field(description="The line.")
    tracking_token: str | None = strawberry.field(default=None, description="Its order's token, for guests.")
    quantity: int | None = strawberry.field(default=None, description="How often, 1 to 20.")
    extra_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="All extras that it should have; those that it has keep their price."
    )
    preferred_staff_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who should come; another person's price is today's."
    )
    any_staff: bool = strawberry.field(default=False, description="Whether anybody may come again.")
    drop_coupon: bool = strawberry.field(default=False, description=_DROP_COUPON)
    version: int | None = strawberry.field(default=None, description=ORDER_VERSION)

    def decoded(self) -> LineChange:
        """As the domain takes it."""
        extra_ids = self.extra_ids
        return LineChange(
            quantity=self.quantity,
            extra_ids=None
            if extra_ids is None
            else tuple(decode_id(each, "ServiceExtra", ("extra_ids", i)) for i, each in enumerate(extra_ids)),
            preferred_staff_id=decode_optional_id(self.preferred_staff_id, "Staff", ("preferred_staff_id",)),
            any_staff=self.any_staff,
        )


@strawberry.input(description="The line of a pending order that is taken out; never the last.")
class RemoveOrderItemInput:
    order_item_id: strawberry.ID = strawberry.field(description="The line.")
    tracking_token: str | None = strawberry.field(default=None, description="Its order's token, for guests.")
    drop_coupon: bool = strawberry.field(default=False, description=_DROP_COUPON)
    version: int | None = strawberry.field(default=None, description=ORDER_VERSION)


@strawberry.type
class OrderEditsMutation:
    @mutation(
        description="Change notes, contact, address or time of a pending order: guests by token, customers, and the "
        "office, whose own notes may be changed in every state. A new time settles a change request that waits."
    )
    def update_order(self, info: Info, input: UpdateOrderInput) -> OrderPayload:
        order = actions.update_order(
            **input.asked(info),
            changes=input.decoded(),
            drop_coupon=input.drop_coupon,
            version=input.version,
        )
        return OrderPayload(row=order, opened=input.tracking_token is not None)

    @mutation(
        description="Add a line to a pending order, at today's prices: guests by token, customers, and the office. The "
        "same `idempotencyKey` with the same input adds once."
    )
    def add_order_item(self, info: Info, input: AddOrderItemInput) -> OrderPayload:
        order = actions.add_order_item(
            **input.asked(info),
            item=input.item.decoded(("item",)),
            drop_coupon=input.drop_coupon,
            version=input.version,
            idempotency_key=input.idempotency_key,
        )
        return OrderPayload(row=order, opened=input.tracking_token is not None)

    @mutation(
        description="Change quantity, extras or preferred staff of a line of a pending order: what it had keeps its "
        "price. Guests by token, customers, and the office."
    )
    def update_order_item(self, info: Info, input: UpdateOrderItemInput) -> OrderPayload:
        order = actions.update_order_item(
            viewer=info.context.viewer,
            order_item_id=decode_id(input.order_item_id, "OrderItem", ("order_item_id",)),
            tracking_token=input.tracking_token,
            change=input.decoded(),
            drop_coupon=input.drop_coupon,
            version=input.version,
            address=info.context.address,
            now=info.context.now,
        )
        return OrderPayload(row=order, opened=input.tracking_token is not None)

    @mutation(
        description="Take a line out of a pending order, but not its last: cancel the order instead. Guests by token, "
        "customers, and the office."
    )
    def remove_order_item(self, info: Info, input: RemoveOrderItemInput) -> OrderPayload:
        order = actions.remove_order_item(
            viewer=info.context.viewer,
            order_item_id=decode_id(input.order_item_id, "OrderItem", ("order_item_id",)),
            tracking_token=input.tracking_token,
            drop_coupon=input.drop_coupon,
            version=input.version,
            address=info.context.address,
            now=info.context.now,
        )
        return OrderPayload(row=order, opened=input.tracking_token is not None)
