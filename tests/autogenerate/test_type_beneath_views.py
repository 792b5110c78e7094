# ruff: noqa: E501 - SQL in a table
"""A column's type changes beneath three levels of views: rows, grants, comments and definitions are as before.

    orders <- one <- two <- three          total: Integer -> BigInteger, Numeric(12, 2)

PostgreSQL  the server refuses the change while a view shows the column: what stands on it goes for a moment, and comes
            back; three is materialized, and a function returns the rows of two
MariaDB     a view keeps its text alone: nothing goes, its columns have the new type at once
SQLite      the table is rebuilt: a view keeps its text, the triggers of the table come back
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, Integer, MetaData, Numeric, String, Table
from staging import Stage

from limbeck.objects import Function, MaterializedView, Trigger, View
from limbeck.operations import Operations

ONE = "SELECT id, total, name FROM orders WHERE total > 1"
TWO = "SELECT id, total, total + 1 AS more, name FROM one WHERE id > 0"
THREE = "SELECT name, sum(total) AS total FROM two GROUP BY name"
PG, MARIADB, SQLITE = "postgresql", "mysql", "sqlite"
TOUCHING = {
    PG: "CREATE TRIGGER touched BEFORE UPDATE OF total ON orders FOR EACH ROW WHEN (NEW.total > 5) EXECUTE FUNCTION touch()",
    MARIADB: "CREATE TRIGGER touched BEFORE UPDATE ON orders FOR EACH ROW SET NEW.name = upper(NEW.name)",
    SQLITE: "CREATE TRIGGER touched AFTER UPDATE OF total ON orders BEGIN UPDATE orders SET name = upper(name) WHERE id = NEW.id; END",
}


def declared(total: Any, two: str = TWO) -> Callable[[MetaData], None]:
    """The models, with a type for ``orders.total``."""

    def fill(m: MetaData) -> None:
        Table("orders", m, Column("id", Integer, primary_key=True), Column("total", total), Column("name", String(20)))
        View("one", m, ONE, comment="it's the first")
        View("two", m, two)
        MaterializedView("three", m, THREE, indexes=["CREATE INDEX ix_three ON three (total)"], dialect="postgresql")
        View("three", m, THREE, dialect=["mysql", "sqlite"])
        Function("rows_of_two", m, "CREATE FUNCTION rows_of_two() RETURNS SETOF two LANGUAGE sql BEGIN ATOMIC SELECT * FROM two; END", dialect="postgresql")  # fmt: skip
        Function("touch", m, "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.name := upper(NEW.name); RETURN NEW; END'", dialect="postgresql")  # fmt: skip
        for dialect, sql in TOUCHING.items():
            Trigger("touched", m, sql, dialect=dialect)

    return fill


GRANTED = {
    PG: (
        "CREATE ROLE {role}",
        "GRANT SELECT ON one, two, three TO {role}",
        "GRANT UPDATE (name), INSERT ON one TO {role} WITH GRANT OPTION",
        "REVOKE EXECUTE ON FUNCTION rows_of_two() FROM PUBLIC",
        "ALTER VIEW two OWNER TO {role}",
        "COMMENT ON COLUMN one.total IS 'in cents'",
        "COMMENT ON INDEX ix_three IS 'for sums'",
    ),
    MARIADB: (
        "CREATE USER {role}",
        "GRANT SELECT ON one TO {role}",
        "GRANT SELECT (total), SHOW VIEW ON two TO {role} WITH GRANT OPTION",
        "GRANT SELECT ON three TO {role}",
    ),
    SQLITE: (),
}
"""What is granted and said by hand: no model has it."""
TAKEN_BACK = {PG: ("DROP OWNED BY {role} CASCADE", "DROP ROLE {role}"), MARIADB: ("DROP USER {role}",), SQLITE: ()}


@pytest.fixture(params=["postgresql", "mariadb", "sqlite"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """The models in a database, with rows, and with grants that no model has."""
    engine = sa.create_engine(request.getfixturevalue(f"{request.param}_url"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        made = Stage(connection)
        made.make(declared(Integer))
        connection.exec_driver_sql(
            "INSERT INTO orders (id, total, name) VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 1, 'c')"
        )
        if engine.dialect.name == PG:
            connection.exec_driver_sql("REFRESH MATERIALIZED VIEW three")
        for statement in GRANTED[engine.dialect.name]:
            connection.exec_driver_sql(statement.format(role=role(made)))
        connection.commit()
        yield made
        connection.rollback()
        for statement in TAKEN_BACK[engine.dialect.name]:
            connection.exec_driver_sql(statement.format(role=role(made)))
        connection.commit()


def role(stage: Stage) -> str:
    """Whom something is granted: roles belong to the server, not to the database of a test."""
    return f"reader_{stage.connection.engine.url.database}".replace("-", "_")


def kept(stage: Stage) -> list[Any]:
    """What is to be as before: definitions, owners, comments, indexes and grants, without the types of columns."""
    found = [row for row in stage.picture() if not str(row[0]).startswith("column ") and row[:2] != ("table", "orders")]
    if stage.connection.dialect.name == MARIADB:
        columns = {(table, column) for table in ("orders", "one", "two", "three") for column in ("total", "more")}
        found = [row for row in found if row[:2] not in columns]
        found += sorted(map(tuple, stage.connection.exec_driver_sql(f"SHOW GRANTS FOR {role(stage)}")))
    return found


def rows(stage: Stage) -> list[Any]:
    """The rows of the table and of all views."""
    names = ["orders", "one", "two", "three", *(["rows_of_two()"] if stage.connection.dialect.name == PG else [])]
    found = [sorted(map(tuple, stage.connection.exec_driver_sql(f"SELECT * FROM {name}")), key=str) for name in names]
    stage.connection.commit()
    return found


def type_shown(stage: Stage, view: str = "two") -> str:
    """The type of ``total`` in a view, and in the table where views of the database have no types."""
    table = "orders" if stage.connection.dialect.name == SQLITE else view
    columns = sa.inspect(stage.connection).get_columns(table)
    stage.connection.commit()
    return str(next(each["type"] for each in columns if each["name"] == "total")).partition("(")[0]


def test_a_generated_script_has_the_change_alone_and_takes_it_back(stage: Stage) -> None:
    before, held = kept(stage), rows(stage)
    script = stage.compare(declared(BigInteger))
    text = stage.text(script.upgrade_ops)
    assert ("alter_column" in text, "view" in text) == (True, False), text
    for ops, type_ in (
        (script.upgrade_ops, "BIGINT"),
        (script.downgrade_ops, "INTEGER"),
        (script.upgrade_ops, "BIGINT"),
    ):
        stage.run(ops)
        assert type_shown(stage) == type_
        assert (kept(stage), rows(stage)) == (before, held)
    assert stage.diffs(declared(BigInteger)) == []


def test_definitions_that_name_the_type_are_those_of_the_models(stage: Stage) -> None:
    """PostgreSQL writes ``total > (1)::numeric`` then, in every view; after the downgrade it is ``total > 1`` again."""
    before, held = kept(stage), rows(stage)
    script = stage.compare(declared(Numeric(12, 2)))
    stage.run(script.upgrade_ops)
    assert type_shown(stage) in ("NUMERIC", "DECIMAL")
    assert rows(stage) == held
    assert stage.diffs(declared(Numeric(12, 2))) == []
    stage.run(script.downgrade_ops)
    assert (kept(stage), rows(stage)) == (before, held)
    assert stage.diffs(declared(Integer)) == []


def test_a_view_in_the_middle_changes_with_it(stage: Stage) -> None:
    """The script replaces ``two``; what stands on it, and what is granted on it, stays."""
    before, held = kept(stage), rows(stage)
    after = declared(BigInteger, two=TWO.replace("id > 0", "id > 1"))
    script = stage.compare(after)
    text = stage.run(script.upgrade_ops)
    assert text.count("op.replace_view(") == 1, text
    assert [len(each) for each in rows(stage)[:3]] == [3, 2, 1]
    assert stage.diffs(after) == []
    stage.run(script.downgrade_ops)
    assert kept(stage) == before
    assert rows(stage)[:3] == held[:3]


def retype(op: Operations, old: type[Integer], new: type[Integer]) -> None:
    """What a person writes; SQLite needs a batch for it."""
    if op.get_bind().dialect.name == SQLITE:
        with op.batch_alter_table("orders") as batch:
            batch.alter_column("total", existing_type=old(), type_=new())
    else:
        op.alter_column("orders", "total", existing_type=old(), existing_nullable=True, type_=new())


def test_a_script_written_by_hand(stage: Stage) -> None:
    """``upgrade()`` and ``downgrade()`` of a person, in turns."""
    before, held = kept(stage), rows(stage)
    for old, new, shown in (
        (Integer, BigInteger, "BIGINT"),
        (BigInteger, Integer, "INTEGER"),
        (Integer, BigInteger, "BIGINT"),
    ):
        retype(Operations(stage.context()), old, new)
        stage.connection.commit()
        assert type_shown(stage) == shown
        assert (kept(stage), rows(stage)) == (before, held)
