"""Random calls of `op` and `batch_op`, some slightly wrong, by both tools.

Offline on each dialect: the script. On SQLite: schema and rows after batches. Errors and warnings in both.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import random_operations
from left_out_operations import OF_BATCHES, OF_SCRIPTS
from machine import Machine, cells_of
from side_by_side import Tool

SCRIPTS = Machine(random_operations.script, cells_of("operations.py"), OF_SCRIPTS)
BATCHES = Machine(random_operations.database, cells_of("operations.py"), OF_BATCHES)

machines = pytest.mark.parametrize("machine", [SCRIPTS, BATCHES], ids=["scripts", "batches"])


def test_scripts(alembic: Tool, limbeck: Tool, tmp_path: Path) -> None:
    found = SCRIPTS.run((alembic, limbeck), tmp_path, examples=320)
    assert not found, "\n".join(found)


def test_batches_on_sqlite(alembic: Tool, limbeck: Tool, tmp_path: Path) -> None:
    found = BATCHES.run((alembic, limbeck), tmp_path, examples=160)
    assert not found, "\n".join(found)


@machines
def test_what_is_left_out_does_differ(alembic: Tool, limbeck: Tool, tmp_path: Path, machine: Machine) -> None:
    assert machine.untrue((alembic, limbeck), tmp_path) == []


PLANTED = """
from limbeck.ddl import impl
drop = impl.DefaultImpl.drop_table
def wrong(self, table, **kw):
    table.name = "another"
    return drop(self, table, **kw)
impl.DefaultImpl.drop_table = wrong
"""


def test_a_planted_difference_is_found(alembic: Tool, limbeck: Tool, tmp_path: Path) -> None:
    found = SCRIPTS.run((alembic, limbeck), tmp_path, examples=120, planted=PLANTED, most=1)
    assert len(found) == 1
    assert "DROP TABLE another" in found[0]
    assert len(found[0].splitlines()) == 5, "the example is not small"


@machines
@pytest.mark.campaign
def test_campaign(alembic: Tool, limbeck: Tool, tmp_path: Path, machine: Machine) -> None:
    found = machine.campaign((alembic, limbeck), tmp_path)
    assert not found, "\n\n".join(found)
