# Everything a newcomer needs: `make demo` and `make test`. Each target installs what it uses.
PYTHON ?= python3
BIN := .venv/bin
SERVE ?= 1
PEOPLE ?= 600
BENCH_PEOPLE ?= 3000
WORKERS ?= 2

.PHONY: install demo test check format lint types imports migrations soak bench clean

install: .make/installed

# torch is named alone and first: a range would bring another build with gigabytes of extras.
.make/installed: pyproject.toml constraints.txt
	@mkdir -p .make
	@test -x $(BIN)/python || { echo "== creating .venv"; $(PYTHON) -m venv .venv; }
	@echo "== installing (some minutes the first time)"
	$(BIN)/pip install --disable-pip-version-check --progress-bar off torch==2.13.0
	$(BIN)/pip install --disable-pip-version-check --progress-bar off -c constraints.txt -e ".[dev]"
	@touch $@

demo: .make/installed
	$(BIN)/registry demo --people $(PEOPLE) $(if $(filter 0,$(SERVE)),--no-serve)

# Each worker has a PostgreSQL and a model of its own: about 1.5 GB.
test: .make/installed
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

check: .make/installed format lint types imports migrations test

format: .make/installed
	$(BIN)/ruff format --check .

lint: .make/installed
	$(BIN)/ruff check .

types: .make/installed
	$(BIN)/mypy

imports: .make/installed
	$(BIN)/python -m pytest tests/test_architecture.py

migrations: .make/installed
	$(BIN)/python -m pytest tests/registry/test_migrations.py

# Long products: kills at many moments of a load, files damaged in thousands of ways, every filter
# of every route for every viewer, many hidden changes, hundreds of inputs for each operation.
soak: .make/installed
	$(BIN)/python -m pytest -v -m soak

bench: .make/installed
	$(BIN)/python -m benchmarks.encoder
	$(BIN)/python -m benchmarks.tones
	$(BIN)/python -m benchmarks.roles
	$(BIN)/python -m benchmarks.service
	$(BIN)/python -m benchmarks.permission --people $(BENCH_PEOPLE)
	$(BIN)/python -m benchmarks.linkage --people $(BENCH_PEOPLE) --duplicates 1000
	$(BIN)/python -m benchmarks.sheets
	$(BIN)/python -m benchmarks.imports --people $(BENCH_PEOPLE)
	$(BIN)/python -m benchmarks.snapshot
	$(BIN)/python -m benchmarks.affiliations

clean:
	rm -rf .make .venv
