"""Categories, services and extras."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
import strawberry_django
from django.db.models import Q, QuerySet

from backend.catalogue import actions, queries
from backend.catalogue.actions import ExtraInput, ServiceChanges
from backend.catalogue.models import Category as CategoryModel
from backend.catalogue.models import Service as ServiceModel
from backend.catalogue.models import ServiceExtra as ServiceExtraModel
from backend.catalogue.permissions import sees_review
from backend.catalogue.rules import ApprovalStatus
from backend.core.text import search_text
from backend.core.viewer import Viewer
from schema.connections import Connection
from schema.context import Info
from schema.enums import declare
from schema.ids import decode_id, decode_optional_id
from schema.money import Money, money
from schema.nested import Nested
from schema.nodes import VisibleNode
from schema.payloads import Payload, mutation, reread

if TYPE_CHECKING:
    from schema.staff import Staff

declare(
    ApprovalStatus,
    name="ApprovalStatus",
    description="Staff propose services, the office approves them.",
    values={
        ApprovalStatus.PENDING_APPROVAL: "It waits for the office, and can't be booked.",
        ApprovalStatus.APPROVED: "The office has approved it: it can be booked while it is active.",
        ApprovalStatus.REJECTED: "The office has turned it down; it can be proposed again.",
        ApprovalStatus.WITHDRAWN: "Whoever proposed it has taken it back.",
    },
)


_SERVICES = Nested("services", lambda info: queries.services_visible_to(info.context.viewer))
_CHILDREN = Nested("children", lambda info: queries.categories_visible_to(info.context.viewer))
_EXTRAS = Nested("extras", lambda info: queries.active_extras())


@strawberry_django.type(ServiceExtraModel, description="Something that can be added to a service.")
class ServiceExtra(VisibleNode):
    name: strawberry.auto
    duration_minutes: strawberry.auto
    is_active: strawberry.auto

    @strawberry_django.field(only=["price"], description="What it adds to the price.")
    def price(self) -> Money:
        return money(self.price)

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.extras_visible_to(viewer)


@strawberry_django.type(CategoryModel, description="A group of services in the shop window.")
class Category(VisibleNode):
    name: strawberry.auto
    slug: strawberry.auto
    description: strawberry.auto
    position: strawberry.auto
    is_active: strawberry.auto
    is_shown: strawberry.auto
    parent: Annotated["Category", strawberry.lazy("schema.catalogue")] | None

    @strawberry_django.field(
        prefetch_related=[_CHILDREN],
        description="The categories below it that the viewer can see, in their order.",
    )
    def children(self, info: Info) -> list[Annotated["Category", strawberry.lazy("schema.catalogue")]]:
        return _CHILDREN.of(self, info)

    @strawberry_django.field(
        prefetch_related=[_SERVICES],
        description="Its services that the viewer can see, in their order.",
    )
    def services(self, info: Info) -> list[Annotated["Service", strawberry.lazy("schema.catalogue")]]:
        return _SERVICES.of(self, info)

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.categories_visible_to(viewer)


@strawberry_django.filter_type(ServiceModel, description="Which services.")
class ServiceFilter:
    @strawberry_django.filter_field(description="Only services of this category and of those below it.")
    def category(self, value: strawberry.ID, prefix: str) -> Q:
        category_id = decode_id(value, "Category", ("filters", "category"))
        return Q(**{f"{prefix}category__in": queries.category_with_those_below(category_id)})

    @strawberry_django.filter_field(description="Only services in this state: what waits for approval, for instance.")
    def approval_status(self, value: ApprovalStatus, prefix: str) -> Q:
        return Q(**{f"{prefix}approval_status": value})

    @strawberry_django.filter_field(description="Only services whose name contains this, in any case.")
    def search(self, value: str, prefix: str) -> Q:
        return Q(**{f"{prefix}name__icontains": search_text(value)})


@strawberry_django.order_type(ServiceModel, description="The order of services.")
class ServiceOrder:
    position: strawberry.auto
    name: strawberry.auto
    price: strawberry.auto


@strawberry_django.type(
    ServiceModel, filters=ServiceFilter, ordering=ServiceOrder, description="Something that can be booked."
)
class Service(VisibleNode):
    name: strawberry.auto
    slug: strawberry.auto
    description: strawberry.auto
    duration_minutes: strawberry.auto
    buffer_minutes: strawberry.auto
    is_active: strawberry.auto
    category: Category

    @strawberry_django.field(only=["approval_status"], description="Whether the office has approved it.")
    def approval_status(self) -> ApprovalStatus:
        return ApprovalStatus(self.approval_status)

    @strawberry_django.field(
        only=["rejection_reason", "created_by_staff_id"],
        description="Why the office did not want it, for who proposed it and who decides. Null for everyone else.",
    )
    def rejection_reason(self, info: Info) -> str | None:
        return self.rejection_reason if sees_review(info.context.viewer, self) else None  # type: ignore[arg-type]

    @strawberry_django.field(
        select_related=["created_by_staff"],
        only=["created_by_staff"],
        description="Who proposed it, for itself and who decides. Null for everyone else, and for an admin's service.",
    )
    def proposed_by(self, info: Info) -> Annotated["Staff", strawberry.lazy("schema.staff")] | None:
        row: Any = self
        return row.created_by_staff if sees_review(info.context.viewer, row) else None

    @strawberry_django.field(only=["price"], description="Price of one.")
    def price(self) -> Money:
        return money(self.price)

    @strawberry_django.field(
        prefetch_related=[_EXTRAS],
        description="What can be added to it.",
    )
    def extras(self, info: Info) -> list[ServiceExtra]:
        return _EXTRAS.of(self, info)

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.services_visible_to(viewer)


@strawberry.type
class CatalogueQuery:
    @strawberry_django.field(description="The categories of the shop window, each followed by those below it. Public.")
    def categories(self, info: Info) -> list[Category]:
        return queries.categories_visible_to(info.context.viewer)  # type: ignore[return-value]

    @strawberry_django.connection(
        Connection[Service],
        description="Bookable services, by category and their place in it. The office also sees inactive ones, who "
        "decides about proposals those, and staff what it proposed. Public.",
    )
    def services(self, info: Info) -> QuerySet[ServiceModel]:
        return queries.shop_window(info.context.viewer)


@strawberry.input(description="A new category.")
class CreateCategoryInput:
    name: str = strawberry.field(description="Name shown to customers, at most 120 characters.")
    description: str = strawberry.field(default="", description="Text shown to customers.")
    parent_id: strawberry.ID | None = strawberry.field(default=None, description="What it stands below; none: the top.")
    idempotency_key: str | None = strawberry.field(default=None, description="Makes a repeated request safe.")


@strawberry.input(description="Changes to a category. What is left out stays.")
class UpdateCategoryInput:
    category_id: strawberry.ID = strawberry.field(description="The category.")
    name: str | None = strawberry.field(default=None, description="New name. The slug stays.")
    description: str | None = strawberry.field(default=None, description="New text.")
    is_active: bool | None = strawberry.field(default=None, description="Whether the shop shows it and what is below.")


@strawberry.input(description="An extra of a service.")
class ServiceExtraInput:
    id: strawberry.ID | None = strawberry.field(default=None, description="The extra to keep; none for a new one.")
    name: str = strawberry.field(description="Name shown to customers.")
    price: Decimal = strawberry.field(description="What it adds to the price.")
    duration_minutes: int = strawberry.field(default=0, description="Minutes that it adds.")

    def decoded(self, position: int) -> ExtraInput:
        """As the domain takes it."""
        return ExtraInput(
            id=decode_optional_id(self.id, "ServiceExtra", ("extras", position, "id")),
            name=self.name,
            price=self.price,
            duration_minutes=self.duration_minutes,
        )


@strawberry.input(description="A new service.")
class CreateServiceInput:
    category_id: strawberry.ID = strawberry.field(description="The category that it stands in.")
    name: str = strawberry.field(description="Name shown to customers, at most 120 characters.")
    description: str = strawberry.field(default="", description="Text shown to customers.")
    price: Decimal = strawberry.field(description="Price of one, in the business's currency.")
    duration_minutes: int = strawberry.field(description="How long one takes, 1 to 1440.")
    buffer_minutes: int = strawberry.field(default=0, description="Minutes kept free after a visit.")
    extras: list[ServiceExtraInput] = strawberry.field(default_factory=list, description="What can be added to it.")
    idempotency_key: str | None = strawberry.field(default=None, description="Makes a repeated request safe.")


@strawberry.input(description="Changes to a service. What is left out stays; booked visits keep price and length.")
class UpdateServiceInput:
    service_id: strawberry.ID = strawberry.field(description="The service.")
    category_id: strawberry.ID | None = strawberry.field(default=None, description="New category.")
    name: str | None = strawberry.field(default=None, description="New name. The slug stays.")
    description: str | None = strawberry.field(default=None, description="New text.")
    price: Decimal | None = strawberry.field(default=None, description="New price.")
    duration_minutes: int | None = strawberry.field(default=None, description="New length, 1 to 1440.")
    buffer_minutes: int | None = strawberry.field(default=None, description="New pause after a visit.")
    is_active: bool | None = strawberry.field(default=None, description="Whether it can be booked.")
    extras: list[ServiceExtraInput] | None = strawberry.field(
        default=None, description="The whole new list: extras left out can't be chosen any more."
    )


@strawberry.input(description="The service to take out of the shop.")
class DeactivateServiceInput:
    service_id: strawberry.ID = strawberry.field(description="The service.")


@strawberry.type(description="Answer with a category.")
class CategoryPayload(Payload):
    @strawberry_django.field(description="The category as it is now.")
    def category(self) -> Category | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer with a service.")
class ServicePayload(Payload):
    @strawberry_django.field(description="The service as it is now.")
    def service(self) -> Service | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type
class CatalogueMutation:
    @mutation(description="Make a category. Admins.")
    def create_category(self, info: Info, input: CreateCategoryInput) -> CategoryPayload:
        category = actions.create_category(
            viewer=info.context.viewer,
            name=input.name,
            description=input.description,
            parent_id=decode_optional_id(input.parent_id, "Category", ("parent_id",)),
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return CategoryPayload(row=category)

    @mutation(description="Change a category. Admins.")
    def update_category(self, info: Info, input: UpdateCategoryInput) -> CategoryPayload:
        category = actions.update_category(
            viewer=info.context.viewer,
            category_id=decode_id(input.category_id, "Category", ("category_id",)),
            name=input.name,
            description=input.description,
            is_active=input.is_active,
        )
        return CategoryPayload(row=category)

    @mutation(
        description="Make a service. By admins, approved at once; by staff, a proposal that waits for `approveService`."
    )
    def create_service(self, info: Info, input: CreateServiceInput) -> ServicePayload:
        service = actions.create_service(
            viewer=info.context.viewer,
            category_id=decode_id(input.category_id, "Category", ("category_id",)),
            name=input.name,
            description=input.description,
            price=input.price,
            duration_minutes=input.duration_minutes,
            buffer_minutes=input.buffer_minutes,
            extras=[extra.decoded(position) for position, extra in enumerate(input.extras)],
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return ServicePayload(row=service)

    @mutation(
        description="Change a service. Booked visits keep their price and length. Admins, and staff what they proposed "
        "until it is approved."
    )
    def update_service(self, info: Info, input: UpdateServiceInput) -> ServicePayload:
        extras = None
        if input.extras is not None:
            extras = [extra.decoded(position) for position, extra in enumerate(input.extras)]
        service = actions.update_service(
            viewer=info.context.viewer,
            service_id=decode_id(input.service_id, "Service", ("service_id",)),
            changes=ServiceChanges(
                category_id=decode_optional_id(input.category_id, "Category", ("category_id",)),
                name=input.name,
                description=input.description,
                price=input.price,
                duration_minutes=input.duration_minutes,
                buffer_minutes=input.buffer_minutes,
                is_active=input.is_active,
                extras=extras,
            ),
            now=info.context.now,
        )
        return ServicePayload(row=service)

    @mutation(description="Take a service out of the shop; booked visits stay. Admins.")
    def deactivate_service(self, info: Info, input: DeactivateServiceInput) -> ServicePayload:
        service = actions.deactivate_service(
            viewer=info.context.viewer,
            service_id=decode_id(input.service_id, "Service", ("service_id",)),
            now=info.context.now,
        )
        return ServicePayload(row=service)
