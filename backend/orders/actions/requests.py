"""Wishes for another time: asked by whoever ordered, decided by the office."""

from datetime import date, datetime, time

from backend.core import clock
from backend.core.business import business
from backend.core.errors import AlreadyExists, NotFound, Problems, Refusal, Refusals
from backend.core.idempotency import claim_key, settle_key
from backend.core.text import clean_text
from backend.core.transactions import step, use_case
from backend.core.viewer import Permission, Viewer
from backend.events.actions import emit
from backend.orders.actions.place import let_hold_go, orderable_start
from backend.orders.events import ChangeApproved, ChangeFact, ChangeRejected, ChangeRequested, ChangeWithdrawn
from backend.orders.models import ChangeRequest, Order, OrderItem
from backend.orders.permissions import require_ask_change, require_review_change
from backend.orders.queries import alternatives_for, named_order, order_of_change, require_one_name
from backend.orders.rules import (
    ChangeStatus,
    OrderStatus,
    deadline_binds,
    require_changeable,
    require_in_time,
    require_other_time,
    require_pending,
    wall_clock_shift,
)
from backend.scheduling.actions import Move, move_visits
from backend.scheduling.errors import InThePast, NoTime
from backend.scheduling.queries import starts_of
from backend.scheduling.rules import cancellation_deadline

MAX_TEXT = 500


def request_change(
    *,
    viewer: Viewer,
    order_id: int | None = None,
    tracking_token: str | None = None,
    requested_date: date,
    requested_time: time,
    reason: str = "",
    idempotency_key: str | None = None,
    address: str,
    now: datetime,
) -> ChangeRequest:
    """Ask for another time of an order that is pending or confirmed; nothing moves until the office approves.

    Whoever holds the tracking token and the signed-in customer may ask while it is pending, and once it is confirmed
    until its deadline (TooLate after it); the office may at any time. Date and time are on the business's wall, and
    bound like those of a new order.
    `address` is the client's network address: tries with tokens are limited by it. Raises NotFound, InvalidTransition,
    and AlreadyExists while another request of the order waits. The same key with the same input asks once.
    """
    require_one_name(order_id=order_id, tracking_token=tracking_token, address=address)
    return _request(
        viewer=viewer,
        order_id=order_id,
        tracking_token=tracking_token,
        wanted=(requested_date, requested_time),
        reason=reason,
        key=idempotency_key,
        now=now,
    )


@use_case
def _request(
    *,
    viewer: Viewer,
    order_id: int | None,
    tracking_token: str | None,
    wanted: tuple[date, time],
    reason: str,
    key: str | None,
    now: datetime,
) -> ChangeRequest:
    order = _asked_order(viewer, order_id, tracking_token, now)
    given = {"order": order.pk, "wanted": wanted, "reason": reason}
    claimed = claim_key(viewer=viewer, operation="requestChange", key=key, given=given, now=now)
    if claimed.result_id is not None:
        return ChangeRequest.objects.get(pk=claimed.result_id, order=order)
    require_changeable(OrderStatus(order.status))
    by_office = tracking_token is None and viewer.may(Permission.MANAGE_ORDERS)
    if not by_office and deadline_binds(OrderStatus(order.status)):
        require_in_time(order.cancellation_deadline, now=now)
    if order.change_requests.filter(status=ChangeStatus.PENDING).exists():
        raise AlreadyExists("Another time was asked for already: wait for the answer, or take the request back.")
    problems = Problems()
    with problems:
        orderable_start(*wanted, now=now, fields=("requested_date", "requested_time"))
    with problems:
        scheduled = (order.scheduled_date, order.scheduled_time)
        require_other_time(scheduled, wanted, field=("requested_time",))
    with problems:
        reason = clean_text(reason, field=("reason",), max_length=MAX_TEXT, required=False, multiline=True)
    problems.raise_all()
    change = _write_down(order, wanted, reason, viewer, now)
    settle_key(claimed, change)
    _tell(ChangeRequested, change, order, viewer.user_id, now)
    return change


def _write_down(order: Order, wanted: tuple[date, time], reason: str, viewer: Viewer, now: datetime) -> ChangeRequest:
    return ChangeRequest.objects.create(
        order=order,
        requested_date=wanted[0],
        requested_time=wanted[1],
        reason=reason,
        requested_by_id=viewer.user_id,
        created_at=now,
    )


def withdraw_change(
    *,
    viewer: Viewer,
    order_id: int | None = None,
    tracking_token: str | None = None,
    address: str,
    now: datetime,
) -> ChangeRequest:
    """Take back the request of an order that waits. NotFound where none does. For those who may ask."""
    require_one_name(order_id=order_id, tracking_token=tracking_token, address=address)
    return _withdraw(viewer=viewer, order_id=order_id, tracking_token=tracking_token, now=now)


@use_case
def _withdraw(*, viewer: Viewer, order_id: int | None, tracking_token: str | None, now: datetime) -> ChangeRequest:
    order = _asked_order(viewer, order_id, tracking_token, now)
    by_office = tracking_token is None and viewer.may(Permission.MANAGE_ORDERS)
    change = close_change(order, by_office=by_office, actor_id=viewer.user_id, now=now)
    if change is None:
        raise NotFound("No request of this order is waiting.")
    return change


