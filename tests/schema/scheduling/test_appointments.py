"""Visits and schedules through the API: who sees what, and what staff do with them."""

from datetime import date, time, timedelta
from itertools import count
from typing import Any

import pytest
import time_machine

from backend.accounts.models import Manager
from backend.events.models import Event
from backend.scheduling.models import Appointment, Claim
from schema.cursors import decode_cursor
from tests import factories
from tests.client import gid
from tests.personas import NAMES, Personas
from tests.rows import snapshot
from tests.statements import assert_same_statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

LIST = (
    "query($f: AppointmentFilter) { appointments(filters: $f, ordering: [{ start: ASC }]) { edges { node { id } } } }"
)
NODE = "query($id: ID!) { node(id: $id) { ... on Appointment { id internalNotes customer { name phone } canCancel } } }"
SCHEDULE = """query($from: DateTime!, $to: DateTime!, $staff: ID) { schedule(from: $from, to: $to, staffId: $staff) {
  cursor appointments { id } } }"""
WEEK = {"from": "2027-03-01T00:00:00Z", "to": "2027-03-08T00:00:00Z"}


def visit(personas: Personas, **given: Any) -> Appointment:
    """A confirmed visit of `staff` at `customer`."""
    values: dict[str, Any] = {"customer": personas.customer} | given
    staff = values.pop("staff", personas.staff)
    order = factories.confirmed_order(factories.service(), staff=staff, **values)
    row = order.items.get().appointment
    assert row is not None
    return row


def listed(personas: Personas, persona: str, **filters: Any) -> list[str]:
    edges = personas[persona](LIST, f=filters).data["appointments"]["edges"]
    return [edge["node"]["id"] for edge in edges]


# --- Seeing -----------------------------------------------------------------------------------------------------------

SEES = {"customer", "staff", "manager", "admin"}


@pytest.mark.parametrize("persona", NAMES)
def test_a_visit_is_there_for_its_people_and_for_nobody_else(personas: Personas, persona: str) -> None:
    row = visit(personas)
    expected = [gid(row)] if persona in SEES else []
    assert listed(personas, persona) == expected
    node = personas[persona](NODE, id=gid(row)).data["node"]
    assert ([node["id"]] if node else []) == expected


def test_a_manager_sees_the_visits_of_managed_customers_whoever_comes(personas: Personas) -> None:
    row = visit(personas, staff=personas.other_staff)
    visit(personas, staff=personas.other_staff, customer=personas.other_customer, scheduled_time=time(14))
    assert listed(personas, "manager") == [gid(row)]


@pytest.mark.parametrize(("persona", "notes"), [("customer", None), ("staff", "Dog"), ("manager", "Dog")])
def test_internal_notes_are_for_staff_and_office(personas: Personas, persona: str, notes: str | None) -> None:
    row = visit(personas)
    Appointment.objects.update(internal_notes="Dog")
    node = personas[persona](NODE, id=gid(row)).data["node"]
    assert (node["internalNotes"], node["customer"]["name"]) == (notes, personas.customer.name)


def test_whoever_may_cancel_is_told_so(personas: Personas) -> None:
    early, late = visit(personas), visit(personas, scheduled_date=date(2027, 2, 2), scheduled_time=time(8))
    Claim.objects.filter(appointment=late).delete()

    def can_cancel(persona: str, row: Appointment) -> bool:
        answer: bool = personas[persona](NODE, id=gid(row)).data["node"]["canCancel"]
        return answer

    assert can_cancel("customer", early)
    assert can_cancel("customer", late)  # the deadline itself is in time
    late.booking.cancellation_deadline -= timedelta(seconds=1)
    late.booking.save()
    assert (can_cancel("customer", late), can_cancel("admin", late)) == (False, True)
    Appointment.objects.update(status="COMPLETED")
    assert (can_cancel("customer", early), can_cancel("admin", early)) == (False, False)


