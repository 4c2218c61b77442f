# Two commands on a fresh machine: `make demo` and `make test`. Both set everything up first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test test-all coverage mutants matrix lint docs bench bench-auto clean

# The plugin is deliberately not installed here: its tests install it into a place of their own.
$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test,lint,docs]"
	touch $(READY)

demo: $(READY)
	$(BIN)/sgdkit demo

# Two workers: more threads than one in each would only get in each other's way.
test: $(READY)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 -m "not slow"

test-all: $(READY)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2

coverage: $(READY)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 -m "not slow" --cov --cov-report=term-missing:skip-covered --cov-fail-under=95

# Changes losses, rules and kernels in copies and counts the changes that no test notices.
mutants: $(READY)
	$(BIN)/python -m benchmarks.mutants

# Fits every combination of parts and writes docs/matrix.md.
matrix: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m docs.make_matrix

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/codespell

docs: $(READY)
	$(BIN)/sphinx-build -W -q -b html docs docs/_build/html

bench: $(READY)
	$(BIN)/python -m benchmarks

# Takes hours; what is in out/auto already is not made again, and `--seconds=N` after a table's name ends a piece.
bench-auto: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks auto tuning-free --peers
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks auto rules
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks auto choice
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks auto gaps

clean:
	rm -rf $(VENV) out docs/_build
