"""Finding orders, and what a cart costs."""

from typing import Annotated

import strawberry
import strawberry_django
from django.db.models import QuerySet

from backend.core.errors import Refusals
from backend.orders import queries
from backend.orders.models import Order as OrderModel
from schema.connections import Connection
from schema.context import Info
from schema.money import Money, money
from schema.orders.types import Order, OrderItemInput, decode_items
from schema.payloads import RefusalsToPayload, UserError, user_errors


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
