# One command for each chore; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
export PLUMBLINE_DATA ?= ./var

.PHONY: help run test slow lint bench crash crash-jobs fuzz oracle lock format clean
.DEFAULT_GOAL := help

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(BIN)/python:
	@echo "==> Making the virtual environment in $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit("Plumbline needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=...") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "python3 -m venv failed: on Debian and Ubuntu, install the package python3-venv."; exit 1; }

$(RUN_STAMP): requirements/run.txt | $(BIN)/python
	@echo "==> Installing the locked dependencies (hashes are checked)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/run.txt
	@touch $@

$(DEV_STAMP): requirements/dev.txt $(RUN_STAMP) | $(BIN)/python
	@echo "==> Installing the locked development dependencies"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.txt
	@touch $@

run: $(RUN_STAMP)  ## start everything; PORT and PLUMBLINE_DATA are honoured
	@exec $(BIN)/python -m config.supervisor

test: $(DEV_STAMP)  ## the suite without what `make slow` runs; ARGS go to pytest
	@$(BIN)/python -m tests.browser_setup
	@$(BIN)/python -m tests.clients_setup
	@$(BIN)/python -m pytest -m "not slow" --numprocesses auto --maxprocesses 4 --maxschedchunk 20 $(ARGS)

slow: $(DEV_STAMP)  ## the tests that kill processes and fill disks, alone since they watch the clock; ARGS
	@$(BIN)/python -m pytest -m slow $(ARGS)

lint: $(DEV_STAMP)  ## formatting, types, import layers, templates, migrations, deploy checks
	@PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m tests.lint

bench: $(DEV_STAMP)  ## measure; ONLY=ingest, seal, query, fair, inference or growth
	@$(BIN)/python -m tests.bench $(ONLY)

crash: $(DEV_STAMP)  ## kill everything at random moments under load and count; KILLS, SEED
	@$(BIN)/python -m tests.crash --kills $(or $(KILLS),200) $(if $(SEED),--seed $(SEED))

crash-jobs: $(DEV_STAMP)  ## kill workers under 200 running LLM jobs, and count ends, tokens and streams; KILLS, JOBS, SEED
	@$(BIN)/python -m tests.crash.jobs --kills $(or $(KILLS),20) --jobs $(or $(JOBS),200) $(if $(SEED),--seed $(SEED))

fuzz: $(DEV_STAMP)  ## send rubbish to every door that takes events; EXAMPLES
	@EXAMPLES=$(or $(EXAMPLES),5000) $(BIN)/python -m pytest --quiet --capture=no tests/fuzz

oracle: $(DEV_STAMP)  ## ask N random questions of each kind on each engine; KINDS=funnel,paths, SEED for the same again
	@ORACLE_CASES=$(or $(N),20000) ORACLE_KINDS=$(KINDS) ORACLE_SEED=$(SEED) $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 tests/analytics/test_oracle.py

lock: $(DEV_STAMP)  ## compile the requirement files from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements/run.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --extra clickhouse -c requirements/run.txt -o requirements/clickhouse.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --extra otel -c requirements/run.txt -o requirements/otel.txt

format: $(DEV_STAMP)  ## format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean:  ## remove the virtual environment and caches; data in var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache staticfiles
