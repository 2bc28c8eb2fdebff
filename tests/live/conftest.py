"""A real server for the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.sockets import Server, running_server


@pytest.fixture
def server(transactional_db: None) -> Iterator[Server]:
    """The product on a port of its own, on the test's database."""
    with running_server() as running:
        yield running
