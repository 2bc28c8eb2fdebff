"""Partners: their keys, and where they are told what happens. For admins, and for partners with `webhooks:manage`."""

from datetime import datetime
from typing import Annotated, Any

import strawberry
import strawberry_django
from django.db.models import Q, QuerySet

from backend.core.viewer import Scope, Viewer
from backend.partners import actions, queries
from backend.partners.actions import EndpointTerms, PartnerTerms
from backend.partners.models import ApiKey as ApiKeyModel
from backend.partners.models import Partner as PartnerModel
from backend.partners.models import WebhookDelivery as WebhookDeliveryModel
from backend.partners.models import WebhookEndpoint as WebhookEndpointModel
from backend.partners.rules import TOLD, EndpointState, WebhookStatus
from schema.connections import Connection
from schema.context import Info
from schema.enums import declare
from schema.ids import decode_id, decode_optional_id, encode_id
from schema.nodes import VisibleNode
from schema.payloads import Payload, mutation, reread

declare(
    Scope,
    name="Scope",
    description="What a partner's API key may be good for.",
    values={
        Scope.CATALOGUE_READ: "`catalogue:read`: categories, services and extras.",
        Scope.AVAILABILITY_READ: "`availability:read`: free times.",
        Scope.ORDERS_READ: "`orders:read`: orders and visits of the whole business: what, when, by whom, for how much.",
        Scope.CONTACTS_READ: "`contacts:read`, beside `orders:read`: names, contacts, addresses, notes and reasons.",
        Scope.PHOTOS_READ: "`photos:read`, beside `orders:read`: pictures of the work.",
        Scope.ORDERS_WRITE: "`orders:write`: hold times, order for guests, and change such orders by their tokens.",
        Scope.WEBHOOKS_MANAGE: "`webhooks:manage`: the partner's own endpoints and deliveries.",
    },
)
declare(
    EndpointState,
    name="WebhookEndpointState",
    description="Whether an endpoint is sent to.",
    values={
        EndpointState.ACTIVE: "It is sent to.",
        EndpointState.PAUSED: "It is not sent to; what happens meanwhile waits for up to a month.",
        EndpointState.DISABLED: "It has answered 410: nothing is sent, and nothing waits.",
    },
)
declare(
    WebhookStatus,
    name="WebhookStatus",
    description="Where a webhook to one endpoint stands.",
    values={
        WebhookStatus.WAITING: "For its turn, or for its next try.",
        WebhookStatus.DELIVERED: "It was answered with 200 to 299.",
        WebhookStatus.FAILED: "It was given up; it can be sent again.",
    },
)


@strawberry_django.type(PartnerModel, description="A business whose programs work with ours.")
class Partner(VisibleNode):
    name: strawberry.auto
    contact_name: strawberry.auto
    contact_email: strawberry.auto
    is_active: strawberry.auto
    created_at: strawberry.auto

    @strawberry_django.field(only=["scopes"], description="What its keys can be good for, and its webhooks tell.")
    def scopes(self) -> list[Scope]:
        return [Scope(each) for each in self.scopes]

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.partners_visible_to(viewer)


@strawberry_django.type(ApiKeyModel, description="What a partner's program signs in with; shown once.")
class ApiKey(VisibleNode):
    partner: Partner
    name: strawberry.auto
    prefix: strawberry.auto
    created_at: strawberry.auto
    expires_at: strawberry.auto
    last_used_at: strawberry.auto
    revoked_at: strawberry.auto

    @strawberry_django.field(only=["scopes"], description="What it is good for, as far as its partner is.")
    def scopes(self) -> list[Scope]:
        return [Scope(each) for each in self.scopes]

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.keys_visible_to(viewer)


