"""Walks the rows of the permission matrix that run over sockets."""

import asyncio

import pytest

from tests.live.story import fact, tell, visit
from tests.personas import NAMES
from tests.schema.matrix import OK, ROWS, Row
from tests.sockets import Refused, Server, open_socket
from tests.world import make_world

pytestmark = pytest.mark.django_db(transaction=True)

OVER_SOCKETS = [row for row in ROWS if row.field.startswith("Subscription.")]


@pytest.mark.parametrize("row", OVER_SOCKETS, ids=str)
def test_each_persona_hears_what_the_matrix_says(row: Row, server: Server) -> None:
    world = make_world()
    tell(fact(visit(world.personas.staff)))

    asked = {persona: row.variables(world, persona) for persona in NAMES}  # here, for it may look into the database

    async def outcome(persona: str) -> str:
        async with open_socket(server, world.personas[persona].token) as api:
            name = await api.subscribe(row.operation, **asked[persona])
            try:
                payload = await api.next(name)
            except Refused as refused:
                return refused.codes[0]
            assert payload is not None
            assert payload["data"][row.name]
            return OK

    async def walk() -> dict[str, str]:
        return {persona: await outcome(persona) for persona in NAMES}

    assert asyncio.run(walk()) == {persona: row.expects(persona) for persona in NAMES}
