"""Secrets that have to be read again (tokens of other services), encrypted before they reach the database.

The newest key of ROTA_CALENDAR_KEYS encrypts, each of them decrypts: put a new one in front, run
`manage.py rotate_calendar_keys`, then take the old one away. Without any, one is derived from SECRET_KEY.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class SealBroken(Exception):
    """No key opens it: it was written with another, or tampered with."""


def seal(text: str) -> str:
    """`text`, encrypted and authenticated with the newest key."""
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What was sealed. Raises SealBroken."""
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise SealBroken("No key of ROTA_CALENDAR_KEYS opens this.") from error


def reseal(sealed: str) -> str:
    """The same secret under the newest key. Raises SealBroken."""
    try:
        return _keys().rotate(sealed.encode()).decode()
    except InvalidToken as error:
        raise SealBroken("No key of ROTA_CALENDAR_KEYS opens this.") from error


def _keys() -> MultiFernet:
    return _fernet(tuple(settings.ROTA_CALENDAR_KEYS), settings.SECRET_KEY)


@lru_cache(maxsize=8)
def _fernet(keys: tuple[str, ...], secret: str) -> MultiFernet:
    if not keys:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"rota.sealing").derive(secret.encode())
        keys = (base64.urlsafe_b64encode(derived).decode(),)
    return MultiFernet([Fernet(key) for key in keys])
