# The commands of the project. Each sets up what it needs, once: `make run` on a fresh machine is enough.
#
#   make run                    generate the sample, load it, build and test everything
#   make run SOURCE=kaggle      the same with the files from Kaggle
#   make run SOURCE=path        the same with a folder, an archive, or one file
#   make run TARGET=prod        on S3 and Redshift (docs/production.md)
#   make run ARGS="--replace"   with any option of `adventure run`
#   make test                   every test of the project

SOURCE ?= sample
TARGET ?= published
# Any Python from 3.11 to 3.14; the first that is there.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3.14 python3; do \
	command -v $$python >/dev/null 2>&1 && $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null \
	&& { echo $$python; break; }; done)

# Python keeps what it has compiled, or every command would compile all of dbt again.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
# Relative, so that blanks in the path of the project do no harm.
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq --no-warn-script-location
# uv takes seconds where pip takes minutes; where it is missing, or finds no index (it reads no pip.conf), pip does it.
# The environment says where packages come from; these files say which.
INSTALL := $(if $(shell command -v uv 2>/dev/null),UV_SYSTEM_CERTS=1 uv pip install --quiet --python $(BIN)/python $$packages || )$(PIP) $$packages
# A file's tests stay on one process, which makes what they share once; conftest.py puts the longest files first.
# One process more than there are cores: tests wait for servers, for locks and for one another's builds.
WORKERS = $(shell $(BIN)/python -c 'import os; print(1 + os.cpu_count())')
PYTEST = $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=10
# What `make lint` is made of; .pre-commit-config.yaml has the same parts.
LINT := lint-sql lint-redshift lint-rules lint-types lint-ruff lint-format lint-yaml lint-links lint-words lint-carried
SQL ?= models analyses tests/data
# On an empty database of its own, so that incremental models are compiled the same whether something is built or not.
SQLFLUFF = rm -rf target/lint && mkdir -p target/lint && ADVENTURE_DATABASE=target/lint/adventure_works.duckdb \
	ADVENTURE_DEV_DATABASE=target/lint/dev.duckdb PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/sqlfluff

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run report slim-ci test test-slow test-load crash lint lint-python lint-compile $(LINT) format docs \
	readme faults clean

help:  ## Show this help.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(VENV)/.ready  ## Install what running needs, into .venv/ and dbt_packages/.

setup-dev: $(VENV)/.ready-dev  ## Install what testing and linting need as well.

run: $(VENV)/.ready  ## Load, build and test everything. SOURCE=sample|kaggle|path TARGET=published|prod (ARGS="--replace").
	@$(BIN)/adventure run --source "$(SOURCE)" --target "$(TARGET)" $(ARGS)

report: $(VENV)/.ready  ## Write the report of the last build, report/index.html (ARGS="--open", "--csv DIR").
	@$(BIN)/adventure report $(ARGS)

slim-ci: $(VENV)/.ready  ## Build what differs from what is published, and what depends on it, as CI does.
	@$(BIN)/dbt build --selector slim_ci --defer --favor-state --state "$$(dirname "$${ADVENTURE_DATABASE:-warehouse/adventure_works.duckdb}")/state"

test: $(VENV)/.ready-dev  ## Run every test but the slow ones (ARGS="-k loader" for some).
	@$(PYTEST) $(ARGS)

test-slow: $(VENV)/.ready-dev  ## Run the tests that take minutes: damage, crashes, history, every command on Redshift, Kaggle on it.
	@$(PYTEST) -m slow $(ARGS)

test-load: $(VENV)/.ready-dev  ## Run the tests that wait for something 20 times beside eight busy processes (ARGS="--times 3").
	@$(BIN)/python tests/under_load.py $(ARGS)

crash: $(VENV)/.ready-dev  ## Kill a run at 100 random moments, and write what it left into docs/robustness.md (half an hour).
	@PYTHONPATH=tests $(BIN)/python tests/python/crash.py

# Each part goes on when another has found something, and what a part prints stays together.
lint: $(VENV)/.ready-dev  ## Check types, style, YAML, links, words, SQL, the manifest's rules, and that Redshift takes the SQL.
	@$(MAKE) --no-print-directory --jobs 3 --output-sync --keep-going $(LINT)

