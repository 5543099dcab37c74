# What a developer does with uvlocal. Needs Python 3.11 or later, make and git; fetches the rest.
#
#   make demo    see the main job: a uv project in a Dropbox folder, run through the shim
#   make test    run the tests, with the newest uv
#   make lint    format, lint, types for three systems
#   make check   the same, and the tests with branch coverage
#   make build   the wheel, with the launchers for six targets
#   make bench   the added time of the shim, side by side with bare uv

PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
VENV := .venv
RUN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)/python
INSTALLED := $(VENV)/.installed
WORKERS ?= auto
PYTEST := pytest -n $(WORKERS) --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint check build bench clean

help:
	@sed -n 's/^#   //p' Makefile

setup: $(INSTALLED)

# The build requirements are put into the environment itself: an isolated build would unpack the
# compiler (half a gigabyte) each time.
$(INSTALLED): pyproject.toml hatch_build.py
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "uvlocal needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check "hatchling==1.33.0" "editables==0.6" "ziglang==0.17.1"
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-build-isolation --editable ".[dev]"
	@touch $@

# A launcher that is older than its source would make every test lie.
src/uvlocal/launchers/.stamp: shims/launcher.c hatch_build.py $(INSTALLED)
	$(RUN) hatch_build.py
	@touch $@

demo: src/uvlocal/launchers/.stamp
	@$(RUN) demo/main_job.py

# UVLOCAL_TEST_UV=all runs it with five versions of uv, COVERAGE=1 measures branch coverage.
test: src/uvlocal/launchers/.stamp
ifdef COVERAGE
	$(RUN) -m coverage erase
	$(RUN) -m coverage run -m $(PYTEST)
	$(RUN) -m coverage combine -q
	$(RUN) -m coverage report
else
	$(RUN) -m $(PYTEST)
endif

lint: $(INSTALLED)
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy --platform linux
	$(RUN) -m mypy --platform darwin
	$(RUN) -m mypy --platform win32

check: lint
	$(MAKE) test COVERAGE=1

build: $(INSTALLED)
	$(RUN) -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

bench: src/uvlocal/launchers/.stamp
	$(RUN) benchmarks/bench.py
	$(RUN) benchmarks/strategies.py
	$(RUN) benchmarks/scan.py

clean:
	rm -rf $(VENV) .cache build dist src/uvlocal/launchers
