"""The visits that keep something from being done: part of the answers of absences and of people who leave."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry
import strawberry_django

from backend.scheduling import queries
from schema.context import Info
from schema.payloads import Payload

if TYPE_CHECKING:
    from schema.scheduling import Appointment

GIVE_AWAY = "Visits ahead go to colleagues at their own times, all or none. Without it they refuse this: VISITS_AHEAD."


@strawberry.type(description="Answer that names the visits in the way.")
class VisitsInTheWay(Payload):
    visit_ids: strawberry.Private[tuple[int, ...]] = ()

    @strawberry_django.field(
        description="Where it was refused: the visits in the way that the viewer may see, by start; with `reassign`, "
        "those that nobody can take. Empty where it was carried out."
    )
    def visits(self, info: Info) -> list[Annotated["Appointment", strawberry.lazy("schema.scheduling")]]:
        rows: Any = queries.appointments_visible_to(info.context.viewer).filter(pk__in=self.visit_ids)
        return rows.order_by("start", "id")  # type: ignore[no-any-return]
