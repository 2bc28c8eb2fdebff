"""Money in the API."""

from decimal import Decimal

import strawberry

from backend.core.business import business


@strawberry.type(description="An amount with its currency.")
class Money:
    amount: Decimal = strawberry.field(description='The amount, with two decimal places: `"90.00"`.')
    currency: str = strawberry.field(description="ISO 4217 code.")


def money(amount: Decimal, currency: str | None = None) -> Money:
    """An amount in the currency that it was stored with, or in the business's."""
    return Money(amount=amount, currency=currency or business().currency)
