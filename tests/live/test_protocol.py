"""What a socket says to good and bad messages."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import httpx
import pytest
import websockets

from backend.audit.models import Change
from backend.core.viewer import Role
from schema import sockets
from tests import factories
from tests.live.story import SHORT
from tests.sockets import PROTOCOL, Refused, Server, SocketApi, open_socket

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = "{ categories { name } }"
Talk = Callable[[SocketApi], Awaitable[Any]]


def converse(server: Server, talk: Talk, token: str | None = None, **options: Any) -> Any:
    """Open a socket, talk over it, close it."""

    async def run() -> Any:
        async with open_socket(server, token, **options) as api:
            return await talk(api)

    return asyncio.run(run())


def closed_after(server: Server, *messages: Any, **options: Any) -> int | None:
    """The code that the server closes with after hearing `messages`."""

    async def talk(api: SocketApi) -> int | None:
        with suppress(websockets.ConnectionClosed):  # it may not hear us to the end
            for message in messages:
                await api.send(message)
        code, _ = await api.closed()
        return code

    code: int | None = converse(server, talk, **options)
    return code


def test_http_and_sockets_answer_on_one_port(server: Server) -> None:
    factories.category(name="Cleaning")
    over_http = httpx.post(f"{server.http_url}/graphql/", json={"query": NAMES}).json()
    over_socket = converse(server, lambda api: api(NAMES))
    assert over_http["data"] == over_socket["data"] == {"categories": [{"name": "Cleaning"}]}


def test_a_mutation_over_the_socket_leaves_its_actor_and_a_request_of_its_own_in_the_trail(server: Server) -> None:
    admin = factories.user(Role.ADMIN)
    mutation = """mutation { createCategory(input: {name: "Gardens"}) { userErrors { code } } }"""
    converse(server, lambda api: api(mutation), factories.token_for(admin))
    change = Change.objects.get(model="catalogue.Category", pgh_label="CREATE")
    assert (change.actor, change.source, change.operation) == (admin, "api", "create_category")
    assert len(change.request_id) == 32


def test_a_mutation_over_the_socket_acts_as_its_token_allows(server: Server) -> None:
    mutation = """mutation { createCategory(input: {name: "Gardens"}) { category { name } userErrors { code } } }"""
    admin = factories.token_for(factories.user(Role.ADMIN))
    made = converse(server, lambda api: api(mutation), admin)
    assert made["data"]["createCategory"] == {"category": {"name": "Gardens"}, "userErrors": []}
    blank = converse(server, lambda api: api(mutation.replace("Gardens", " ")), admin)
    assert blank["data"]["createCategory"] == {"category": None, "userErrors": [{"code": "REQUIRED"}]}
    refused = converse(server, lambda api: api(mutation))
    assert [error["path"] for error in refused["errors"]] == [["createCategory"]]


@pytest.mark.parametrize("protocols", [["graphql-ws"], None, ["something-else"]])
def test_another_subprotocol_is_refused_at_the_handshake(server: Server, protocols: list[str] | None) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        converse(server, lambda api: api(NAMES), init=False, subprotocols=protocols)
    assert refused.value.response.status_code == 403


def test_other_paths_are_closed(server: Server) -> None:
    async def knock() -> None:
        async with websockets.connect(f"ws://127.0.0.1:{server.port}/elsewhere", subprotocols=[PROTOCOL]):
            pass

    with pytest.raises(websockets.InvalidStatus):
        asyncio.run(knock())


def test_a_page_of_another_site_is_refused_unless_it_is_named(server: Server, settings: Any) -> None:
    with pytest.raises(websockets.InvalidStatus):
        converse(server, lambda api: api(NAMES), origin="https://evil.example")
    settings.ROTA_CORS_ORIGINS = ["https://shop.example"]
    assert converse(server, lambda api: api(NAMES), origin="https://shop.example")["data"] == {"categories": []}


@pytest.mark.parametrize("authorization", ["Bearer nonsense", "nonsense", "Basic abc", 5, ["Bearer x"]])
def test_a_bad_token_is_told_at_once(server: Server, authorization: Any) -> None:
    init = {"type": "connection_init", "payload": {"authorization": authorization}}
    assert closed_after(server, init, init=False) == 4403


def test_silence_ends_the_socket(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "INIT_TIMEOUT", timedelta(seconds=0.2))
    assert closed_after(server, init=False) == 4408


def test_nothing_runs_before_the_socket_is_initialised(server: Server) -> None:
    early = {"id": "1", "type": "subscribe", "payload": {"query": NAMES}}
    assert closed_after(server, early, init=False) == 4401


def test_a_second_initialisation_ends_the_socket(server: Server) -> None:
    assert closed_after(server, {"type": "connection_init"}) == 4429


@pytest.mark.parametrize(
    "message",
    [
        [],
        [{"type": "ping"}],
        "5",
        "null",
        '"ping"',
        "no json",
        b"\x00\x01",
        {},
        {"type": 5},
        {"type": "unheard-of"},
        {"type": "subscribe", "payload": {"query": NAMES}},
        {"type": "subscribe", "id": "", "payload": {"query": NAMES}},
        {"type": "subscribe", "id": 7, "payload": {"query": NAMES}},
        {"type": "subscribe", "id": "1"},
        {"type": "subscribe", "id": "1", "payload": NAMES},
        {"type": "subscribe", "id": "1", "payload": {"query": None}},
        {"type": "subscribe", "id": "1", "payload": {"query": NAMES, "variables": [1]}},
        {"type": "subscribe", "id": "1", "payload": {"query": NAMES, "operationName": 5}},
        {"type": "complete"},
    ],
    ids=str,
)
def test_what_is_no_message_ends_the_socket(server: Server, message: Any) -> None:
    raw = message if isinstance(message, str | bytes) else json.dumps(message)
    assert closed_after(server, raw) == 4400


def test_a_message_that_is_too_large_ends_the_socket(server: Server) -> None:
    query = "{ categories { name } }" + " " * 100_001
    assert closed_after(server, {"id": "1", "type": "subscribe", "payload": {"query": query}}) == 1009


@pytest.mark.parametrize("query", ["{ categories { name }", "{ nothing }", "", "fragment F on Query { __typename }"])
def test_what_can_not_run_is_an_error_message_and_the_socket_lives_on(server: Server, query: str) -> None:
    async def talk(api: SocketApi) -> None:
        for _ in range(2):  # twice: a cache of parsed documents must not swallow the second
            with pytest.raises(Refused) as refused:
                await api.next(await api.subscribe(query))
            assert refused.value.errors[0]["message"]
        assert (await api(NAMES))["data"] == {"categories": []}

    converse(server, talk)


def test_a_ping_is_answered(server: Server) -> None:
    async def talk(api: SocketApi) -> dict[str, Any]:
        await api.send({"type": "ping"})
        return await api.receive()

    assert converse(server, talk) == {"type": "pong"}


def admin_token() -> str:
    return factories.token_for(factories.user(Role.ADMIN))


def test_one_operation_too_many_is_refused_and_the_others_go_on(server: Server) -> None:
    async def talk(api: SocketApi) -> list[str]:
        names = [await api.subscribe(SHORT) for _ in range(sockets.MAX_OPERATIONS)]
        with pytest.raises(Refused) as refused:
            await api.next(await api.subscribe(SHORT))
        await api.send({"id": names[0], "type": "complete"})
        assert (await api(NAMES))["data"] == {"categories": []}
        return refused.value.codes

    assert converse(server, talk, admin_token()) == ["TOO_MANY_OPERATIONS"]


def test_an_id_in_use_ends_the_socket(server: Server) -> None:
    twice = {"id": "1", "type": "subscribe", "payload": {"query": SHORT}}

    async def talk(api: SocketApi) -> int | None:
        await api.send(twice)
        await api.send(twice)
        code, _ = await api.closed()
        return code

    assert converse(server, talk, admin_token()) == 4409


def test_an_id_can_be_used_again_when_its_operation_is_over(server: Server) -> None:
    async def talk(api: SocketApi) -> list[Any]:
        answers = []
        for _ in range(2):
            await api.subscribe(NAMES, id="1")
            answers.append(await api.next("1"))
            assert await api.next("1") is None
        return answers

    first, second = converse(server, talk)
    assert first["data"] == second["data"] == {"categories": []}


def test_what_is_too_much_over_http_is_too_much_over_a_socket(server: Server) -> None:
    deep = "{ categories " + "{ services { category " * 10 + "{ name }" + " } }" * 10 + " }"

    async def talk(api: SocketApi) -> list[str]:
        with pytest.raises(Refused) as refused:
            await api.next(await api.subscribe(deep))
        return refused.value.codes

    over_http = httpx.post(f"{server.http_url}/graphql/", json={"query": deep}).json()
    assert converse(server, talk) == [error["extensions"]["code"] for error in over_http["errors"]]


def test_a_flood_of_messages_ends_the_socket_instead_of_filling_memory(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(self: Any, message: Any) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(sockets.TransportHandler, "handle_ping", never)
    assert closed_after(server, *[{"type": "ping"}] * (sockets.MAX_WAITING_MESSAGES + 50)) == 1008


def test_a_crash_tells_the_client_no_more_than_over_http(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr("backend.catalogue.queries.categories_visible_to", crash)
    answer = converse(server, lambda api: api("{ categories { name } }"))
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert len(error["extensions"]["requestId"]) == 32
    assert "secret" not in json.dumps(answer)