@strawberry_django.type(WebhookEndpointModel, description="Where a partner is told of events.")
class WebhookEndpoint(VisibleNode):
    partner: Partner
    url: strawberry.auto
    state_reason: strawberry.auto
    failures: strawberry.auto
    failing_since: strawberry.auto
    rests_until: strawberry.auto
    created_at: strawberry.auto

    @strawberry_django.field(only=["kinds"], description="What it is told of: `order.confirmed`, `order.*`, or `*`.")
    def kinds(self) -> list[str]:
        return list(self.kinds)

    @strawberry_django.field(only=["state"], description="Whether it is sent to.")
    def state(self) -> EndpointState:
        return EndpointState(self.state)

    @strawberry_django.field(
        only=["previous_until"], description="Until when deliveries are signed with the secret before as well."
    )
    def previous_secret_until(self) -> datetime | None:
        return self.previous_until  # type: ignore[attr-defined, no-any-return]

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.endpoints_visible_to(viewer)


@strawberry_django.filter_type(WebhookDeliveryModel, description="Which deliveries.")
class WebhookDeliveryFilter:
    @strawberry_django.filter_field(description="Only those that stand here.")
    def status(self, value: WebhookStatus, prefix: str) -> Q:
        return Q(**{f"{prefix}status": value})

    @strawberry_django.filter_field(description="Only those of this kind of event.")
    def kind(self, value: str, prefix: str) -> Q:
        return Q(**{f"{prefix}kind": value[:64]})

    @strawberry_django.filter_field(description="Only the one with this Webhook-Id.")
    def message_id(self, value: str, prefix: str) -> Q:
        return Q(**{f"{prefix}message_id": value[:64]})

    @strawberry_django.filter_field(description="Only those written at this instant or later.")
    def since(self, value: datetime, prefix: str) -> Q:
        return Q(**{f"{prefix}created_at__gte": value})


@strawberry_django.order_type(WebhookDeliveryModel, description="The order of deliveries.")
class WebhookDeliveryOrder:
    created_at: strawberry.auto
    due_at: strawberry.auto


@strawberry_django.type(
    WebhookDeliveryModel,
    filters=WebhookDeliveryFilter,
    ordering=WebhookDeliveryOrder,
    description="One event on its way to one endpoint.",
)
class WebhookDelivery(VisibleNode):
    endpoint: WebhookEndpoint
    message_id: strawberry.auto
    kind: strawberry.auto
    body: strawberry.auto
    attempts: strawberry.auto
    due_at: strawberry.auto
    tried_at: strawberry.auto
    response_status: strawberry.auto
    response_body: strawberry.auto
    duration_ms: strawberry.auto
    error: strawberry.auto
    delivered_at: strawberry.auto
    created_at: strawberry.auto

    @strawberry_django.field(only=["status"], description="Where it stands.")
    def status(self) -> WebhookStatus:
        return WebhookStatus(self.status)

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.webhooks_visible_to(viewer)


_OF_PARTNER = strawberry.argument(description="Only of this partner.")
_OF_ENDPOINT = strawberry.argument(description="Only to this endpoint.")
_WHO = "Admins; partners with `webhooks:manage` for what is their own."


@strawberry.type
class PartnersQuery:
    @strawberry_django.connection(Connection[Partner], description=f"Partners, by name. {_WHO}")
    def partners(self, info: Info) -> QuerySet[PartnerModel]:
        viewer = info.context.viewer
        return queries.seen(viewer, queries.partners_visible_to(viewer))

    @strawberry_django.connection(Connection[ApiKey], description=f"API keys, the newest first. {_WHO}")
    def api_keys(
        self, info: Info, partner_id: Annotated[strawberry.ID | None, _OF_PARTNER] = None
    ) -> QuerySet[ApiKeyModel]:
        viewer = info.context.viewer
        of_which = decode_optional_id(partner_id, "Partner", ("partner_id",))
        return queries.seen(viewer, queries.keys_visible_to(viewer, partner_id=of_which))

    @strawberry_django.connection(Connection[WebhookEndpoint], description=f"Endpoints, the newest first. {_WHO}")
    def webhook_endpoints(
        self, info: Info, partner_id: Annotated[strawberry.ID | None, _OF_PARTNER] = None
    ) -> QuerySet[WebhookEndpointModel]:
        viewer = info.context.viewer
        of_which = decode_optional_id(partner_id, "Partner", ("partner_id",))
        return queries.seen(viewer, queries.endpoints_visible_to(viewer, partner_id=of_which))

    @strawberry_django.connection(
        Connection[WebhookDelivery], description=f"The log of deliveries, the newest first, for a month. {_WHO}"
    )
    def webhook_deliveries(
        self, info: Info, endpoint_id: Annotated[strawberry.ID | None, _OF_ENDPOINT] = None
    ) -> QuerySet[WebhookDeliveryModel]:
        viewer = info.context.viewer
        of_which = decode_optional_id(endpoint_id, "WebhookEndpoint", ("endpoint_id",))
        return queries.seen(viewer, queries.webhooks_visible_to(viewer, endpoint_id=of_which))


