"""Use cases commit whole or not at all; steps live inside them."""

from datetime import datetime

import pytest
from django.db import connection

from backend.catalogue.models import Category
from backend.core.errors import ErrorCode, IdempotencyConflict, Overtaken
from backend.core.idempotency import claim_key, settle_key
from backend.core.models import IdempotencyKey
from backend.core.transactions import LOOKS, OutsideUseCase, step, use_case
from backend.core.viewer import NOBODY, Role, Viewer
from tests import factories

pytestmark = pytest.mark.django_db


@step
def _write() -> None:
    factories.category(name="Written")


def test_a_step_outside_of_a_use_case_is_a_mistake() -> None:
    with pytest.raises(OutsideUseCase, match="is a step"):
        _write()


@pytest.mark.django_db(transaction=True)
def test_a_use_case_that_fails_leaves_nothing() -> None:
    @use_case
    def fails() -> None:
        _write()
        raise LookupError

    with pytest.raises(LookupError):
        fails()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM catalogue_category")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_a_use_case_inside_another_is_a_mistake() -> None:
    @use_case
    def inner() -> None: ...

    @use_case
    def outer() -> None:
        inner()

    with pytest.raises(RuntimeError, match="durable"):
        outer()


@pytest.mark.django_db(transaction=True)
def test_a_use_case_that_was_overtaken_begins_anew_and_leaves_nothing_of_its_first_try() -> None:
    tries: list[int] = []

    @use_case
    def overtaken_twice() -> str:
        _write()
        tries.append(Category.objects.count())
        if len(tries) < 3:
            raise Overtaken
        return "done"

    assert overtaken_twice() == "done"
    assert tries == [1, 1, 1]
    assert Category.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_use_case_that_is_overtaken_again_and_again_gives_up_as_a_stale_version() -> None:
    tries: list[None] = []

    @use_case
    def never_first() -> None:
        tries.append(None)
        raise Overtaken

    with pytest.raises(Overtaken) as caught:
        never_first()
    assert (caught.value.code, len(tries)) == (ErrorCode.STALE_VERSION, LOOKS)


class TestIdempotency:
    """One key, one result."""

    @staticmethod
    def _make(viewer: Viewer, key: str | None, name: str, now: datetime) -> tuple[int, bool]:
        @use_case
        def make() -> tuple[int, bool]:
            claimed = claim_key(viewer=viewer, operation="make", key=key, given={"name": name}, now=now)
            if claimed.result_id is not None:
                return claimed.result_id, False
            row = factories.category(name=name)
            settle_key(claimed, row)
            return row.pk, True

        return make()

    def test_the_same_key_and_input_give_the_same_object(self, now: datetime) -> None:
        first, made = self._make(NOBODY, "key-1", "A", now)
        assert made
        assert self._make(NOBODY, "key-1", "A", now) == (first, False)

    def test_the_same_key_with_other_input_is_a_conflict(self, now: datetime) -> None:
        self._make(NOBODY, "key-1", "A", now)
        with pytest.raises(IdempotencyConflict) as caught:
            self._make(NOBODY, "key-1", "B", now)
        assert caught.value.field == ("idempotency_key",)

    def test_two_people_may_use_the_same_key(self, now: datetime) -> None:
        first, _ = self._make(Viewer(user_id=1, role=Role.ADMIN), "key-1", "A", now)
        second, made = self._make(Viewer(user_id=2, role=Role.ADMIN), "key-1", "B", now)
        assert made
        assert first != second

    def test_without_a_key_every_request_is_new(self, now: datetime) -> None:
        first, _ = self._make(NOBODY, None, "A", now)
        second, made = self._make(NOBODY, None, "A", now)
        assert made
        assert first != second
        assert not IdempotencyKey.objects.exists()
