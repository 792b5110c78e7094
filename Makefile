# `make demo` and `make test` need nothing but Python 3.11 or newer, git and make: they build .venv themselves.

PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$name && break; done)
WORKERS ?= 3
VENV := .venv
REFERENCE := .venv-reference
LIBRARIES := .venv-libraries
SQUAWK := .venv-squawk
PICTURES := .tools-pictures
SQLALCHEMY_2_0 := .venv-sqlalchemy-2.0
BIN := $(VENV)/bin
PIP := -m pip --disable-pip-version-check install --quiet

# Tests start thousands of processes. Each would compile all modules by itself where no bytecode is written
# (PYTHONDONTWRITEBYTECODE), as in many containers.
COMPILE := $(BIN)/python -m compileall -q src compat tests

# Seconds after which a test fails that has come to hang; campaigns may take hours.
BOUND := --timeout=900

.PHONY: help demo docs docs-serve docs-follow picture test test-2.0 matrix campaign bench lint schemas lint-page gates-update signs format venv reference libraries squawk pictures clean

help:
	@echo "make demo       watch the main job: a shop's history upgraded, a revision made, one step down and up"
	@echo "make test       all tests but the long ones (WORKERS=3 processes)"
	@echo "make test-2.0   the tests that depend on SQLAlchemy, on 2.0 in place of 2.1 (ARGS=tests for all)"
	@echo "make matrix     the same on each combination of Python, SQLAlchemy, driver and PostgreSQL (ARGS='--only 3.13')"
	@echo "make campaign   the long ones: random graphs and schemas against the reference"
	@echo "make bench      whole processes against the reference, medians and ratios (ARGS='--only heads')"
	@echo "make lint       ruff, mypy, pyright, import contract"
	@echo "make lint-page  write the rules of docs/lint.md anew, after a change of src/limbeck/lint/rules"
	@echo "make schemas    write the JSON Schemas of docs/schemas anew, after a change of src/limbeck/results"
	@echo "make gates-update  shorten the lists of exceptions (tests/house/lists, pyproject.toml) to those still needed"
	@echo "make signs      the largest files, classes and functions, to be looked at"
	@echo "make docs       the documentation as web pages, in docs/_build"
	@echo "make docs-serve show it at http://127.0.0.1:8000 (PORT=8000)"
	@echo "make docs-follow  write into tutorial and how-to pages what their commands print now"
	@echo "make picture    the moving picture of the README, from a run of its commands"
	@echo "make format     ruff's formatter and its safe fixes"
	@echo "make venv       .venv with everything for work on Limbeck"
	@echo "make reference  .venv-reference with Alembic 1.20.1, which tests and benchmarks compare with"
	@echo "make squawk     .venv-squawk with squawk, a linter for PostgreSQL, which tests hold limbeck lint against"
	@echo "make pictures   .tools-pictures with Mermaid, @dbml/core, resvg and axe-core (needs Node), which tests read pictures and pages by"
	@echo "make libraries  .venv-libraries with Flask-Migrate and others, which tests run on Limbeck under the name alembic"

demo: $(VENV)/.installed
	@$(BIN)/python examples/shop/demo.py

test: $(VENV)/.test $(VENV)/.docs $(REFERENCE)/.installed
	@$(MAKE) --no-print-directory libraries || echo "no $(LIBRARIES): the tests that need it are skipped" >&2
	@$(MAKE) --no-print-directory squawk || echo "no $(SQUAWK): the tests that need it are skipped" >&2
	@$(MAKE) --no-print-directory pictures || echo "no $(PICTURES): the tests that need it are skipped" >&2
	$(COMPILE)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(BOUND) $(ARGS)

# The long ones are left out, and what asks Git, processes and servers more than SQLAlchemy: once is enough.
test-2.0: ARGS := tests/autogenerate tests/ddl tests/operations tests/runtime -k 'not property and not killed and not concurrency and not resume and not signals and not blocked and not stamp_verify and not skipped and not ahead'
test-2.0: $(VENV)/.test $(REFERENCE)/.installed $(SQLALCHEMY_2_0)/.installed
	$(COMPILE)
	PYTHONPATH=$(CURDIR)/$(SQLALCHEMY_2_0) $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(BOUND) $(ARGS)

# 3.11, 3.12 and 3.13 with either SQLAlchemy, three drivers and two servers: an hour and more.
matrix: $(VENV)/.test
	@$(BIN)/python tests/matrix.py $(ARGS)

