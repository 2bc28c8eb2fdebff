"""Tokens are encrypted, and keys can be replaced without losing them."""

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from backend.core.sealing import SealBroken, reseal, seal, unseal

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_what_is_sealed_is_read_again_and_by_no_other_key(settings: Settings) -> None:
    settings.ROTA_SEALING_KEYS = [OLD]
    sealed = seal("1//refresh")
    assert "refresh" not in sealed
    assert unseal(sealed) == "1//refresh"
    assert seal("1//refresh") != sealed
    settings.ROTA_SEALING_KEYS = [NEW]
    with pytest.raises(SealBroken):
        unseal(sealed)


def test_a_new_key_in_front_takes_over(settings: Settings) -> None:
    settings.ROTA_SEALING_KEYS = [OLD]
    sealed = seal("1//refresh")
    settings.ROTA_SEALING_KEYS = [NEW, OLD]
    assert unseal(sealed) == "1//refresh"
    renewed = reseal(sealed)
    settings.ROTA_SEALING_KEYS = [NEW]
    assert unseal(renewed) == "1//refresh"


def test_tampering_is_noticed() -> None:
    sealed = seal("1//refresh")
    with pytest.raises(SealBroken):
        unseal(sealed[:-4] + "AAA=")


def test_without_keys_the_secret_key_seals(settings: Settings) -> None:
    settings.ROTA_SEALING_KEYS = []
    sealed = seal("x")
    assert unseal(sealed) == "x"
    settings.SECRET_KEY = "another" * 10
    with pytest.raises(SealBroken):
        unseal(sealed)
