"""The end of a sign-in ends the socket, and a change of rights changes what is told."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from backend.accounts.models import AccessToken, User
from backend.core.viewer import Role
from schema import sockets
from tests import factories
from tests.client import gid
from tests.live.story import SHORT, TUESDAY, fact, ids, joined, tell, visit
from tests.sockets import Refused, Server, SocketApi, open_socket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quick_porter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "RECHECK", 0.2)


async def apart(change: Callable[[], Any]) -> None:
    """Commit something from a thread, as another client would."""

    def run() -> None:
        try:
            change()
        finally:
            connection.close()

    await asyncio.to_thread(run)


def closed_by(server: Server, token: str, change: Callable[[], Any]) -> tuple[int | None, str | None]:
    """How an open socket with a live subscription ends when `change` is committed."""

    async def run() -> tuple[int | None, str | None]:
        async with open_socket(server, token) as api:
            await api.subscribe(SHORT)
            await joined(1)
            await apart(change)
            return await api.closed()

    return asyncio.run(run())


def _sign_out(user: User) -> None:
    AccessToken.objects.filter(user=user).update(revoked_at=datetime(2027, 1, 1, tzinfo=UTC))


def _expire(user: User) -> None:
    AccessToken.objects.filter(user=user).update(expires_at=datetime(2020, 1, 1, tzinfo=UTC))


def _deactivate(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def _demote(user: User) -> None:
    User.objects.filter(pk=user.pk).update(role=Role.STAFF)


def _delete_token(user: User) -> None:
    AccessToken.objects.filter(user=user).delete()


@pytest.mark.parametrize("change", [_sign_out, _expire, _deactivate, _demote, _delete_token])
def test_a_socket_ends_with_its_sign_in(server: Server, change: Callable[[User], None]) -> None:
    admin = factories.user(Role.ADMIN)
    token = factories.token_for(admin)
    assert closed_by(server, token, lambda: change(admin)) == (4403, "The sign-in has ended.")


def test_signing_out_over_the_socket_ends_it(server: Server) -> None:
    token = factories.token_for(factories.user(Role.ADMIN))

    async def run() -> int | None:
        async with open_socket(server, token) as api:
            payload = await api("mutation { signOut { userErrors { code } } }")
            assert payload["data"] == {"signOut": {"userErrors": []}}
            code, _ = await api.closed()
            return code

    assert asyncio.run(run()) == 4403


def test_an_operation_after_the_sign_in_has_ended_does_not_run(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "RECHECK", 60)
    admin = factories.user(Role.ADMIN)
    token = factories.token_for(admin)

    async def run() -> int | None:
        async with open_socket(server, token) as api:
            await apart(lambda: _sign_out(admin))
            await api.subscribe("{ categories { name } }")
            code, _ = await api.closed()
            return code

    assert asyncio.run(run()) == 4403


def test_another_sign_in_of_the_same_person_lives_on(server: Server) -> None:
    admin = factories.user(Role.ADMIN)
    ended, kept = factories.token_for(admin), factories.token_for(admin)

    async def run() -> dict[str, Any]:
        async with open_socket(server, ended) as api, open_socket(server, kept) as other:
            await apart(lambda: AccessToken.objects.order_by("pk")[0].delete())
            assert (await api.closed())[0] == 4403
            return await other("{ categories { name } }")

    assert asyncio.run(run())["data"] == {"categories": []}


def test_what_a_manager_manages_decides_from_one_moment_to_the_next(server: Server) -> None:
    anna, ben = factories.staff_member(), factories.staff_member()
    manager = factories.manager()
    manager.managed_staff.add(anna)
    first, second = visit(anna), visit(ben)
    third = visit(ben, scheduled_date=TUESDAY)
    token = factories.token_for(manager.user)

    async def next_of(api: SocketApi, name: str) -> str:
        return ids([await api.next(name)])[0]

    async def run() -> None:
        async with open_socket(server, token) as api:
            everyone = await api.subscribe(SHORT)
            of_anna = await api.subscribe(SHORT, staffId=gid(anna))
            await joined(2)
            await apart(lambda: tell(fact(second), fact(first)))
            assert await next_of(api, everyone) == await next_of(api, of_anna) == gid(first)
            await apart(lambda: manager.managed_staff.set([ben]))
            with pytest.raises(Refused) as refused:
                await api.next(of_anna)
            assert refused.value.codes == ["NOT_FOUND"]
            await apart(lambda: tell(fact(first), fact(third)))
            assert await next_of(api, everyone) == gid(third)

    asyncio.run(run())
