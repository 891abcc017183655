# Everything runs in .venv, made from the locks; PYTHON must be 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamps
LOCK_TOOL := build/lock-venv
LOCK_FLAGS ?= --upgrade
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
EDITABLE := $(INSTALL) --no-deps --no-build-isolation -e .
COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(LOCK_TOOL)/bin/pip-compile --quiet \
	--generate-hashes --strip-extras --allow-unsafe --no-annotate --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host
CODE := src mocks steps loadtests tests benchmarks conftest.py

# Many processes import the same modules; without their bytecode each compiles them anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: accept test lint bench notebooks lock clean

accept: $(STAMP)/run
	$(BIN)/pruefstand accept

# All scenarios run once, as `pruefstand accept` (test_accept_command.py); bare pytest runs them too.
# The files go in order: acceptance, with the longest single tests, first.
test: lint
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder \
		--ignore tests/acceptance/test_features.py

lint: $(STAMP)/dev
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy

bench: $(STAMP)/run
	@for file in benchmarks/bench_*.py; do echo "$$file"; $(BIN)/python "$$file" || exit 1; done

notebooks: $(STAMP)/run
	$(BIN)/jupyter lab --notebook-dir=notebooks

$(STAMP)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than 3.11: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMP) && touch $@

$(STAMP)/run: requirements.lock pyproject.toml | $(STAMP)/venv
	$(INSTALL) --require-hashes -r requirements.lock
	$(EDITABLE)
	@touch $@

$(STAMP)/dev: requirements-dev.lock pyproject.toml | $(STAMP)/venv
	$(INSTALL) --require-hashes -r requirements-dev.lock
	$(EDITABLE)
	@touch $@ $(STAMP)/run

# Takes minutes: the hashes of all platforms' files are fetched. LOCK_FLAGS= keeps what is pinned.
lock: | $(STAMP)/venv
	test -x $(LOCK_TOOL)/bin/pip-compile || { $(PYTHON) -m venv $(LOCK_TOOL) \
		&& $(LOCK_TOOL)/bin/pip install --quiet pip-tools; }
	$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")' > build/dev.in
	$(COMPILE) $(LOCK_FLAGS) --build-deps-for=editable --output-file requirements.lock pyproject.toml
	cp requirements.lock build/requirements.txt
	$(COMPILE) $(LOCK_FLAGS) --output-file requirements-dev.lock build/requirements.txt build/dev.in
	! grep -n '://' requirements.lock requirements-dev.lock

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
