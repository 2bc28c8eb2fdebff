"""The languages that Rota speaks to people in."""

import re

LANGUAGES = ("en", "de")
"""Those that the shipped texts exist in; the first is what they are written in."""


def known_language(wanted: object, *, otherwise: str) -> str:
    """The language that `wanted` stands for: `de-AT` is `de`. `otherwise` for none that is known."""
    code = str(wanted or "").replace("_", "-").partition("-")[0].lower()
    return code if code in LANGUAGES else otherwise


_TAG = re.compile(r"[A-Za-z]{1,8}(?:[-_][A-Za-z0-9]{1,8})*")
_MAX_TAG, _MAX_HEADER = 35, 1_000


def is_language_tag(text: str) -> bool:
    """Whether it looks like the name of a language (BCP 47), be it one that Rota speaks or not."""
    return len(text) <= _MAX_TAG and _TAG.fullmatch(text) is not None


def preferred_language(header: str) -> str:
    """What an `Accept-Language` header (RFC 9110, 12.5.4) likes best of the languages that Rota speaks.

    Empty where it names none of them, nor anything that can be read.
    """
    liked: list[tuple[float, str]] = []
    for part in header[:_MAX_HEADER].split(","):
        tag, _, weight = part.strip().partition(";")
        code = known_language(tag.strip(), otherwise="")
        if code and (quality := _quality(weight)) > 0:
            liked.append((quality, code))
    # Of those that are liked as much, the first: `max` keeps it.
    return max(liked, key=lambda each: each[0])[1] if liked else ""


def _quality(weight: str) -> float:
    """The `q=0.8` of a language: 1 where nothing is said, 0 for what can't be read."""
    if not weight.strip():
        return 1.0
    found = re.fullmatch(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", weight.strip())
    return float(found[1]) if found else 0.0
