"""Doing one thing, in the database and in the model, and what holds for all that is done."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
)

from backend.accounts.queries import viewer_for_user
from backend.audit.models import Change
from backend.core.errors import AccessError, Refusal, Refusals
from backend.core.invariants import offences
from backend.core.viewer import NOBODY, Viewer
from backend.coupons.actions import CouponTerms
from backend.coupons.rules import DiscountType
from backend.customers.rules import PostalAddress
from backend.events.models import Event
from backend.orders.models import OrderItem
from backend.orders.rules import CartItem
from tests.stateful.ground import Ground, model_of, settled, stored, told, trailed_rows, undone
from tests.stateful.model import (
    OK,
    Codes,
    Order,
    Visit,
    Wanted,
)

services = Bundle("services")
coupons = Bundle("coupons")
holds = Bundle("holds")
absences = Bundle("absences")

GUESTS = ["ada@example.com", "bob.b+shop@gmail.com", "bobb@googlemail.com", "cleo@example.com"]
CLOCKS = [time(9), time(10, 15), time(11), time(13), time(14, 30), time(16, 30)]
PRICES = [Decimal("10.00"), Decimal("33.33"), Decimal("50.00"), Decimal("0.05")]
ADDRESS = PostalAddress(line1="10 Downing Street", city="London", postcode="SW1A 2AA")

starts = st.tuples(st.integers(0, 2), st.sampled_from(CLOCKS))
"""Days from today, and a time on the wall."""
somebody = st.integers(0, 2)
maybe_somebody = st.none() | somebody
numbers = st.integers(0, 99)
"""Which of the orders or visits."""
emails = st.sampled_from(GUESTS)
flags = st.booleans()

Row = TypeVar("Row")

DONE: Counter[str] = Counter()
"""How often each thing was done, and how often it was refused by which code; for a look at what was tried."""

cart_lines = st.lists(
    st.builds(lambda service, quantity, who: (service, quantity, who), services, st.integers(1, 2), maybe_somebody),
    min_size=1,
    max_size=3,
)


def pick(rows: list[Row], which: int) -> Row:
    return rows[which % len(rows)]


def newest(model: Any, key: str) -> int:
    found: int | None = model.objects.order_by(f"-{key}").values_list(key, flat=True).first()
    return found or 0


def cart_item(wanted: Wanted) -> CartItem:
    wish = wanted.wish.key if wanted.wish else None
    return CartItem(service_id=wanted.service.key, quantity=wanted.quantity, preferred_staff_id=wish)


def coupon_terms(
    code: str,
    only: list[int],
    percent: bool,
    value: Decimal,
    max_uses: int | None,
    per_person: int | None,
    minimum: Decimal,
) -> CouponTerms:
    return CouponTerms(
        code=code,
        discount_type=DiscountType.PERCENTAGE if percent else DiscountType.FIXED,
        discount_value=value,
        max_uses=max_uses,
        max_uses_per_customer=per_person,
        minimum_order_amount=minimum,
        service_ids=only,
    )


class Doing(RuleBasedStateMachine):
    """One example. `ground` is in the database already, and all that is done to it is undone."""

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self.ground = ground
        self.model = model_of(ground)
        self.admin = viewer_for_user(ground.admin_id)
        self.numbers = count(1)
        self.undo = ExitStack()
        self.undo.enter_context(undone())
        self.rows = trailed_rows()
        self.heard = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    def teardown(self) -> None:
        self.undo.close()

    def attempt(self, action: Callable[..., Any], /, **given: Any) -> tuple[Any, Codes]:
        """What came of it, and the codes of what was refused; with the promises that hold for everything done.

        What was refused left no trace at all. What was done left an entry in the trail for every row that it wrote,
        by whoever did it, and told of every visit and order that changed.
        """
        rows, entries, events = self.rows, newest(Change, "pgh_id"), newest(Event, "pk")
        found, codes = None, OK
        try:
            found = action(**given)
            settled()
        except (Refusal, Refusals) as error:
            each = error.refusals if isinstance(error, Refusals) else [error]
            codes = sorted(str(one.code) for one in each if isinstance(one, Refusal))
        except AccessError as error:
            codes = [error.code]
        self.rows = trailed_rows()
        changed = {key for key, _ in rows.items() ^ self.rows.items()}
        name = action.__name__.strip("_")
        DONE[f"{name}: {', '.join(codes) or 'done'}"] += 1
        if codes:
            assert not changed, f"{name} was refused with {codes} and changed {changed}"
            assert newest(Event, "pk") == events, f"{name} was refused with {codes} and told of something"
        self._require_trail(changed, given.get("viewer"), since=entries)
        self._require_told(changed, since=events)
        return found, codes

    def _require_trail(self, changed: set[tuple[str, int]], viewer: Viewer | None, *, since: int) -> None:
        entries = list(Change.objects.filter(pgh_id__gt=since).values_list("model", "object_id", "actor_id"))
        missing = changed - {(model, key) for model, key, _ in entries}
        assert not missing, f"no entry in the trail for {missing}"
        if viewer is not None:
            assert {actor for *_, actor in entries} <= {viewer.user_id}, entries

    def _require_told(self, changed: set[tuple[str, int]], *, since: int) -> None:
        told = Event.objects.filter(pk__gt=since)
        if told.filter(kind="customer.merged").exists():
            return  # one event for all that follows: it says how many
        of = {"orders.Order": told.values_list("order_id", flat=True)}
        of["scheduling.Appointment"] = told.values_list("appointment_id", flat=True)
        for model, ids in of.items():
            silent = {key for label, key in changed if label == model} - set(ids)
            assert not silent, f"nobody was told of {model} {silent}"

    @invariant()
    def database_holds_what_the_model_says(self) -> None:
        assert stored(self.model.now) == told(self.model)

    @invariant()
    def nothing_is_false_in_the_data(self) -> None:
        assert {name: found for name, found in offences().items() if found} == {}

    def at(self, start: tuple[int, time]) -> datetime:
        day = self.model.now.date() + timedelta(days=start[0])
        return datetime.combine(day, start[1], tzinfo=self.model.now.tzinfo)

    def person(self, number: int | None) -> Any:
        return None if number is None else self.model.people[self.ground.people[number]]

    def address(self) -> str:
        """Another network address each time, so that no limit of tries is met."""
        number = next(self.numbers)
        return f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"

    def account(self, email: str) -> Viewer:
        return viewer_for_user(self.ground.users[email])

    def owner_of(self, order: Order) -> dict[str, Any]:
        """As whom its customer or guest deals with an order."""
        if order.customer is not None and order.customer.account:
            return {"viewer": self.account(order.customer.account), "order_id": order.key}
        return {"viewer": NOBODY, "tracking_token": order.token}

    def office_of(self, order: Order) -> dict[str, Any]:
        return {"viewer": self.admin, "order_id": order.key}

    def an_order(self, nth: int) -> Order:
        """Mostly one that is not over."""
        rows = list(self.model.orders.values())
        going_on = [row for row in rows if row.status not in ("COMPLETED", "CANCELLED")]
        return pick(going_on if nth % 6 and going_on else rows, nth)

    def a_visit(self, nth: int) -> Visit:
        """Mostly one that is not over."""
        rows = list(self.model.visits.values())
        going_on = [row for row in rows if row.is_open]
        return pick(going_on if nth % 6 and going_on else rows, nth)

    def learn_lines(self, order: Order) -> None:
        """The ids that the database gave to the lines and to their visits."""
        rows = OrderItem.objects.filter(order=order.key).order_by("position")
        for line, row in zip(order.lines, rows, strict=True):
            line.key = row.pk
            if line.visit is not None and row.appointment_id is not None:
                line.visit.key = row.appointment_id
                self.model.visits[line.visit.key] = line.visit
