# Wismo's commands. Everything lives in .venv; nothing is written outside this folder and WISMO_HOME.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Tests that are run a second time on a real PostgreSQL.
ON_POSTGRES := $(addprefix tests/orders/test_,verbs.py after_sale.py payments.py failure_modes.py attacks_on_money.py import.py watch.py) \
	$(addprefix tests/agent/test_,approvals.py identity.py conversation.py journal.py proactive.py) \
	$(addprefix tests/connectors/test_,worker.py systems.py systems_tell.py shopify_acts.py shopify_bulk.py) \
	$(addprefix tests/api/test_,zendesk_whole.py http.py cases.py gaps.py privacy.py mirror_whole.py)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check audit prism prove chaos bench clean

help: ## These lines
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(STAMP): pyproject.toml constraints.txt
	@echo "Wismo installs its packages into $(VENV): about 1.3 GB to download (PyTorch is the largest part)."
	@echo "On Linux, TORCH_INDEX set to PyTorch's CPU index saves over 2 GB (see README)."
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Wismo needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --progress-bar on $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch==2.13.0
	$(BIN)/python -m pip install --progress-bar on -c constraints.txt -e '.[dev]'
	@touch $(STAMP)

setup: $(STAMP) ## Install into .venv, export the weights, train the classifier
	$(BIN)/wismo setup

demo: setup ## Demo shop, real tickets through the agent, then the site
	$(BIN)/wismo demo

test: setup ## All tests, on two cores (what cannot run here is listed with its remedy)
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(STAMP) ## Format, lint, types, layers, pins and licences
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m api.upkeep.supply

audit: $(STAMP) ## Known vulnerabilities of what is pinned (needs the internet)
	$(BIN)/python -m api.upkeep.audit

prism: $(STAMP) ## Install the judge of the vendors' contracts for the tests (needs Node)
	npm install --prefix $(VENV)/share/prism --no-audit --no-fund --no-save @stoplight/prism-cli@5.14.2

prove: setup ## The long proofs, in CI sizes; PROVE=full for the full ones
	$(BIN)/python -m pytest -m proof -s tests/chaos
	$(BIN)/python -m pytest -m proof -n 2 -rsP --durations=20 --ignore tests/chaos
	WISMO_TEST_ORDERS_ON=postgresql $(BIN)/python -m pytest -n 2 --dist loadfile --durations=1 $(ON_POSTGRES)

chaos: setup ## Processes killed, the database restarted, 2,000 tickets: nothing lost, nothing said twice (10 minutes)
	WISMO_CHAOS=full $(BIN)/python -m pytest -m proof -s tests/chaos

bench: setup ## The project's own benchmarks, each beside its floor
	$(BIN)/wismo bench ticket
	$(BIN)/wismo bench triage
	$(BIN)/wismo bench search
	$(BIN)/wismo bench orders
	$(BIN)/wismo bench ingest
	$(BIN)/wismo bench forecast

clean: ## Remove the environment and caches, never WISMO_HOME
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
