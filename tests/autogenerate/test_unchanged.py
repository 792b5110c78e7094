"""Unchanged tables are told by the catalogue; the result is the same as with objects made of all tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import comparing
import corpus
import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Computed, ForeignKey, Identity, Index, Integer, MetaData, String, Table, UniqueConstraint

from limbeck.autogenerate import compare_metadata
from limbeck.autogenerate.compare.unchanged import UnchangedTables
from limbeck.autogenerate.read.reflect import Reflection
from limbeck.ddl.index_values import IndexValue, KeyValues, UniqueValue
from limbeck.dialects.sqlite import SQLiteImpl
from limbeck.runtime.migration import MigrationContext
from limbeck.runtime.plugins import Plugin, _registered

ADDRESS = re.compile(r"0x[0-9a-f]+|%\(\d+ param\)s")


# --- the same result ----------------------------------------------------------------------------------------------


def disagreements(
    url: str, monkeypatch: pytest.MonkeyPatch, chosen: Callable[[str], Any] = bool, **options: Any
) -> list[str]:
    """Pairs of the corpus whose comparison finds something else when objects are made of all tables.

    The database of each pair is compared with the second model, and with the first, which it was made from.
    """
    found = []
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        for name, plain in corpus.PAIRS.items():
            if engine.dialect.name not in plain.only or not chosen(name):
                continue
            pair = replace(plain, options={**plain.options, **options})
            comparing.create(connection, pair)
            for fill in (pair.after, pair.before):
                quick = comparing.say("limbeck", connection, pair, fill)
                with monkeypatch.context() as patch:
                    patch.setattr(UnchangedTables, "can_tell", lambda self: False)
                    full = comparing.say("limbeck", connection, pair, fill)
                found += [
                    f"{name} {key}:\n  quick {quick.get(key)}\n  full  {full.get(key)}"
                    for key in full
                    if ADDRESS.sub("0x", repr(quick.get(key))) != ADDRESS.sub("0x", repr(full[key]))
                ]
    return found


def test_sqlite(sqlite_url: str, monkeypatch: pytest.MonkeyPatch):
    assert disagreements(sqlite_url, monkeypatch) == []


def test_postgresql(postgresql_url: str, monkeypatch: pytest.MonkeyPatch):
    assert disagreements(postgresql_url, monkeypatch) == []


def test_mariadb(mariadb_url: str, monkeypatch: pytest.MonkeyPatch):
    assert disagreements(mariadb_url, monkeypatch) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_exact(kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """Only foreign keys have a check of their own in the exact comparison; types and checks stand for the rest."""
    url = request.getfixturevalue(f"{kind}_url")
    some = re.compile("foreign_keys|many_types_unchanged|checks|several_tables|convention").search
    assert disagreements(url, monkeypatch, some, compare="exact") == []


# --- which tables become objects ----------------------------------------------------------------------------------


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the tables of which objects were made."""
    names: list[str] = []
    build = Reflection.build

    def noting(self: Reflection, wanted: Any) -> None:
        build(self, wanted)
        names.extend(table for table in self.metadata.tables if table not in names)

    monkeypatch.setattr(Reflection, "build", noting)
    return names


def models(**changes: Any) -> MetaData:
    """a -> b -> c   d; ``changes`` are further columns by table."""
    metadata = MetaData()
    for name, other in (("a", "b"), ("b", "c"), ("c", None), ("d", None)):
        Table(
            name,
            metadata,
            Column("id", Integer, primary_key=True),
            Column("other", ForeignKey(f"{other}.id", name=f"fk_{name}")) if other else Column("other", Integer),
            Column("code", String(20), nullable=False, server_default="none"),
            UniqueConstraint("other", "code", name=f"uq_{name}"),
            Index(f"ix_{name}", "code"),
            *changes.get(name, ()),
        )
    return metadata


def diffs(connection: sa.Connection, target: MetaData, **options: Any) -> list[Any]:
    options = {"compare_server_default": True, **options}
    return compare_metadata(MigrationContext.configure(connection, opts=options), target)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def connection(request: pytest.FixtureRequest) -> Iterator[sa.Connection]:
    """A connection to a database with the tables of `models`."""
    engine = sa.create_engine(request.getfixturevalue(f"{request.param}_url"), poolclass=sa.NullPool)
    with engine.connect() as opened:
        models().create_all(opened)
        opened.commit()
        yield opened


@pytest.mark.parametrize("compare", ["classic", "exact"])
def test_unchanged_tables_are_not_made(connection: sa.Connection, made: list[str], compare: str):
    assert diffs(connection, models(), compare=compare) == []
    assert made == []


def test_a_changed_table_is_made_with_those_that_it_refers_to(connection: sa.Connection, made: list[str]):
    """a -> b* -> c   d"""
    (found,) = diffs(connection, models(b=[Column("fresh", Integer)]))
    assert found[:3] == ("add_column", None, "b")
    assert sorted(made) == ["b", "c"]


def test_a_removed_table_is_made(connection: sa.Connection, made: list[str]):
    target = models()
    target.remove(target.tables["d"])
    assert diffs(connection, target, allow_drops=True)[-1][0] == "remove_table"
    assert made == ["d"]


def test_computed_and_identity_columns_are_compared_by_the_catalogue(postgresql_url: str, made: list[str]):
    def target(start: int, expression: str) -> MetaData:
        metadata = MetaData()
        Table(
            "t",
            metadata,
            Column("id", Integer, Identity(start=start), primary_key=True),
            Column("twice", Integer, Computed(expression)),
        )
        return metadata

    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        target(5, "id * 2").create_all(connection)
        assert diffs(connection, target(5, "id * 2")) == []
        assert made == []
        assert len(diffs(connection, target(6, "id * 2"))) == 1
        with pytest.warns(UserWarning, match="cannot be modified"):
            assert diffs(connection, target(5, "id * 3")) == []


