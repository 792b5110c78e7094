"""PostgreSQL's domains as operations: created, changed in place, given another base type, and back."""

import io

import pytest
import sqlalchemy as sa

from limbeck.errors import CommandError
from limbeck.operations import Operations, ops
from limbeck.runtime.migration import MigrationContext

DOMAIN = "SELECT typbasetype::regtype::text, typdefault, typnotnull FROM pg_type WHERE typname = 'd'"
CHECKS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contypid = 'd'::regtype AND contype = 'c' ORDER BY 1
"""


@pytest.fixture
def pg(postgresql_url):
    """Operations on a database, with its connection."""
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        operations = Operations(MigrationContext.configure(connection))
        operations.rows = lambda sql: [tuple(row) for row in connection.execute(sa.text(sql.replace("::", "\\:\\:")))]
        yield operations


def offline(dialect):
    buffer = io.StringIO()
    context = MigrationContext.configure(dialect_name=dialect, opts={"as_sql": True, "output_buffer": buffer})
    return Operations(context), buffer


def test_there_and_back(pg):
    made = ops.CreateDomainOp("d", sa.Integer(), default=sa.text("1 + 1"), not_null=True, checks={"c": "VALUE > 0"})
    pg.invoke(made)
    assert pg.rows(DOMAIN) == [("integer", "(1 + 1)", True)]
    assert pg.rows(CHECKS) == [("c", "CHECK ((VALUE > 0))")]
    there = {"default": sa.text("1 + 1"), "not_null": True, "checks": {"c": "VALUE > 0", "c2": None}}
    changed = ops.AlterDomainOp(
        "d", default=None, not_null=False, checks={"c": "VALUE > 7", "c2": "VALUE < 9"}, existing=there
    )
    pg.invoke(changed)
    assert pg.rows(DOMAIN) == [("integer", None, False)]
    assert pg.rows(CHECKS) == [("c", "CHECK ((VALUE > 7))"), ("c2", "CHECK ((VALUE < 9))")]
    pg.invoke(changed.reverse())
    assert pg.rows(DOMAIN) == [("integer", "(1 + 1)", True)]
    assert pg.rows(CHECKS) == [("c", "CHECK ((VALUE > 0))")]
    pg.invoke(made.reverse())
    assert pg.rows(DOMAIN) == []


def test_another_base_type_keeps_rows_and_what_stands_on_the_columns(pg):
    pg.create_domain("d", sa.Integer(), checks={"c": "VALUE > 0"})
    for statement in (
        "CREATE TABLE p (id d PRIMARY KEY)",
        "CREATE TABLE t (a d DEFAULT 5 REFERENCES p, l d[], CONSTRAINT small CHECK (a < 100))",
        "CREATE INDEX ix ON t ((a + 1)) WHERE a > 1",
        "INSERT INTO p VALUES (1), (2)",
        "INSERT INTO t VALUES (1, '{3,4}'), (2, NULL)",
    ):
        pg.execute(statement)
    operation = ops.ReplaceDomainOp(
        "d", sa.Numeric(10, 2), checks={"c2": "VALUE >= 0"}, existing={"type_": "integer", "checks": {"c": "VALUE > 0"}}
    )
    pg.invoke(operation)
    assert pg.rows(DOMAIN) == [("numeric", None, False)]
    assert pg.rows(CHECKS) == [("c2", "CHECK ((VALUE >= (0)::numeric))")]
    assert pg.rows("SELECT a::text, l::text FROM t") == [("1.00", "{3.00,4.00}"), ("2.00", None)]
    found = sa.inspect(pg.get_bind())
    assert [key["referred_table"] for key in found.get_foreign_keys("t")] == ["p"]
    assert [check["name"] for check in found.get_check_constraints("t")] == ["small"]
    assert [index["name"] for index in found.get_indexes("t")] == ["ix"]
    pg.invoke(operation.reverse())
    assert pg.rows("SELECT a::text, l::text FROM t") == [("1", "{3,4}"), ("2", None)]
    assert pg.rows("SELECT typname::text FROM pg_type WHERE typname LIKE 'd%old'") == []


def test_a_value_that_does_not_fit_is_not_lost(pg):
    pg.create_domain("d", sa.Text())
    pg.execute("CREATE TABLE t (a d)")
    pg.execute("INSERT INTO t VALUES ('x')")
    with pytest.raises(sa.exc.DBAPIError, match='invalid input syntax for type integer: "x"'):
        pg.replace_domain("d", sa.Integer())


def test_as_a_script():
    operations, buffer = offline("postgresql")
    operations.create_domain("Dom", 'text COLLATE "C"', schema="s", default="it's 50%", checks={"c": "VALUE <> ':a'"})
    operations.alter_domain("Dom", schema="s", default=sa.text("'x'"), not_null=True, checks={"c": None, "D": "true"})
    operations.alter_domain("Dom", schema="s", default=None, not_null=False)
    operations.drop_domain("Dom", schema="s")
    assert buffer.getvalue().split("\n\n")[:-1] == [
        "CREATE DOMAIN s.\"Dom\" AS text COLLATE \"C\" DEFAULT 'it''s 50%' CONSTRAINT c CHECK (VALUE <> ':a');",
        'ALTER DOMAIN s."Dom" DROP CONSTRAINT c;',
        "ALTER DOMAIN s.\"Dom\" SET DEFAULT 'x';",
        'ALTER DOMAIN s."Dom" SET NOT NULL;',
        'ALTER DOMAIN s."Dom" ADD CONSTRAINT "D" CHECK (true);',
        'ALTER DOMAIN s."Dom" DROP DEFAULT;',
        'ALTER DOMAIN s."Dom" DROP NOT NULL;',
        'DROP DOMAIN s."Dom";',
    ]
    with pytest.raises(CommandError, match="replace_domain"):
        operations.replace_domain("Dom", sa.Integer())


@pytest.mark.parametrize("dialect", ["sqlite", "mysql", "mssql", "oracle"])
def test_other_databases_have_none(dialect):
    operations, _ = offline(dialect)
    with pytest.raises(CommandError, match=f"{dialect} has no domains of its own") as caught:
        operations.create_domain("d", sa.Integer())
    assert (caught.value.code, caught.value.file) == ("no-domains", __file__)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            "create_domain('d', 5)",
            r"op.create_domain\(\): argument 'type_' is a type of SQLAlchemy, or SQL, not int \(5\)",
        ),
        ("replace_domain('d', sa.Text())", "There is no domain d"),
        ("replace_enum_values('e', ['a'])", "There is no enum type e"),
    ],
)
def test_what_cannot_be_meant(call: str, message: str, postgresql_url: str) -> None:
    with sa.create_engine(postgresql_url).connect() as connection:
        op = Operations(MigrationContext.configure(connection))
        with pytest.raises(CommandError, match=message):
            eval(f"op.{call}", {"op": op, "sa": sa})  # noqa: S307 as a script would say it
