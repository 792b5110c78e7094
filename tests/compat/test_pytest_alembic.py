"""pytest-alembic: its tests pass on a history that is in order, and fail on one that is not, each for its reason."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest
from installed import Installed, write
from shop import environment, revision

MODELS = """
    import sqlalchemy as sa
    metadata = sa.MetaData()
    sa.Table("customer", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(40)))
    """

CREATE = 'op.create_table("customer", sa.Column("id", sa.Integer, primary_key=True))'
DROP = 'op.drop_table("customer")'
ADD = 'op.add_column("customer", sa.Column("name", sa.String(40)))'
REMOVE = 'op.drop_column("customer", "name")'

CONFTEST = """
    import pytest
    import sqlalchemy as sa
    from pytest_alembic.config import Config

    @pytest.fixture
    def alembic_config():
        row = {"__tablename__": "customer", "id": 7}
        return Config(config_options={"file": "alembic.ini"}, at_revision_data={"a2": row})

    @pytest.fixture
    def alembic_engine():
        return sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    """

TESTS = """
    import pytest
    from pytest_alembic.tests import (
        test_model_definitions_match_ddl, test_single_head_revision, test_up_down_consistency, test_upgrade,
    )

    def test_data_live_through_a_revision(alembic_runner, alembic_engine):
        assert alembic_runner.history.revisions == ["base", "a1", "a2", "heads"]
        assert alembic_runner.heads == ["a2"]
        alembic_runner.migrate_up_before("a2")
        alembic_runner.insert_into("customer", {"id": 1})
        alembic_runner.migrate_up_one()
        assert alembic_runner.current == "a2"
        with alembic_engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT id, name FROM customer ORDER BY id").all()
        assert rows == [(1, None), (7, None)]
        alembic_runner.migrate_down_one()
        assert alembic_runner.current == "a1"
    """

HISTORY = (revision("a1", None, up=CREATE, undo=DROP), revision("a2", "a1", up=ADD, undo=REMOVE))


def outcomes(tool: Installed, folder: Path) -> tuple[dict[str, str], str]:
    """The outcome of each test by its name, and all that pytest said."""
    done = tool.run("python", "-m", "pytest", "-rA", "--tb=line", "test_it.py", cwd=folder, COLUMNS="600")
    found = re.findall(r"^(PASSED|FAILED|ERROR) test_it\.py::(\w+)", done.stdout, re.MULTILINE)
    return {name: outcome for outcome, name in found}, done.stdout


def project(folder: Path, *revisions: dict[str, str], models: str = MODELS, tests: str = TESTS) -> Path:
    return write(folder, environment("sqlite://", models, *revisions) | {"conftest.py": CONFTEST, "test_it.py": tests})


def test_a_history_in_order_passes(either: Installed, tmp_path: Path) -> None:
    found, said = outcomes(either, project(tmp_path, *HISTORY))
    names = ("model_definitions_match_ddl", "single_head_revision", "up_down_consistency", "upgrade")
    assert found == {
        **{f"test_{name}": "PASSED" for name in names},
        "test_data_live_through_a_revision": "PASSED",
    }, said


EXPERIMENTAL = """
    from pytest_alembic.tests.experimental import test_downgrade_leaves_no_trace
    """


@pytest.mark.parametrize(("undo", "outcome"), [(REMOVE, "PASSED"), ("pass", "FAILED")])
def test_a_downgrade_leaves_no_trace(undo: str, outcome: str, either: Installed, tmp_path: Path) -> None:
    """The library compares the schema before and after by autogenerate, and shows the difference as code."""
    history = (HISTORY[0], revision("a2", "a1", up=ADD, undo=undo))
    found, said = outcomes(either, project(tmp_path, *history, tests=EXPERIMENTAL))
    assert found == {"test_downgrade_leaves_no_trace": outcome}, said
    assert ("name" in said.partition("FAILURES")[2]) is (outcome == "FAILED"), said


BUILT_IN = TESTS.partition("def test_data")[0]


def test_a_model_without_revision_and_a_downgrade_that_fails(either: Installed, tmp_path: Path) -> None:
    broken = revision("a2", "a1", up=ADD, undo='op.drop_column("customer", "no_such")')
    models = dedent(MODELS) + '\nsa.Table("forgotten", metadata, sa.Column("id", sa.Integer, primary_key=True))\n'
    found, said = outcomes(either, project(tmp_path, HISTORY[0], broken, models=models, tests=BUILT_IN))
    assert found == {
        "test_model_definitions_match_ddl": "FAILED",
        "test_single_head_revision": "PASSED",
        "test_up_down_consistency": "FAILED",
        "test_upgrade": "PASSED",
    }, said
    assert "op.create_table('forgotten'" in said, said
    assert "no_such" in said, said


def test_two_heads(either: Installed, tmp_path: Path) -> None:
    found, said = outcomes(either, project(tmp_path, *HISTORY, revision("b2", "a1"), tests=BUILT_IN))
    assert found["test_single_head_revision"] == "FAILED", said
    assert re.search(r"Expected 1 head revision, found 2", said), said
