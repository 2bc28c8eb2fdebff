"""What decides about orders, without a table, a clock or a network: states, prices, times and the plan of visits."""

from backend.orders.rules.cart import (
    MAX_ITEMS,
    MAX_NOTES,
    MAX_QUANTITY,
    CartItem,
    ExtraFacts,
    Line,
    PriceList,
    ServiceFacts,
    price_cart,
    subtotal_of,
)
from backend.orders.rules.changes import (
    REVIEWED,
    ChangeStatus,
    require_changeable,
    require_other_time,
    require_pending,
    wall_clock_shift,
)
from backend.orders.rules.plan import Board, PlanItem, PlannedVisit, find_alternatives, plan_visits, rank_starts
from backend.orders.rules.states import (
    TRANSITIONS,
    OrderPaymentStatus,
    OrderStatus,
    can_become,
    payment_status_when_completed,
    require_transition,
    require_version,
)
from backend.orders.rules.times import (
    require_in_time,
    require_orderable_day,
    require_orderable_time,
)

__all__ = [
    "MAX_ITEMS",
    "MAX_NOTES",
    "MAX_QUANTITY",
    "REVIEWED",
    "TRANSITIONS",
    "Board",
    "CartItem",
    "ChangeStatus",
    "ExtraFacts",
    "Line",
    "OrderPaymentStatus",
    "OrderStatus",
    "PlanItem",
    "PlannedVisit",
    "PriceList",
    "ServiceFacts",
    "can_become",
    "find_alternatives",
    "payment_status_when_completed",
    "plan_visits",
    "price_cart",
    "rank_starts",
    "require_changeable",
    "require_in_time",
    "require_orderable_day",
    "require_orderable_time",
    "require_other_time",
    "require_pending",
    "require_transition",
    "require_version",
    "subtotal_of",
    "wall_clock_shift",
]
