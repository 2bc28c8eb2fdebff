"""Plans: the same service again and again, and the visits that they owe."""

from datetime import date, datetime
from typing import Annotated, Any

import strawberry
import strawberry_django
from django.db.models import Q, QuerySet

from backend.core.text import search_text
from backend.core.viewer import Permission, Viewer
from backend.scheduling.rules import AppointmentStatus, DayReason
from backend.subscriptions import actions, queries
from backend.subscriptions.models import Subscription as SubscriptionModel
from backend.subscriptions.models import SubscriptionAppointment as VisitModel
from backend.subscriptions.models import SubscriptionAppointmentChangeRequest as VisitChangeModel
from backend.subscriptions.rules import Frequency, SubscriptionStatus, VisitStatus, may_skip
from schema.agreements import PRIVATE, Agreement
from schema.catalogue import Service
from schema.changes import StatusOfChange, WantedTime
from schema.connections import Connection
from schema.context import Info
from schema.customers import Customer
from schema.enums import declare
from schema.ids import decode_id
from schema.money import Money, money
from schema.named import VERSION, NamesPlan
from schema.nested import Nested
from schema.nodes import VisibleNode
from schema.payloads import Payload, RefusalsToPayload, mutation, reread
from schema.planning import CreateSubscriptionInput, SubscriptionPlanInput, SubscriptionPreview
from schema.scheduling import Appointment, BookedExtra
from schema.staff import Staff

declare(
    SubscriptionStatus,
    name="SubscriptionStatus",
    description="Where a plan stands.",
    values={
        SubscriptionStatus.PENDING: "It waits for the office, and takes nobody's time.",
        SubscriptionStatus.ACTIVE: "It goes on: its visits are placed.",
        SubscriptionStatus.PAUSED: "Nobody comes until it is resumed.",
        SubscriptionStatus.COMPLETED: "Its last visit is settled.",
        SubscriptionStatus.CANCELLED: "It was ended early.",
    },
)
declare(
    VisitStatus,
    name="VisitStatus",
    description="Where a visit of a plan stands.",
    values={
        VisitStatus.SCHEDULED: "It has its time, and somebody comes.",
        VisitStatus.COMPLETED: "It is done.",
        VisitStatus.CANCELLED: "It was taken away by a pause, and is made up for, or by the plan's end.",
        VisitStatus.SKIPPED: "It was left out by itself, or nobody was met; it is not made up for.",
        VisitStatus.UNPLACED: "No time was found for it yet.",
    },
)

_VISITS = Nested("visits", lambda info: queries.visits_in_plan(info.context.viewer))
_CHANGES = Nested("change_requests", lambda info: queries.changes_visible_to(info.context.viewer))


def _sees_private(plan: Any, info: Info) -> bool:
    return getattr(plan, "is_opened", False) or queries.sees_private_fields(info.context.viewer, plan)


@strawberry_django.filter_type(VisitChangeModel, description="Which requests.")
class VisitChangeFilter(StatusOfChange):
    pass


@strawberry_django.order_type(VisitChangeModel, description="The order of requests.")
class VisitChangeOrder:
    created_at: strawberry.auto
    requested_date: strawberry.auto


@strawberry_django.type(
    VisitChangeModel,
    filters=VisitChangeFilter,
    ordering=VisitChangeOrder,
    description="Somebody asks for another time of one visit of a plan; the office decides.",
)
class VisitChangeRequest(WantedTime):
    visit: Annotated["Visit", strawberry.lazy("schema.subscriptions")]

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.changes_visible_to(viewer)


@strawberry_django.filter_type(VisitModel, description="Which visits of plans.")
class VisitFilter:
    @strawberry_django.filter_field(description="Only visits in this state.")
    def status(self, value: VisitStatus, prefix: str) -> Q:
        return Q(**{f"{prefix}status": value})

    @strawberry_django.filter_field(name="from", description="Only visits due on this date or later.")
    def from_(self, value: date, prefix: str) -> Q:
        return Q(**{f"{prefix}nominal_date__gte": value})

    @strawberry_django.filter_field(description="Only visits due on this date or earlier.")
    def to(self, value: date, prefix: str) -> Q:
        return Q(**{f"{prefix}nominal_date__lte": value})


