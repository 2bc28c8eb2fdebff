"""House rules that no linter knows: sizes, signals, saving, and who asks the clock. Each is shown to bite."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 40
TOLD_THE_TIME = ("rules", "models", "permissions", "queries", "actions", "gateway")
"""Rooms that are told what time it is."""


def oversized_files(path: str, source: str) -> Iterator[str]:
    if (lines := len(source.splitlines())) > MAX_FILE_LINES:
        yield f"{path} has {lines} lines: make it a package of the same name"


def oversized_functions(path: str, source: str) -> Iterator[str]:
    if path.startswith("tests/"):
        return  # a test that tells one long story is better read in one piece
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                yield f"{path}:{node.lineno} {node.name} has {lines} lines"


def signals(path: str, source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.startswith("django.dispatch") or name.split(".")[-1] == "signals" for name in names):
                yield f"{path}:{node.lineno} uses signals: emit an event instead"


def clever_saving(path: str, source: str) -> Iterator[str]:
    if "models" in path.removesuffix(".py").split("/"):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and node.name in ("save", "delete", "bulk_create"):
                yield f"{path}:{node.lineno} overrides {node.name}: that belongs to an action"


def asking_the_clock(path: str, source: str) -> Iterator[str]:
    parts = path.removesuffix(".py").split("/")
    if parts[0] != "backend" or parts[1] == "core" or not set(parts[2:]) & set(TOLD_THE_TIME):
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr == "now" and ast.unparse(node.value).endswith("clock"):
            yield f"{path}:{node.lineno} asks the clock: take `now` as an argument"
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("clock"):
            for alias in node.names:
                if alias.name == "now":
                    yield f"{path}:{node.lineno} asks the clock: take `now` as an argument"


Rule = Callable[[str, str], Iterator[str]]
RULES: tuple[Rule, ...] = (oversized_files, oversized_functions, signals, clever_saving, asking_the_clock)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_tree_keeps_the_rule(rule: Rule) -> None:
    broken = [
        offence
        for package in ("backend", "schema", "workers", "tests")
        for file in sorted((ROOT / package).rglob("*.py"))
        if "migrations" not in file.parts
        for offence in rule(str(file.relative_to(ROOT)), file.read_text())
    ]
    assert broken == []


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (oversized_files, "backend/orders/actions.py", "pass\n" * 501),
        (oversized_functions, "schema/orders.py", "def long():\n" + "    pass\n" * 40),
        (signals, "backend/orders/apps.py", "from django.db.models.signals import post_save"),
        (signals, "backend/orders/apps.py", "from django.db.models import signals"),
        (signals, "backend/orders/apps.py", "import django.dispatch"),
        (clever_saving, "backend/orders/models.py", "class Order:\n    def save(self): ..."),
        (asking_the_clock, "backend/orders/actions/confirm.py", "from backend.core import clock\nclock.now()"),
        (asking_the_clock, "backend/orders/rules.py", "from backend.core.clock import now"),
    ],
)
def test_a_planted_violation_is_found(rule: Rule, path: str, source: str) -> None:
    assert len(list(rule(path, source))) == 1


def test_what_keeps_the_rules_is_let_through() -> None:
    fine = "from backend.core import clock\n\ndef short():\n    clock.instant(1, 2, 3)\n"
    assert [offence for rule in RULES for offence in rule("backend/orders/rules.py", fine)] == []
