"""The version rows of many schemas of one database, read together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.engine import Connection

AT_ONCE = 100
"""Schemas in one statement, which locks each table until it ends, and takes longer to be planned the more there are."""

_TABLES = sa.text(
    "SELECT n.nspname, c.oid IS NOT NULL FROM pg_catalog.pg_namespace n "
    "LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = :table AND c.relkind IN ('r', 'p')"
)


def rows_by_schema(connection: Connection, table: str, schemas: Collection[str]) -> dict[str, tuple[str, ...]]:
    """As `limbeck.ddl.session.SessionFacts.rows_by_schema`; a table that another session locks is not waited for.

    :raises sqlalchemy.exc.DBAPIError: where a table is locked, and where the account may not read it.
    """
    wanted = set(schemas)
    found = {str(name): bool(has) for name, has in connection.execute(_TABLES, {"table": table}) if name in wanted}
    rows: dict[str, list[str]] = {name: [] for name in found}
    connection.exec_driver_sql("SET lock_timeout TO '1s'")
    quote = connection.dialect.identifier_preparer.quote_identifier
    tables = [name for name, has in found.items() if has]
    for start in range(0, len(tables), AT_ONCE):
        some = tables[start : start + AT_ONCE]
        parts = (
            f"SELECT {number} AS n, version_num FROM {quote(name)}.{quote(table)}"  # noqa: S608 quoted
            for number, name in enumerate(some)
        )
        for number, row in connection.exec_driver_sql(" UNION ALL ".join(parts)):
            rows[some[number]].append(str(row))
    return {name: tuple(each) for name, each in rows.items()}