@strawberry_django.type(
    VisitModel, filters=VisitFilter, description="A visit that a plan owes, and the appointment that it became."
)
class Visit(VisibleNode):
    sequence: strawberry.auto
    nominal_date: strawberry.auto
    appointment: Appointment | None
    subscription: Annotated["SubscriptionPlan", strawberry.lazy("schema.subscriptions")]

    @strawberry_django.field(only=["status"], description="Where it stands.")
    def status(self) -> VisitStatus:
        return VisitStatus(self.status)

    @strawberry_django.field(
        only=["is_moved"], description="Whether it lies at another time, or with somebody else, than the plan says."
    )
    def moved(self) -> bool:
        return self.is_moved  # type: ignore[attr-defined, no-any-return]

    @strawberry_django.field(only=["reason"], description="Why it was moved, or found no time.")
    def reason(self) -> DayReason | None:
        return DayReason(self.reason) if self.reason else None

    @strawberry_django.field(
        only=["appointment__booking__cancellation_deadline"],
        select_related=["appointment__booking"],
        description="Until when the customer may change or skip it, in UTC; null without an appointment.",
    )
    def cancellation_deadline(self) -> datetime | None:
        return queries.deadline_of(self)  # type: ignore[arg-type]

    @strawberry_django.field(
        only=["status", "appointment__status", "appointment__booking__cancellation_deadline"],
        select_related=["appointment__booking"],
        description="Whether the viewer could skip it now: customers until its deadline, the office later too.",
    )
    def can_cancel(self, info: Info) -> bool:
        row: VisitModel = self  # type: ignore[assignment]
        deadline = queries.deadline_of(row)
        if row.status != VisitStatus.SCHEDULED or row.appointment is None or deadline is None:
            return False
        is_office = info.context.viewer.may(Permission.MANAGE_ORDERS)
        return may_skip(
            status=AppointmentStatus(row.appointment.status),
            deadline=deadline,
            is_office=is_office,
            now=info.context.now,
        )

    @strawberry_django.field(
        prefetch_related=[_CHANGES],
        description="Other times that were asked for, newest first; for the customer and the office.",
    )
    def change_requests(self, info: Info) -> list[VisitChangeRequest]:
        return _CHANGES.of(self, info)

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.visits_visible_to(viewer)


@strawberry_django.filter_type(SubscriptionModel, description="Which plans. Conditions add up.")
class SubscriptionFilter:
    @strawberry_django.filter_field(description="Only plans in this state.")
    def status(self, value: SubscriptionStatus, prefix: str) -> Q:
        return Q(**{f"{prefix}status": value})

    @strawberry_django.filter_field(
        description="Only plans whose number, name, e-mail or postcode contains this, in any case."
    )
    def search(self, value: str, prefix: str) -> Q:
        text, found = search_text(value), Q()
        names = ("guest_name", "guest_email", "customer__name", "customer__email")
        for column in ("subscription_number", *names, "postcode"):
            found |= Q(**{f"{prefix}{column}__icontains": text})
        return found

    @strawberry_django.filter_field(description="Only plans of this customer.")
    def customer(self, value: strawberry.ID, prefix: str) -> Q:
        return Q(**{f"{prefix}customer_id": decode_id(value, "Customer", ("filters", "customer"))})


@strawberry_django.order_type(SubscriptionModel, description="The order of plans.")
class SubscriptionOrder:
    created_at: strawberry.auto
    start_date: strawberry.auto
    subscription_number: strawberry.auto


