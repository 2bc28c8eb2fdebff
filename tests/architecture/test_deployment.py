"""The production shape: what docker-compose.yml promises, as far as it can be known without running it."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from backend.settings.environment import VARIABLES

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("migrate", "web", "sockets", "worker", "scheduler")


def test_the_shape_is_that_of_the_design() -> None:
    assert set(SERVICES) == {*OURS, "proxy", "postgres", "redis", "mail"}
    assert SERVICES["web"]["deploy"]["replicas"] == 2
    assert SERVICES["postgres"]["image"] == "postgres:18"


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_what_runs_for_long_has_a_health_check_and_comes_back(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert {"interval", "timeout", "retries"} <= set(check)
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", OURS)
def test_our_processes_run_production_settings_on_known_variables(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert environment["DJANGO_SETTINGS_MODULE"] == "backend.settings.production"
    assert set(environment) - {"DJANGO_SETTINGS_MODULE"} <= {each.name for each in VARIABLES}
    for required in ("SECRET_KEY", "DATABASE_URL"):
        assert re.search(r"\$\{\w+:\?", environment[required]), "a secret has no default"


@pytest.mark.parametrize("name", OURS)
def test_our_processes_run_commands_that_exist(name: str) -> None:
    commands = [SERVICES[name]["command"], SERVICES[name].get("healthcheck", {}).get("test", [])[1:]]
    for command in commands:
        if command[:2] == ["python", "manage.py"]:
            assert command[2] in get_commands()
        elif command and command[0] == "granian":
            assert command[-1] == "backend.wsgi:application"


@pytest.mark.parametrize("name", ["web", "sockets", "worker", "scheduler"])
def test_nothing_serves_before_the_tables_are_there(name: str) -> None:
    assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_every_name_that_is_referred_to_is_there() -> None:
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", {})) <= set(SERVICES), name
        for config in service.get("configs", []):
            assert config["source"] in COMPOSE["configs"]
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"]


def test_the_proxy_sends_upgrades_to_the_sockets_and_says_who_asked() -> None:
    content = COMPOSE["configs"]["proxy"]["content"]
    assert 'default web; "~*^websocket$$" sockets;' in content
    assert "X-Forwarded-For $$proxy_add_x_forwarded_for;" in content
    assert "$" not in content.replace("$$", ""), "compose would replace a single dollar"
    assert content.count("{") == content.count("}")
    assert SERVICES["web"]["environment"]["TRUSTED_PROXIES"] == "1"


def test_no_image_names_a_registry() -> None:
    images = [service["image"] for service in SERVICES.values()]
    images += re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(images) == 11
    assert [image for image in images if re.match(r"[^/]*[.:][^/]*/", image)] == []


def test_the_image_runs_as_nobody_and_holds_what_it_needs() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^USER rota$", dockerfile, re.MULTILINE)
    assert "python manage.py collectstatic --noinput" in dockerfile, "production serves collected files only"
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for source in ("manage.py", "pyproject.toml", "backend", "schema", "workers", "requirements.lock"):
        assert f"!{source}" in ignored
        assert re.search(rf"^COPY .*\b{re.escape(source)}\b", dockerfile, re.MULTILINE), source


@pytest.mark.parametrize(("lock", "groups"), [("requirements.lock", ()), ("requirements-dev.lock", ("dev",))])
def test_a_lock_holds_all_that_the_project_names(lock: str, groups: tuple[str, ...]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *project["project"]["dependencies"],
        *(each for group in groups for each in project["dependency-groups"][group]),
    ]
    names = {re.split(r"[\[<>=;\s]", each)[0].lower().replace("_", "-") for each in wanted}
    text = (ROOT / lock).read_text()
    assert names <= set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE)), "run make lock"
    assert text.count("==") <= text.count(" \\\n"), "every version comes with its hashes"


@pytest.mark.parametrize("name", ["web", "sockets", "worker", "scheduler"])
def test_uploaded_files_are_shared_and_outlive_their_process(name: str) -> None:
    assert SERVICES[name]["environment"]["MEDIA_URL"] == "${MEDIA_URL:-/media}"
    assert "media:/media" in SERVICES[name]["volumes"]
    assert "media" in COMPOSE["volumes"]
    assert re.search(r"install -d -o rota .*/media", (ROOT / "Dockerfile").read_text())


def test_the_proxy_takes_what_the_api_takes() -> None:
    (megabytes,) = re.findall(r"client_max_body_size (\d+)m;", COMPOSE["configs"]["proxy"]["content"])
    assert int(megabytes) * 2**20 >= settings.ROTA_LIMITS["max_upload_bytes"]
