"""How tables are named while they are compared."""

from __future__ import annotations

TableName = tuple[str | None, str]
"""Schema and table; the schema is None for the connection's default one."""


def qualified(name: TableName) -> str:
    """``schema.table``, as in the keys of a MetaData and in log lines."""
    schema, table = name
    return f"{schema}.{table}" if schema else table
