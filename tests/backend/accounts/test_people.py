"""Changing passwords, profiles, roles and what managers manage."""

from datetime import datetime
from typing import Any

import pytest

from backend.accounts import actions
from backend.accounts.actions import ProfileChanges
from backend.accounts.errors import InvalidCredentials, LastAdmin
from backend.accounts.models import AccessToken, User
from backend.accounts.queries import viewer_for_token, viewer_for_user
from backend.core.errors import NotAllowed, NotFound, Refusal
from backend.core.viewer import Permission, Role, Viewer
from backend.events.models import Event
from tests import factories
from tests.factories.business import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(db: None) -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


def test_changing_the_password_keeps_this_sign_in_and_ends_the_others(now: datetime) -> None:
    user = factories.user()
    here, there = factories.token_for(user), factories.token_for(user)
    viewer = viewer_for_token(here, now=now)
    with pytest.raises(InvalidCredentials):
        actions.change_password(viewer=viewer, current="wrong", new="a-long-and-winding-road", now=now)
    actions.change_password(viewer=viewer, current=PASSWORD, new="a-long-and-winding-road", now=now)
    assert viewer_for_token(here, now=now).user_id == user.pk
    assert viewer_for_token(there, now=now).user_id is None


def test_each_end_of_access_is_told_once_with_who_ended_it(admin: Viewer, now: datetime) -> None:
    def told() -> list[int | None]:
        """The actors of what was told since last asked."""
        facts = Event.objects.filter(kind="user.access_changed").order_by("pk")
        actors = list(facts.values_list("actor_id", flat=True))
        facts.delete()
        return actors

    user = factories.user()
    viewer = viewer_for_token(factories.token_for(user), now=now)
    actions.change_password(viewer=viewer, current=PASSWORD, new="a-long-and-winding-road", now=now)
    assert told() == [user.pk]
    actions.sign_out_everywhere(viewer=viewer, keep_this=False, now=now)
    assert told() == [user.pk]
    actions.update_user_role(viewer=admin, user_id=user.pk, role=Role.STAFF, now=now)
    assert told() == [admin.user_id]
    actions.deactivate_user(viewer=admin, user_id=user.pk, now=now)
    assert told() == [admin.user_id]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"phone": "+44 1"}, ("phone",)),
        ({"phone": "abc"}, ("phone",)),
        ({"time_zone": "Mars/Olympus"}, ("time_zone",)),
        ({"name": "  "}, ("name",)),
        ({"preferences": {"x": "y"}}, ("preferences",)),
        ({"preferences": {"theme": ["dark"]}}, ("preferences", "theme")),
        ({"preferences": "dark"}, ("preferences",)),
    ],
)
def test_a_bad_profile_is_refused_and_stays(given: dict[str, Any], field: tuple[str, ...]) -> None:
    user = factories.user(name="Ada")
    with pytest.raises(Refusal) as caught:
        actions.update_profile(viewer=viewer_for_user(user.pk), changes=ProfileChanges(**given))
    assert caught.value.field == field
    user.refresh_from_db()
    assert (user.name, user.profile.phone, user.profile.time_zone) == ("Ada", "", "Europe/London")


def test_a_profile_is_kept_in_international_form() -> None:
    user = factories.user()
    changes = ProfileChanges(phone="(020) 7946-0958", time_zone="America/New_York")
    actions.update_profile(viewer=viewer_for_user(user.pk), changes=changes)
    user.profile.refresh_from_db()
    assert (user.profile.phone, user.profile.time_zone) == ("+442079460958", "America/New_York")


@pytest.mark.parametrize("role", [Role.STAFF, Role.MANAGER, Role.ADMIN])
def test_a_new_role_makes_its_row_and_signs_the_user_out(admin: Viewer, now: datetime, role: Role) -> None:
    customer = factories.customer()
    user = customer.user
    assert user is not None
    token = factories.token_for(user)
    actions.update_user_role(viewer=admin, user_id=user.pk, role=role, now=now)
    fresh = User.objects.get(pk=user.pk)
    assert (fresh.role, fresh.customer) == (role, customer)
    assert hasattr(fresh, "staff") == (role is Role.STAFF)
    assert hasattr(fresh, "manager") == (role is Role.MANAGER)
    assert viewer_for_token(token, now=now).user_id is None