def test_a_visit_shows_the_terms_that_were_frozen_with_it(personas: Personas) -> None:
    row = visit(personas)
    row.booking.extras = [{"name": "Oven", "price": "15.00", "duration_minutes": 30}]
    row.booking.save()
    query = """query($id: ID!) { node(id: $id) { ... on Appointment { status type start end version bufferMinutes
      service { name } staff { name } address { line1 line2 city postcode country } price { amount currency }
      paymentStatus extras { name price { amount currency } durationMinutes } cancellationDeadline } } }"""
    assert personas["customer"](query, id=gid(row)).data["node"] == {
        "status": "CONFIRMED",
        "type": "ORDER_ITEM",
        "start": "2027-03-01T09:00:00+00:00",
        "end": "2027-03-01T10:00:00+00:00",
        "version": 1,
        "bufferMinutes": 15,
        "service": {"name": row.service.name},
        "staff": {"name": personas.staff.name},
        "address": {
            "line1": "10 Downing Street",
            "line2": "",
            "city": "London",
            "postcode": "SW1A 2AA",
            "country": "GB",
        },
        "price": {"amount": "50.00", "currency": "GBP"},
        "paymentStatus": "UNPAID",
        "extras": [{"name": "Oven", "price": {"amount": "15.00", "currency": "GBP"}, "durationMinutes": 30}],
        "cancellationDeadline": "2027-02-28T09:00:00+00:00",
    }


def test_filters_narrow_down(personas: Personas) -> None:
    first = visit(personas)
    second = visit(personas, staff=personas.other_staff, scheduled_date=date(2027, 3, 2))
    Appointment.objects.filter(pk=second.pk).update(status="IN_PROGRESS")
    assert listed(personas, "admin") == [gid(first), gid(second)]
    assert listed(personas, "admin", **{"from": "2027-03-01T09:00:01Z"}) == [gid(second)]
    assert listed(personas, "admin", to="2027-03-02T09:00:00Z") == [gid(first)]
    assert listed(personas, "admin", status="IN_PROGRESS") == [gid(second)]
    assert listed(personas, "admin", staffId=gid(personas.staff)) == [gid(first)]
    assert personas["admin"](LIST, f={"staffId": "garbage"}).codes == ["NOT_FOUND"]


# --- The schedule -----------------------------------------------------------------------------------------------------


def shown(personas: Personas, persona: str, **given: Any) -> list[str]:
    return [row["id"] for row in personas[persona](SCHEDULE, **WEEK | given).data["schedule"]["appointments"]]


def test_everyone_has_the_schedule_of_whom_they_manage(personas: Personas) -> None:
    own = visit(personas)
    # A managed customer's visit by somebody else is no part of the manager's schedule.
    other = visit(personas, staff=personas.other_staff, scheduled_date=date(2027, 3, 2))
    assert shown(personas, "staff") == shown(personas, "manager") == [gid(own)]
    assert shown(personas, "other_staff") == [gid(other)]
    assert shown(personas, "other_manager") == []
    assert shown(personas, "admin") == [gid(own), gid(other)]
    assert shown(personas, "admin", staff=gid(personas.other_staff)) == [gid(other)]
    assert shown(personas, "staff", staff=gid(personas.staff)) == [gid(own)]


@pytest.mark.parametrize(
    ("persona", "code"),
    [
        ("anonymous", "UNAUTHENTICATED"),
        ("guest", "UNAUTHENTICATED"),
        ("customer", "FORBIDDEN"),
        ("other_staff", "NOT_FOUND"),
        ("other_manager", "NOT_FOUND"),
    ],
)
def test_nobody_else_sees_somebody_s_schedule(personas: Personas, persona: str, code: str) -> None:
    assert personas[persona](SCHEDULE, **WEEK, staff=gid(personas.staff)).codes == [code]


def test_a_schedule_holds_what_reaches_into_it(personas: Personas) -> None:
    row = visit(personas)
    assert shown(personas, "staff", **{"from": "2027-03-01T09:59:59Z"}) == [gid(row)]
    assert shown(personas, "staff", **{"from": "2027-03-01T10:00:00Z"}) == []
    assert shown(personas, "staff", to="2027-03-01T09:00:00Z") == []
    assert shown(personas, "staff", to="2027-03-01T09:00:01Z") == [gid(row)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"to": "2027-03-01T00:00:00Z"}, "INVALID_INPUT"),
        ({"to": "2027-05-02T00:00:01Z"}, "OUT_OF_RANGE"),
        ({"to": "9999-12-31T00:00:00Z"}, "OUT_OF_RANGE"),
        ({"staff": "garbage"}, "NOT_FOUND"),
    ],
)
def test_a_bad_schedule_is_refused(personas: Personas, change: dict[str, str], code: str) -> None:
    assert personas["admin"](SCHEDULE, **WEEK | change).codes == [code]


