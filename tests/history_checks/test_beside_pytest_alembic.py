"""pytest-alembic 0.13.1, on Alembic itself, on the same planted faults: whatever it finds is found here, and more."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from good import Shop
from mutants import MUTANTS
from test_mutants import among, demand_named, planted

ENV = """\
from alembic import context
from shop.models import metadata

with context.config.attributes["connection"].connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
"""

CONFTEST = """\
import pytest
import sqlalchemy as sa

@pytest.fixture
def alembic_config():
    return {"file": "alembic.ini"}

@pytest.fixture
def alembic_engine():
    return sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
"""

TESTS = """\
from pytest_alembic.tests import (
    test_model_definitions_match_ddl, test_single_head_revision, test_up_down_consistency, test_upgrade,
)
from pytest_alembic.tests.experimental import test_downgrade_leaves_no_trace

def test_all_models_register_on_metadata(alembic_runner):
    from pytest_alembic.tests import experimental
    experimental.test_all_models_register_on_metadata(alembic_runner, "shop")
"""

TRACE, CONSISTENCY = "downgrade_leaves_no_trace", "up_down_consistency"
UPGRADE, MODELS = "upgrade", "model_definitions_match_ddl"
HEADS, REGISTERED = "single_head_revision", "all_models_register_on_metadata"

FINDS = {
    "downgrade forgets an index": {TRACE},
    "downgrade drops the index of another name": {CONSISTENCY, TRACE},
    "downgrade drops the wrong index": {TRACE},
    "downgrade forgets a table": {CONSISTENCY, TRACE},
    "downgrade forgets a column": {TRACE},
    "downgrade goes back to another type": {TRACE},
    "downgrade leaves the longer type": {TRACE},
    "downgrade leaves the old name": {TRACE},
    "downgrade misspells the old name": {TRACE},
    "downgrade leaves NOT NULL": {TRACE},
    "downgrade forgets a unique constraint": {TRACE},
    "downgrade loses a default": set[str](),
    "downgrade leaves the new default": set[str](),
    "downgrade makes a unique constraint of another name": {TRACE},
    "downgrade makes a unique constraint of another column": set[str](),
    "downgrade forgets a check": set[str](),
    "downgrade makes another check": set[str](),
    "downgrade leaves ON DELETE": set[str](),
    "downgrade forgets a foreign key": {TRACE},
    "downgrade forgets the index of a column": {CONSISTENCY, TRACE},
    "downgrade makes a unique index": set[str](),
    "downgrade makes a nullable column": set[str](),
    "downgrade forgets a view": {CONSISTENCY},
    "downgrade goes back to another scale": {TRACE},
    "there is no downgrade": {CONSISTENCY, TRACE},
    "two revisions follow the same one": {CONSISTENCY, HEADS, MODELS, TRACE, UPGRADE},
    "upgrade alters a table before it is made": {CONSISTENCY, MODELS, TRACE, UPGRADE},
    "upgrade misspells a column": {CONSISTENCY, MODELS, TRACE, UPGRADE},
    "upgrade has a constraint that is not there": {CONSISTENCY, MODELS, TRACE, UPGRADE},
    "a script cannot be imported": {CONSISTENCY, HEADS, MODELS, REGISTERED, TRACE, UPGRADE},
    "upgrade forgets an index": {MODELS},
    "upgrade forgets a column": {MODELS},
    "upgrade makes another type": {MODELS},
    "upgrade forgets a unique constraint": {MODELS},
    "upgrade forgets ON DELETE": {MODELS},
    "upgrade makes another default": set[str](),
    "upgrade makes a type that loses digits": {MODELS},
    "upgrade adds NOT NULL without a default": set[str](),
    "upgrade sets NOT NULL without filling": set[str](),
    "upgrade makes a table anew": set[str](),
    "upgrade copies a table and forgets a price": set[str](),
    "downgrade adds NOT NULL without a default": set[str](),
    "downgrade makes a type that loses digits": {TRACE},
    "a script lacks what only a run makes": set[str](),
    "a script lacks rows that only a run inserts": set[str](),
    "a module of models is not imported": {REGISTERED},
}
"""The tests of it that fail, by the fault."""


def fails(libraries: Path, shop: Shop) -> set[str]:
    """The tests of pytest-alembic, those behind its option for experimental ones too, that fail on the history."""
    (shop.root / "migrations" / "env.py").write_text(ENV)
    for file in shop.versions.glob("*.py"):
        file.write_text(file.read_text().replace("from limbeck import", "from alembic import"))
    (shop.root / "shop" / "__init__.py").write_text("from shop.models import metadata\n")  # where it looks for one
    (shop.root / "conftest.py").write_text(CONFTEST)
    (shop.root / "test_it.py").write_text(TESTS)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIMBECK_", "PYTEST_", "PYTHON"))}
    done = subprocess.run(
        [libraries / "bin" / "python", "-m", "pytest", "-rA", "--tb=no", "-p", "no:cacheprovider", "test_it.py"],
        cwd=shop.root,
        env={**kept, "PYTHONPATH": str(libraries / "reference"), "COLUMNS": "600"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"^(PASSED|FAILED|ERROR) test_it\.py::test_(\w+)", done.stdout, re.MULTILINE)
    assert len(found) == 6, done.stdout
    return {name for outcome, name in found if outcome != "PASSED"}


def test_each_fault_on_sqlite_is_tried() -> None:
    assert list(FINDS) == [mutant.name for mutant in among(MUTANTS, "sqlite")]


@pytest.mark.campaign
def test_the_good_history_passes(libraries: Path, tmp_path: Path) -> None:
    assert fails(libraries, Shop(tmp_path, "sqlite://").write()) == set()


@pytest.mark.campaign
@pytest.mark.parametrize("name", FINDS)
def test_a_fault(name: str, libraries: Path, tmp_path: Path, sqlite_url: str) -> None:
    mutant = next(one for one in MUTANTS if one.name == name)
    demand_named(mutant, tmp_path / "here", sqlite_url)
    assert fails(libraries, planted(tmp_path / "there", "sqlite://", mutant)) == FINDS[name]
