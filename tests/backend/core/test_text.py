"""What people type."""

import pytest

from backend.core.errors import InvalidInput, Refusal, Required, TooLong
from backend.core.text import clean_email, clean_text


def test_text_is_trimmed_and_composed() -> None:
    assert clean_text("  Ame\u0301lie \r\n", field=("name",), max_length=10) == "Amélie"


@pytest.mark.parametrize(
    ("value", "refusal"),
    [
        ("", Required),
        ("   ", Required),
        (None, Required),
        ("x" * 11, TooLong),
        ("a\x00b", InvalidInput),
        ("a\x1b[31m", InvalidInput),
        ("a\nb", InvalidInput),
        ("a\u0085b", InvalidInput),
    ],
)
def test_bad_text_is_refused_with_its_field(value: str | None, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as caught:
        clean_text(value, field=("items", 0, "name"), max_length=10)
    assert caught.value.field == ("items", 0, "name")


def test_notes_may_have_lines() -> None:
    assert clean_text("one\r\ntwo\tthree", field=(), max_length=50, multiline=True) == "one\ntwo\tthree"


def test_an_email_is_lower_case() -> None:
    assert clean_email(" Ada@Example.COM ", field=("email",)) == "ada@example.com"


@pytest.mark.parametrize("value", ["ada", "ada@", "@example.com", "a b@example.com", "ada@example.com\nBcc: x@y.z"])
def test_a_bad_email_is_refused(value: str) -> None:
    with pytest.raises(InvalidInput):
        clean_email(value, field=("email",))
