# Every target makes what it needs: the only tools it takes as given are make, Python >= 3.11 and (for tests) Java 17 or Docker.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
SELF    = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
# The floor of `make coverage`, percent of the branches; it only rises.
BRANCHES := 90

# Tests start some hundreds of processes, and each would compile what it imports anew: a tenth of what they take.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test coverage chromium prometheus engineless verify-deploy release sbom chaos lint format docs screenshots bench lock clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "News Streams needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)

# Two stamps, so that the demo need not install what only developers use.
$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the pinned dependencies into $(VENV) (the first time takes a minute) …"
	$(INSTALL) -r requirements.lock
	$(SELF)
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the pinned development dependencies into $(VENV) (the first time takes a minute) …"
	$(INSTALL) -r requirements-dev.lock
	$(SELF)
	@touch $@ $(VENV)/.installed

demo: $(VENV)/.installed ## Two articles in, one story out, on an embedded broker (WORLD=1: a made-up week; ONCE=1 exits when it stands)
	@$(BIN)/streams demo $(if $(WORLD),--world) $(if $(ONCE),--once)

test: $(VENV)/.installed-dev chromium prometheus ## Every test but tests/deploy, the integration suite on a real Apache Kafka included (TESTS= for some)
	@$(BIN)/streams models install
	@$(BIN)/streams models install sm
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(TESTS)

# The tests that run in one process only, and a target of its own: tracing takes half as much processor time again.
coverage: $(VENV)/.installed-dev ## Branch coverage of contracts, stages and runtime by the tests without Kafka; fails below the floor
	@$(BIN)/streams models install
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --cov --cov-report=term --cov-report=json:var/coverage.json \
	  tests/unit tests/golden tests/properties
	@$(BIN)/python -c 'import json, sys; of = json.load(open("var/coverage.json"))["totals"]["percent_branches_covered"]; sys.exit(of < $(BRANCHES) and f"{of:.1f} % of the branches are covered; the floor is $(BRANCHES) %")'

# For the browser tests: installed where we may, asked for where we may not (there they are skipped; in CI they fail).
chromium:
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do command -v $$name >/dev/null && exit 0; done; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Chromium for the browser tests …"; apt-get -qq update && apt-get -qq install -y chromium >/dev/null; \
	  else \
	    echo "The browser tests want Chromium and are skipped without it. Install it: sudo apt-get install chromium"; \
	  fi

# A real Prometheus scrapes the workers in a test, and promtool checks the alerts.
prometheus:
	@command -v prometheus >/dev/null && command -v promtool >/dev/null && exit 0; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Prometheus for the tests of metrics and alerts …"; apt-get -qq update && apt-get -qq install -y --no-install-recommends prometheus >/dev/null; \
	  else \
	    echo "The tests of alerts want Prometheus and are skipped without it. Install it: sudo apt-get install prometheus"; \
	  fi

# What builds the image and runs it without a container engine.
engineless:
	@command -v buildah >/dev/null && command -v runc >/dev/null && command -v umoci >/dev/null && command -v mmdebstrap >/dev/null && exit 0; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing buildah, runc, umoci and mmdebstrap to try the image …"; \
	    apt-get -qq update && apt-get -qq install -y --no-install-recommends buildah runc umoci mmdebstrap >/dev/null; \
	  else \
	    echo "The image is not tried without buildah, runc, umoci and mmdebstrap. Install them: sudo apt-get install buildah runc umoci mmdebstrap"; \
	  fi

verify-deploy: $(VENV)/.installed-dev prometheus engineless ## Deployment and contract files before their own validators (Go, Java, Node), alerts by faults, pages' commands; lists what ran and what could not
	$(BIN)/python deploy/verify/verify.py

release: $(VENV)/.installed-dev ## Wheel, source, image context, SBOM and checksums into dist/, from a clean checkout
	$(BIN)/python deploy/release.py

sbom: $(VENV)/.installed ## What the image is made of: CycloneDX on stdout (python deploy/sbom.py --licences for a table)
	@$(BIN)/python deploy/sbom.py

chaos: $(VENV)/.installed-dev ## Kills, outages, floods and stalls on a real Kafka, in full (half an hour)
	@$(BIN)/streams models install
	CHAOS_SEEDS=1,2,3 CHAOS_ARTICLES=2000 CHAOS_KILLS=21 CHAOS_OUTAGE=20 CHAOS_BAD=10000 CHAOS_HOSTILE=2000 \
	  $(BIN)/python -m pytest -s tests/integration/test_chaos_kafka.py

lint: $(VENV)/.installed-dev ## Formatting, lint, types and the import rule
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev ## Format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.installed-dev ## Generate the reference pages, the JSON Schemas and the dashboards
	$(BIN)/python docs/generate.py
	$(BIN)/python deploy/grafana/generate.py
	$(BIN)/python deploy/kubernetes/generate.py

screenshots: $(VENV)/.installed-dev chromium ## Pictures of every page into docs/screenshots
	@$(BIN)/streams models install
	$(BIN)/python benchmarks/screenshots.py

bench: $(VENV)/.installed-dev ## The figures in the docs, measured here (each a ratio within one run)
	@$(BIN)/streams models install
	$(BIN)/python benchmarks/bench_pipeline.py --articles 2000 --peers --json docs/reference/performance.json
	$(BIN)/python benchmarks/bench_scaling.py --into docs/reference/performance.json
	$(BIN)/python benchmarks/performance.py docs/reference/performance.json
	@for bench in $(filter-out %/bench_pipeline.py %/bench_scaling.py,$(wildcard benchmarks/bench_*.py)); do echo "== $$bench, $$(date +%T)"; $(BIN)/python $$bench || exit 1; done

lock: $(VENV)/.installed-dev ## Re-pin the lock files from pyproject.toml
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra embedded --extra tracing --extra build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra embedded --extra tracing --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## Remove the virtual environment and all caches (not the models, nor Kafka's jars)
	rm -rf $(VENV) var dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
