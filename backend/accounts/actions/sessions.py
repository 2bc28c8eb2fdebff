"""Signing in and out, here and everywhere."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.models import Session
from django.db.models import Q

from backend.accounts.errors import InvalidCredentials
from backend.accounts.events import AccessChanged
from backend.accounts.models import AccessToken, Manager, User
from backend.accounts.queries import session_for
from backend.core.references import secret_token, token_hash
from backend.core.throttle import Bucket, require_within
from backend.core.transactions import step, use_case
from backend.core.viewer import Viewer, require_signed_in
from backend.events.actions import emit

SIGN_IN_BY_ACCOUNT = Bucket("sign-in-account", capacity=10, per_second=10 / 900)
"""Ten tries, then one every 90 seconds, whoever tries."""

SIGN_IN_BY_ADDRESS = Bucket("sign-in-address", capacity=50, per_second=50 / 900)
"""Fifty tries from one network address, then one every 18 seconds."""

_USED_RESOLUTION = timedelta(minutes=5)

KEEP_ENDED_TOKENS = timedelta(days=30)
"""How long an expired or revoked token is kept, for questions about past sign-ins."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh token: the only time that its plain text exists."""

    token: str
    expires_at: datetime
    user: User


def limit_sign_in(*, email: str, address: str) -> None:
    """RateLimited for too many tries with one account, or from one network address."""
    require_within(SIGN_IN_BY_ADDRESS, address)
    require_within(SIGN_IN_BY_ACCOUNT, email.strip().lower())


def sign_in(*, email: str, password: str, address: str, user_agent: str, now: datetime) -> SignedIn:
    """Exchange e-mail and password for an access token.

    Raises InvalidCredentials, in the same time whether or not the account exists, and RateLimited by account and by
    network address.
    """
    limit_sign_in(email=email, address=address)
    email = email.strip().lower()
    user = User.objects.with_email(email).select_related("profile").first()
    if user is None:
        make_password(password)  # costs what checking one does
        raise InvalidCredentials
    if not check_password(password, user.password) or not user.is_active:
        raise InvalidCredentials
    return _issue_token(user=user, user_agent=user_agent, now=now)


@use_case
def _issue_token(*, user: User, user_agent: str, now: datetime) -> SignedIn:
    token = secret_token()
    expires_at = now + settings.ROTA_ACCESS_TOKEN_LIFETIME
    AccessToken.objects.create(
        user=user,
        token_hash=token_hash(token),
        user_agent=user_agent[:300],
        created_at=now,
        expires_at=expires_at,
        last_used_at=now,
    )
    User.objects.filter(pk=user.pk).update(last_login=now)
    return SignedIn(token, expires_at, user)


@use_case
def sign_out(*, viewer: Viewer, now: datetime) -> None:
    """Revoke the token that this request came with. Raises NotSignedIn."""
    user_id = require_signed_in(viewer)
    AccessToken.objects.filter(user_id=user_id, pk=viewer.token_id or 0, revoked_at=None).update(revoked_at=now)


def note_use(*, viewer: Viewer, now: datetime) -> None:
    """Remember that the viewer's token was used: one statement in five minutes, none in between."""
    if viewer.token_used_at is not None and now - viewer.token_used_at > _USED_RESOLUTION:
        _write_use(token_id=viewer.token_id or 0, now=now)


@use_case
def _write_use(*, token_id: int, now: datetime) -> None:
    AccessToken.objects.filter(pk=token_id, last_used_at__lt=now - _USED_RESOLUTION).update(last_used_at=now)


@step
def forget_ended_tokens(*, limit: int, now: datetime) -> int:
    """Delete up to `limit` access tokens that expired or were revoked KEEP_ENDED_TOKENS ago; how many there were."""
    ended = now - KEEP_ENDED_TOKENS
    old = AccessToken.objects.filter(Q(expires_at__lt=ended) | Q(revoked_at__lt=ended)).values("pk")[:limit]
    return AccessToken.objects.filter(pk__in=old).delete()[0]


@step
def forget_ended_sessions(*, limit: int, now: datetime) -> int:
    """Delete up to `limit` browser sessions of the back office that have ended; how many there were."""
    old = Session.objects.filter(expire_date__lt=now).values("pk")[:limit]
    return Session.objects.filter(pk__in=old).delete()[0]


@step
def let_manage_staff(*, user_id: int, staff_id: int) -> None:
    """Add a member of staff to those that the manager with this account manages."""
    Manager.objects.get(user_id=user_id).managed_staff.add(staff_id)


@step
def let_manage_customer(*, user_id: int, customer_id: int) -> None:
    """Add a customer to those that the manager with this account manages."""
    Manager.objects.get(user_id=user_id).managed_customers.add(customer_id)


@use_case
def sign_out_everywhere(*, viewer: Viewer, keep_this: bool, now: datetime) -> int:
    """Revoke the viewer's tokens, with or without the one that this request came with; how many. Raises NotSignedIn."""
    user_id = require_signed_in(viewer)
    return revoke_tokens(user_id=user_id, but=viewer.token_id if keep_this else None, actor_id=viewer.user_id, now=now)


@use_case
def revoke_session(*, viewer: Viewer, token_id: int, now: datetime) -> AccessToken:
    """Revoke one of the viewer's own sign-ins; an admin, anybody's. NotFound for any other. Twice is no error."""
    require_signed_in(viewer)
    token = session_for(viewer, token_id, field=("session_id",))
    AccessToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now)
    emit([AccessChanged(user_id=token.user_id, actor_id=viewer.user_id)], now=now)
    return token


@step
def revoke_tokens(*, user_id: int, but: int | None = None, actor_id: int | None, now: datetime) -> int:
    """Revoke a user's live tokens, all but one, and tell that its access is another; how many."""
    tokens = AccessToken.objects.filter(user_id=user_id, revoked_at=None).exclude(pk=but or 0)
    emit([AccessChanged(user_id=user_id, actor_id=actor_id)], now=now)
    return tokens.update(revoked_at=now)
