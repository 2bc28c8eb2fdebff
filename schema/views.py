"""GraphQL over HTTP, the answering side."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.generic import View
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from schema.context import context_for
from schema.errors import BAD_REQUEST, crash
from schema.requests import JSON, RESPONSE_TYPE, BadRequest, accepted_type, encode, read_operation
from schema.root import schema

_ALLOWED = {
    "GET": {OperationType.QUERY},
    "POST": {OperationType.QUERY, OperationType.MUTATION},
}


class GraphQLView(View):
    """The endpoint: an operation by GET or POST, and GraphiQL for a browser that comes without one.

    Exempt from Django's CSRF check, because no cookie counts here: who is asking stands in `Authorization`. What a
    foreign page can send without a preflight (a plain form, a multipart form) is refused all the same.
    """

    http_method_names = ["get", "post", "options"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As every view; what goes wrong before GraphQL is told as GraphQL would."""
        response = super().dispatch(request, *args, **kwargs)
        response["Vary"] = "Accept, Authorization"
        response["Cache-Control"] = "no-store"
        return response

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _refusal(BadRequest("Send GET or POST.", 405, "METHOD_NOT_ALLOWED"), JSON)

    def get(self, request: HttpRequest) -> HttpResponse:
        """A query in the address, or GraphiQL."""
        if "query" not in request.GET and "text/html" in request.headers.get("Accept", ""):
            return render(request, "schema/graphiql.html")
        return self._answer(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        """A query or a mutation."""
        return self._answer(request)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        kind = JSON
        try:
            kind = accepted_type(request.headers.get("Accept"))
            return _response(_execute(request), kind)
        except BadRequest as error:
            return _refusal(error, kind)
        except Exception as error:  # before or after GraphQL, where nobody else masks: the database is away
            return _response(ExecutionResult(data=None, errors=[crash(error)]), kind, status=500)


def _execute(request: HttpRequest) -> ExecutionResult:
    operation = read_operation(request)
    try:
        return schema.execute_sync(
            operation.query,
            variable_values=operation.variables,
            operation_name=operation.operation_name,
            context_value=context_for(request),
            allowed_operation_types=_ALLOWED[request.method or "GET"],
        )
    except InvalidOperationTypeError as error:
        if error.operation_type is OperationType.SUBSCRIPTION:
            message = "Subscriptions run over a websocket at this address, by `graphql-transport-ws`."
            raise BadRequest(message, 400, "SUBSCRIPTION_NEEDS_WEBSOCKET") from error
        raise BadRequest("Send mutations by POST.", 405, "METHOD_NOT_ALLOWED") from error


def _response(result: ExecutionResult, kind: str, *, status: int = 200) -> HttpResponse:
    """A request error has no `data`; its status says so where the client understands statuses."""
    body: dict[str, Any] = {}
    errors = [error.formatted for error in result.errors or []]
    if errors:
        body["errors"] = errors
    is_request_error = bool(errors) and result.data is None and all("path" not in error for error in errors)
    if not is_request_error:
        body["data"] = result.data
    if result.extensions:
        body["extensions"] = result.extensions
    headers: dict[str, str] = {}
    if is_request_error and status == 200:
        status, headers = _status(errors[0].get("extensions", {}), kind)
    return HttpResponse(encode(body), status=status, content_type=f"{kind}; charset=utf-8", headers=headers)


def _status(extensions: dict[str, Any], kind: str) -> tuple[int, dict[str, str]]:
    headers = {"Retry-After": str(extensions["retryAfter"])} if "retryAfter" in extensions else {}
    if kind != RESPONSE_TYPE:
        return 200, headers
    return {"RATE_LIMITED": 429, "INTERNAL": 500}.get(extensions.get("code", BAD_REQUEST), 400), headers


def _refusal(error: BadRequest, kind: str) -> HttpResponse:
    body = {"errors": [{"message": error.message, "extensions": {"code": error.code}}]}
    headers = {"Allow": "GET, POST, OPTIONS"} if error.status == 405 else {}
    return HttpResponse(encode(body), status=error.status, content_type=f"{kind}; charset=utf-8", headers=headers)
