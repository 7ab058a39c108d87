# make run    sets everything up, runs the scenarios and prints where the report is
# make test   tests, types and lint, in an environment of their own
# `make help` lists the rest. Needed beforehand: Python >= 3.11 with its venv module, and make.

PYTHON ?= python3
ARGS ?= scenarios --exclude slow --out reports
SHELL := /bin/sh
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
# Wheels only: a fresh machine has no compiler, and a lock that needs one should say so at once.
LOCKED := --require-hashes --only-binary :all: --requirement

.PHONY: run test lock clean help

run: .venv/.run
	@$(BIN)/python -m bench run $(ARGS)

test: .venv/.dev
	@$(BIN)/python -m tox run $(TOXARGS)

help:
	@echo "make run            set up .venv once, then: bench run $(ARGS)"
	@echo "make run ARGS=...   the same with other arguments, for example ARGS='scenarios/telematics --out reports'"
	@echo "make test           tox: tests, types, lint"
	@echo "make lock           write locks/*.txt anew from pyproject.toml (UPGRADE=--upgrade moves to the newest versions)"
	@echo "make clean          remove .venv, .tox, caches and build results; reports stay"
	@echo "PYTHON=python3.12   which Python to build .venv with (default: python3)"

clean:
	rm -rf .venv .tox .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find bench tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# What keeps $(PYTHON) from making .venv, in one line; nothing if it can.
fault = $(shell \
	if ! "$(PYTHON)" -c "" 2>/dev/null; then \
		echo "there is no working $(PYTHON); install it (Debian, Ubuntu: apt install python3 python3-venv)"; \
	elif ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
		echo "$(PYTHON) is $$("$(PYTHON)" -V 2>&1), the bench needs 3.11 or later; name another one: make PYTHON=python3.12"; \
	elif ! "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$(PYTHON) has no venv module; install it (Debian, Ubuntu: apt install python3-venv)"; \
	fi)

# The stamps come last in each recipe, so an interrupted set-up is done again. A changed lock or pyproject.toml installs anew.
.venv/.made:
	$(if $(fault),$(error $(fault)))
	@echo "making .venv, once"
	@"$(PYTHON)" -m venv --clear .venv
	@touch $@

.venv/.run: .venv/.made locks/run.txt pyproject.toml
	@echo "installing what locks/run.txt names"
	@$(PIP) $(LOCKED) locks/run.txt
	@$(PIP) --no-build-isolation --no-deps --editable .
	@$(BIN)/python -m compileall -q bench
	@touch $@

.venv/.dev: .venv/.run locks/dev.txt
	@echo "installing what locks/dev.txt names"
	@$(PIP) $(LOCKED) locks/dev.txt
	@touch $@

# --no-config, and no PIP_ or UV_ settings: a lock must not depend on the mirror of whoever wrote it.
# fewest: one version of each package for all Pythons, so that they compute the same figures.
COMPILE := env -u UV_FIND_LINKS -u UV_INDEX -u UV_EXTRA_INDEX_URL $(BIN)/uv --no-config pip compile --quiet --universal \
	--python-version 3.11 --fork-strategy fewest --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock" $(UPGRADE) pyproject.toml

lock: .venv/.dev
	$(COMPILE) --group build --output-file locks/run.txt
	$(COMPILE) --group dev --constraint locks/run.txt --output-file locks/dev.txt
	$(COMPILE) --group build --group fastsim --constraint locks/dev.txt --output-file locks/fastsim.txt
