"""Filling the table of postcodes.

An import is not one transaction but one per batch: a writing transaction that runs for minutes would hold back every
reader of the event log, which waits for the oldest one. Each batch is an upsert, so an import that was interrupted is
simply run again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from django.db.models import Avg
from django.db.models.functions import Left, Length

from backend.core.transactions import use_case
from backend.geography.errors import UnknownLayout
from backend.geography.models import Postcode
from backend.geography.rules import BadRow, Position, is_outward_code, layout_of, outward_code

BATCH = 5000
LONDON = Path(__file__).parent / "london.csv"


@dataclass
class ImportReport:
    """What an import did. Every line that is not blank and not the header is in `stored_lines` or in `bad`."""

    layout: str
    stored_lines: int = 0
    postcodes: int = 0
    """Full postcodes written, each batch's repeats counted once."""
    outward_codes: int = 0
    """Outward codes that the file names."""
    derived_outward_codes: int = 0
    """Outward codes that it does not name: the mean of all full postcodes under them."""
    bad: Counter[str] = field(default_factory=Counter)
    """Unusable lines by reason."""


@dataclass
class _Mean:
    """Running mean of the positions that a file gives for one outward code: GeoNames lists one per place name."""

    latitude: float = 0.0
    longitude: float = 0.0
    count: int = 0

    def add(self, position: Position) -> None:
        self.latitude += position.latitude
        self.longitude += position.longitude
        self.count += 1

    def row(self, code: str) -> Postcode:
        return Postcode(
            code=code, is_outcode=True, latitude=self.latitude / self.count, longitude=self.longitude / self.count
        )


@dataclass
class _Import:
    """One import under way: what is read but not stored, and what was learned of outward codes."""

    report: ImportReport
    on_progress: Callable[[int], None]
    batch: dict[str, Postcode] = field(default_factory=dict)
    named: dict[str, _Mean] = field(default_factory=dict)
    above: set[str] = field(default_factory=set)
    """Outward codes of the full postcodes seen."""

    def take(self, number: int, position: Position) -> None:
        """Keep one row, and store the batch that it fills."""
        self.report.stored_lines += 1
        if is_outward_code(position.code):
            self.named.setdefault(position.code, _Mean()).add(position)
            return
        self.above.add(outward_code(position.code))
        self.batch[position.code] = Postcode(
            code=position.code, is_outcode=False, latitude=position.latitude, longitude=position.longitude
        )
        if len(self.batch) == BATCH:
            self.flush(number)

    def flush(self, number: int) -> None:
        """Store the batch, which ends with line `number`."""
        if self.batch:
            self.report.postcodes += len(self.batch)
            _store(list(self.batch.values()))
            self.batch.clear()
            self.on_progress(number)

    def finish(self, number: int) -> None:
        """Store the rest, and every outward code."""
        self.flush(number)
        _store([mean.row(code) for code, mean in self.named.items()])
        self.report.outward_codes = len(self.named)
        self.report.derived_outward_codes = _derive_outward_codes(self.above - self.named.keys())


def import_postcodes(
    lines: Iterable[str],
    *,
    on_bad_row: Callable[[int, str, str], None] = lambda number, reason, line: None,
    on_progress: Callable[[int], None] = lambda number: None,
) -> ImportReport:
    """Read one file, line by line, into the table; its layout is told from its first line.

    `on_bad_row` gets the number (from 1), the reason and the text of each unusable line, `on_progress` the number of
    the last line stored after each batch. The same file again changes nothing. Raises UnknownLayout, before anything
    is written.
    """
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    first = next(numbered, None)
    if first is None:
        raise UnknownLayout("")
    layout = layout_of(first[1])
    running = _Import(ImportReport(layout=layout.name), on_progress)
    number = first[0]
    for number, line in numbered if layout.has_header else chain([first], numbered):
        try:
            position = layout.read(line)
        except BadRow as bad:
            running.report.bad[bad.reason] += 1
            on_bad_row(number, bad.reason, line)
        else:
            running.take(number, position)
    running.finish(number)
    return running.report


def load_london() -> int:
    """London's outward codes, for the demo and for development; how many there are."""
    with LONDON.open(encoding="utf-8") as lines:
        return import_postcodes(lines).outward_codes


@use_case
def _store(rows: Sequence[Postcode]) -> None:
    """Insert or move; one transaction."""
    Postcode.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["is_outcode", "latitude", "longitude"],
    )


def _derive_outward_codes(codes: set[str]) -> int:
    """Write each code's centroid: the mean of all full postcodes under it that the table has."""
    means = (
        Postcode.objects.filter(is_outcode=False)
        .annotate(outward=Left("code", Length("code") - 3))
        .filter(outward__in=codes)
        .values("outward")
        .annotate(north=Avg("latitude"), east=Avg("longitude"))
        .order_by("outward")
    )
    rows = [
        Postcode(code=mean["outward"], is_outcode=True, latitude=mean["north"], longitude=mean["east"])
        for mean in means
    ]
    _store(rows)
    return len(rows)
