"""Names in SQLite, and what SQLAlchemy does not reflect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

from limbeck.ddl.schema_facts import SchemaFacts

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_TABLE_TEXT = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")


class SQLiteFacts(SchemaFacts):
    """Names of indexes are unique in a schema."""

    names_of_schema: ClassVar[frozenset[str]] = frozenset({"index"})

    def unreflected_options(self, connection: Connection, table: str, schema: str | None) -> dict[str, Any]:
        """AUTOINCREMENT, by the stored text of the table."""
        sql = connection.scalar(_TABLE_TEXT, {"name": table})
        return {"sqlite_autoincrement": True} if sql and "AUTOINCREMENT" in sql.upper() else {}
