"""An order and its lines, as the API shows them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import strawberry
import strawberry_django
from django.db.models import Prefetch, Q, QuerySet
from strawberry_django.optimizer import optimizer

from backend.core.errors import FieldPath
from backend.core.text import search_text
from backend.core.viewer import Scope, Viewer
from backend.orders import queries
from backend.orders.models import Order as OrderModel
from backend.orders.models import OrderItem as OrderItemModel
from backend.orders.models import OrderItemExtra as OrderItemExtraModel
from backend.orders.permissions import sees_internal_notes
from backend.orders.rules import CartItem, OrderPaymentStatus
from backend.scheduling.rules import AppointmentStatus
from backend.staff.queries import all_staff
from schema.agreements import PRIVATE, Agreement
from schema.catalogue import Service
from schema.changes import ChangeRequest
from schema.context import Info
from schema.customers import Customer
from schema.enums import declare
from schema.ids import decode_id, decode_optional_id
from schema.money import Money, money
from schema.nested import Nested
from schema.nodes import VisibleNode
from schema.scheduling import Appointment
from schema.scopes import require_contacts
from schema.staff import Staff

declare(
    OrderPaymentStatus,
    name="OrderPaymentStatus",
    description="What has been paid for an order.",
    values={
        OrderPaymentStatus.UNPAID: "Nothing was paid, and nothing is due yet.",
        OrderPaymentStatus.DUE: "The work is done, and nothing was paid.",
        OrderPaymentStatus.PAID: "All of it was paid.",
        OrderPaymentStatus.REFUNDED: "What was paid was given back.",
    },
)


_CHANGES = Nested("change_requests", lambda info: queries.all_changes())


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
    extras: list[OrderItemExtra] = strawberry_django.field(
        description="What was added to the service, as it was when it was ordered."
    )
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
    def search(self, info: Info, value: str, prefix: str) -> Q:
        require_contacts(info.context.viewer)
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
class Order(Agreement):
    order_number: strawberry.auto
    is_guest_order: strawberry.auto
    scheduled_date: strawberry.auto
    scheduled_time: strawberry.auto
    cancellation_deadline: strawberry.auto
    items: list[OrderItem] = strawberry_django.field(description="Its lines, in their order.")

    @strawberry_django.field(only=["status"], description="Where it stands.")
    def status(self) -> AppointmentStatus:
        return AppointmentStatus(self.status)

    @strawberry_django.field(only=["payment_status"], description="What has been paid.")
    def payment_status(self) -> OrderPaymentStatus:
        return OrderPaymentStatus(self.payment_status)

    @strawberry_django.field(
        only=["tracking_token", "customer_id"], description=f"Opens this order to whoever holds it. {PRIVATE}"
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

    @strawberry_django.field(only=["guest_email", "customer_id"], description=f"The guest's e-mail. {PRIVATE}")
    def guest_email(self, info: Info) -> str | None:
        shown = sees_private_fields(self, info) or info.context.viewer.has_scope(Scope.CONTACTS_READ)
        return self.guest_email if shown else None

    @strawberry_django.field(
        only=["cancellation_reason", "customer_id"], description=f"Why it was cancelled. {PRIVATE}"
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