lint-python: $(VENV)/.ready-dev
	@$(MAKE) --no-print-directory --output-sync --keep-going lint-ruff lint-format lint-types

lint-ruff: $(VENV)/.ready-dev
	@$(BIN)/ruff check .

lint-format: $(VENV)/.ready-dev
	@$(BIN)/ruff format --check .

lint-types: $(VENV)/.ready-dev
	@$(BIN)/mypy

lint-yaml: $(VENV)/.ready-dev
	@$(BIN)/yamllint --strict .

lint-links: $(VENV)/.ready-dev
	@$(BIN)/python -m tools.links

lint-words: $(VENV)/.ready-dev
	@$(BIN)/python -m tools.words

lint-carried: $(VENV)/.ready-dev
	@$(BIN)/python -m tools.carried_lines >/dev/null

lint-sql: $(VENV)/.ready-dev
	@$(SQLFLUFF) lint --processes 2 $(SQL)

# Models that look at what is built ask the warehouse: the stand-in for Redshift, empty. With a price, so that the models
# of what Redshift costs are there.
lint-compile: $(VENV)/.ready-dev
	@rm -rf target/prod/compiled
	@PYTHONPATH=tests/redshift REDSHIFT_PRICE_PER_RPU_HOUR=1 $(BIN)/python -m standin -- \
		$(BIN)/dbt --quiet compile --target prod --target-path target/prod

lint-redshift: lint-compile
	@PYTHONPATH=tests/redshift $(BIN)/python -m standin.deny target/prod

lint-rules: lint-compile
	@$(BIN)/python -m tools.manifest_lint target/prod/manifest.json

format: $(VENV)/.ready-dev  ## Correct the style of Python and SQL where a tool can.
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(SQLFLUFF) fix --processes 2 $(SQL)

# In a target folder of its own: `dbt retry` goes on from what the last command has left in the other.
docs: export ADVENTURE_TARGET := published
docs: export DBT_TARGET_PATH := $(or $(DBT_TARGET_PATH),target)/docs
docs: $(VENV)/.ready  ## Write the docs site next to the report, and docs/ (glossary, diagram). Needs a build.
	@test -f "$${ADVENTURE_DATABASE:-warehouse/adventure_works.duckdb}" || { echo "Nothing is built yet: make run" >&2; exit 1; }
	@$(BIN)/dbt docs generate --static --quiet
	@$(BIN)/python -m tools.docs

readme: $(VENV)/.ready  ## Write the answers of the sample into README.md and docs/terms.md.
	@$(BIN)/python -m tools.readme

faults: $(VENV)/.ready-dev  ## Do every damage to the sample by itself, see its guard catch it, write docs/faults.md.
	@PYTHONPATH=tests $(BIN)/python tests/python/fault_matrix.py
	@FAULTS_ALONE=1 $(BIN)/pytest -n auto -m 'slow or not slow' tests/python/test_damage_guards.py tests/python/test_faults.py

clean:  ## Remove everything that the project has made (.gitignore lists it), but for the lake and the warehouse.
	rm -rf $(VENV) target logs report downloads dbt_packages .dbt_packages-* .user.yml .pytest_cache .ruff_cache .mypy_cache
	@find . \( -path ./.git -o -path ./lake -o -path ./warehouse \) -prune \
		-o \( -name __pycache__ -o -name '*.egg-info' \) -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "No Python from 3.11 to 3.14 found. Install one, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -m venv --clear $(VENV) || { \
		echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.ready: requirements.txt pyproject.toml packages.yml package-lock.yml | $(VENV)/bin/python
	@echo "Setting up, once (seconds with uv, a minute or two with pip)."
	@packages="--require-hashes -r requirements.txt"; $(INSTALL)
	@packages="--no-deps --no-build-isolation --editable ."; $(INSTALL)
	@mkdir -p warehouse
	@$(BIN)/adventure deps
	@touch $@

$(VENV)/.ready-dev: requirements-dev.txt $(VENV)/.ready
	@echo "Setting up the tools for tests and linting."
	@packages="--require-hashes -r requirements-dev.txt"; $(INSTALL)
	@touch $@
