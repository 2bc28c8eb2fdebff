"""Orders: quoting, placing, following, confirming and calling off."""

from collections.abc import Sequence
from datetime import date, time
from typing import Annotated, Any

import strawberry
import strawberry_django
from django.db.models import Prefetch, Q, QuerySet
from strawberry_django.optimizer import optimizer

from backend.core.errors import FieldPath, Refusals
from backend.core.text import search_text
from backend.core.viewer import Viewer
from backend.orders import actions, queries
from backend.orders.actions import OrderRequest
from backend.orders.models import Order as OrderModel
from backend.orders.models import OrderItem as OrderItemModel
from backend.orders.models import OrderItemExtra as OrderItemExtraModel
from backend.orders.permissions import sees_internal_notes
from backend.orders.rules import CartItem, OrderPaymentStatus
from backend.scheduling.rules import AppointmentStatus
from backend.staff.queries import all_staff
from schema.catalogue import Service
from schema.changes import ChangeRequest
from schema.connections import Connection
from schema.context import Info
from schema.customers import AddressInput, Customer, GuestInput, PostalAddress
from schema.ids import decode_id, decode_optional_id
from schema.money import Money, money
from schema.nested import Nested
from schema.nodes import VisibleNode
from schema.payloads import Payload, RefusalsToPayload, UserError, mutation, reread, user_errors
from schema.scheduling import Alternative, Appointment
from schema.staff import Staff

strawberry.enum(OrderPaymentStatus, name="OrderPaymentStatus", description="What has been paid for an order.")

_CHANGES = Nested("change_requests", lambda info: queries.all_changes())
_PRIVATE = "For its owner, whoever holds its tracking token, and the office; null for others."


def sees_private_fields(order: Any, info: Info) -> bool:
    """Whether the order was opened by its token, or is the viewer's own or the office's."""
    return getattr(order, "is_opened", False) or queries.sees_private_fields(info.context.viewer, order)


@strawberry_django.type(OrderItemExtraModel, description="An extra of an item, as it was when it was ordered.")
class OrderItemExtra(VisibleNode):
    name: strawberry.auto
    duration_minutes: strawberry.auto

    @strawberry_django.field(only=["price"], select_related=["item__order"], description="What it added to the price.")
    def price(self) -> Money:
        return money(self.price, self.item.order.currency)  # type: ignore[attr-defined]

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.extras_visible_to(viewer)


def _named(info: Info) -> Prefetch[Any]:
    """Who was named, for items without a visit: the optimizer itself follows the visit's staff."""
    rows, extension = all_staff(), optimizer.get()
    return Prefetch("staff", extension.optimize(rows, info=info) if extension else rows)


@strawberry_django.type(OrderItemModel, description="One line of an order, priced when it was ordered.")
class OrderItem(VisibleNode):
    position: strawberry.auto
    quantity: strawberry.auto
    service: Service
    extras: list[OrderItemExtra]
    appointment: Appointment | None

    @strawberry_django.field(
        only=["order__status", "appointment__status"],
        select_related=["order", "appointment"],
        description="Where this line stands: as its visit, once there is one. It may be CANCELLED while the order goes "
        "on; its price then still stands in the totals.",
    )
    def status(self) -> AppointmentStatus:
        row: OrderItemModel = self  # type: ignore[assignment]
        return row.status

    @strawberry_django.field(
        field_name="appointment__staff",
        only=["staff", "appointment__staff"],
        select_related=["appointment__staff"],
        prefetch_related=[_named],
        description="Who comes: whoever has the visit; until there is one, who was wished for or assigned.",
    )
    def staff(self) -> Staff | None:
        visit = self.appointment
        return visit.staff if visit is not None else self.staff

    @strawberry_django.field(
        only=["unit_price", "order__currency"], select_related=["order"], description="Price of one with its extras."
    )
    def unit_price(self) -> Money:
        return money(self.unit_price, self.order.currency)  # type: ignore[attr-defined]

    @strawberry_django.field(
        only=["total_price", "order__currency"], select_related=["order"], description="Unit price times quantity."
    )
    def total_price(self) -> Money:
        return money(self.total_price, self.order.currency)  # type: ignore[attr-defined]

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.items_visible_to(viewer)


