"""Forgetting passwords and changing them."""

from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password

from backend.accounts.actions.registration import LINK_BY_EMAIL, REGISTER_BY_ADDRESS, check_password_strength
from backend.accounts.actions.sessions import revoke_tokens
from backend.accounts.errors import InvalidCredentials, InvalidToken
from backend.accounts.events import PasswordChanged, PasswordResetRequested
from backend.accounts.models import User
from backend.accounts.queries import PASSWORD_RESET, user_of_link
from backend.core.throttle import Bucket, require_within
from backend.core.transactions import use_case
from backend.core.viewer import Viewer, require_signed_in
from backend.events.actions import emit

CHANGE_BY_ACCOUNT = Bucket("change-password", capacity=10, per_second=10 / 900)


def request_password_reset(*, email: str, address: str, now: datetime) -> None:
    """Mail a link to the owner of the account, if there is one. The same answer and time if there is none.

    Raises RateLimited by network address and by e-mail, whether or not it has an account.
    """
    email = email.strip().lower()
    require_within(REGISTER_BY_ADDRESS, address)
    require_within(LINK_BY_EMAIL, f"reset:{email}")
    user_id = User.objects.with_email(email).filter(is_active=True).values_list("pk", flat=True).first()
    _ask_for_reset(user_id=user_id, now=now)


@use_case
def _ask_for_reset(*, user_id: int | None, now: datetime) -> None:
    emit([PasswordResetRequested(user_id=user_id)], now=now)


def reset_password(*, token: str, password: str, now: datetime) -> User:
    """Set a new password by a link from a mail; every sign-in of the account ends, and its e-mail is proven.

    Raises InvalidToken, also for a link that was used, and WeakPassword.
    """
    user = user_of_link(PASSWORD_RESET, token)
    if user is None:
        raise InvalidToken
    check_password_strength(password, user=user, field=("password",))
    return _set_password(
        actor_id=user.pk, user_id=user.pk, before=user.password, after=make_password(password), keep=None, now=now
    )


def change_password(*, viewer: Viewer, current: str, new: str, now: datetime) -> User:
    """Change one's own password; every other sign-in ends, this one stays.

    Raises NotSignedIn, InvalidCredentials for a wrong current password, WeakPassword, and RateLimited.
    """
    user_id = require_signed_in(viewer)
    require_within(CHANGE_BY_ACCOUNT, str(user_id))
    user = User.objects.get(pk=user_id)
    if not check_password(current, user.password):
        raise InvalidCredentials("This is not your password.", ("current_password",))
    check_password_strength(new, user=user, field=("new_password",))
    after = make_password(new)
    return _set_password(
        actor_id=user_id, user_id=user_id, before=user.password, after=after, keep=viewer.token_id, now=now
    )


@use_case
def _set_password(*, actor_id: int, user_id: int, before: str, after: str, keep: int | None, now: datetime) -> User:
    """Replace the hash that the decision was made on: of two at once, one wins."""
    if not User.objects.filter(pk=user_id, password=before, is_active=True).update(password=after):
        raise InvalidToken
    if keep is None:
        User.objects.filter(pk=user_id, email_verified_at=None).update(email_verified_at=now)
    revoke_tokens(user_id=user_id, but=keep, actor_id=actor_id, now=now)
    emit([PasswordChanged(user_id=user_id, actor_id=actor_id)], now=now)
    return User.objects.get(pk=user_id)
