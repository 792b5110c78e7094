"""Random command lines on histories that they make themselves, by both tools, on SQLite.

After each command: whether it failed, stdout and log lines where it did not. At the end: scripts, version rows, schema.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import random_command_lines
from left_out_commands import OF_COMMANDS
from machine import Machine
from side_by_side import Tool

COMMANDS = Machine(random_command_lines.commands, random_command_lines.carried_out, OF_COMMANDS, batch=4)


def test_both_do_the_same(alembic: Tool, limbeck: Tool, tmp_path: Path) -> None:
    found = COMMANDS.run((alembic, limbeck), tmp_path, examples=30)
    assert not found, "\n".join(found)


def test_what_is_left_out_does_differ(alembic: Tool, limbeck: Tool, tmp_path: Path) -> None:
    assert COMMANDS.untrue((alembic, limbeck), tmp_path) == []


PLANTED = """
from limbeck.runtime import version_table
version_table.VersionTable.apply = lambda self, change: None
"""


def test_a_planted_difference_is_found(alembic: Tool, limbeck: Tool, tmp_path: Path) -> None:
    """A version table in which no row is inserted."""
    found = COMMANDS.run((alembic, limbeck), tmp_path, examples=12, planted=PLANTED, most=1)
    assert len(found) == 1
    assert found[0].count("run(") <= 3, "the example is not small"


@pytest.mark.campaign
def test_campaign(alembic: Tool, limbeck: Tool, tmp_path: Path) -> None:
    found = COMMANDS.campaign((alembic, limbeck), tmp_path)
    assert not found, "\n\n".join(found)
