# Commands for developers. Needs Python 3.11 or later, make and git; fetches the rest.
#
#   make demo    show the failure and the fix: a uv project in a Dropbox folder; installs no tools
#   make test    run the fast tests with the newest uv: two minutes
#   make test-all   run all tests, with eight versions of uv
#   make test-hard  run the long tests, for hours: faults, parallel calls, a soak, fuzzing; SEED=n repeats a run
#   make lint    format, lint, check types for three systems, and the workflows of CI
#   make check   lint, build the documentation, and run all tests; measures branch coverage
#   make docs    build the documentation site in build/site; fails at a broken link
#   make tables  rewrite the tables of the documents from the code
#   make picture  draw the picture of the README from what `make demo` prints
#   make build   build the wheel, with the launchers for all targets
#   make bench   measure what uvlocal costs, next to bare uv: docs/bench.md and the figures elsewhere;
#                QUICK=1 for a short run, PEERS=1 with other tools, CHECK=1 fails if a promise is broken

PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
VENV := .venv
BIN := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
RUN := $(VENV)/$(BIN)/python
INSTALLED := $(VENV)/.installed
WORKERS ?= auto
# pip asks `rustc` for its version, and rustup's `rustc` then creates a directory in HOME.
export RUSTUP_HOME := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/uvlocal-tests/rustup
PYTEST := pytest -n $(WORKERS) --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all test-hard lint docs check tables picture build bench clean

help:
	@sed -n 's/^#   //p' Makefile

setup: $(INSTALLED)

# The build requirements are installed into the environment itself: an isolated build would unpack the
# compiler (half a gigabyte) each time.
$(INSTALLED): pyproject.toml hatch_build.py
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "uvlocal needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check "hatchling==1.33.0" "editables==0.6" "ziglang==0.17.1"
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-build-isolation --editable ".[dev,docs]"
	@touch $@

# With an outdated launcher, every test would be meaningless.
src/uvlocal/launchers/.stamp: $(wildcard shims/launcher/*) src/uvlocal/shim/contract.py hatch_build.py $(INSTALLED)
	$(RUN) hatch_build.py
	@touch $@

# Needs none of the tools above: its own small environment is in .cache/demo.
demo:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "uvlocal needs Python 3.11 or later")'
	@$(PYTHON) demo/prepare.py
	@.cache/demo/$(BIN)/python demo/main_job.py .cache/demo/source/src

# tests/support/slow.py lists slow tests. UVLOCAL_TEST_UV names versions of uv, `newest` or `all`.
# COVERAGE=1 measures the branch coverage of the fast tests, which reach all but a few lines.
test: src/uvlocal/launchers/.stamp
ifdef COVERAGE
	$(RUN) -m coverage erase
	$(RUN) -m coverage run -m $(PYTEST) -m "not slow"
	$(RUN) -m coverage combine -q
	$(RUN) -m coverage report
else
	$(RUN) -m $(PYTEST) -m "not slow"
endif

# The other tests, with five versions of uv, and those that only compare uv's results with ours with eight.
VERSIONS := UVLOCAL_TEST_UV=$${UVLOCAL_TEST_UV:-all}
test-all: test
	$(VERSIONS) $(RUN) -m $(PYTEST) -m slow

# The long form of what `make test-all` does in a bounded form. CASES is the number of random folders,
# machines and so on, SEED the first seed; a failure names its own.
ifndef SEED
SEED := $(shell date +%s)
endif
CASES ?= 2000
test-hard: src/uvlocal/launchers/.stamp
	@echo "seed: SEED=$(SEED), cases: CASES=$(CASES)"
	$(VERSIONS) UVLOCAL_HARD=1 UVLOCAL_HARD_SEED=$(SEED) \
	UVLOCAL_FUZZ_CASES=$(CASES) UVLOCAL_FUZZ_SEED=$(SEED) UVLOCAL_FUZZ_RUNS=$(CASES)000 \
	UVLOCAL_RECALL_CASES=$(CASES) UVLOCAL_RECALL_SEED=$(SEED) \
	$(RUN) -m $(PYTEST) tests/stress tests/end_to_end/test_discovery_fuzz.py \
		tests/end_to_end/test_recall.py tests/launcher/test_recall_fuzz.py

lint: $(INSTALLED)
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy --platform linux
	$(RUN) -m mypy --platform darwin
	$(RUN) -m mypy --platform win32
	$(VENV)/$(BIN)/zizmor --offline --strict-collection --quiet .github/workflows

docs: $(INSTALLED)
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict

check: lint docs
	$(MAKE) test-all COVERAGE=1

tables: $(INSTALLED)
	PYTHONPATH=tests $(RUN) -m support.compare.readme_tables

picture:
	$(MAKE) -s demo | $(PYTHON) demo/picture.py

build: $(INSTALLED)
	$(RUN) -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

# Needs a quiet machine for ten minutes; QUICK=1 takes one, and does not change docs and README.
bench: src/uvlocal/launchers/.stamp
	$(RUN) benchmarks/bench.py $(if $(QUICK),--quick) $(if $(PEERS),--peers) $(if $(CHECK),--check)

clean:
	rm -rf $(VENV) .cache build dist src/uvlocal/launchers
