"""Another time is asked for one visit of a plan; the office approves, which moves that visit alone, or rejects."""

from datetime import UTC, date, datetime, time

import pytest

from backend.events.models import Event
from backend.scheduling.models import Appointment
from tests import factories
from tests.client import Api
from tests.personas import Personas
from tests.schema.subscriptions.planning import VISITS, Shop
from tests.world import digest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

PLAN = f"subscription {{ id status version nextAppointmentDate endDate resumeOn totalAppointments {VISITS} }}"


class TestChangeRequests:
    WANTED = "changeRequest { id status requestedDate requestedTime visit { sequence appointment { start } } }"
    ASK = {"sequence": 1, "requestedDate": "2027-03-03", "requestedTime": "11:00"}

    def test_an_approved_wish_moves_one_visit_and_leaves_the_others(
        self, api: Api, personas: Personas, shop: Shop
    ) -> None:
        plan = factories.active_plan(shop.service, staff=shop.anna, visits=2)
        ask = self.ASK | {"trackingToken": plan.tracking_token}
        change = api.mutate("requestVisitChange", ask, self.WANTED)["changeRequest"]
        assert (change["status"], change["visit"]["appointment"]["start"][:16]) == ("PENDING", "2027-03-01T09:00")
        assert api.mutate("requestVisitChange", ask, self.WANTED)["userErrors"] == [("ALREADY_EXISTS", "")]
        given = {"changeRequestId": change["id"]}
        approve = "approveVisitChange"
        approved = personas["admin"].mutate(approve, given, self.WANTED, input_type="ReviewChangeInput!")
        assert approved["changeRequest"]["visit"]["appointment"]["start"] == "2027-03-03T11:00:00+00:00"
        starts = Appointment.objects.order_by("start").values_list("start", flat=True)
        assert list(starts) == [datetime(2027, 3, 3, 11, tzinfo=UTC), datetime(2027, 3, 8, 9, tzinfo=UTC)]
        plan.refresh_from_db()
        assert plan.next_appointment_date == date(2027, 3, 3)
        again = personas["admin"].mutate(approve, given, self.WANTED, input_type="ReviewChangeInput!")
        assert again["userErrors"] == [("INVALID_TRANSITION", "changeRequestId")]

    def test_a_taken_time_leaves_the_wish_pending_and_offers_others(self, personas: Personas, shop: Shop) -> None:
        plan = factories.active_plan(shop.service, staff=shop.anna, visits=2)
        factories.confirmed_order(
            shop.service, staff=shop.anna, scheduled_date=date(2027, 3, 3), scheduled_time=time(11)
        )
        ask = self.ASK | {"trackingToken": plan.tracking_token}
        change = personas["anonymous"].mutate("requestVisitChange", ask, self.WANTED)["changeRequest"]
        before = digest()
        refused = personas["admin"].mutate(
            "approveVisitChange",
            {"changeRequestId": change["id"]},
            "changeRequest { id } alternatives { start }",
            input_type="ReviewChangeInput!",
        )
        assert [code for code, _ in refused["userErrors"]] == ["SLOT_TAKEN"]
        assert refused["alternatives"][0]["start"] == "2027-03-03T09:45:00+00:00"
        assert digest() == before

    def test_it_is_taken_back_or_rejected_and_ends_with_its_visit(
        self, api: Api, personas: Personas, shop: Shop
    ) -> None:
        plan = factories.active_plan(shop.service, staff=shop.anna, visits=1)
        named = {"trackingToken": plan.tracking_token, "sequence": 1}
        ask = self.ASK | named
        api.mutate("requestVisitChange", ask, self.WANTED)
        assert api.mutate("withdrawVisitChange", named, self.WANTED)["changeRequest"]["status"] == "WITHDRAWN"
        change = api.mutate("requestVisitChange", ask, self.WANTED)["changeRequest"]
        rejected = personas["admin"].mutate(
            "rejectVisitChange",
            {"changeRequestId": change["id"], "note": "Full"},
            "changeRequest { status reviewNote }",
            input_type="ReviewChangeInput!",
        )["changeRequest"]
        assert rejected == {"status": "REJECTED", "reviewNote": "Full"}
        api.mutate("requestVisitChange", ask, self.WANTED)
        api.mutate("pauseSubscription", {"trackingToken": plan.tracking_token}, PLAN)
        kinds = Event.objects.filter(kind__startswith="visit.change").order_by("pk").values_list("kind", flat=True)
        assert [kind.removeprefix("visit.change_") for kind in kinds] == [
            "requested",
            "withdrawn",
            "requested",
            "rejected",
            "requested",
            "withdrawn",
        ]

    def test_a_visit_that_has_begun_or_a_time_that_is_past_is_refused(self, api: Api, shop: Shop) -> None:
        plan = factories.active_plan(shop.service, staff=shop.anna, visits=2)
        ask = self.ASK | {"trackingToken": plan.tracking_token}
        before = digest()
        past = api.mutate("requestVisitChange", ask | {"requestedDate": "2027-01-31"}, self.WANTED)
        assert past["userErrors"] == [("IN_THE_PAST", "requestedDate")]
        gap = api.mutate(
            "requestVisitChange", ask | {"requestedDate": "2027-03-28", "requestedTime": "01:30"}, self.WANTED
        )
        assert gap["userErrors"] == [("NONEXISTENT_TIME", "requestedTime")]
        nobody = api.mutate("requestVisitChange", ask | {"sequence": 9}, self.WANTED)
        assert nobody["userErrors"] == [("NOT_FOUND", "sequence")]
        assert digest() == before
        Appointment.objects.update(status="IN_PROGRESS")
        before = digest()
        assert api.mutate("requestVisitChange", ask, self.WANTED)["userErrors"] == [("INVALID_TRANSITION", "")]
        assert digest() == before
