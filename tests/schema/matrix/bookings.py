"""Direct bookings: public to make; followed and changed by their owner, by who holds their token, and by the office."""

from typing import Any

from tests.schema.matrix.words import (
    CUSTOMERS,
    EVERYONE,
    FORBIDDEN,
    MANAGED_ORDERS,
    NOBODY,
    NOT_FOUND,
    NULL,
    OK,
    UNAUTHENTICATED,
    Row,
    given,
    mutation,
    order_input,
)
from tests.world import World

OWN_BOOKING = {NOBODY: UNAUTHENTICATED, "staff": FORBIDDEN, "customer manager admin": OK, "*": NOT_FOUND}


def booking(world: World, who: str) -> dict[str, Any]:
    """A direct booking by a customer for itself, by everyone else for a guest."""
    asked = order_input(world, who)
    given = {key: asked[key] for key in ("address", "guest") if key in asked}
    return given | {"serviceId": world.id("service"), "start": "2027-03-01T14:00:00Z"}


ROWS: tuple[Row, ...] = (
    Row(
        "Query.appointment",
        "query($id: ID!) { appointment(id: $id) { start } }",
        {"customer staff manager admin": OK, "*": NULL},
        lambda world, who: {"id": world.id("booking")},
    ),
    Row(
        "Query.trackAppointment",
        "query($token: String!) { trackAppointment(trackingToken: $token) { start } }",
        EVERYONE,
        lambda world, who: {"token": world.token("guest booking")},
    ),
    Row(
        "Query.trackAppointment",
        '{ trackAppointment(trackingToken: "wrong") { start } }',
        {"*": NULL},
        case="wrong token",
    ),
    mutation("bookAppointment", "appointment { id }", EVERYONE, lambda world, who: {"input": booking(world, who)}),
    mutation(
        "bookAppointment",
        "appointment { id }",
        MANAGED_ORDERS | {CUSTOMERS: "INVALID_INPUT"},
        lambda world, who: {"input": booking(world, "customer") | {"customerId": world.id("customer")}},
        case="for a customer",
    ),
    mutation(
        "rescheduleAppointment",
        "appointment { id }",
        OWN_BOOKING,
        given(appointmentId="id:booking", start="2027-03-04T10:00:00Z"),
    ),
    mutation(
        "rescheduleAppointment",
        "appointment { id }",
        EVERYONE,
        given(trackingToken="token:guest booking", start="2027-03-04T10:00:00Z"),
        case="by token",
    ),
    mutation(
        "rescheduleAppointment",
        "appointment { id }",
        OWN_BOOKING | {"customer": "CHANGE_REQUEST_NEEDED"},
        given(appointmentId="id:visit", start="2027-03-04T10:00:00Z"),
        case="of an order",
    ),
    mutation("cancelAppointment", "appointment { id }", OWN_BOOKING, given(appointmentId="id:booking", reason="Flood")),
    mutation(
        "cancelAppointment", "appointment { id }", EVERYONE, given(trackingToken="token:guest booking"), case="by token"
    ),
    mutation("confirmAppointment", "appointment { id }", MANAGED_ORDERS, given(appointmentId="id:booking")),
    mutation(
        "linkGuestAppointment",
        "appointment { id }",
        {NOBODY: UNAUTHENTICATED, CUSTOMERS: "EMAIL_NOT_VERIFIED", "*": FORBIDDEN},
        given(trackingToken="token:guest booking"),
    ),
)
