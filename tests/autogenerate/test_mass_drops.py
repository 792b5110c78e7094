"""Mass drops: models that were not imported look like models that were deleted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from running import Database, nothing, tables

from limbeck.errors import CommandError

FOUR = tables(a=list, b=list, c=list, d=list)


def test_an_empty_metadata_stops_under_an_edition(database: Database) -> None:
    database.create(FOUR)
    with pytest.raises(CommandError, match="would drop 4 of the database's 4 tables: a, b, c, d") as caught:
        database.write(nothing, options={"edition": 2026, "allow_drops": False})
    assert (caught.value.code, caught.value.exit_code) == ("mass-drop", 3)
    assert "import your models in env.py" in str(caught.value.hint)
    assert "--allow-drops" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("left", "stops"),
    [(tables(a=list), True), (tables(a=list, b=list), False)],
    ids=["three of four", "two of four"],
)
def test_more_than_half_of_the_tables_stops(left, stops: bool, sqlite_url: str) -> None:
    with sa.create_engine(sqlite_url).connect() as connection:
        database = Database(connection, edition=2026, allow_drops=False)
        database.create(FOUR)
        if stops:
            with pytest.raises(CommandError, match="would drop 3 of the database's 4 tables: b, c, d"):
                database.write(left)
        else:
            assert "op.drop_table('c')" in database.write(left).upgrade


def test_without_an_edition_it_is_written_with_a_warning(database: Database) -> None:
    database.create(FOUR)
    revision = database.write(nothing, options={"allow_drops": False})
    assert revision.upgrade.count("op.drop_table(") == 4
    assert revision.warnings == ["This would drop 4 of the database's 4 tables: a, b, c, d"]


def test_tables_that_filters_leave_out_are_not_lost(sqlite_url: str) -> None:
    def include_object(object_, name, type_, reflected, compare_to):
        return not (type_ == "table" and reflected and name in "abc")

    with sa.create_engine(sqlite_url).connect() as connection:
        database = Database(connection, edition=2026, allow_drops=False, include_object=include_object)
        database.create(FOUR)
        assert database.write(nothing).upgrade == "op.drop_table('d')"


ENV = """
from sqlalchemy import MetaData, create_engine
from limbeck import context

with create_engine("sqlite:///test.db").connect() as connection:
    context.configure(connection=connection, target_metadata=MetaData(), edition=2026)
    with context.begin_transaction():
        context.run_migrations()
"""


@pytest.mark.parametrize("command", [["revision", "--autogenerate"], ["check"]], ids=lambda command: command[0])
def test_the_command_line(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "m" / "versions").mkdir(parents=True)
    (tmp_path / "m" / "env.py").write_text(ENV)
    (tmp_path / "m" / "script.py.mako").write_text("revision = ${repr(up_revision)}\ndown_revision = None\n")
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = m\n")
    with sa.create_engine(f"sqlite:///{tmp_path / 'test.db'}").begin() as connection:
        connection.exec_driver_sql("CREATE TABLE only_one (id INTEGER)")

    def limbeck(*arguments: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", "limbeck", *arguments]
        return subprocess.run(program, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=60)

    stopped = limbeck(*command)
    assert stopped.returncode == 3
    assert stopped.stderr.startswith("error[mass-drop]: This would drop 1 of the database's 1 tables: only_one\n")
    allowed = limbeck(*command, "--allow-drops")
    if command == ["check"]:
        assert "error[differences-found]" in allowed.stderr
    else:
        assert (allowed.returncode, allowed.stderr) == (0, "")
