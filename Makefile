# What a developer does with uvlocal. Needs Python 3.11 or later, make and git; fetches the rest.
#
#   make demo    see the failure and the cure: a uv project in a Dropbox folder; installs no tools
#   make test    run the fast tests, with the newest uv: three minutes
#   make test-all   run these, and all others, with eight versions of uv
#   make test-hard  the long form, for hours: faults, parallel calls, a soak, fuzzing; SEED=n repeats a run
#   make lint    format, lint, types for three systems, the workflows of CI
#   make check   the same, and all tests with branch coverage
#   make docs    the documentation site, in build/site; fails at a broken link
#   make tables  rewrites the tables of the documents from the code
#   make picture  draws the picture of the README from what `make demo` prints
#   make build   the wheel, with the launchers for all targets
#   make bench   what uvlocal costs, side by side with bare uv: docs/bench.md and the figures elsewhere;
#                QUICK=1 in short, PEERS=1 with other tools, CHECK=1 fails where a promise is not kept

PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
VENV := .venv
BIN := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
RUN := $(VENV)/$(BIN)/python
INSTALLED := $(VENV)/.installed
WORKERS ?= auto
# pip asks `rustc` for its version, and rustup's then makes a folder in HOME.
export RUSTUP_HOME := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/uvlocal-tests/rustup
PYTEST := pytest -n $(WORKERS) --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all test-hard lint docs check tables picture build bench clean

help:
	@sed -n 's/^#   //p' Makefile

setup: $(INSTALLED)

# The build requirements are put into the environment itself: an isolated build would unpack the
# compiler (half a gigabyte) each time.
$(INSTALLED): pyproject.toml hatch_build.py
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "uvlocal needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check "hatchling==1.33.0" "editables==0.6" "ziglang==0.17.1"
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-build-isolation --editable ".[dev,docs]"
	@touch $@

# A launcher that is older than its source would make every test lie.
src/uvlocal/launchers/.stamp: $(wildcard shims/launcher/*) src/uvlocal/shim/contract.py hatch_build.py $(INSTALLED)
	$(RUN) hatch_build.py
	@touch $@

# Needs none of the tools above: its own small environment lies in .cache/demo.
demo:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "uvlocal needs Python 3.11 or later")'
	@$(PYTHON) demo/prepare.py
	@.cache/demo/$(BIN)/python demo/main_job.py .cache/demo/source/src

# What is slow stands in tests/support/slow.py. UVLOCAL_TEST_UV names versions of uv, `newest` or `all`.
# COVERAGE=1 measures branch coverage, of both together: `make test-all COVERAGE=1`.
test: src/uvlocal/launchers/.stamp
ifdef COVERAGE
	$(RUN) -m coverage erase
	$(RUN) -m coverage run -m $(PYTEST) -m "not slow"
	$(RUN) -m coverage combine -q
else
	$(RUN) -m $(PYTEST) -m "not slow"
endif

# The rest, with five versions of uv, and what only compares uv's answers with ours with eight.
VERSIONS := UVLOCAL_TEST_UV=$${UVLOCAL_TEST_UV:-all}
test-all: test
ifdef COVERAGE
	$(VERSIONS) $(RUN) -m coverage run -m $(PYTEST) -m slow
	$(RUN) -m coverage combine -q --append
	$(RUN) -m coverage report
else
	$(VERSIONS) $(RUN) -m $(PYTEST) -m slow
endif

# What `make test-all` does in a bounded form, at length. CASES is the number of random folders, machines
# and so on, SEED the first seed; a failure names its own.
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

# A quiet machine for ten minutes; QUICK=1 takes one, and leaves docs and README alone.
bench: src/uvlocal/launchers/.stamp
	$(RUN) benchmarks/bench.py $(if $(QUICK),--quick) $(if $(PEERS),--peers) $(if $(CHECK),--check)

clean:
	rm -rf $(VENV) .cache build dist src/uvlocal/launchers
