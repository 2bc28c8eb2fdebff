"""Every bench, one after the other, each in a process of its own: `python -m tests.bench [--write] [name …]`.

Prints one table, and with `--write` puts it into docs/benchmarks.md with the machine named. Exits 1 where a limit was
missed. A ratio is of one run on one machine; absolute figures are there to be doubted.
"""

import argparse
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from time import gmtime, strftime

import psutil
from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).parent
DOCUMENT = FOLDER.parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures: python -m tests.bench --write -->", "<!-- end of figures -->"
PACKAGES = ("django", "strawberry-graphql", "strawberry-graphql-django", "psycopg", "uvicorn", "granian")

_FIGURE = re.compile(
    r"(?P<name>.+?): (?P<value>[\d.e+-]+)[^(]* \((?P<bound>at most|at least) (?P<limit>[\d.]+)\)(?:; (?P<details>.*))?"
)


@dataclass(frozen=True)
class Figure:
    """One line of a bench."""

    name: str
    value: float
    bound: str
    limit: float
    details: str

    @property
    def is_met(self) -> bool:
        return self.value >= self.limit if self.bound == "at least" else self.value <= self.limit

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        return (
            self.name,
            f"{self.value:g}",
            f"{self.bound} {self.limit:g}",
            "ok" if self.is_met else "missed",
            self.details,
        )


def benches() -> list[str]:
    """The modules here that can be run."""
    return sorted(
        file.stem
        for file in FOLDER.glob("*.py")
        if not file.stem.startswith("__") and "\ndef main() -> int:" in file.read_text()
    )


def run(name: str) -> list[Figure]:
    """One bench; its figures. What else it says is shown, and a crash ends everything."""
    command = [sys.executable, "-m", f"{__package__}.{name}"]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [_FIGURE.fullmatch(line) for line in process.stdout.splitlines()]
    figures = [
        Figure(m["name"], float(m["value"]), m["bound"], float(m["limit"]), m["details"] or "") for m in found if m
    ]
    if not figures:
        raise SystemExit(f"{name} told no figure:\n{process.stdout}{process.stderr}")
    return figures


def machine() -> str:
    """What it was measured on."""
    names = [line.split(":", 1)[1].strip() for line in _cpu_lines() if line.startswith("model name")]
    memory = psutil.virtual_memory().total / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{strftime('%Y-%m-%d', gmtime())} on {names[0] if names else 'an unnamed processor'}, "
        f"{psutil.cpu_count()} cores, {memory:.0f} GiB; {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, embedded PostgreSQL 18; {packages}."
    )


def _cpu_lines() -> list[str]:
    file = Path("/proc/cpuinfo")
    return file.read_text().splitlines() if file.exists() else []


def show(figures: list[Figure]) -> None:
    """The table, for people at a terminal."""
    table = Table("measured", "ratio", "target", "", "details", title="Targets, as ratios within one run")
    for figure in figures:
        table.add_row(*figure.cells, style=None if figure.is_met else "bold red")
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def write(figures: list[Figure]) -> None:
    """Replace the table in the document; the prose around it stays."""
    rows = [("measured", "ratio", "target", "", "details"), ("---",) * 5, *(figure.cells for figure in figures)]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    text = DOCUMENT.read_text() if DOCUMENT.exists() else f"# Benchmarks\n\n{BEGIN}\n{END}\n"
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n\nMeasured {machine()}\n\n{table}\n\n{END}{after}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the targets.")
    parser.add_argument("names", nargs="*", choices=[*benches(), []], help="Which benches; by default all.")
    parser.add_argument("--write", action="store_true", help="Put the table into docs/benchmarks.md.")
    given = parser.parse_args()
    figures: list[Figure] = []
    for name in given.names or benches():
        sys.stderr.write(f"{name} …\n")
        figures += run(name)
    show(figures)
    if given.write:
        write(figures)
    return 0 if all(figure.is_met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
