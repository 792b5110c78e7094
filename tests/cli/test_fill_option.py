"""``revision --autogenerate --fill``, questions at a terminal, and ``FILL_IN`` that is left in a script."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from limbeck import command, console
from limbeck.autogenerate.context import AutogenContext
from limbeck.config import Config
from limbeck.errors import CommandError, LimbeckWarning

ENV = """
import sqlalchemy as sa
from limbeck import context
metadata = sa.MetaData()
sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer, nullable=False))
with sa.create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """An environment whose database has a row in table ``t``, which lacks the column ``a`` of the models."""
    made = Config(str(tmp_path / "alembic.ini"))
    command.init(made, str(tmp_path / "m"), edition=2026)
    (tmp_path / "m" / "env.py").write_text(ENV)
    made = Config(str(tmp_path / "alembic.ini"))
    made.set_main_option("sqlalchemy.url", f"sqlite:///{tmp_path / 'x.db'}")
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL)")
        connection.execute("INSERT INTO t VALUES (1)")
    return made


def rows(folder: Path) -> list[tuple[int, ...]]:
    with sqlite3.connect(folder / "x.db") as connection:
        return connection.execute("SELECT * FROM t").fetchall()


def scripts(folder: Path) -> list[Path]:
    return sorted((folder / "m" / "versions").glob("*.py"))


def test_a_value_is_said(tmp_path: Path, config: Config) -> None:
    command.revision(config, "a", autogenerate=True, fill=["t.a=1 + 2"])
    command.upgrade(config, "head")
    assert rows(tmp_path) == [(1, 3)]
    command.check(config)


def test_a_value_is_asked_for(tmp_path: Path, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def ask(question: str) -> str:
        asked.append(question)
        return "7"

    monkeypatch.setattr(AutogenContext, "can_ask", True)
    monkeypatch.setattr(console, "ask", ask)
    command.revision(config, "a", autogenerate=True)
    command.upgrade(config, "head")
    assert asked == ["t.a is NOT NULL: SQL of the value for existing rows (Enter: write it later)"]
    assert rows(tmp_path) == [(1, 7)]


def test_a_value_for_another_column_is_refused_and_nothing_written(tmp_path: Path, config: Config) -> None:
    with pytest.raises(CommandError, match=r"--fill t\.b=\.\.\.: the script makes no column") as refused:
        command.revision(config, "a", autogenerate=True, fill=["t.a=1", "t.b=1"])
    assert (refused.value.exit_code, scripts(tmp_path)) == (2, [])


def test_what_is_left_is_named_with_file_line_and_column(tmp_path: Path, config: Config) -> None:
    """Before anything runs, and by ``check`` too."""
    with pytest.warns(LimbeckWarning, match="t.a is NOT NULL"):
        command.revision(config, "a", autogenerate=True)
    [script] = scripts(tmp_path)
    line = next(number for number, text in enumerate(script.read_text().splitlines(), 1) if "= FILL_IN" in text)
    for run in (lambda: command.upgrade(config, "head"), lambda: command.check(config)):
        with pytest.raises(CommandError, match=r"FILL_IN is left: rows of t\.a have no value") as refused:
            run()
        assert (refused.value.code, refused.value.file, refused.value.line) == ("fill-in", str(script), line)
    assert rows(tmp_path) == [(1,)]


def test_a_downgrade_that_is_not_filled_in_does_not_hold_up_the_upgrade(tmp_path: Path, config: Config) -> None:
    command.revision(config, "a", autogenerate=True, fill=["t.a=1"])
    [script] = scripts(tmp_path)
    script.write_text(
        script.read_text()
        .replace("op.drop_column('t', 'a')", "x = FILL_IN")
        .replace("batch_op.drop_column('a')", "x = FILL_IN")
    )
    command.upgrade(config, "head")
    with pytest.raises(CommandError, match="FILL_IN is left"):
        command.downgrade(config, "base")