campaign: $(VENV)/.test $(REFERENCE)/.installed
	$(COMPILE)
	$(BIN)/python -m pytest -m campaign -n $(WORKERS) --dist loadgroup $(ARGS)

bench: $(VENV)/.test $(REFERENCE)/.installed
	@$(BIN)/python benchmarks/run.py $(ARGS)

lint: $(VENV)/.test $(VENV)/.lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports

schemas:
	$(BIN)/python tests/house/schemas.py

lint-page:
	LIMBECK_WRITE_LINT_PAGE=1 $(BIN)/python -m pytest -q -n 0 tests/lint/test_rules.py -k documented

docs: $(VENV)/.docs
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --nitpicky --quiet -b html docs docs/_build

docs-serve: docs
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory docs/_build $(or $(PORT),8000)

picture: $(VENV)/.test
	$(BIN)/python docs/pictures/terminal.py

docs-follow: $(VENV)/.test
	LIMBECK_WRITE_DOCS=1 $(BIN)/python -m pytest -q -n 0 -m '' tests/docs/test_pages_followed.py $(ARGS)

gates-update:
	$(BIN)/python tests/house/gates.py
	$(BIN)/lint-imports

signs: $(VENV)/.lint
	@$(BIN)/python tests/house/signs.py

format: $(VENV)/.lint
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

venv: $(VENV)/.test $(VENV)/.lint

reference: $(REFERENCE)/.installed

squawk: $(SQUAWK)/.installed

libraries: $(LIBRARIES)/.installed

pictures: $(PICTURES)/.installed

clean:
	rm -rf $(VENV) .venv-matrix $(REFERENCE) $(LIBRARIES) $(SQUAWK) $(PICTURES) $(SQLALCHEMY_2_0) .demo docs/_build

$(VENV)/.installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (or: make PYTHON=...)" >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP) 'pip>=25.1'
	$(BIN)/python $(PIP) --editable .
	@touch $@

$(VENV)/.%: $(VENV)/.installed
	$(BIN)/python $(PIP) --group $*
	@touch $@

$(REFERENCE)/.installed: Makefile
	test -x $(REFERENCE)/bin/python || $(PYTHON) -m venv $(REFERENCE)
	$(REFERENCE)/bin/python $(PIP) alembic==1.20.1 'SQLAlchemy>=2.1,<2.2' 'psycopg[binary]' psycopg2-binary PyMySQL aiosqlite greenlet python-dotenv tzdata
	@touch $@

$(SQUAWK)/.installed: Makefile
	test -x $(SQUAWK)/bin/python || $(PYTHON) -m venv $(SQUAWK)
	$(SQUAWK)/bin/python $(PIP) squawk-cli==2.70.0
	@touch $@

# The last versions that run on Node 20.
$(PICTURES)/.installed: Makefile
	npm install --silent --no-audit --no-fund --prefix $(PICTURES) mermaid@11.14.0 jsdom@26.1.0 @dbml/core@10.2.0 @resvg/resvg-js@2.6.2 axe-core@4.14.1
	@touch $@

# A folder of SQLAlchemy alone, to be put in front of that of .venv.
$(SQLALCHEMY_2_0)/.installed: $(VENV)/.installed Makefile
	$(BIN)/python $(PIP) --no-deps --upgrade --target $(SQLALCHEMY_2_0) 'SQLAlchemy>=2.0,<2.1'
	@touch $@

# One resolver run, so that what requires Alembic finds the distribution of compat/; the reference lies beside, to be put in front.
$(LIBRARIES)/.installed: tests/compat/libraries.txt compat/pyproject.toml
	test -x $(LIBRARIES)/bin/python || $(PYTHON) -m venv $(LIBRARIES)
	$(LIBRARIES)/bin/python $(PIP) 'pip>=25.1'
	$(LIBRARIES)/bin/python $(PIP) --editable . --editable ./compat --requirement tests/compat/libraries.txt
	$(LIBRARIES)/bin/python $(PIP) --no-deps --upgrade --target $(LIBRARIES)/reference alembic==1.20.1
	$(LIBRARIES)/bin/python -m pip download --quiet --no-deps --no-binary :all: --dest $(LIBRARIES)/sdists Flask-Migrate==4.1.0
	@touch $@
