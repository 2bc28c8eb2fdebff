"""What is told about calendars and webhooks that do not work any more.

Their domains stand beside this one: their facts say all that a message tells.
"""

from datetime import datetime

from backend.accounts.queries import account_for_message
from backend.core.business import business
from backend.core.transactions import step
from backend.events.rules import Happened
from backend.notifications.actions.writing import tell
from backend.notifications.queries import person, the_office
from backend.notifications.rules import MessageKind


@step
def tell_calendar_broken(*, event: Happened, now: datetime) -> None:
    """Tell the owner of a calendar that it lets us in no more; nothing where the account is gone."""
    user = account_for_message(event.data["user_id"])
    if user is None:
        return
    values = {"provider": str(event.data["provider"]).capitalize()}
    tell(
        kind=MessageKind.CALENDAR_BROKEN,
        person=person(name=user.name, email=user.email, user_id=user.pk),
        values=values,
        about=str(event.event_id),
        event_id=event.event_id,
        link=f"{business().public_url}/calendars",
        now=now,
    )


@step
def tell_webhook_paused(*, event: Happened, now: datetime) -> None:
    """Tell the office that an endpoint of a partner failed for too long; nothing of what somebody did by hand."""
    if not event.data["automatic"]:
        return
    page = f"{business().public_url}/admin/partners/webhookendpoint/{event.data['endpoint_id']}/change/"
    tell(
        kind=MessageKind.WEBHOOK_PAUSED,
        person=the_office(),
        values={"reason": str(event.data["reason"])},
        about=str(event.event_id),
        event_id=event.event_id,
        link=page,
        now=now,
    )
