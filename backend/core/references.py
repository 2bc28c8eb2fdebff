"""References that people read aloud, and tokens that nobody should guess."""

import hashlib
import re
import secrets
from datetime import date

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Digits and capitals without 0, 1, I, L and O, which are mistaken for each other."""


_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")


def reference(prefix: str, day: date) -> str:
    """`ORD-20270301-7KQ2MX`: a prefix, the date in the business's zone, six random characters.

    Not unique by itself: the column is, and the writer tries again on a collision.
    """
    return f"{prefix}-{day:%Y%m%d}-{''.join(secrets.choice(ALPHABET) for _ in range(6))}"


def secret_token() -> str:
    """32 random bytes, URL-safe."""
    return secrets.token_urlsafe(32)


def may_be_token(text: str) -> bool:
    """Whether it could be a tracking token: what could not is never looked for."""
    return _TOKEN.fullmatch(text) is not None


def token_hash(token: str) -> str:
    """What is stored of an access token: SHA-256, hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()
