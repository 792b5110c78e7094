"""A correct call of every operation: mypy --strict and pyright find nothing here. Never run."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from limbeck import op
from limbeck.operations import MigrateOperation, Operations, ops
from limbeck.runtime.migration import MigrationContext


async def fill(connection: AsyncConnection, count: int) -> str:
    return f"{connection} {count}"


def upgrade() -> None:
    op.add_column("t", sa.Column("c", sa.Integer(), nullable=False), schema="s", if_not_exists=True)
    op.add_column("t", sa.Column("c", sa.Integer()), inline_references=True, inline_primary_key=True)
    op.alter_column("t", "c", nullable=False, comment=None, server_default=sa.text("now()"), new_column_name="d")
    op.alter_column("t", "c", type_=sa.String(20), existing_type=sa.Integer, postgresql_using="c::text")
    op.alter_column("t", "c", server_default=sa.Identity(always=True), existing_server_default=None)
    op.alter_column(
        "t", "c", server_default=sa.func.now(), autoincrement=True, existing_comment="x", existing_nullable=True
    )
    op.drop_column("t", "c", schema="s", if_exists=True, mssql_drop_default=True)
    table: sa.Table = op.create_table(
        "t",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.UniqueConstraint("id"),
        schema="s",
        comment="c",
        if_not_exists=True,
    )
    op.bulk_insert(table, [{"id": 1}], multiinsert=False)
    op.bulk_insert(sa.table("t", sa.column("id")), [])
    op.drop_table("t", schema="s", if_exists=True)
    op.rename_table("a", "b", schema="s")
    op.create_table_comment("t", "c", existing_comment=None, schema="s")
    op.drop_table_comment("t", existing_comment="c")
    op.create_index("ix", "t", ["a", sa.text("lower(b)"), sa.desc("c"), sa.func.lower(sa.column("d"))], unique=True)
    op.create_index(op.f("ix"), "t", ("a",), if_not_exists=True, postgresql_concurrently=True)
    op.drop_index("ix", table_name="t", schema="s", if_exists=True)
    op.drop_index("ix", "t")
    op.create_primary_key("pk", "t", ["a"], schema="s")
    op.create_unique_constraint(None, "t", ["a", "b"], deferrable=True)
    op.create_check_constraint("ck", "t", sa.column("a") > 5)
    op.create_check_constraint("ck", "t", "a > 5", schema="s")
    op.create_foreign_key("fk", "t", "r", ["a"], ["id"], ondelete="CASCADE", match="FULL", referent_schema="s")
    op.create_exclude_constraint("ex", "t", ("period", "&&"), (sa.column("a"), "="), where="a > 1", using="gist")
    op.drop_constraint("uq", "t", "unique", schema="s", if_exists=True)
    op.drop_constraint(None, "t", type_="unique", columns=["a"])
    op.execute("UPDATE t SET a = 1", execution_options={"stream_results": True})
    op.execute(sa.update(table).values(id=op.inline_literal(5)), params={"x": 1})
    op.create_enum("mood", ["sad", "ok"], schema="s")
    op.drop_enum("mood", values=("sad",))
    op.add_enum_value("mood", "glad", after="ok")
    op.rename_enum_value("mood", "ok", "fine")
    op.replace_enum_values("mood", ["sad", "fine"], mapping={"ok": "fine"}, existing_values=["sad", "ok"])
    op.create_domain("positive", sa.Integer, default=sa.text("1"), checks={"c": "VALUE > 0"})
    op.alter_domain("positive", default=None, not_null=True, checks={"c": None}, existing={"default": "1"})
    op.replace_domain("positive", "numeric(10, 2)", existing={"type_": sa.Integer()})
    op.drop_domain("positive", type_=sa.Integer())
    op.create_sequence("s", owned_by=("t", "c"), start=5)
    op.alter_sequence("s", existing={"increment": 1}, increment=2)
    op.drop_sequence("s", schema="x")
    op.create_view("v", "SELECT 1", comment="c")
    op.create_view("v", "SELECT 1 AS a", schema="s", materialized=True, indexes=["CREATE INDEX ix ON v (a)"])
    op.replace_view("v", "SELECT 2", existing={"definition": "SELECT 1"})
    op.drop_view("v", "SELECT 2")
    op.create_function("f", "CREATE FUNCTION f() ...", arguments="")
    op.replace_function("f", "CREATE FUNCTION f() ...", existing={"definition": "..."})
    op.drop_function("f", arguments="integer, text")
    op.create_procedure("p", "CREATE PROCEDURE p() ...")
    op.replace_procedure("p", "CREATE PROCEDURE p() ...", schema="s")
    op.drop_procedure("p")
    op.create_trigger("g", "CREATE TRIGGER g ...", table_name="t")
    op.replace_trigger("g", "CREATE TRIGGER g ...", table_name="t", comment="c")
    op.drop_trigger("g", table_name="t")
    op.create_partition("p", "FOR VALUES IN (1)", table_name="t")
    op.attach_partition("p", "FOR VALUES IN (1)", table_name="t", schema="s")
    op.detach_partition("p", "FOR VALUES IN (1)", table_name="t")
    op.drop_partition("p", table_name="t")
    op.create_object("policy", "p", "CREATE POLICY p ON t", table_name="t")
    op.replace_object("aggregate", "a", "CREATE AGGREGATE a ...", arguments="integer", existing={"definition": "..."})
    op.drop_object("row_security", "t", schema="s")
    op.alter_table_options("t", {"mysql_engine": "InnoDB"}, existing={"mysql_engine": "MyISAM"})
    names = op.get_bind().execute(sa.text("SELECT a FROM t")).scalars().all()
    context: MigrationContext = op.get_context()
    text: str = op.run_async(fill, len(names))
    op.invoke(ops.DropTableOp(text))
    with op.batch_alter_table(
        "t", schema=None, recreate="always", table_args=(sa.CheckConstraint("a > 1"),)
    ) as batch_op:
        batch_op.add_column(sa.Column("c", sa.Integer()), insert_after="a")
        batch_op.alter_column("c", type_=sa.String(), insert_before="a", nullable=True)
        batch_op.drop_column("c", existing_type=sa.Boolean())
        batch_op.create_index("ix", ["a"], unique=True)
        batch_op.drop_index("ix")
        batch_op.create_primary_key("pk", ["a"])
        batch_op.create_unique_constraint(batch_op.f("uq"), ["a"])
        batch_op.create_check_constraint("ck", "a > 1")
        batch_op.create_foreign_key("fk", "r", ["a"], ["id"], ondelete="CASCADE")
        batch_op.create_exclude_constraint("ex", ("a", "="))
        batch_op.drop_constraint("uq", type_="unique")
        batch_op.create_table_comment("c")
        batch_op.drop_table_comment(existing_comment="c")
        batch_op.alter_table_options({"sqlite_strict": True})
        batch_op.execute("SELECT 1")
    with op.context(context) as operations:
        operations.invoke(ops.ExecuteSQLOp("SELECT 1"))
    Operations(context).add_column("t", sa.Column("c", sa.Integer()))


@Operations.register_operation("create_view")
class CreateViewOp(MigrateOperation):
    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def create_view(cls, operations: Operations, name: str) -> None:
        operations.invoke(cls(name))


@op.implementation_for(CreateViewOp)
def create_view(operations: Operations, operation: CreateViewOp) -> None:
    operations.execute(f"CREATE VIEW {operation.name} AS SELECT 1")
