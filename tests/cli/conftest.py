"""Environments for the command to run in."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import REVISION, Environment, limbeck


@pytest.fixture
def bare(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command in an empty folder."""
    return lambda *arguments, **settings: limbeck(tmp_path, *arguments, **settings)


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A new environment with two revisions."""
    made = Environment(tmp_path)
    done = made.limbeck("init", "migrations")
    assert done.returncode == 0, done.stderr
    made.configure("sqlalchemy.url", "sqlite:///test.db")
    made.write("migrations/versions/a1_first.py", REVISION.format(about="first", revision="a1", down=None))
    made.write("migrations/versions/a2_second.py", REVISION.format(about="second", revision="a2", down="a1"))
    return made
