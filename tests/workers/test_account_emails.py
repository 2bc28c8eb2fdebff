"""The links of accounts, from the mutation over HTTP to somebody's mailbox, and back over HTTP."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog
import time_machine
from django.core import mail
from django.core.mail import EmailMultiAlternatives

from backend.accounts.models import Invitation, User
from backend.core.viewer import Role
from backend.events.models import Delivery, Event
from backend.notifications.models import EmailLog
from tests import factories
from tests.client import Api, gid
from tests.factories.business import PASSWORD
from tests.relaying import relay_and_work

pytestmark = pytest.mark.django_db

ANOTHER = "strawberry-fields-forever"


def register(api: Api, email: str = "ada@example.com", **given: Any) -> dict[str, Any]:
    values = {"email": email, "password": PASSWORD, "name": "Ada King"} | given
    return api.mutate("register", values, "user { id email role emailVerified }")


def owner(now: datetime) -> User:
    """Ada, whose e-mail is proven."""
    return factories.user(email="ada@example.com", name="Ada King", email_verified_at=now)


def sign_in(email: str, password: str) -> str | None:
    token: str | None = Api().mutate("signIn", {"email": email, "password": password}, "token")["token"]
    return token


def who(token: str | None) -> str | None:
    """Whom a token still stands for, by e-mail."""
    viewer = Api(token)("{ viewer { user { email } } }").data["viewer"]
    return viewer and str(viewer["user"]["email"])


def links(message: Any) -> tuple[str, dict[str, list[str]]]:
    """The page that the one link of a mail leads to, and its query; text and HTML lead to the same."""
    (link,) = re.findall(r"https?://\S+", message.body)
    assert f'href="{link}"' in str(cast(EmailMultiAlternatives, message).alternatives[0][0])
    parts = urlsplit(link)
    assert f"{parts.scheme}://{parts.netloc}" == "http://localhost:8000"
    return parts.path, parse_qs(parts.query)


def the_mail(now: datetime, *, times: int = 1) -> Any:
    """The one mail that is sent by now and was not before."""
    before = len(mail.outbox)
    relay_and_work(now, times=times)
    (message,) = mail.outbox[before:]
    return message


def test_registering_mails_a_link_that_proves_the_email_once(at_now: datetime, api: Api) -> None:
    assert register(api)["userErrors"] == []
    message = the_mail(at_now)
    assert (message.to, message.subject) == (["ada@example.com"], "Confirm your e-mail for Rota")
    path, query = links(message)
    assert (path, set(query)) == ("/verify-email", {"token"})
    answer = api.mutate("verifyEmail", {"token": query["token"][0]}, "user { email emailVerified }")
    assert (answer["user"], answer["userErrors"]) == ({"email": "ada@example.com", "emailVerified": True}, [])
    assert User.objects.get().email_verified_at == at_now
    again = api.mutate("verifyEmail", {"token": query["token"][0]}, "user { email }")
    assert (again["user"], again["userErrors"]) == (None, [("INVALID_TOKEN", "token")])


def test_nothing_that_a_stranger_typed_is_mailed_to_an_unproven_email(at_now: datetime, api: Api) -> None:
    register(api, name="Win at casino.example now")
    message = the_mail(at_now)
    assert message.body.startswith("Hello,\n")
    assert "casino" not in message.message().as_string()


def test_the_link_is_mailed_again_and_not_once_it_was_used(at_now: datetime, api: Api) -> None:
    register(api)
    the_mail(at_now)
    assert api.mutate("resendVerification", {"email": "ada@example.com"}, "accepted")["accepted"] is True
    _, query = links(the_mail(at_now))
    api.mutate("resendVerification", {"email": "ada@example.com"}, "accepted")
    assert api.mutate("verifyEmail", {"token": query["token"][0]}, "user { id }")["userErrors"] == []
    relay_and_work(at_now)
    assert len(mail.outbox) == 2, "the third was asked for before the e-mail was proven, and written after"


def test_a_link_is_good_for_a_day(at_now: datetime, api: Api) -> None:
    register(api)
    message = the_mail(at_now)
    assert "for 24 hours" in message.body
    _, query = links(message)
    with time_machine.travel(at_now + timedelta(hours=24, seconds=1), tick=False):
        late = api.mutate("verifyEmail", {"token": query["token"][0]}, "user { id }")
    assert late["userErrors"] == [("INVALID_TOKEN", "token")]
    with time_machine.travel(at_now + timedelta(hours=24), tick=False):
        in_time = api.mutate("verifyEmail", {"token": query["token"][0]}, "user { id }")
    assert in_time["userErrors"] == []


def test_a_forgotten_password_is_reset_and_every_session_ends(at_now: datetime, api: Api) -> None:
    owner(at_now)
    signed_in = sign_in("ada@example.com", PASSWORD)
    assert who(signed_in) == "ada@example.com"
    assert api.mutate("requestPasswordReset", {"email": "Ada@Example.com"}, "accepted")["accepted"] is True
    message = the_mail(at_now)
    assert (message.to, message.subject) == (["Ada King <ada@example.com>"], "Set a new password for Rota")
    path, query = links(message)
    assert (path, set(query)) == ("/reset-password", {"token"})
    given = {"token": query["token"][0], "password": ANOTHER}
    assert api.mutate("resetPassword", given, "user { id }")["userErrors"] == []
    assert who(signed_in) is None
    assert sign_in("ada@example.com", PASSWORD) is None
    assert sign_in("ada@example.com", ANOTHER) is not None
    assert api.mutate("resetPassword", given, "user { id }")["userErrors"] == [("INVALID_TOKEN", "token")]
    told = the_mail(at_now)
    assert told.subject == "Your password for Rota was changed"
    assert links(told) == ("", {})


def test_changing_a_password_is_told_to_its_owner_in_the_zone_of_the_business(at_now: datetime) -> None:
    user = owner(at_now)
    given = {"currentPassword": PASSWORD, "newPassword": ANOTHER}
    summer = datetime(2027, 7, 5, 8, 30, tzinfo=UTC)
    with time_machine.travel(summer, tick=False):
        api = Api(factories.token_for(user))
        assert api.mutate("changePassword", given, "user { id }")["userErrors"] == []
        message = the_mail(summer)
    assert message.to == ["Ada King <ada@example.com>"]
    assert "was changed on Monday 5 July 2027 at 09:30." in message.body


def test_an_invitation_is_mailed_and_registers_in_its_role(at_now: datetime, api: Api) -> None:
    admin = Api(factories.token_for(factories.user(Role.ADMIN)))
    sent = admin.mutate("sendInvitation", {"email": "new@example.com", "role": "STAFF"}, "invitation { id }")
    assert sent["userErrors"] == []
    message = the_mail(at_now)
    assert (message.to, message.subject) == (["new@example.com"], "You are invited to Rota")
    path, query = links(message)
    assert (path, set(query)) == ("/register", {"invitation"})
    user = register(api, "new@example.com", invitationToken=query["invitation"][0])
    assert user["userErrors"] == []
    assert (user["user"]["role"], user["user"]["emailVerified"]) == ("STAFF", True)
    welcome = the_mail(at_now)
    assert (welcome.to, welcome.subject) == (["Ada King <new@example.com>"], "Welcome to Rota")
    assert links(welcome) == ("", {})


def test_an_invitation_sent_again_mails_the_link_that_works(at_now: datetime, api: Api) -> None:
    admin = Api(factories.token_for(factories.user(Role.ADMIN)))
    admin.mutate("sendInvitation", {"email": "new@example.com", "role": "ADMIN"}, "invitation { id }")
    first = links(the_mail(at_now))[1]["invitation"][0]
    again = {"invitationId": gid(Invitation.objects.get())}
    admin.mutate("resendInvitation", again, "invitation { id }", input_type="InvitationInput!")
    second = links(the_mail(at_now))[1]["invitation"][0]
    refused = register(api, "new@example.com", invitationToken=first)
    assert refused["userErrors"] == [("INVALID_TOKEN", "invitationToken")]
    assert register(api, "new@example.com", invitationToken=second)["userErrors"] == []


@pytest.mark.parametrize("fate", ["deleted", "used", "expired"])
def test_an_invitation_that_is_of_no_use_any_more_is_not_mailed(at_now: datetime, fate: str) -> None:
    admin = Api(factories.token_for(factories.user(Role.ADMIN)))
    admin.mutate("sendInvitation", {"email": "new@example.com", "role": "STAFF"}, "invitation { id }")
    if fate == "deleted":
        Invitation.objects.all().delete()
    else:
        past = at_now - timedelta(seconds=1)
        Invitation.objects.update(**{"used_at" if fate == "used" else "expires_at": past})
    relay_and_work(at_now)
    assert mail.outbox == []
    assert not EmailLog.objects.exists()


@pytest.mark.parametrize("fate", ["gone", "inactive"])
def test_an_account_that_is_gone_is_not_written_to(at_now: datetime, api: Api, fate: str) -> None:
    user = factories.user(email="ada@example.com")
    api.mutate("requestPasswordReset", {"email": "ada@example.com"}, "accepted")
    if fate == "gone":
        user.delete()
    else:
        User.objects.update(is_active=False)
    relay_and_work(at_now)
    assert mail.outbox == []


@pytest.mark.parametrize("name", ["requestPasswordReset", "resendVerification"])
def test_asking_for_the_link_of_no_account_is_written_down_alike_and_mails_nothing(
    at_now: datetime, api: Api, name: str
) -> None:
    assert api.mutate(name, {"email": "nobody@example.com"}, "accepted")["accepted"] is True
    assert Event.objects.get().data == {"user_id": None}
    relay_and_work(at_now)
    assert mail.outbox == []
    assert Delivery.objects.get().status == "DONE"


def test_messages_delivered_three_times_make_one_mail_each(at_now: datetime, api: Api) -> None:
    register(api)
    the_mail(at_now, times=3)
    api.mutate("requestPasswordReset", {"email": "ada@example.com"}, "accepted")
    the_mail(at_now, times=3)
    admin = Api(factories.token_for(factories.user(Role.ADMIN)))
    admin.mutate("sendInvitation", {"email": "new@example.com", "role": "STAFF"}, "invitation { id }")
    the_mail(at_now, times=3)
    assert EmailLog.objects.count() == 3


def test_the_owner_of_an_email_hears_that_somebody_registered_with_it(at_now: datetime, api: Api) -> None:
    owner(at_now)
    register(api, name="Mallory")
    message = the_mail(at_now)
    assert (message.to, message.subject) == (["Ada King <ada@example.com>"], "You have an account at Rota already")
    assert "Forgot password" in message.body
    assert links(message) == ("", {})
    assert "Mallory" not in message.message().as_string()


def test_a_link_is_kept_nowhere_and_logged_nowhere(at_now: datetime, api: Api) -> None:
    with structlog.testing.capture_logs() as logs:
        register(api)
        _, query = links(the_mail(at_now))
        token = query["token"][0]
        api.mutate("verifyEmail", {"token": token}, "user { id }")
        api.mutate("verifyEmail", {"token": token}, "user { id }")
    assert [entry["event"] for entry in logs].count("email.sent") == 1
    assert token not in str(logs)
    assert token not in str(list(Event.objects.values()))
    assert EmailLog.objects.values_list("status", "text", "html").get() == ("SENT", "", "")


def test_a_link_that_could_not_be_sent_is_still_there_to_be_tried_again(
    at_now: datetime, api: Api, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "tests.workers.test_account_emails.Refusing"
    register(api)
    with structlog.testing.capture_logs() as logs:
        relay_and_work(at_now)
    email = EmailLog.objects.get()
    (token,) = re.findall(r"token=(\S+)", email.text)
    assert (email.status, [entry["event"] for entry in logs]) == ("QUEUED", ["email.put_off"])
    assert token not in str(logs) + email.last_error


class Refusing:
    """A mail server that is away."""

    def __init__(self, **_: Any) -> None:
        pass

    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError(111, "Connection refused")
