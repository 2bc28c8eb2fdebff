"""The schema: one module per domain, merged."""

import strawberry
import strawberry_django
from strawberry import relay
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types
from strawberry_django.optimizer import DjangoOptimizerExtension

from schema.accounts import AccountsMutation
from schema.catalogue import CatalogueMutation, CatalogueQuery
from schema.scalars import SCALARS


@strawberry.type
class NodeQuery:
    node: relay.Node | None = strawberry_django.node(
        description="Anything by its id; null for what is not there or not to be seen."
    )
    nodes: list[relay.Node | None] = strawberry_django.node(
        description="Several by their ids, in the order asked for; null for what is not there or not to be seen."
    )


Query = merge_types("Query", (NodeQuery, CatalogueQuery))
Mutation = merge_types("Mutation", (AccountsMutation, CatalogueMutation))

schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    extensions=[DjangoOptimizerExtension],
    config=StrawberryConfig(relay_max_results=100, scalar_map=SCALARS),
)
