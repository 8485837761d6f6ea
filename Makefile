# The one front door of this repository: `make help`.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
UV_VERSION := 0.13.9
SERVICES := registry cases job-orders gateway
SERVICE ?=
WORKERS ?= 2
STACK := $(BIN)/python -m deploy.local

$(VENV)/.synced: requirements/dev.lock pyproject.toml shared/pyproject.toml $(wildcard services/*/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Sinergi needs Python 3.11 or newer; this is $$($(PYTHON) -V). Install it, or name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "· preparing the Python environment in $(VENV) (about 20 seconds, once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(VENV) $(UV) pip sync --quiet --require-hashes requirements/dev.lock
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps $(foreach p,shared $(addprefix services/,$(SERVICES)),-e $(p))
	@touch $@

.PHONY: venv
venv: $(VENV)/.synced

.PHONY: help
help:  ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | awk -F'\t' '{printf "  make %-16s %s\n", $$1, $$2}'

##— The stack on this machine (SINERGI_STACK= names another one beside dev)

.PHONY: up
up: venv  ## Start everything, from nothing to addresses and tokens (KEYCLOAK=1, OBSERVE=1 add to it)
	@$(STACK) up $(if $(KEYCLOAK),$(if $(filter 0,$(KEYCLOAK)),--no-keycloak,--keycloak))

.PHONY: down
down: venv  ## Stop exactly what up started; the data stays
	@$(STACK) down

.PHONY: reset
reset: venv  ## Stop, and wipe the stack's data and keys
	@$(STACK) reset

.PHONY: status
status: venv  ## Processes, outboxes, parked keys, lag
	@$(STACK) status || true

.PHONY: logs
logs: venv  ## Follow the logs (SERVICE=cases, or postgres, kafka)
	@$(STACK) logs $(SERVICE)

.PHONY: token
token: venv  ## Print an access token (ROLE=kemlu-desk MISSION= ORGANISATION= PURPOSES=; KEYCLOAK=1 CALL=)
	@$(if $(filter-out 0,$(KEYCLOAK)),\
	  $(STACK) sign_in '$(ROLE)' $(if $(CALL),--call '$(CALL)'),\
	  $(STACK) token '$(ROLE)' $(if $(ORGANISATION),--organisation '$(ORGANISATION)') \
	    $(if $(MISSION),--mission '$(MISSION)') $(if $(SUBJECT),--subject '$(SUBJECT)') $(if $(PURPOSES),--purposes $(PURPOSES)))

.PHONY: seed
seed: venv  ## Load the pilot data through the gateway (N=1000000 records)
	@$(STACK) seed $(if $(N),--count '$(N)')

.PHONY: dev
dev: venv  ## Run one service with reload beside the running stack (SERVICE=cases)
	@$(STACK) dev '$(SERVICE)'

.PHONY: migrate
migrate: venv  ## Apply all migrations (SERVICE= for one)
	@$(STACK) migrate $(SERVICE)

.PHONY: migration
migration: venv  ## Draft a migration (SERVICE=cases NAME=add_severity_to_cases)
	@$(STACK) migration '$(SERVICE)' '$(NAME)'

.PHONY: replay
replay: venv  ## Hand parked messages back in order (SERVICE= TOPIC= KEY= DRY_RUN=1 ACCEPT_GAP=1)
	@$(STACK) messenger $(if $(SERVICE),--service '$(SERVICE)') replay $(if $(TOPIC),--topic '$(TOPIC)') \
	  $(if $(KEY),--key '$(KEY)') $(if $(DRY_RUN),--dry-run) $(if $(ACCEPT_GAP),--accept-gap)

.PHONY: republish
republish: venv  ## Send the outboxes again (SINCE=2026-01-01T00:00:00+00:00, SERVICE= for one)
	@$(STACK) messenger $(if $(SERVICE),--service '$(SERVICE)') republish --since '$(SINCE)'

.PHONY: backup
backup: venv  ## Back up the running stack; writes wait for moments (TO=folder WITHIN=60)
	@$(STACK) backup $(if $(TO),--to '$(TO)') $(if $(WITHIN),--within '$(WITHIN)')

.PHONY: restore
restore: venv  ## Put a backup back, with an empty Kafka (FROM=folder CONFIRM=1 STOP=1)
	@test -n '$(FROM)' || { echo "Name the folder of the backup: make restore FROM=folder"; exit 1; }
	@$(STACK) restore '$(FROM)' $(if $(CONFIRM),--confirm) $(if $(STOP),--stop)

##— Quality

.PHONY: check
check: venv  ## Lint, types, import contracts, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy shared/src services/*/src deploy tests
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory docs-check

.PHONY: docs
docs: venv  ## Write what is generated: OpenAPI, AsyncAPI, schemas, topics, .env.example
	@$(BIN)/python -m deploy.documents write

.PHONY: docs-check
docs-check: venv  ## Compare it with the code, and follow every link of the pages
	@$(BIN)/python -m deploy.documents check
	@$(BIN)/python -m deploy.pages

.PHONY: format
format: venv  ## Format and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: test
test: venv  ## Every test, on real PostgreSQL and Kafka (WORKERS=1 one after the other, ARGS= for pytest)
	$(BIN)/pytest $(if $(filter-out 1,$(WORKERS)),-n $(WORKERS) --dist loadfile --no-loadscope-reorder) $(ARGS)

.PHONY: test-fast
test-fast: venv  ## Everything but whole stacks and what takes long
	$(BIN)/pytest -m "not stack and not slow" $(ARGS)

.PHONY: journeys
journeys: venv  ## The whole-system stories alone (SEED= for the kills)
	$(if $(SEED),SEED=$(SEED)) $(BIN)/pytest tests/journeys $(ARGS)

.PHONY: chaos
chaos: venv  ## Traffic under faults, then an audit of everything (SEED= KILLS=100 ARGS=)
	@$(BIN)/python -m tests.chaos $(if $(SEED),--seed '$(SEED)') $(if $(KILLS),--kills '$(KILLS)') $(ARGS)

.PHONY: overload
overload: venv  ## Offer ten times what the stack can serve, beside reports of cases, then audit (ARGS=)
	@$(BIN)/python -m tests.overload $(ARGS)

.PHONY: fuzz
fuzz: venv  ## Call all that the API document promises, ten minutes long (SECONDS= SEED=)
	@$(if $(SEED),SEED=$(SEED)) $(BIN)/python -m tests.readers.fuzz $(or $(SECONDS),600)

.PHONY: bench
bench: venv  ## Measure speed and memory beside rivals, 40 minutes (GROUP=gateway for one, ARGS=--runs=5)
	@$(BIN)/python -m tests.bench $(GROUP) $(ARGS)

.PHONY: linkage-report
linkage-report: venv  ## Judge the matcher beside Splink on drawn registers (N=34000 SEEDS=1,2,3 LEVELS=)
	@$(BIN)/python -m tests.linkage report --records $(or $(N),34000) --seeds $(or $(SEEDS),1,2,3) \
	  --levels $(or $(LEVELS),USUAL,EASY,HARD) $(if $(MATCHER),--matcher '$(MATCHER)') $(if $(KEEP),--keep-rivals)

.PHONY: bench-estimate
bench-estimate: venv  ## Judge the estimate of all workers present on drawn registers (DRAWS=20 N=34000 SEED= MODE=)
	@$(BIN)/python -m tests.linkage estimates --draws $(or $(DRAWS),20) --records $(or $(N),34000) \
	  $(if $(SEED),--seed '$(SEED)') $(if $(MODE),--mode '$(MODE)') $(if $(LEVEL),--level '$(LEVEL)')

.PHONY: clean
clean:  ## Remove what tools leave behind; data and environment stay
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

.PHONY: lock
lock: venv  ## Resolve dependencies anew into requirements/*.lock
	@$(UV) lock --quiet --upgrade
	@for s in $(SERVICES); do \
	  $(UV) export --quiet --frozen --package $$s --no-default-groups --no-emit-workspace --no-header --no-annotate -o requirements/$$s.lock; done
	@$(UV) export --quiet --frozen --all-packages --group dev --no-emit-workspace --no-header --no-annotate -o requirements/dev.lock
	@rm -f uv.lock; wc -l requirements/*.lock
