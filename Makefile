# Rota's commands. They need GNU make, Python 3.11 or newer and a package index; everything else comes from the lock.

PYTHON ?= python3
PIP_INSTALL = .venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes
RUNTIME = .venv/.runtime
DEVELOPMENT = .venv/.development
# Tests and checks keep servers of their own, apart from the data of `make up`.
ROTA_TEST_HOME ?= .rota/test
STOP_TEST_SERVERS = .venv/bin/python -m backend.core.embedded stop "$(ROTA_TEST_HOME)"
export ROTA_TEST_HOME
# Two processes pay on two cores and more; each has a database of its own. `make test PYTEST_ARGS=` runs them in one.
# The order of the files is that of tests/conftest.py, the long ones first.
PYTEST_ARGS ?= -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help up demo test check schema bench lock clean
.DEFAULT_GOAL := help

help: ## What there is
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

up: $(RUNTIME) ## The whole product on embedded servers: web, worker, scheduler, demo business
	@exec .venv/bin/python manage.py up

demo: $(RUNTIME) ## Tell the main story against the running `make up`
	@.venv/bin/python -m backend.demo

test: $(DEVELOPMENT) ## All tests, on real PostgreSQL and Redis
	@.venv/bin/python -m pytest -q $(PYTEST_ARGS); status=$$?; $(STOP_TEST_SERVERS); exit $$status

check: $(DEVELOPMENT) ## Lint, types, architecture, dependencies, migrations, schema
	.venv/bin/python -m ruff check .
	.venv/bin/python -m ruff format --check .
	.venv/bin/python -m mypy
	.venv/bin/lint-imports
	.venv/bin/python -m deptry .
	ROTA_HOME="$(ROTA_TEST_HOME)" .venv/bin/python manage.py makemigrations --check --dry-run
	ROTA_HOME="$(ROTA_TEST_HOME)" .venv/bin/python manage.py export_schema schema.root:schema | diff -u schema.graphql -
	@$(STOP_TEST_SERVERS)

schema: $(RUNTIME) ## Print the GraphQL schema into schema.graphql
	.venv/bin/python manage.py export_schema schema.root:schema > schema.graphql.new && mv schema.graphql.new schema.graphql

bench: $(DEVELOPMENT) ## Measure the targets, as ratios within one run
	.venv/bin/python -m tests.bench

# The environment is made anew when the lock changes; what development needs is added to it.
$(RUNTIME): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rota needs Python 3.11 or newer; say which: make PYTHON=python3.12 …")'
	@echo "Installing what Rota needs into .venv (once) …"
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@$(PIP_INSTALL) -r requirements.lock
	@touch $@

$(DEVELOPMENT): requirements-dev.lock $(RUNTIME)
	@echo "Installing what development needs into .venv (once) …"
	@$(PIP_INSTALL) -r requirements-dev.lock
	@touch $@

# Both locks carry hashes and name no index: whoever installs brings their own. They serve every Python from 3.11 on.
COMPILE = .venv-lock/bin/uv pip compile --quiet --generate-hashes --universal --fork-strategy fewest --python-version 3.11 --no-header \
	--no-annotate --no-emit-index-url --no-emit-find-links
lock: .venv-lock/bin/uv ## Compile both locks from pyproject.toml; make lock UPGRADE=--upgrade for the newest
	$(COMPILE) $(UPGRADE) --output-file requirements.lock pyproject.toml
	$(COMPILE) $(UPGRADE) --constraint requirements.lock --group dev --output-file requirements-dev.lock pyproject.toml

.venv-lock/bin/uv:
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet uv

clean: ## Stop the embedded servers and remove everything that is not in git: demo data, too
	@if [ -x .venv/bin/python ]; then $(STOP_TEST_SERVERS); .venv/bin/python -m backend.core.embedded stop "$${ROTA_HOME:-.rota}"; fi
	rm -rf .venv .venv-lock .rota staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