def test_the_database_compares_a_pair_of_defaults_once(postgresql_url: str):
    def target(default: str) -> MetaData:
        metadata = MetaData()
        for name in "abc":
            Table(name, metadata, *(Column(f"c{i}", Integer, server_default=sa.text(default)) for i in range(3)))
        return metadata

    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    asked = []
    sa.event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    with engine.connect() as connection:
        target("(2 + 5)").create_all(connection)
        asked.clear()
        assert diffs(connection, target("7")) == []
    assert len([statement for statement in asked if "2 + 5" in statement]) == 1


# --- third parties see objects of all tables ----------------------------------------------------------------------


def _include_object(_: pytest.MonkeyPatch) -> dict[str, Any]:
    return {"include_object": lambda *_: True}


def _include_name(_: pytest.MonkeyPatch) -> dict[str, Any]:
    return {"include_name": lambda *_: True}


def _compare_type(_: pytest.MonkeyPatch) -> dict[str, Any]:
    return {"compare_type": lambda *_: None}


def _compare_server_default(_: pytest.MonkeyPatch) -> dict[str, Any]:
    return {"compare_server_default": lambda *_: None}


def _comparator(_: pytest.MonkeyPatch) -> dict[str, Any]:
    Plugin("acme.looker").add_autogenerate_comparator(lambda *_: None, "table")
    return {"autogenerate_plugins": ["alembic.autogenerate.*", "acme.looker"]}


def _method(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(SQLiteImpl, "compare_type", lambda *_: False)
    return {}


LOOKERS = [_include_object, _include_name, _compare_type, _compare_server_default, _comparator, _method]


@pytest.mark.parametrize("looker", LOOKERS)
def test_a_filter_function_comparator_or_method_of_a_third_party_sees_all_tables(
    sqlite_url: str, made: list[str], monkeypatch: pytest.MonkeyPatch, looker: Any
):
    with sa.create_engine(sqlite_url).connect() as connection:
        models().create_all(connection)
        try:
            assert diffs(connection, models(), **looker(monkeypatch)) == []
        finally:
            for plugin in [plugin for plugin in _registered.values() if plugin.name == "acme.looker"]:
                plugin.remove()
    assert sorted(made) == ["a", "b", "c", "d"]


def _list_nullable(_inspector: Any, _table: Table, listed: dict[str, Any]) -> None:
    listed["nullable"] = True


def _allow_null(column: Column[Any], _table: Table) -> None:
    column.nullable = True


@pytest.mark.parametrize(
    ("target", "event", "listener"),
    [
        (Table, "column_reflect", _list_nullable),
        (MetaData, "column_reflect", _list_nullable),
        (Column, "after_parent_attach", _allow_null),
    ],
)
def test_a_listener_may_change_reflected_columns(
    sqlite_url: str, made: list[str], target: Any, event: str, listener: Any
):
    """The listener makes reflected columns nullable, as GeoAlchemy's changes types; those of the model are not."""
    with sa.create_engine(sqlite_url).connect() as connection:
        models().create_all(connection)
        wanted = models()
        sa.event.listen(target, event, listener)
        try:
            found = diffs(connection, wanted)
        finally:
            sa.event.remove(target, event, listener)
    assert {change[0][0] for change in found} == {"modify_nullable"}


# --- indexes and unique constraints as values ---------------------------------------------------------------------

U, I = UniqueValue, IndexValue  # noqa: E741
X, A, AB = I("ix", False, ("a",)), ("a",), ("a", "b")


@pytest.mark.parametrize(
    ("model", "database", "unchanged"),
    [
        (([], []), ([], []), True),
        (([], [X]), ([], [X]), True),
        (([U("uq", A)], [X]), ([U("uq", A)], [X]), True),
        (([U(None, A)], []), ([U("t_a_key", A)], []), True),
        (([U(None, A)], []), ([U(None, A)], []), True),
        (([U(None, A), U(None, A)], []), ([U("t_a_key", A)], []), True),
        (([], []), ([U(None, A)], []), True),
        (([], []), ([U("uq", A)], []), False),
        (([], []), ([], [X]), False),
        (([U("uq", A)], []), ([], []), False),
        (([U(None, A)], []), ([], []), False),
        (([U("uq", A)], []), ([U("uq", AB)], []), False),
        (([U("uq", A)], []), ([U("uq2", A)], []), False),
        (([U("uq", A)], []), ([U("uq", A), U("uq2", A)], []), False),
        (([U("uq", A, frozenset({"nulls"}))], []), ([U("uq", A)], []), False),
        (([U("ix", A)], []), ([], [X._replace(unique=True)]), False),
        (([], [X]), ([], [X._replace(unique=True)]), False),
        (([], [X]), ([], [X._replace(columns=AB)]), False),
        (([], [X._replace(columns=("b", "a"))]), ([], [X._replace(columns=AB)]), False),
        (([], [X._replace(columns=None)]), ([], [X._replace(columns=None)]), False),
        (([U("ix", A)], [X]), ([U("ix", A)], [X]), False),
        (([], [X, X]), ([], [X]), False),
    ],
)
def test_keys_are_unchanged(model: Any, database: Any, unchanged: bool):
    assert KeyValues(*model).is_unchanged(KeyValues(*database)) is unchanged
