"""A run loads the modules of its own database and of no other; the API loads none."""

from __future__ import annotations

import subprocess
import sys

import pytest
from project import Project

BEFORE = """\
import atexit, os, sys
if "SHOW_LOADED" in os.environ:
    atexit.register(lambda: print("LOADED", *sorted(sys.modules)))
metadata = sa.MetaData()
sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("b", sa.String(9)))
"""
REBUILD = """\
op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer))
with op.batch_alter_table("t", recreate="always") as batch:
    batch.alter_column("a", existing_type=sa.Integer(), nullable=False)
"""
FOLDERS = {"sqlite": "sqlite", "postgresql": "postgresql", "mariadb": "mysql"}


@pytest.mark.parametrize(("backend", "edition"), [(name, edition) for name in FOLDERS for edition in (None, 2026)])
@pytest.mark.parametrize("words", [("upgrade", "head"), ("check",)], ids=" ".join)
def test_a_run_loads_its_own_dialect(make, backend: str, edition: int | None, words: tuple[str, ...]) -> None:
    project: Project = make(backend, edition=edition)
    project.connected(configure="target_metadata=metadata", before=BEFORE)
    project.script("r1", up=REBUILD, undo='op.drop_table("t")')
    if words == ("check",):
        project.upgrade()
    code, said = project.run_afresh(*words, SHOW_LOADED="1")
    assert code == (1 if words == ("check",) else 0), said
    loaded = next(line for line in said.splitlines() if line.startswith("LOADED")).split()[1:]
    folders = {name.split(".")[2] for name in loaded if name.startswith("limbeck.dialects.")}
    assert folders == {FOLDERS[backend]}
    if backend != "sqlite":
        assert [name for name in loaded if "sqlite" in name] == []


@pytest.mark.parametrize("module", ["limbeck.op", "limbeck.operations.base", "limbeck.migrator", "limbeck.command"])
def test_the_api_loads_no_dialect(module: str) -> None:
    ask = f"import {module}, sys; print(*(name for name in sys.modules if name.startswith('limbeck.dialects.')))"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
