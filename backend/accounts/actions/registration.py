"""Making accounts and proving their e-mails."""

from datetime import datetime
from typing import Protocol

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from backend.accounts.errors import InvalidToken, WeakPassword
from backend.accounts.events import EmailVerified, RegisteredAgain, UserRegistered, VerificationRequested
from backend.accounts.models import Invitation, Manager, Profile, User
from backend.accounts.queries import VERIFICATION, open_invitation, user_of_link
from backend.accounts.rules import international_number
from backend.core.business import business
from backend.core.errors import AlreadyExists, FieldPath, InvalidInput, Problems
from backend.core.references import secret_token
from backend.core.text import clean_email, clean_text
from backend.core.throttle import Bucket, require_within
from backend.core.transactions import step, use_case
from backend.core.viewer import Role, Viewer, require_admin
from backend.events.actions import emit

REGISTER_BY_ADDRESS = Bucket("register-address", capacity=20, per_second=20 / 3600)
"""Twenty tries from one network address, then one every three minutes."""

LINK_BY_EMAIL = Bucket("link-email", capacity=3, per_second=3 / 3600)
"""Three mails with a link to one e-mail, then one every twenty minutes."""


class RowMaker(Protocol):
    """Makes the row that a role needs for a user, or leaves the one that is there."""

    def __call__(self, *, user_id: int, name: str, email: str, phone: str, now: datetime) -> None: ...


_row_makers: dict[Role, RowMaker] = {}


def makes_row(role: Role, maker: RowMaker) -> None:
    """Say who makes the row of a role: the domain that owns it, when the program starts.

    Customers and staff stand above accounts, which must not import them, yet an account and its row are one fact
    (docs/adr/0010-rows-of-roles.md).
    """
    _row_makers[role] = maker


class RowEnder(Protocol):
    """Settles what hangs on the row of a role before its user leaves the role, or refuses."""

    def __call__(self, *, user_id: int, reassign: bool, actor_id: int | None, now: datetime) -> None: ...


_row_enders: dict[Role, RowEnder] = {}


def ends_row(role: Role, ender: RowEnder) -> None:
    """Say who settles what hangs on the row of a role: the domain that owns it, when the program starts.

    docs/adr/0022-who-leaves-leaves-no-visit.md
    """
    _row_enders[role] = ender


@step
def end_row_of_role(user: User, *, reassign: bool, actor_id: int | None, now: datetime) -> None:
    """Let the user leave its role, as far as other domains are concerned."""
    ender = _row_enders.get(Role(user.role))
    if ender is not None:
        ender(user_id=user.pk, reassign=reassign, actor_id=actor_id, now=now)


@step
def make_row_of_role(user: User, *, phone: str = "", now: datetime) -> None:
    """The Customer, Staff or Manager row that the user's role needs; an admin needs none."""
    role = Role(user.role)
    if role is Role.MANAGER:
        Manager.objects.get_or_create(user=user)
    elif role is not Role.ADMIN:
        _row_makers[role](user_id=user.pk, name=user.name, email=user.email, phone=phone, now=now)


def register(
    *,
    email: str,
    password: str,
    name: str,
    phone: str = "",
    invitation_token: str | None = None,
    language: str = "",
    address: str,
    now: datetime,
) -> User:
    """Make an account: a customer's, or in the role of an invitation, whose e-mail it must be.

    It is written to in `language`, one of Rota's, until it says otherwise; empty: in the business's.

    An e-mail that has an account already gets the same answer as a new one, with an id that nobody has; its owner is
    told by mail. Raises everything wrong with the input at once, InvalidToken, and RateLimited by network address and
    by e-mail: each try sends a mail to somebody.
    """
    require_within(REGISTER_BY_ADDRESS, address)
    problems = Problems()
    with problems:
        email = clean_email(email, field=("email",))
    with problems:
        name = clean_text(name, field=("name",), max_length=200)
    with problems:
        phone = international_number(
            clean_text(phone, field=("phone",), max_length=32, required=False), field=("phone",)
        )
    user = User(email=email, name=name, role=Role.CUSTOMER, created_at=now)
    with problems:
        check_password_strength(password, user=user, field=("password",))
    problems.raise_all()
    require_within(LINK_BY_EMAIL, f"register:{email}")
    user.password = make_password(password)
    return _register(user=user, phone=phone, invitation_token=invitation_token, language=language, now=now)


