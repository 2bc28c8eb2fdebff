"""What should never be in the schedule, looked for as a whole."""

from backend.core.invariants import rows_that
from backend.scheduling.rules import MAX_PHOTOS


def offences_of_claims() -> list[str]:
    """What should never be: overlapping claims, open visits without their claim, claims of what is closed."""
    return [
        *rows_that(
            "SELECT a.id, b.id FROM scheduling_claim a JOIN scheduling_claim b"
            " ON a.staff_id = b.staff_id AND a.id < b.id AND a.period && b.period ORDER BY 1, 2",
            "Claims {} and {} of one person overlap.",
        ),
        *rows_that(
            "SELECT a.id, a.status FROM scheduling_appointment a"
            " LEFT JOIN scheduling_claim c ON c.appointment_id = a.id"
            " WHERE c.id IS NULL AND a.status IN ('PENDING', 'CONFIRMED', 'IN_PROGRESS') ORDER BY 1",
            "Visit {} is {} and claims no time.",
        ),
        *rows_that(
            "SELECT a.id, a.status FROM scheduling_appointment a JOIN scheduling_claim c ON c.appointment_id = a.id"
            " WHERE a.status NOT IN ('PENDING', 'CONFIRMED', 'IN_PROGRESS') ORDER BY 1",
            "Visit {} is {} and still claims time.",
        ),
        *rows_that(
            "SELECT a.id FROM scheduling_appointment a JOIN scheduling_claim c ON c.appointment_id = a.id"
            " WHERE c.staff_id <> a.staff_id"
            ' OR c.period <> tstzrange(a.start, a."end" + make_interval(mins => a.buffer_minutes)) ORDER BY 1',
            "Visit {} claims another time than its own.",
        ),
        *rows_that(
            "SELECT a.id FROM scheduling_appointment a LEFT JOIN scheduling_customerappointment b"
            " ON b.appointment_id = a.id WHERE b.id IS NULL ORDER BY 1",
            "Visit {} has no booking: nobody knows for whom it is.",
        ),
    ]


def offences_of_photos() -> list[str]:
    """What should never be: photos of visits that nobody was to go to, and more of them than a visit may have."""
    return [
        *rows_that(
            "SELECT p.id, a.id, a.status FROM scheduling_photo p JOIN scheduling_appointment a"
            " ON a.id = p.appointment_id WHERE a.status = 'PENDING' ORDER BY 1",
            "Photo {} is of visit {}, which is {}.",
        ),
        *rows_that(
            "SELECT appointment_id, count(*) FROM scheduling_photo WHERE deleted_at IS NULL"  # noqa: S608 - our number
            f" GROUP BY 1 HAVING count(*) > {MAX_PHOTOS} ORDER BY 1",
            "Visit {} has {} photos.",
        ),
    ]
