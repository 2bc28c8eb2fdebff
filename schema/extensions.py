"""What happens around every operation, over HTTP and over websockets alike."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import strawberry
from asgiref.sync import sync_to_async
from graphql import GraphQLError, OperationDefinitionNode, OperationType
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from schema.context import Context
from schema.cost import Cost, charge, cost_of
from schema.descriptions import describe
from schema.documents import Document, prepare, refused
from schema.errors import TOO_COMPLEX, present_errors, request_error
from schema.execution import Executor, Optimizer, plan
from schema.scopes import beyond_scopes

_DEEPEST_VARIABLES = 16


class Gate(SchemaExtension):
    """Takes the document from memory, refuses what is beyond the limits, and charges the client.

    strawberry loses errors that a parsing hook raises over a websocket, so nothing is raised here: a document that
    can't be run is replaced with a harmless one, and its errors are reported as those of validation.
    """

    _document: Document
    _operation: OperationDefinitionNode | None = None
    _cost: Cost | None = None

    def on_parse(self) -> Iterator[None]:
        execution = self.execution_context
        document = prepare(execution.schema._schema, execution.query or "")
        if document.is_sound:
            found = document.operation(execution._provided_operation_name)
            if isinstance(found, GraphQLError):
                document = refused(found)
            else:
                self._operation = found
        if not document.is_sound:
            execution._provided_operation_name = None
        self._document = document
        execution.graphql_document = document.node
        yield

    def on_validate(self) -> Any:
        self._admit()
        yield

    def _admit(self) -> None:
        execution = self.execution_context
        if self._operation is None:
            execution.pre_execution_errors = list(self._document.errors)
            return
        if _is_deeper_than(_DEEPEST_VARIABLES, execution.variables):
            execution.pre_execution_errors = [request_error("The variables are nested too deeply.", TOO_COMPLEX)]
            return
        execution.pre_execution_errors = []
        viewer = cast(Context, execution.context).viewer
        offence = beyond_scopes(execution.schema._schema, self._document.node, self._operation, viewer)
        if offence is not None:
            execution.pre_execution_errors = [offence]
            return
        cost = cost_of(execution.schema._schema, self._document.node, self._operation, execution.variables or {})
        charged = charge(cost, cast(Context, execution.context))
        if isinstance(charged, GraphQLError):
            execution.pre_execution_errors = [charged]
        else:
            self._cost = charged

    def get_results(self) -> dict[str, Any]:
        """The cost of a query or mutation. A subscription is charged once, and does not say so with every event."""
        if self._cost is None or self._operation is None or self._operation.operation is OperationType.SUBSCRIPTION:
            return {}
        return {"cost": self._cost.as_extension()}


class AsyncGate(Gate):
    """The gate of an event loop, which must not wait for Redis."""

    async def on_validate(self) -> AsyncIterator[None]:
        await sync_to_async(self._admit)()
        yield


class Schema(strawberry.Schema):
    """The schema with its gate, its optimizer, and its way of telling errors."""

    def __init__(self, query: type, **given: Any) -> None:
        super().__init__(query, **{"execution_context_class": Executor} | given)
        describe(self._schema)
        plan(self._schema)

    def get_extensions(self, sync: bool = False) -> list[SchemaExtension]:  # noqa: FBT001, FBT002 - strawberry's
        return [Gate() if sync else AsyncGate(), Optimizer()]

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        present_errors(errors, execution_context)


def _is_deeper_than(levels: int, value: object) -> bool:
    """Whether lists and objects stand inside each other on more than so many levels."""
    if isinstance(value, dict):
        return levels == 0 or any(_is_deeper_than(levels - 1, each) for each in value.values())
    if isinstance(value, list):
        return levels == 0 or any(_is_deeper_than(levels - 1, each) for each in value)
    return False
