"""What a row of the matrix is, and the words that rows are written in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from backend.accounts.queries import VERIFICATION, link_token
from tests.factories.photos import picture
from tests.personas import NAMES
from tests.world import World

OK = "OK"
NULL = "NULL"
UNAUTHENTICATED = "UNAUTHENTICATED"
FORBIDDEN = "FORBIDDEN"
NOT_FOUND = "NOT_FOUND"
INVALID_CREDENTIALS = "INVALID_CREDENTIALS"

NOBODY = "anonymous guest"
CUSTOMERS = "customer other_customer"
STAFF = "staff other_staff"
MANAGERS = "manager other_manager"


def SEES(*names: str) -> str:
    """A list of exactly these rows of the world."""
    return "SEES " + (", ".join(sorted(names)) or "nothing")


Variables = Callable[[World, str], dict[str, Any]]


@dataclass(frozen=True)
class Row:
    """One root field, `Mutation.confirmOrder`, by one operation; `case` tells several rows of a field apart."""

    field: str
    operation: str
    expected: Mapping[str, str]
    variables: Variables = lambda world, who: {}
    case: str = ""

    @property
    def name(self) -> str:
        return self.field.split(".")[1]

    def expects(self, persona: str) -> str:
        named = [outcome for names, outcome in self.expected.items() if persona in names.split()]
        return named[-1] if named else self.expected["*"]

    def __post_init__(self) -> None:
        named = [name for names in self.expected for name in names.split() if name != "*"]
        assert set(named) <= set(NAMES), f"{self.field}: no such persona"
        assert "*" in self.expected or set(named) == set(NAMES), f"{self.field}: a persona is missing"

    def __str__(self) -> str:
        return f"{self.field}{f' ({self.case})' if self.case else ''}"


EVERYONE = {"*": OK}
THEIR_OWN_STAFF = {"staff manager admin": OK, "*": NULL}
MANAGED_STAFF = {NOBODY: UNAUTHENTICATED, "manager admin": OK, "*": FORBIDDEN}
OWN_TIME = {NOBODY: UNAUTHENTICATED, "staff manager admin": OK, "*": FORBIDDEN}
HIDDEN_TIME = OWN_TIME | {"other_staff other_manager": NOT_FOUND}
OWN_VISIT = {NOBODY: UNAUTHENTICATED, "customer": FORBIDDEN, "staff manager admin": OK, "*": NOT_FOUND}
MANAGED_ORDERS = {NOBODY: UNAUTHENTICATED, "manager admin": OK, "other_manager": NOT_FOUND, "*": FORBIDDEN}
OWN_ORDER = {NOBODY: UNAUTHENTICATED, "customer manager admin": OK, "*": NOT_FOUND}
ADMINS = {NOBODY: UNAUTHENTICATED, "*": FORBIDDEN, "admin": OK}
SIGNED_IN = {NOBODY: UNAUTHENTICATED, "*": OK}
OFFICE = {NOBODY: UNAUTHENTICATED, f"{MANAGERS} admin": OK, "*": FORBIDDEN}
REPORTS = {NOBODY: UNAUTHENTICATED, "*": FORBIDDEN}
OWN_CUSTOMER = {NOBODY: UNAUTHENTICATED, "customer manager admin": OK, "*": NOT_FOUND}
MANAGED_CUSTOMERS = {NOBODY: UNAUTHENTICATED, "customer": FORBIDDEN, "manager admin": OK, "*": NOT_FOUND}

ANOTHER_TIME = {"requestedDate": "2027-03-03", "requestedTime": "10:30"}
HOME = {"line1": "1 Abbey Road", "city": "London", "postcode": "N1 1AA"}
COUPON = {"code": "SPRING", "discountType": "PERCENTAGE", "discountValue": "10"}


def given(**values: Any) -> Variables:
    """The same input for everyone; a text like `id:service` is the id of that row of the world."""
    return lambda world, who: {"input": resolved(world, values)}


def a_picture() -> SimpleUploadedFile:
    """A file to upload."""
    return SimpleUploadedFile("picture.png", picture(size=(8, 8)), "image/png")


def resolved(world: World, value: Any) -> Any:
    """`value` with every `id:name` replaced with the id of that row, and `token:name` with its tracking token."""
    if isinstance(value, dict):
        return {key: resolved(world, each) for key, each in value.items()}
    if isinstance(value, list):
        return [resolved(world, each) for each in value]
    if isinstance(value, str) and value.startswith("id:"):
        return world.id(value[3:])
    if isinstance(value, str) and value.startswith("token:"):
        return world.token(value[6:])
    return value


def mutation(
    name: str, returning: str, expected: Mapping[str, str], variables: Variables, kind: str = "", case: str = ""
) -> Row:
    """A mutation, whose input type has the usual name where `kind` does not say another."""
    kind = kind or f"{name[0].upper()}{name[1:]}Input"
    operation = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ {returning} userErrors {{ code field }} }} }}"
    return Row(f"Mutation.{name}", operation, expected, variables, case)


def node(kind: str, row: str, expected: Mapping[str, str]) -> Row:
    """Fetching a row by its id: null for those who may not see it."""
    return Row(
        "Query.node",
        f"query($id: ID!) {{ node(id: $id) {{ id ... on {kind} {{ __typename }} }} }}",
        expected,
        lambda world, who: {"id": world.id(row)},
        case=row,
    )


def unverified(who: str) -> str:
    """An e-mail that is not proven yet, one for each persona."""
    return f"{who}@unverified.example"


def verification(world: World) -> str:
    """The token of the customer's verification link."""
    user = world.personas.customer.user
    assert user is not None
    return link_token(VERIFICATION, user)


def order_input(world: World, who: str) -> dict[str, Any]:
    """An order by a customer for itself, by everyone else for a guest."""
    order: dict[str, Any] = {
        "items": [{"serviceId": world.id("service")}],
        "address": {"line1": "10 Downing Street", "city": "London", "postcode": "SW1A 2AA"},
        "scheduledDate": "2027-03-01",
        "scheduledTime": "09:00",
    }
    if who not in CUSTOMERS.split():
        order["guest"] = {"name": "Ada King", "email": "ada@example.com"}
    return order


def listing(name: str, expected: Mapping[str, str], arguments: str = "") -> Row:
    """A connection: which rows each persona finds in it."""
    return Row(f"Query.{name}", f"{{ {name}{arguments} {{ totalCount edges {{ node {{ id }} }} }} }}", expected)