@strawberry_django.filter_type(OrderModel, description="Which orders. Conditions add up.")
class OrderFilter:
    @strawberry_django.filter_field(description="Only orders in this state.")
    def status(self, value: AppointmentStatus, prefix: str) -> Q:
        return Q(**{f"{prefix}status": value})

    @strawberry_django.filter_field(
        description="Only orders whose number, name, e-mail or postcode contains this, in any case."
    )
    def search(self, value: str, prefix: str) -> Q:
        text = search_text(value)
        columns = ("order_number", "guest_name", "guest_email", "customer__name", "customer__email", "postcode")
        found = Q()
        for column in columns:
            found |= Q(**{f"{prefix}{column}__icontains": text})
        return found

    @strawberry_django.filter_field(name="from", description="Only orders for this date or later.")
    def from_(self, value: date, prefix: str) -> Q:
        return Q(**{f"{prefix}scheduled_date__gte": value})

    @strawberry_django.filter_field(description="Only orders for this date or earlier.")
    def to(self, value: date, prefix: str) -> Q:
        return Q(**{f"{prefix}scheduled_date__lte": value})

    @strawberry_django.filter_field(description="Only orders of this customer.")
    def customer(self, value: strawberry.ID, prefix: str) -> Q:
        return Q(**{f"{prefix}customer_id": decode_id(value, "Customer", ("filters", "customer"))})


@strawberry_django.order_type(OrderModel, description="The order of orders.")
class OrderOrder:
    created_at: strawberry.auto
    scheduled_date: strawberry.auto
    order_number: strawberry.auto


@strawberry_django.type(
    OrderModel, filters=OrderFilter, ordering=OrderOrder, description="What somebody wants done, where and when."
)
class Order(VisibleNode):
    order_number: strawberry.auto
    version: strawberry.auto
    is_guest_order: strawberry.auto
    guest_name: strawberry.auto
    guest_phone: strawberry.auto
    scheduled_date: strawberry.auto
    scheduled_time: strawberry.auto
    notes: strawberry.auto
    created_at: strawberry.auto
    confirmed_at: strawberry.auto
    completed_at: strawberry.auto
    cancelled_at: strawberry.auto
    account_linked_at: strawberry.auto
    cancellation_deadline: strawberry.auto
    items: list[OrderItem]

    @strawberry_django.field(only=["status"], description="Where it stands.")
    def status(self) -> AppointmentStatus:
        return AppointmentStatus(self.status)

    @strawberry_django.field(only=["payment_status"], description="What has been paid.")
    def payment_status(self) -> OrderPaymentStatus:
        return OrderPaymentStatus(self.payment_status)

    @strawberry_django.field(
        only=["tracking_token", "customer_id"], description=f"Opens this order to whoever holds it. {_PRIVATE}"
    )
    def tracking_token(self, info: Info) -> str | None:
        return self.tracking_token if sees_private_fields(self, info) else None

    @strawberry_django.field(
        only=["customer_id"],
        select_related=["customer"],
        description="Whose it is, for the customer itself and the office; null for a guest's order and for others.",
    )
    def customer(self, info: Info) -> Customer | None:
        own = queries.sees_private_fields(info.context.viewer, self)  # type: ignore[arg-type]
        return self.customer if own else None

    @strawberry_django.field(only=["guest_email", "customer_id"], description=f"The guest's e-mail. {_PRIVATE}")
    def guest_email(self, info: Info) -> str | None:
        return self.guest_email if sees_private_fields(self, info) else None

    @strawberry_django.field(
        only=["line1", "line2", "city", "postcode", "country"], description="Where the work is, frozen at checkout."
    )
    def address(self) -> PostalAddress:
        row: OrderModel = self  # type: ignore[assignment]
        return PostalAddress(
            line1=row.line1, line2=row.line2, city=row.city, postcode=row.postcode, country=row.country
        )

    @strawberry_django.field(only=["subtotal", "currency"], description="Sum of the items.")
    def subtotal(self) -> Money:
        return money(self.subtotal, self.currency)  # type: ignore[attr-defined]

    @strawberry_django.field(only=["discount", "currency"], description="What a coupon takes off.")
    def discount(self) -> Money:
        return money(self.discount, self.currency)  # type: ignore[attr-defined]

    @strawberry_django.field(only=["total", "currency"], description="Subtotal less discount.")
    def total(self) -> Money:
        return money(self.total, self.currency)  # type: ignore[attr-defined]

    @strawberry_django.field(only=["coupon_code"], description="The coupon that was used, if any.")
    def coupon_code(self) -> str | None:
        return self.coupon_code or None

    @strawberry_django.field(
        only=["cancellation_reason", "customer_id"], description=f"Why it was cancelled. {_PRIVATE}"
    )
    def cancellation_reason(self, info: Info) -> str | None:
        return self.cancellation_reason if sees_private_fields(self, info) else None

    @strawberry_django.field(
        only=["internal_notes"],
        description="Notes of the office, for admins and managers with manage_orders; null else.",
    )
    def internal_notes(self, info: Info) -> str | None:
        return self.internal_notes if sees_internal_notes(info.context.viewer) else None

    @strawberry_django.field(
        only=["status", "cancellation_deadline", "customer_id"],
        description="Whether the viewer may cancel it now: owner and guest while it is pending, then until the "
        "deadline; the office as long as it is open.",
    )
    def can_cancel(self, info: Info) -> bool:
        row: OrderModel = self  # type: ignore[assignment]
        return queries.may_cancel_now(
            info.context.viewer, row, is_opened=getattr(self, "is_opened", False), now=info.context.now
        )

    @strawberry_django.field(
        only=["customer_id"],
        prefetch_related=[_CHANGES],
        description="Other times that were asked for, newest first; for its owner, whoever holds its tracking token, "
        "and the office, empty for others.",
    )
    def change_requests(self, info: Info) -> list[ChangeRequest]:
        return _CHANGES.of(self, info) if sees_private_fields(self, info) else []

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.orders_visible_to(viewer)