@strawberry_django.type(
    SubscriptionModel,
    filters=SubscriptionFilter,
    ordering=SubscriptionOrder,
    description="A service every week, fortnight or month for some months.",
)
class SubscriptionPlan(Agreement):
    subscription_number: strawberry.auto
    is_guest_subscription: strawberry.auto
    service: Service
    duration_months: strawberry.auto
    start_date: strawberry.auto
    end_date: strawberry.auto
    preferred_time: strawberry.auto
    visit_time: strawberry.auto
    staff: Staff | None
    total_appointments: strawberry.auto
    completed_appointments: strawberry.auto
    next_appointment_date: strawberry.auto
    resume_on: strawberry.auto
    paused_at: strawberry.auto

    @strawberry_django.field(only=["status"], description="Where it stands.")
    def status(self) -> SubscriptionStatus:
        return SubscriptionStatus(self.status)

    @strawberry_django.field(only=["frequency"], description="How often somebody comes.")
    def frequency(self) -> Frequency:
        return Frequency(self.frequency)

    @strawberry_django.field(
        only=["tracking_token", "customer_id"], description=f"Opens this plan to whoever holds it. {PRIVATE}"
    )
    def tracking_token(self, info: Info) -> str | None:
        return self.tracking_token if _sees_private(self, info) else None

    @strawberry_django.field(
        only=["customer_id"],
        select_related=["customer"],
        description="Whose it is, for the customer itself and the office; null for a guest's plan and for others.",
    )
    def customer(self, info: Info) -> Customer | None:
        own = queries.sees_private_fields(info.context.viewer, self)  # type: ignore[arg-type]
        return self.customer if own else None

    @strawberry_django.field(only=["guest_email", "customer_id"], description=f"The guest's e-mail. {PRIVATE}")
    def guest_email(self, info: Info) -> str | None:
        return self.guest_email if _sees_private(self, info) else None

    @strawberry_django.field(only=["extras", "currency"], description="What is added to the service, each time.")
    def extras(self) -> list[BookedExtra]:
        return [BookedExtra.of(extra, self.currency) for extra in self.extras]  # type: ignore[attr-defined]

    @strawberry_django.field(only=["price_per_appointment", "currency"], description="Price of one visit.")
    def price_per_appointment(self) -> Money:
        return money(self.price_per_appointment, self.currency)  # type: ignore[attr-defined]

    @strawberry_django.field(only=["pause_reason", "customer_id"], description=f"Why it was paused. {PRIVATE}")
    def pause_reason(self, info: Info) -> str | None:
        return self.pause_reason if _sees_private(self, info) else None

    @strawberry_django.field(
        only=["cancellation_reason", "customer_id"], description=f"Why it was cancelled. {PRIVATE}"
    )
    def cancellation_reason(self, info: Info) -> str | None:
        return self.cancellation_reason if _sees_private(self, info) else None

    @strawberry_django.field(
        prefetch_related=[_VISITS],
        description="Its visits, in their sequence; staff see their own. A plan that waits for the office has none.",
    )
    def visits(self, info: Info) -> list[Visit]:
        return _VISITS.of(self, info)

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.subscriptions_visible_to(viewer)


@strawberry.type
class SubscriptionsQuery:
    @strawberry_django.connection(
        Connection[SubscriptionPlan],
        description="Plans, newest first unless told otherwise: customers their own, staff those with a visit of "
        "theirs, the office what it manages; nothing for those who are not signed in.",
    )
    def subscriptions(self, info: Info) -> QuerySet[SubscriptionModel]:
        return queries.subscriptions_visible_to(info.context.viewer)

    @strawberry_django.field(description="A plan by its id; null for what is not there or not to be seen.")
    def subscription(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
    ) -> SubscriptionPlan | None:
        wanted = decode_id(id, "SubscriptionPlan", ("id",))
        return queries.subscriptions_visible_to(info.context.viewer).filter(pk=wanted)  # type: ignore[return-value]

    @strawberry_django.field(
        description="The plan that a tracking token opens; null for a wrong one. Public, limited by network address."
    )
    def track_subscription(
        self,
        info: Info,
        tracking_token: Annotated[str, strawberry.argument(description="The token that making the plan gave.")],
    ) -> SubscriptionPlan | None:
        return queries.track_subscription(  # type: ignore[return-value]
            tracking_token=tracking_token, address=info.context.address, now=info.context.now
        )

    @strawberry.field(
        description="Every visit that a plan would get, with the time and staff it would have today; nothing is saved "
        "or held. Public.",
        extensions=[RefusalsToPayload()],
    )
    def preview_subscription(
        self,
        info: Info,
        input: Annotated[SubscriptionPlanInput, strawberry.argument(description="The plan.")],
    ) -> SubscriptionPreview:
        preview = queries.preview_subscription(
            viewer=info.context.viewer, request=input.decoded(), email=input.email, now=info.context.now
        )
        return SubscriptionPreview.of(preview)

    @strawberry_django.connection(
        Connection[Visit],
        description="Visits of plans that have no time, or another than their plan says, each with its reason; by "
        "the date that they are due. Admins, and managers with MANAGE_ORDERS for what they manage.",
    )
    def plan_health(self, info: Info) -> QuerySet[VisitModel]:
        return queries.plan_health(info.context.viewer)


