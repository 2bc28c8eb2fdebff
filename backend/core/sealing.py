"""Secrets that have to be read again (tokens of other services), encrypted before they reach the database.

The first of SEALING_KEYS encrypts, each of them decrypts: put a new one in front, run `manage.py reseal`, then take the
old one away. Without any, one that follows from SECRET_KEY encrypts; it decrypts always, so that what was sealed
before there were keys can be put under one.
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
        raise SealBroken("No key opens this.") from error


def reseal(sealed: str) -> str:
    """The same secret under the newest key; what is under it already comes back as it is. Raises SealBroken."""
    try:
        _newest().decrypt(sealed.encode())
    except InvalidToken:
        return seal(unseal(sealed))
    return sealed


def _keys() -> MultiFernet:
    return MultiFernet(_fernets(tuple(settings.ROTA_SEALING_KEYS), settings.SECRET_KEY))


def _newest() -> Fernet:
    return _fernets(tuple(settings.ROTA_SEALING_KEYS), settings.SECRET_KEY)[0]


@lru_cache(maxsize=8)
def _fernets(keys: tuple[str, ...], secret: str) -> tuple[Fernet, ...]:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"rota.sealing").derive(secret.encode())
    return tuple(Fernet(key) for key in (*keys, base64.urlsafe_b64encode(derived).decode()))
