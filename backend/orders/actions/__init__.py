"""Everything that changes an order."""

from backend.orders.actions.change import assign_staff, cancel_order, complete_order
from backend.orders.actions.confirm import confirm_order
from backend.orders.actions.link import link_guest_order
from backend.orders.actions.place import OrderRequest, place_order
from backend.orders.actions.requests import approve_change, reject_change, request_change, withdraw_change

__all__ = [
    "OrderRequest",
    "approve_change",
    "assign_staff",
    "cancel_order",
    "complete_order",
    "confirm_order",
    "link_guest_order",
    "place_order",
    "reject_change",
    "request_change",
    "withdraw_change",
]
