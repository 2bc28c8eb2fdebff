"""When a whole cart could be done."""

from datetime import date as Date  # a field is called `date`
from typing import Annotated

import strawberry

from backend.orders.queries import carts
from schema.context import Info
from schema.orders import OrderItemInput, decode_items
from schema.scheduling import Alternative


@strawberry.type(description="The times of a date at which a whole cart could be confirmed.")
class CartDay:
    date: Date = strawberry.field(description="The date.")
    times: list[Alternative] = strawberry.field(
        description="By start: when the cart would begin and end, and who would come first."
    )


@strawberry.type
class CartAvailabilityQuery:
    @strawberry.field(
        description="Times at which an order of the whole cart could be confirmed, day by day: its items one after the "
        "other, or side by side where several people come. At most 62 days. Public."
    )
    def cart_availability(
        self,
        info: Info,
        items: Annotated[list[OrderItemInput], strawberry.argument(description="The cart.")],
        postcode: Annotated[str, strawberry.argument(description="Where, as a whole postcode or an outward code.")],
        first: Annotated[Date, strawberry.argument(name="from", description="First date.")],
        last: Annotated[Date, strawberry.argument(name="to", description="Last date, included.")],
    ) -> list[CartDay]:
        days = carts.cart_availability(
            items=decode_items(items), postcode=postcode, first=first, last=last, now=info.context.now
        )
        return [CartDay(date=day.date, times=list(day.times)) for day in days]  # type: ignore[arg-type]
