"""Making accounts, proving e-mails, letting people in."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from backend.accounts import actions
from backend.accounts.errors import InvalidToken, WeakPassword
from backend.accounts.models import Invitation, Manager, User
from backend.accounts.queries import PASSWORD_RESET, VERIFICATION, link_token
from backend.core.errors import AlreadyExists, InvalidInput, InvalidTransition, NotAllowed, NotSignedIn, Refusals
from backend.core.viewer import NOBODY, Role, Viewer
from backend.events.models import Event
from tests import factories

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-and-winding-road"
ADMIN = Viewer(user_id=1, role=Role.ADMIN)


def register(now: datetime, **given: Any) -> User:
    values = {"email": "Ada@Example.com", "password": PASSWORD, "name": "Ada King", "phone": "020 7946 0958"} | given
    return actions.register(address="10.0.0.1", now=now, **values)


def invite(now: datetime, email: str = "new@example.com", role: Role = Role.STAFF) -> Invitation:
    admin = factories.user(Role.ADMIN)
    return actions.send_invitation(viewer=Viewer(user_id=admin.pk, role=Role.ADMIN), email=email, role=role, now=now)


def kinds() -> list[str]:
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


def test_a_customer_registers_freely_and_gets_its_rows(now: datetime) -> None:
    user = register(now)
    user = User.objects.select_related("profile").get(pk=user.pk)
    assert (user.email, user.role, user.email_verified_at) == ("ada@example.com", "CUSTOMER", None)
    assert (user.profile.phone, user.profile.time_zone) == ("+442079460958", "Europe/London")
    customer = user.customer
    assert (customer.name, customer.email, customer.phone) == ("Ada King", "ada@example.com", "+442079460958")
    assert kinds() == ["user.registered"]


def test_everything_wrong_is_told_at_once_and_nothing_is_kept(now: datetime) -> None:
    with pytest.raises(Refusals) as caught:
        register(now, email="ada", password="short", name=" ", phone="12")
    assert {refusal.field for refusal in caught.value.refusals} == {("email",), ("password",), ("name",), ("phone",)}
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["short", "password123", "ada@example.com", "1234567890"])
def test_a_weak_password_is_refused(now: datetime, password: str) -> None:
    with pytest.raises(WeakPassword):
        register(now, password=password)


def test_an_email_that_is_taken_gets_the_same_answer_and_its_owner_is_told(now: datetime) -> None:
    owner = factories.user(email="ada@example.com", name="The First")
    answer = register(now)
    assert (answer.email, answer.role, answer.email_verified_at) == ("ada@example.com", "CUSTOMER", None)
    assert answer.pk > owner.pk
    assert User.objects.get() == owner
    assert kinds() == ["user.registered_again"]
    assert Event.objects.get().data == {"user_id": owner.pk}


@pytest.mark.parametrize("role", [Role.STAFF, Role.MANAGER, Role.ADMIN])
def test_an_invitation_rules_the_role_and_proves_the_email(now: datetime, role: Role) -> None:
    invitation = invite(now, role=role)
    user = register(now, email="New@example.com", invitation_token=invitation.token)
    user.refresh_from_db()
    assert (user.role, user.email_verified_at) == (role, now)
    assert Manager.objects.filter(user=user).exists() == (role is Role.MANAGER)
    assert hasattr(user, "staff") == (role is Role.STAFF)
    assert not hasattr(user, "customer")
    invitation.refresh_from_db()
    assert invitation.used_at == now


def test_an_invitation_works_once_for_its_email_and_for_seven_days(now: datetime) -> None:
    invitation = invite(now)
    with pytest.raises(InvalidInput) as caught:
        register(now, email="other@example.com", invitation_token=invitation.token)
    assert caught.value.field == ("email",)
    late = now + timedelta(days=7, seconds=1)
    with pytest.raises(InvalidToken):
        register(late, email="new@example.com", invitation_token=invitation.token)
    register(now + timedelta(days=7), email="new@example.com", invitation_token=invitation.token)
    with pytest.raises(InvalidToken):
        register(now, email="new@example.com", invitation_token=invitation.token)


def test_an_email_is_invited_once_and_a_customer_never(now: datetime) -> None:
    invite(now)
    with pytest.raises(AlreadyExists):
        invite(now, email="NEW@example.com")
    with pytest.raises(InvalidInput):
        invite(now, email="x@example.com", role=Role.CUSTOMER)
    factories.user(email="here@example.com")
    with pytest.raises(AlreadyExists):
        invite(now, email="here@example.com")


def test_resending_an_invitation_kills_the_old_link(now: datetime) -> None:
    invitation = invite(now)
    old = invitation.token
    admin = factories.user(Role.ADMIN)
    viewer = Viewer(user_id=admin.pk, role=Role.ADMIN)
    later = now + timedelta(days=10)
    fresh = actions.resend_invitation(viewer=viewer, invitation_id=invitation.pk, now=later)
    assert fresh.expires_at == later + timedelta(days=7)
    with pytest.raises(InvalidToken):
        register(later, email="new@example.com", invitation_token=old)
    register(later, email="new@example.com", invitation_token=fresh.token)
    with pytest.raises(InvalidTransition):
        actions.resend_invitation(viewer=viewer, invitation_id=invitation.pk, now=later)
    with pytest.raises(InvalidTransition):
        actions.delete_invitation(viewer=viewer, invitation_id=invitation.pk)


@pytest.mark.parametrize(
    ("viewer", "error"), [(NOBODY, NotSignedIn), (Viewer(user_id=1, role=Role.MANAGER), NotAllowed)]
)
def test_only_admins_invite(now: datetime, viewer: Viewer, error: type[Exception]) -> None:
    with pytest.raises(error):
        actions.send_invitation(viewer=viewer, email="x@example.com", role=Role.STAFF, now=now)
    assert not Invitation.objects.exists()


def test_a_verification_link_works_once_and_for_nothing_else(now: datetime) -> None:
    user = factories.user(email_verified_at=None)
    token = link_token(VERIFICATION, user)
    with pytest.raises(InvalidToken):
        actions.reset_password(token=token, password=PASSWORD, now=now)
    assert actions.verify_email(token=token, now=now).email_verified_at == now
    for bad in (token, "garbage", "1.x-y", ""):
        with pytest.raises(InvalidToken):
            actions.verify_email(token=bad, now=now)


def test_a_reset_link_works_once_and_ends_every_sign_in(now: datetime) -> None:
    user = factories.user()
    factories.token_for(user)
    token = link_token(PASSWORD_RESET, user)
    with pytest.raises(WeakPassword):
        actions.reset_password(token=token, password="short", now=now)
    actions.reset_password(token=token, password=PASSWORD, now=now)
    assert not user.access_tokens.filter(revoked_at=None).exists()
    signed_in = actions.sign_in(email=user.email, password=PASSWORD, address="10.0.0.1", user_agent="", now=now)
    assert signed_in.user == user
    with pytest.raises(InvalidToken):
        actions.reset_password(token=token, password=PASSWORD + "!", now=now)


def test_asking_for_a_reset_writes_as_much_for_nobody_as_for_somebody(now: datetime) -> None:
    user = factories.user()
    for email in (user.email.upper(), "nobody@example.com"):
        actions.request_password_reset(email=email, address="10.0.0.1", now=now)
    assert [event.data["user_id"] for event in Event.objects.order_by("id")] == [user.pk, None]
