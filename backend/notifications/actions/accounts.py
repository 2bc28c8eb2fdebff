"""What accounts are told: how to prove an e-mail, how to get in again, and that a password is another."""

from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings

from backend.accounts.queries import (
    PASSWORD_RESET,
    VERIFICATION,
    account_for_message,
    invitation_for_message,
    link_token,
)
from backend.core.business import business
from backend.core.transactions import step
from backend.events.rules import Happened
from backend.notifications.actions.writing import tell, voice_for
from backend.notifications.queries import person
from backend.notifications.rules import MessageKind

_LINKS = {
    MessageKind.VERIFY_EMAIL: (VERIFICATION, "verify-email"),
    MessageKind.RESET_PASSWORD: (PASSWORD_RESET, "reset-password"),
}
"""Messages with a token made for them: what it is for, and the page of the client that takes it."""


@step
def tell_account(*, kind: MessageKind, event: Happened, now: datetime) -> None:
    """Tell the owner of the account that `event` names, with a fresh link where its kind has one.

    Nothing where the account is gone or inactive by now, and nothing to prove an e-mail that is proven. To an unproven
    e-mail nothing is written that its account says: somebody else may have typed it, to have us send it.
    """
    user = account_for_message(event.data["user_id"])
    if user is None or (kind is MessageKind.VERIFY_EMAIL and user.email_verified_at is not None):
        return
    link = business().public_url
    if kind in _LINKS:
        purpose, path = _LINKS[kind]
        link = page(path, token=link_token(purpose, user))
    name = user.name if user.email_verified_at is not None else ""
    to = person(name=name, email=user.email, user_id=user.pk)
    values = _values(user.email) | {"changed_at": voice_for(to).day_at(event.occurred_at)}
    tell(kind=kind, person=to, values=values, about=str(event.event_id), event_id=event.event_id, link=link, now=now)


@step
def tell_registered(*, event: Happened, now: datetime) -> None:
    """Tell whoever registered: welcome, where an invitation proved the e-mail, else the link that proves it."""
    kind = MessageKind.WELCOME if event.data["verified"] else MessageKind.VERIFY_EMAIL
    tell_account(kind=kind, event=event, now=now)


@step
def tell_invited(*, event: Happened, now: datetime) -> None:
    """Send the link of an invitation to whom it invites; nothing where it is gone, used or out of date by now."""
    invitation = invitation_for_message(event.data["invitation_id"], now=now)
    if invitation is None:
        return
    to = person(name="", email=invitation.email)
    tell(
        kind=MessageKind.INVITATION,
        person=to,
        values=_values(invitation.email) | {"expires_at": voice_for(to).moment(invitation.expires_at)},
        about=str(event.event_id),
        event_id=event.event_id,
        link=page("register", invitation=invitation.token),
        now=now,
    )


def page(path: str, **query: str) -> str:
    """The address of a page that the clients serve."""
    return f"{business().public_url}/{path}?{urlencode(query)}"


def _values(recipient: str) -> dict[str, str]:
    hours = str(settings.PASSWORD_RESET_TIMEOUT // 3600)
    return {"recipient": recipient, "link_hours": hours, "changed_at": "", "expires_at": ""}