@strawberry.input(description="A partner as it should be.")
class CreatePartnerInput:
    name: str = strawberry.field(description="What it is called.")
    contact_email: str = strawberry.field(description="Where to write to.")
    contact_name: str = strawberry.field(default="", description="Whom to ask there.")
    scopes: list[Scope] = strawberry.field(description="What its keys can be good for, and its webhooks tell.")
    is_active: bool = strawberry.field(default=True, description="Without this no key works and nothing is sent.")
    idempotency_key: str | None = strawberry.field(default=None, description="Makes a repeated request safe.")


@strawberry.input(description="A partner's new terms: all of them replace what was.")
class UpdatePartnerInput:
    partner_id: strawberry.ID = strawberry.field(description="The partner.")
    name: str = strawberry.field(description="What it is called.")
    contact_email: str = strawberry.field(description="Where to write to.")
    contact_name: str = strawberry.field(default="", description="Whom to ask there.")
    scopes: list[Scope] = strawberry.field(description="What its keys can be good for, and its webhooks tell.")
    is_active: bool = strawberry.field(default=True, description="Without this no key works and nothing is sent.")


@strawberry.input(description="A key to hand out.")
class CreateApiKeyInput:
    partner_id: strawberry.ID = strawberry.field(description="Whose it is.")
    name: str = strawberry.field(description="What it is for.")
    scopes: list[Scope] = strawberry.field(description="What it is good for: some of its partner's.")
    expires_at: datetime | None = strawberry.field(default=None, description="When it ends by itself.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Makes a repeated request safe; the repeat is not shown the key."
    )


@strawberry.input(description="The key to revoke.")
class RevokeApiKeyInput:
    api_key_id: strawberry.ID = strawberry.field(description="The key.")


@strawberry.input(description="An endpoint as it should be.")
class CreateWebhookEndpointInput:
    partner_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose it is; a partner that asks for itself leaves it out."
    )
    url: str = strawberry.field(description="Where deliveries are posted to: https, a public host, port 443 or 8443.")
    kinds: list[str] = strawberry.field(
        description=f"What it is told of: `order.*`, `*` for all, or any of {', '.join(f'`{kind}`' for kind in TOLD)}."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="Makes a repeated request safe; the repeat is not shown the secret."
    )


@strawberry.input(description="An endpoint's new terms: all of them replace what was.")
class UpdateWebhookEndpointInput:
    endpoint_id: strawberry.ID = strawberry.field(description="The endpoint.")
    url: str = strawberry.field(description="Where deliveries are posted to, also those that wait already.")
    kinds: list[str] = strawberry.field(description="What it is told of: `order.confirmed`, `order.*`, or `*`.")


@strawberry.input(description="The endpoint.")
class WebhookEndpointInput:
    endpoint_id: strawberry.ID = strawberry.field(description="The endpoint.")


@strawberry.input(description="The endpoint that gets another secret.")
class RotateWebhookSecretInput:
    endpoint_id: strawberry.ID = strawberry.field(description="The endpoint.")
    overlap_hours: int = strawberry.field(
        default=24, description="For how long deliveries are signed with the one before as well; at most 168."
    )


@strawberry.input(description="The delivery to send once more.")
class RedeliverWebhookInput:
    delivery_id: strawberry.ID = strawberry.field(description="The delivery.")


