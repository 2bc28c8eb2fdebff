"""Putting the catalogue in order: the tree of categories, extras one by one, and what staff propose."""

from decimal import Decimal

import strawberry
import strawberry_django

from backend.catalogue import actions
from backend.catalogue.actions import ExtraChanges
from schema.catalogue import Category, CategoryPayload, ServiceExtra, ServicePayload
from schema.context import Info
from schema.ids import decode_id, decode_ids, decode_optional_id
from schema.payloads import Payload, mutation, reread


@strawberry.input(description="Where a category is to stand.")
class MoveCategoryInput:
    category_id: strawberry.ID = strawberry.field(description="The category; all below it comes along.")
    parent_id: strawberry.ID | None = strawberry.field(default=None, description="What it stands below; none: the top.")


@strawberry.input(description="A new order of the categories below one, or of those at the top.")
class ReorderCategoriesInput:
    parent_id: strawberry.ID | None = strawberry.field(default=None, description="What they stand below, or the top.")
    category_ids: list[strawberry.ID] = strawberry.field(
        description="The first ones in their order; those left out follow as they stood."
    )


@strawberry.input(description="The category to remove.")
class DeleteCategoryInput:
    category_id: strawberry.ID = strawberry.field(description="A category in which nothing stands.")


@strawberry.input(description="A service.")
class ServiceInput:
    service_id: strawberry.ID = strawberry.field(description="The service.")


@strawberry.input(description="Why a proposal is not wanted.")
class RejectServiceInput:
    service_id: strawberry.ID = strawberry.field(description="The proposal.")
    reason: str = strawberry.field(description="What the proposer is told, at most 500 characters.")


@strawberry.input(description="A new order of a category's services.")
class ReorderServicesInput:
    category_id: strawberry.ID = strawberry.field(description="The category.")
    service_ids: list[strawberry.ID] = strawberry.field(
        description="The first ones in their order; those left out follow as they stood."
    )


@strawberry.input(description="One more extra of a service.")
class AddServiceExtraInput:
    service_id: strawberry.ID = strawberry.field(description="The service.")
    name: str = strawberry.field(description="Name shown to customers, at most 120 characters.")
    price: Decimal = strawberry.field(description="What it adds to the price.")
    duration_minutes: int = strawberry.field(default=0, description="Minutes that it adds.")
    idempotency_key: str | None = strawberry.field(default=None, description="Makes a repeated request safe.")


@strawberry.input(description="Changes to an extra. What is left out stays; what is ordered keeps price and minutes.")
class UpdateServiceExtraInput:
    extra_id: strawberry.ID = strawberry.field(description="The extra.")
    name: str | None = strawberry.field(default=None, description="New name.")
    price: Decimal | None = strawberry.field(default=None, description="New price.")
    duration_minutes: int | None = strawberry.field(default=None, description="New minutes.")
    is_active: bool | None = strawberry.field(default=None, description="Whether it can be chosen.")


@strawberry.input(description="The extra that can be chosen no longer.")
class DeactivateServiceExtraInput:
    extra_id: strawberry.ID = strawberry.field(description="The extra.")


@strawberry.input(description="A new order of a service's extras.")
class ReorderServiceExtrasInput:
    service_id: strawberry.ID = strawberry.field(description="The service.")
    extra_ids: list[strawberry.ID] = strawberry.field(
        description="The first ones in their order; those left out follow as they stood."
    )


@strawberry.type(description="Answer to putting categories in order.")
class ReorderCategoriesPayload(Payload):
    categories: list[Category] | None = strawberry.field(
        default=None, description="All categories that stand beside each other there, in their order."
    )


@strawberry.type(description="Answer to removing a category.")
class DeleteCategoryPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(default=None, description="The id that was deleted.")


@strawberry.type(description="Answer with an extra.")
class ServiceExtraPayload(Payload):
    @strawberry_django.field(description="The extra as it is now.")
    def extra(self) -> ServiceExtra | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type
