"""A GraphQL client as anyone would write one: HTTP for questions, `graphql-transport-ws` for the live feed."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol


class NotAsTold(Exception):
    """Something did not go as the story says. The message is for people."""


class Api:
    """Sends operations over HTTP, as nobody or with a token."""

    def __init__(self, http: httpx.AsyncClient, token: str | None = None) -> None:
        self._http = http
        self.token = token

    def signed_in(self, token: str) -> Self:
        """The same endpoint with a token."""
        return type(self)(self._http, token)

    async def __call__(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """The data of one operation; NotAsTold where it has errors."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            answer = await self._http.post("/graphql/", json={"query": query, "variables": variables}, headers=headers)
            body = answer.json()
        except (httpx.HTTPError, json.JSONDecodeError) as error:
            raise NotAsTold(f"The API did not answer: {error!r}") from error
        if body.get("errors"):
            raise NotAsTold("; ".join(error["message"] for error in body["errors"]))
        data: dict[str, Any] = body["data"]
        return data


class Feed:
    """One subscription on a socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def next(self) -> dict[str, Any]:
        """The data of the next message of the subscription; NotAsTold where it ends or fails."""
        while True:
            message = json.loads(await self._socket.recv())
            if message["type"] == "ping":
                await self._socket.send(json.dumps({"type": "pong"}))
            elif message["type"] == "next" and not message["payload"].get("errors"):
                data: dict[str, Any] = message["payload"]["data"]
                return data
            else:
                raise NotAsTold(f"The feed ended: {message}")


@asynccontextmanager
async def subscribe(url: str, token: str, query: str, **variables: Any) -> AsyncIterator[Feed]:
    """Open a socket, sign in on it, subscribe."""
    try:
        async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
            hello = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
            await socket.send(json.dumps(hello))
            acknowledged = json.loads(await socket.recv())
            if acknowledged["type"] != "connection_ack":
                raise NotAsTold(f"The socket was not acknowledged: {acknowledged}")
            operation = {"query": query, "variables": variables}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": operation}))
            yield Feed(socket)
    except (WebSocketException, OSError) as error:
        raise NotAsTold(f"The socket broke: {error!r}") from error
