"""Short holds: a time kept for somebody who is still filling in a form, and what becomes of it.

A hold is a claim like any other, so nobody can book into it; it differs in that it ends by itself. Whoever searches at
an instant does not see holds that are over by then, and whoever takes time deletes those in the way, under the staff
lock: an ended hold blocks nothing, swept or not.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection
from psycopg.types.range import Range

from backend.core.business import business
from backend.core.errors import InvalidInput
from backend.core.idempotency import claim_key, settle_key
from backend.core.references import secret_token, token_hash
from backend.core.text import clean_email
from backend.core.throttle import Bucket, require_within
from backend.core.transactions import step, use_case
from backend.core.viewer import Viewer
from backend.customers.queries import email_of
from backend.geography.queries import locate
from backend.geography.rules import Place, format_postcode, is_outward_code, normalise_postcode, outward_code
from backend.scheduling.actions.booking import claim_time
from backend.scheduling.actions.room import require_room, stay_of
from backend.scheduling.errors import HoldExpired, NoTime, TooManyHolds
from backend.scheduling.models import Claim, Hold
from backend.scheduling.queries import need_for, workloads_on
from backend.scheduling.queries.bookings import alternatives_around, candidates_for, choose_slot, require_start
from backend.scheduling.rules import ClaimKind, Need, Offer, Slot, Workload, day_of
from backend.staff.queries import lock_staff

HOLDS = Bucket("hold-slot", capacity=30, per_second=1 / 20)
"""How often one network address may ask for a hold."""

MAX_HOLDS_OF_CLIENT = 5
"""How many times one network address may hold at once: several people may sit behind it."""

MAX_HOLDS_OF_EMAIL = 3
"""How many times one e-mail address may hold at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRequest:
    """The time that somebody wants held. `email` is whatever they have said of themselves so far."""

    service_id: int
    staff_id: int | None = None
    start: datetime
    postcode: str
    extra_ids: tuple[int, ...] = ()
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSlot:
    """What is held for whoever has the token. Instants are in UTC; the price is what a booking costs now."""

    token: str
    staff_id: int
    start: datetime
    end: datetime
    price: Decimal
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenHold:
    """A time that was held and is free again for the transaction that took it, until it ends. Instants are in UTC."""

    staff_id: int
    start: datetime
    end: datetime


def hold_slot(
    *, viewer: Viewer, request: SlotRequest, idempotency_key: str | None = None, address: str, now: datetime
) -> HeldSlot:
    """Keep a time, and who would come, for as long as the business holds one (ten minutes).

    Anybody may, for as many times at once as one network address (`address`) and one e-mail may hold: TooManyHolds.
    The person is the one who was named or, of those who are free, the one whom the business's rule sends. Only the
    token's hash is kept, so the same key gives the same hold with a new token, which ends the old one. Raises what is
    wrong with service, extras and postcode, and whatever keeps the time from being booked; what is refused for its time
    alone carries alternatives, looked for after all locks are gone.
    """
    require_within(HOLDS, address)
    try:
        return _hold(viewer=viewer, request=request, key=idempotency_key, address=address, now=now)
    except NoTime as refusal:
        need = need_for(viewer, request.service_id, request.extra_ids)
        place = locate(request.postcode, field=("postcode",))
        refusal.alternatives = alternatives_around(request.start, need, place, staff_id=request.staff_id, now=now)
        raise


@use_case
def release_slot(*, token: str, now: datetime) -> bool:
    """Give a hold back before its time; whether there was one. Whoever has the token may."""
    hold = Hold.objects.filter(token_hash=token_hash(token)).first()
    if hold is None:
        return False
    lock_staff({hold.staff_id})
    return _remove([hold.pk], now) > 0


@step
def take_hold(
    *,
    token: str,
    service_id: int,
    staff_id: int | None,
    start: datetime,
    extra_ids: Collection[int],
    postcode: str,
    now: datetime,
) -> TakenHold:
    """End a hold so that this transaction, and no other, books its time: the staff row stays locked.

    Raises HoldExpired where the hold is over, was given back or used, and InvalidInput where it was taken for another
    visit; both name `hold_token`.
    """
    hold = _held(token, service_id, staff_id, start, extra_ids, postcode)
    lock_staff({hold.staff_id})
    if not _remove([hold.pk], now):
        raise HoldExpired("We could not hold this time any longer: look for one again.", ("hold_token",))
    return TakenHold(staff_id=hold.staff_id, start=hold.start, end=hold.end)


