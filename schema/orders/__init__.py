"""Orders in the API."""

from schema.orders.reading import OrdersQuery, Quote
from schema.orders.types import (
    Order,
    OrderFilter,
    OrderItem,
    OrderItemExtra,
    OrderItemInput,
    OrderOrder,
    decode_items,
    sees_private_fields,
)
from schema.orders.writing import (
    AssignStaffInput,
    AssignStaffPayload,
    CancelOrderInput,
    CompleteOrderInput,
    ConfirmOrderInput,
    ConfirmOrderPayload,
    LinkGuestOrderInput,
    OrderItemPayload,
    OrderPayload,
    OrdersMutation,
    PlaceOrderInput,
)

__all__ = [
    "AssignStaffInput",
    "AssignStaffPayload",
    "CancelOrderInput",
    "CompleteOrderInput",
    "ConfirmOrderInput",
    "ConfirmOrderPayload",
    "LinkGuestOrderInput",
    "Order",
    "OrderFilter",
    "OrderItem",
    "OrderItemExtra",
    "OrderItemInput",
    "OrderItemPayload",
    "OrderOrder",
    "OrderPayload",
    "OrdersMutation",
    "OrdersQuery",
    "PlaceOrderInput",
    "Quote",
    "decode_items",
    "sees_private_fields",
]