def test_a_schedule_at_the_end_of_time_is_no_crash(personas: Personas) -> None:
    for day in ("0001-01-01", "9999-12-30"):
        answer = personas["admin"](SCHEDULE, **{"from": f"{day}T00:00:00Z", "to": f"{day}T23:00:00Z"})
        assert "INTERNAL" not in answer.codes


def test_the_cursor_of_a_schedule_lies_before_what_happens_next(personas: Personas) -> None:
    cursor = decode_cursor(personas["staff"](SCHEDULE, **WEEK).data["schedule"]["cursor"])
    row = visit(personas)
    personas["staff"].mutate("startAppointment", {"appointmentId": gid(row)}, "appointment { id }")
    event = Event.objects.get(kind="appointment.started")
    assert (event.transaction, event.pk) > (cursor.transaction, cursor.event_id)


# --- Fifty cost what one costs ----------------------------------------------------------------------------------------

_FIELDS = """id status type start end version notes internalNotes service { name category { name } }
  staff { name email } customer { name phone } address { line1 } price { amount } extras { name }
  cancellationDeadline canCancel"""


@pytest.mark.parametrize("persona", ["customer", "staff", "manager", "admin"])
def test_a_list_of_fifty_takes_the_statements_of_one(personas: Personas, persona: str) -> None:
    days = count()
    add = lambda: visit(personas, scheduled_date=date(2027, 3, 1) + timedelta(days=next(days)))  # noqa: E731
    query = f"{{ appointments {{ edges {{ node {{ {_FIELDS} }} }} }} }}"
    assert_same_statements(personas[persona], query, add=add, at_most=5)


def test_a_schedule_of_fifty_takes_the_statements_of_one(personas: Personas) -> None:
    days = count()
    add = lambda: visit(personas, scheduled_date=date(2027, 3, 1) + timedelta(days=next(days)))  # noqa: E731
    query = f"""{{ schedule(from: "2027-03-01T00:00:00Z", to: "2027-04-30T00:00:00Z") {{
      cursor appointments {{ {_FIELDS} }} }} }}"""
    assert_same_statements(personas["staff"], query, add=add, at_most=5)


# --- Working on visits ------------------------------------------------------------------------------------------------

STEPS = {
    "startAppointment": ("IN_PROGRESS", "appointment.started"),
    "completeAppointment": ("COMPLETED", "appointment.completed"),
    "markNoShow": ("NO_SHOW", "appointment.no_show"),
}
WORKS = {"staff", "manager", "admin"}


AT_THE_DOOR = {"scheduled_date": date(2027, 2, 1), "scheduled_time": time(8)}
"""A visit that begins now: nobody is missed before."""


@pytest.mark.parametrize("mutation", STEPS)
def test_a_step_changes_the_state_counts_the_version_and_is_told(personas: Personas, mutation: str) -> None:
    row = visit(personas, **AT_THE_DOOR)
    status, kind = STEPS[mutation]
    payload = personas["staff"].mutate(mutation, {"appointmentId": gid(row)}, "appointment { status version }")
    assert payload == {"appointment": {"status": status, "version": 2}, "userErrors": []}
    event = Event.objects.get()
    assert (event.kind, event.staff_id, event.order_id, event.customer_id, event.actor_id) == (
        kind,
        personas.staff.pk,
        row.order_item.order_id,
        personas.customer.pk,
        personas.staff.user_id,
    )
    assert (event.data["status"], event.data["previous"]["status"]) == (status, "CONFIRMED")
    assert Claim.objects.count() == (1 if mutation == "startAppointment" else 0)


@pytest.mark.parametrize("mutation", [*STEPS, "addInternalNote", "announceArrival"])
@pytest.mark.parametrize("persona", NAMES)
def test_only_its_own_staff_and_the_office_work_on_a_visit(personas: Personas, persona: str, mutation: str) -> None:
    wanted = {"appointmentId": gid(visit(personas, **AT_THE_DOOR))} | (
        {"text": "x"} if mutation == "addInternalNote" else {}
    )
    kind = f"{mutation[0].upper()}{mutation[1:]}Input!"
    query = f"mutation($input: {kind}) {{ {mutation}(input: $input) {{ userErrors {{ code field }} }} }}"
    before = snapshot()
    answer = personas[persona](query, input=wanted)
    if persona in WORKS:
        assert answer.data[mutation]["userErrors"] == []
        return
    if persona == "customer":
        assert answer.codes == ["FORBIDDEN"]
    elif persona in ("anonymous", "guest"):
        assert answer.codes == ["UNAUTHENTICATED"]
    else:
        assert answer.data[mutation]["userErrors"] == [{"code": "NOT_FOUND", "field": ["appointmentId"]}]
    assert snapshot() == before


