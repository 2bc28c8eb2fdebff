"""Links to orders, for whoever has lost the mail."""

import strawberry

from backend.orders import actions
from schema.context import Info
from schema.membership import AcceptedPayload
from schema.payloads import mutation


@strawberry.input(description="What a link is asked for, and by whom.")
class ResendTrackingLinkInput:
    number: str = strawberry.field(description="Its reference, such as `ORD-20270301-7KQ2MX`, in any case.")
    email: str = strawberry.field(description="The e-mail that it was ordered with.")


@strawberry.type
class TrackingMutation:
    @mutation(
        description="Mail the tracking link again; a fresh one where it has run out. The same answer whether or not "
        "number and e-mail belong together. Limited by network address and e-mail. Public."
    )
    def resend_tracking_link(self, info: Info, input: ResendTrackingLinkInput) -> AcceptedPayload:
        actions.resend_tracking_link(
            number=input.number, email=input.email, address=info.context.address, now=info.context.now
        )
        return AcceptedPayload(accepted=True)
