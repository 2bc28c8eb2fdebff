"""GraphQL over HTTP."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from strawberry.django.views import GraphQLView as StrawberryView

from schema.context import Context, context_for
from schema.root import schema


class GraphQLView(StrawberryView[Context, None]):
    """The endpoint."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(schema=schema, **kwargs)

    def get_context(self, request: HttpRequest, response: HttpResponse) -> Context:
        return context_for(request)