@use_case
def _register(*, user: User, phone: str, invitation_token: str | None, language: str, now: datetime) -> User:
    invitation = _taken_invitation(invitation_token, user.email, now) if invitation_token else None
    if invitation is not None:
        user.role, user.email_verified_at = invitation.role, now
    tastes = {"language": language} if language else {}
    email, owner_id = user.email, User.objects.with_email(user.email).values_list("pk", flat=True).first()
    try:
        with transaction.atomic():
            # An e-mail that is taken costs the same statements, and the same numbers of every table: what is made for
            # it under another e-mail is undone at once.
            user.email = email if owner_id is None else f"{secret_token()}@invalid"
            user.save()
            Profile.objects.create(user=user, phone=phone, time_zone=str(business().zone), preferences=tastes)
            make_row_of_role(user, phone=phone, now=now)
            transaction.set_rollback(owner_id is not None)
    except IntegrityError:
        # Somebody registered it between our looking and our writing.
        owner_id = User.objects.with_email(email).values_list("pk", flat=True).get()
    user.email = email
    if owner_id is not None and invitation is not None:
        # Who holds the invitation reads the mail of this e-mail: no secret to keep.
        raise AlreadyExists("This e-mail has an account.", ("email",))
    if owner_id is not None:
        emit([RegisteredAgain(user_id=owner_id)], now=now)
        return _never_made(user, phone)
    emit([UserRegistered(user_id=user.pk, verified=invitation is not None, actor_id=user.pk)], now=now)
    return user


def _never_made(user: User, phone: str) -> User:
    """The answer to somebody who may not be told that the account is there: like the true one, and kept nowhere."""
    if user.pk is None:
        with connection.cursor() as cursor:
            # The id that the refused insert drew: a second one would leave a gap, which tells two registrations apart.
            cursor.execute("SELECT currval(pg_get_serial_sequence('accounts_user', 'id'))")
            user.pk = cursor.fetchone()[0]
    user.profile = Profile(user=user, phone=phone, time_zone=str(business().zone))
    return user


def _taken_invitation(token: str, email: str, now: datetime) -> Invitation:
    """The invitation, used up by us and nobody else; its e-mail and role rule."""
    invitation = open_invitation(token, now=now)
    if invitation is None:
        raise InvalidToken(field=("invitation_token",))
    if invitation.email != email:
        raise InvalidInput("The invitation was sent to another e-mail.", ("email",))
    if not Invitation.objects.filter(pk=invitation.pk, used_at=None).update(used_at=now):
        raise InvalidToken(field=("invitation_token",))
    return invitation


@use_case
def verify_email(*, token: str, now: datetime) -> User:
    """Prove the e-mail that the link was sent to. InvalidToken for any other link; the same link works once."""
    user = user_of_link(VERIFICATION, token)
    if user is None or not User.objects.filter(pk=user.pk, email_verified_at=None).update(email_verified_at=now):
        raise InvalidToken
    emit([EmailVerified(user_id=user.pk, actor_id=user.pk)], now=now)
    user.refresh_from_db()
    return user


def resend_verification(*, viewer: Viewer, email: str | None, address: str, now: datetime) -> None:
    """Mail the link again, to the viewer or to an e-mail. Says nothing about whether there is such an account."""
    require_within(REGISTER_BY_ADDRESS, address)
    users = User.objects.filter(pk=viewer.user_id or 0) if email is None else User.objects.with_email(email)
    users = users.filter(is_active=True, email_verified_at=None)
    user_id, to = users.values_list("pk", "email").first() or (None, email or "")
    require_within(LINK_BY_EMAIL, f"verify:{to.strip().lower()}")
    _ask_for_verification(user_id=user_id, actor_id=viewer.user_id, now=now)


@use_case
def _ask_for_verification(*, user_id: int | None, actor_id: int | None, now: datetime) -> None:
    emit([VerificationRequested(user_id=user_id, actor_id=actor_id)], now=now)


def check_password_strength(password: str, *, user: User, field: FieldPath) -> None:
    """WeakPassword with all reasons, by Django's validators (settings: AUTH_PASSWORD_VALIDATORS)."""
    if len(password) > 1000:
        raise WeakPassword("A password has at most 1000 characters.", field)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise WeakPassword(" ".join(error.messages), field) from error


@use_case
def create_account(
    *, viewer: Viewer, email: str, name: str, role: Role, password: str, phone: str = "", now: datetime
) -> User:
    """An account that can sign in at once, its e-mail taken as proven. Admins only. Raises AlreadyExists.

    The Customer or Staff row is entered with it by whoever keeps those: the office knows more of them than a name.
    """
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
        phone = international_number(phone, field=("phone",))
    with problems:
        check_password_strength(password, user=User(email=email, name=name), field=("password",))
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
