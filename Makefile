# Qingtian: two commands matter: `make demo` and `make test`. Everything else is for those who build it.
# Needs Python >= 3.11, make, and PyPI/npm (and Debian's Chromium for the browser tests). No system Node, no server.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .stamps
ARGS ?=
UI_SOURCES := $(shell find ui -path ui/node_modules -prune -o -type f -print 2>/dev/null)
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test check-tests lint types fix ui ui-test budget docs bench clean install e2e browser services audit

## demo: the living city on embedded storage; prints one address
demo: $(STAMP)/run $(STAMP)/ui
	$(BIN)/qingtian demo $(ARGS)

## test: install what the tests need and run everything; fails on skips that matter
test: lint types audit ui-test budget browser services
	$(BIN)/python tools/run_tests.py $(ARGS)

## lint: style, import contracts, house laws
lint: $(STAMP)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tools/lint_legal_numbers.py
	$(BIN)/python tools/lint_house.py

## types: mypy --strict
types: $(STAMP)/dev
	$(BIN)/mypy

## audit: known holes in what we ship; says so where no registry answers
audit: $(STAMP)/dev
	$(BIN)/python tools/audit.py

## fix: what the tools can mend by themselves
fix: $(STAMP)/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

## ui: build the web bundle (Node comes from PyPI)
ui: $(STAMP)/ui

## ui-test: type check and unit tests of the web application
ui-test: $(STAMP)/node_modules
	$(BIN)/python tools/ui.py typecheck test

## budget: how much each part of the web application loads, against its limit
budget: $(STAMP)/ui
	$(BIN)/python tools/ui.py budget

## e2e: only the browser tests
e2e: $(STAMP)/dev $(STAMP)/ui browser
	$(BIN)/pytest tests/e2e $(ARGS)

## docs: regenerate the generated parts of docs/ and the API contract
docs: $(STAMP)/dev
	$(BIN)/python tools/settings_page.py
	$(BIN)/python tools/rights_page.py
	$(BIN)/qingtian openapi > docs/api/openapi.json
	$(BIN)/python tools/ui.py types

## bench: speed and memory, as ratios against a named baseline in the same run
bench: $(STAMP)/dev
	$(BIN)/python -m bench $(ARGS)

## clean: remove what was built (not the city's data in var/)
clean:
	rm -rf .venv $(STAMP) build dist src/qingtian/web/dist ui/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis

install: $(STAMP)/run

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv .venv

$(STAMP)/run: pyproject.toml | .venv/bin/python
	@mkdir -p $(STAMP)
	$(BIN)/pip install --quiet --editable ".[ui,files,access,reports]"
	@touch $@

$(STAMP)/dev: pyproject.toml | .venv/bin/python
	@mkdir -p $(STAMP)
	$(BIN)/pip install --quiet --editable ".[ui,files,access,mqtt,s3,cluster,reports,test,lint]"
	@touch $@ $(STAMP)/run

$(STAMP)/node_modules: ui/package-lock.json | $(STAMP)/run
	$(BIN)/python tools/ui.py install
	@touch $@

$(STAMP)/ui: $(STAMP)/node_modules $(UI_SOURCES)
	$(BIN)/python tools/ui.py build
	@touch $@

browser:
	@sh tools/browser.sh

services:
	@sh tools/services.sh
