# ruff: noqa: E501 - scripts as they are rendered
"""Virtual tables of SQLite: created, replaced, dropped; they and their shadow tables are no tables of the models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import comparing
import pytest
import sqlalchemy as sa
from inline_snapshot import snapshot
from sqlalchemy import Column, Integer, MetaData, String, Table
from staging import Stage

from limbeck.errors import CommandError
from limbeck.objects import Trigger, VirtualTable, objects_in


@pytest.fixture
def stage(sqlite_url: str) -> Iterator[Stage]:
    with sa.create_engine(sqlite_url, poolclass=sa.NullPool).connect() as connection:
        yield Stage(connection)
        connection.rollback()


def declared(*objects: Callable[[MetaData], Any]) -> Callable[[MetaData], None]:
    def fill(m: MetaData) -> None:
        Table("page", m, Column("id", Integer, primary_key=True), Column("body", String(20)))
        for each in objects:
            each(m)

    return fill


def virtual(name: str, sql: str) -> Callable[[MetaData], Any]:
    return lambda m: VirtualTable(name, m, sql)


def trigger(m: MetaData) -> None:
    body = "INSERT INTO docs (rowid, body) VALUES (NEW.id, NEW.body);"
    Trigger("indexed", m, f"CREATE TRIGGER indexed AFTER INSERT ON page BEGIN {body} END")


DOCS = virtual("docs", "CREATE VIRTUAL TABLE docs USING fts5(body, content='page', content_rowid='id')")
PLAIN = virtual("docs", "CREATE VIRTUAL TABLE docs USING fts5(title, body, tokenize = 'porter ascii')")

PAIRS: dict[str, tuple[Any, Any]] = {
    "one comes": (declared(), declared(DOCS)),
    "one comes with a trigger that fills it": (declared(), declared(trigger, DOCS)),
    "its columns change": (declared(DOCS, trigger), declared(PLAIN, trigger)),
    "another module": (declared(virtual("box", "CREATE VIRTUAL TABLE box USING rtree(id, x0, x1)")), declared(PLAIN)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_there_and_back(stage: Stage, name: str) -> None:
    stage.there_and_back(*PAIRS[name])


def test_spelling_is_no_difference(stage: Stage) -> None:
    stage.make(declared(PLAIN))
    spelled = virtual(
        "docs", "create  virtual table if not exists \"docs\"\nUSING FTS5(title, body, tokenize = 'porter ascii');"
    )
    assert stage.diffs(declared(spelled)) == []


def test_the_operations(stage: Stage) -> None:
    stage.make(declared(PLAIN))
    script = stage.compare(declared(DOCS))
    assert stage.text(script.upgrade_ops) == snapshot(
        "op.replace_object('virtual_table', 'docs', \"CREATE VIRTUAL TABLE docs USING fts5(body, content='page', content_rowid='id')\", existing={'definition': \"CREATE VIRTUAL TABLE docs USING fts5(title, body, tokenize = 'porter ascii')\"})"
    )
    stage.run(script.upgrade_ops)
    assert stage.text(stage.compare(declared()).upgrade_ops) == snapshot(
        "op.drop_object('virtual_table', 'docs', \"CREATE VIRTUAL TABLE docs USING fts5(body, content='page', content_rowid='id')\")"
    )


@pytest.mark.parametrize("edition", [None, 2026])
def test_shadow_tables_are_left_alone(stage: Stage, edition: int | None) -> None:
    stage.make(declared(PLAIN))
    stage.options = {**comparing.DEFAULTS, "edition": edition, "drop_unknown": True, "allow_drops": True}
    stage.connection.exec_driver_sql("CREATE TABLE docs_of_mine (id INTEGER PRIMARY KEY)")
    changes = stage.diffs(declared(PLAIN))
    assert [(change[0], change[1].name) for change in changes] == [("remove_table", "docs_of_mine")]


def test_without_a_declaration_the_exact_comparison_leaves_them_alone(stage: Stage) -> None:
    stage.make(declared(PLAIN))
    stage.options = {**comparing.DEFAULTS, "edition": 2026, "drop_unknown": True, "allow_drops": True}
    assert stage.diffs(declared()) == []


def test_a_table_that_maps_one_is_left_alone(stage: Stage) -> None:
    def mapped(m: MetaData) -> None:
        Table("docs", m, Column("title", String), Column("body", String))

    stage.make(declared(PLAIN))
    assert stage.diffs(declared(PLAIN, mapped)) == []


def test_a_module_that_is_not_there(stage: Stage) -> None:
    with pytest.warns(UserWarning, match="no such module: missing"):
        assert len(stage.diffs(declared(virtual("v", "CREATE VIRTUAL TABLE v USING missing(a)")))) == 2
    with pytest.raises(CommandError, match="refuses virtual table v"):
        stage.compare(declared(virtual("v", "CREATE VIRTUAL TABEL v USING fts5(a)")))


def test_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "docs.sql").write_text("CREATE VIRTUAL TABLE docs USING fts5(body);")
    assert [(each.kind, each.name) for each in objects_in(tmp_path, MetaData())] == [("virtual_table", "docs")]
