# `make help` lists the targets. Everything runs in .venv, which is set up once per change of the lock file.
# PYTHON=python3.12 make test   uses another interpreter (>= 3.11) for a new .venv.

PYTHON ?= python3
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
PYTEST_ARGS ?=
WORKERS ?= 2
ONLY ?=

.PHONY: help demo test check lint replays cover prove fix bench fit lock clean setup

help:  ## Show this list
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

demo: setup  ## Run the whole loop on the embedded service; the report lies in reports/demo
	@$(BIN)/harness demo

test: setup  ## Run the fast tests
	@$(BIN)/pytest -q -n $(WORKERS) $(PYTEST_ARGS)

check: lint replays cover  ## Lint, types, import contracts, recordings, tests with branch coverage

lint: setup
	@$(BIN)/ruff check --quiet --output-format concise .
	@$(BIN)/ruff format --check --quiet . || { echo "make: the files above need formatting; run 'make fix'" >&2; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache --no-logo
	@echo "lint: ruff, mypy and import contracts are content"

replays: setup  ## Replay the committed recordings and hold them against their labels
	@$(BIN)/pytest -q recordings

cover: setup  ## Run the fast tests and ask for 95 % of all branches
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -q -n $(WORKERS) $(PYTEST_ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

prove: setup  ## Run every test at full counts and print the figures
	@HARNESS_TEST_PROFILE=prove $(BIN)/pytest -q -n $(WORKERS) -m "prove or not prove" $(PYTEST_ARGS)

fix: setup  ## Let ruff repair and format what it can
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

bench: setup  ## Measure against the rows of tests/bench (ONLY=name for one); writes reports/bench.json
	@ONLY="$(ONLY)" $(BIN)/python tests/bench/run.py

fit: setup  ## Make the fixtures' grounding cases, the shipped grounding model and its tables anew
	@$(BIN)/python tests/bench/ground_train.py --cases > fixtures/grounding/cases.jsonl.part
	@mv fixtures/grounding/cases.jsonl.part fixtures/grounding/cases.jsonl
	@$(BIN)/python tests/bench/ground_train.py | $(BIN)/harness ground --fit --out harness/grounding/data/en/model.json
	@$(BIN)/python tests/bench/ground_table.py --write

SESSIONS := airline-misspelled-name bank-lost-card health_insurance-claim-denied retail-gift-return telco-broken-stream telco-roaming-bill

recordings: setup  ## Record the committed sessions and the golden report anew (after a change of policy)
	@$(BIN)/harness demo
	@for name in $(SESSIONS); do cp reports/demo/recordings/$$name.rec.jsonl reports/demo/recordings/$$name.labels.jsonl recordings/; done
	@cp reports/demo/report.json reports/demo/report.md reports/demo/report.html reports/golden/
	@$(BIN)/python tests/ui/screenshot.py reports/golden/report.html reports/golden/report.png

lock: setup  ## Make requirements.lock anew from pyproject.toml (needs a package registry)
	@$(PIP) install uv
	@{ echo "# Made by 'make lock' for Python >= 3.11; every file is pinned by its hash."; \
	   $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --extra test --extra conformance --extra browser --extra dev --generate-hashes \
	     --no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet $(LOCK_ARGS); } > requirements.lock.part
	@mv requirements.lock.part requirements.lock

clean:  ## Remove caches, coverage data and reports (not .venv, not reports/golden)
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.* htmlcov build dist
	@find harness tests -name __pycache__ -type d -prune -exec rm -rf {} +
	@find reports -mindepth 1 -maxdepth 1 ! -name golden -exec rm -rf {} + 2>/dev/null || true

# ------------------------------------------------------------------------------------------- set-up

setup: .venv/.installed
	@:

.venv/.installed: .venv/.locked pyproject.toml harness/_version.py
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.locked: requirements.lock | .venv/bin/pip
	@echo "make: installing the locked dependencies into .venv" >&2
	@$(PIP) install --require-hashes --requirement requirements.lock
	@touch $@

# A bare Debian python3 cannot make a virtual environment: its ensurepip is the package python3-venv.
.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "make: $(PYTHON) is missing or older than Python 3.11; say PYTHON=/path/to/python3.11 make ..." >&2; exit 1; }
	@rm -rf .venv
	@if ! $(PYTHON) -m venv .venv >/dev/null 2>&1; then \
	  rm -rf .venv; \
	  if [ "$$(id -u)" = 0 ]; then as_root=""; else as_root="sudo -n"; fi; \
	  if ! command -v apt-get >/dev/null || ! $$as_root true 2>/dev/null; then \
	    echo "make: $(PYTHON) lacks ensurepip; install it (on Debian: apt-get install python3-venv) and try again" >&2; exit 1; \
	  fi; \
	  echo "make: $(PYTHON) lacks ensurepip; installing python3-venv" >&2; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  $$as_root apt-get update -qq >/dev/null || true; \
	  $$as_root apt-get install -y -qq --no-install-recommends python3-venv >/dev/null; \
	  $(PYTHON) -m venv .venv || { rm -rf .venv; \
	    echo "make: $(PYTHON) still cannot make a virtual environment; say PYTHON=/usr/bin/python3 make ..." >&2; exit 1; }; \
	fi
