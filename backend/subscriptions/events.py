"""What happens to plans."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from backend.core.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionFact(Fact):
    """What every fact about a plan tells."""

    subscription_id: int
    customer_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionCreated(SubscriptionFact):
    """A guest, a customer or the office made a plan. It is ACTIVE, or PENDING until the office confirms."""

    kind: ClassVar[str] = "subscription.created"

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionConfirmed(SubscriptionFact):
    """The office confirmed a pending plan: its visits are placed."""

    kind: ClassVar[str] = "subscription.confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionPaused(SubscriptionFact):
    """Nobody comes for a while; `cancelled` visits were called off."""

    kind: ClassVar[str] = "subscription.paused"

    resume_on: date | None
    reason: str
    cancelled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionResumed(SubscriptionFact):
    """The pause is over; `planned` visits were put into the plan again."""

    kind: ClassVar[str] = "subscription.resumed"

    planned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionCancelled(SubscriptionFact):
    """The plan is off, and its open visits with it."""

    kind: ClassVar[str] = "subscription.cancelled"

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionCompleted(SubscriptionFact):
    """The last visit is settled."""

    kind: ClassVar[str] = "subscription.completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionLinked(SubscriptionFact):
    """A guest's plan got its customer."""

    kind: ClassVar[str] = "subscription.linked"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionResumeDue(SubscriptionFact):
    """The day that a pause was to end has come. Told for whoever carries it out."""

    kind: ClassVar[str] = "subscription.resume_due"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionPlacingDue(SubscriptionFact):
    """Visits without a place may find one now. Told for whoever carries it out."""

    kind: ClassVar[str] = "subscription.placing_due"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFact(SubscriptionFact):
    """What every fact about one visit of a plan tells."""

    visit_id: int
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitUnplaced(VisitFact):
    """No time was found for a visit; the office has to."""

    kind: ClassVar[str] = "visit.unplaced"

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPlaced(VisitFact):
    """A visit that had no time has one now."""

    kind: ClassVar[str] = "visit.placed"

    appointment_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCompleted(VisitFact):
    """A visit of a plan is done."""

    kind: ClassVar[str] = "visit.completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitSkipped(VisitFact):
    """A visit is left out, and not made up for."""

    kind: ClassVar[str] = "visit.skipped"

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitChangeFact(VisitFact):
    """What every fact about a wanted change of a visit tells."""

    change_request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitChangeRequested(VisitChangeFact):
    """Somebody asks for another time of a visit."""

    kind: ClassVar[str] = "visit.change_requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitChangeApproved(VisitChangeFact):
    """The visit has the wanted time now."""

    kind: ClassVar[str] = "visit.change_approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitChangeRejected(VisitChangeFact):
    """The visit stays where it is."""

    kind: ClassVar[str] = "visit.change_rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitChangeWithdrawn(VisitChangeFact):
    """Nobody wants the change any more: it was taken back, or the visit is no more."""

    kind: ClassVar[str] = "visit.change_withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLinkRequested(Fact):
    """Somebody asks for the link to a plan by its number and an e-mail; no plan where they don't belong together."""

    kind: ClassVar[str] = "subscription.link_requested"

    subscription_id: int | None
    customer_id: int | None
