"""A pytest plugin (`-p tests.servers`): starts PostgreSQL and Redis before Django reads its settings.

pytest-django reads the settings before any conftest hook runs, hence a plugin. The servers live in their own home, so a
test run never touches the data of `make up`.
"""

import os

from backend.core.embedded import start_missing

os.environ["DJANGO_SETTINGS_MODULE"] = "backend.settings.testing"
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["ROTA_HOME"] = os.environ.get("ROTA_TEST_HOME", ".rota/test")
    start_missing(os.environ)
else:
    # Queues and buckets of one worker are none of the other's business; database 0 belongs to nobody.
    number = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw")) + 1
    separator = "&" if "?" in os.environ["REDIS_URL"] else "?"
    os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL']}{separator}db={number}"