@strawberry.type(description="Answer with a plan.")
class SubscriptionPayload(Payload):
    @strawberry_django.field(description="The plan as it is now.")
    def subscription(self) -> SubscriptionPlan | None:
        return reread(self.row, opened=self.opened)  # type: ignore[no-any-return]


@strawberry.input(description="The pending plan to take on.")
class ConfirmSubscriptionInput:
    subscription_id: strawberry.ID = strawberry.field(description="A pending plan.")
    version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="The plan to pause: by its id, or by its tracking token.")
class PauseSubscriptionInput(NamesPlan):
    resume_on: date | None = strawberry.field(default=None, description="When it goes on by itself.")
    reason: str = strawberry.field(default="", description="Why, at most 500 characters.")
    version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="The paused plan that goes on: by its id, or by its tracking token.")
class ResumeSubscriptionInput(NamesPlan):
    start_date: date | None = strawberry.field(
        default=None, description="First date again; by default the next of the plan's rhythm after today."
    )
    version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="The plan to end: by its id, or by its tracking token.")
class CancelSubscriptionInput(NamesPlan):
    reason: str = strawberry.field(default="", description="Why, at most 500 characters; the office has to say.")
    version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="The guest's plan that the signed-in customer takes over.")
class LinkGuestSubscriptionInput:
    tracking_token: str = strawberry.field(description="The plan's token.")


@strawberry.type
class SubscriptionsMutation:
    @mutation(
        description="Make a plan: for a guest, the signed-in customer, or by the office for a customer. Its visits are "
        "placed at once; where the business confirms plans, it waits for the office. The same `idempotencyKey` with "
        "the same input gives the same plan back. Public."
    )
    def create_subscription(self, info: Info, input: CreateSubscriptionInput) -> SubscriptionPayload:
        plan = actions.create_subscription(
            viewer=info.context.viewer,
            request=input.decoded(browser=info.context.guest_language),
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return SubscriptionPayload(row=plan, opened=True)

    @mutation(description="Take a pending plan on, and place its visits. Admins and managers.")
    def confirm_subscription(self, info: Info, input: ConfirmSubscriptionInput) -> SubscriptionPayload:
        plan = actions.confirm_subscription(
            viewer=info.context.viewer,
            subscription_id=decode_id(input.subscription_id, "SubscriptionPlan", ("subscription_id",)),
            version=input.version,
            now=info.context.now,
        )
        return SubscriptionPayload(row=plan)

    @mutation(
        description="Let nobody come for a while. Visits past their notice are called off, and planned again when the "
        "plan is resumed; a visit within its notice takes place. Guests by token, customers, and the office."
    )
    def pause_subscription(self, info: Info, input: PauseSubscriptionInput) -> SubscriptionPayload:
        plan = actions.pause_subscription(
            **input.asked(info), resume_on=input.resume_on, reason=input.reason, version=input.version
        )
        return SubscriptionPayload(row=plan, opened=input.tracking_token is not None)

    @mutation(
        description="Let a paused plan go on: as many visits as it owes are planned again, and its end moves. Guests "
        "by token, customers, and the office."
    )
    def resume_subscription(self, info: Info, input: ResumeSubscriptionInput) -> SubscriptionPayload:
        plan = actions.resume_subscription(**input.asked(info), start_date=input.start_date, version=input.version)
        return SubscriptionPayload(row=plan, opened=input.tracking_token is not None)

    @mutation(
        description="End a plan. By its owner, a visit within its notice still takes place; by the office, with a "
        "reason, none does. Guests by token, customers, and the office."
    )
    def cancel_subscription(self, info: Info, input: CancelSubscriptionInput) -> SubscriptionPayload:
        plan = actions.cancel_subscription(**input.asked(info), reason=input.reason, version=input.version)
        return SubscriptionPayload(row=plan, opened=input.tracking_token is not None)

    @mutation(description="Take over a guest's plan: for the signed-in customer whose verified e-mail is the guest's.")
    def link_guest_subscription(self, info: Info, input: LinkGuestSubscriptionInput) -> SubscriptionPayload:
        plan = actions.link_guest_subscription(
            viewer=info.context.viewer,
            tracking_token=input.tracking_token,
            address=info.context.address,
            now=info.context.now,
        )
        return SubscriptionPayload(row=plan)