@step
def close_change(order: Order, *, by_office: bool = False, actor_id: int | None, now: datetime) -> ChangeRequest | None:
    """Take back what waits of a locked order, if anything does: its end leaves nothing to decide.

    `by_office` is for the office that takes a wish back as such, and not with something else that the owner is told of.
    """
    change = order.change_requests.filter(status=ChangeStatus.PENDING).first()
    if change is not None:
        change.status = ChangeStatus.WITHDRAWN
        change.save(update_fields=["status"])
        fact = ChangeWithdrawn(
            order_id=order.pk,
            customer_id=order.customer_id,
            change_request_id=change.pk,
            by_office=by_office,
            actor_id=actor_id,
        )
        emit([fact], now=now)
    return change


def approve_change(
    *, viewer: Viewer, change_id: int, note: str = "", outside_hours: bool = False, now: datetime
) -> ChangeRequest:
    """Give an order the wanted time: every open visit moves by the same shift of the wall clock, or none does.

    A pending order has no visits and only changes its date. Deadlines count from the new start. Raises NotFound,
    InvalidTransition, InThePast, SlotTaken and, unless `outside_hours`, NotWorking; the last two carry alternatives,
    looked for after all locks are gone, and the request stays pending.
    """
    try:
        return _approve(viewer=viewer, change_id=change_id, note=note, outside_hours=outside_hours, now=now)
    except (Refusal, Refusals) as error:
        if isinstance(error, NoTime):
            change = ChangeRequest.objects.get(pk=change_id)
            wanted = (change.requested_date, change.requested_time)
            error.alternatives = alternatives_for(change.order_id, now=now, wanted=wanted)
        raise


@use_case
def _approve(*, viewer: Viewer, change_id: int, note: str, outside_hours: bool, now: datetime) -> ChangeRequest:
    order, change = _reviewed(viewer, change_id)
    require_changeable(OrderStatus(order.status))
    wanted = (change.requested_date, change.requested_time)
    start = clock.instant(*wanted, business().zone)
    if start <= now:
        raise InThePast("The wanted time is past: agree on another one first.", ("change_request_id",))
    if order.status == OrderStatus.CONFIRMED:
        moves = {key: Move(start=start) for key, start in _shifted_starts(order, wanted).items()}
        move_visits(moves=moves, outside_hours=outside_hours, actor_id=viewer.user_id, now=now)
    let_hold_go(order, now=now)
    order.scheduled_date, order.scheduled_time = wanted
    order.cancellation_deadline = cancellation_deadline(start, order.policy_hours)
    order.version += 1
    order.save(update_fields=["scheduled_date", "scheduled_time", "cancellation_deadline", "version"])
    return _decide(change, order, ChangeStatus.APPROVED, note, viewer, now)


@use_case
def reject_change(*, viewer: Viewer, change_id: int, note: str = "", now: datetime) -> ChangeRequest:
    """Leave an order where it is, and say why. Raises NotFound, and InvalidTransition for what is decided."""
    order, change = _reviewed(viewer, change_id)
    return _decide(change, order, ChangeStatus.REJECTED, note, viewer, now)


def _asked_order(viewer: Viewer, order_id: int | None, tracking_token: str | None, now: datetime) -> Order:
    """The order, locked, of somebody who may ask for a change of it."""
    order = named_order(viewer, order_id=order_id, tracking_token=tracking_token, now=now)
    if tracking_token is None:
        require_ask_change(viewer, order)
    return order


def _reviewed(viewer: Viewer, change_id: int) -> tuple[Order, ChangeRequest]:
    """The order, locked, and the request of it that waits for the viewer's decision."""
    require_review_change(viewer)
    order = order_of_change(viewer, change_id, field=("change_request_id",))
    change = order.change_requests.get(pk=change_id)
    require_pending(ChangeStatus(change.status))
    return order, change


def _shifted_starts(order: Order, wanted: tuple[date, time]) -> dict[int, datetime]:
    """When each visit begins after the change: 09:00 becomes 10:30 on the wall, whatever the clocks do in between."""
    zone = business().zone
    shift = wall_clock_shift((order.scheduled_date, order.scheduled_time), wanted)
    items = OrderItem.objects.filter(order=order, appointment__isnull=False)
    ids = [each for each in items.values_list("appointment_id", flat=True) if each is not None]
    walls = {key: start.astimezone(zone).replace(tzinfo=None) + shift for key, start in starts_of(ids).items()}
    return {key: clock.instant(wall.date(), wall.time(), zone) for key, wall in walls.items()}


def _decide(
    change: ChangeRequest, order: Order, status: ChangeStatus, note: str, viewer: Viewer, now: datetime
) -> ChangeRequest:
    change.review_note = clean_text(note, field=("note",), max_length=MAX_TEXT, required=False, multiline=True)
    change.status, change.reviewed_by_id, change.reviewed_at = status, viewer.user_id, now
    change.save(update_fields=["status", "review_note", "reviewed_by", "reviewed_at"])
    fact = ChangeApproved if status is ChangeStatus.APPROVED else ChangeRejected
    _tell(fact, change, order, viewer.user_id, now)
    return change


def _tell(fact: type[ChangeFact], change: ChangeRequest, order: Order, actor_id: int | None, now: datetime) -> None:
    emit(
        [fact(order_id=order.pk, customer_id=order.customer_id, change_request_id=change.pk, actor_id=actor_id)],
        now=now,
    )
