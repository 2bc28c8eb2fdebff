"""What the documents say is so."""

import re
import subprocess
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from backend.settings.environment import VARIABLES

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
ADRS = sorted((ROOT / "docs/adr").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """The schema as it is printed."""
    return build_schema((ROOT / "schema.graphql").read_text())


@pytest.mark.parametrize("number", range(7))
def test_the_operations_of_the_readme_fit_the_schema(schema: GraphQLSchema, number: int) -> None:
    operations = re.findall(r"```graphql\n(.*?)```", README, re.DOTALL)
    assert len(operations) == 7
    assert [str(error) for error in validate(schema, parse(operations[number]))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_an_operation_on_any_page_fits_the_schema(schema: GraphQLSchema, page: Path) -> None:
    operations = re.findall(r"```graphql\n(.*?)```", page.read_text(), re.DOTALL)
    assert [str(error) for each in operations for error in validate(schema, parse(each))] == []


def test_no_page_that_is_pasted_from_names_a_date_that_ages() -> None:
    pasted = "\n".join(re.findall(r"```\w*\n(.*?)```", README, re.DOTALL) + re.findall(r"`(\{.*?\})`", README))
    assert re.findall(r"\b20\d\d-\d\d-\d\d\b", pasted) == []


def test_an_environment_variable_is_named_once() -> None:
    names = [each.name for each in VARIABLES]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_file_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(r"`((?:backend|schema|workers|tests|docs)/[\w./-]+)`", page.read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_glossary_is_in_order() -> None:
    rows = re.findall(r"^\| (?!---|word )(.+?) \|", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    assert rows == sorted(rows, key=str.lower)


def test_every_environment_variable_stands_in_the_table() -> None:
    page = (ROOT / "docs/operations.md").read_text()
    table = page.split("<!-- environment -->")[1].split("<!-- /environment -->")[0]
    rows = [line for line in table.strip().splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{each.name}` | {f'`{each.default}`' if each.default else ''} | {each.meaning} |" for each in VARIABLES
    ]


def test_settings_read_no_variable_beside_the_table() -> None:
    """`DJANGO_SETTINGS_MODULE` chooses the settings; `ROTA_EMBEDDED` and `DEBUG` are only refused."""
    used = set()
    for file in (
        *(ROOT / "backend").rglob("*.py"),
        *(ROOT / "schema").rglob("*.py"),
        *(ROOT / "workers").rglob("*.py"),
    ):
        source = file.read_text()
        used |= set(re.findall(r"""environ(?:\.get\(|\.setdefault\(|\[)\s*["'](\w+)["']""", source))
        used |= set(re.findall(r"""ENV\[["'](\w+)["']\]""", source))
    assert used - {each.name for each in VARIABLES} == {"DJANGO_SETTINGS_MODULE", "ROTA_EMBEDDED", "DEBUG"}


@pytest.mark.parametrize("page", ADRS, ids=lambda page: page.stem)
def test_a_decision_names_what_holds_it(page: Path) -> None:
    text = page.read_text()
    assert re.match(rf"# {page.name[:4]} \S", text)
    held_by = text.split("## Held by")[1]
    paths = re.findall(r"`((?:tests|schema|docs)/[\w./]+)`", held_by)
    assert paths or "`make bench`" in held_by
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_decisions_are_numbered_without_gaps() -> None:
    assert [page.name[:4] for page in ADRS] == [f"{number:04d}" for number in range(1, len(ADRS) + 1)]


def test_a_decision_that_the_code_cites_exists() -> None:
    pages = {page.stem for page in ADRS}
    files = [file for top in ("backend", "schema", "workers", "tests") for file in (ROOT / top).rglob("*.py")]
    cited = {
        (str(file.relative_to(ROOT)), page)
        for file in [*files, *PAGES]
        for page in re.findall(r"(?:\badr/|\bADR )(\d{4}(?:-[a-z-]+)?)", file.read_text())
    }
    assert len(cited) > 20
    assert {(file, page) for file, page in cited if not any(each.startswith(page) for each in pages)} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text())
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_the_walkthrough_names_files_and_functions_that_exist() -> None:
    page = (ROOT / "docs/walkthrough.md").read_text()
    steps = re.split(r"\n(?=\d+\. )", page)[1:]
    assert len(steps) == 16
    for step in steps:
        paths = [path.rstrip("/") for path in re.findall(r"`((?:backend|schema|workers)/[\w./]+)`", step)]
        missing = [path for path in paths if not (ROOT / path).exists()]
        assert missing == [], step
    sources = "\n".join(
        file.read_text() for top in ("backend", "schema", "workers") for file in (ROOT / top).rglob("*.py")
    )
    named = set(re.findall(r"`(_?[a-z]\w+)(?:\([^`]*\))?`", page)) | set(re.findall(r"`([A-Z]\w+)`", page))
    words = {"now", "order", "scheduleEvents", "userErrors", "confirmOrder", "Authorization"}
    undefined = {name for name in named - words if not re.search(rf"(?:def|class) {name}\b", sources)}
    assert undefined == set()


def test_the_readme_lists_the_commands_of_the_makefile() -> None:
    listed = set(re.findall(r"\| `make (\w+)` \|", README))
    targets = set(re.findall(r"^(\w+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)) - {"help"}
    assert listed == targets


def test_no_committed_file_names_a_package_index() -> None:
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    offences = [
        f"{name}: {line}"
        for name in filter(None, names)
        if Path(name).name.startswith(("requirements", "Dockerfile", "docker-compose", "pyproject", "Makefile"))
        for line in (ROOT / name).read_text().splitlines()
        if re.search(r"--(extra-)?index-url|--find-links|--trusted-host|pypi\.org|files\.pythonhosted|file://", line)
    ]
    assert offences == []
