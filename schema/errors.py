"""How errors look to a client: always with `extensions.code`, never with the text of a crash.

What a person can fix travels in `userErrors` (schema/payloads.py); here is everything else.
"""

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.types import ExecutionContext
from strawberry.utils.str_converters import to_camel_case

from backend.core.errors import AccessError, RateLimited, Refusal, Refusals
from backend.core.requests import current_request_id

_log = structlog.get_logger(__name__)

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT = "BAD_USER_INPUT"
BAD_REQUEST = "BAD_REQUEST"
TOO_COMPLEX = "QUERY_TOO_COMPLEX"
INTERNAL = "INTERNAL"

_LONGEST_MESSAGE = 500  # graphql-core repeats what it was given

CRASH = "Something went wrong on our side."
_NUL_REFUSED = "A string literal cannot contain NUL", "cannot contain NUL"


def request_error(message: str, code: str, **extensions: Any) -> GraphQLError:
    """An error of the request as a whole: nothing was executed."""
    return GraphQLError(message, extensions={"code": code} | extensions)


def access_error(error: AccessError) -> GraphQLError:
    """An AccessError that is met before anything is executed."""
    return GraphQLError(error.message, extensions=_access_extensions(error))


def present_errors(errors: Sequence[GraphQLError], execution: ExecutionContext | None) -> None:
    """Give every error its code, and mask what was not meant for the client; in place.

    Called once per result by the schema, whatever the transport.
    """
    for error in errors:
        _present(error, execution)


def _present(error: GraphQLError, execution: ExecutionContext | None) -> None:
    if "code" in (error.extensions or {}):
        return
    cause = _cause(error)
    if cause is None:
        error.message = error.message[:_LONGEST_MESSAGE]
        error.extensions = {"code": _code_of_graphql_error(error)}
        return
    for kind, present in _PRESENTED:
        if isinstance(cause, kind):
            error.message, error.extensions = str(cause), present(cause)
            return
    if any(phrase in str(cause) for phrase in _NUL_REFUSED):
        error.message, error.extensions = "Texts can't hold NUL characters.", {"code": BAD_USER_INPUT}
        return
    _mask(error, cause, execution)


def _cause(error: GraphQLError) -> BaseException | None:
    """What was raised by our code, underneath any number of wrappings; None where graphql-core itself complains."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _code_of_graphql_error(error: GraphQLError) -> str:
    if isinstance(error, GraphQLSyntaxError):
        return PARSE_FAILED
    # Complaints about variables come from execution, have no path, and name the variable.
    if error.message.startswith("Variable "):
        return BAD_USER_INPUT
    return VALIDATION_FAILED if error.path is None else BAD_USER_INPUT


def _access_extensions(error: AccessError) -> dict[str, Any]:
    extensions: dict[str, Any] = {"code": error.code}
    if isinstance(error, RateLimited):
        extensions["retryAfter"] = error.retry_after
    return extensions


def _refusal_extensions(error: Refusal) -> dict[str, Any]:
    extensions: dict[str, Any] = {"code": str(error.code)}
    if error.field:
        extensions["field"] = [to_camel_case(str(part)) for part in error.field]
    return extensions


def _refusals_extensions(error: Refusals) -> dict[str, Any]:
    """The first one's code, and all of them under `refusals`."""
    first = error.refusals[0]
    every = [{"message": each.message} | _refusal_extensions(each) for each in error.refusals]
    return _refusal_extensions(first) | {"refusals": every}


_PRESENTED: tuple[tuple[type[Exception], Callable[[Any], dict[str, Any]]], ...] = (
    (AccessError, _access_extensions),
    (Refusal, _refusal_extensions),
    (Refusals, _refusals_extensions),
)


def crash(cause: BaseException, **where: Any) -> GraphQLError:
    """What a client is told of a crash: the request id, under which the log holds the rest."""
    request_id = current_request_id()
    _log.error("graphql.crash", exc_info=cause, **where)
    return GraphQLError(CRASH, extensions={"code": INTERNAL, "requestId": request_id})


def _mask(error: GraphQLError, cause: BaseException, execution: ExecutionContext | None) -> None:
    masked = crash(cause, path=".".join(str(part) for part in error.path or []), operation=_operation_name(execution))
    error.message, error.extensions = masked.message, masked.extensions


def _operation_name(execution: ExecutionContext | None) -> str | None:
    return None if execution is None or execution.graphql_document is None else execution.operation_name
