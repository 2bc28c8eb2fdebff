"""How something is said to one person: in its language, by the clock on its wall."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import formats, translation

from backend.core import clock
from backend.core.business import business
from backend.notifications.rules import Phrase


@dataclass(frozen=True, slots=True)
class Voice:
    """A language and a time zone. Where the zone is not the business's, times carry its name."""

    language: str
    zone: ZoneInfo

    def say(self, phrase: Phrase, **gaps: object) -> str:
        """The phrase in the language, its gaps filled."""
        with translation.override(self.language):
            return translation.gettext(phrase.value).format(**gaps)

    def translate(self, text: str) -> str:
        """The translation of one piece of a shipped template, or itself."""
        with translation.override(self.language):
            return translation.gettext(text) if text else ""

    def day(self, day: date) -> str:
        """`Monday 1 March 2027`."""
        with translation.override(self.language):
            return formats.date_format(day, translation.gettext(Phrase.DAY.value))

    def time_of(self, at: datetime) -> str:
        """`09:00`, of an instant."""
        return self._clock(at.astimezone(self.zone).time())

    def moment(self, at: datetime) -> str:
        """`Monday 1 March 2027, 09:00`, of an instant."""
        local = at.astimezone(self.zone)
        return self._in_zone(self.say(Phrase.MOMENT, day=self.day(local.date()), time=self._clock(local.time())))

    def day_at(self, at: datetime) -> str:
        """`Monday 1 March 2027 at 09:00`, of an instant."""
        local = at.astimezone(self.zone)
        return self._in_zone(self.say(Phrase.DAY_AT, day=self.day(local.date()), time=self._clock(local.time())))

    def wall(self, day: date, at: time) -> str:
        """As `day_at`, of a date and a time on the business's wall."""
        return self.day_at(clock.instant(day, at, business().zone))

    def span(self, start: datetime, end: datetime) -> str:
        """`Monday 1 March 2027, 09:00 to 10:00`."""
        day = self.day(start.astimezone(self.zone).date())
        return self._in_zone(self.say(Phrase.SPAN, day=day, start=self.time_of(start), end=self.time_of(end)))

    def hours(self, start: datetime, end: datetime) -> str:
        """`09:00 to 10:00`."""
        return self.say(Phrase.HOURS, start=self.time_of(start), end=self.time_of(end))

    def amount(self, value: Decimal, currency: str = "") -> str:
        """`50.00 GBP`, with the language's decimal sign."""
        with translation.override(self.language):
            return f"{formats.number_format(value, decimal_pos=2)} {currency}".strip()

    def _clock(self, at: time) -> str:
        with translation.override(self.language):
            return formats.time_format(at, translation.gettext(Phrase.CLOCK.value))

    def _in_zone(self, when: str) -> str:
        return when if self.zone.key == business().zone.key else self.say(Phrase.IN_ZONE, when=when, zone=self.zone.key)


def rows(lines: Iterable[str]) -> str:
    """Lines of a list, as `rules.blocks` knows them."""
    return "\n".join(f"  {line}" for line in lines)