@strawberry.input(description="What to send once more.")
class RedeliverWebhooksInput:
    endpoint_id: strawberry.ID = strawberry.field(description="The endpoint.")
    since: datetime = strawberry.field(description="All that was written from then on and given up.")


@strawberry.type(description="Answer with a partner.")
class PartnerPayload(Payload):
    @strawberry_django.field(description="The partner as it is now.")
    def partner(self) -> Partner | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer with a key.")
class ApiKeyPayload(Payload):
    key: str | None = strawberry.field(
        default=None, description="The whole key: `Authorization: Bearer <key>`. It is never shown again."
    )

    @strawberry_django.field(description="What is kept of the key.")
    def api_key(self) -> ApiKey | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer with an endpoint.")
class WebhookEndpointPayload(Payload):
    @strawberry_django.field(description="The endpoint as it is now.")
    def endpoint(self) -> WebhookEndpoint | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer with an endpoint and its new secret.")
class WebhookSecretPayload(WebhookEndpointPayload):
    secret: str | None = strawberry.field(
        default=None, description="What deliveries are signed with, `whsec_…`. It is never shown again."
    )


@strawberry.type(description="Answer with a delivery.")
class WebhookDeliveryPayload(Payload):
    @strawberry_django.field(description="The delivery as it is now.")
    def delivery(self) -> WebhookDelivery | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer with what was deleted.")
class DeleteWebhookEndpointPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(default=None, description="The id that the endpoint had.")


@strawberry.type(description="Answer with a number.")
class RedeliverWebhooksPayload(Payload):
    count: int | None = strawberry.field(default=None, description="How many are sent once more.")


def _endpoint_id(given: strawberry.ID) -> int:
    return decode_id(given, "WebhookEndpoint", ("endpoint_id",))


def _partner_terms(given: CreatePartnerInput | UpdatePartnerInput) -> PartnerTerms:
    return PartnerTerms(
        name=given.name,
        contact_email=given.contact_email,
        contact_name=given.contact_name,
        scopes=given.scopes,
        is_active=given.is_active,
    )


