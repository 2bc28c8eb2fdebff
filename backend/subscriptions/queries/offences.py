"""What should never be among plans, looked for as a whole."""

from backend.core.invariants import rows_that


def offences_of_plans() -> list[str]:
    """Counts that are not those of the visits, scheduled visits without open time, live time of plans that are over."""
    return [
        *rows_that(
            "SELECT s.subscription_number, s.completed_appointments, count(v.id) FROM subscriptions_subscription s"
            " LEFT JOIN subscriptions_subscriptionappointment v"
            " ON v.subscription_id = s.id AND v.status = 'COMPLETED' GROUP BY s.id"
            " HAVING s.completed_appointments <> count(v.id) ORDER BY 1",
            "{} counts {} visits as done and has {}.",
        ),
        *rows_that(
            "SELECT subscription_number FROM subscriptions_subscription"
            " WHERE total <> subtotal - discount OR subtotal <> price_per_appointment * total_appointments ORDER BY 1",
            "The amounts of {} do not add up.",
        ),
        *rows_that(
            "SELECT s.subscription_number, v.sequence, a.status FROM subscriptions_subscriptionappointment v"
            " JOIN subscriptions_subscription s ON s.id = v.subscription_id"
            " JOIN scheduling_appointment a ON a.id = v.appointment_id"
            " WHERE v.status IN ('CANCELLED', 'SKIPPED') AND a.status IN ('PENDING', 'CONFIRMED', 'IN_PROGRESS')"
            " ORDER BY 1, 2",
            "{} leaves out visit {}, whose time is still {}.",
        ),
        *rows_that(
            "SELECT s.subscription_number, v.sequence FROM subscriptions_subscriptionappointment v"
            " JOIN subscriptions_subscription s ON s.id = v.subscription_id"
            " JOIN scheduling_appointment a ON a.id = v.appointment_id"
            " WHERE v.status = 'COMPLETED' AND a.status <> 'COMPLETED' ORDER BY 1, 2",
            "{} has visit {} done, its time is not.",
        ),
    ]
