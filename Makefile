# The front door for people: every target is one line of what it does, in `make help`.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export PYTHON ?= python3
BIN := .venv/bin

# What `make demo` passes on: SERVE=0; BOOKS=DIR MAPPING=FILE ENTERPRISE=NAME for a company's own books;
# NETWORK=4 for the members on nodes of their own.
DEMO := $(if $(filter 0,$(SERVE)),--no-serve)
DEMO += $(if $(BOOKS),--books '$(BOOKS)') $(if $(MAPPING),--mapping '$(MAPPING)')
DEMO += $(if $(ENTERPRISE),--enterprise '$(ENTERPRISE)') $(if $(NETWORK),--network $(NETWORK))

# Tests write no file of an installation: they get a home of their own (tests/settings.py), and so do the checks.
SCRATCH := TALLYSTICK_HOME=$(CURDIR)/.venv/scratch

.PHONY: help install dev cometbft demo test slow check simulate bench docs messages lock clean

help:  ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

install:  ## make .venv with everything that the demo needs
	@tools/install.sh runtime

dev: install  ## add to .venv what the tests need
	@tools/install.sh dev

cometbft: install  ## build CometBFT into .venv, for a network between institutions
	@tools/cometbft.sh

demo: install $(if $(NETWORK),cometbft)  ## run one loan from request to disbursement, then serve the site (SERVE=0: stop before)
	@$(BIN)/tallystick demo $(DEMO)

check: dev  ## format, lint, types, import rules and house rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(SCRATCH) $(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 0 tests/house

test: dev  ## every check and every test; the database tests on PostgreSQL and on SQLite
	@tools/system_parts.sh
	@tools/cometbft.sh || echo "CometBFT is not built; the tests that need it cannot run." >&2
	@$(MAKE) check
	$(BIN)/python tools/with_postgresql.py --or-skip $(BIN)/pytest -m 'records and not browser'
	$(BIN)/pytest --ignore tests/house -m 'not network and not slow'
	$(BIN)/pytest -n 0 -m 'network and not slow' tests/network

slow: dev cometbft  ## the tests that take long: faults on real nodes, mixed, under load
	$(BIN)/pytest -n 0 -m slow

simulate: dev  ## run a whole consortium in one process with faults injected: SEED=n
	$(BIN)/python -m tests.simulation --seed $(or $(SEED),1) $(if $(EVENTS),--events $(EVENTS))

bench: dev cometbft  ## measure, and write docs/benchmarks.md (ONLY=documents: that section alone)
	$(BIN)/python tools/bench.py $(ONLY)

docs: dev  ## write docs/reference and check every link of every page
	$(SCRATCH) $(BIN)/python tools/docs.py

messages: dev  ## write engines/wire/messages_pb2.py from its schema
	cd src && ../$(BIN)/python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. tallystick/engines/wire/messages.proto

lock:  ## resolve the dependencies anew, with hashes, into requirements/
	@tools/lock.sh

clean:  ## remove .venv and every cache, never an installation's data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