@step
def keep_hold(
    *,
    token: str,
    service_id: int,
    staff_id: int | None,
    start: datetime,
    extra_ids: Collection[int],
    postcode: str,
    now: datetime,
) -> Hold:
    """Let a hold wait for the office, which is to confirm what was ordered: a day by default, at most until its start.

    Its token ends, and who took it is forgotten: it counts towards nobody's holds any more. Whoever keeps it lets it go
    by `drop_holds`. Raises as `take_hold`.
    """
    hold = _held(token, service_id, staff_id, start, extra_ids, postcode)
    lock_staff({hold.staff_id})
    until = min(now + business().order_hold, hold.start)
    if not Claim.objects.filter(hold=hold, expires_at__gt=now).update(expires_at=until):
        raise HoldExpired("We could not hold this time any longer: look for one again.", ("hold_token",))
    hold.token_hash, hold.client, hold.email = token_hash(secret_token()), "", ""
    hold.save(update_fields=["token_hash", "client", "email"])
    return hold


@step
def drop_holds(*, hold_ids: Iterable[int], now: datetime) -> None:
    """End holds, over or not. Lock their staff first where what is free next matters."""
    _remove(list(hold_ids), now)


@step
def forget_ended_holds(*, limit: int, now: datetime) -> int:
    """Delete up to `limit` holds that are over; how many there were. For the clock."""
    ended = Claim.objects.filter(kind=ClaimKind.HOLD, expires_at__lte=now).order_by("expires_at")
    ids = list(ended.values_list("hold_id", flat=True)[:limit])
    bare = Hold.objects.filter(claim=None).values_list("pk", flat=True)[: limit - len(ids)]
    ids += list(bare)
    Claim.objects.filter(hold__in=ids, expires_at__lte=now).delete()
    # One that an order kept in the meantime has its claim still, and stays.
    deleted, _ = Hold.objects.filter(pk__in=ids, claim=None).delete()
    return deleted


@use_case
def _hold(*, viewer: Viewer, request: SlotRequest, key: str | None, address: str, now: datetime) -> HeldSlot:
    given = {"address": address, **asdict(request)}
    claimed = claim_key(viewer=viewer, operation="holdSlot", key=key, given=given, now=now)
    need = need_for(viewer, request.service_id, request.extra_ids)
    place = locate(request.postcode, field=("postcode",))
    if claimed.result_id is not None:
        return _again(claimed.result_id, need, now)
    email = _email_of(viewer, request)
    _require_few(address, email, now)
    require_start(request.start, by_office=False, now=now)
    slot = _choose(request, need, place, now)
    hold = Hold.objects.create(
        staff_id=slot.staff_id,
        service_id=request.service_id,
        extra_ids=sorted(request.extra_ids),
        start=slot.start,
        end=slot.end,
        postcode=format_postcode(normalise_postcode(request.postcode)),
        token_hash=token_hash(secret_token()),
        client=address,
        email=email,
        created_at=now,
    )
    _claim(hold, slot.end + timedelta(minutes=need.buffer_minutes), place, now)
    settle_key(claimed, hold)
    return _with_token(hold, slot.price, now + business().hold_lifetime)


def _choose(request: SlotRequest, need: Need, place: Place, now: datetime) -> Slot:
    """With whom, decided from what stays true: whoever could is locked before anybody's time is read."""
    if request.staff_id is None:
        ids = candidates_for(request.service_id, place, service_field=("service_id",), field=("postcode",))
    else:
        ids = {request.staff_id}
    lock_staff(ids)
    return choose_slot(request.start, need, place, among=ids, staff_id=request.staff_id, now=now)


