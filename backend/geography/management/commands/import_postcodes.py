"""`manage.py import_postcodes FILE…`: where postcodes lie."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.geography.actions import import_postcodes
from backend.geography.errors import UnknownLayout

REPORT_EVERY = 100_000
"""Lines between two signs of life."""


class Command(BaseCommand):
    help = (
        "Fill the table of postcodes from GeoNames (GB.txt, GB_full.txt), the ONS Postcode Directory, Code-Point Open, "
        "or a CSV with the header outcode,latitude,longitude. Safe to run again. Unusable lines go to stderr."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="unpacked text file, UTF-8")

    def handle(self, *args: Any, **options: Any) -> None:
        for file in options["files"]:
            self._import(file)

    def _import(self, file: Path) -> None:
        self._next_report = REPORT_EVERY
        try:
            # What is not UTF-8 becomes U+FFFD: a bad line, reported like any other, instead of the end of the import.
            with file.open(encoding="utf-8-sig", errors="replace", newline="\n") as lines:
                report = import_postcodes(lines, on_bad_row=self._bad_row, on_progress=self._progress)
        except OSError as error:
            raise CommandError(f"{file} can't be read: {error.strerror}") from error
        except UnknownLayout as error:
            raise CommandError(f"{file}: {error}") from error
        self.stdout.write(
            f"{file} ({report.layout}): {report.stored_lines:,} lines gave {report.postcodes:,} postcodes "
            f"and {report.outward_codes:,} outward codes; {report.derived_outward_codes:,} more outward codes were "
            f"derived; {report.bad.total():,} lines were left out"
        )
        for reason, count in report.bad.most_common():
            self.stdout.write(f"  {count:,} × {reason}")
        if not report.stored_lines:
            raise CommandError(f"{file} has no usable line.")

    def _bad_row(self, number: int, reason: str, line: str) -> None:
        self.stderr.write(f"line {number}: {reason}: {line.rstrip()[:200]}")

    def _progress(self, number: int) -> None:
        if number >= self._next_report:
            self.stdout.write(f"{number:,} lines")
            self._next_report = number + REPORT_EVERY
