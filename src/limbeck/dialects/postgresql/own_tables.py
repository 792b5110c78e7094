"""Limbeck's own tables in PostgreSQL, found together by one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from limbeck.ddl.own_tables import OwnTable

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.engine import Connection

_QUERY = """
SELECT c.relname, has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE'),
  ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
FROM pg_catalog.pg_class c
WHERE c.relname IN :names AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND """

_NAMES: sa.BindParameter[str] = sa.bindparam("names", expanding=True)
_NAMESPACE = "(SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = "
_IN_SCHEMA = sa.text(f"{_QUERY} c.relnamespace = {_NAMESPACE} :schema)").bindparams(_NAMES)
_VISIBLE = sa.text(
    f"{_QUERY} pg_catalog.pg_table_is_visible(c.oid) AND c.relnamespace <> {_NAMESPACE} 'pg_catalog')"
).bindparams(_NAMES)


def own_tables(connection: Connection, names: Collection[str], schema: str | None) -> dict[str, OwnTable]:
    """As `limbeck.ddl.session.SessionFacts.own_tables`."""
    given = {"names": sorted(names)} | ({} if schema is None else {"schema": schema})
    found = connection.execute(_VISIBLE if schema is None else _IN_SCHEMA, given)
    return {str(name): OwnTable(frozenset(columns), bool(is_writable)) for name, is_writable, columns in found}
