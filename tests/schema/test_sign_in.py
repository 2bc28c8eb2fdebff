"""Signing in and out."""

import pytest

from backend.accounts.models import AccessToken
from backend.core.references import token_hash
from backend.core.viewer import Role
from tests import factories
from tests.client import Api
from tests.factories.business import PASSWORD
from tests.personas import Personas

pytestmark = pytest.mark.django_db

SIGN_IN = """mutation($email: String!, $password: String!) {
  signIn(input: {email: $email, password: $password}) {
    token expiresAt user { email role } userErrors { code field } } }"""


def test_the_right_password_gives_a_token_that_works(api: Api) -> None:
    user = factories.user(Role.ADMIN, email="boss@example.com")
    answer = api(SIGN_IN, email="Boss@Example.com ", password=PASSWORD).data["signIn"]
    assert answer["user"] == {"email": "boss@example.com", "role": "ADMIN"}
    stored = AccessToken.objects.get(user=user)
    assert stored.token_hash == token_hash(answer["token"])
    assert stored.expires_at.isoformat() == answer["expiresAt"]
    made = Api(answer["token"]).mutate("createCategory", {"name": "Cleaning"}, "category { name }")
    assert made == {"category": {"name": "Cleaning"}, "userErrors": []}


@pytest.mark.parametrize("case", ["wrong password", "no such account", "inactive account"])
def test_what_is_wrong_is_not_told(api: Api, case: str) -> None:
    user = factories.user(is_active=case != "inactive account")
    email = "nobody@example.com" if case == "no such account" else user.email
    password = "wrong-wrong-wrong" if case == "wrong password" else PASSWORD
    answer = api(SIGN_IN, email=email, password=password).data["signIn"]
    assert answer == {
        "token": None,
        "expiresAt": None,
        "user": None,
        "userErrors": [{"code": "INVALID_CREDENTIALS", "field": None}],
    }
    assert not AccessToken.objects.exists()


def test_an_account_is_locked_for_a_while_after_ten_tries_even_for_the_right_password(api: Api) -> None:
    user = factories.user()
    for _ in range(10):
        assert api(SIGN_IN, email=user.email, password="wrong-wrong-wrong").data["signIn"]["userErrors"]
    refused = api(SIGN_IN, email=user.email.upper(), password=PASSWORD)
    assert refused.codes == ["RATE_LIMITED"]
    assert not AccessToken.objects.exists()


def test_signing_out_ends_this_token_alone(api: Api) -> None:
    user = factories.user(Role.ADMIN)
    one, two = Api(factories.token_for(user)), Api(factories.token_for(user))
    assert one("mutation { signOut { userErrors { code } } }").data == {"signOut": {"userErrors": []}}
    assert one("mutation { signOut { userErrors { code } } }").codes == ["UNAUTHENTICATED"]
    assert two.mutate("createCategory", {"name": "Still here"}, "category { name }")["userErrors"] == []


def test_a_token_that_was_never_issued_is_nobody(personas: Personas) -> None:
    answer = Api("made-up")('mutation { createCategory(input: {name: "X"}) { category { id } } }')
    assert answer.codes == ["UNAUTHENTICATED"]
