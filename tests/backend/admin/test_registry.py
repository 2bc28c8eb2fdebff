"""What holds for every table of the back office, now and to come: the registry is walked."""

import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from backend.core.admin import ActionAdmin, BackOffice
from backend.core.viewer import Role
from tests import factories
from tests.backend.admin.everything import one_of_everything
from tests.rows import snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
NOT_SHOWN = {"core.IdempotencyKey", "events.LogState"}
"""Bookkeeping of the machinery, no business of the office."""


@pytest.fixture
def office() -> Client:
    """An admin's browser."""
    browser = Client()
    browser.force_login(factories.user(Role.ADMIN, name="Office"))
    return browser


def page(model: type[Model], name: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def everything(model: type[Model]) -> dict[str, str]:
    """The query that shows all rows of a list that opens on some."""
    return {"status": "ALL"} if model.__name__ == "Delivery" else {}


def test_every_table_of_ours_has_a_page_made_of_our_classes() -> None:
    ours = [model for model in apps.get_models() if model.__module__.split(".")[0] in ("backend", "workers")]
    missing = {model._meta.label for model in ours if model not in MODELS and not model._meta.proxy}
    assert missing == NOT_SHOWN
    assert [model for model in MODELS if not isinstance(admin.site.get_model_admin(model), BackOffice)] == []


def test_every_list_finds_real_rows_and_costs_the_same_for_one_as_for_fifty(office: Client) -> None:
    def cost(model: type[Model]) -> tuple[int, int]:
        with CaptureQueriesContext(connection) as statements:
            response = office.get(page(model), everything(model))
        assert response.status_code == 200, model
        return len(statements), response.context["cl"].result_count

    one_of_everything()
    for model in MODELS:
        cost(model)  # warms what is kept between requests
    few = {model: cost(model) for model in MODELS}
    for _ in range(49):
        one_of_everything()
    many = {model: cost(model) for model in MODELS}
    assert [model for model in MODELS if many[model][1] < 49 + few[model][1] or few[model][1] == 0] == []
    assert {model: few[model][0] for model in MODELS} == {model: many[model][0] for model in MODELS}


def test_every_table_is_searched_by_each_of_its_columns(office: Client) -> None:
    one_of_everything()
    for model in MODELS:
        offered = admin.site.get_model_admin(model).get_search_fields(None)  # type: ignore[arg-type]
        assert offered, model
        assert office.get(page(model), {"q": "nobody'%\x00s"} | everything(model)).status_code == 200, model
        for field in offered:
            path = field.lstrip("^=@")
            value = model._default_manager.exclude(**{f"{path}__isnull": True}).values_list(path, flat=True).last()
            if value not in (None, ""):
                answer = office.get(page(model), {"q": str(value)} | everything(model))
                assert answer.context["cl"].result_count > 0, (model, field)


def test_no_form_adds_changes_or_deletes_past_the_use_cases(office: Client) -> None:
    """Without a form of its own a table can't be written at all; with one, the form never saves by itself."""
    one_of_everything()
    before = snapshot()
    for model in MODELS:
        back_office = admin.site.get_model_admin(model)
        row = model._default_manager.order_by("pk").first()
        assert row is not None
        assert office.get(page(model, "change", row.pk)).status_code == 200, model
        assert office.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403, model
        assert list(back_office.inlines) == [] or not isinstance(back_office, ActionAdmin), model
        assert list(back_office.list_editable) == []
        if isinstance(back_office, ActionAdmin):
            assert type(back_office).write is not ActionAdmin.write, model
            assert type(back_office).save_model is ActionAdmin.save_model
        else:
            assert office.post(page(model, "add"), {}).status_code == 403, model
            assert office.post(page(model, "change", row.pk), {}).status_code == 403, model
    assert snapshot() == before


def test_a_form_that_refuses_keeps_what_was_typed(office: Client) -> None:
    given = {"name": "Oven \x07", "description": "Inside and out"}
    response = office.post("/admin/catalogue/category/add/", given)
    form = response.context["adminform"].form
    assert list(form.errors) == ["name"]
    assert {name: form[name].value() for name in given} == given


def test_nothing_is_loaded_from_anywhere_else_and_no_secret_is_shown(office: Client) -> None:
    one_of_everything()
    secrets = {
        str(value)
        for model in MODELS
        for field in model._meta.get_fields()
        if field.name in ("password", "token", "token_hash", "tracking_token", "sealed")
        for value in model._default_manager.values_list(field.name, flat=True)
        if value
    }
    assert len(secrets) >= 5
    addresses = ["/admin/", "/admin/password_change/", *(page(model) for model in MODELS)]
    addresses += [page(model, "change", model._default_manager.latest("pk").pk) for model in MODELS]
    for address in addresses:
        text = office.get(address).content.decode()
        assert re.findall(r"""(?:src|href|srcset|action)\s*=\s*["'](?:https?:)?//[^"']*""", text) == [], address
        assert re.findall(r"""url\(["']?(?:https?:)?//|@import""", text) == [], address
        assert [secret for secret in secrets if secret in text] == [], address


def test_what_is_not_shown_can_not_be_found_out_by_filters(office: Client) -> None:
    order = factories.pending_order(factories.service())
    guess = {"tracking_token__startswith": order.tracking_token[:1]}
    answer = office.get("/admin/orders/order/", guess)
    assert answer.status_code == 400
    assert office.get("/admin/orders/order/", {"status__exact": "PENDING"}).context["cl"].result_count == 1
