"""A GraphQL client for tests: real HTTP requests through the whole Django stack."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client


@dataclass
class Answer:
    """What came back."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> dict[str, Any]:
        """The data, which must be there without errors."""
        assert "errors" not in self.body, self.body["errors"]
        data: dict[str, Any] = self.body["data"]
        return data

    @property
    def errors(self) -> list[dict[str, Any]]:
        return list(self.body.get("errors") or [])

    @property
    def codes(self) -> list[str]:
        """`extensions.code` of each GraphQL error."""
        return [error.get("extensions", {}).get("code", "") for error in self.errors]


class Api:
    """Sends operations as one persona."""

    def __init__(self, token: str | None = None) -> None:
        self.token = token
        self.http = Client()

    def __call__(self, query: str, /, **variables: Any) -> Answer:
        """One operation by POST; with files among the variables, by the multipart spec."""
        files: dict[str, SimpleUploadedFile] = {}
        operation = {"query": query, "variables": _without_files(variables, "variables", files)}
        return self.upload(operation, files) if files else self.post(operation)

    def upload(self, operation: Any, files: Mapping[str, SimpleUploadedFile]) -> Answer:
        """An operation with files, each under the path of its place."""
        places = {str(number): [path] for number, path in enumerate(files)}
        form = {"operations": json.dumps(operation), "map": json.dumps(places)}
        response = self.http.post(
            "/graphql/",
            form | {str(number): file for number, file in enumerate(files.values())},
            headers={"GraphQL-Require-Preflight": "1"} | self._authorization,
        )
        return Answer(response.status_code, json.loads(response.content), dict(response.items()))

    def post(self, payload: Any) -> Answer:
        response = self.http.post(
            "/graphql/",
            data=payload if isinstance(payload, bytes | str) else json.dumps(payload),
            content_type="application/json",
            headers=self._authorization,
        )
        try:
            body = json.loads(response.content)
        except ValueError:
            body = {"errors": [{"message": response.content.decode(errors="replace")}]}
        return Answer(response.status_code, body, dict(response.items()))

    @property
    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def mutate(
        self, name: str, given: dict[str, Any], returning: str, *, input_type: str | None = None
    ) -> dict[str, Any]:
        """One mutation; its payload, with `userErrors` as (code, field path) pairs under that name."""
        kind = input_type or f"{name[0].upper()}{name[1:]}Input!"
        selection = f"{returning} userErrors {{ code field message }}"
        query = f"mutation($input: {kind}) {{ {name}(input: $input) {{ {selection} }} }}"
        payload: dict[str, Any] = self(query, input=given).data[name]
        payload["userErrors"] = [(e["code"], ".".join(e["field"] or [])) for e in payload["userErrors"]]
        return payload


def _without_files(value: Any, path: str, files: dict[str, SimpleUploadedFile]) -> Any:
    """`value` with null in the place of each file, which is put into `files` by its path."""
    if isinstance(value, SimpleUploadedFile):
        files[path] = value
        return None
    if isinstance(value, dict):
        return {key: _without_files(each, f"{path}.{key}", files) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_files(each, f"{path}.{position}", files) for position, each in enumerate(value)]
    return value


def gid(row: Model, kind: str | None = None) -> str:
    """The global id of a row; `kind` where the GraphQL type is called otherwise than the model."""
    return base64.b64encode(f"{kind or type(row).__name__}:{row.pk}".encode()).decode()
