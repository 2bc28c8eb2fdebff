"""Signing in and out, and making accounts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from backend.accounts.errors import InvalidCredentials
from backend.accounts.models import AccessToken, Manager, Profile, User
from backend.core.errors import AlreadyExists, InvalidInput, NotFound, Problems
from backend.core.references import secret_token, token_hash
from backend.core.text import clean_email, clean_text
from backend.core.throttle import Bucket, require_within
from backend.core.transactions import step, use_case
from backend.core.viewer import Permission, Role, Viewer, require_admin, require_signed_in

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


def sign_in(*, email: str, password: str, address: str, user_agent: str, now: datetime) -> SignedIn:
    """Exchange e-mail and password for an access token.

    Raises InvalidCredentials, in the same time whether or not the account exists, and RateLimited by account and by
    network address.
    """
    email = email.strip().lower()
    require_within(SIGN_IN_BY_ADDRESS, address)
    require_within(SIGN_IN_BY_ACCOUNT, email)
    user = User.objects.select_related("profile").filter(email=email).first()
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
def let_manage_staff(*, user_id: int, staff_id: int) -> None:
    """Add a member of staff to those that the manager with this account manages."""
    Manager.objects.get(user_id=user_id).managed_staff.add(staff_id)


@use_case
def create_account(
    *, viewer: Viewer, email: str, name: str, role: Role, password: str, phone: str = "", now: datetime
) -> User:
    """An account that can sign in at once, its e-mail taken as proven. Admins only. Raises AlreadyExists."""
    require_admin(viewer)
    return _create_account(email=email, name=name, role=role, password=password, phone=phone, now=now)


@use_case
def create_admin(*, email: str, name: str, password: str, now: datetime) -> User:
    """An admin, made by whoever runs this installation; nothing in the API leads here. Raises AlreadyExists."""
    return _create_account(email=email, name=name, role=Role.ADMIN, password=password, phone="", now=now)


def _create_account(*, email: str, name: str, role: Role, password: str, phone: str, now: datetime) -> User:
    problems = Problems()
    with problems:
        email = clean_email(email, field=("email",))
    with problems:
        name = clean_text(name, field=("name",), max_length=200)
    with problems:
        phone = clean_text(phone, field=("phone",), max_length=32, required=False)
    with problems:
        _require_good_password(password, email=email, name=name)
    problems.raise_all()
    user = User(email=email, name=name, role=role, email_verified_at=now, created_at=now)
    user.password = make_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise AlreadyExists("There is an account with this e-mail already.", ("email",)) from error
    Profile.objects.create(user=user, phone=phone)
    if role is Role.MANAGER:
        Manager.objects.create(user=user)
    return user


def _require_good_password(password: str, *, email: str, name: str) -> None:
    """InvalidInput with all that is wrong with it."""
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), ("password",)) from error


@use_case
def set_manager_scope(
    *,
    viewer: Viewer,
    user_id: int,
    permissions: Collection[Permission],
    manages_all: bool = False,
    staff_ids: Collection[int] = (),
    customer_ids: Collection[int] = (),
) -> Manager:
    """Say what a manager manages and may do there; what was said before is replaced. Admins only."""
    require_admin(viewer)
    manager = Manager.objects.select_for_update(no_key=True).filter(user_id=user_id).first()
    if manager is None:
        raise NotFound("There is no such manager.", ("user_id",))
    manager.can_manage_all = manages_all
    for permission in Permission:
        setattr(manager, f"can_{permission.value.lower()}", permission in permissions)
    manager.save()
    manager.managed_staff.set(staff_ids)
    manager.managed_customers.set(customer_ids)
    return manager


@use_case
def revoke_token(*, viewer: Viewer, token_id: int, now: datetime) -> None:
    """End any sign-in, as an admin. Doing it twice is no error."""
    require_admin(viewer)
    AccessToken.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=now)
