"""Lists as files for a spreadsheet."""

import csv
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from backend.core.business import business

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet read a text as a formula, and run it."""


class _Echo:
    """What csv writes into: gives each line back."""

    def write(self, line: str) -> str:
        return line


def csv_response(office: Any, rows: QuerySet[Any], columns: Sequence[Any], *, name: str) -> StreamingHttpResponse:
    """The rows, one at a time whatever their number, with the list's columns. UTF-8 with the mark that Excel wants."""
    response = StreamingHttpResponse(_lines(office, rows, columns), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _lines(office: Any, rows: QuerySet[Any], columns: Sequence[Any]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"
    yield writer.writerow([label_for_field(column, office.model, office) for column in columns])
    for row in rows.iterator(chunk_size=1000):
        yield writer.writerow([safe_cell(_value(office, row, column)) for column in columns])


def _value(office: Any, row: Any, column: Any) -> Any:
    try:
        field, _, value = lookup_field(column, row, office)
    except ObjectDoesNotExist:
        return ""
    if field is not None and getattr(field, "choices", None):
        return dict(field.flatchoices).get(value, value)
    return value


def safe_cell(value: Any) -> str:
    """A value as a cell. Text that a spreadsheet would run as a formula is led by an apostrophe, as OWASP advises."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(business().zone):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    is_text = not isinstance(value, int | float) and not hasattr(value, "as_tuple")
    return f"'{text}" if is_text and text.startswith(_FORMULA) else text
