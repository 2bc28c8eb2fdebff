"""What should never be among orders, looked for as a whole."""

from backend.core.invariants import rows_that


def offences_of_orders() -> list[str]:
    """What should never be: totals that are not those of the lines, confirmed lines without a visit."""
    return [
        *rows_that(
            "SELECT o.order_number, o.subtotal, coalesce(sum(i.total_price), 0) FROM orders_order o"
            " LEFT JOIN orders_orderitem i ON i.order_id = o.id GROUP BY o.id"
            " HAVING o.subtotal <> coalesce(sum(i.total_price), 0) OR o.total <> o.subtotal - o.discount ORDER BY 1",
            "The subtotal of {} is {}, its lines come to {}, or its total is not what the discount leaves.",
        ),
        *rows_that(
            "SELECT o.order_number, i.position FROM orders_order o JOIN orders_orderitem i ON i.order_id = o.id"
            " WHERE i.appointment_id IS NULL AND o.status IN ('CONFIRMED', 'IN_PROGRESS', 'COMPLETED') ORDER BY 1, 2",
            "{} is confirmed, and its line {} has no visit.",
        ),
        *rows_that(
            "SELECT o.order_number, a.id FROM orders_order o JOIN orders_orderitem i ON i.order_id = o.id"
            " JOIN scheduling_appointment a ON a.id = i.appointment_id"
            " WHERE o.status IN ('PENDING', 'CANCELLED', 'COMPLETED')"
            " AND a.status IN ('PENDING', 'CONFIRMED', 'IN_PROGRESS') ORDER BY 1, 2",
            "{} is not under way, and its visit {} is still open.",
        ),
    ]
