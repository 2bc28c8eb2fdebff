"""What tests of plans begin with."""

import pytest

from tests.schema.subscriptions.planning import Shop, open_shop


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()
