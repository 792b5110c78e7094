"""What only looks makes no file: a SQLite database that is missing is an empty one, or an error, and stays missing."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from command_line import Environment
from sqlalchemy.ext.asyncio import create_async_engine

from limbeck import Migrator, aio
from limbeck.cli import CommandLine

LOOKING = {
    "blame": ["t_a1"],
    "branches": [""],
    "check": [""],
    "completion": ["bash"],
    "current": ["", "--verbose", "--check-heads"],
    "diff": ["base head"],
    "doctor": [""],
    "explain": ["no-database-file"],
    "graph": ["", "--applied"],
    "heads": [""],
    "history": ["", "-i", "-r current:", "--log"],
    "lint": ["", "--database", "--observe", "a1:a2"],
    "list_templates": [""],
    "plan": ["", "--scratch", "--dry-run", "--json", "--save kept.json"],
    "report": ["--html report.html", "--html applied.html --applied"],
    "schema": ["", "a1", "head", "--models"],
    "show": ["a1", "a1 --schema", "current"],
    "status": ["", "--check", "--wait 0"],
    "test": [""],
    "upgrade": ["head --sql"],
}
"""Command lines by command."""

CHANGING = {
    "downgrade": "runs steps",
    "edit": "opens files",
    "ensure_version": "creates the version table",
    "fleet": "names its databases itself: tests/fleet",
    "freeze": "writes a file",
    "init": "writes files",
    "merge": "writes a file",
    "prune": "rewrites files",
    "rebase": "rewrites files",
    "revision": "writes a file; with --autogenerate Alembic creates the version table",
    "squash": "rewrites files",
    "stamp": "writes the version table",
    "switch": "runs steps",
}

RUN = """
import json, sys, warnings
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from limbeck.cli import CommandLine

left = {}
for line in json.loads(sys.argv[1]):
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        try:
            CommandLine(prog="limbeck").main(line.split())
            code = 0
        except SystemExit as end:
            code = end.code
    left[line] = [code, sorted(map(str, Path().glob("*.db*"))), said.getvalue()]
    for file in Path().glob("*.db*"):
        file.unlink()
print(json.dumps(left))
"""


def test_every_command_is_one_of_the_two() -> None:
    line = CommandLine(prog="limbeck")
    assert set(line.subparsers.choices) == {*LOOKING, *CHANGING}
    assert not {*LOOKING} & {*CHANGING}


@pytest.mark.parametrize("edition", ["2026", "none"])
def test_no_command_that_only_looks_makes_a_file(environment: Environment, edition: str) -> None:
    if edition == "none":
        text = (environment.root / "alembic.ini").read_text(encoding="utf-8")
        assert "\nedition = 2026\n" in text
        environment.write("alembic.ini", text.replace("\nedition = 2026\n", "\n"))
    lines = [f"{command} {each}".strip() for command, all_ in LOOKING.items() for each in all_]
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(lines)],
        check=False,
        cwd=environment.root,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert {line: files for line, (_, files, _) in found.items() if files} == {}
    assert {line: said for line, (code, _, said) in found.items() if code == 2} == {}, "none is misspelled"


def test_a_squash_is_proved_elsewhere_and_makes_no_file_of_the_database(environment: Environment) -> None:
    done = environment.limbeck("squash", "a1:a2", "-m", "both", "--yes")
    assert done.returncode == 0, done.stderr
    assert [*environment.versions.glob("a2_*")] == [environment.versions / "a2_both.py"]
    assert [*environment.root.glob("*.db*")] == []


@pytest.mark.parametrize("url", ["sqlite:///{}", "sqlite:///file:{}?uri=true", "sqlite:///file:{}?mode=rwc&uri=true"])
def test_a_pool_keeps_no_connection_that_stood_in_for_a_missing_file(environment: Environment, url: str) -> None:
    file = environment.root / "pooled.db"
    engine = sa.create_engine(url.format(file), poolclass=sa.QueuePool)
    migrator = Migrator(engine, environment.versions)
    assert migrator.current().rows == ()
    assert not file.exists()
    migrator.upgrade()
    with sa.create_engine(f"sqlite:///{file}").connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all() == ["a2"]
    assert migrator.current().rows == ("a2",)
    engine.dispose()


def test_by_a_driver_for_asyncio(environment: Environment) -> None:
    file = environment.root / "awaited.db"

    async def look_run_and_look() -> None:
        engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
        migrator = aio.Migrator(engine, environment.versions)
        assert (await migrator.current()).rows == ()
        assert not file.exists()
        await migrator.upgrade()
        assert (await migrator.current()).rows == ("a2",)
        await engine.dispose()

    asyncio.run(look_run_and_look())


def test_a_uri_that_makes_no_file_is_the_databases_own_matter(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///file:{tmp_path / 'none.db'}?mode=ro&uri=true")
    with pytest.raises(Exception, match="unable to open database file"):
        Migrator(engine, tmp_path).current()
