"""GraphQL over websockets: `graphql-transport-ws`, and nothing but it.

The older `graphql-ws` subprotocol is refused at the handshake: it lets operations run before anyone has signed in.
Queries and mutations run as over HTTP, synchronously in a thread, with the viewer read anew; subscriptions stay on the
loop and touch no database there. What the protocol says about closing:

* 4400 a message that is no message, 4401 operations before `connection_init`, 4403 a token that is not or no longer
  valid, 4406 another subprotocol, 4408 no `connection_init` in time, 4409 an id that is in use, 4429 a second
  `connection_init`, 1009 a message that is too large, 1008 messages faster than they can be read.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from django.conf import settings
from strawberry.channels import GraphQLWSConsumer
from strawberry.channels.handlers.ws_handler import ChannelsWebSocketAdapter
from strawberry.exceptions import ConnectionRejectionError, MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType
from strawberry.types.unset import UNSET, UnsetType
from strawberry.utils.aio import aclosing

from backend.accounts.queries import viewers_of_tokens
from backend.core import clock
from backend.core.provenance import coming_from
from backend.core.requests import bind_request_id, current_request_id, new_request_id
from backend.core.threads import in_thread
from backend.core.viewer import NOBODY, Viewer
from schema.context import Context, bearer_token, viewer_from
from schema.errors import BAD_REQUEST, CRASH, INTERNAL, request_error
from schema.root import schema

MAX_OPERATIONS = 20
"""Operations that one socket may have running at a time, subscriptions included."""

MAX_WAITING_MESSAGES = 100
"""Messages that may wait while one is being looked at."""

INIT_TIMEOUT = timedelta(seconds=10)
"""How long a socket may stay silent before `connection_init`."""

RECHECK = 2.0
"""Seconds within which a revoked or expired token, or a change of rights, reaches open sockets."""

TOO_MANY = "TOO_MANY_OPERATIONS"
SIGN_IN_ENDED = "The sign-in has ended."

_log = structlog.get_logger(__name__)
_QUERIES_AND_MUTATIONS = (OperationType.QUERY, OperationType.MUTATION)


class SignInEnded(Exception):
    """The socket's token was revoked or has expired, or its user can't sign in any more."""


@dataclass(eq=False)
class Connection:
    """Who is at the other end of one socket. `viewer` is as of the last look at the token."""

    address: str
    user_agent: str
    authorization: str = ""
    viewer: Viewer = NOBODY
    connection_params: dict[str, Any] = field(default_factory=dict)
    rights_watchers: list[Callable[[Viewer], None]] = field(default_factory=list)

    def sign_in(self) -> None:
        """Take the viewer from `connection_init`; ConnectionRejectionError for a token that is none."""
        given = self.connection_params.get("authorization", "")
        if not isinstance(given, str):
            raise ConnectionRejectionError
        self.authorization = given
        self.viewer = viewer_from(given, now=clock.now())
        if given and not (bearer_token(given) and self.viewer.is_signed_in):
            raise ConnectionRejectionError

    def context(self) -> Context:
        """The surroundings of one operation, with the viewer read again as over HTTP. Raises SignInEnded."""
        now = clock.now()
        viewer = viewer_from(self.authorization, now=now)
        if self.viewer.is_signed_in and not viewer.is_signed_in:
            raise SignInEnded
        return Context(
            viewer=viewer,
            now=now,
            request_id=current_request_id(),
            address=self.address,
            user_agent=self.user_agent,
            authorization=self.authorization,
            rights_watchers=self.rights_watchers,
        )

    def see(self, viewer: Viewer | None) -> bool:
        """Take in what the token stands for now; whether the socket may stay open.

        Whoever may see more or fewer people stays and is told so; another role or another person starts anew.
        """
        before = self.viewer
        if viewer is None or _person(viewer) != _person(before):
            return False
        self.viewer = viewer
        if viewer.manager != before.manager:
            for watcher in list(self.rights_watchers):
                watcher(viewer)
        return True


class Porter:
    """Asks for all sockets of an event loop together whether their tokens still hold, every RECHECK seconds.

    Runs while anyone is signed in. When the database is away nobody is thrown out and nobody is told anything new.
    """

    def __init__(self) -> None:
        self._sockets: dict[GraphQLSocket, Connection] = {}
        self._rounds: asyncio.Task[None] | None = None

    def admit(self, socket: "GraphQLSocket", connection: Connection) -> None:
        """Mind this socket until it leaves."""
        self._sockets[socket] = connection
        if self._rounds is None:
            self._rounds = asyncio.create_task(self._walk())

    def release(self, socket: "GraphQLSocket") -> None:
        """Forget a socket that is closed."""
        self._sockets.pop(socket, None)
        if not self._sockets and self._rounds is not None:
            self._rounds.cancel()
            self._rounds = None

    async def _walk(self) -> None:
        while True:
            await asyncio.sleep(RECHECK)
            try:
                await self._check(dict(self._sockets))
            except Exception as error:
                _log.warning("socket.recheck_failed", error=type(error).__name__)

    async def _check(self, sockets: "dict[GraphQLSocket, Connection]") -> None:
        token_ids = {connection.viewer.token_id or 0 for connection in sockets.values()}
        viewers = await in_thread(viewers_of_tokens, token_ids, now=clock.now())
        for socket, connection in sockets.items():
            if not connection.see(viewers.get(connection.viewer.token_id or 0)):
                with suppress(OSError):
                    await socket.close(code=4403, reason=SIGN_IN_ENDED)


_porters: WeakKeyDictionary[asyncio.AbstractEventLoop, Porter] = WeakKeyDictionary()


def the_porter() -> Porter:
    """The porter of the running event loop, of which a process has one."""
    return _porters.setdefault(asyncio.get_running_loop(), Porter())


class TransportHandler(BaseGraphQLTransportWSHandler[Connection, None]):
    """The protocol, with what the library leaves open closed."""

    websocket: ChannelsWebSocketAdapter

    async def handle_message(self, message: Any) -> None:
        """The library takes any JSON for an object: an array would end its task and leave the client waiting."""
        fault = _fault_of(message)
        if fault:
            await self.handle_invalid_message(fault)
        else:
            await super().handle_message(message)

    async def handle_subscribe(self, message: Any) -> None:
        """One operation more, unless there are too many; the others go on."""
        if (
            self.connection_acknowledged
            and len(self.operations) >= MAX_OPERATIONS
            and message["id"] not in self.operations
        ):
            error = request_error(f"A socket runs at most {MAX_OPERATIONS} operations at a time.", TOO_MANY)
            await self.send_message({"id": message["id"], "type": "error", "payload": [error.formatted]})
        else:
            await super().handle_subscribe(message)

    async def run_operation(self, operation: Operation[Connection, None]) -> None:
        """Answer one operation. Errors before execution come as `error`, a syntax error too; the socket stays open."""
        bind_request_id(new_request_id())  # this task's own context
        try:
            with coming_from("api"):
                context, result = await in_thread(_execute, self.context, operation)
            if result is None:
                await self._stream(operation, context)
            else:
                await _send(operation, result)
            await operation.send_operation_message({"id": operation.id, "type": "complete"})
        except SignInEnded:
            await self.websocket.close(code=4403, reason=SIGN_IN_ENDED)
        except OSError:
            pass  # the client is gone; the consumer hears of it by itself
        except Exception:
            _log.exception("socket.operation_failed", operation=operation.operation_name)
            with suppress(OSError):
                await operation.send_initial_errors([request_error(CRASH, INTERNAL, requestId=current_request_id())])

    async def _stream(self, operation: Operation[Connection, None], context: Context) -> None:
        context.send_next = partial(self._send_next, json.dumps(operation.id))
        results = await self.schema.stream(
            operation.query,
            variable_values=operation.variables,
            context_value=context,
            operation_name=operation.operation_name,
            allowed_operation_types=(OperationType.SUBSCRIPTION,),
        )
        async with aclosing(results):
            async for result in results:  # a refusal, or the end: events are sent by the executor
                await _send(operation, result)

    async def _send_next(self, operation_id: str, payload: str) -> None:
        await self.websocket.ws_consumer.send(f'{{"id":{operation_id},"type":"next","payload":{payload}}}')


class GraphQLSocket(GraphQLWSConsumer[Connection, None]):
    """One socket at `/graphql/`."""

    graphql_transport_ws_handler_class = TransportHandler
    # Sockets need no channel of their own: the process's one feed listens (schema/feed.py). With a layer each of a
    # thousand sockets would hold a subscription in Redis, and none could be opened while Redis is away.
    channel_layer_alias = "no layer for sockets"

    def __init__(self) -> None:
        super().__init__(
            schema=schema,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=INIT_TIMEOUT,
            max_subscriptions_per_connection=None,  # the handler counts, and gives a code
            allowed_origins=settings.ROTA_CORS_ORIGINS,
        )
        self.message_queue = asyncio.Queue(MAX_WAITING_MESSAGES + 1)  # one place is for the end
        self.closed = False

    async def dispatch(self, message: Any) -> None:
        """As in Channels, less its look at the database connections: this loop has none."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def connect(self) -> None:
        """Refuse other subprotocols and foreign pages at the handshake, else serve until the end."""
        if GRAPHQL_TRANSPORT_WS_PROTOCOL not in self.scope["subprotocols"]:
            await self.close(code=4406, reason="Speak graphql-transport-ws.")
        self.run_task = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        if self.closed:
            return
        try:
            await self.run(self)
        except Exception:
            _log.exception("socket.failed")
            with suppress(OSError):
                await self.close(code=1011, reason="Something went wrong.")

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Queue one message; what is too large or too fast ends the socket."""
        if self.closed:
            return
        if len(text_data or bytes_data or b"") > settings.ROTA_LIMITS["max_message_bytes"]:
            await self.close(code=1009, reason="The message is too large.")
        elif self.message_queue.qsize() >= MAX_WAITING_MESSAGES:
            await self.close(code=1008, reason="Too many messages at once.")
        else:
            self.message_queue.put_nowait({"message": text_data, "disconnected": False})

    async def disconnect(self, code: int) -> None:
        """The client is gone: end what runs for it."""
        self._end()
        if self.run_task is not None:
            await self.run_task

    async def send(self, text_data: str | None = None, bytes_data: bytes | None = None, **options: Any) -> None:
        """After the end there is nobody to send to."""
        if not self.closed:
            await super().send(text_data, bytes_data, **options)

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close once; operations are ended, messages that still wait are dropped."""
        if not self.closed:
            self._end()
            await super().close(code, reason)

    def _end(self) -> None:
        self.closed = True
        the_porter().release(self)
        while not self.message_queue.empty():
            self.message_queue.get_nowait()
        self.message_queue.put_nowait({"message": None, "disconnected": True})

    async def get_context(self, request: Any, response: Any) -> Connection:
        headers = self.get_websocket_headers(self)
        return Connection(address=_address(self.scope, headers), user_agent=headers.get("user-agent", ""))

    async def on_ws_connect(self, context: Connection) -> UnsetType:
        """Sign in by `{"authorization": "Bearer …"}`; without it the socket serves what is public."""
        await in_thread(context.sign_in)
        if context.viewer.is_signed_in and not self.closed:
            the_porter().admit(self, context)
        no_payload: UnsetType = UNSET
        return no_payload


