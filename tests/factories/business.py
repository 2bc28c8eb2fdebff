"""People, catalogue, hours and places."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password
from django.test import override_settings
from psycopg.types.range import Range

from backend.accounts.models import AccessToken, Manager, Profile, User
from backend.catalogue.models import Category, Service, ServiceExtra
from backend.core.business import business
from backend.core.references import secret_token, token_hash
from backend.core.viewer import Role
from backend.customers.models import Address, Customer
from backend.geography.models import Postcode
from backend.scheduling.models import Claim, Hold
from backend.staff.models import Staff, StaffArea, StaffSchedule, StaffService, TimeOff

NOW = datetime(2027, 2, 1, 8, 0, tzinfo=UTC)
"""A Monday morning in winter: London's clock shows the same. Tests that need a time take this one."""

PASSWORD = "correct-horse-battery"
_PASSWORD_HASH: dict[str, str] = {}
_number = count(1)

CENTROIDS = {"SW1A": (51.5018, -0.1406), "N1": (51.5378, -0.1000), "E2": (51.5293, -0.0607), "M1": (53.4790, -2.2340)}
"""Three outward codes of London, within five miles of each other, and one of Manchester."""


def user(role: Role = Role.CUSTOMER, **given: Any) -> User:
    """A user who can sign in with PASSWORD."""
    if "hash" not in _PASSWORD_HASH:
        _PASSWORD_HASH["hash"] = make_password(PASSWORD)
    number = next(_number)
    values = {"email": f"user{number}@example.com", "name": f"User {number}", "created_at": NOW} | given
    row = User.objects.create(role=role, password=_PASSWORD_HASH["hash"], **values)
    Profile.objects.create(user=row)
    return row


def token_for(row: User) -> str:
    """A live access token, as signing in gives."""
    token = secret_token()
    AccessToken.objects.create(
        user=row,
        token_hash=token_hash(token),
        created_at=NOW,
        last_used_at=NOW,
        expires_at=datetime(2099, 1, 1, tzinfo=UTC),
    )
    return token


def manager(**given: Any) -> Manager:
    """A manager with all flags; manages nobody unless told. Flags and `can_manage_all` by keyword."""
    flags = dict.fromkeys(
        ["can_manage_staff", "can_manage_customers", "can_manage_orders", "can_approve_services", "can_view_reports"],
        True,
    )
    row = given.pop("user", None) or user(Role.MANAGER)
    return Manager.objects.create(user=row, **flags | given)


def customer(*, with_user: bool = True, **given: Any) -> Customer:
    """A customer, with an account unless told otherwise."""
    account = given.pop("user", None) or (user(Role.CUSTOMER) if with_user else None)
    number = next(_number)
    values = {
        "name": account.name if account else f"Customer {number}",
        "email": account.email if account else f"customer{number}@example.com",
        "phone": "+442079460958",
        "created_at": NOW,
    } | given
    return Customer.objects.create(user=account, **values)


def address(row: Customer, **given: Any) -> Address:
    values = {
        "line1": "10 Downing Street",
        "city": "London",
        "postcode": "SW1A 2AA",
        "is_default": True,
        "created_at": NOW,
    } | given
    return Address.objects.create(customer=row, **values)


def category(**given: Any) -> Category:
    number = next(_number)
    parent = given.get("parent")
    values = {"name": f"Category {number}", "slug": f"category-{number}", "created_at": NOW} | given
    values.setdefault("tree_order", f"{parent.tree_order if parent else ''}{values.get('position', 0):06}")
    values.setdefault("is_shown", values.get("is_active", True) and (parent is None or parent.is_shown))
    return Category.objects.create(**values)


def service(**given: Any) -> Service:
    """Active and approved: 60 minutes at 50.00, with 15 minutes of buffer."""
    number = next(_number)
    values: dict[str, Any] = {
        "name": f"Service {number}",
        "slug": f"service-{number}",
        "price": Decimal("50.00"),
        "duration_minutes": 60,
        "buffer_minutes": 15,
        "created_at": NOW,
    }
    if "category" not in given:
        values["category"] = category()
    return Service.objects.create(**values | given)


def extra(row: Service, **given: Any) -> ServiceExtra:
    """15.00 and 30 minutes."""
    values = {"name": f"Extra {next(_number)}", "price": Decimal("15.00"), "duration_minutes": 30} | given
    return ServiceExtra.objects.create(service=row, **values)


def staff_member(*services: Service, with_user: bool = False, postcode: str | None = "SW1A", **given: Any) -> Staff:
    """Works 09:00 to 17:00 from Monday to Friday, offers `services`, serves ten miles around `postcode`."""
    account = given.pop("user", None) or (user(Role.STAFF) if with_user else None)
    number = next(_number)
    values = {"name": f"Staff {number}", "email": f"staff{number}@example.com", "created_at": NOW} | given
    row = Staff.objects.create(user=account, **values)
    works(row)
    for each in services:
        offers(row, each)
    if postcode:
        area(row, postcode)
    return row


def works(
    row: Staff, days: range | list[int] = range(5), start: str = "09:00", end: str = "17:00", breaks: Any = ()
) -> None:
    """Replace the week."""
    row.schedules.all().delete()
    for day in days:
        StaffSchedule.objects.create(
            staff=row,
            day_of_week=day,
            start=time.fromisoformat(start),
            end=time.fromisoformat(end),
            breaks=list(breaks),
        )


def offers(row: Staff, what: Service, **given: Any) -> StaffService:
    return StaffService.objects.create(staff=row, service=what, **given)


def area(row: Staff, postcode: str = "SW1A", radius_miles: str = "10") -> StaffArea:
    latitude, longitude = CENTROIDS[postcode]
    return StaffArea.objects.create(
        staff=row, postcode=postcode, radius_miles=Decimal(radius_miles), latitude=latitude, longitude=longitude
    )


def add_postcodes() -> None:
    """The outward codes of CENTROIDS."""
    Postcode.objects.bulk_create(
        [
            Postcode(code=code, is_outcode=True, latitude=latitude, longitude=longitude)
            for code, (latitude, longitude) in CENTROIDS.items()
        ],
        ignore_conflicts=True,
    )


def time_off(row: Staff, start: datetime, hours: float = 8) -> TimeOff:
    """An absence with its claim."""
    end = start + timedelta(hours=hours)
    absence = TimeOff.objects.create(staff=row, start=start, end=end, created_at=NOW)
    Claim.objects.create(staff=row, period=Range(start, end), kind="TIME_OFF", time_off=absence)
    return absence


def held_slot(row: Staff, what: Service, start: datetime, *, token: str = "held", **given: Any) -> Hold:  # noqa: S107
    """An hour that is held until ten minutes after NOW, for whoever has the token."""
    values = {"end": start + timedelta(hours=1), "postcode": "SW1A 2AA", "client": "203.0.113.7", "created_at": NOW}
    hold = Hold.objects.create(staff=row, service=what, start=start, token_hash=token_hash(token), **values | given)
    expires_at = NOW + timedelta(minutes=10)
    Claim.objects.create(staff=row, period=Range(start, hold.end), kind="HOLD", hold=hold, expires_at=expires_at)
    return hold


def configured(**given: Any) -> override_settings:
    """The business with other rules, as a context or decorator: `with factories.configured(zone=…):`."""
    return override_settings(ROTA_BUSINESS=replace(business(), **given))
