"""Reads of orders."""

from backend.orders.models import Order


def order_for_message(order_id: int) -> Order:
    """An order with all that a message about it tells: customer, lines with extras, visits with who comes.

    For messages to the person who placed it, hence without a viewer. Five statements, however many lines.
    Raises Order.DoesNotExist.
    """
    return (
        Order.objects.select_related("customer")
        .prefetch_related("items__service", "items__extras", "items__appointment__staff", "items__appointment__service")
        .get(pk=order_id)
    )
