# Tilik in one word each; `make help` lists them.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# a worker takes whole files, so that what a file sets up is set up once; tests/conftest.py says in which order
PYTEST_ARGS ?= -n 2 --dist loadfile --no-loadscope-reorder
SOAK_MINUTES ?= 30
# compiled modules are kept: each command and each test's process starts a quarter of a second sooner
unexport PYTHONDONTWRITEBYTECODE
REPEAT_MINUTES ?= 10

.PHONY: help install run test lint bench soak repeat fuzz stop docs migration notebooks screenshots lock

help:  # Show what there is to do
	@grep -E '^[a-z]+:.*#' Makefile | sed -E 's/^([a-z]+):[^#]*# */\1\t/' | expand -t 10

install: .venv/compiled  # Set up .venv with the locked packages and the command `tilik`
	$(if $(filter install,$(MAKECMDGOALS)),@echo "installed: $(BIN)/tilik and the packages that requirements/test.txt locks")

.venv/installed: pyproject.toml requirements/installer.txt requirements/test.txt
	@echo "installing into .venv: the packages that requirements/test.txt locks (2.2 GB)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; \
	  apt-get update -qq && apt-get install -y -qq python3.11-venv && $(PYTHON) -m venv .venv; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/installer.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/test.txt \
	  || $(BIN)/python -m pip install --quiet --require-hashes -r requirements/test.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/compiled: .venv/installed
	@$(BIN)/python -m flows.compile
	@touch $@

run: install  # Play the recordings and a simulated day, print the city, serve until Ctrl-C (ONCE=1: end)
	@$(BIN)/python -m flows.demo

lint: .venv/installed  # Style, types and import rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

test: .venv/installed  # Everything: style, types, import rules and all tests
	@nice -n 19 $(BIN)/python -m tests.brokers.fetching >/dev/null 2>&1 & \
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint .venv/compiled
	$(BIN)/python -m pytest $(PYTEST_ARGS)

bench: install  # Measure frames/s and memory against the plain alternatives, live too, and (BASE=commit) against another version
	$(BIN)/python -m benchmarks.main
	$(BIN)/python -m benchmarks.archive
	$(BIN)/python -m benchmarks.backfill
	$(BIN)/python -m benchmarks.alerts
	$(BIN)/python -m benchmarks.storm
	$(BIN)/python -m benchmarks.first_message
	$(BIN)/python -m benchmarks.live
	$(if $(BASE),$(BIN)/python -m benchmarks.against $(BASE))

soak: install  # Let a simulated city run live for SOAK_MINUTES (30): nothing may grow, no frame may be lost
	$(BIN)/python -m tests.flows.live.soaking --minutes $(SOAK_MINUTES)

repeat: install  # Repeat all tests with new random cases for REPEAT_MINUTES (10)
	@end=$$(( $$(date +%s) + 60 * $(REPEAT_MINUTES) )); \
	while [ $$(date +%s) -lt $$end ]; do \
	  $(BIN)/python -m pytest -q $(PYTEST_ARGS) --hypothesis-seed=$$(date +%s) || exit 1; \
	done

fuzz: install  # Play broken files and streams of every format until Ctrl-C, or FUZZ_ARGS="--messages N --of streams"
	$(BIN)/python -m tests.fuzzing $(FUZZ_ARGS)

stop: install  # End what `make run` left serving
	@$(BIN)/python -m flows.demo --stop

docs: install  # Write anew what follows from definitions: docs/metrics.md, the views' types, Superset's assets
	$(BIN)/python -m flows.metrics_page
	$(BIN)/python -m flows.view_types
	$(BIN)/python -m flows.dashboards.assets

migration: install  # Write the next numbered file for changed tables (NAME=what_it_is_for)
	@$(BIN)/python -m flows.next_migration "$(NAME)"

notebooks: install  # Execute docs/notebooks anew
	$(BIN)/python docs/notebooks/run.py docs/notebooks/street_week.ipynb
	$(BIN)/python docs/notebooks/run.py docs/notebooks/floods.ipynb
	$(BIN)/python docs/notebooks/run.py docs/notebooks/one_minute.ipynb

screenshots: install  # Write docs/images anew, of the dashboards that are served (STATE=data/dashboards) and of a chat
	$(BIN)/python -m docs.images.shoot $(if $(STATE),--state $(STATE))
	$(BIN)/python -m docs.images.chat

lock: LOCKED := --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet
lock:  # Resolve requirements/*.txt anew (needs uv)
	echo uv | uv pip compile - --universal $(LOCKED) -o requirements/installer.txt
	uv pip compile pyproject.toml --universal $(LOCKED) -o requirements/run.txt
	uv pip compile pyproject.toml --extra test --universal $(LOCKED) -c requirements/run.txt -o requirements/test.txt
	uv pip compile superset_dashboards/requirements.in $(LOCKED) -o superset_dashboards/requirements.txt
