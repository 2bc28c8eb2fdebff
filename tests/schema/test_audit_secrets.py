"""After a day on which every kind of secret was made, none of them stands anywhere in the trail."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from django.db import connection

from backend.accounts.models import AccessToken, Invitation, User
from backend.accounts.queries import PASSWORD_RESET, VERIFICATION, link_token
from backend.audit.models import Change
from backend.core.viewer import Role
from backend.orders.models import Order
from tests import factories
from tests.client import Api
from tests.schema.orders.checkout import RETURNING, open_shop

pytestmark = pytest.mark.django_db

FIRST, SECOND, THIRD = "first-horse-battery", "second-horse-battery", "third-horse-battery"
EMAIL = "ada.king@example.com"


@dataclass
class Day:
    """What was made: the secrets by what they are for."""

    secrets: dict[str, str] = field(default_factory=dict)

    def keep(self, name: str, secret: str) -> str:
        assert len(secret) > 10, f"{name} is too short to be looked for"
        self.secrets[name] = secret
        return secret

    def keep_hash(self, when: str) -> None:
        self.keep(f"hash of the password {when}", User.objects.get(email=EMAIL).password)


def done(api: Api, name: str, given: dict[str, Any], returning: str) -> dict[str, Any]:
    payload = api.mutate(name, given, returning)
    assert payload["userErrors"] == [], name
    return payload


def live_through(day: Day) -> None:
    """Register, prove the e-mail, sign in, order, forget the password, set and change it; invite somebody."""
    shop, anybody = open_shop(), Api()
    for name, password in (("first", FIRST), ("second", SECOND), ("third", THIRD)):
        day.keep(f"{name} password", password)
    done(anybody, "register", {"email": EMAIL, "password": FIRST, "name": "Ada King"}, "user { email }")
    day.keep_hash("of registration")
    user = User.objects.get(email=EMAIL)
    done(
        anybody, "verifyEmail", {"token": day.keep("verification link", link_token(VERIFICATION, user))}, "user { id }"
    )
    token = done(anybody, "signIn", {"email": EMAIL, "password": FIRST}, "token")["token"]
    ada = Api(day.keep("access token", token))
    order = {key: value for key, value in shop.order().items() if key != "guest"}
    day.keep("tracking token", done(ada, "placeOrder", order, RETURNING)["order"]["trackingToken"])
    guest = done(anybody, "placeOrder", shop.order(scheduledTime="14:00"), RETURNING)
    day.keep("guest's tracking token", guest["order"]["trackingToken"])
    done(anybody, "requestPasswordReset", {"email": EMAIL}, "accepted")
    link = day.keep("reset link", link_token(PASSWORD_RESET, User.objects.get(email=EMAIL)))
    done(anybody, "resetPassword", {"token": link, "password": SECOND}, "user { id }")
    day.keep_hash("after the reset")
    again = done(anybody, "signIn", {"email": EMAIL, "password": SECOND}, "token")["token"]
    ada = Api(day.keep("second access token", again))
    done(ada, "changePassword", {"currentPassword": SECOND, "newPassword": THIRD}, "user { id }")
    day.keep_hash("after the change")
    boss = Api(factories.token_for(factories.user(Role.ADMIN)))
    assert boss.token is not None
    day.keep("admin's access token", boss.token)
    done(boss, "sendInvitation", {"email": "new@example.com", "role": "STAFF"}, "invitation { id }")
    invitation = day.keep("invitation", Invitation.objects.get().token)
    joining = {"email": "new@example.com", "password": FIRST, "name": "New", "invitationToken": invitation}
    done(anybody, "register", joining, "user { id }")
    for each in AccessToken.objects.all():
        day.keep(f"hash of access token {each.pk}", each.token_hash)


def everything_audited() -> str:
    """Each table of the trail, and of pghistory, as text."""
    with connection.cursor() as cursor:
        tables = [
            name for name in connection.introspection.table_names(cursor) if name.startswith(("audit_", "pghistory_"))
        ]
        assert "audit_change" in tables
        texts = []
        for table in tables:
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')  # noqa: S608
            texts += [row[0] for row in cursor.fetchall()]
    return "\n".join(texts)


def test_no_secret_of_a_whole_day_is_in_the_trail(at_now: datetime) -> None:
    day = Day()
    live_through(day)
    trail = everything_audited()
    assert EMAIL in trail  # the control: what is no secret is found by the same search
    assert Order.objects.get(customer__email=EMAIL).order_number in trail
    found = {
        name
        for name, secret in day.secrets.items()
        if secret in trail or hashlib.sha256(secret.encode()).hexdigest() in trail
    }
    assert found == set()
    assert len(day.secrets) > 15


@pytest.mark.parametrize(
    ("model", "column"),
    [
        ("accounts.User", "password"),
        ("accounts.AccessToken", "token_hash"),
        ("accounts.Invitation", "token"),
        ("orders.Order", "tracking_token"),
    ],
)
def test_that_a_secret_was_made_is_told(model: str, column: str, at_now: datetime) -> None:
    """Else the day would be too short for the test before."""
    live_through(Day())
    assert Change.objects.filter(model=model, **{f"after__{column}": "[secret]"}).exists()
