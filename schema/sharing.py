"""One answer for many: the selection of a live event is executed once for all who would be told the same.

What a viewer may see follows from its rights (role, own staff row, what it manages), not from who it is. So a
selection is executed with the rights alone, by a viewer who is nobody in particular, and everyone who has the same
rights and asked for the same gets that answer. Where all of a selection is at hand and the same for everyone
(`covers`), even the rights don't matter. Executed in a thread, synchronously, as everything else of the API.

A subscription's resolver yields a `SharedStream`, once. The executor then tells its events itself, as finished JSON,
through the socket of the operation: the library's way from an event to a message (a stream around a stream, an
executor, an encoder, hooks) costs a hundred microseconds for each of a thousand sockets.
"""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql import FragmentDefinitionNode, Node, VariableNode, Visitor, visit
from graphql.execution import ExecutionResult
from strawberry.types.nodes import SelectedField, Selection
from strawberry.utils.aio import aclosing
from strawberry_django.optimizer import optimizer

from backend.core import clock
from backend.core.threads import in_thread
from backend.core.viewer import Viewer
from schema.context import Info
from schema.errors import present_errors
from schema.execution import Executor, Optimizer
from schema.requests import encode

Answers = dict[Hashable, "asyncio.Future[str]"]
"""Payloads as JSON, by what was asked for and with which rights; kept with the event."""


@dataclass(frozen=True, slots=True)
class AtHand:
    """Fields that are loaded and the same for every viewer, by name, with those inside them."""

    fields: Mapping[str, "AtHand"]


def at_hand(*names: str, **nested: AtHand) -> AtHand:
    """Plain fields by name, and objects with what is at hand of them."""
    return AtHand({name: AtHand({}) for name in names} | nested)


class SharedStream(ABC):
    """What a subscription yields. `answer_key` is equal for streams whose events are told in equal words; `audience`
    is with whose rights that is done.
    """

    answer_key: Hashable
    audience: Viewer

    @abstractmethod
    def events(self) -> AsyncGenerator[Any, None]:
        """The events, for ever."""

    @abstractmethod
    def root_of(self, event: Any) -> Any:
        """What the selection is executed on."""

    @abstractmethod
    def answers_of(self, event: Any) -> Answers:
        """What has been made of an event so far, by all streams."""


def audience_of(viewer: Viewer) -> Viewer:
    """A viewer with the same rights, who is nobody in particular."""
    return replace(viewer, user_id=0, token_id=None, token_used_at=None)


def selections_of(info: Info) -> list[Selection]:
    """What was asked for inside the field that is being resolved."""
    return [selection for chosen in info.selected_fields for selection in chosen.selections]


def covers(known: AtHand, selections: Iterable[Selection]) -> bool:
    """Whether nothing but what is at hand was asked for."""
    for selection in selections:
        inner = known
        if isinstance(selection, SelectedField):
            if selection.name == "__typename":
                continue
            if selection.name not in known.fields or selection.arguments:
                return False
            inner = known.fields[selection.name]
        if not covers(inner, selection.selections):
            return False
    return True


def selection_key(info: Info) -> Hashable:
    """Equal for subscriptions that ask for the same of each event, whatever their arguments (staff, cursor) are."""
    raw = info._raw_info
    (node,) = raw.field_nodes[:1]
    inside = [node.selection_set, *raw.fragments.values(), *(node.directives or ())]
    used = sorted({name for part in inside if part is not None for name in _variables_in(part)})
    values = json.dumps([info.variable_values.get(name) for name in used], default=str)
    text = node.loc.source.body if node.loc else object()  # an operation without text shares with none
    return text, raw.operation.name and raw.operation.name.value, values


def _variables_in(node: Node) -> set[str]:
    found = _FindVariables()
    visit(node.selection_set if isinstance(node, FragmentDefinitionNode) else node, found)
    return found.names


class _FindVariables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.names.add(node.name.value)


class SharingExecutor(Executor):
    """Executes operations as ever, and shared streams as told above."""

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: FBT001 - graphql-core's
        if isinstance(self.root_value, SharedStream):
            return self._tell(self.root_value)
        return super().execute_operation(serially)

    async def _tell(self, stream: SharedStream) -> ExecutionResult:
        """Send every event of the stream; ends with it, or by what it raises."""
        async with aclosing(stream.events()) as events:
            async for event in events:
                answers, key = stream.answers_of(event), stream.answer_key
                if key not in answers:
                    answers[key] = asyncio.ensure_future(
                        in_thread(self._answer, stream.root_of(event), stream.audience)
                    )
                # Shielded: the first to ask may leave, and the others still wait for the answer.
                payload = answers[key].result() if answers[key].done() else await asyncio.shield(answers[key])
                await self.context_value.send_next(payload)
        return ExecutionResult(data=None)

    def _answer(self, root: Any, audience: Viewer) -> str:
        """In a thread. The optimizer is switched on for queries and mutations only; here it has to be by hand."""
        executor: Any = self.build_per_event_executor(root)
        executor.context_value = replace(self.context_value, viewer=audience, now=clock.now())
        switched = optimizer.set(Optimizer())
        try:
            result = executor.execute_operation()
        finally:
            optimizer.reset(switched)
        payload = {"data": result.data}
        if result.errors:
            present_errors(result.errors, None)
            payload["errors"] = [error.formatted for error in result.errors]
        return encode(payload).decode()
