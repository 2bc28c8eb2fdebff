"""What a service may look like, and when it can be booked."""

from enum import StrEnum

MAX_DURATION_MINUTES = 24 * 60
MAX_EXTRAS = 50


class ApprovalStatus(StrEnum):
    """Staff propose, the office approves."""

    PENDING_APPROVAL = "PENDING_APPROVAL"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


def is_bookable(*, is_active: bool, approval_status: str) -> bool:
    """Bookable = active and approved."""
    return is_active and approval_status == ApprovalStatus.APPROVED