@strawberry.input(description="One line of a cart.")
class OrderItemInput:
    service_id: strawberry.ID = strawberry.field(description="What is to be done.")
    quantity: int = strawberry.field(default=1, description="How often, 1 to 20; price and time multiply with it.")
    extra_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Extras of the service, each at most once."
    )
    preferred_staff_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who should come, if it matters; its own price counts then."
    )

    def decoded(self, field: FieldPath) -> CartItem:
        """As the domain takes it; it stands under `field` in the input."""
        return CartItem(
            service_id=decode_id(self.service_id, "Service", (*field, "service_id")),
            quantity=self.quantity,
            extra_ids=tuple(
                decode_id(extra_id, "ServiceExtra", (*field, "extra_ids", number))
                for number, extra_id in enumerate(self.extra_ids)
            ),
            preferred_staff_id=decode_optional_id(self.preferred_staff_id, "Staff", (*field, "preferred_staff_id")),
        )


def decode_items(items: Sequence[OrderItemInput]) -> list[CartItem]:
    """The cart as the domain takes it."""
    return [item.decoded(("items", position)) for position, item in enumerate(items)]


@strawberry.type(description="What a cart costs. Amounts are null where the cart itself can't be priced.")
class Quote:
    subtotal: Money | None = strawberry.field(default=None, description="Sum of the items.")
    discount: Money | None = strawberry.field(default=None, description="What the coupon takes off.")
    total: Money | None = strawberry.field(default=None, description="Subtotal less discount.")
    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="What is wrong with the cart, or with the coupon beside the price without it."
    )

    @classmethod
    def of(cls, quote: queries.Quote) -> "Quote":
        """In the types of the API."""
        return cls(
            subtotal=money(quote.subtotal, quote.currency),
            discount=money(quote.discount, quote.currency),
            total=money(quote.total, quote.currency),
            user_errors=user_errors(Refusals(quote.refusals)),
        )