def test_the_last_admin_stays(admin: Viewer, now: datetime) -> None:
    assert admin.user_id is not None
    with pytest.raises(LastAdmin):
        actions.update_user_role(viewer=admin, user_id=admin.user_id, role=Role.STAFF, now=now)
    with pytest.raises(LastAdmin):
        actions.deactivate_user(viewer=admin, user_id=admin.user_id, now=now)
    other = factories.user(Role.ADMIN)
    actions.deactivate_user(viewer=admin, user_id=other.pk, now=now)
    with pytest.raises(LastAdmin):
        actions.deactivate_user(viewer=admin, user_id=admin.user_id, now=now)


def test_a_deactivated_user_is_out_at_once(admin: Viewer, now: datetime) -> None:
    user = factories.user()
    token = factories.token_for(user)
    actions.deactivate_user(viewer=admin, user_id=user.pk, now=now)
    assert viewer_for_token(token, now=now).user_id is None
    with pytest.raises(InvalidCredentials):
        actions.sign_in(email=user.email, password=PASSWORD, address="10.0.0.1", user_agent="", now=now)


def test_a_reactivated_user_signs_in_anew_and_old_tokens_stay_dead(admin: Viewer, now: datetime) -> None:
    user = factories.user()
    token = factories.token_for(user)
    actions.deactivate_user(viewer=admin, user_id=user.pk, now=now)
    for _ in range(2):
        assert actions.reactivate_user(viewer=admin, user_id=user.pk, now=now).is_active
    assert viewer_for_token(token, now=now).user_id is None
    signed_in = actions.sign_in(email=user.email, password=PASSWORD, address="10.0.0.1", user_agent="", now=now)
    assert signed_in.user == user


def test_only_admins_change_what_others_may_do(now: datetime) -> None:
    manager = factories.manager(can_manage_all=True)
    viewer = viewer_for_user(manager.user_id)
    user = factories.user()
    with pytest.raises(NotAllowed):
        actions.update_user_role(viewer=viewer, user_id=user.pk, role=Role.ADMIN, now=now)
    with pytest.raises(NotAllowed):
        actions.deactivate_user(viewer=viewer, user_id=user.pk, now=now)
    with pytest.raises(NotAllowed):
        actions.reactivate_user(viewer=viewer, user_id=user.pk, now=now)
    with pytest.raises(NotAllowed):
        actions.update_manager(viewer=viewer, manager_id=manager.pk, can_manage_all=True, now=now)


def test_what_a_manager_manages_is_replaced_as_a_whole(admin: Viewer, now: datetime) -> None:
    manager = factories.manager()
    one, two, customer = factories.staff_member(), factories.staff_member(), factories.customer()
    manager.managed_staff.add(one)
    actions.update_manager(
        viewer=admin,
        manager_id=manager.pk,
        permissions=[Permission.MANAGE_ORDERS],
        managed_staff_ids=[two.pk],
        managed_customer_ids=[customer.pk],
        now=now,
    )
    scope = viewer_for_user(manager.user_id).manager
    assert scope is not None
    assert scope.permissions == {Permission.MANAGE_ORDERS}
    assert scope.staff_ids == {two.pk}
    assert scope.customer_ids == {customer.pk}
    with pytest.raises(NotFound) as caught:
        actions.update_manager(viewer=admin, manager_id=manager.pk, managed_staff_ids=[one.pk, 10**9], now=now)
    assert caught.value.field == ("managed_staff_ids", 1)
    assert set(manager.managed_staff.values_list("pk", flat=True)) == {two.pk}


def test_a_session_can_be_ended_by_its_owner_alone(admin: Viewer, now: datetime) -> None:
    user, stranger = factories.user(), factories.user()
    factories.token_for(user)
    token = AccessToken.objects.get(user=user)
    with pytest.raises(NotFound):
        actions.revoke_session(viewer=viewer_for_user(stranger.pk), token_id=token.pk, now=now)
    actions.revoke_session(viewer=viewer_for_user(user.pk), token_id=token.pk, now=now)
    token.refresh_from_db()
    assert token.revoked_at == now
