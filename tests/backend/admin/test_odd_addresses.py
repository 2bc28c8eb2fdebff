"""Whatever stands in an address of the back office, the answer is a page: no filter, order or id typed is a crash."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from backend.core.admin import BackOffice
from backend.core.viewer import Role
from tests import factories
from tests.backend.admin.everything import one_of_everything
from tests.rows import snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
NUL = "a\x00b"
IDS = ("0", "9" * 30, "x_00", NUL)


@pytest.fixture
def office() -> Client:
    """An admin's browser, with a row in every table."""
    one_of_everything()
    browser = Client()
    browser.force_login(factories.user(Role.ADMIN))
    return browser


def page(model: type[Model], name: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def office_of(model: type[Model]) -> BackOffice:
    found = admin.site.get_model_admin(model)
    assert isinstance(found, BackOffice)
    return found


def filters(browser: Client, model: type[Model]) -> Iterator[str]:
    for each in browser.get(page(model)).context["cl"].filter_specs:
        yield from (str(name) for name in each.expected_parameters())


def test_no_filter_of_a_list_stumbles_over_what_is_typed(office: Client) -> None:
    for model in MODELS:
        tries = [{name: value} for name in filters(office, model) for value in (NUL, "9" * 30, "x")]
        tries += [{"o": "-99.x"}, {"p": "x"}, {"q": NUL}, {NUL: NUL}, {"no__such__thing": "1"}]
        for given in tries:
            assert office.get(page(model), given).status_code in (200, 302, 400), (model, given)


def test_a_file_of_a_list_that_makes_no_sense_leads_to_the_list(office: Client) -> None:
    exporting = [model for model in MODELS if office_of(model).exports]
    assert exporting
    for model in exporting:
        for given in ({"no__such__thing": "1"}, {"pk__in": "x"}):
            answer = office.get(page(model, "export"), given)
            assert (answer.status_code, answer["Location"]) == (302, f"{page(model)}?e=1"), (model, given)


def test_an_id_that_is_none_is_not_found_on_any_page_and_by_any_button(office: Client) -> None:
    before = snapshot()
    for model in MODELS:
        for key in IDS:
            for name in ("change", "history"):
                assert office.get(page(model, name, key)).status_code == 404, (model, name, key)
            for action in office_of(model).all_actions:
                assert office.post(page(model, "do", key, action.name)).status_code == 404, (model, action.name, key)
    assert snapshot() == before


def test_rows_that_are_none_are_passed_over_where_many_are_chosen(office: Client) -> None:
    before = snapshot()
    for model in MODELS:
        for action in office_of(model).all_actions:
            for chosen in (["x"], ["9" * 30], [NUL], []):
                answer = office.post(page(model), {"_selected_action": chosen, "action": action.name})
                assert answer.status_code in (200, 302, 400), (model, action.name, chosen)
    assert snapshot() == before