@strawberry.type
class OrdersQuery:
    @strawberry_django.connection(
        Connection[Order],
        description="Orders, newest first unless told otherwise: customers their own, staff those with a visit of "
        "theirs, the office what it manages; nothing for those who are not signed in.",
    )
    def orders(self, info: Info) -> QuerySet[OrderModel]:
        return queries.orders_visible_to(info.context.viewer)

    @strawberry_django.field(
        description="The order that a tracking token opens; null for a wrong one, and for one that has run out "
        "a while after the order's end. Public, limited by network address."
    )
    def track_order(
        self,
        info: Info,
        tracking_token: Annotated[str, strawberry.argument(description="The token from the confirmation mail.")],
    ) -> Order | None:
        return queries.track_order(tracking_token=tracking_token, address=info.context.address, now=info.context.now)  # type: ignore[return-value]

    @strawberry.field(
        description="What a cart costs now, priced by the server; nothing is saved. Public.",
        extensions=[RefusalsToPayload()],
    )
    def quote_order(
        self,
        info: Info,
        items: Annotated[list[OrderItemInput], strawberry.argument(description="The cart.")],
        coupon_code: Annotated[str | None, strawberry.argument(description="A coupon to try.")] = None,
        email: Annotated[str | None, strawberry.argument(description="Who asks: some coupons are for some.")] = None,
    ) -> Quote:
        quote = queries.quote_order(
            viewer=info.context.viewer,
            items=decode_items(items),
            coupon_code=coupon_code,
            email=email,
            now=info.context.now,
        )
        return Quote.of(quote)


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
    idempotency_key: str | None = strawberry.field(default=None, description="Makes a repeated request safe.")

    def decoded(self) -> OrderRequest:
        """As the domain takes it."""
        return OrderRequest(
            items=decode_items(self.items),
            guest=self.guest.decoded() if self.guest else None,
            address=self.address.decoded() if self.address else None,
            address_id=decode_optional_id(self.address_id, "Address", ("address_id",)),
            scheduled_date=self.scheduled_date,
            scheduled_time=self.scheduled_time,
            notes=self.notes,
            coupon_code=self.coupon_code,
        )


@strawberry.input(description="Who comes for one item.")
class AssignStaffInput:
    order_item_id: strawberry.ID = strawberry.field(description="An item of a pending or confirmed order.")
    staff_id: strawberry.ID = strawberry.field(description="Who comes.")
    outside_hours: bool = strawberry.field(
        default=False, description="Whether a confirmed item's visit may lie outside the person's working hours."
    )
    version: int | None = strawberry.field(default=None, description="The order's version that the decision rests on.")


@strawberry.input(description="The order to confirm.")
class ConfirmOrderInput:
    order_id: strawberry.ID = strawberry.field(description="A pending order.")
    version: int | None = strawberry.field(default=None, description="The version that the decision rests on.")
    outside_hours: bool = strawberry.field(
        default=False, description="Whether visits may lie outside working hours; never over other visits."
    )


@strawberry.input(description="The order to call off: by its id, or by its tracking token.")
class CancelOrderInput:
    order_id: strawberry.ID | None = strawberry.field(default=None, description="The order, for signed-in viewers.")
    tracking_token: str | None = strawberry.field(default=None, description="Its token, for guests.")
    reason: str = strawberry.field(default="", description="Why, at most 500 characters; the office has to say.")
    version: int | None = strawberry.field(default=None, description="The version that the decision rests on.")


@strawberry.input(description="The order to complete.")
class CompleteOrderInput:
    order_id: strawberry.ID = strawberry.field(description="A confirmed order.")
    version: int | None = strawberry.field(default=None, description="The version that the decision rests on.")


@strawberry.input(description="The guest's order that the signed-in customer takes over.")
class LinkGuestOrderInput:
    tracking_token: str = strawberry.field(description="The order's token.")


@strawberry.type(description="Answer with an order.")
class OrderPayload(Payload):
    @strawberry_django.field(description="The order as it is now.")
    def order(self) -> Order | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer with an order to whoever placed it or holds its token.")
class OpenedOrderPayload(Payload):
    opened: strawberry.Private[bool] = False

    @strawberry_django.field(description="The order as it is now.")
    def order(self) -> Order | None:
        rows = reread(self.row)
        return rows if rows is None or not self.opened else queries.opened(rows)  # type: ignore[return-value]


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
    def place_order(self, info: Info, input: PlaceOrderInput) -> OpenedOrderPayload:
        order = actions.place_order(
            viewer=info.context.viewer,
            request=input.decoded(),
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return OpenedOrderPayload(row=order, opened=True)

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
    def cancel_order(self, info: Info, input: CancelOrderInput) -> OpenedOrderPayload:
        order = actions.cancel_order(
            viewer=info.context.viewer,
            order_id=decode_optional_id(input.order_id, "Order", ("order_id",)),
            tracking_token=input.tracking_token,
            reason=input.reason,
            version=input.version,
            address=info.context.address,
            now=info.context.now,
        )
        return OpenedOrderPayload(row=order, opened=input.tracking_token is not None)

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
