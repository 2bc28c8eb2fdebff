"""Registering on real commits: two with one e-mail in the same moment."""

import threading
import time

import pytest
from django.db import connection, transaction

from backend.accounts.actions import register
from backend.accounts.models import Profile, User
from backend.customers.models import Customer
from backend.events.models import Event
from tests import factories
from tests.concurrency.racing import WON, all_at_once
from tests.factories.business import NOW, PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid')")
        return bool(cursor.fetchone()[0])


def test_who_is_overtaken_between_looking_and_writing_is_answered_as_for_any_taken_e_mail() -> None:
    """The one writes and waits with its commit until the other, which has seen no such e-mail, waits for it."""
    written = threading.Event()
    answers: list[User] = []

    def overtaking() -> None:
        with transaction.atomic():
            factories.user(email="ada@example.com", name="The First")
            written.set()
            for _ in range(6000):
                if somebody_waits():
                    return
                time.sleep(0.01)
            raise AssertionError("nobody came to wait")

    def overtaken() -> None:
        assert written.wait(timeout=60)
        answers.append(register(email="ada@example.com", password=PASSWORD, name="Ada King", address="a", now=NOW))

    assert all_at_once([overtaking, overtaken]) == [WON, WON]
    (user,) = User.objects.all()
    (answer,) = answers
    assert (user.name, answer.name, answer.email) == ("The First", "Ada King", "ada@example.com")
    assert answer.pk == user.pk + 1
    assert (Customer.objects.count(), Profile.objects.count()) == (0, 1)
    assert list(Event.objects.values_list("kind", "data__user_id")) == [("user.registered_again", user.pk)]
