"""Which language somebody is spoken to in."""

import pytest

from backend.core.languages import is_language_tag, known_language, preferred_language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "en"),
        ("en;q=0.5, de;q=0.9", "de"),
        ("en;q=0.8,de;q=0.8", "en"),
        ("de;q=0, en;q=0.1", "en"),
        ("de;q=0", ""),
        ("fr", ""),
        ("*", ""),
        ("", ""),
        ("de;q=nonsense, en;q=0.001", "en"),
        ("de;q=1.5", ""),
        (";;;,,,q=1", ""),
        ("x" * 100_000 + ", de", ""),
    ],
)
def test_of_the_languages_that_we_speak_the_one_that_is_liked_best(header: str, language: str) -> None:
    assert preferred_language(header) == language


def test_regions_of_a_language_are_that_language() -> None:
    assert [known_language(each, otherwise="?") for each in ("de_CH", "DE", "deu", None)] == ["de", "de", "?", "?"]


def test_what_looks_like_the_name_of_a_language() -> None:
    assert all(map(is_language_tag, ("de", "de-AT", "zh-Hant-TW", "pt_BR")))
    assert not any(map(is_language_tag, ("", "d€", "de-", "<b>", "de AT", "a" * 9, "-".join(["abc"] * 10))))
