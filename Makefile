# Everything from a machine that has Python, pip, make and the package registries: `make demo`, `make test`.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
export LOOPMART_HOME ?= $(CURDIR)/data
UV_VERSION := 0.13.9
UV := .make/uv-$(UV_VERSION)/bin/uv
RUN := .venv/bin
PACKAGES := chromium chromium-driver fonts-noto-cjk docker-compose

export UV_COMPILE_BYTECODE := 1
export UV_PYTHON_DOWNLOADS := never

.PHONY: help setup demo test up lint check-types system-packages bench-ingest bench-identity bench-reconcile bench-attribution fuzz page-picture clean

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | column -t -s '|'

setup: .venv/.ready ## the Python environment, from uv.lock

$(UV):
	$(PYTHON) -m venv .make/uv-$(UV_VERSION)
	.make/uv-$(UV_VERSION)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.ready: uv.lock pyproject.toml | $(UV)
	$(UV) sync --locked --quiet
	@touch $@

demo: setup ## a year of real retail from files to the morning page, run by Airflow
	$(RUN)/python scripts/unpack_complete_journey.py
	LOOPMART_TIME_ZONE=America/New_York $(RUN)/python scripts/airflow_local.py run nightly
	$(RUN)/loopmart summary

up: setup ## Airflow with its UI on loopback, for a person to click in
	$(RUN)/python scripts/airflow_local.py up

test: ## all checks and all tests
	$(MAKE) --jobs=2 --output-sync=target setup system-packages lint check-types
	$(RUN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

lint: setup ## style of Python, SQL and YAML, import layers, contracts against what is derived from them
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/lint-imports
	$(RUN)/sqlfluff lint --disable-progress-bar --processes 2 dbt_project/models
	$(RUN)/yamllint --strict .
	$(RUN)/loopmart contracts check

check-types: setup ## mypy, strict on src
	$(RUN)/mypy

fuzz: setup ## a hundred thousand damaged files: none may stop a load, none may lose a line
	$(RUN)/python -m scripts.fuzz_ingest

bench-ingest: setup ## how far ingest is from the engine itself, on 5 GB of till lines and on the year as store-day files
	UV_PROJECT_ENVIRONMENT=.make/bench $(UV) sync --locked --quiet --only-group bench
	$(RUN)/python scripts/bench_ingest.py lines --others
	$(RUN)/python scripts/bench_ingest.py days

bench-identity: setup ## how far identity is from a bare script on ten million edges, and a night's change from all of it
	$(RUN)/python scripts/bench_identity.py

bench-reconcile: setup ## how far the match of tills and bills is from a hash join of ten million rows each
	$(RUN)/python scripts/bench_reconcile.py

bench-attribution: setup ## how far attribution is from one join of ten million touches and ten million orders
	$(RUN)/python scripts/bench_attribution.py

page-picture: system-packages ## the picture in the README, from the page that is served
	chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1 \
	  --window-size=1200,1560 --screenshot=docs/morning-page.png "file://$(LOOPMART_HOME)/serving/report/index.html" 2>/dev/null

system-packages:
	@missing=$$(dpkg-query -W -f '$${db:Status-Status} $${Package}\n' $(PACKAGES) 2>/dev/null | sed -n 's/^installed //p' | sort | comm -13 - <(printf '%s\n' $(PACKAGES) | sort)); \
	if [ -n "$$missing" ]; then echo "installing Debian packages:" $$missing; \
	  as_root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  $$as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi

clean: ## remove the environment and all that runs have written
	rm -rf .venv .make data/{landing,lake,warehouse,serving,locks,airflow} data/ledger.db* data/stores.csv data/planted.json
