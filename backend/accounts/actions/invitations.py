"""Letting people in."""

from datetime import datetime

from django.db import IntegrityError, transaction

from backend.accounts.events import InvitationSent
from backend.accounts.models import Invitation, User
from backend.accounts.permissions import require_invite
from backend.accounts.queries import invitation_for
from backend.accounts.rules import INVITATION_LIFETIME
from backend.core.errors import AlreadyExists, InvalidInput, InvalidTransition
from backend.core.idempotency import claim_key, settle_key
from backend.core.references import secret_token
from backend.core.text import clean_email
from backend.core.transactions import use_case
from backend.core.viewer import Role, Viewer
from backend.events.actions import emit


@use_case
def send_invitation(
    *, viewer: Viewer, email: str, role: Role, idempotency_key: str | None = None, now: datetime
) -> Invitation:
    """Invite somebody to be staff, manager or admin: a link by mail, good for seven days and one use.

    An expired invitation of the same e-mail is replaced. Raises AlreadyExists where the e-mail has an account or an
    open invitation, InvalidInput for customers, who need none.
    """
    require_invite(viewer)
    claimed = claim_key(viewer=viewer, operation="sendInvitation", key=idempotency_key, given=[email, role], now=now)
    if claimed.result_id is not None:
        return invitation_for(viewer, claimed.result_id)
    email = clean_email(email, field=("email",))
    if role is Role.CUSTOMER:
        raise InvalidInput("Customers register without an invitation.", ("role",))
    if User.objects.with_email(email).exists():
        raise AlreadyExists("This e-mail has an account.", ("email",))
    Invitation.objects.filter(email=email, used_at=None, expires_at__lt=now).delete()
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                email=email,
                role=role,
                token=secret_token(),
                invited_by_id=viewer.user_id,
                created_at=now,
                expires_at=now + INVITATION_LIFETIME,
            )
    except IntegrityError as error:
        raise AlreadyExists("This e-mail is invited already: send that invitation again.", ("email",)) from error
    settle_key(claimed, invitation)
    emit([InvitationSent(invitation_id=invitation.pk, actor_id=viewer.user_id)], now=now)
    return invitation


@use_case
def resend_invitation(*, viewer: Viewer, invitation_id: int, now: datetime) -> Invitation:
    """Mail an unused invitation again, with a new link and seven new days; the old link is dead."""
    require_invite(viewer)
    invitation = invitation_for(viewer, invitation_id, field=("invitation_id",), lock=True)
    if invitation.used_at is not None:
        raise InvalidTransition("This invitation was used.", ("invitation_id",))
    invitation.token, invitation.expires_at = secret_token(), now + INVITATION_LIFETIME
    invitation.save(update_fields=["token", "expires_at"])
    emit([InvitationSent(invitation_id=invitation.pk, actor_id=viewer.user_id)], now=now)
    return invitation


@use_case
def delete_invitation(*, viewer: Viewer, invitation_id: int) -> int:
    """Delete an invitation that nobody used, open or expired; its id. InvalidTransition for a used one."""
    require_invite(viewer)
    invitation = invitation_for(viewer, invitation_id, field=("invitation_id",), lock=True)
    if invitation.used_at is not None:
        raise InvalidTransition("This invitation was used: it stays as a record.", ("invitation_id",))
    invitation.delete()
    return invitation_id
