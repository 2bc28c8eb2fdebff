"""Everything that changes an order."""

from backend.orders.actions.change import assign_staff, cancel_order, complete_order
from backend.orders.actions.confirm import confirm_order
from backend.orders.actions.place import OrderRequest, place_order

__all__ = ["OrderRequest", "assign_staff", "cancel_order", "complete_order", "confirm_order", "place_order"]
