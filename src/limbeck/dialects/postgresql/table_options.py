"""Options of tables, as ``ALTER TABLE`` takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.ddl.base import format_name
from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Dialect


def statements(
    dialect: Dialect, table: str, schema: str | None, options: Mapping[str, Any], existing: Mapping[str, Any]
) -> list[str]:
    """The statements that change options of a table (PostgreSQL manual, ALTER TABLE).

    Raises `CommandError` for another partition key.
    """
    preparer = sqla.for_script(dialect).identifier_preparer
    quote = preparer.quote
    name = format_name(preparer, table, schema)
    if "postgresql_partition_by" in options:
        file, line = caller()
        raise CommandError(
            f"op.alter_table_options(): PostgreSQL cannot change how {table} is partitioned",
            code="no-table-options",
            hint="make the table anew: create one with the other key, INSERT ... SELECT, drop the old, rename",
            file=file,
            line=line,
        )
    clauses = []
    if "postgresql_unlogged" in options:
        clauses.append("SET UNLOGGED" if options["postgresql_unlogged"] else "SET LOGGED")
    if "postgresql_tablespace" in options:
        clauses.append(f"SET TABLESPACE {quote(options['postgresql_tablespace'] or 'pg_default')}")
    if "postgresql_using" in options:
        clauses.append(f"SET ACCESS METHOD {quote(options['postgresql_using'] or 'heap')}")
    if "postgresql_with" in options:
        new, old = (dict(side.get("postgresql_with") or {}) for side in (options, existing))
        if new:
            clauses.append(f"SET ({', '.join(f'{key} = {value}' for key, value in new.items())})")
        if gone := [key for key in old if key not in new]:
            clauses.append(f"RESET ({', '.join(gone)})")
    return [f"ALTER TABLE {name} {clause}" for clause in clauses]
