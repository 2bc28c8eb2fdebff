"""Links that open one thing for whoever holds them, until a while after its end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.core.errors import Required
from backend.core.tracking import link_expired, require_one_name

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
DAYS, SECOND = timedelta(days=90), timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _ninety_days(settings: Any) -> None:
    settings.ROTA_BUSINESS = replace(settings.ROTA_BUSINESS, tracking_link_lifetime=DAYS)


def test_a_link_runs_out_a_second_after_its_days() -> None:
    assert not link_expired(NOON, None, now=NOON + DAYS)
    assert link_expired(NOON, None, now=NOON + DAYS + SECOND)


def test_the_link_of_what_goes_on_never_runs_out() -> None:
    assert not link_expired(None, None, now=NOON + 100 * DAYS)
    assert not link_expired(None, NOON, now=NOON + 100 * DAYS)


def test_a_link_that_was_made_anew_counts_from_then() -> None:
    renewed_at = NOON + 2 * DAYS
    assert not link_expired(NOON, renewed_at, now=renewed_at + DAYS)
    assert link_expired(NOON, renewed_at, now=renewed_at + DAYS + SECOND)


@pytest.mark.parametrize(("row_id", "token"), [(None, None), (1, "token")])
def test_what_is_named_by_neither_or_both_is_refused_under_its_id(row_id: int | None, token: str | None) -> None:
    with pytest.raises(Required, match="Name the plan: ") as refused:
        require_one_name(row_id, token, what="plan", field="subscription_id", address="192.0.2.1")
    assert refused.value.field == ("subscription_id",)
