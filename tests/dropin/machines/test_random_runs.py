"""Random options of `configure()`, and commands on a small history, by both tools.

Offline on each dialect: the script. On SQLite: log lines, calls of `on_version_apply`, rows, errors.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import random_runs
from left_out_runs import OF_RUNS, OF_SCRIPTS
from machine import Machine, cells_of
from side_by_side import Tool

RUNS = Machine(random_runs.database, cells_of("runs.py"), OF_RUNS)
SCRIPTS = Machine(random_runs.script, cells_of("runs.py"), OF_SCRIPTS)

machines = pytest.mark.parametrize("machine", [RUNS, SCRIPTS], ids=["runs", "scripts"])


@machines
def test_both_do_the_same(alembic: Tool, limbeck: Tool, tmp_path: Path, machine: Machine) -> None:
    found = machine.run((alembic, limbeck), tmp_path, examples=400)
    assert not found, "\n".join(found)


@machines
def test_what_is_left_out_does_differ(alembic: Tool, limbeck: Tool, tmp_path: Path, machine: Machine) -> None:
    assert machine.untrue((alembic, limbeck), tmp_path) == []


PLANTED = """
from limbeck.runtime import version_table
read = version_table.VersionTable.read
version_table.VersionTable.read = lambda self, *arguments: tuple(reversed(read(self, *arguments)))[:1]
"""


def test_a_planted_difference_is_found(alembic: Tool, limbeck: Tool, tmp_path: Path) -> None:
    """A version table of which one row is read."""
    found = RUNS.run((alembic, limbeck), tmp_path, examples=120, planted=PLANTED, most=1)
    assert len(found) == 1
    assert found[0].count("run(") <= 2, "the example is not small"


@machines
@pytest.mark.campaign
def test_campaign(alembic: Tool, limbeck: Tool, tmp_path: Path, machine: Machine) -> None:
    found = machine.campaign((alembic, limbeck), tmp_path)
    assert not found, "\n\n".join(found)
