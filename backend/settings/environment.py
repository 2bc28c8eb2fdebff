"""Every environment variable that Rota reads: one table, checked at start, printed in docs/operations.md.

A test compares this table with the document.
"""

import base64
import os
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured

from backend.core.fairness import Assignment
from backend.core.languages import LANGUAGES


def _boolean(text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off", ""):
        return False
    raise ValueError("say true or false")


def _currency(text: str) -> str:
    if len(text) != 3 or not text.isalpha() or not text.isupper():
        raise ValueError("say an ISO 4217 code such as GBP")
    return text


def _positive(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise ValueError("say a whole number above zero")
    return number


def _natural(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError("say a whole number, zero or more")
    return number


def _per_mile(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("say a decimal number, such as 2.5") from None
    if not 0 <= number <= 60:  # also refuses NaN and infinity
        raise ValueError("say a number from 0 to 60")
    return number


def _fernet_keys(text: str) -> list[str]:
    for key in _names(text):
        if len(key) != 44 or len(base64.urlsafe_b64decode(key)) != 32:
            raise ValueError("say 32 random bytes each, in URL-safe base64")
    return _names(text)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _grid(text: str) -> int:
    number = _positive(text)
    if 1440 % number:
        raise ValueError("say a number of minutes that divides a day")
    return number


def _assignment(text: str) -> Assignment:
    if text not in list(Assignment):
        raise ValueError(f"say one of {', '.join(Assignment)}")
    return Assignment(text)


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError(f"say one of {', '.join(LANGUAGES)}")
    return text


def _sms(text: str) -> str:
    parts = urlsplit(text)
    named = parts.username and parts.password and "from=" in parts.query
    if text and not (named and parts.scheme in ("http", "https")):
        raise ValueError("say https://ACCOUNT:TOKEN@host/path?from=SENDER")
    return text


def _keep(text: str) -> tuple[int, int, int]:
    days, weeks, months = (_natural(number) for number in text.split(","))
    return days, weeks, months


def _media(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in ("", "file", "s3") or not (parts.netloc if parts.scheme == "s3" else parts.path)):
        raise ValueError("say a folder, or s3://bucket/prefix")
    return text


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: how it is read, and what stands in when it is unset."""

    name: str
    default: str
    read: Callable[[str], Any]
    meaning: str


VARIABLES: tuple[Variable, ...] = (
    Variable("DATABASE_URL", "", str, "PostgreSQL, `postgresql://user:password@host:port/name`. Unset: embedded."),
    Variable("REDIS_URL", "", str, "Redis, `redis://host:port/0` or `unix:///path`. Unset: embedded."),
    Variable("ROTA_HOME", ".rota", str, "Folder of the embedded servers, the mail outbox and uploaded files."),
    Variable("ROTA_DEMO", "true", _boolean, "Whether `make up` puts the demo business into an empty database."),
    Variable("PORT", "8000", _positive, "Port that the web process serves on."),
    Variable("BIND", "127.0.0.1", str, "Address that the web process listens on; `0.0.0.0` for all."),
    Variable("SECRET_KEY", "", str, "Signing key, at least 50 characters. Production refuses to start without."),
    Variable("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]", _names, "Host names served, comma-separated."),
    Variable("TRUSTED_PROXIES", "0", _natural, "Reverse proxies in front that append to X-Forwarded-For."),
    Variable("CORS_ORIGINS", "", _names, "Browser origins that may call the API, comma-separated."),
    Variable("EMAIL_URL", "", str, "`smtp://user:password@host:587?tls=true`. Unset: a folder under ROTA_HOME."),
    Variable(
        "MEDIA_URL",
        "",
        _media,
        "Where uploaded files are: a folder, or `s3://bucket/prefix?endpoint_url=…`. Unset: under ROTA_HOME.",
    ),
    Variable("FILE_LINK_MINUTES", "15", _positive, "How long at most a link to an uploaded file works."),
    Variable("SMS_URL", "", _sms, "`https://ACCOUNT:TOKEN@api.twilio.com/2010-04-01?from=+44…`. Unset: no SMS."),
    Variable("PUBLIC_URL", "http://localhost:8000", str, "Base of the links in mails, without a trailing slash."),
    Variable("LOG_LEVEL", "INFO", str.upper, "DEBUG, INFO, WARNING or ERROR."),
    Variable("LOG_FORMAT", "", str, "`json` or `console`. Unset: console in development, json in production."),
    Variable("DATABASE_POOL_SIZE", "8", _positive, "Connections of one process's pool (sockets and workers)."),
    Variable("WEB_THREADS", "4", _positive, "Threads that answer HTTP in one web process."),
    Variable("WORKER_THREADS", "4", _positive, "Threads that handle events in one worker process."),
    Variable("ACCESS_TOKEN_DAYS", "30", _positive, "How long a sign-in lasts."),
    Variable("AUDIT_KEEP_DAYS", "2557", _positive, "How long the trail of changes is kept; 2557 is seven years."),
    Variable("COST_BUDGET", "20000", _positive, "Points that a client's bucket holds; a field costs about one."),
    Variable("COST_RESTORE_PER_SECOND", "500", _positive, "Points that flow back into the bucket each second."),
    Variable("WEBHOOKS_ANYWHERE", "false", _boolean, "Whether webhooks may go to http and private addresses."),
    Variable("ROTA_ENVIRONMENT", "", str, "Badge of the back office, such as `Staging`. Unset: what the settings say."),
    Variable(
        "SEALING_KEYS",
        "",
        _fernet_keys,
        "Keys that seal calendar tokens and webhook secrets, newest first, comma-separated.",
    ),
    Variable("CALENDAR_KEYS", "", _fernet_keys, "The old name of `SEALING_KEYS`; these are tried after those."),
    Variable("GOOGLE_CLIENT_ID", "", str, "The app that is registered with Google. Unset: Google is not offered."),
    Variable("GOOGLE_CLIENT_SECRET", "", str, "Its secret."),
    Variable("GOOGLE_URL", "", str, "A stand-in for Google's hosts, in tests. Unset: Google's own."),
    Variable("MICROSOFT_CLIENT_ID", "", str, "The app that is registered with Microsoft. Unset: not offered."),
    Variable("MICROSOFT_CLIENT_SECRET", "", str, "Its secret."),
    Variable("MICROSOFT_URL", "", str, "A stand-in for Microsoft's hosts, in tests. Unset: Microsoft's own."),
    Variable("CALDAV_PRIVATE", "false", _boolean, "Whether CalDAV servers may be private, or without TLS."),
    Variable("BACKUP_URL", "", str, "Where backups go: a folder, or `s3://bucket/prefix?endpoint_url=…`. Unset: none."),
    Variable("BACKUP_KEEP", "7,5,12", _keep, "For how many days, weeks and months the newest backup of each is kept."),
    Variable("EVENTS_KEEP_DAYS", "400", _positive, "How long the event log goes back."),
    Variable("ROTA_DIGEST", "false", _boolean, "Whether the office gets a mail about its day at seven."),
    Variable("MESSAGES_KEEP_DAYS", "400", _positive, "How long it is kept what was told to whom."),
    Variable("ROTA_BUSINESS_NAME", "Rota", str, "The business's name, in the API and in mails."),
    Variable("ROTA_BUSINESS_EMAIL", "office@rota.test", str, "Sender of mails."),
    Variable("ROTA_TIME_ZONE", "Europe/London", ZoneInfo, "IANA zone in which hours, dates and recurrences are read."),
    Variable("ROTA_LANGUAGE", "en", _language, "Language of messages to people who chose none: `en` or `de`."),
    Variable("ROTA_CURRENCY", "GBP", _currency, "ISO 4217 code kept with every stored total."),
    Variable(
        "ROTA_CANCELLATION_NOTICE_HOURS", "24", _natural, "Until how long before the start a customer may cancel."
    ),
    Variable(
        "ROTA_RESCHEDULE_NOTICE_HOURS", "24", _natural, "Until how long before the start a customer may move a booking."
    ),
    Variable("ROTA_MAX_RESCHEDULES", "3", _natural, "How often a customer may move one booking; 0 is never."),
    Variable("ROTA_BOOKINGS_NEED_CONFIRMATION", "false", _boolean, "Whether the office confirms direct bookings."),
    Variable("ROTA_TRACKING_LINK_DAYS", "90", _positive, "How long a tracking link works after the end."),
    Variable("ROTA_SLOT_GRID_MINUTES", "15", _grid, "Bookable starts lie on multiples of this from midnight."),
    Variable("ROTA_BOOKING_NOTICE_HOURS", "2", _natural, "Earliest start offered, from now."),
    Variable(
        "ROTA_ASSIGNMENT", "LEAST_BOOKED", _assignment, "Who is sent, of all who could: LEAST_BOOKED or LONGEST_IDLE."
    ),
    Variable(
        "ROTA_STAFF_CHANGES_NEED_APPROVAL",
        "false",
        _boolean,
        "Whether what staff change of their own hours, areas and absences waits for the office.",
    ),
    Variable("ROTA_BOOKING_HORIZON_DAYS", "180", _positive, "Latest start offered, from now."),
    Variable("ROTA_TRAVEL_MINUTES_PER_MILE", "0", _per_mile, "Minutes kept free per mile between two visits; 0: off."),
    Variable("ROTA_HOLD_MINUTES", "10", _positive, "How long `holdSlot` keeps a time."),
    Variable("ROTA_ORDER_HOLD_HOURS", "24", _positive, "How long at most an ordered hold waits for the office."),
    Variable(
        "ROTA_PLAN_SEARCH_DAYS",
        "14",
        _natural,
        "How far past its date a plan's visit may go, in days.",
    ),
    Variable("ROTA_EXTERNAL_BUSY_BLOCKS", "false", _boolean, "Whether staff's own calendars keep visits away."),
    Variable("ROTA_PLANS_NEED_CONFIRMATION", "false", _boolean, "Whether new plans wait for the office."),
)


def read_environment() -> dict[str, Any]:
    """All variables, parsed; ImproperlyConfigured names every one that makes no sense."""
    values: dict[str, Any] = {}
    faults: list[str] = []
    for variable in VARIABLES:
        text = os.environ.get(variable.name, variable.default)
        try:
            values[variable.name] = variable.read(text)
        except (ValueError, LookupError) as error:
            faults.append(f"{variable.name}={text!r}: {error}")
    if faults:
        raise ImproperlyConfigured("The environment makes no sense:\n  " + "\n  ".join(faults))
    return values
