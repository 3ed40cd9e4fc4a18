# The two that matter: `make run` and `make test`. Both do all the set-up themselves.
PYTHON ?= python3
BIN := .venv/bin
BOOTSTRAP := $(PYTHON) tools/bootstrap.py
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help run install setup test test-browser test-python test-web lint format protocol bench lock clean

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The demo has a folder of its own: its people do not belong in a real programme. The hint comes first, as the server takes
# the shell's place: a signal to make is a signal to the server.
run: ## Start Roundup with a small demo programme (ARGS="--port 9000" for options)
	@$(BOOTSTRAP) web
	@echo 'For other ports and options: make run ARGS="--port 9000 --media-port 9010"'
	@exec env ROUNDUP_DATA_DIR="$${ROUNDUP_DATA_DIR:-data/demo}" $(BIN)/roundup serve --demo $(ARGS)

install: ## Prepare everything to run Roundup, without starting it
	@$(BOOTSTRAP) web

setup: ## Prepare everything for development, without starting anything
	@$(BOOTSTRAP) browser
	@$(BOOTSTRAP) web

# Browsers keep a core busy, and most other tests wait most of the time: --jobs=2 has the two beside each other. The browsers
# take longest, so they come first; they show pictures in time, so the others are nice to them.
test: test-browser test-web test-python ## Run every test: real browsers, web, Python (faster with --jobs=2)

test-browser: setup
	@$(BIN)/pytest tests/browser $(ARGS)

test-web: setup
	@cd client_web && npm test --silent

test-python: setup
	@nice -n 10 $(BIN)/pytest --ignore=tests/browser --numprocesses=4 --dist=worksteal $(ARGS)

lint: setup ## Check format, style and types of both languages
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@cd client_web && npm run --silent lint && npm run --silent typecheck

format: setup ## Format both languages and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@cd client_web && npm run --silent format

protocol: setup ## Write the TypeScript twin of the wire
	@$(BIN)/python -m protocol

bench: setup ## Measure; exit code 1 when a target is missed (ARGS="--quick")
	@$(BIN)/python -m loadtest bench all $(ARGS)

lock: setup ## Renew the lock files of both languages
	@$(BIN)/python tools/lock.py
	@cd client_web && npm install --package-lock-only --silent

clean: ## Remove what was built and installed; data/, the demo included, stays
	rm -rf .venv client_web/node_modules client_web/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