def _claim(hold: Hold, busy_until: datetime, place: Place, now: datetime) -> None:
    people = lock_staff({hold.staff_id})
    stay = stay_of(staff_id=hold.staff_id, start=hold.start, busy_until=busy_until, place=place, field=("start",))
    require_room([stay], staff=people, now=now)
    claim_time(
        [
            Claim(
                staff_id=hold.staff_id,
                period=Range(hold.start, busy_until),
                kind=ClaimKind.HOLD,
                hold=hold,
                expires_at=now + business().hold_lifetime,
                latitude=place.latitude,
                longitude=place.longitude,
            )
        ]
    )


def _again(hold_id: int, need: Need, now: datetime) -> HeldSlot:
    """The same hold for a request that is repeated, with a token that works; HoldExpired where it is over."""
    claim = Claim.objects.select_related("hold").filter(hold=hold_id, expires_at__gt=now).first()
    if claim is None or claim.hold is None or claim.expires_at is None:
        raise HoldExpired("We could not hold this time any longer: look for one again.", ("idempotency_key",))
    hold = claim.hold
    (offer,) = [each.offers.get(need.service_id, Offer()) for each in _terms(hold, need, now)]
    return _with_token(hold, need.total(offer), claim.expires_at)


def _terms(hold: Hold, need: Need, now: datetime) -> list[Workload]:
    zone = business().zone
    days = [day_of(hold.start.astimezone(zone).date(), zone)]
    return workloads_on(days, place=None, service_ids=[need.service_id], staff_ids=[hold.staff_id], now=now)


def _with_token(hold: Hold, price: Decimal, expires_at: datetime) -> HeldSlot:
    token = secret_token()
    hold.token_hash = token_hash(token)
    hold.save(update_fields=["token_hash"])
    return HeldSlot(
        token=token, staff_id=hold.staff_id, start=hold.start, end=hold.end, price=price, expires_at=expires_at
    )


def _email_of(viewer: Viewer, request: SlotRequest) -> str:
    """The customer's e-mail, or what a guest has said of themselves so far."""
    if viewer.customer_id is not None:
        return email_of(viewer.customer_id).lower()
    return clean_email(request.email, field=("email",)) if request.email.strip() else ""


def _require_few(address: str, email: str, now: datetime) -> None:
    """TooManyHolds. Requests of one client wait for each other here, before any staff row, so that none slips by."""
    with connection.cursor() as cursor:
        for name in filter(None, [f"hold:{address}", f"hold:{email}" if email else ""]):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
    live = Hold.objects.filter(claim__expires_at__gt=now)
    if live.filter(client=address).count() >= MAX_HOLDS_OF_CLIENT:
        raise TooManyHolds(f"At most {MAX_HOLDS_OF_CLIENT} times can be held at once: book or give one back.")
    if email and live.filter(email=email).count() >= MAX_HOLDS_OF_EMAIL:
        raise TooManyHolds(f"At most {MAX_HOLDS_OF_EMAIL} times can be held at once: book or give one back.")


def _held(
    token: str, service_id: int, staff_id: int | None, start: datetime, extra_ids: Collection[int], postcode: str
) -> Hold:
    """The hold of a token, which must have been taken for this very visit."""
    hold = Hold.objects.filter(token_hash=token_hash(token)).first()
    if hold is None:
        raise HoldExpired("We could not hold this time any longer: look for one again.", ("hold_token",))
    same = (
        hold.service_id == service_id
        and staff_id in (None, hold.staff_id)
        and hold.start == start
        and hold.extra_ids == sorted(extra_ids)
        and _is_within(normalise_postcode(postcode), normalise_postcode(hold.postcode))
    )
    if not same:
        raise InvalidInput("The time was held for another visit.", ("hold_token",))
    return hold


def _is_within(code: str, held: str) -> bool:
    """Whether a postcode is the one that a time was held for, or lies under the outward code that was."""
    return code == held or (is_outward_code(held) and outward_code(code) == held)


def _remove(hold_ids: Sequence[int], now: datetime) -> int:
    """Delete holds with their claims; how many were not over."""
    live = Claim.objects.filter(hold__in=hold_ids, expires_at__gt=now).count()
    Hold.objects.filter(pk__in=hold_ids).delete()
    return live
