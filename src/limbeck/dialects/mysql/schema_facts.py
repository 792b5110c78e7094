"""Names and foreign keys in MySQL and MariaDB, and what SQLAlchemy does not reflect."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import BIT

from limbeck.ddl.schema_facts import SchemaFacts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from limbeck import sqla

_DEFAULT = sa.text(
    "SELECT column_default FROM information_schema.columns "
    "WHERE table_schema = coalesce(:schema, database()) AND table_name = :table AND column_name = :column"
)
_ON_UPDATE = sa.text(
    "SELECT column_name, extra LIKE '%on update%' FROM information_schema.columns "
    "WHERE table_schema = coalesce(:schema, database()) AND table_name = :table ORDER BY ordinal_position"
)


class MySQLFacts(SchemaFacts):
    """In InnoDB, names of foreign keys are unique in a schema, and each has an index."""

    names_of_schema: ClassVar[frozenset[str]] = frozenset({"foreignkey"})
    default_name_scope: ClassVar[Literal["schema", "table"] | None] = "table"
    keys_hold_indexes: ClassVar[bool] = True

    def default_constraint_name(self, kind: str, table: str, columns: Sequence[str], taken: set[str]) -> str | None:
        """A unique constraint has that of its first column, numbered from 2; a foreign key ``table_ibfk_number``."""
        if kind == "foreignkey":
            numbers = (re.fullmatch(re.escape(table) + r"_ibfk_(\d+)", name) for name in taken)
            return f"{table}_ibfk_{max((int(number[1]) for number in numbers if number), default=0) + 1}"
        if kind != "unique":
            return None
        names = (f"{columns[0]}_{number}" if number > 1 else str(columns[0]) for number in count(1))
        return next(name for name in names if name not in taken)

    def key_name_after_rename(self, name: str, table: str, new_table: str) -> str:
        """The server renames the foreign keys that it has named itself with their table."""
        chosen = f"{table}_ibfk_"
        return f"{new_table}_ibfk_{name.removeprefix(chosen)}" if name.startswith(chosen) else name

    def unreflected_default(
        self, connection: Connection, column: sa.Column[Any], table: str, schema: str | None
    ) -> str | None:
        """That of a BIT, ``b'101'``, which SQLAlchemy does not parse."""
        if not isinstance(column.type, BIT):
            return None
        where = {"schema": schema, "table": table, "column": column.name}
        default = connection.scalar(_DEFAULT, where)
        return None if default in (None, "", "NULL") else str(default)

    def columns_set_by_update(self, connection: Connection, model: sa.Table) -> list[str]:
        """Those with ON UPDATE CURRENT_TIMESTAMP, now or by the models."""
        where = {"schema": model.schema, "table": model.name}
        columns = {column.name: column for column in model.columns}
        return [
            name
            for name, has_it in connection.execute(_ON_UPDATE, where)
            if name in columns and (has_it or _says_on_update(columns[name]))
        ]


def _says_on_update(column: sqla.AnyColumn) -> bool:
    return "on update" in str(getattr(column.server_default, "arg", "")).lower()
