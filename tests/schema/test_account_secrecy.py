"""Whether an e-mail has an account is told to nobody but its owner: the answers are the same to the last field."""

from base64 import b64decode
from typing import Any

import pytest
from django.db import connection

from backend.accounts.models import User
from tests import factories
from tests.client import Answer, Api
from tests.factories.business import NOW, PASSWORD
from tests.statements import statements, without_values

pytestmark = pytest.mark.django_db

REGISTER = """mutation($input: RegisterInput!) { register(input: $input) {
  user { __typename email name role emailVerified createdAt profile { phone timeZone } }
  userErrors { code field message } } }"""
SIGN_IN = """mutation($input: SignInInput!) { signIn(input: $input) {
  token expiresAt user { id } userErrors { code field message } } }"""
RESET = """mutation($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) {
  accepted userErrors { code field message } } }"""
RESEND = """mutation($input: ResendVerificationInput!) { resendVerification(input: $input) {
  accepted userErrors { code field message } } }"""


@pytest.fixture(autouse=True)
def taken(db: None) -> User:
    """The account of taken@example.com."""
    return factories.user(email="taken@example.com", name="The First")


def ask(query: str, **given: Any) -> Answer:
    return Api()(query, input=given)


def shape(answer: Answer, email: str) -> tuple[int, Any, list[str]]:
    """All of an answer but the e-mail that was asked for, what is left in the bucket, and the values of the headers."""
    answer.body["extensions"]["cost"].pop("available")
    text = repr(answer.body).replace(email, "EMAIL")
    return answer.status, text, sorted(name for name in answer.headers if name != "Date")


@pytest.mark.usefixtures("at_now")
def test_registering_with_a_taken_email_looks_like_registering() -> None:
    given = {"password": PASSWORD, "name": "Ada King", "phone": "020 7946 0958"}
    free = ask(REGISTER, email="free@example.com", **given)
    taken = ask(REGISTER, email="taken@example.com", **given)
    assert free.data["register"]["user"]["profile"] == {"phone": "+442079460958", "timeZone": "Europe/London"}
    assert shape(free, "free@example.com") == shape(taken, "taken@example.com")
    assert User.objects.get(email="taken@example.com").name == "The First"


@pytest.mark.usefixtures("at_now")
def test_the_ids_of_registrations_tell_nothing() -> None:
    query = REGISTER.replace("__typename", "id")
    ids = [
        ask(query, email=email, password=PASSWORD, name="Ada King").data["register"]["user"]["id"]
        for email in ("one@example.com", "taken@example.com", "two@example.com")
    ]
    first, again, second = (int(b64decode(each).decode().split(":")[1]) for each in ids)
    assert (again, second) == (first + 1, first + 2)


def test_what_is_wrong_with_a_registration_is_told_before_the_email_is_looked_for() -> None:
    weak = [ask(REGISTER, email=f"{who}@example.com", password="short", name="Ada") for who in ("free", "taken")]
    assert weak[0].data == weak[1].data
    assert weak[0].data["register"]["userErrors"][0]["code"] == "WEAK_PASSWORD"


@pytest.mark.usefixtures("at_now")
def test_a_wrong_password_looks_like_no_account_and_like_an_inactive_one() -> None:
    factories.user(email="gone@example.com", is_active=False)
    tries = {
        "taken@example.com": "not-the-password",
        "free@example.com": PASSWORD,
        "gone@example.com": PASSWORD,
    }
    shapes = [shape(ask(SIGN_IN, email=email, password=password), email) for email, password in tries.items()]
    assert shapes[0] == shapes[1] == shapes[2]
    assert "INVALID_CREDENTIALS" in shapes[0][1]


@pytest.mark.parametrize("query", [RESET, RESEND])
def test_asking_for_a_link_looks_the_same_for_every_email(query: str) -> None:
    shapes = [shape(ask(query, email=email), email) for email in ("taken@example.com", "free@example.com")]
    assert shapes[0] == shapes[1]
    assert "'accepted': True" in shapes[0][1]


@pytest.mark.usefixtures("at_now")
@pytest.mark.parametrize(
    ("query", "more"),
    [
        (REGISTER, {"password": PASSWORD, "name": "Ada King"}),
        (RESET, {}),
        (RESEND, {}),
        (SIGN_IN, {"password": "not-the-password"}),
    ],
)
def test_the_same_statements_are_made_whether_or_not_there_is_an_account(query: str, more: dict[str, str]) -> None:
    taken, free = (
        [without_values(sql) for sql in statements(Api(), query, input={"email": email} | more)]
        for email in ("taken@example.com", "free@example.com")
    )
    assert taken == free
    assert any("FROM accounts_user" in sql for sql in taken)


def test_accounts_are_found_by_the_index_over_their_e_mails() -> None:
    """Read by id until it is met, one that is there would be found faster than one that is not."""
    User.objects.bulk_create(
        User(email=f"user{number}@example.net", name="Somebody", created_at=NOW) for number in range(2_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_user")  # what the server knows of so few rows by itself is left to chance
    found = User.objects.with_email("Taken@Example.com").filter(is_active=True).order_by("pk")[:1]
    assert [user.email for user in found] == ["taken@example.com"]
    assert "user_email_unique" in found.explain()


@pytest.mark.parametrize("email", ["taken@example.com", "free@example.com"])
@pytest.mark.parametrize("query", [REGISTER, RESET, RESEND])
def test_after_three_mails_an_email_has_to_wait_whether_or_not_it_has_an_account(query: str, email: str) -> None:
    given: dict[str, Any] = {"email": email}
    if query == REGISTER:
        given |= {"password": PASSWORD, "name": "Ada King"}
    refused = ["RATE_LIMITED" in repr(ask(query, **given).body) for _ in range(4)]
    assert refused == [False, False, False, True]
