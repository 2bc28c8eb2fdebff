"""Making accounts in the office and at the console."""

from datetime import datetime
from io import StringIO

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command

from backend.accounts import actions, queries
from backend.accounts.errors import WeakPassword
from backend.accounts.models import User
from backend.core.errors import AlreadyExists, NotAllowed, NotSignedIn, Refusals, Required
from backend.core.viewer import NOBODY, Role, Viewer
from tests import factories

pytestmark = pytest.mark.django_db
GOOD = "a-long-enough-secret"


@pytest.fixture
def admin() -> Viewer:
    return queries.viewer_for_user(factories.user(Role.ADMIN).pk)


def create(viewer: Viewer, now: datetime, **given: str) -> User:
    values = {"email": "New@Example.com", "name": "Nora New", "password": GOOD} | given
    return actions.create_account(viewer=viewer, role=Role.MANAGER, now=now, **values)


def test_an_account_can_sign_in_at_once(admin: Viewer, now: datetime) -> None:
    user = create(admin, now, phone="020 7946 0000")
    assert (user.email, user.role, user.email_verified_at) == ("new@example.com", "MANAGER", now)
    assert check_password(GOOD, user.password)
    assert user.profile.phone == "+442079460000"
    assert user.manager.permissions == frozenset()


@pytest.mark.parametrize(("role", "error"), [(None, NotSignedIn), (Role.MANAGER, NotAllowed), (Role.STAFF, NotAllowed)])
def test_only_admins_make_accounts(role: Role | None, error: type[Exception], now: datetime) -> None:
    viewer = queries.viewer_for_user(factories.user(role).pk) if role else NOBODY
    with pytest.raises(error):
        create(viewer, now)
    assert not User.objects.filter(email="new@example.com").exists()


def test_an_email_is_taken_whatever_its_case(admin: Viewer, now: datetime) -> None:
    factories.user(email="new@example.com")
    with pytest.raises(AlreadyExists) as refused:
        create(admin, now)
    assert refused.value.field == ("email",)


@pytest.mark.parametrize("password", ["short", "password1234", "nora.new@example.com"])
def test_a_poor_password_is_refused(admin: Viewer, now: datetime, password: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        create(admin, now, password=password, email="nora.new@example.com")
    assert refused.value.field == ("password",)


def test_everything_that_is_wrong_is_said_at_once(admin: Viewer, now: datetime) -> None:
    with pytest.raises(Refusals) as refused:
        create(admin, now, name=" ", password="short")
    assert [(type(each), each.field) for each in refused.value.refusals] == [
        (Required, ("name",)),
        (WeakPassword, ("password",)),
    ]


def test_the_first_admin_is_made_at_the_console(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.accounts.management.commands.create_admin.getpass", lambda prompt: GOOD)
    call_command("create_admin", "boss@example.com")
    assert User.objects.get(email="boss@example.com").role == "ADMIN"
    with pytest.raises(CommandError, match="already"):
        call_command("create_admin", "boss@example.com")


def test_a_script_pipes_the_first_admin_s_password_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(f"{GOOD}\nmore"))
    call_command("create_admin", "boss@example.com", password_stdin=True)
    assert User.objects.get(email="boss@example.com").check_password(GOOD)


def test_where_nobody_can_be_asked_the_console_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("backend.accounts.management.commands.create_admin.getpass", nobody)
    with pytest.raises(CommandError, match="--password-stdin"):
        call_command("create_admin", "boss@example.com")
    assert not User.objects.exists()


def test_the_console_wants_the_same_password_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["one-long-password", "another-password"])
    monkeypatch.setattr("backend.accounts.management.commands.create_admin.getpass", lambda prompt: next(answers))
    with pytest.raises(CommandError, match="differ"):
        call_command("create_admin", "boss@example.com")
    assert not User.objects.exists()
