"""The exact comparison of what MariaDB and MySQL alone have: character sets, types, indexes of foreign keys."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy.dialects import mysql
from walking import Walk

from limbeck import sqla
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

Fill = Callable[[MetaData], Any]


@pytest.fixture
def walk(mariadb_url: str) -> Iterator[Walk]:
    engine = sa.create_engine(mariadb_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield Walk(connection)


# --- types --------------------------------------------------------------------------------------------------------


class Point(sa.types.UserDefinedType[Any]):
    """A type that SQLAlchemy lacks, as an application defines it."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "POINT"


TYPES: dict[str, Callable[[], Any]] = {
    "ENUM in latin1": lambda: mysql.ENUM("a", "b", charset="latin1"),
    "ENUM with a collation": lambda: mysql.ENUM("a", "b", collation="utf8mb4_bin"),
    "SET in latin1": lambda: mysql.SET("a", "b", charset="latin1"),
    "VARCHAR in latin1": lambda: mysql.VARCHAR(9, charset="latin1"),
    "VARCHAR BINARY": lambda: mysql.VARCHAR(9, binary=True),
    "CHAR ASCII": lambda: mysql.CHAR(9, ascii=True),
    "TEXT in latin1": lambda: mysql.TEXT(charset="latin1", collation="latin1_bin"),
    "NVARCHAR": lambda: mysql.NVARCHAR(9),
    **({"INET4": mysql.INET4, "INET6": mysql.INET6} if sqla.SQLA_2_1 else {}),  # 2.0 writes them for mariadb:// only
    "UUID": lambda: sa.Uuid(native_uuid=True),
    "BIT": lambda: mysql.BIT(5),
    "YEAR": mysql.YEAR,
    "zerofill": lambda: mysql.INTEGER(5, zerofill=True),
    "a type of no class": Point,
}


def table(**columns: Callable[[], Any]) -> Fill:
    """A table ``t`` with a key and the columns."""
    return lambda metadata: Table(
        "t",
        metadata,
        Column("id", Integer, primary_key=True),
        *(Column(name, make()) for name, make in columns.items()),
    )


@pytest.mark.parametrize("type_", TYPES.values(), ids=TYPES)
def test_a_column_stays_as_it_is_when_another_is_added(type_: Callable[[], Any], walk: Walk) -> None:
    upgrade = walk.there_and_back(table(x=type_), table(x=type_, y=Integer))
    assert "'x'" not in upgrade


@pytest.mark.parametrize("type_", TYPES.values(), ids=TYPES)
def test_a_column_is_dropped_and_comes_back(type_: Callable[[], Any], walk: Walk) -> None:
    walk.there_and_back(table(x=type_), table())


@pytest.mark.parametrize("type_", TYPES.values(), ids=TYPES)
def test_a_column_keeps_its_type_when_it_becomes_not_null(type_: Callable[[], Any], walk: Walk) -> None:
    def after(metadata: MetaData) -> None:
        table(x=type_)(metadata)
        metadata.tables["t"].c.x.nullable = False

    walk.there_and_back(table(x=type_), after)


def test_zerofill_is_taken_away(walk: Walk) -> None:
    """It implies UNSIGNED, which goes with it."""
    walk.there_and_back(table(x=Integer), table(x=lambda: mysql.INTEGER(5, zerofill=True)))


@pytest.mark.parametrize("collation", ["utf8mb4_general_ci", "utf8mb4_bin"])
def test_text_becomes_json(collation: str, walk: Walk) -> None:
    """Also where the text has the collation of JSON, and differs from it only by the check."""

    def table_of(type_: Any) -> Fill:
        return lambda metadata: Table(
            "t", metadata, Column("id", Integer, primary_key=True), Column("x", type_), mysql_collate=collation
        )

    upgrade = walk.there_and_back(table_of(mysql.LONGTEXT()), table_of(sa.JSON()))
    assert "type_=sa.JSON()" in upgrade
    assert {check["sqltext"] for check in sa.inspect(walk.connection).get_check_constraints("t")} == set()


# --- indexes and foreign keys ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["mysql_using", "mariadb_using"])
def test_an_index_by_hash_comes_back(option: str, walk: Walk) -> None:
    def indexed(metadata: MetaData) -> None:
        table(x=Integer)(metadata)
        sa.Index("ix", metadata.tables["t"].c.x, **{option: "hash"})

    walk.there_and_back(indexed, table(x=Integer))


def referring(name: str | None = None, **options: Any) -> Fill:
    """``t.x`` refers to ``p.id``."""

    def fill(metadata: MetaData) -> None:
        Table("p", metadata, Column("id", Integer, primary_key=True))
        table(x=Integer)(metadata)
        metadata.tables["t"].append_constraint(sa.ForeignKeyConstraint(["x"], ["p.id"], name=name, **options))

    return fill