@strawberry.type
class PartnersMutation:
    @mutation(description="Make a partner. Admins.")
    def create_partner(self, info: Info, input: CreatePartnerInput) -> PartnerPayload:
        partner = actions.create_partner(
            viewer=info.context.viewer,
            terms=_partner_terms(input),
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return PartnerPayload(row=partner)

    @mutation(description="Replace a partner's terms; its keys and webhooks follow at once. Admins.")
    def update_partner(self, info: Info, input: UpdatePartnerInput) -> PartnerPayload:
        partner = actions.update_partner(
            viewer=info.context.viewer,
            partner_id=decode_id(input.partner_id, "Partner", ("partner_id",)),
            terms=_partner_terms(input),
            now=info.context.now,
        )
        return PartnerPayload(row=partner)

    @mutation(description="Hand out an API key. Admins.")
    def create_api_key(self, info: Info, input: CreateApiKeyInput) -> ApiKeyPayload:
        row, key = actions.create_api_key(
            viewer=info.context.viewer,
            partner_id=decode_id(input.partner_id, "Partner", ("partner_id",)),
            name=input.name,
            scopes=input.scopes,
            expires_at=input.expires_at,
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return ApiKeyPayload(row=row, key=key)

    @mutation(description="End a key at once, for good. Admins.")
    def revoke_api_key(self, info: Info, input: RevokeApiKeyInput) -> ApiKeyPayload:
        key = actions.revoke_api_key(
            viewer=info.context.viewer,
            key_id=decode_id(input.api_key_id, "ApiKey", ("api_key_id",)),
            now=info.context.now,
        )
        return ApiKeyPayload(row=key)

    @mutation(description=f"Have a partner told of what happens from now on. {_WHO}")
    def create_webhook_endpoint(self, info: Info, input: CreateWebhookEndpointInput) -> WebhookSecretPayload:
        row, secret = actions.create_webhook_endpoint(
            viewer=info.context.viewer,
            partner_id=decode_optional_id(input.partner_id, "Partner", ("partner_id",)),
            terms=EndpointTerms(url=input.url, kinds=input.kinds),
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return WebhookSecretPayload(row=row, secret=secret)

    @mutation(description=f"Another address, or other kinds. {_WHO}")
    def update_webhook_endpoint(self, info: Info, input: UpdateWebhookEndpointInput) -> WebhookEndpointPayload:
        endpoint = actions.update_webhook_endpoint(
            viewer=info.context.viewer,
            endpoint_id=_endpoint_id(input.endpoint_id),
            terms=EndpointTerms(url=input.url, kinds=input.kinds),
            now=info.context.now,
        )
        return WebhookEndpointPayload(row=endpoint)

    @mutation(description=f"A new secret; for a while deliveries are signed with both. {_WHO}")
    def rotate_webhook_secret(self, info: Info, input: RotateWebhookSecretInput) -> WebhookSecretPayload:
        row, secret = actions.rotate_webhook_secret(
            viewer=info.context.viewer,
            endpoint_id=_endpoint_id(input.endpoint_id),
            overlap_hours=input.overlap_hours,
            now=info.context.now,
        )
        return WebhookSecretPayload(row=row, secret=secret)

    @mutation(description=f"Send nothing for a while; what happens waits, for a month at most. {_WHO}")
    def pause_webhook_endpoint(self, info: Info, input: WebhookEndpointInput) -> WebhookEndpointPayload:
        endpoint = actions.pause_webhook_endpoint(
            viewer=info.context.viewer, endpoint_id=_endpoint_id(input.endpoint_id), now=info.context.now
        )
        return WebhookEndpointPayload(row=endpoint)

    @mutation(description=f"Send again, all that waited first. {_WHO}")
    def resume_webhook_endpoint(self, info: Info, input: WebhookEndpointInput) -> WebhookEndpointPayload:
        endpoint = actions.resume_webhook_endpoint(
            viewer=info.context.viewer, endpoint_id=_endpoint_id(input.endpoint_id), now=info.context.now
        )
        return WebhookEndpointPayload(row=endpoint)

    @mutation(description=f"Forget an endpoint, what waits for it, and its log. {_WHO}")
    def delete_webhook_endpoint(self, info: Info, input: WebhookEndpointInput) -> DeleteWebhookEndpointPayload:
        deleted = actions.delete_webhook_endpoint(
            viewer=info.context.viewer, endpoint_id=_endpoint_id(input.endpoint_id), now=info.context.now
        )
        return DeleteWebhookEndpointPayload(deleted_id=encode_id("WebhookEndpoint", deleted))

    @mutation(description=f"Post a `webhook.test`, whatever kinds were chosen; the log tells the answer. {_WHO}")
    def send_test_webhook(self, info: Info, input: WebhookEndpointInput) -> WebhookDeliveryPayload:
        delivery = actions.send_test_webhook(
            viewer=info.context.viewer, endpoint_id=_endpoint_id(input.endpoint_id), now=info.context.now
        )
        return WebhookDeliveryPayload(row=delivery)

    @mutation(description=f"Send one again under its Webhook-Id, delivered or given up. {_WHO}")
    def redeliver_webhook(self, info: Info, input: RedeliverWebhookInput) -> WebhookDeliveryPayload:
        delivery = actions.redeliver_webhook(
            viewer=info.context.viewer,
            delivery_id=decode_id(input.delivery_id, "WebhookDelivery", ("delivery_id",)),
            now=info.context.now,
        )
        return WebhookDeliveryPayload(row=delivery)

    @mutation(description=f"Send everything again that was given up since then. {_WHO}")
    def redeliver_webhooks(self, info: Info, input: RedeliverWebhooksInput) -> RedeliverWebhooksPayload:
        count = actions.redeliver_webhooks(
            viewer=info.context.viewer,
            endpoint_id=_endpoint_id(input.endpoint_id),
            since=input.since,
            now=info.context.now,
        )
        return RedeliverWebhooksPayload(count=count)
