"""GraphQL over HTTP, the request side: what may be sent, and what is wrong with what was.

https://graphql.github.io/graphql-over-http/ and, for files, the graphql-multipart-request-spec.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from strawberry.file_uploads.utils import replace_placeholders_with_files

from schema.errors import BAD_REQUEST

RESPONSE_TYPE = "application/graphql-response+json"
JSON = "application/json"
PREFLIGHT_HEADERS = ("Authorization", "X-Requested-With", "Apollo-Require-Preflight", "GraphQL-Require-Preflight")
"""Headers that a page of another origin can't send without asking first."""


@dataclass
class BadRequest(Exception):
    """The request can't be read as GraphQL; nothing was executed."""

    message: str
    status: int = 400
    code: str = BAD_REQUEST

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Operation:
    """What a client asks to run."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


def accepted_type(accept: str | None) -> str:
    """The media type to answer with, of the two there are; BadRequest 406 where the client takes neither.

    Without a preference it is `application/json`, which older clients mean by saying nothing.
    """
    if not accept or accept == "*/*":
        return JSON
    best, best_quality = "", 0.0
    for offer in accept.lower().split(","):
        kind, *parameters = (part.strip() for part in offer.split(";"))
        kind = JSON if kind in ("*/*", "application/*") else kind
        quality = _quality(parameters)
        better = quality > best_quality or (quality == best_quality and kind == RESPONSE_TYPE)
        if kind in (JSON, RESPONSE_TYPE) and quality > 0 and better:
            best, best_quality = kind, quality
    if not best:
        raise BadRequest(f"Answers come as {RESPONSE_TYPE} or {JSON}.", 406, "NOT_ACCEPTABLE")
    return best


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def read_operation(request: HttpRequest) -> Operation:
    """The one operation of a GET or POST request, or BadRequest."""
    if request.method == "GET":
        return _checked(_from_query_string(request))
    kind = (request.content_type or "").lower()
    if kind == JSON:
        return _checked(_from_json(request))
    if kind == "multipart/form-data":
        return _checked(_from_multipart(request))
    raise BadRequest(f"Send {JSON}, or multipart/form-data with files.", 415, "UNSUPPORTED_MEDIA_TYPE")


def _from_query_string(request: HttpRequest) -> dict[str, Any]:
    given: dict[str, Any] = dict(request.GET.items())
    _refuse_longer_than(len(request.META.get("QUERY_STRING", "")), "max_query_bytes")
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = _decode(given[name], name) if given[name] else None
    return given


def _from_json(request: HttpRequest) -> object:
    charset = (request.content_params or {}).get("charset", "utf-8").lower().strip('"')
    if charset not in ("utf-8", "utf8"):
        raise BadRequest("JSON is sent as UTF-8.", 415, "UNSUPPORTED_MEDIA_TYPE")
    _refuse_longer_than(int(request.META.get("CONTENT_LENGTH") or 0), "max_body_bytes")
    return _decode(request.body, "The body")


def _from_multipart(request: HttpRequest) -> object:
    """Files by the multipart spec. Browsers send such a form to any origin unasked, hence the header."""
    if not any(name in request.headers for name in PREFLIGHT_HEADERS):
        raise BadRequest(
            "A multipart request needs one of these headers: " + ", ".join(PREFLIGHT_HEADERS) + ".",
            403,
            "PREFLIGHT_REQUIRED",
        )
    _refuse_longer_than(int(request.META.get("CONTENT_LENGTH") or 0), "max_upload_bytes")
    try:
        form, files = request.POST, request.FILES
    except (RequestDataTooBig, TooManyFilesSent) as error:
        raise BadRequest("The form is too large.", 413, "TOO_LARGE") from error
    except MultiPartParserError as error:
        raise BadRequest("The body is not the multipart form that it says it is.") from error
    texts = [form.get(name, "") for name in ("operations", "map")]
    _refuse_longer_than(sum(map(len, texts)), "max_body_bytes")
    operations, places = _decode(texts[0], "`operations`"), _decode(texts[1], "`map`")
    if not isinstance(operations, dict) or not _is_map_of_files(places, files):
        raise BadRequest("`operations` is one GraphQL request, and `map` says for each file where it goes.")
    try:
        return replace_placeholders_with_files(operations, places, files)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise BadRequest("`map` names a place that `operations` does not hold.") from error


def _is_map_of_files(places: object, files: Mapping[str, Any]) -> bool:
    return isinstance(places, dict) and all(
        name in files and isinstance(paths, list) and all(_is_variable(path) for path in paths)
        for name, paths in places.items()
    )


def _is_variable(path: object) -> bool:
    """Files go into variables; nowhere else in an operation do they make sense."""
    return isinstance(path, str) and path.startswith("variables.")


def _refuse_longer_than(length: int, limit: str) -> None:
    most: int = settings.ROTA_LIMITS[limit]
    if length > most:
        raise BadRequest(f"The request is larger than {most} bytes.", 413, "TOO_LARGE")


def _decode(text: str | bytes, what: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError as error:
        raise BadRequest(f"{what} is not JSON in UTF-8.") from error


def _checked(given: object) -> Operation:
    if isinstance(given, list):
        raise BadRequest("Send one operation a request; batches are not taken.")
    if not isinstance(given, dict):
        raise BadRequest("The body is not a JSON object with a `query`.")
    query = given.get("query")
    if not isinstance(query, str) or not query.strip():
        raise BadRequest("`query` is missing, or no string.")
    _refuse_longer_than(len(query), "max_query_bytes")
    name = given.get("operationName")
    if name is not None and not isinstance(name, str):
        raise BadRequest("`operationName` is no string.")
    for key in ("variables", "extensions"):
        if given.get(key) is not None and not isinstance(given[key], dict):
            raise BadRequest(f"`{key}` is no object.")
    return Operation(query, given.get("variables"), name or None)


def encode(body: Mapping[str, Any]) -> bytes:
    """JSON, fast; integers beyond 64 bits take the slow way."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body).encode()
