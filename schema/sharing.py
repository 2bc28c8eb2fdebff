"""One answer for many: the selection of a live event is executed once for all who would be told the same.

What a viewer may see follows from its rights (role, own staff row, what it manages), not from who it is. So a
selection is executed with the rights alone, by a viewer who is nobody in particular, and everyone who has the same
rights and asked for the same gets that answer. Where all of a selection is at hand and the same for everyone
(`covers`), even the rights don't matter. Executed in a thread, synchronously, as everything else of the API.
"""

import asyncio
import json
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql import FragmentDefinitionNode, Node, VariableNode, Visitor, visit
from graphql.execution import ExecutionResult
from strawberry.types.nodes import SelectedField, Selection
from strawberry_django.optimizer import optimizer

from backend.core import clock
from backend.core.threads import in_thread
from backend.core.viewer import Viewer
from schema.context import Info
from schema.execution import Executor, Optimizer

Answers = dict[Hashable, "asyncio.Future[ExecutionResult]"]


@dataclass(frozen=True, slots=True)
class AtHand:
    """Fields that are loaded and the same for every viewer, by name, with those inside them."""

    fields: Mapping[str, "AtHand"]


def at_hand(*names: str, **nested: AtHand) -> AtHand:
    """Plain fields by name, and objects with what is at hand of them."""
    return AtHand({name: AtHand({}) for name in names} | nested)


class SharedEvent:
    """Mixin for what subscriptions yield. `answers` belongs to the event; equal keys get one answer."""

    answers: Answers
    answer_key: Hashable
    audience: Viewer


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
    """Executes operations as ever, and shared events once."""

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: FBT001 - graphql-core's
        event = self.root_value
        if isinstance(event, SharedEvent):
            return self._shared(event)
        return super().execute_operation(serially)

    async def _shared(self, event: SharedEvent) -> ExecutionResult:
        if event.answer_key not in event.answers:
            event.answers[event.answer_key] = asyncio.ensure_future(in_thread(self._answer, event.audience))
        # Shielded: the first to ask may leave, and the others still wait for the answer.
        return await asyncio.shield(event.answers[event.answer_key])

    def _answer(self, audience: Viewer) -> Any:
        """In a thread. The optimizer is switched on for queries and mutations only; here it has to be by hand."""
        self.context_value = replace(self.context_value, viewer=audience, now=clock.now())
        switched = optimizer.set(Optimizer())
        try:
            return super().execute_operation()
        finally:
            optimizer.reset(switched)
