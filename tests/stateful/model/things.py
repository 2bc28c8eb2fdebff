"""What there is: rows without a table."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

Codes = list[str]
OK: Codes = []

NOTICE = timedelta(hours=2)
POLICY = timedelta(hours=24)
HOLD = timedelta(minutes=10)
SEARCH_DAYS = 14
MAX_MOVES = 3
OPEN = ("PENDING", "CONFIRMED", "IN_PROGRESS")
SAME_PERSON = {"bob.b+shop@gmail.com": "bobb@gmail.com", "bobb@googlemail.com": "bobb@gmail.com"}
"""Dots and tags do not count at this host, and its two names are one. Other addresses are persons as they stand."""


@dataclass(eq=False)
class Service:
    """Something that is done, at the price and length of now."""

    key: int
    price: Decimal
    minutes: int
    buffer: int
    active: bool = True


@dataclass(eq=False)
class Person:
    """Who comes. `offers` maps services to an own price, or None; `hours` are those of each working day."""

    key: int
    offers: dict[int, Decimal | None]
    hours: Sequence[tuple[time, time]]
    active: bool = True

    def works(self, start: datetime, end: datetime) -> bool:
        """Whether [start, end) lies in one stretch of work."""
        if start.weekday() > 4 or start.date() != end.date():
            return False
        return any(low <= start.time() and end.time() <= high for low, high in self.hours)


@dataclass(eq=False)
class Customer:
    """Somebody with a record; `account` is the e-mail that its account signs in with, if it has one."""

    key: int
    email: str
    account: str | None
    is_merged: bool = False


@dataclass(eq=False)
class Use:
    """One use of a coupon by one person."""

    order: "Order | Series"
    person: str
    amount: Decimal
    live: bool = True


@dataclass(eq=False, kw_only=True)
class Coupon:
    """Percent or a fixed amount; `only` are the services that it is for, empty for all."""

    key: int
    code: str
    percent: bool
    value: Decimal
    max_uses: int | None
    per_person: int | None
    minimum: Decimal
    only: frozenset[int]
    active: bool = True
    uses: list[Use] = field(default_factory=list)

    def live(self, without: "Order | Series | None" = None) -> list[Use]:
        return [use for use in self.uses if use.live and use.order is not without]


@dataclass(eq=False)
class Visit:
    """Somebody's time at somebody's place."""

    key: int
    service: Service
    person: Person
    start: datetime
    minutes: int
    buffer: int
    order: "Order | None"
    customer: Customer | None
    token: str = ""
    status: str = "CONFIRMED"
    moves: int = 0
    series: "Series | None" = None

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)

    @property
    def busy_until(self) -> datetime:
        return self.end + timedelta(minutes=self.buffer)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


@dataclass(eq=False)
class Line:
    """One line of an order, at the price and length of the day on which it was chosen."""

    service: Service
    quantity: int
    unit: Decimal
    minutes: int
    buffer: int
    wish: Person | None
    key: int = 0
    visit: Visit | None = None

    @property
    def total(self) -> Decimal:
        return self.unit * self.quantity


@dataclass(eq=False)
class Order:
    """What somebody wants done; `asked` is the other time that waits for the office."""

    customer: Customer | None
    email: str
    start: datetime
    lines: list[Line]
    key: int = 0
    token: str = ""
    status: str = "PENDING"
    discount: Decimal = Decimal("0.00")
    coupon: Coupon | None = None
    was_confirmed: bool = False
    asked: datetime | None = None
    asked_key: int | None = None

    @property
    def subtotal(self) -> Decimal:
        return sum((line.total for line in self.lines), Decimal("0.00"))

    @property
    def deadline(self) -> datetime:
        return self.start - POLICY

    @property
    def contact(self) -> str:
        return self.customer.email if self.customer else self.email

    @property
    def visits(self) -> list[Visit]:
        return [line.visit for line in self.lines if line.visit is not None]


@dataclass(eq=False)
class Due:
    """A visit that a plan owes, and the one that it became; `asked` is the other time that waits for the office."""

    sequence: int
    day: date
    before: date
    status: str = "UNPLACED"
    visit: Visit | None = None
    moved: bool = False
    has_reason: bool = False
    key: int = 0
    asked: datetime | None = None
    asked_key: int | None = None


@dataclass(eq=False, kw_only=True)
class Series:
    """A plan: one service, again and again, at the price and length of the day on which it was made.

    `asked_time` and `wish` are what was asked for; `kept` and `person` what the first visit that was placed has made
    of it.
    """

    service: Service
    frequency: str
    start: date
    asked_time: time
    wish: Person | None
    customer: Customer | None
    email: str
    price: Decimal = Decimal(0)
    minutes: int = 0
    buffer: int = 0
    count: int = 0
    key: int = 0
    token: str = ""
    status: str = "PENDING"
    kept: time | None = None
    person: Person | None = None
    dues: list[Due] = field(default_factory=list)
    discount: Decimal = Decimal("0.00")
    coupon: Coupon | None = None
    was_active: bool = False
    resume_on: date | None = None
    next: date | None = None
    done: int = 0

    def __post_init__(self) -> None:
        self.rhythm, self.end = self.start, nominal(self.start, "MONTHLY", 1)

    @property
    def time(self) -> time:
        return self.kept or self.asked_time

    @property
    def contact(self) -> str:
        return self.customer.email if self.customer else self.email

    @property
    def total(self) -> Decimal:
        return self.price * self.count

    @property
    def code(self) -> str:
        return self.coupon.code if self.coupon else ""

    @property
    def owed(self) -> int:
        return self.count - sum(due.status != "CANCELLED" for due in self.dues)


@dataclass(eq=False)
class Hold:
    """A time kept for a while."""

    token: str
    service: Service
    person: Person
    start: datetime
    minutes: int
    buffer: int
    until: datetime

    @property
    def busy_until(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes + self.buffer)


@dataclass(eq=False)
class Absence:
    key: int
    person: Person
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Busy:
    """A stretch of somebody's time that nobody else can have."""

    start: datetime
    end: datetime
    kind: str
    visit: Visit | None = None


@dataclass(frozen=True)
class Wanted:
    """A line as somebody asks for it."""

    service: Service
    quantity: int = 1
    wish: Person | None = None


Planned = tuple[Line, Person, datetime, datetime]
Plan = list[Planned]


def nominal(start: date, frequency: str, number: int) -> date:
    """The date `number` of a rhythm; months are counted from the start, and short ones end it early."""
    if frequency != "MONTHLY":
        return start + timedelta(days=(7 if frequency == "WEEKLY" else 14) * number)
    year, month = divmod(start.year * 12 + start.month - 1 + number, 12)
    following = date(year + month // 11, (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=start.day - 1), following - timedelta(days=1))


def person_of(email: str) -> str:
    return SAME_PERSON.get(email, email)


def discounted(coupon: Coupon, lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if not coupon.only or line.service.key in coupon.only]


def off(coupon: Coupon, lines: Sequence[Line]) -> Decimal:
    """What a coupon takes off, and never more than there is."""
    base = sum((line.total for line in discounted(coupon, lines)), Decimal(0))
    if not coupon.percent:
        return min(coupon.value, base)
    return (base * coupon.value / 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