class CategoryTreeMutation:
    @mutation(description="Put a category, with all below it, last below another or last at the top. Admins.")
    def move_category(self, info: Info, input: MoveCategoryInput) -> CategoryPayload:
        category = actions.move_category(
            viewer=info.context.viewer,
            category_id=decode_id(input.category_id, "Category", ("category_id",)),
            parent_id=decode_optional_id(input.parent_id, "Category", ("parent_id",)),
        )
        return CategoryPayload(row=category)

    @mutation(description="Put the categories that stand beside each other in order. Admins.")
    def reorder_categories(self, info: Info, input: ReorderCategoriesInput) -> ReorderCategoriesPayload:
        categories = actions.reorder_categories(
            viewer=info.context.viewer,
            parent_id=decode_optional_id(input.parent_id, "Category", ("parent_id",)),
            category_ids=decode_ids(input.category_ids, "Category", ("category_ids",)),
        )
        return ReorderCategoriesPayload(categories=categories)  # type: ignore[arg-type]

    @mutation(description="Remove a category in which nothing stands: IN_USE otherwise. Admins.")
    def delete_category(self, info: Info, input: DeleteCategoryInput) -> DeleteCategoryPayload:
        actions.delete_category(
            viewer=info.context.viewer, category_id=decode_id(input.category_id, "Category", ("category_id",))
        )
        return DeleteCategoryPayload(deleted_id=input.category_id)

    @mutation(description="Put the services of a category in order. Admins.")
    def reorder_services(self, info: Info, input: ReorderServicesInput) -> CategoryPayload:
        category = actions.reorder_services(
            viewer=info.context.viewer,
            category_id=decode_id(input.category_id, "Category", ("category_id",)),
            service_ids=decode_ids(input.service_ids, "Service", ("service_ids",)),
        )
        return CategoryPayload(row=category)


_EDITORS = "Admins, and staff for what they proposed, until it is approved."


@strawberry.type
class ServiceExtrasMutation:
    @mutation(description=f"Let something be added to a service. {_EDITORS}")
    def add_service_extra(self, info: Info, input: AddServiceExtraInput) -> ServiceExtraPayload:
        extra = actions.add_extra(
            viewer=info.context.viewer,
            service_id=decode_id(input.service_id, "Service", ("service_id",)),
            name=input.name,
            price=input.price,
            duration_minutes=input.duration_minutes,
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return ServiceExtraPayload(row=extra)

    @mutation(description=f"Change an extra, or bring it back; orders keep price and minutes. {_EDITORS}")
    def update_service_extra(self, info: Info, input: UpdateServiceExtraInput) -> ServiceExtraPayload:
        extra = actions.update_extra(
            viewer=info.context.viewer,
            extra_id=decode_id(input.extra_id, "ServiceExtra", ("extra_id",)),
            changes=ExtraChanges(
                name=input.name,
                price=input.price,
                duration_minutes=input.duration_minutes,
                is_active=input.is_active,
            ),
            now=info.context.now,
        )
        return ServiceExtraPayload(row=extra)

    @mutation(description=f"Let an extra be chosen no longer; orders that name it keep it. {_EDITORS}")
    def deactivate_service_extra(self, info: Info, input: DeactivateServiceExtraInput) -> ServiceExtraPayload:
        extra = actions.deactivate_extra(
            viewer=info.context.viewer,
            extra_id=decode_id(input.extra_id, "ServiceExtra", ("extra_id",)),
            now=info.context.now,
        )
        return ServiceExtraPayload(row=extra)

    @mutation(description=f"Put the extras of a service in order. {_EDITORS}")
    def reorder_service_extras(self, info: Info, input: ReorderServiceExtrasInput) -> ServicePayload:
        service = actions.reorder_extras(
            viewer=info.context.viewer,
            service_id=decode_id(input.service_id, "Service", ("service_id",)),
            extra_ids=decode_ids(input.extra_ids, "ServiceExtra", ("extra_ids",)),
            now=info.context.now,
        )
        return ServicePayload(row=service)


@strawberry.type
class ProposalsMutation:
    @mutation(
        description="Let a proposed service be booked, even one that was rejected. "
        "Admins, and managers who may approve services."
    )
    def approve_service(self, info: Info, input: ServiceInput) -> ServicePayload:
        service = actions.approve_service(
            viewer=info.context.viewer,
            service_id=decode_id(input.service_id, "Service", ("service_id",)),
            now=info.context.now,
        )
        return ServicePayload(row=service)

    @mutation(description="Turn a proposal down, with a reason. Admins, and managers who may approve services.")
    def reject_service(self, info: Info, input: RejectServiceInput) -> ServicePayload:
        service = actions.reject_service(
            viewer=info.context.viewer,
            service_id=decode_id(input.service_id, "Service", ("service_id",)),
            reason=input.reason,
            now=info.context.now,
        )
        return ServicePayload(row=service)

    @mutation(description="Take one's own proposal back while it waits. Staff.")
    def withdraw_service(self, info: Info, input: ServiceInput) -> ServicePayload:
        service = actions.withdraw_service(
            viewer=info.context.viewer,
            service_id=decode_id(input.service_id, "Service", ("service_id",)),
            now=info.context.now,
        )
        return ServicePayload(row=service)

    @mutation(description="Let one's own proposal, rejected or withdrawn, wait for approval again. Staff.")
    def propose_service_again(self, info: Info, input: ServiceInput) -> ServicePayload:
        service = actions.propose_service_again(
            viewer=info.context.viewer,
            service_id=decode_id(input.service_id, "Service", ("service_id",)),
            now=info.context.now,
        )
        return ServicePayload(row=service)
