"""What staff would like to offer: proposed, approved, rejected, withdrawn, proposed again."""

from datetime import datetime

from backend.catalogue.events import ServiceApproved, ServiceProposed, ServiceRejected, ServiceWithdrawn
from backend.catalogue.models import Service
from backend.catalogue.permissions import require_own_proposal, require_review_services
from backend.catalogue.queries import service_for
from backend.catalogue.rules import ApprovalStatus, require_step
from backend.core.errors import NotAllowed
from backend.core.text import clean_text
from backend.core.transactions import step, use_case
from backend.core.viewer import Viewer, require_signed_in
from backend.events.actions import emit


@use_case
def approve_service(*, viewer: Viewer, service_id: int, now: datetime) -> Service:
    """Let a proposed service be booked, even one that was rejected before. Twice is no error."""
    service = _reviewable(viewer, service_id)
    if service.approval_status == ApprovalStatus.APPROVED:
        return service
    _review(viewer, service, ApprovalStatus.APPROVED, "", now)
    fact = ServiceApproved(service_id=service.pk, staff_id=service.created_by_staff_id, actor_id=viewer.user_id)
    emit([fact], now=now)
    return service


@use_case
def reject_service(*, viewer: Viewer, service_id: int, reason: str, now: datetime) -> Service:
    """Turn a proposal down and say why. Raises Required without a reason, InvalidTransition unless it waits."""
    service = _reviewable(viewer, service_id)
    reason = clean_text(reason, field=("reason",), max_length=500, multiline=True)
    _review(viewer, service, ApprovalStatus.REJECTED, reason, now)
    fact = ServiceRejected(
        service_id=service.pk, staff_id=service.created_by_staff_id, reason=reason, actor_id=viewer.user_id
    )
    emit([fact], now=now)
    return service


@use_case
def withdraw_service(*, viewer: Viewer, service_id: int, now: datetime) -> Service:
    """Take one's own proposal back while it waits; it can be proposed again."""
    service, staff_id = _own(viewer, service_id)
    _move(service, ApprovalStatus.WITHDRAWN)
    emit([ServiceWithdrawn(service_id=service.pk, staff_id=staff_id, actor_id=viewer.user_id)], now=now)
    return service


@use_case
def propose_service_again(*, viewer: Viewer, service_id: int, now: datetime) -> Service:
    """Let one's own proposal, rejected or withdrawn, wait for approval again, as it was changed meanwhile."""
    service, staff_id = _own(viewer, service_id)
    _move(service, ApprovalStatus.PENDING_APPROVAL)
    emit([ServiceProposed(service_id=service.pk, staff_id=staff_id, actor_id=viewer.user_id)], now=now)
    return service


@step
def tell_proposal(*, viewer: Viewer, service: Service, now: datetime) -> None:
    """Tell that a member of staff has just proposed a service."""
    if service.created_by_staff_id is not None:
        fact = ServiceProposed(service_id=service.pk, staff_id=service.created_by_staff_id, actor_id=viewer.user_id)
        emit([fact], now=now)


def _reviewable(viewer: Viewer, service_id: int) -> Service:
    require_review_services(viewer)
    return service_for(viewer, service_id, field=("service_id",), lock=True)


def _own(viewer: Viewer, service_id: int) -> tuple[Service, int]:
    """One's own proposal, locked, and whose it is. NotSignedIn, NotAllowed or NotFound."""
    require_signed_in(viewer)
    if viewer.staff_id is None:
        raise NotAllowed
    service = service_for(viewer, service_id, field=("service_id",), lock=True)
    require_own_proposal(viewer, service)
    return service, viewer.staff_id


def _review(viewer: Viewer, service: Service, wanted: ApprovalStatus, reason: str, now: datetime) -> None:
    service.rejection_reason, service.reviewed_by_id, service.reviewed_at = reason, viewer.user_id, now
    _move(service, wanted)


def _move(service: Service, wanted: ApprovalStatus) -> None:
    require_step(service.approval_status, wanted)
    service.approval_status = wanted
    service.save(update_fields=["approval_status", "rejection_reason", "reviewed_by", "reviewed_at"])
