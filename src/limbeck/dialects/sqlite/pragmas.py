"""SQLite's catalogue in bulk: SQLAlchemy asks it table by table, here all tables answer at once.

The answers are those of the same PRAGMAs, asked as table-valued functions (SQLite manual, PRAGMA functions, 3.16), and
of ``sqlite_master``, which has no index: asking it for each table by name takes the square of their number.
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
    """Answers for one table from what all tables have said at once.

    :param connection: the real one.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._said: dict[tuple[str, str], dict[str, list[Any]] | None] = {}

    def exec_driver_sql(self, statement: str, parameters: Any = None) -> Any:
        """Answer from what all tables have said, or ask."""
        rows = None
        if pragma := _PRAGMA.match(statement):
            schema, kind, name = pragma.groups()
            if kind in _OF:
                rows = self._of(schema, kind, name.replace('""', '"'))
        elif parameters and (text := _TEXT.match(statement)):
            rows = self._of((text[1] or "main.")[:-1], "sql", parameters[0])
        return self._connection.exec_driver_sql(statement, parameters) if rows is None else Answer(rows)

    def _of(self, schema: str, kind: str, name: str) -> list[Any] | None:
        """The rows of a PRAGMA, or the text, for a table or index; None where it has to be asked by itself.

        That is where SQLite is too old for all at once, and for views.
        """
        if (schema, kind) not in self._said:
            try:
                self._said[schema, kind] = self._ask(schema, kind)
            except DBAPIError:
                self._said[schema, kind] = None
        said = self._said[schema, kind]
        return None if said is None else said.get(name, [] if schema == "temp" else None)

    def _ask(self, schema: str, kind: str) -> dict[str, list[Any]]:
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
