"""What a short message costs, and how long it may be."""

import math

MAX_SMS = 1_600
"""Characters that providers take at most."""

_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = set("^{}\\[~]|€\f")


def segments(text: str) -> int:
    """How many messages a text is sent and charged as (3GPP TS 23.038).

    160 characters of the GSM alphabet are one, or 153 each of several; with any other character 70 and 67. Characters
    beyond the basic plane are two.
    """
    if all(char in _GSM or char in _GSM_TWICE for char in text):
        length, one, many = sum(2 if char in _GSM_TWICE else 1 for char in text), 160, 153
    else:
        length, one, many = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= one else math.ceil(length / many)


def shortened(text: str) -> str:
    """The text, cut where no provider would take it."""
    return text if len(text) <= MAX_SMS else text[: MAX_SMS - 1].rstrip() + "…"
