"""A GraphQL client for tests: real HTTP requests through the whole Django stack."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

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
        """One operation by POST."""
        return self.post({"query": query, "variables": variables})

    def post(self, payload: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        response = self.http.post(
            "/graphql/",
            data=payload if isinstance(payload, bytes | str) else json.dumps(payload),
            content_type="application/json",
            headers=headers,
        )
        try:
            body = json.loads(response.content)
        except ValueError:
            body = {"errors": [{"message": response.content.decode(errors="replace")}]}
        return Answer(response.status_code, body, dict(response.items()))

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


def gid(row: Model, kind: str | None = None) -> str:
    """The global id of a row; `kind` where the GraphQL type is called otherwise than the model."""
    return base64.b64encode(f"{kind or type(row).__name__}:{row.pk}".encode()).decode()