def test_a_manager_without_the_flag_works_on_none(personas: Personas) -> None:
    Manager.objects.update(can_manage_orders=False)
    query = "mutation($id: ID!) { startAppointment(input: { appointmentId: $id }) { userErrors { code } } }"
    assert personas["manager"](query, id=gid(visit(personas))).codes == ["FORBIDDEN"]


ALLOWED = {
    ("CONFIRMED", "startAppointment"),
    ("CONFIRMED", "completeAppointment"),
    ("CONFIRMED", "markNoShow"),
    ("IN_PROGRESS", "completeAppointment"),
}


@pytest.mark.parametrize("mutation", STEPS)
@pytest.mark.parametrize("status", ["PENDING", "CONFIRMED", "IN_PROGRESS", "COMPLETED", "CANCELLED", "NO_SHOW"])
def test_the_state_machine_has_no_other_steps(personas: Personas, status: str, mutation: str) -> None:
    row = visit(personas, **AT_THE_DOOR)
    Appointment.objects.update(status=status)
    payload = personas["staff"].mutate(mutation, {"appointmentId": gid(row)}, "appointment { id }")
    row.refresh_from_db()
    if (status, mutation) in ALLOWED:
        assert (payload["userErrors"], row.status) == ([], STEPS[mutation][0])
    else:
        assert (payload["userErrors"], row.status) == ([("INVALID_TRANSITION", "")], status)
        assert not Event.objects.exists()


def test_nobody_is_missed_before_the_start(personas: Personas) -> None:
    row = visit(personas)
    with time_machine.travel(row.start - timedelta(seconds=1), tick=False):
        payload = personas["staff"].mutate("markNoShow", {"appointmentId": gid(row)}, "appointment { id }")
    assert payload == {"appointment": None, "userErrors": [("INVALID_TRANSITION", "")]}
    row.refresh_from_db()
    assert (row.status, row.version, Claim.objects.count(), Event.objects.count()) == ("CONFIRMED", 1, 1, 0)


def test_a_stale_version_is_refused(personas: Personas) -> None:
    row = visit(personas)
    wanted = {"appointmentId": gid(row), "version": 1}
    assert personas["staff"].mutate("startAppointment", wanted, "appointment { id }")["userErrors"] == []
    payload = personas["staff"].mutate("completeAppointment", wanted, "appointment { id }")
    assert payload["userErrors"] == [("STALE_VERSION", "version")]


def test_notes_add_up_and_count_the_version(personas: Personas) -> None:
    row = visit(personas)
    for text in ("Key under the mat", "  Dog is friendly \n"):
        payload = personas["staff"].mutate(
            "addInternalNote", {"appointmentId": gid(row), "text": text}, "appointment { internalNotes version }"
        )
    assert payload["appointment"] == {"internalNotes": "Key under the mat\nDog is friendly", "version": 3}


@pytest.mark.parametrize(("text", "code"), [("", "REQUIRED"), ("x" * 2001, "TOO_LONG"), ("a\u0000b", "INVALID_INPUT")])
def test_a_bad_note_is_refused(personas: Personas, text: str, code: str) -> None:
    wanted = {"appointmentId": gid(visit(personas)), "text": text}
    assert personas["staff"].mutate("addInternalNote", wanted, "appointment { id }")["userErrors"] == [(code, "text")]


def test_notes_of_one_visit_do_not_grow_for_ever(personas: Personas) -> None:
    row = visit(personas)
    Appointment.objects.update(internal_notes="x" * 19_999)
    wanted = {"appointmentId": gid(row), "text": "y"}
    assert personas["staff"].mutate("addInternalNote", wanted, "appointment { id }")["userErrors"] == [
        ("TOO_LONG", "text")
    ]


def test_a_visit_without_an_order_is_told_without_one(personas: Personas) -> None:
    row = factories.direct_booking(factories.service(), staff=personas.staff)
    personas["staff"].mutate("startAppointment", {"appointmentId": gid(row)}, "appointment { id }")
    assert (Event.objects.get().order_id, Event.objects.get().appointment_id) == (None, row.pk)
