# ruff: noqa: E501 - SQL in a table
"""Views, functions and triggers of PostgreSQL: compared as the server writes them, changed in order, taken back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, Numeric, String, Table
from sqlalchemy.ext.asyncio import create_async_engine
from staging import Stage

from limbeck.errors import CommandError
from limbeck.objects import (
    Aggregate,
    CompositeType,
    Function,
    MaterializedView,
    Policy,
    Procedure,
    RowSecurity,
    Rule,
    Trigger,
    View,
    register_entities,
)
from limbeck.operations import Operations

TOUCH = """
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.name := {value};  -- it's 100% sure
    RETURN NEW;
END $$
"""


@pytest.fixture
def stage(postgresql_url: str) -> Iterator[Stage]:
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield Stage(connection)
        connection.rollback()


def orders(m: MetaData, *further: Any, total: Any = Integer) -> Table:
    return Table(
        "orders",
        m,
        Column("id", Integer, primary_key=True),
        Column("total", total),
        Column("name", String(20)),
        *further,
    )


def declared(*objects: Callable[[MetaData], Any], **options: Any) -> Callable[[MetaData], None]:
    """A model of the table ``orders`` and of objects."""

    def fill(m: MetaData) -> None:
        orders(m, **options)
        for each in objects:
            each(m)

    return fill


def view(name: str, sql: str, **options: Any) -> Callable[[MetaData], Any]:
    return lambda m: View(name, m, sql, **options)


def materialized(name: str, sql: str, **options: Any) -> Callable[[MetaData], Any]:
    return lambda m: MaterializedView(name, m, sql, **options)


def function(name: str, sql: str, **options: Any) -> Callable[[MetaData], Any]:
    return lambda m: Function(name, m, sql, **options)


def of(kind: Any, name: str, sql: str, **options: Any) -> Callable[[MetaData], Any]:
    return lambda m: kind(name, m, sql, **options)


def trigger(name: str, sql: str, **options: Any) -> Callable[[MetaData], Any]:
    return lambda m: Trigger(name, m, sql, **options)


def with_column(m: MetaData) -> None:
    m.tables["orders"].append_column(Column("added", Integer))


LARGE = view("large", "SELECT id, total FROM orders WHERE total > 10")
NAMES = view("names", "SELECT l.id, o.name FROM large l JOIN orders o USING (id)")
DOUBLE = function("double", "CREATE FUNCTION double(n integer) RETURNS integer LANGUAGE sql AS 'SELECT n * 2'")
DOUBLE_TEXT = function("double", "CREATE FUNCTION double(t text) RETURNS text LANGUAGE sql AS $$ SELECT t || t $$")
TRIGGER = trigger("touched", "CREATE TRIGGER touched BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION touch()")

PAIRS: dict[str, tuple[Any, Any]] = {
    "a view": (declared(), declared(LARGE)),
    "views on views, declared the other way round": (declared(), declared(NAMES, LARGE)),
    "another condition": (
        declared(LARGE, NAMES),
        declared(view("large", "SELECT id, total FROM orders WHERE total > 99"), NAMES),
    ),
    "fewer columns, below another view": (
        declared(view("large", "SELECT id, name, total FROM orders"), NAMES),
        declared(view("large", "SELECT id FROM orders"), NAMES),
    ),
    "columns of another type, below another view": (
        declared(LARGE, NAMES),
        declared(view("large", "SELECT id, total::text AS total FROM orders"), NAMES),
    ),
    "a view on a new column": (
        declared(LARGE),
        declared(with_column, view("large", "SELECT id, total, added FROM orders"), NAMES),
    ),
    "a view with a star": (
        declared(view("v", "SELECT * FROM orders")),
        declared(with_column, view("v", "SELECT * FROM orders")),
    ),
    "a type changes below": (declared(LARGE, NAMES), declared(LARGE, NAMES, total=Numeric(12, 2))),
    "a type and a view change": (
        declared(LARGE, NAMES),
        declared(view("large", "SELECT id, total, total + 0.5 AS more FROM orders"), NAMES, total=Numeric(12, 2)),
    ),
    "a view with options": (
        declared(LARGE),
        declared(
            view("large", "CREATE VIEW large WITH (security_barrier) AS SELECT id, total FROM orders WITH CHECK OPTION")
        ),
    ),
    "a comment": (
        declared(LARGE),
        declared(view("large", "SELECT id, total FROM orders WHERE total > 10", comment="it's 5%")),
    ),
    "a view with per cent signs": (
        declared(),
        declared(view("v", "SELECT name FROM orders WHERE name LIKE '50%' AND name <> ':a\\:b\\\\:'")),
    ),
    "a name to be quoted": (
        declared(),
        declared(view('La"rge %', "SELECT 1 AS a"), view("v", 'SELECT a FROM "La""rge %"')),
    ),
    "a materialized view": (
        declared(materialized("totals", "SELECT id, total FROM orders")),
        declared(
            materialized(
                "totals",
                "SELECT id, total * 2 AS total FROM orders",
                indexes=["CREATE UNIQUE INDEX ix_t ON totals (id)"],
            )
        ),
    ),
    "an index of a materialized view": (
        declared(materialized("totals", "SELECT id, total FROM orders", indexes=["CREATE INDEX ix_t ON totals (id)"])),
        declared(
            materialized(
                "totals", "SELECT id, total FROM orders", indexes=["CREATE INDEX ix_t ON totals (id, total DESC)"]
            )
        ),
    ),
    "a view becomes materialized": (declared(LARGE), declared(materialized("large", "SELECT id, total FROM orders"))),
    "a function": (declared(), declared(DOUBLE)),
    "an overload": (declared(DOUBLE), declared(DOUBLE, DOUBLE_TEXT)),
    "one overload changes": (
        declared(DOUBLE, DOUBLE_TEXT),
        declared(DOUBLE, function("double", "CREATE FUNCTION double(t text) RETURNS text LANGUAGE sql AS 'SELECT t'")),
    ),
    "a function with defaults": (
        declared(DOUBLE),
        declared(
            function(
                "double",
                "CREATE FUNCTION double(n integer, f integer DEFAULT 2) RETURNS integer LANGUAGE sql AS 'SELECT n * f'",
            )
        ),
    ),
    "a function returns another type, below a view": (
        declared(DOUBLE, view("v", "SELECT double(total) FROM orders")),
        declared(
            function(
                "double", "CREATE FUNCTION double(n integer) RETURNS bigint LANGUAGE sql AS 'SELECT 2::bigint * n'"
            ),
            view("v", "SELECT double(total) FROM orders"),
        ),
    ),
    "a function reads a view": (
        declared(),
        declared(
            function("many", "CREATE FUNCTION many() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM large'"),
            LARGE,
        ),
    ),
    "a procedure": (
        declared(),
        declared(
            lambda m: Procedure(
                "clear", m, "CREATE PROCEDURE clear() LANGUAGE sql AS 'DELETE FROM orders'", comment="all"
            )
        ),
    ),
    "a trigger": (declared(), declared(function("touch", TOUCH.format(value="'a'")), TRIGGER)),
    "a trigger changes with its function": (
        declared(function("touch", TOUCH.format(value="'a'")), TRIGGER),
        declared(
            function("touch", TOUCH.format(value="'b'")),
            trigger(
                "touched",
                "CREATE TRIGGER touched BEFORE INSERT OR UPDATE OF name ON public.orders FOR EACH ROW EXECUTE FUNCTION touch()",
            ),
        ),
    ),
    "a trigger on a view": (
        declared(LARGE),
        declared(
            LARGE,
            function("touch", TOUCH.format(value="'a'").replace("NEW.name := 'a'", "NEW.total := 1")),
            trigger("t", "CREATE TRIGGER t INSTEAD OF INSERT ON large FOR EACH ROW EXECUTE FUNCTION touch()"),
        ),
    ),
    "a view loses a column, and another that used it changes": (
        declared(
            view("large", "SELECT id, name FROM orders"),
            view("all_of", "SELECT * FROM large"),
            view("top", "SELECT id FROM all_of"),
        ),
        declared(
            view("large", "SELECT id, total FROM orders"),
            view("all_of", "SELECT * FROM large"),
            view("top", "SELECT id FROM all_of"),
        ),
    ),
    "a function of the rows of a view with an odd name": (
        declared(),
        declared(
            view("Big View", 'SELECT id AS "Id" FROM orders'),
            function("Fn", 'CREATE FUNCTION public."Fn"(a "Big View") RETURNS int LANGUAGE sql AS \'SELECT a."Id"\''),
        ),
    ),
    "a view that another needs no longer": (
        declared(LARGE, NAMES),
        declared(view("names", "SELECT id, name FROM orders")),
    ),
    "a view that another needs no longer, on a column that goes": (
        declared(with_column, view("large", "SELECT id, added FROM orders"), NAMES),
        declared(view("names", "SELECT id, name FROM orders")),
    ),
    "a policy": (
        declared(),
        declared(
            lambda m: RowSecurity("orders", m, forced=True),
            of(Policy, "small", "CREATE POLICY small ON orders FOR SELECT TO PUBLIC USING (total < 100)", comment="c"),
        ),
    ),
    "a policy changes": (
        declared(lambda m: RowSecurity("orders", m), of(Policy, "p", "CREATE POLICY p ON orders USING (total < 100)")),
        declared(
            lambda m: RowSecurity("orders", m, forced=True),
            of(
                Policy,
                "p",
                "CREATE POLICY p ON public.orders AS RESTRICTIVE FOR UPDATE USING (total < 9) WITH CHECK (true)",
            ),
        ),
    ),
    "a rule": (
        declared(LARGE, of(Rule, "kept", "CREATE RULE kept AS ON DELETE TO large DO INSTEAD NOTHING")),
        declared(
            LARGE,
            of(Rule, "kept", "CREATE RULE kept AS ON DELETE TO large DO INSTEAD DELETE FROM orders WHERE id = OLD.id"),
        ),
    ),
    "an aggregate": (
        declared(),
        declared(
            of(
                Aggregate,
                "total_of",
                "CREATE AGGREGATE total_of (integer) (sfunc = added, stype = integer, initcond = '0')",
            ),
            function(
                "added", "CREATE FUNCTION added(a integer, b integer) RETURNS integer LANGUAGE sql AS 'SELECT a + b'"
            ),
            view("v", "SELECT total_of(total) FROM orders"),
        ),
    ),
    "a composite type": (
        declared(of(CompositeType, "pair", "CREATE TYPE pair AS (a integer, b text)")),
        declared(
            of(
                CompositeType,
                "pair",
                'CREATE TYPE pair AS (a bigint, b varchar(7) COLLATE "C")',
                comment="two",
            ),
            LARGE,
            function("made", "CREATE FUNCTION made() RETURNS pair LANGUAGE sql AS 'SELECT NULL::pair'"),
        ),
    ),
    "with a new table": (
        lambda m: None,
        declared(LARGE, NAMES, function("touch", TOUCH.format(value="'a'")), TRIGGER),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_there_and_back(stage: Stage, name: str) -> None:
    stage.there_and_back(*PAIRS[name])


# --- what stands on it --------------------------------------------------------------------------------------------


STANDING = """
CREATE ROLE {role};
CREATE VIEW one AS SELECT id, total, name FROM orders WHERE total > 1;
CREATE VIEW two WITH (security_barrier) AS SELECT * FROM one;
CREATE MATERIALIZED VIEW three AS SELECT id, sum(total) AS total FROM two GROUP BY id;
CREATE UNIQUE INDEX ix_three ON three (id);
CREATE FUNCTION largest() RETURNS SETOF two LANGUAGE sql BEGIN ATOMIC SELECT * FROM two; END;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE UPDATE OF total ON orders FOR EACH ROW WHEN (NEW.total > 5) EXECUTE FUNCTION touch();
ALTER TABLE orders DISABLE TRIGGER touched;
CREATE TRIGGER inserted INSTEAD OF INSERT ON one FOR EACH ROW EXECUTE FUNCTION touch();
CREATE POLICY small ON orders FOR SELECT TO {role} USING (total < 1000);
CREATE RULE logged AS ON DELETE TO two DO INSTEAD NOTHING;
ALTER VIEW one ALTER COLUMN total SET DEFAULT 7;
GRANT SELECT ON one, two, three TO {role};
GRANT UPDATE (name), INSERT ON one TO {role} WITH GRANT OPTION;
REVOKE EXECUTE ON FUNCTION largest() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION largest() TO {role};
ALTER VIEW two OWNER TO {role};
COMMENT ON VIEW one IS 'it''s the \\ first';
COMMENT ON COLUMN one.total IS 'in cents';
COMMENT ON INDEX ix_three IS 'one a row';
COMMENT ON TRIGGER touched ON orders IS 'off';
COMMENT ON POLICY small ON orders IS 'p';
INSERT INTO orders (total, name) VALUES (10, 'a'), (20, 'b');
REFRESH MATERIALIZED VIEW three;
ALTER DEFAULT PRIVILEGES GRANT DELETE ON TABLES TO {role};
"""


@pytest.fixture
def standing(stage: Stage) -> Iterator[Stage]:
    """A table below three levels of views, with grants, owners, comments, a trigger, a policy and a rule."""
    role = f"reader_{stage.connection.engine.url.database}"
    with_generated(MetaData()).create_all(stage.connection)
    for statement in STANDING.format(role=role).strip().split(";\n"):
        stage.connection.execute(sa.text(statement.rstrip(";").replace(":", "\\:")))
    stage.connection.commit()
    yield stage
    stage.connection.rollback()
    stage.connection.exec_driver_sql(f"DROP OWNED BY {role} CASCADE")
    stage.connection.exec_driver_sql(f"DROP ROLE {role}")
    stage.connection.commit()


def with_generated(m: MetaData) -> MetaData:
    orders(m, Column("gross", Integer, sa.Computed("total * 2", persisted=True), nullable=False, index=True))
    return m


def test_a_column_changes_its_type_beneath_three_levels_of_views(standing: Stage) -> None:
    """orders <- one <- two <- three, largest(): as they were, but for the type."""
    before = standing.picture()
    rows = list(standing.connection.exec_driver_sql("SELECT * FROM three ORDER BY id"))
    operations = Operations(standing.context())
    operations.alter_column("orders", "total", type_=sa.BigInteger(), existing_type=Integer())
    operations.alter_column("orders", "total", type_=sa.Integer(), existing_type=sa.BigInteger())
    standing.connection.commit()
    assert standing.picture() == before
    assert list(standing.connection.exec_driver_sql("SELECT * FROM three ORDER BY id")) == rows
    assert standing.connection.scalar(sa.text("SELECT sum(gross) FROM orders")) == 60
    assert [each["name"] for each in sa.inspect(standing.connection).get_indexes("orders")] == ["ix_orders_gross"]


def test_partitions_and_generated_columns_have_what_stands_on_them_too(stage: Stage) -> None:
    """p <- v, p1 <- w, policy; p.g is generated from p.total, and x is a view of it."""
    for statement in (
        "CREATE TABLE p (id int, total int, g int GENERATED ALWAYS AS (total * 2) STORED) PARTITION BY RANGE (id)",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
        "CREATE VIEW v AS SELECT total FROM p",
        "CREATE VIEW w AS SELECT total FROM p1",
        "CREATE POLICY few ON p1 USING (total > 1)",
        "CREATE TABLE q (id int, total int, g int GENERATED ALWAYS AS (total * 2) STORED UNIQUE CHECK (g > 0))",
        "CREATE VIEW x AS SELECT g FROM q",
        "ALTER TABLE p DROP COLUMN g",
    ):
        stage.connection.exec_driver_sql(statement)
    before = stage.picture()
    for table in ("p", "q"):
        for type_ in (sa.BigInteger, sa.Integer):
            Operations(stage.context()).alter_column(table, "total", type_=type_())
    stage.connection.commit()
    assert stage.picture() == before


def test_a_view_is_replaced_beneath_others(standing: Stage) -> None:
    """``one`` loses a column, which PostgreSQL cannot do in place."""
    before = {row[0]: row for row in standing.picture()}
    standing.connection.exec_driver_sql("DROP FUNCTION largest()")
    Operations(standing.context()).replace_view(
        "one", "SELECT id, total, total AS more, name FROM orders", comment="it's the \\ first"
    )
    standing.connection.commit()
    after = {row[0]: row for row in standing.picture()}
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"v one"}
    assert after["v one"][2:] == before["v one"][2:], "owner, grants, comments"


def test_without_it_the_server_refuses(standing: Stage) -> None:
    operations = Operations(Stage(standing.connection, suspend_dependents=False).context())
    with pytest.raises(sa.exc.DBAPIError, match="cannot alter type of a column used by a"):
        operations.alter_column("orders", "total", type_=sa.BigInteger(), existing_type=Integer())


def test_what_does_not_fit_the_new_type_is_named(standing: Stage) -> None:
    standing.connection.exec_driver_sql("DROP POLICY small ON orders")
    standing.connection.exec_driver_sql("ALTER TABLE orders DROP COLUMN gross")
    with pytest.raises(
        CommandError, match=r"(?s)Column orders.total was changed, and .* cannot be made again: "
    ) as raised:
        Operations(standing.context()).alter_column(
            "orders", "total", type_=sa.Boolean(), existing_type=Integer(), postgresql_using="total > 1"
        )
    assert raised.value.code == "dependent-not-restored"


# --- what is at fault ---------------------------------------------------------------------------------------------


def test_a_syntax_error_in_a_file(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "sql" / "bad.sql"
    path.parent.mkdir()
    path.write_text("SELECT id,\n    total\nFORM orders\n")
    with pytest.raises(CommandError) as raised:
        stage.compare(declared(lambda m: View.from_file(path, m)))
    error = raised.value
    assert (error.code, error.file, error.line) == ("object-syntax", str(path), 3)
    assert str(error) == 'The database refuses view bad, line 3 of its text: syntax error at or near "orders"'


def test_a_syntax_error_in_a_function(stage: Stage) -> None:
    with pytest.raises(CommandError, match="refuses function f, line 1 of its text: syntax error") as raised:
        stage.compare(declared(function("f", "CREATE FUNCTION f() RETURNS")))
    assert raised.value.file == __file__


def test_a_circle(stage: Stage) -> None:
    with pytest.raises(CommandError, match="circle: view b -> view a -> view b") as raised:
        stage.compare(declared(view("a", "SELECT * FROM b"), view("b", "SELECT * FROM a")))
    assert raised.value.code == "objects-in-a-circle"


def test_what_is_missing_is_a_warning(stage: Stage) -> None:
    with pytest.warns(UserWarning, match='cannot make view v as it is declared: relation "nowhere" does not exist'):
        script = stage.compare(declared(view("v", "SELECT * FROM nowhere")))
    assert "op.create_view('v', 'SELECT * FROM nowhere')" in stage.text(script.upgrade_ops)


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda m: View("", m, "SELECT 1"), "View: its name is a string, not ''"),
        (lambda m: View("v", "SELECT 1", m), "View 'v': its second argument is a MetaData, not str"),
        (lambda m: View("v", m, " "), "View 'v': its definition is SQL text, not an empty one"),
        (lambda m: [View("v", m, "SELECT 1"), View("v", m, "SELECT 2")], "View 'v' is declared twice"),
        (lambda m: Trigger("t", m, "BEFORE INSERT"), "Trigger 't': its statement names no table"),
        (lambda m: Function.from_file("nowhere.sql", m), "nowhere.sql cannot be read"),
        (lambda m: MaterializedView("v", m, "SELECT 1", indexes="CREATE"), "'indexes' is a list of statements"),
    ],
)
def test_a_declaration_that_cannot_be(declare: Any, message: str) -> None:
    with pytest.raises(CommandError, match=re.escape(message)):
        declare(MetaData())


def test_a_role_without_the_right(stage: Stage) -> None:
    database = stage.connection.engine.url.database
    stage.make(declared())
    stage.connection.exec_driver_sql(f"CREATE ROLE poor_{database}")
    stage.connection.exec_driver_sql(f"SET ROLE poor_{database}")
    stage.connection.commit()
    try:
        with pytest.raises(CommandError, match="cannot be compared: permission denied for database") as raised:
            stage.compare(declared(LARGE))
        assert raised.value.code == "no-scratch-schema"
    finally:
        stage.connection.rollback()
        stage.connection.exec_driver_sql("RESET ROLE")
        stage.connection.exec_driver_sql(f"DROP ROLE poor_{database}")
        stage.connection.commit()


# --- what is left alone -------------------------------------------------------------------------------------------


def test_views_that_no_model_declares_stay(stage: Stage) -> None:
    stage.make(declared())
    stage.connection.exec_driver_sql("CREATE VIEW foreign_view AS SELECT 1 AS a")
    stage.connection.commit()
    quiet = Stage(stage.connection, compare_objects=False, drop_unknown=False)
    assert quiet.diffs(declared()) == []
    assert [diff[:3] for diff in quiet.diffs(declared(LARGE))] == [("add_view", None, "large")]
    assert [diff[:3] for diff in stage.diffs(declared(LARGE))] == [
        ("remove_view", None, "foreign_view"),
        ("add_view", None, "large"),
    ]


def test_by_asyncpg(postgresql_url: str) -> None:
    """A driver that takes and gives bytes, and no text, for PostgreSQL's type ``"char"``.

    A column changes its type beneath two views, one of which has a default of its own.
    """
    url = sa.make_url(postgresql_url).set(drivername="postgresql+asyncpg", query={})
    model = declared(LARGE, NAMES, DOUBLE, materialized("kept", "SELECT id FROM orders"))
    default = sa.text("ALTER VIEW large ALTER total SET DEFAULT 7")

    def change(connection: sa.Connection) -> None:
        stage = Stage(connection)
        stage.make(model)  # nothing differs afterwards
        connection.execute(default)
        connection.commit()
        stage.make(declared(LARGE, NAMES, DOUBLE, materialized("kept", "SELECT id FROM orders"), total=Numeric))
        query = sa.text("SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = to_regclass('large')")
        assert connection.scalars(query).all() == ["7"]
        connection.commit()
        stage.make(declared())

    async def made() -> None:
        engine = create_async_engine(url, poolclass=sa.NullPool)
        async with engine.connect() as connection:
            await connection.run_sync(change)
        await engine.dispose()

    asyncio.run(made())


def test_objects_of_extensions_are_left_alone(stage: Stage) -> None:
    stage.make(declared(LARGE))
    stage.connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS hstore")
    stage.connection.commit()
    assert stage.diffs(declared(LARGE)) == []


def test_filters_get_their_kinds(stage: Stage) -> None:
    names: set[tuple[Any, Any]] = set()
    objects: list[tuple[Any, ...]] = []
    stage.make(declared(LARGE))
    filtered = Stage(
        stage.connection,
        include_name=lambda name, type_, parents: names.add((type_, name)) is None,
        include_object=lambda item, name, type_, reflected, other: (
            objects.append((type_, name, reflected)) is None and name != "names"
        ),
    )
    assert filtered.diffs(declared(LARGE, NAMES)) == []
    assert ("view", "large") in names
    assert ("view", "names", False) in objects


def test_another_schema(stage: Stage) -> None:
    stage.connection.exec_driver_sql("CREATE SCHEMA far")
    stage.connection.commit()

    def fill(m: MetaData) -> None:
        orders(m)
        View("large", m, "SELECT id FROM orders", schema="far")
        View("large", m, "SELECT id FROM far.large")
        Function(
            "f",
            m,
            "CREATE FUNCTION far.f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM \"far\".large'",
            schema="far",
        )

    stage.make(fill)
    assert sa.inspect(stage.connection).get_view_names("far") == ["large"]


class Entity:
    """What an entity of alembic-utils has."""

    def __init__(self, signature: str, sql: str) -> None:
        self.schema, self.signature, self._sql = "public", signature, sql

    def to_sql_statement_create(self) -> sa.TextClause:
        return sa.text(self._sql.replace(":", "\\:"))


def test_entities_of_alembic_utils(stage: Stage) -> None:
    """The texts are those that alembic-utils 0.8.8 writes."""

    def fill(m: MetaData) -> None:
        orders(m)
        register_entities(
            m,
            [
                Entity("v", "CREATE VIEW \"public\".\"v\" AS select 1 as a where 'a:b' like '5%';"),
                Entity("mv", 'CREATE MATERIALIZED VIEW "public"."mv" AS select * from v WITH  DATA;'),
                Entity(
                    "f()",
                    'CREATE FUNCTION "public"."f"() returns trigger as $$ begin return new; end $$ language plpgsql',
                ),
                Entity("t", 'CREATE TRIGGER "t" before insert ON public.orders for each row execute function f()'),
                Entity("p", "CREATE POLICY p on public.orders for select using (true)"),
            ],
        )

    stage.make(fill)
    assert stage.connection.scalar(sa.text("SELECT count(*) FROM mv")) == 0
    with pytest.raises(CommandError, match="Entity 'x' cannot be declared"):
        register_entities(MetaData(), [Entity("x", "CREATE COLLATION x FROM de")])
