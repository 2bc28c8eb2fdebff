"""Catalogues of translations, compiled without the system's gettext: a bare machine has none.

The source is `locale/<language>/LC_MESSAGES/django.po`, the compiled `django.mo` lies beside it and is committed; a
test compares the two. `manage.py compile_translations` writes the latter.
"""

import ast
import struct
from collections.abc import Mapping
from pathlib import Path

_MAGIC = 0x950412DE


def read_po(source: str) -> dict[str, str]:
    """Translations by what they translate; the head of the catalogue under the empty text.

    Knows what our catalogues use: comments, `msgid`, `msgstr` and texts over several lines. Raises ValueError for
    anything else, and for a text that is translated twice.
    """
    found: dict[str, str] = {}
    entry: dict[str, str] = {}
    part = ""
    for number, line in enumerate([*source.splitlines(), 'msgid ""'], 1):
        if not line.strip() or line.startswith("#"):
            continue
        word, _, quoted = line.partition(" ")
        if word == "msgid":
            if "msgstr" in entry:
                if entry["msgid"] in found:
                    raise ValueError(f"{entry['msgid']!r} is translated twice, above line {number}")
                found[entry["msgid"]] = entry["msgstr"]
            entry = {}
        if word in ("msgid", "msgstr"):
            part, entry[word] = word, ""
        elif line.startswith('"'):
            quoted = line
        else:
            raise ValueError(f"line {number} is nothing that we know: {line!r}")
        entry[part] += str(ast.literal_eval(quoted))
    return found


def compiled(translations: Mapping[str, str]) -> bytes:
    """The catalogue as a `.mo` file (GNU gettext manual, 10.3): tables of lengths and places, then the texts, sorted.

    What is not translated yet is left out, and stays as it is.
    """
    pairs = sorted((key.encode(), text.encode()) for key, text in translations.items() if text)
    count = len(pairs)
    place = 7 * 4 + 16 * count
    tables: list[list[int]] = [[], []]
    texts = b""
    for column in (0, 1):
        for pair in pairs:
            tables[column] += [len(pair[column]), place + len(texts)]
            texts += pair[column] + b"\0"
    head = struct.pack("<7I", _MAGIC, 0, count, 28, 28 + 8 * count, 0, place)
    return head + struct.pack(f"<{4 * count}I", *tables[0], *tables[1]) + texts


def catalogues(root: Path) -> list[Path]:
    """The sources of all catalogues below a folder."""
    return sorted(root.glob("*/locale/*/LC_MESSAGES/django.po"))
