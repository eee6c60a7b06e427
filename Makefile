# make demo   set all up and run the main job with the embedded samples
# make test   set all up, then lint, types, import floors and tests
# make bench  the slow measurements, ours beside the peers
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
JOBS   ?= 2

.PHONY: help demo test lint types tests bench clean
help:
	@sed -n 's/^# //p' Makefile

# Installing again is needed only when what must be installed has changed.
$(VENV)/.demo: pyproject.toml constraints.txt
	@echo "setup: making $(VENV) and installing hanshuku with what training needs (a few minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade pip
	@$(PIP) -c constraints.txt -e ".[train]"
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt
	@echo "setup: making $(VENV) and installing hanshuku with all extras and the test tools (a few minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade pip
	@$(PIP) -c constraints.txt -e ".[dev]"
	@touch $@

demo: $(VENV)/.demo
	@$(BIN)/hanshuku demo

test: lint types tests

lint: $(VENV)/.test
	@echo "lint: ruff"
	@$(BIN)/ruff check src tests benchmarks examples

types: $(VENV)/.test
	@echo "types: mypy --strict"
	@$(BIN)/mypy

tests: $(VENV)/.test
	@echo "tests: pytest (models are pulled once into the cache; tests of the shared data sets skip where these are absent)"
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) -m "not slow"

bench: $(VENV)/.test
	@echo "bench: this takes hours; each script also runs alone, see benchmarks/README.md"
	@$(BIN)/python -m pytest -m slow
	@for script in benchmarks/[a-z]*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
