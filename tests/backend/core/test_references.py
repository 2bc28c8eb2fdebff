"""References and tokens."""

import re
from datetime import date

from backend.core.references import ALPHABET, reference, secret_token, token_hash


def test_a_reference_has_its_date_and_six_clear_characters() -> None:
    assert re.fullmatch(rf"ORD-20270301-[{ALPHABET}]{{6}}", reference("ORD", date(2027, 3, 1)))
    assert not set("01ILO") & set(ALPHABET)


def test_tokens_hold_32_bytes_and_never_repeat() -> None:
    tokens = {secret_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 43 for token in tokens)


def test_only_the_hash_of_a_token_is_kept() -> None:
    assert token_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
