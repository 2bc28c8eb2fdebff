"""Each import contract bites: a planted violation breaks it, and the tree as it is keeps them all."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

PLANTS = [
    ("face", "backend/orders/actions.py", "import schema.root"),
    ("face", "backend/orders/actions.py", "import workers.routing"),
    ("face", "backend/catalogue/models.py", "import strawberry"),
    ("face", "backend/notifications/actions/__init__.py", "import dramatiq"),
    ("edges", "schema/orders.py", "import workers.routing"),
    ("edges", "workers/routing.py", "import schema.context"),
    ("tools-of-schema", "workers/routing.py", "import strawberry"),
    ("tools-of-workers", "schema/orders.py", "import dramatiq"),
    ("domains", "backend/scheduling/actions.py", "import backend.orders.queries"),
    ("domains", "backend/catalogue/queries.py", "import backend.staff.queries"),
    ("domains", "backend/core/clock.py", "import backend.accounts.queries"),
    ("domains", "backend/events/actions.py", "import backend.notifications.actions"),
    ("domains", "backend/orders/actions.py", "import backend.settings.base"),
    ("domains", "backend/crm/__init__.py", ""),
    ("settings", "backend/settings/base.py", "import backend.orders.rules"),
    ("rooms", "backend/orders/helpers.py", ""),
    ("rooms", "backend/scheduling/utils/__init__.py", ""),
    ("rooms", "backend/catalogue/queries.py", "import backend.catalogue.actions"),
    ("rooms", "backend/catalogue/permissions.py", "import backend.catalogue.queries"),
    ("purity", "backend/orders/rules.py", "from django.db import models"),
    ("purity", "backend/catalogue/rules.py", "import redis"),
    ("purity", "backend/catalogue/rules.py", "import backend.core.business"),
    ("purity", "backend/catalogue/rules.py", "import backend.staff.queries"),
    ("facts", "backend/orders/events.py", "import backend.orders.rules"),
    ("facts", "backend/catalogue/errors.py", "import backend.accounts.models"),
    ("columns", "backend/orders/models.py", "import backend.core.clock"),
    ("columns", "backend/orders/models.py", "import backend.customers.queries"),
    ("gateways", "backend/payments/gateway.py", "import backend.payments.models"),
    ("doors", "backend/orders/actions.py", "from backend.scheduling.models import Claim"),
    ("doors", "backend/orders/queries.py", "import backend.catalogue.permissions"),
    ("doors-for-workers", "workers/routing.py", "from backend.orders.models import Order"),
    ("doors-for-schema", "schema/orders.py", "import backend.notifications.gateway"),
]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What import-linter looks at, apart from the tree that other tests import."""
    folder = tmp_path_factory.mktemp("original")
    keep_python = shutil.ignore_patterns("__pycache__", "*.csv", "*.html", "*.txt", "*.css", "*.js")
    for package in ("backend", "schema", "workers", "tests/architecture"):
        shutil.copytree(ROOT / package, folder / package, ignore=keep_python)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder: Path, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    """import-linter's verdict on the tree in `folder`."""
    program = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as c; c()"
    only = ["--contract", contract] if contract else []
    return subprocess.run(
        [sys.executable, "-c", program, "--no-logo", "--no-cache", *only],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )


def test_the_tree_keeps_every_contract(original: Path) -> None:
    verdict = lint(original)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


@pytest.mark.parametrize(("contract", "path", "line"), PLANTS, ids=[f"{c}-{p}-{n}" for c, p, n in PLANTS])
def test_a_planted_violation_breaks_its_contract(
    original: Path, tmp_path: Path, contract: str, path: str, line: str
) -> None:
    folder = tmp_path / "tree"
    shutil.copytree(original, folder)
    target = folder / path
    package = target.parent
    while package != folder:
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").touch()
        if package.name == "payments":
            (package / "models.py").touch()
        package = package.parent
    target.write_text(f"{target.read_text() if target.exists() else ''}\n{line}\n")
    name = next(each["name"] for each in CONTRACTS if each["id"] == contract)
    verdict = lint(folder, contract)
    assert verdict.returncode == 1
    assert f"{name} BROKEN" in " ".join(verdict.stdout.split())


def test_every_contract_has_a_planted_violation() -> None:
    assert {each["id"] for each in CONTRACTS} == {contract for contract, _, _ in PLANTS}


def test_every_domain_is_divided_into_rooms() -> None:
    """The layers of the domains are exhaustive by themselves; the list of houses with rooms must follow them."""
    rooms = next(each for each in CONTRACTS if each["id"] == "rooms")
    installed = {path.parent.name for path in (ROOT / "backend").glob("*/apps.py")} - {"core", "demo"}
    assert {container.removeprefix("backend.") for container in rooms["containers"]} == installed
