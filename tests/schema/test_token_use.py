"""When a token was last used."""

from datetime import timedelta

import pytest
import time_machine

from backend.accounts.models import AccessToken
from tests import factories
from tests.client import Api
from tests.factories.business import NOW
from tests.statements import count_statements

pytestmark = pytest.mark.django_db

QUERY = "{ categories { id } }"


def test_the_use_of_a_token_is_noted_every_five_minutes_and_costs_nothing_in_between() -> None:
    api = Api(factories.token_for(factories.user()))
    taken, noted = [], []
    for minutes in (0, 5, 6, 7, 11, 12):
        at = NOW + timedelta(minutes=minutes)
        with time_machine.travel(at, tick=False):
            taken.append(count_statements(api, QUERY))
        noted.append((AccessToken.objects.get().last_used_at - NOW) // timedelta(minutes=1))
    assert noted == [0, 0, 6, 6, 6, 12]
    # The note is a use case of its own: it says where it comes from, and writes.
    assert taken == [2, 2, 4, 2, 2, 4]
