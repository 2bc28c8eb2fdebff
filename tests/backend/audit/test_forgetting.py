"""What the trail loses: the values of a person who is erased, and what was kept long enough. Nothing else."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection

from backend.accounts.queries import viewer_for_user
from backend.audit.actions import forget_old_changes, forget_parts, forget_values
from backend.audit.models import Change
from backend.audit.rules import FieldChange
from backend.core.transactions import OutsideUseCase, use_case
from backend.core.viewer import Role
from backend.customers.actions import erase_customer
from backend.customers.models import Customer
from tests import factories
from tests.factories.business import NOW

pytestmark = pytest.mark.django_db


def entry(age: timedelta) -> Change:
    """An entry that the database wrote so long before NOW."""
    row = Change(model="orders.Order", object_id=1, pgh_label="CREATE", pgh_created_at=NOW - age, after={})
    row.save(force_insert=True)
    return row


def written_about(row: Any) -> str:
    """Everything that the trail says of a row, as text."""
    changes = Change.objects.filter(model=row._meta.label, object_id=row.pk)
    return repr(list(changes.values_list("before", "after")))


def test_an_erased_person_is_nowhere_in_the_trail_and_what_was_done_stays(now: datetime) -> None:
    admin = viewer_for_user(factories.user(Role.ADMIN).pk)
    customer = factories.customer(with_user=False, name="Ada King", email="ada@secret.example", phone="+442079460000")
    Customer.objects.filter(pk=customer.pk).update(notes="Key under mat", tags=["vip"])
    factories.address(customer, line1="7 Secret Lane").delete()
    erase_customer(viewer=admin, customer_id=customer.pk, now=now)
    everything = repr(list(Change.objects.values_list("before", "after")))
    for personal in ("Ada King", "ada@secret.example", "442079460000", "Key under mat", "7 Secret Lane"):
        assert personal not in everything
    erased, updated, created = Change.objects.filter(model="customers.Customer", object_id=customer.pk)
    assert (created.pgh_label, updated.pgh_label, erased.pgh_label) == ("CREATE", "UPDATE", "UPDATE")
    assert FieldChange("name", None, "[erased]") in created.changes
    assert FieldChange("tags", "[]", '["vip"]') in updated.changes
    assert (erased.actor_id, erased.operation) == (admin.user_id, "erase_customer")


def test_of_others_nothing_is_forgotten(now: datetime) -> None:
    """The control: the same values of a person who stays."""
    admin = viewer_for_user(factories.user(Role.ADMIN).pk)
    customer, other = factories.customer(with_user=False), factories.customer(with_user=False, name="Grace Hopper")
    erase_customer(viewer=admin, customer_id=customer.pk, now=now)
    assert "Grace Hopper" in written_about(other)


def test_values_that_are_not_personal_stay() -> None:
    address = factories.address(factories.customer(), line1="7 Secret Lane", kind="SERVICE")
    use_case(forget_values)(model="customers.Address", object_ids=[address.pk])
    (change,) = Change.objects.filter(model="customers.Address")
    told = {each.field: each.new for each in change.changes}
    assert (told["line1"], told["kind"], told["country"]) == ("[erased]", "SERVICE", "GB")


def test_parts_that_were_deleted_long_ago_are_found_by_their_owner() -> None:
    customer = factories.customer()
    address = factories.address(customer, line1="7 Secret Lane")
    key = address.pk
    address.delete()
    assert use_case(forget_parts)(model="customers.Address", column="customer_id", owner=customer.pk) == 2
    assert "7 Secret Lane" not in repr(list(Change.objects.filter(object_id=key).values_list("before", "after")))


def test_what_is_older_than_the_setting_goes_the_oldest_first(now: datetime) -> None:
    keep = settings.ROTA_AUDIT_KEEP
    assert keep == timedelta(days=2557)
    oldest, old = entry(keep + timedelta(days=2)), entry(keep + timedelta(seconds=1))
    kept = entry(keep)
    forget = use_case(forget_old_changes)
    assert forget(limit=1, now=now) == 1
    assert not Change.objects.filter(pk=oldest.pk).exists()
    assert forget(limit=5, now=now) == 1
    assert set(Change.objects.values_list("pk", flat=True)) == {kept.pk}
    assert old.pk != kept.pk


def test_both_are_steps_and_lock_the_trail_again(now: datetime) -> None:
    with pytest.raises(OutsideUseCase):
        forget_old_changes(limit=1, now=now)
    entry(timedelta())

    @use_case
    def forget_and_meddle() -> None:
        forget_old_changes(limit=1, now=now)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM audit_change")

    with pytest.raises(DatabaseError, match="append-only"):
        forget_and_meddle()
