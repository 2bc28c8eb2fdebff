"""The business itself."""

import strawberry

from backend.core import business as core


@strawberry.type(description="The business that this API belongs to.")
class Business:
    name: str = strawberry.field(description="Its name.")
    time_zone: str = strawberry.field(description="IANA name of the zone that its hours and dates are in.")
    currency: str = strawberry.field(description="ISO 4217 code of its prices.")
    cancellation_notice_hours: int = strawberry.field(
        description="Hours before its start until which a visit can be cancelled or moved by the customer."
    )


@strawberry.type
class BusinessQuery:
    @strawberry.field(description="Name, zone, currency and terms of the business. Public.")
    def business(self) -> Business:
        configured = core.business()
        return Business(
            name=configured.name,
            time_zone=configured.zone.key,
            currency=configured.currency,
            cancellation_notice_hours=configured.cancellation_notice_hours,
        )
