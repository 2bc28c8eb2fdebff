"""createSubscription: placed at once, by one rule, and priced by the server."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings

from backend.core.business import Business
from backend.coupons.models import Coupon, CouponUsage
from backend.events.models import Event
from backend.scheduling.models import Appointment, Claim, CustomerAppointment
from backend.staff.models import StaffService
from backend.subscriptions.models import Subscription, SubscriptionAppointment
from tests import factories
from tests.client import Api, gid
from tests.personas import Personas
from tests.schema.subscriptions.planning import RETURNING, Shop, create, shown
from tests.statements import statements
from tests.world import digest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def at(day: str, time: str = "09:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{time}:00").replace(tzinfo=UTC)


def test_a_guests_plan_is_active_with_every_visit_at_its_time(api: Api, shop: Shop) -> None:
    payload = create(api, shop)
    plan = payload["subscription"]
    assert payload["userErrors"] == []
    assert re.fullmatch(r"SUB-20270201-[2-9A-HJKMNP-Z]{6}", plan["subscriptionNumber"])
    assert (plan["status"], plan["version"], plan["endDate"]) == ("ACTIVE", 1, "2027-04-01")
    assert (plan["totalAppointments"], plan["completedAppointments"]) == (5, 0)
    assert (plan["nextAppointmentDate"], plan["visitTime"], plan["staff"]) == ("2027-03-01", "09:00", {"name": "Anna"})
    assert (plan["pricePerAppointment"], plan["total"]) == (
        {"amount": "50.00", "currency": "GBP"},
        {"amount": "250.00"},
    )
    assert [each["nominalDate"] for each in plan["visits"]] == [
        "2027-03-01",
        "2027-03-08",
        "2027-03-15",
        "2027-03-22",
        "2027-03-29",
    ]
    # Nine o'clock stays nine o'clock: British Summer Time begins on 28 March.
    assert shown(plan["visits"]) == [
        ("2027-03-01T09:00", "Anna", False, None),
        ("2027-03-08T09:00", "Anna", False, None),
        ("2027-03-15T09:00", "Anna", False, None),
        ("2027-03-22T09:00", "Anna", False, None),
        ("2027-03-29T08:00", "Anna", False, None),
    ]
    assert Claim.objects.count() == Appointment.objects.filter(type="SUBSCRIPTION").count() == 5


@pytest.mark.parametrize("is_guest", [True, False])
def test_the_terms_are_frozen_on_every_visit(shop: Shop, personas: Personas, is_guest: bool) -> None:
    given: dict[str, Any] = {"extraIds": [gid(shop.extra)], "notes": "Ring twice"}
    if not is_guest:
        home = factories.address(personas.customer, line1="1 Upper Street", postcode="N1 9GU")
        given |= {"guest": None, "address": None, "addressId": gid(home)}
    api = personas["anonymous" if is_guest else "customer"]
    assert create(api, shop, **given)["userErrors"] == []
    booking = CustomerAppointment.objects.select_related("appointment").order_by("pk")[0]
    assert booking.customer == (None if is_guest else personas.customer)
    assert booking.contact_email == ("ada@example.com" if is_guest else personas.customer.email)
    assert (booking.price, booking.policy_hours) == (Decimal("65.00"), 24)
    assert booking.cancellation_deadline == at("2027-02-28")
    assert booking.extras == [{"name": "Oven", "price": "15.00", "duration_minutes": 30}]
    visit = booking.appointment
    assert (visit.end, visit.buffer_minutes, visit.notes) == (at("2027-03-01", "10:30"), 15, "Ring twice")


def test_the_price_is_that_of_who_was_asked_for_and_stays_whoever_comes(api: Api, shop: Shop) -> None:
    StaffService.objects.filter(staff=shop.anna).update(price_override=Decimal("62.50"))
    anyone = create(api, shop, extraIds=[gid(shop.extra)])["subscription"]
    named = create(api, shop, preferredStaffId=gid(shop.anna), preferredTime="13:00")["subscription"]
    assert (anyone["pricePerAppointment"]["amount"], anyone["total"]["amount"]) == ("65.00", "325.00")
    assert (named["pricePerAppointment"]["amount"], named["total"]["amount"]) == ("62.50", "312.50")


def test_the_first_visits_time_and_staff_are_kept_for_the_rest(api: Api, shop: Shop) -> None:
    ben = factories.staff_member(shop.service, name="Ben")
    factories.time_off(shop.anna, at("2027-03-01", "09:00"))
    factories.time_off(ben, at("2027-03-01", "09:00"), hours=1)
    plan = create(api, shop, preferredStaffId=gid(shop.anna))["subscription"]
    assert shown(plan["visits"])[:3] == [
        ("2027-03-01T10:00", "Ben", True, "TIME_OFF"),
        ("2027-03-08T10:00", "Ben", False, None),
        ("2027-03-15T10:00", "Ben", False, None),
    ]


def test_a_visit_goes_to_a_colleague_before_it_goes_to_another_time(api: Api, shop: Shop) -> None:
    factories.staff_member(shop.service, name="Ben")
    factories.time_off(shop.anna, at("2027-03-08"), hours=2)
    plan = create(api, shop, preferredStaffId=gid(shop.anna))["subscription"]
    assert shown(plan["visits"])[:3] == [
        ("2027-03-01T09:00", "Anna", False, None),
        ("2027-03-08T09:00", "Ben", True, "TIME_OFF"),
        ("2027-03-15T09:00", "Anna", False, None),
    ]


def test_two_weeks_away_in_the_middle_move_those_visits_and_the_plan_returns(api: Api, shop: Shop) -> None:
    """Anna is away from Monday the 15th to Sunday the 28th: who is free comes in her place, and then she is back."""
    factories.staff_member(shop.service, name="Ben")
    factories.time_off(shop.anna, at("2027-03-15", "00:00"), hours=24 * 14)
    plan = create(api, shop, preferredStaffId=gid(shop.anna))["subscription"]
    assert shown(plan["visits"]) == [
        ("2027-03-01T09:00", "Anna", False, None),
        ("2027-03-08T09:00", "Anna", False, None),
        ("2027-03-15T09:00", "Ben", True, "TIME_OFF"),
        ("2027-03-22T09:00", "Ben", True, "TIME_OFF"),
        ("2027-03-29T08:00", "Anna", False, None),
    ]


def test_with_nobody_else_they_wait_for_the_day_she_is_back_if_it_comes_in_time(api: Api, shop: Shop) -> None:
    """Fortnightly, the 25th is ten days on; weekly, the next visit is due before, and the office has to see to it."""
    factories.time_off(shop.anna, at("2027-03-15", "00:00"), hours=24 * 10)
    fortnightly = create(api, shop, frequency="BIWEEKLY")["subscription"]
    assert shown(fortnightly["visits"]) == [
        ("2027-03-01T09:00", "Anna", False, None),
        ("2027-03-25T09:00", "Anna", True, "TIME_OFF"),
        ("2027-03-29T08:00", "Anna", False, None),
    ]
    weekly = create(api, shop, preferredTime="13:00")["subscription"]
    assert shown(weekly["visits"]) == [
        ("2027-03-01T13:00", "Anna", False, None),
        ("2027-03-08T13:00", "Anna", False, None),
        ("UNPLACED", None, False, "TIME_OFF"),
        ("2027-03-25T13:00", "Anna", True, "TIME_OFF"),
        ("2027-03-29T12:00", "Anna", False, None),
    ]
    assert weekly["status"] == "ACTIVE"
    told = Event.objects.get(kind="visit.unplaced")
    assert (told.data["sequence"], told.data["reason"]) == (3, "TIME_OFF")


def test_months_are_counted_from_the_start_and_a_saturday_gives_way_to_monday(api: Api, shop: Shop) -> None:
    plan = create(api, shop, frequency="MONTHLY", durationMonths=4, startDate="2027-03-31")["subscription"]
    assert [each["nominalDate"] for each in plan["visits"]] == ["2027-03-31", "2027-04-30", "2027-05-31", "2027-06-30"]
    saturdays = create(api, shop, startDate="2027-03-06")["subscription"]
    assert shown(saturdays["visits"])[0] == ("2027-03-08T09:00", "Anna", True, "NOT_WORKING")


def test_the_same_key_gives_the_same_plan_back_and_another_input_a_conflict(api: Api, shop: Shop) -> None:
    first = create(api, shop, idempotencyKey="a1")["subscription"]
    again = create(api, shop, idempotencyKey="a1")["subscription"]
    assert again["id"] == first["id"]
    assert create(api, shop, idempotencyKey="a1", durationMonths=2)["userErrors"] == [
        ("IDEMPOTENCY_CONFLICT", "idempotencyKey")
    ]
    assert (Subscription.objects.count(), Appointment.objects.count()) == (1, 5)


def test_the_office_makes_a_plan_for_a_customer_at_its_address(personas: Personas, shop: Shop) -> None:
    home = factories.address(personas.customer)
    given = {"guest": None, "address": None, "addressId": gid(home), "customerId": gid(personas.customer)}
    assert create(personas["manager"], shop, **given)["subscription"]["status"] == "ACTIVE"
    assert Subscription.objects.get().customer == personas.customer
    stranger = {"guest": None, "customerId": gid(personas.other_customer)}
    assert create(personas["manager"], shop, **stranger)["userErrors"] == [("NOT_FOUND", "customerId")]
    assert create(personas["staff"], shop, **stranger)["userErrors"] == [("INVALID_INPUT", "customerId")]


def test_a_coupon_is_used_once_for_the_whole_plan(api: Api, shop: Shop) -> None:
    coupon = factories.coupon(minimum_order_amount=Decimal("200.00"), max_uses=1)
    plan = create(api, shop, couponCode=coupon.code.lower())["subscription"]
    assert (plan["subtotal"]["amount"], plan["discount"]["amount"], plan["total"]["amount"]) == (
        "250.00",
        "50.00",
        "200.00",
    )
    usage = CouponUsage.objects.get()
    assert (usage.subscription, usage.order, usage.amount) == (Subscription.objects.get(), None, Decimal("50.00"))
    before = digest()
    assert create(api, shop, couponCode=coupon.code)["userErrors"] == [("COUPON_USED_UP", "couponCode")]
    assert digest() == before
    assert Coupon.objects.get().used_count == 1


BAD: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"startDate": "2027-01-31"}, [("IN_THE_PAST", "startDate")]),
    ({"startDate": "2027-08-01"}, [("BEYOND_HORIZON", "startDate")]),
    ({"durationMonths": 0}, [("OUT_OF_RANGE", "durationMonths")]),
    ({"durationMonths": 13}, [("OUT_OF_RANGE", "durationMonths")]),
    ({"durationMonths": -1}, [("OUT_OF_RANGE", "durationMonths")]),
    ({"preferredTime": "09:07"}, [("INVALID_INPUT", "preferredTime")]),
    ({"guest": None}, [("REQUIRED", "guest")]),
    ({"address": None}, [("REQUIRED", "address")]),
    ({"couponCode": "NONE"}, [("COUPON_UNKNOWN", "couponCode")]),
    ({"serviceId": "nonsense"}, [("NOT_FOUND", "serviceId")]),
    (
        {"durationMonths": 13, "startDate": "2027-01-01", "preferredTime": "09:01", "guest": None},
        [
            ("REQUIRED", "guest"),
            ("OUT_OF_RANGE", "durationMonths"),
            ("IN_THE_PAST", "startDate"),
            ("INVALID_INPUT", "preferredTime"),
        ],
    ),
]


@pytest.mark.parametrize(("given", "refused"), BAD)
def test_what_makes_no_sense_is_refused_with_its_field_and_changes_nothing(
    api: Api, shop: Shop, given: dict[str, Any], refused: list[tuple[str, str]]
) -> None:
    before = digest()
    payload = create(api, shop, **given)
    assert (payload["subscription"], payload["userErrors"]) == (None, refused)
    assert digest() == before


def test_who_can_not_come_and_where_nobody_comes_are_told_by_field(api: Api, shop: Shop) -> None:
    stranger = factories.staff_member(name="Cleo")
    far = factories.staff_member(shop.service, postcode="M1")
    manchester = {"line1": "1 Deansgate", "city": "Manchester", "postcode": "M1 1AA"}
    hidden = factories.service(is_active=False)
    lonely = factories.service()
    cases: list[tuple[dict[str, Any], tuple[str, str]]] = [
        ({"preferredStaffId": gid(stranger)}, ("STAFF_NOT_QUALIFIED", "preferredStaffId")),
        ({"preferredStaffId": gid(far)}, ("OUT_OF_AREA", "preferredStaffId")),
        ({"address": manchester, "preferredStaffId": gid(shop.anna)}, ("OUT_OF_AREA", "preferredStaffId")),
        ({"serviceId": gid(lonely)}, ("NO_STAFF_AVAILABLE", "serviceId")),
        ({"serviceId": gid(hidden)}, ("NOT_FOUND", "serviceId")),
    ]
    for given, refused in cases:
        assert create(api, shop, **given)["userErrors"] == [refused]
    far.areas.all().delete()
    assert create(api, shop, address=manchester)["userErrors"] == [("OUT_OF_AREA", "address.postcode")]
    assert Subscription.objects.count() == 0


def test_a_29_february_comes_round_on_the_last_day_of_february(shop: Shop, api: Api, monkeypatch: Any) -> None:
    """Leap days: 2028 is the next, further ahead than plans begin, so the business takes bookings longer here."""
    rules: Business = settings.ROTA_BUSINESS
    monkeypatch.setattr(settings, "ROTA_BUSINESS", replace(rules, booking_horizon=timedelta(days=500)))
    plan = create(api, shop, frequency="MONTHLY", durationMonths=12, startDate="2028-02-29")["subscription"]
    assert plan["endDate"] == "2029-02-28"
    assert [each["nominalDate"] for each in plan["visits"]][-2:] == ["2028-12-29", "2029-01-29"]
    assert plan["totalAppointments"] == 12


def test_a_business_that_confirms_plans_places_them_then(
    api: Api, personas: Personas, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ROTA_BUSINESS", replace(settings.ROTA_BUSINESS, plans_need_confirmation=True))
    plan = create(api, shop)["subscription"]
    assert (plan["status"], plan["visits"], plan["nextAppointmentDate"]) == ("PENDING", [], None)
    assert plan["totalAppointments"] == 5
    assert Claim.objects.count() == 0
    given = {"subscriptionId": plan["id"]}
    confirmed = personas["admin"].mutate("confirmSubscription", given, RETURNING)["subscription"]
    assert (confirmed["status"], confirmed["version"], len(confirmed["visits"])) == ("ACTIVE", 2, 5)
    assert Claim.objects.count() == 5
    assert personas["admin"].mutate("confirmSubscription", given, RETURNING)["userErrors"] == [
        ("INVALID_TRANSITION", "")
    ]


def test_a_service_that_was_deactivated_meanwhile_is_not_promised_for_a_month(personas: Personas, shop: Shop) -> None:
    plan = factories.pending_plan(shop.service)
    shop.service.is_active = False
    shop.service.save()
    before = digest()
    given = {"subscriptionId": gid(plan, "SubscriptionPlan")}
    assert personas["admin"].mutate("confirmSubscription", given, RETURNING)["userErrors"] == [
        ("INACTIVE", "subscriptionId")
    ]
    assert digest() == before


def test_a_time_that_the_first_night_does_not_have_is_kept_for_the_nights_that_do(api: Api, shop: Shop) -> None:
    """London's clocks go from one to two on 28 March: half past one is two o'clock that night, and that night alone."""
    factories.works(shop.anna, range(7), "00:00", "06:00")
    plan = create(api, shop, startDate="2027-03-28", preferredTime="01:30")["subscription"]
    assert plan["visitTime"] == "01:30"
    assert [visit["appointment"]["start"][:16] for visit in plan["visits"]] == [
        "2027-03-28T01:00",
        "2027-04-04T00:30",
        "2027-04-11T00:30",
        "2027-04-18T00:30",
        "2027-04-25T00:30",
    ]
    assert not any(visit["moved"] for visit in plan["visits"])


def placing(api: Api, shop: Shop, months: int, preview: bool) -> list[str]:
    """The statements of previewing or making a weekly plan."""
    if preview:
        query = "query($input: SubscriptionPlanInput!) { previewSubscription(input: $input) { visits { start } } }"
    else:
        query = (
            "mutation($input: CreateSubscriptionInput!) { createSubscription(input: $input) { userErrors { code } } }"
        )
    return statements(api, query, input=shop.plan(durationMonths=months))


@pytest.mark.parametrize(("preview", "at_most"), [(True, 12), (False, 40)])
def test_a_year_of_weekly_visits_takes_as_many_statements_as_a_month(
    api: Api, shop: Shop, preview: bool, at_most: int
) -> None:
    factories.staff_member(shop.service, name="Ben")
    month, year = placing(api, shop, 1, preview), placing(api, shop, 12, preview)
    assert len(year) == len(month), "\n".join(year)
    assert len(year) <= at_most, "\n".join(year)
    assert SubscriptionAppointment.objects.count() == (0 if preview else 5 + 53)


def test_what_was_previewed_is_what_is_placed(api: Api, shop: Shop) -> None:
    factories.staff_member(shop.service, name="Ben")
    factories.time_off(shop.anna, at("2027-03-15", "00:00"), hours=24 * 3)
    wanted = "sequence nominalDate start staff { name } moved reason"
    query = (
        "query($input: SubscriptionPlanInput!) { previewSubscription(input: $input) { endDate totalVisits "
        f"total {{ amount }} visits {{ {wanted} }} userErrors {{ code }} }} }}"
    )
    before = digest()
    seen = api(query, input=shop.plan(preferredStaffId=gid(shop.anna))).data["previewSubscription"]
    assert digest() == before
    made = create(api, shop, preferredStaffId=gid(shop.anna))["subscription"]
    assert (seen["endDate"], seen["totalVisits"], seen["total"]) == ("2027-04-01", 5, {"amount": "250.00"})
    assert [(v["start"][:16], v["staff"]["name"], v["moved"], v["reason"]) for v in seen["visits"]] == shown(
        made["visits"]
    )


def test_a_preview_tells_what_is_wrong_and_prices_without_a_bad_coupon(api: Api, shop: Shop) -> None:
    query = (
        "query($input: SubscriptionPlanInput!) { previewSubscription(input: $input) "
        "{ endDate total { amount } visits { start } userErrors { code field } } }"
    )
    refused = api(query, input=shop.plan(durationMonths=13)).data["previewSubscription"]
    assert refused == {
        "endDate": None,
        "total": None,
        "visits": [],
        "userErrors": [{"code": "OUT_OF_RANGE", "field": ["durationMonths"]}],
    }
    priced = api(query, input=shop.plan(couponCode="NONE")).data["previewSubscription"]
    assert (priced["total"], len(priced["visits"])) == ({"amount": "250.00"}, 5)
    assert priced["userErrors"] == [{"code": "COUPON_UNKNOWN", "field": ["couponCode"]}]
