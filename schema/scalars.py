"""The scalars of the API, each stricter than its default: a value that could be misread is refused."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

_DECIMAL = re.compile(r"-?\d{1,12}(\.\d{1,6})?")
_TIME = re.compile(r"(\d{2}):(\d{2})")


def _parse_datetime(value: object) -> datetime:
    if not isinstance(value, str):
        raise GraphQLError("DateTime is a string in ISO 8601, such as 2027-03-01T09:00:00Z.")
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise GraphQLError("DateTime is written in ISO 8601, such as 2027-03-01T09:00:00Z.") from None
    if parsed.tzinfo is None:
        raise GraphQLError("DateTime needs an offset, such as Z or +01:00.")
    try:
        return parsed.astimezone(UTC)
    except OverflowError:
        raise GraphQLError("DateTime lies outside the years 1 to 9999.") from None


def _parse_date(value: object) -> date:
    if not isinstance(value, str) or len(value) != 10:
        raise GraphQLError("Date is written YYYY-MM-DD.")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise GraphQLError("Date is written YYYY-MM-DD.") from None


def _parse_time(value: object) -> time:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise GraphQLError("Time is written HH:MM, from 00:00 to 23:59.")
    return time(int(match[1]), int(match[2]))


def _parse_decimal(value: object) -> Decimal:
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise GraphQLError('Decimal is a string such as "19.90".')
    try:
        return Decimal(value)
    except InvalidOperation:
        raise GraphQLError('Decimal is a string such as "19.90".') from None


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant in ISO 8601 with its offset; answers are in UTC.",
        serialize=datetime.isoformat,
        parse_value=_parse_datetime,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A calendar date, `YYYY-MM-DD`, in the business's time zone.",
        serialize=date.isoformat,
        parse_value=_parse_date,
    ),
    time: strawberry.scalar(
        name="Time",
        description="A wall-clock time, `HH:MM`, in the business's time zone.",
        serialize=lambda value: f"{value:%H:%M}",
        parse_value=_parse_time,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='A decimal number as a string, such as `"19.90"`: never a float.',
        serialize=str,
        parse_value=_parse_decimal,
    ),
}
