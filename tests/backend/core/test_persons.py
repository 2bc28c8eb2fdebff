"""Which e-mails are one person's."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.persons import person_key, person_pattern


@pytest.mark.parametrize(
    ("email", "key"),
    [
        ("Ada@Example.com", "ada@example.com"),
        ("ada.king+shop@example.com", "ada.king+shop@example.com"),
        ("Ada.King+shop@gmail.com", "adaking@gmail.com"),
        ("a.d.a.king@googlemail.com", "adaking@gmail.com"),
        ("ada.king+x@outlook.com", "ada.king@outlook.com"),
    ],
)
def test_one_person_has_one_key(email: str, key: str) -> None:
    assert person_key(email) == key


_LOCAL = st.text("ab.+*[", min_size=1, max_size=5)
_HOST = st.sampled_from(["gmail.com", "googlemail.com", "outlook.com", "example.com", "gmailxcom"])
_EMAIL = st.builds("{}@{}".format, _LOCAL, _HOST)


@given(_EMAIL, _EMAIL)
def test_the_pattern_finds_those_with_the_same_key_and_no_others(one: str, other: str) -> None:
    assert (re.match(person_pattern(one), other) is not None) == (person_key(one) == person_key(other))
