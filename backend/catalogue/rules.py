"""What a service may look like, when it can be booked, how categories form a tree, and what becomes of a proposal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from backend.core.errors import FieldPath, InvalidInput, InvalidTransition, NotFound, OutOfRange, Refusal
from backend.core.money import to_cents

MAX_DURATION_MINUTES = 24 * 60
MAX_EXTRAS = 50
MAX_PRICE = Decimal("99999.99")
MAX_DEPTH = 3
"""How many levels of categories there are at most."""
PLACE_DIGITS = 6
"""Digits of one level in `Category.tree_order`."""


class ApprovalStatus(StrEnum):
    """Staff propose, the office approves or rejects; what is not approved can be taken back and proposed again."""

    PENDING_APPROVAL = "PENDING_APPROVAL"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


_STEPS: Mapping[ApprovalStatus, frozenset[ApprovalStatus]] = {
    ApprovalStatus.APPROVED: frozenset({ApprovalStatus.PENDING_APPROVAL, ApprovalStatus.REJECTED}),
    ApprovalStatus.REJECTED: frozenset({ApprovalStatus.PENDING_APPROVAL}),
    ApprovalStatus.WITHDRAWN: frozenset({ApprovalStatus.PENDING_APPROVAL}),
    ApprovalStatus.PENDING_APPROVAL: frozenset({ApprovalStatus.REJECTED, ApprovalStatus.WITHDRAWN}),
}
"""To each status, from which a proposal gets there. What is approved stays so: it is deactivated, not rejected."""


def require_step(current: str, wanted: ApprovalStatus) -> None:
    """InvalidTransition where a proposal in `current` can't become `wanted`."""
    if current not in _STEPS[wanted]:
        said = current.replace("_", " ").lower()
        raise InvalidTransition(f"A service that is {said} can't become {wanted.replace('_', ' ').lower()}.")


def is_bookable(*, is_active: bool, approval_status: str) -> bool:
    """Bookable = active and approved."""
    return is_active and approval_status == ApprovalStatus.APPROVED


def price_refusals(price: Decimal, field: FieldPath) -> list[Refusal]:
    """What is wrong with a price: its bounds, or fractions of a penny."""
    if not Decimal(0) <= price <= MAX_PRICE:
        return [OutOfRange(f"A price lies between 0 and {MAX_PRICE}.", field)]
    if price != to_cents(price):
        return [InvalidInput("A price has at most two decimal places.", field)]
    return []


def minutes_refusals(minutes: int, low: int, field: FieldPath) -> list[Refusal]:
    """What is wrong with a number of minutes that starts at `low`."""
    if not low <= minutes <= MAX_DURATION_MINUTES:
        return [OutOfRange(f"This lies between {low} and {MAX_DURATION_MINUTES} minutes.", field)]
    return []


def reordered(current: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """`current` with `wanted` first, in that order; what it leaves out follows as it stood."""
    chosen = set(wanted)
    return [*wanted, *(each for each in current if each not in chosen)]


def order_refusals(current: Iterable[int], wanted: Sequence[int], field: str) -> list[Refusal]:
    """What is wrong with a new order: what stands elsewhere, and what is named twice."""
    known = set(current)
    refusals: list[Refusal] = []
    for position, each in enumerate(wanted):
        if each not in known:
            refusals.append(NotFound("This is not one of those that are put in order.", (field, position)))
        elif each in wanted[:position]:
            refusals.append(InvalidInput("This is named twice.", (field, position)))
    return refusals


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A category as the tree sees it."""

    id: int
    parent_id: int | None
    position: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class TreePlace:
    """Where a category stands: text that sorts depth first, and whether it and all above it are active."""

    order: str
    is_shown: bool

    @property
    def depth(self) -> int:
        """1 for a category without a parent."""
        return len(self.order) // PLACE_DIGITS


def tree_places(nodes: Iterable[TreeNode]) -> dict[int, TreePlace]:
    """The place of each category by id. Categories in a circle have none: they hang on nothing."""
    children: dict[int | None, list[TreeNode]] = {}
    for node in nodes:
        children.setdefault(node.parent_id, []).append(node)
    places: dict[int, TreePlace] = {}
    waiting: list[tuple[TreeNode, TreePlace]] = [
        (node, TreePlace("", is_shown=True)) for node in children.get(None, [])
    ]
    while waiting:
        node, above = waiting.pop()
        place = TreePlace(f"{above.order}{node.position:0{PLACE_DIGITS}}", above.is_shown and node.is_active)
        places[node.id] = place
        waiting += [(child, place) for child in children.get(node.id, [])]
    return places


def require_tree(nodes: Sequence[TreeNode], field: FieldPath) -> dict[int, TreePlace]:
    """As `tree_places`, or InvalidInput for a circle, OutOfRange for a tree that is too deep."""
    places = tree_places(nodes)
    if len(places) < len(nodes):
        raise InvalidInput("A category can't stand below itself.", field)
    if any(place.depth > MAX_DEPTH for place in places.values()):
        raise OutOfRange(f"Categories have at most {MAX_DEPTH} levels.", field)
    return places
