"""The catalogue, and staff."""

from tests.schema.matrix.words import (
    ADMINS,
    EVERYONE,
    FORBIDDEN,
    INVALID_CREDENTIALS,
    MANAGED_STAFF,
    MANAGERS,
    NOBODY,
    NOT_FOUND,
    NULL,
    OFFICE,
    OK,
    SEES,
    STAFF,
    THEIR_OWN_STAFF,
    UNAUTHENTICATED,
    Row,
    given,
    listing,
    mutation,
    node,
)

SERVICES = ("service",)
ALL_SERVICES = ("service", "hidden service", "proposal", "rejected proposal")
PROPOSED = {"*": SEES(*SERVICES), "staff": SEES("service", "proposal", "rejected proposal")}
OWN_PROPOSAL = {NOBODY: UNAUTHENTICATED, "staff": OK, "other_staff": NOT_FOUND, "*": FORBIDDEN}
EDITED_PROPOSAL = OWN_PROPOSAL | {"admin": OK}

ROWS: tuple[Row, ...] = (
    # Public, or public in part
    node("Category", "category", EVERYONE),
    node("Service", "service", EVERYONE),
    node("Service", "hidden service", {"*": NULL, f"{MANAGERS} admin": OK}),
    node("Service", "proposal", {"*": NULL, f"staff {MANAGERS} admin": OK}),
    node("ServiceExtra", "extra", EVERYONE),
    Row(
        "Query.nodes",
        "query($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        {**PROPOSED, f"{MANAGERS} admin": SEES(*ALL_SERVICES)},
        lambda world, who: {"ids": [world.id(name) for name in ALL_SERVICES]},
    ),
    Row("Query.categories", "{ categories { id } }", {"*": SEES("category", "empty category")}),
    listing("services", {**PROPOSED, f"{MANAGERS} admin": SEES(*ALL_SERVICES)}),
    Row(
        "Mutation.signIn",
        'mutation { signIn(input: {email: "nobody@example.com", password: "wrong"}) { userErrors { code } } }',
        {"*": INVALID_CREDENTIALS},
    ),
    Row(
        "Mutation.signOut",
        "mutation { signOut { userErrors { code } } }",
        {NOBODY: UNAUTHENTICATED, "*": OK},
    ),
    # Catalogue
    mutation("createCategory", "category { id }", ADMINS, given(name="Gardening")),
    mutation("updateCategory", "category { id }", ADMINS, given(categoryId="id:category", name="Tidying")),
    mutation(
        "createService",
        "service { id }",
        {NOBODY: UNAUTHENTICATED, f"{STAFF} admin": OK, "*": FORBIDDEN},
        given(categoryId="id:category", name="Windows", durationMinutes=60, price="30.00"),
    ),
    mutation("updateService", "service { id }", ADMINS, given(serviceId="id:service", name="Deeper clean")),
    mutation(
        "updateService",
        "service { id }",
        EDITED_PROPOSAL,
        given(serviceId="id:proposal", name="Bird bath"),
        case="proposed",
    ),
    mutation("deactivateService", "service { id }", ADMINS, given(serviceId="id:service")),
    mutation("moveCategory", "category { id }", ADMINS, given(categoryId="id:empty category", parentId="id:category")),
    mutation("reorderCategories", "categories { id }", ADMINS, given(categoryIds=["id:empty category"])),
    mutation("deleteCategory", "deletedId", ADMINS, given(categoryId="id:empty category")),
    mutation(
        "reorderServices",
        "category { id }",
        ADMINS,
        given(categoryId="id:category", serviceIds=["id:hidden service"]),
    ),
    mutation(
        "addServiceExtra",
        "extra { id }",
        EDITED_PROPOSAL,
        given(serviceId="id:proposal", name="Attic", price="5.00"),
    ),
    mutation("updateServiceExtra", "extra { id }", ADMINS, given(extraId="id:extra", name="Attic")),
    mutation("deactivateServiceExtra", "extra { id }", ADMINS, given(extraId="id:extra")),
    mutation("reorderServiceExtras", "service { id }", ADMINS, given(serviceId="id:service", extraIds=["id:extra"])),
    mutation("approveService", "service { id }", OFFICE, given(serviceId="id:proposal"), "ServiceInput"),
    mutation("rejectService", "service { id }", OFFICE, given(serviceId="id:proposal", reason="No")),
    mutation("withdrawService", "service { id }", OWN_PROPOSAL, given(serviceId="id:proposal"), "ServiceInput"),
    mutation(
        "proposeServiceAgain",
        "service { id }",
        OWN_PROPOSAL,
        given(serviceId="id:rejected proposal"),
        "ServiceInput",
    ),
    # Staff: the name on the door is public, the rest is for the person and whoever manages it
    listing("staffMembers", {"*": SEES("staff", "other staff")}),
    node("Staff", "staff", EVERYONE),
    node("StaffService", "offer", THEIR_OWN_STAFF),
    node("ServiceArea", "area", THEIR_OWN_STAFF),
    node("ScheduleException", "exception", THEIR_OWN_STAFF),
    node("TimeOff", "time off", THEIR_OWN_STAFF),
    mutation(
        "createStaffMember",
        "staff { id }",
        {NOBODY: UNAUTHENTICATED, f"{MANAGERS} admin": OK, "*": FORBIDDEN},
        given(name="New", email="new@example.com"),
    ),
    mutation("updateStaffMember", "staff { id }", MANAGED_STAFF, given(staffId="id:staff", name="Anna")),
    mutation("deactivateStaffMember", "staff { id }", MANAGED_STAFF, given(staffId="id:staff")),
    mutation(
        "setWorkingHours",
        "staff { id }",
        MANAGED_STAFF,
        given(staffId="id:staff", hours=[{"dayOfWeek": "MONDAY", "start": "08:00", "end": "12:00"}]),
    ),
    mutation(
        "setScheduleException",
        "scheduleException { id }",
        MANAGED_STAFF,
        given(staffId="id:staff", date="2027-02-09"),
    ),
    mutation(
        "removeScheduleException",
        "staff { id }",
        MANAGED_STAFF | {"other_manager": NOT_FOUND},
        given(exceptionId="id:exception"),
    ),
    mutation(
        "assignService",
        "assignment { id }",
        MANAGED_STAFF,
        given(staffId="id:staff", serviceId="id:service", priceOverride="40.00"),
    ),
    mutation("unassignService", "staff { id }", MANAGED_STAFF, given(staffId="id:staff", serviceId="id:service")),
    mutation(
        "addServiceArea",
        "area { id }",
        MANAGED_STAFF,
        given(staffId="id:staff", postcode="N1", radiusMiles=3),
    ),
    mutation(
        "removeServiceArea", "staff { id }", MANAGED_STAFF | {"other_manager": NOT_FOUND}, given(areaId="id:area")
    ),
    mutation(
        "addTimeOff",
        "timeOff { id }",
        MANAGED_STAFF,
        given(staffId="id:staff", start="2027-03-08T00:00:00Z", end="2027-03-09T00:00:00Z"),
    ),
    mutation(
        "removeTimeOff",
        "staff { id }",
        MANAGED_STAFF | {"other_manager": NOT_FOUND},
        given(timeOffId="id:time off"),
    ),
)
