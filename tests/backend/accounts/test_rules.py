"""What an account may take over of what a guest made."""

from datetime import UTC, datetime
from typing import Any

import pytest

from backend.accounts.errors import EmailMismatch, EmailNotVerified
from backend.accounts.rules import require_may_take_over
from backend.core.errors import InvalidTransition, Refusal

THEIRS: dict[str, Any] = {
    "is_owned": False,
    "guest_email": "ada@example.com",
    "email": "ada@example.com",
    "verified_at": datetime(2027, 3, 1, tzinfo=UTC),
    "field": ("tracking_token",),
}


def test_the_guest_with_a_proven_e_mail_gets_what_it_made_however_it_is_written() -> None:
    require_may_take_over("order", **THEIRS)
    require_may_take_over("order", **THEIRS | {"guest_email": "Ada@Example.com"})


@pytest.mark.parametrize(
    ("given", "error", "message", "field"),
    [
        ({"verified_at": None}, EmailNotVerified, "Prove your e-mail first: we have sent you a link.", ()),
        ({"is_owned": True}, InvalidTransition, "This order belongs to an account already.", ("tracking_token",)),
        ({"email": "eve@example.com"}, EmailMismatch, "This order was made with another e-mail.", ("tracking_token",)),
        # Whoever has proven nothing learns nothing about the order.
        ({"verified_at": None, "is_owned": True}, EmailNotVerified, "Prove your e-mail first", ()),
    ],
)
def test_nobody_else_gets_it(given: dict[str, Any], error: type[Refusal], message: str, field: tuple[str, ...]) -> None:
    with pytest.raises(error, match=message) as refused:
        require_may_take_over("order", **THEIRS | given)
    assert refused.value.field == field
