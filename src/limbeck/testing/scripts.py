"""Operations as a script, ``--sql``: what a dialect has to write without a database.

These tests need neither a driver nor SQLAlchemy's pytest plugin, so that any dialect can be named.
"""

from __future__ import annotations

import io
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Integer, String

from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

CALLS = {
    "add_column": lambda op: op.add_column("wares", Column("colour", String(10), server_default="red")),
    "drop_column": lambda op: op.drop_column("wares", "amount"),
    "create_table": lambda op: op.create_table("makers", Column("id", Integer, primary_key=True, autoincrement=False)),
    "drop_table": lambda op: op.drop_table("makers"),
    "rename_table": lambda op: op.rename_table("wares", "goods"),
    "create_index": lambda op: op.create_index("ix_wares", "wares", ["name"]),
    "drop_index": lambda op: op.drop_index("ix_wares", table_name="wares"),
    "execute": lambda op: op.execute("DELETE FROM wares"),
    "rename_column": lambda op: op.alter_column("wares", "name", new_column_name="title", existing_type=String(20)),
    "bulk_insert": lambda op: op.bulk_insert(
        sa.table("wares", sa.column("id", Integer), sa.column("name", String)), [{"id": 2, "name": "it's"}]
    ),
}


BATCH_SEPARATORS = ("GO", "/")
"""What clients of SQL Server and Oracle want between statements, on a line of its own."""


class Scripts:
    """What is written, on the dialect that `dialect_name` returns."""

    def dialect_name(self) -> str:
        """The name of the dialect."""
        raise NotImplementedError

    def _written(self, call: Any, **opts: Any) -> tuple[MigrationContext, str]:
        buffer = io.StringIO()
        opts = {"as_sql": True, "output_buffer": buffer, **opts}
        context = MigrationContext.configure(dialect_name=self.dialect_name(), opts=opts)
        call(Operations(context))
        return context, buffer.getvalue()

    def each(self, name: str) -> None:
        """Of the operation ``name`` of `CALLS`: statements, each ended as this database's client wants it."""
        context, script = self._written(CALLS[name])
        assert script.endswith("\n\n")
        statements = [part for part in script.strip().split("\n\n") if part not in BATCH_SEPARATORS]
        assert statements
        assert [part for part in statements if not part.endswith(context.impl.command_terminator)] == []

    def test_values_are_written_out(self) -> None:
        _, script = self._written(CALLS["bulk_insert"])
        assert "it''s" in script

    def test_a_name_is_quoted(self) -> None:
        _, script = self._written(lambda op: op.drop_table("Some Table"))
        assert "Some Table" in script
        assert "DROP TABLE Some Table" not in script

    def test_version_table(self) -> None:
        """It is made and written like any table."""
        context, _ = self._written(lambda op: None)
        table = context.impl.version_table_impl(
            version_table="alembic_version", version_table_schema=None, version_table_pk=True
        )
        assert [column.name for column in table.columns] == ["version_num"]
        assert "alembic_version" in self._written(lambda op: op.get_context()._ensure_version_table())[1]
