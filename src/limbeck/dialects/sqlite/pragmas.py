"""Reads SQLite's catalogue for all tables at once, where SQLAlchemy asks for each table.

The same PRAGMAs are called as table-valued functions (SQLite manual, PRAGMA functions, 3.16). ``sqlite_master`` has no
index, so that looking up each of n tables by name takes n * n steps.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from limbeck.ddl.catalogue_reader import Answer, CatalogueReader

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_PRAGMA = re.compile(r'PRAGMA (main|temp|"(?:[^"]|"")+")\.(\w+)\("((?:[^"]|"")*)"\)$')
_TEXT = re.compile(r'SELECT sql FROM .*?("(?:[^"]|"")+"\.)?sqlite_master\b', re.DOTALL)
_OF = {
    "table_info": "table",
    "table_xinfo": "table",
    "foreign_key_list": "table",
    "index_list": "table",
    "index_info": "index",
    "index_xinfo": "index",
}


class Pragmas(CatalogueReader):
    """Answers questions about one table from the rows of all tables.

    :param connection: the real one.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._rows: dict[tuple[str, str], dict[str, list[Any]] | None] = {}

    def exec_driver_sql(self, statement: str, parameters: Any = None) -> Any:
        """Answer from the rows of all tables, or execute the statement."""
        rows = None
        if pragma := _PRAGMA.match(statement):
            schema, kind, name = pragma.groups()
            if kind in _OF:
                rows = self._of(schema, kind, name.replace('""', '"'))
        elif parameters and (text := _TEXT.match(statement)):
            rows = self._of((text[1] or "main.")[:-1], "sql", parameters[0])
        return self._connection.exec_driver_sql(statement, parameters) if rows is None else Answer(rows)

    def _of(self, schema: str, kind: str, name: str) -> list[Any] | None:
        """The rows of a PRAGMA, or the text, for a table or an index; None where the statement has to be executed.

        That is for views, and where SQLite is too old to read all at once.
        """
        if (schema, kind) not in self._rows:
            try:
                self._rows[schema, kind] = self._read(schema, kind)
            except DBAPIError:
                self._rows[schema, kind] = None
        rows = self._rows[schema, kind]
        return None if rows is None else rows.get(name, [] if schema == "temp" else None)

    def _read(self, schema: str, kind: str) -> dict[str, list[Any]]:
        master = "sqlite_temp_master" if schema == "temp" else f"{schema}.sqlite_master"
        type_ = _OF.get(kind, "table")
        found: dict[str, list[Any]] = {}
        texts = f"SELECT name, sql FROM {master} WHERE type = '{type_}'"  # noqa: S608 quoted
        for name, sql in self._connection.exec_driver_sql(texts):
            found[name] = [(sql,)] if kind == "sql" else []
        if kind != "sql":
            place = (schema[1:-1].replace('""', '"') if schema.startswith('"') else schema).replace("'", "''")
            rows = f"SELECT m.name, p.* FROM {master} m, pragma_{kind}(m.name, '{place}') p WHERE m.type = '{type_}'"  # noqa: S608 quoted
            for name, *row in self._connection.exec_driver_sql(rows):
                found[name].append(tuple(row))
        return found
