"""Sequences of columns: that of a serial column or an identity, and its position."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from limbeck import sqla
from limbeck.ddl.base import format_name

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

    from limbeck.ddl.impl import DefaultImpl


def owned_sequence(impl: DefaultImpl, table: str, column: str, schema: str | None) -> str | None:
    """The sequence that a column owns, quoted for SQL; None if it owns none."""
    query = sa.text("SELECT pg_catalog.pg_get_serial_sequence(:table, :column)")
    values = {"table": format_name(sqla.for_script(impl.dialect).identifier_preparer, table, schema), "column": column}
    found = impl.require_connection("ALTER COLUMN").execute(query, values).scalar()
    return None if found is None else str(found)


def continue_after_rows(impl: DefaultImpl, table: str, column: str, schema: str | None, identity: sa.Identity) -> None:
    """Set the column's sequence to the largest value present, so that the next row gets a free one.

    :param identity: its options; the sequence of one that counts down is left as it is.
    """
    if (identity.increment or 1) < 0:
        return
    preparer = sqla.for_script(impl.dialect).identifier_preparer
    name, present = preparer.quote(column), format_name(preparer, table, schema)
    query = (
        "SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence(:table, :column), present.top) "  # noqa: S608 quoted
        f"FROM (SELECT max({name}) AS top FROM {present}) AS present WHERE present.top >= :start"
    )
    values = {"table": present, "column": column, "start": identity.start or 1}
    impl.require_connection("ALTER COLUMN").execute(sa.text(query), values)


def ownership_statements(dialect: Dialect, sequence: sa.Sequence, table: str, column: str) -> list[str]:
    """The statements that make a column the owner of a sequence, and set it to the largest value present."""
    preparer = sqla.for_script(dialect).identifier_preparer
    name, quoted = preparer.format_sequence(sequence), preparer.quote(column)
    place = format_name(preparer, table, sequence.schema)
    literal = sqla.literal(sqla.for_script(dialect), name)
    return [
        f"ALTER SEQUENCE {name} OWNED BY {place}.{quoted}",
        f"SELECT setval({literal}, max({quoted})) FROM {place} HAVING max({quoted}) IS NOT NULL",  # noqa: S608 quoted
    ]
