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
