"""Everything that changes an order."""

from backend.orders.actions.change import assign_staff, cancel_order, complete_order
from backend.orders.actions.confirm import confirm_order
from backend.orders.actions.follow import follow_visits
from backend.orders.actions.items import add_order_item, remove_order_item, update_order_item
from backend.orders.actions.link import link_guest_order
from backend.orders.actions.place import OrderRequest, place_order
from backend.orders.actions.requests import approve_change, reject_change, request_change, withdraw_change
from backend.orders.actions.tracking import finds_links, renew_link, resend_tracking_link
from backend.orders.actions.update import OrderChanges, update_order

__all__ = [
    "OrderChanges",
    "OrderRequest",
    "add_order_item",
    "approve_change",
    "assign_staff",
    "cancel_order",
    "complete_order",
    "confirm_order",
    "finds_links",
    "follow_visits",
    "link_guest_order",
    "place_order",
    "reject_change",
    "remove_order_item",
    "renew_link",
    "request_change",
    "resend_tracking_link",
    "update_order",
    "update_order_item",
    "withdraw_change",
]