def _person(viewer: Viewer) -> Viewer:
    """Who it is and in which role, whatever it manages now."""
    return replace(viewer, manager=None, token_used_at=None)


def _fault_of(message: Any) -> str | None:
    """What is wrong with the shape of a message, or None."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return "A message is an object with a type."
    if message["type"] in ("subscribe", "complete") and not (isinstance(message.get("id"), str) and message["id"]):
        return "The message needs an id."
    if message["type"] != "subscribe":
        return None
    payload = message.get("payload")
    if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
        return "The payload needs a query."
    if not isinstance(payload.get("variables"), dict | None):
        return "Variables are an object."
    if not isinstance(payload.get("operationName"), str | None):
        return "An operation name is a string."
    return None


def _execute(connection: Connection, operation: Operation[Connection, None]) -> tuple[Context, ExecutionResult | None]:
    """The answer to a query or mutation, as over HTTP; None in its place for a subscription. In a thread."""
    context = connection.context()
    try:
        result = schema.execute_sync(
            operation.query,
            variable_values=operation.variables,
            context_value=context,
            operation_name=operation.operation_name,
            allowed_operation_types=_QUERIES_AND_MUTATIONS,
        )
    except InvalidOperationTypeError:
        return context, None
    except CannotGetOperationTypeError as error:
        return context, _refused(error.as_http_error_reason())
    except MissingQueryError:
        return context, _refused("The query is empty.")
    return context, result


async def _send(operation: Operation[Connection, None], result: Any) -> None:
    """One result, or the `error` that ends the operation: one that is of no field, but of the operation as a whole."""
    is_whole = isinstance(result, PreExecutionError) or not any(error.path for error in result.errors or ())
    if result.data is None and result.errors and is_whole:
        await operation.send_initial_errors(result.errors)
    else:
        await operation.send_next(result)


def _refused(message: str) -> ExecutionResult:
    return ExecutionResult(data=None, errors=[request_error(message, BAD_REQUEST)])


def _address(scope: dict[str, Any], headers: Any) -> str:
    """The client's network address, by the rule of `core.requests.client_address`."""
    hops = [hop.strip() for hop in headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    trusted = settings.ROTA_TRUSTED_PROXIES
    if trusted and len(hops) >= trusted:
        return str(hops[-trusted])
    return str((scope.get("client") or ["local"])[0])