@pytest.mark.parametrize("name", [None, "fk", "50%"])
def test_a_foreign_key_that_is_made_again_leaves_no_difference(name: str | None, walk: Walk) -> None:
    """The server names the index of an unnamed key by its column, that of a key with a name by the key."""
    before, after = referring(name), referring(name, ondelete="CASCADE")
    walk.make(before)
    script = walk.script(after)
    walk.run(script.upgrade_ops)
    assert walk.diffs(after) == []
    assert {index["name"] for index in sa.inspect(walk.connection).get_indexes("t")} == {name or "x"}
    walk.run(script.downgrade_ops)
    assert walk.diffs(before) == []


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "column"), [("t%", "a%b"), ("t`x", "a%sb"), ("t(x)", "a(b)")])
def test_names_with_marks(name: str, column: str, walk: Walk) -> None:
    def before(metadata: MetaData) -> None:
        made = Table(name, metadata, Column("id", Integer, primary_key=True), Column(column, Integer))
        sa.Index("ix%", made.c[column])

    def after(metadata: MetaData) -> None:
        made = Table(name, metadata, Column("id", Integer, primary_key=True), Column(column, Integer, nullable=False))
        made.append_column(Column("other", sa.String(9), server_default="5%", comment="%s"))
        sa.Index("iy%", made.c[column])
        made.append_constraint(sa.CheckConstraint(made.c[column] > 1, name="ck%"))
        made.append_constraint(sa.UniqueConstraint(made.c[column], made.c.other, name="uq%"))

    def nothing(metadata: MetaData) -> None:
        Table("stays", metadata, Column("id", Integer, primary_key=True))

    walk.there_and_back(before, after)
    walk.there_and_back(nothing, after)


# --- scripts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edition", [None, 2026])
@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
def test_a_primary_key_is_dropped_in_a_script(dialect: str, edition: int | None) -> None:
    """It has no name that could be looked up."""
    script = io.StringIO()
    options = {"as_sql": True, "output_buffer": script, "edition": edition}
    operations = Operations(MigrationContext.configure(dialect_name=dialect, opts=options))
    operations.drop_constraint(None, "t", type_="primary")
    with operations.batch_alter_table("u") as batch_op:
        batch_op.drop_constraint(None, type_="primary")
    assert script.getvalue().split("\n\n")[:2] == ["ALTER TABLE t DROP PRIMARY KEY;", "ALTER TABLE u DROP PRIMARY KEY;"]


# --- sequences ----------------------------------------------------------------------------------------------------


def counted(*default: Any, **options: Any) -> Fill:
    """A table ``t``, and the sequence ``counter`` if its column has a default."""

    def fill(metadata: MetaData) -> None:
        column = Column("a", sa.BigInteger, server_default=default[0] if default else None)
        Table("t", metadata, Column("id", Integer, primary_key=True), column, **options)
        if default:
            sa.Sequence("counter", metadata=metadata)

    return fill


NEXT = {"next_value()": sa.Sequence("counter").next_value(), "text": sa.text("(nextval(counter) + 1)")}


@pytest.mark.parametrize("options", [{}, {"mysql_charset": "latin1"}], ids=["plain", "options"])
@pytest.mark.parametrize("default", NEXT.values(), ids=NEXT)
def test_a_default_by_a_sequence_that_is_new(default: Any, options: dict[str, str], walk: Walk) -> None:
    """The server refuses a scratch table with it, and could not create the sequence without a commit."""
    rows = {"t": [{"id": 1, "a": 7}]}
    walk.there_and_back(counted(**options), counted(default, **options), rows)
    walk.there_and_back(counted(default, **options), counted(**options), rows)
    walk.there_and_back(counted(sa.text("5")), counted(default), rows)


# --- foreign keys -------------------------------------------------------------------------------------------------


def with_key(name: str | None, **options: Any) -> Fill:
    """A table ``t`` whose columns refer to table ``p``."""

    def fill(metadata: MetaData) -> None:
        Table("p", metadata, Column("id", Integer, primary_key=True), Column("b c", Integer, primary_key=True))
        key = sa.ForeignKeyConstraint(["a", "b, c"], ["p.id", "p.b c"], name=name, **options)
        Table("t", metadata, Column("a", Integer), Column("b, c", Integer), Column("c", Integer), key)

    return fill


@pytest.mark.parametrize(
    "options",
    [{}, {"ondelete": "RESTRICT"}, {"ondelete": "set null", "onupdate": "CASCADE"}, {"onupdate": "NO ACTION"}],
    ids=str,
)
def test_a_foreign_key_that_loses_its_name_in_the_models_stays_with_its_index(
    options: dict[str, str], walk: Walk
) -> None:
    walk.make(with_key("fk", **options))
    assert walk.diffs(with_key(None, **options)) == []


def test_a_foreign_key_that_loses_its_name_and_changes_is_made_anew_with_its_index(walk: Walk) -> None:
    walk.there_and_back(with_key("fk"), with_key(None, ondelete="CASCADE"))
