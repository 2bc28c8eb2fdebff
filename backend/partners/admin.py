"""Partners in the back office. Keys and secrets are shown once, by the API that makes them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from backend.core.admin import ActionAdmin, DatesFilter, ReadOnlyAdmin, RowAction
from backend.core.choices import choices_of
from backend.core.viewer import Scope, Viewer
from backend.partners.actions import (
    EndpointTerms,
    PartnerTerms,
    create_partner,
    pause_webhook_endpoint,
    redeliver_webhook,
    resume_webhook_endpoint,
    revoke_api_key,
    send_test_webhook,
    update_partner,
    update_webhook_endpoint,
)
from backend.partners.models import ApiKey, Partner, WebhookDelivery, WebhookEndpoint
from backend.partners.queries import (
    endpoints_visible_to,
    keys_visible_to,
    partners_visible_to,
    webhooks_visible_to,
)
from backend.partners.rules import EndpointState, WebhookStatus


@admin.register(Partner)
class PartnerAdmin(ActionAdmin):
    """A scope that is taken away is gone from the partner's keys and webhooks at once."""

    icon = "handshake"
    list_display = ["name", "contact_name", "contact_email", "is_active", "created_at"]
    list_filter = ["is_active"]
    search_fields = ["name", "contact_name", "contact_email"]
    ordering = ["name"]
    fields = ["name", "contact_name", "contact_email", "scopes", "is_active"]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return partners_visible_to(viewer)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Scopes are ticked, not typed."""
        if db_field.name == "scopes":
            return forms.MultipleChoiceField(choices=choices_of(Scope), widget=forms.CheckboxSelectMultiple)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def write(self, *, viewer: Viewer, row: Any, values: Mapping[str, Any], now: datetime) -> Model:
        terms = PartnerTerms(
            name=values["name"],
            contact_name=values["contact_name"],
            contact_email=values["contact_email"],
            scopes=[Scope(each) for each in values["scopes"]],
            is_active=values["is_active"],
        )
        if row is None:
            return create_partner(viewer=viewer, terms=terms, now=now)
        return update_partner(viewer=viewer, partner_id=row.pk, terms=terms, now=now)


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Made by `createApiKey`, which shows a key once; revoked here or there."""

    icon = "key"
    list_display = ["prefix", "name", "partner", "scopes", "expires_at", "last_used_at", "revoked_at"]
    list_filter = ["partner", ("revoked_at", DatesFilter)]
    list_select_related = ["partner"]
    search_fields = ["prefix", "name", "partner__name"]
    ordering = ["-created_at", "-id"]
    fields = ["partner", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at"]
    row_actions = [
        RowAction(
            name="revoke",
            label="Revoke",
            done="revoked",
            act=lambda viewer, row, now, _: revoke_api_key(viewer=viewer, key_id=row.pk, now=now),
            offered=lambda row: row.revoked_at is None,
            style="danger",
        )
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return keys_visible_to(viewer)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ActionAdmin):
    """Made by `createWebhookEndpoint`, which shows the secret once."""

    icon = "webhook"
    list_display = ["url", "partner", "kinds", "state", "state_reason", "failures", "failing_since"]
    list_filter = ["state", "partner"]
    list_select_related = ["partner"]
    search_fields = ["url", "partner__name"]
    ordering = ["-created_at", "-id"]
    fields = ["url", "kinds"]
    row_actions = [
        RowAction(
            name="test",
            label="Test",
            done="sent a test",
            act=lambda viewer, row, now, _: send_test_webhook(viewer=viewer, endpoint_id=row.pk, now=now),
            offered=lambda row: row.state == EndpointState.ACTIVE,
        ),
        RowAction(
            name="pause",
            label="Pause",
            done="paused",
            act=lambda viewer, row, now, _: pause_webhook_endpoint(viewer=viewer, endpoint_id=row.pk, now=now),
            offered=lambda row: row.state == EndpointState.ACTIVE,
        ),
        RowAction(
            name="resume",
            label="Resume",
            done="resumed",
            act=lambda viewer, row, now, _: resume_webhook_endpoint(viewer=viewer, endpoint_id=row.pk, now=now),
            offered=lambda row: row.state != EndpointState.ACTIVE,
            style="primary",
        ),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The form could not show the secret."""
        return False

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return endpoints_visible_to(viewer)

    def write(self, *, viewer: Viewer, row: Any, values: Mapping[str, Any], now: datetime) -> Model:
        terms = EndpointTerms(url=values["url"], kinds=values["kinds"])
        return update_webhook_endpoint(viewer=viewer, endpoint_id=row.pk, terms=terms, now=now)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """What was told to whom, and what came back."""

    icon = "outbound"
    list_display = ["message_id", "kind", "endpoint", "status", "attempts", "response_status", "due_at", "delivered_at"]
    list_filter = ["status", "endpoint", ("created_at", DatesFilter)]
    list_select_related = ["endpoint"]
    search_fields = ["=message_id", "=kind", "=subject", "endpoint__url", "endpoint__partner__name"]
    ordering = ["-created_at", "-id"]
    row_actions = [
        RowAction(
            name="redeliver",
            label="Send again",
            done="sent again",
            act=lambda viewer, row, now, _: redeliver_webhook(viewer=viewer, delivery_id=row.pk, now=now),
            offered=lambda row: row.status != WebhookStatus.WAITING,
            style="primary",
        )
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return webhooks_visible_to(viewer)
