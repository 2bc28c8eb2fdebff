"""The words of a message: what a template consists of, what may stand in it, and how a text becomes a page."""

import re
from dataclasses import dataclass

from backend.notifications.rules.kinds import MessageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A template: Django's syntax in each part, with the variables of its kind. An empty part is left out.

    Greeting, button, sender and foot come with the layout.
    """

    subject: str
    text: str
    html: str = ""
    """Instead of the page that is made of `text`."""
    link: str = ""
    """What the button says."""
    sms: str = ""

    @property
    def units(self) -> list[str]:
        """What is translated, piece by piece: a line of the head, or a paragraph."""
        pieces = (self.subject, self.link, self.sms, *paragraphs(self.text))
        return [each for each in pieces if _has_words(each)]


def _has_words(text: str) -> bool:
    """Whether anything but variables is in it."""
    return re.search(r"[^\W\d_]", re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text)) is not None


def paragraphs(text: str) -> list[str]:
    """What stands between blank lines."""
    return [part.strip("\n") for part in re.split(r"\n[ \t]*\n", text.strip("\n")) if part.strip()]


def read_wording(source: str) -> Wording:
    """A shipped template: `Subject:`, `Link:` and `SMS:` lines, a blank line, and the text.

    Raises ValueError for other lines in the head.
    """
    head, _, text = source.partition("\n\n")
    parts = {"Subject": "", "Link": "", "SMS": ""}
    for line in head.splitlines():
        name, colon, value = line.partition(": ")
        if name not in parts or not colon:
            raise ValueError(f"{line!r} is no line of a template's head")
        parts[name] = value
    return Wording(subject=parts["Subject"], link=parts["Link"], sms=parts["SMS"], text=text.strip("\n"))


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of a page, or the lines of a list."""

    lines: tuple[str, ...]
    is_list: bool


def blocks(text: str) -> list[Block]:
    """A text as a page shows it: lines that begin with two spaces are rows of a list, others a paragraph."""
    found: list[Block] = []
    for paragraph in paragraphs(text):
        lines: list[str] = []
        rows = False
        for line in paragraph.splitlines():
            if lines and line.startswith("  ") != rows:
                found.append(Block(tuple(lines), rows))
                lines = []
            rows = line.startswith("  ")
            lines.append(line.strip())
        found.append(Block(tuple(lines), rows))
    return found


def tidy(text: str) -> str:
    """Without the gaps that conditions leave: no blank line twice, no blanks at the ends of lines."""
    text = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


_COMMON = {"business": "Rota", "business_email": "office@rota.test", "name": "Ada King"}
_ITEMS = "  1 × Deep clean, Oven: 65.00\n  Total: 65.00 GBP"
_ORDER = {
    "number": "ORD-20270201-7K3M9P",
    "when": "Monday 1 March 2027 at 09:00",
    "address": "10 Downing Street, London, SW1A 2AA",
    "items": _ITEMS,
    "visits": "  Monday 1 March 2027, 09:00 to 10:00: Deep clean with Anna Lee",
    "deadline": "Sunday 28 February 2027, 09:00",
    "notes": "Ring twice",
    "reason": "We are ill",
    "customer": "Ada King",
}
_CHANGE = _ORDER | {"wanted": "Tuesday 2 March 2027 at 10:30", "reason": "Flight moved", "review_note": "See you then"}
_VISIT = {
    "when": "Monday 1 March 2027, 09:00 to 10:00",
    "start": "Monday 1 March 2027, 09:00",
    "time": "09:00",
    "arrival": "08:50",
    "service": "Deep clean, Oven",
    "staff": "Anna Lee",
    "address": "10 Downing Street, London, SW1A 2AA",
    "price": "65.00 GBP",
    "visit": "  Monday 1 March 2027, 09:00 to 10:00: Deep clean, Oven with Anna Lee\n"
    "  10 Downing Street, London, SW1A 2AA\n  65.00 GBP",
    "cancel_until": "Sunday 28 February 2027, 09:00",
    "move_until": "Sunday 28 February 2027, 09:00",
    "previous": "Friday 26 February 2027, 14:00",
    "reason": "Anna is ill",
    "waits": "",
}
_PLAN = {
    "number": "SUB-20270201-7K3M9P",
    "service": "Deep clean, Oven",
    "rhythm": "every week",
    "visits": "  Monday 1 March 2027, 09:00 to 10:00 with Anna Lee\n"
    "  Monday 8 March 2027, 09:00 to 10:00 with Anna Lee",
    "more": "3",
    "unplaced": "1",
    "total": "325.00 GBP",
    "address": "10 Downing Street, London, SW1A 2AA",
    "reason": "Holiday",
    "resume_on": "Monday 5 April 2027",
    "cancelled": "2",
    "planned": "2",
    "waits": "",
    "customer": "Ada King",
}
_PLAN_VISIT = _PLAN | {
    "sequence": "3",
    "date": "Monday 15 March 2027",
    "when": "Monday 15 March 2027, 09:00 to 10:00",
    "wanted": "Tuesday 16 March 2027 at 10:30",
    "review_note": "See you then",
}
_ACCOUNT = {
    "recipient": "ada@example.com",
    "link_hours": "24",
    "changed_at": "Monday 1 February 2027 at 08:00",
    "expires_at": "Monday 8 February 2027, 08:00",
}
_SAMPLES: dict[str, dict[str, str]] = {
    "ORDER": _ORDER,
    "CHANGE": _CHANGE,
    "TRACKING": _ORDER,
    "APPOINTMENT": _VISIT,
    "REMINDER": _VISIT,
    "PLAN": _PLAN,
    "VISIT": _PLAN_VISIT,
    "CALENDAR": {"provider": "Google"},
    "WEBHOOK": {"reason": "HTTP 500"},
    "DIGEST": {
        "date": "Monday 1 March 2027",
        "visits": "  09:00 to 10:00: Deep clean, Anna Lee, SW1A 2AA",
        "orders": "  ORD-20270201-7K3M9P: Monday 1 March 2027 at 09:00",
        "changes": "  ORD-20270201-7K3M9P: Tuesday 2 March 2027 at 10:30",
        "unplaced": "  SUB-20270201-7K3M9P: Monday 15 March 2027",
        "troubles": "  2 deliveries wait for a person",
    },
}


def sample_values(kind: MessageKind) -> dict[str, str]:
    """What a template of this kind may use, with an example of each. All are texts; an empty one is false."""
    return _COMMON | _SAMPLES.get(kind.value.partition("_")[0], _ACCOUNT)
