"""A plan is paused, resumed, cancelled and completed; single visits are skipped, done, placed, moved."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine

from backend.catalogue.models import Service
from backend.coupons.models import Coupon
from backend.events.models import Event
from backend.scheduling.models import Appointment, Claim
from backend.subscriptions.models import Subscription, SubscriptionAppointment
from tests import factories
from tests.client import Api, gid
from tests.factories.business import NOW
from tests.personas import Personas
from tests.relaying import relay_and_work
from tests.schema.subscriptions.planning import VISITS, Shop, create, shown
from tests.world import digest
from workers.schedule import JOBS, run_if_due

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

PLAN = f"subscription {{ id status version nextAppointmentDate endDate resumeOn totalAppointments {VISITS} }}"
HOUR = timedelta(hours=1)
FIRST = datetime(2027, 3, 1, 9, tzinfo=UTC)


def statuses(plan: dict[str, Any]) -> list[str]:
    return [visit["status"] for visit in plan["visits"]]


def follow(now: datetime) -> None:
    """Carry out all that follows, and what follows of that."""
    for _ in range(3):
        relay_and_work(now)


class TestPausing:
    def test_every_visit_past_its_notice_is_called_off_and_its_time_is_free(self, api: Api, shop: Shop) -> None:
        made = create(api, shop)["subscription"]
        given = {"trackingToken": made["trackingToken"], "reason": "Holiday", "resumeOn": "2027-03-10"}
        plan = api.mutate("pauseSubscription", given, PLAN)["subscription"]
        assert (plan["status"], plan["nextAppointmentDate"], plan["resumeOn"]) == ("PAUSED", None, "2027-03-10")
        assert statuses(plan) == ["CANCELLED"] * 5
        assert {visit["appointment"]["status"] for visit in plan["visits"]} == {"CANCELLED"}
        assert (Claim.objects.count(), plan["totalAppointments"]) == (0, 5)

    def test_a_visit_within_its_notice_takes_place_and_counts(self, api: Api, personas: Personas, shop: Shop) -> None:
        made = create(api, shop)["subscription"]
        with time_machine.travel(FIRST - 24 * HOUR + timedelta(seconds=1), tick=False):
            plan = api.mutate("pauseSubscription", {"trackingToken": made["trackingToken"]}, PLAN)["subscription"]
        assert statuses(plan) == ["SCHEDULED"] + ["CANCELLED"] * 4
        assert (plan["status"], plan["nextAppointmentDate"]) == ("PAUSED", None)
        given = {"visitId": plan["visits"][0]["id"]}
        done = personas["admin"].mutate("completeVisit", given, "visit { status subscription { status } }")["visit"]
        assert done == {"status": "COMPLETED", "subscription": {"status": "PAUSED"}}
        assert Subscription.objects.get().completed_appointments == 1

    def test_work_that_has_begun_early_goes_on(self, api: Api, personas: Personas, shop: Shop) -> None:
        plan = factories.active_plan(shop.service, staff=shop.anna, visits=2)
        first = Appointment.objects.order_by("start")[0]
        Appointment.objects.filter(pk=first.pk).update(status="IN_PROGRESS")
        given = {"subscriptionId": gid(plan, "SubscriptionPlan"), "reason": "Flood"}
        made = personas["admin"].mutate("cancelSubscription", given, PLAN)["subscription"]
        assert statuses(made) == ["SCHEDULED", "CANCELLED"]
        assert Appointment.objects.get(pk=first.pk).status == "IN_PROGRESS"

    def test_at_the_deadline_itself_the_visit_is_called_off(self, api: Api, shop: Shop) -> None:
        made = create(api, shop)["subscription"]
        with time_machine.travel(FIRST - 24 * HOUR, tick=False):
            plan = api.mutate("pauseSubscription", {"trackingToken": made["trackingToken"]}, PLAN)["subscription"]
        assert statuses(plan) == ["CANCELLED"] * 5

    def test_a_date_that_is_past_and_a_second_pause_are_refused_and_change_nothing(self, api: Api, shop: Shop) -> None:
        token = create(api, shop)["subscription"]["trackingToken"]
        before = digest()
        past = api.mutate("pauseSubscription", {"trackingToken": token, "resumeOn": "2027-01-31"}, PLAN)
        assert past["userErrors"] == [("IN_THE_PAST", "resumeOn")]
        late = api.mutate("pauseSubscription", {"trackingToken": token, "resumeOn": "2028-02-03"}, PLAN)
        assert late["userErrors"] == [("OUT_OF_RANGE", "resumeOn")]
        stale = api.mutate("pauseSubscription", {"trackingToken": token, "version": 7}, PLAN)
        assert stale["userErrors"] == [("STALE_VERSION", "version")]
        assert digest() == before
        api.mutate("pauseSubscription", {"trackingToken": token}, PLAN)
        before = digest()
        again = api.mutate("pauseSubscription", {"trackingToken": token}, PLAN)
        assert again["userErrors"] == [("INVALID_TRANSITION", "")]
        assert digest() == before


class TestResuming:
    def paused(self, api: Api, shop: Shop) -> str:
        token: str = create(api, shop)["subscription"]["trackingToken"]
        api.mutate("pauseSubscription", {"trackingToken": token}, PLAN)
        return token

    def test_as_many_visits_as_are_owed_are_planned_again_in_the_plans_rhythm(self, api: Api, shop: Shop) -> None:
        token = self.paused(api, shop)
        with time_machine.travel(datetime(2027, 3, 10, 12, tzinfo=UTC), tick=False):
            plan = api.mutate("resumeSubscription", {"trackingToken": token}, PLAN)["subscription"]
        assert statuses(plan) == ["CANCELLED"] * 5 + ["SCHEDULED"] * 5
        assert [visit["sequence"] for visit in plan["visits"]] == list(range(1, 11))
        assert [visit["nominalDate"] for visit in plan["visits"][5:]] == [
            "2027-03-15",
            "2027-03-22",
            "2027-03-29",
            "2027-04-05",
            "2027-04-12",
        ]
        assert (plan["status"], plan["nextAppointmentDate"], plan["endDate"]) == ("ACTIVE", "2027-03-15", "2027-04-19")
        assert plan["totalAppointments"] == 5

    def test_a_pause_that_ends_on_a_due_day_ends_with_that_day_s_visit(self, api: Api, shop: Shop) -> None:
        token = create(api, shop)["subscription"]["trackingToken"]
        api.mutate("pauseSubscription", {"trackingToken": token, "resumeOn": "2027-03-08"}, PLAN)
        midnight = datetime(2027, 3, 8, tzinfo=UTC)
        with time_machine.travel(midnight, tick=False):
            run_if_due(next(job for job in JOBS if job.name == "resume_plans"), now=midnight)
            follow(midnight)
        visits = Subscription.objects.get().visits.filter(status="SCHEDULED")
        assert [f"{row.nominal_date:%d %b}" for row in visits] == ["08 Mar", "15 Mar", "22 Mar", "29 Mar", "05 Apr"]
        assert not visits.filter(is_moved=True).exists()

    @pytest.mark.parametrize(("minute", "first"), [(0, "2027-03-08"), (1, "2027-03-15")])
    def test_today_counts_while_its_time_can_be_booked(self, api: Api, shop: Shop, minute: int, first: str) -> None:
        """Two hours of notice before nine."""
        token = self.paused(api, shop)
        with time_machine.travel(datetime(2027, 3, 8, 7, minute, tzinfo=UTC), tick=False):
            plan = api.mutate("resumeSubscription", {"trackingToken": token}, PLAN)["subscription"]
        assert plan["visits"][5]["nominalDate"] == first

    def test_the_date_of_a_visit_that_was_skipped_is_passed_over_and_those_before_it_are_not(
        self, api: Api, shop: Shop
    ) -> None:
        token = create(api, shop)["subscription"]["trackingToken"]
        api.mutate("skipVisit", {"trackingToken": token, "sequence": 3}, "visit { status }")
        api.mutate("pauseSubscription", {"trackingToken": token}, PLAN)
        plan = api.mutate("resumeSubscription", {"trackingToken": token}, PLAN)["subscription"]
        assert statuses(plan) == ["CANCELLED", "CANCELLED", "SKIPPED", "CANCELLED", "CANCELLED"] + ["SCHEDULED"] * 4
        assert [visit["nominalDate"] for visit in plan["visits"][5:]] == [
            "2027-03-01",
            "2027-03-08",
            "2027-03-22",
            "2027-03-29",
        ]
        assert plan["endDate"] == "2027-04-05"

    def test_a_wanted_date_begins_a_new_rhythm(self, api: Api, shop: Shop) -> None:
        token = self.paused(api, shop)
        given = {"trackingToken": token, "startDate": "2027-04-06"}
        plan = api.mutate("resumeSubscription", given, PLAN)["subscription"]
        assert shown(plan["visits"][5:])[:2] == [
            ("2027-04-06T08:00", "Anna", False, None),
            ("2027-04-13T08:00", "Anna", False, None),
        ]

    def test_what_can_not_be_is_refused_with_its_field_and_changes_nothing(self, api: Api, shop: Shop) -> None:
        active = create(api, shop, preferredTime="13:00")["subscription"]["trackingToken"]
        token = self.paused(api, shop)
        before = digest()
        for given, refused in (
            ({"trackingToken": token, "startDate": "2027-01-31"}, ("IN_THE_PAST", "startDate")),
            ({"trackingToken": active}, ("INVALID_TRANSITION", "")),
            ({"trackingToken": "wrong"}, ("NOT_FOUND", "trackingToken")),
            ({}, ("REQUIRED", "subscriptionId")),
        ):
            assert api.mutate("resumeSubscription", given, PLAN)["userErrors"] == [refused]
        assert digest() == before

    def test_what_waits_for_the_office_is_not_resumed_and_what_is_paused_is_not_confirmed(
        self, api: Api, personas: Personas, shop: Shop
    ) -> None:
        """Both would make a plan active: each has its own door."""
        pending = factories.pending_plan(shop.service)
        paused = factories.paused_plan(shop.service, staff=shop.anna, resume_on=date(2027, 3, 10))
        before = digest()
        refused = [("INVALID_TRANSITION", "")]
        given = {"trackingToken": pending.tracking_token}
        assert api.mutate("resumeSubscription", given, PLAN)["userErrors"] == refused
        given = {"subscriptionId": gid(paused, "SubscriptionPlan")}
        assert personas["admin"].mutate("confirmSubscription", given, PLAN)["userErrors"] == refused
        assert digest() == before

    def test_a_service_that_was_deactivated_keeps_its_visits_and_gets_no_more(
        self, api: Api, personas: Personas, shop: Shop
    ) -> None:
        active = create(api, shop, preferredTime="13:00")["subscription"]
        token = self.paused(api, shop)
        Service.objects.filter(pk=shop.service.pk).update(is_active=False)
        before = digest()
        assert api.mutate("resumeSubscription", {"trackingToken": token}, PLAN)["userErrors"] == [
            ("INACTIVE", "subscriptionId")
        ]
        generated = personas["admin"].mutate("generateVisits", {"subscriptionId": active["id"]}, PLAN)
        assert generated["userErrors"] == [("INACTIVE", "subscriptionId")]
        assert digest() == before
        assert Claim.objects.count() == 5

    def test_a_pause_ends_by_itself_on_its_day_and_only_once(self, api: Api, shop: Shop) -> None:
        token = create(api, shop)["subscription"]["trackingToken"]
        api.mutate("pauseSubscription", {"trackingToken": token, "resumeOn": "2027-03-10"}, PLAN)
        (job,) = [job for job in JOBS if job.name == "resume_plans"]
        with time_machine.travel(datetime(2027, 3, 9, 23, 59, tzinfo=UTC), tick=False) as clock:
            assert run_if_due(job, now=datetime(2027, 3, 9, 23, 59, tzinfo=UTC)) == 0
            clock.move_to(datetime(2027, 3, 10, 0, 15, tzinfo=UTC))
            assert run_if_due(job, now=datetime(2027, 3, 10, 0, 15, tzinfo=UTC)) == 1
            relay_and_work(datetime(2027, 3, 10, 0, 15, tzinfo=UTC), times=3)
        plan = Subscription.objects.get()
        assert (plan.status, plan.resume_on, plan.next_appointment_date) == ("ACTIVE", None, date(2027, 3, 15))
        assert plan.visits.filter(status="SCHEDULED").count() == 5


class TestCancelling:
    def test_a_guest_ends_a_plan_and_what_is_within_its_notice_takes_place(self, api: Api, shop: Shop) -> None:
        token = create(api, shop)["subscription"]["trackingToken"]
        with time_machine.travel(FIRST - HOUR, tick=False):
            plan = api.mutate("cancelSubscription", {"trackingToken": token}, PLAN)["subscription"]
        assert (plan["status"], statuses(plan)) == ("CANCELLED", ["SCHEDULED"] + ["CANCELLED"] * 4)

    def test_the_office_ends_all_of_it_and_has_to_say_why(self, api: Api, personas: Personas, shop: Shop) -> None:
        made = create(api, shop)["subscription"]
        with time_machine.travel(FIRST - HOUR, tick=False):
            given = {"subscriptionId": made["id"]}
            refused = personas["admin"].mutate("cancelSubscription", given, PLAN)
            assert refused["userErrors"] == [("REQUIRED", "reason")]
            given["reason"] = "Flood"
            plan = personas["admin"].mutate("cancelSubscription", given, PLAN)["subscription"]
        assert (plan["status"], statuses(plan), Claim.objects.count()) == ("CANCELLED", ["CANCELLED"] * 5, 0)

    def test_a_plan_that_never_began_gives_its_coupon_back(self, api: Api, shop: Shop, personas: Personas) -> None:
        coupon = factories.coupon(max_uses=1)
        token = create(api, shop, couponCode=coupon.code)["subscription"]["trackingToken"]
        api.mutate("cancelSubscription", {"trackingToken": token}, PLAN)
        assert Coupon.objects.get().used_count == 1
        Subscription.objects.update(status="PENDING", confirmed_at=None, cancelled_at=None)
        api.mutate("cancelSubscription", {"trackingToken": token}, PLAN)
        assert Coupon.objects.get().used_count == 0

    def test_its_link_opens_it_for_ninety_days_more(self, api: Api, shop: Shop) -> None:
        token = create(api, shop)["subscription"]["trackingToken"]
        api.mutate("cancelSubscription", {"trackingToken": token}, PLAN)
        query = "query($t: String!) { trackSubscription(trackingToken: $t) { status } }"
        with time_machine.travel(NOW + timedelta(days=90), tick=False):
            assert api(query, t=token).data["trackSubscription"] == {"status": "CANCELLED"}
        with time_machine.travel(NOW + timedelta(days=90, seconds=1), tick=False):
            assert api(query, t=token).data["trackSubscription"] is None


class TestSingleVisits:
    def test_the_last_visit_done_completes_the_plan(self, personas: Personas, shop: Shop) -> None:
        plan = factories.active_plan(shop.service, staff=shop.anna, visits=2)
        first, second = plan.visits.all()
        wanted = "visit { status subscription { completedAppointments status nextAppointmentDate } }"
        done = personas["admin"].mutate("completeVisit", {"visitId": gid(first, "Visit")}, wanted)["visit"]
        assert done["subscription"] == {
            "completedAppointments": 1,
            "status": "ACTIVE",
            "nextAppointmentDate": "2027-03-08",
        }
        again = personas["admin"].mutate("completeVisit", {"visitId": gid(first, "Visit")}, wanted)
        assert again["userErrors"] == [("INVALID_TRANSITION", "visitId")]
        done = personas["admin"].mutate("completeVisit", {"visitId": gid(second, "Visit")}, wanted)["visit"]
        assert done["subscription"] == {"completedAppointments": 2, "status": "COMPLETED", "nextAppointmentDate": None}
        assert Event.objects.filter(kind="subscription.completed").count() == 1

    def test_what_staff_do_in_the_app_counts_too_however_often_it_is_told(
        self, personas: Personas, shop: Shop, at_now: datetime
    ) -> None:
        plan = factories.active_plan(shop.service, staff=personas.staff, visits=3)
        done, missed, off = Appointment.objects.order_by("start")
        personas["staff"].mutate("completeAppointment", {"appointmentId": gid(done)}, "appointment { id }")
        with time_machine.travel(missed.start + HOUR, tick=False):
            personas["staff"].mutate("markNoShow", {"appointmentId": gid(missed)}, "appointment { id }")
            given = {"appointmentId": gid(off), "reason": "Ill"}
            personas["admin"].mutate("cancelAppointment", given, "appointment { id }")
            for _ in range(3):
                relay_and_work(missed.start + HOUR, times=2)
        plan.refresh_from_db()
        assert list(plan.visits.values_list("status", flat=True)) == ["COMPLETED", "SKIPPED", "SKIPPED"]
        assert (plan.status, plan.completed_appointments) == ("COMPLETED", 1)
        assert Event.objects.filter(kind__startswith="visit.").count() == 3

    def test_a_visit_is_skipped_until_its_deadline_and_not_made_up_for(self, api: Api, shop: Shop) -> None:
        plan = factories.active_plan(shop.service, staff=shop.anna, visits=2)
        skip = {"trackingToken": plan.tracking_token, "sequence": 1}
        wanted = "visit { status appointment { status } subscription { nextAppointmentDate totalAppointments } }"
        with time_machine.travel(FIRST - 24 * HOUR + timedelta(seconds=1), tick=False):
            before = digest()
            assert api.mutate("skipVisit", skip, wanted)["userErrors"] == [("TOO_LATE", "")]
            assert digest() == before
        with time_machine.travel(FIRST - 24 * HOUR, tick=False):
            visit = api.mutate("skipVisit", skip, wanted)["visit"]
        assert visit == {
            "status": "SKIPPED",
            "appointment": {"status": "CANCELLED"},
            "subscription": {"nextAppointmentDate": "2027-03-08", "totalAppointments": 2},
        }
        assert api.mutate("skipVisit", skip, wanted)["userErrors"] == [("INVALID_TRANSITION", "")]

    def test_generating_places_what_is_missing_and_nothing_twice(self, personas: Personas, shop: Shop) -> None:
        plan = factories.active_plan(shop.service, staff=shop.anna, visits=2)
        unplaced = factories.unplaced_visit(plan)
        given = {"subscriptionId": gid(plan, "SubscriptionPlan")}
        made = personas["admin"].mutate("generateVisits", given, PLAN)["subscription"]
        assert statuses(made) == ["SCHEDULED"] * 3
        assert shown(made["visits"])[2] == ("2027-03-15T09:00", "Anna", False, None)
        assert made["visits"][2]["id"] == gid(unplaced, "Visit")
        before = digest()
        again = personas["admin"].mutate("generateVisits", given, PLAN)["subscription"]
        assert again["visits"] == made["visits"]
        assert digest() == before
        SubscriptionAppointment.objects.filter(sequence=3).delete()
        assert statuses(personas["admin"].mutate("generateVisits", given, PLAN)["subscription"]) == ["SCHEDULED"] * 3

    def test_freed_time_goes_to_the_visit_that_has_none(self, personas: Personas, shop: Shop, at_now: datetime) -> None:
        plan = factories.active_plan(shop.service, staff=shop.anna, visits=2)
        factories.unplaced_visit(plan)
        factories.works(shop.anna, start="09:00", end="10:30")
        for day in range(15, 20):
            factories.confirmed_order(shop.service, staff=shop.anna, scheduled_date=date(2027, 3, day))
        given = {"subscriptionId": gid(plan, "SubscriptionPlan")}
        made = personas["admin"].mutate("generateVisits", given, PLAN)["subscription"]
        assert statuses(made)[2] == "UNPLACED"
        visit = Appointment.objects.get(start=datetime(2027, 3, 17, 9, tzinfo=UTC))
        given = {"appointmentId": gid(visit), "reason": "Off"}
        personas["admin"].mutate("cancelAppointment", given, "appointment { id }")
        follow(at_now)
        placed = plan.visits.select_related("appointment").get(sequence=3)
        assert (placed.status, placed.is_moved, placed.reason) == ("SCHEDULED", True, "FULLY_BOOKED")
        assert placed.appointment is not None
        assert placed.appointment.start == datetime(2027, 3, 17, 9, tzinfo=UTC)

    def test_the_office_places_one_by_hand_or_hears_other_times(self, personas: Personas, shop: Shop) -> None:
        plan = factories.active_plan(shop.service, staff=shop.anna, visits=1)
        visit = factories.unplaced_visit(plan)
        factories.confirmed_order(shop.service, staff=shop.anna, scheduled_date=date(2027, 3, 9))
        wanted = "visit { status moved appointment { start staff { name } } } alternatives { start }"
        given = {"visitId": gid(visit, "Visit"), "start": "2027-03-09T09:00:00Z"}
        before = digest()
        refused = personas["admin"].mutate("placeVisit", given, wanted)
        assert refused["userErrors"] == [("NO_STAFF_AVAILABLE", "start")]
        assert refused["alternatives"][0] == {"start": "2027-03-09T10:15:00+00:00"}
        assert digest() == before
        given["start"] = "2027-03-09T10:15:00Z"
        placed = personas["admin"].mutate("placeVisit", given, wanted)["visit"]
        assert placed == {
            "status": "SCHEDULED",
            "moved": True,
            "appointment": {"start": "2027-03-09T10:15:00+00:00", "staff": {"name": "Anna"}},
        }

    def test_another_time_and_person_for_this_one_or_from_it_on(self, personas: Personas, shop: Shop) -> None:
        ben = factories.staff_member(shop.service, name="Ben")
        plan = factories.active_plan(shop.service, staff=shop.anna, visits=3)
        second = plan.visits.get(sequence=2)
        given: dict[str, Any] = {"visitId": gid(second, "Visit"), "scope": "THIS_ONE", "staffId": gid(ben)}
        made = personas["admin"].mutate("changeVisits", given, PLAN)["subscription"]
        assert shown(made["visits"]) == [
            ("2027-03-01T09:00", "Anna", False, None),
            ("2027-03-08T09:00", "Ben", True, None),
            ("2027-03-15T09:00", "Anna", False, None),
        ]
        given |= {"scope": "THIS_AND_LATER", "time": "13:30"}
        made = personas["admin"].mutate("changeVisits", given, PLAN)["subscription"]
        assert shown(made["visits"]) == [
            ("2027-03-01T09:00", "Anna", False, None),
            ("2027-03-08T13:30", "Ben", False, None),
            ("2027-03-15T13:30", "Ben", False, None),
        ]
        plan.refresh_from_db()
        assert (plan.visit_time, plan.staff) == (time(13, 30), ben)

    def test_the_same_change_twice_moves_nothing_and_tells_nobody(self, personas: Personas, shop: Shop) -> None:
        plan = factories.active_plan(shop.service, staff=shop.anna, visits=3)
        first = gid(plan.visits.get(sequence=1), "Visit")
        given: dict[str, Any] = {"visitId": first, "scope": "THIS_AND_LATER", "time": "11:00"}
        personas["admin"].mutate("changeVisits", given, PLAN)
        assert Event.objects.filter(kind="appointment.moved").count() == 3
        made = personas["admin"].mutate("changeVisits", given, PLAN)
        assert (made["userErrors"], len(made["subscription"]["visits"])) == ([], 3)
        assert Event.objects.filter(kind="appointment.moved").count() == 3

    def test_a_visit_on_another_day_stays_a_moved_one_when_all_get_another_time(
        self, personas: Personas, shop: Shop
    ) -> None:
        factories.time_off(shop.anna, FIRST + timedelta(days=7), hours=8)
        made = create(personas["guest"], shop)["subscription"]
        given: dict[str, Any] = {"visitId": made["visits"][0]["id"], "scope": "THIS_AND_LATER", "time": "11:00"}
        made = personas["admin"].mutate("changeVisits", given, PLAN)["subscription"]
        assert shown(made["visits"])[:3] == [
            ("2027-03-01T11:00", "Anna", False, None),
            ("2027-03-09T11:00", "Anna", True, "TIME_OFF"),
            ("2027-03-15T11:00", "Anna", False, None),
        ]
        follow(NOW)
        assert list(Subscription.objects.get().visits.values_list("is_moved", flat=True)) == [
            False,
            True,
            False,
            False,
            False,
        ]

    def test_all_later_visits_change_or_none(self, personas: Personas, shop: Shop) -> None:
        plan = factories.active_plan(shop.service, staff=shop.anna, visits=3)
        factories.confirmed_order(
            shop.service, staff=shop.anna, scheduled_date=date(2027, 3, 15), scheduled_time=time(13)
        )
        first = gid(plan.visits.get(sequence=1), "Visit")
        stranger = factories.staff_member()
        before = digest()
        for given, refused in (
            ({"time": "13:00"}, ("SLOT_TAKEN", "")),
            ({"time": "18:00"}, ("NOT_WORKING", "")),
            ({"time": "13:07"}, ("INVALID_INPUT", "time")),
            ({"staffId": gid(stranger)}, ("STAFF_NOT_QUALIFIED", "staffId")),
            ({}, ("REQUIRED", "time")),
        ):
            given = {"visitId": first, "scope": "THIS_AND_LATER"} | given
            answer = personas["admin"].mutate("changeVisits", given, "subscription { id }")
            assert [code for code, _ in answer["userErrors"]] == [refused[0]]
        assert digest() == before
