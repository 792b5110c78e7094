"""Tables and indexes: made, taken apart and put in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy import schema
from sqlalchemy.sql import ddl as sql_ddl
from sqlalchemy.types import NULLTYPE

from .expressions import copy_expression
from .versions import SQLA_2_1

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.sql.selectable import TableClause

    from .columns import AnyColumn
    from .expressions import AnyType


def table(name: str, metadata: schema.MetaData, *items: schema.SchemaItem, **kw: Any) -> schema.Table:
    """A `Table` that keeps its ``postgresql_with``, which SQLAlchemy 2.0 knows for indexes only and does not render."""
    storage = None if SQLA_2_1 else kw.pop("postgresql_with", None)
    made = schema.Table(name, metadata, *items, **kw)
    if storage:
        made.dialect_kwargs["postgresql_with"] = storage
    return made


def table_of(name: str, schema_name: str | None, *columns: Any) -> TableClause:
    """A lightweight table (`sqlalchemy.table`) with ``columns``."""
    return sa.table(name, *columns, schema=schema_name)


def take_out_column(column: schema.Column[Any]) -> None:
    """Remove ``column`` from its table."""
    column.table._columns.remove(column)


def table_of_index(index: schema.Index) -> schema.Table:
    """The table that ``index`` is on."""
    return cast("schema.Table", index.table)


def index_of(table: schema.Table, name: str | None, expressions: list[Any], **kw: Any) -> schema.Index:
    """An index on ``table``, even if none of ``expressions`` is a column of it."""
    return schema.Index(name, *expressions, _table=table, **kw)


def copy_index(index: schema.Index, table: schema.Table) -> schema.Index:
    """A copy on the columns of ``table`` that have the same names."""
    own = table_of_index(index)
    expressions = [copy_expression(one, own, table) for one in index.expressions]
    kw = {
        name: copy_expression(value, own, table) if isinstance(value, sa.ClauseElement) else value
        for name, value in index.kwargs.items()
    }
    return index_of(table, index.name, expressions, unique=index.unique, **kw)


def add_missing_columns(item: schema.Index | schema.Constraint, names: Iterable[Any]) -> None:
    """Add the columns of ``names`` that the table of an index or constraint lacks, so that SQL can be rendered."""
    table = cast("schema.Table", item.table)
    for name in names:
        if isinstance(name, str) and name not in table.c:
            table.append_column(schema.Column(name, NULLTYPE))


def table_prefixes(table: schema.Table) -> list[str]:
    """The words between CREATE and TABLE (``UNLOGGED``)."""
    return list(table._prefixes)


def set_table_prefixes(table: schema.Table, words: list[str]) -> None:
    """Set the words between CREATE and TABLE."""
    table._prefixes = list(words)


def sequences_of(metadata: schema.MetaData) -> list[schema.Sequence]:
    """The sequences of ``metadata`` and of its columns, ordered by name."""
    return [metadata._sequences[name] for name in sorted(metadata._sequences)]


def sequences_of_default(column: AnyColumn) -> list[schema.Sequence]:
    """The sequences of the column's MetaData that its server default names, by `next_value()` or in a text."""
    default = column.server_default
    if not isinstance(default, schema.DefaultClause) or column.table.metadata is None:
        return []
    said = str(default.arg)
    return [sequence for sequence in sequences_of(column.table.metadata) if str(sequence.name) in said]


def types_of(metadata: schema.MetaData) -> list[AnyType]:
    """The types that ``metadata`` creates by itself, whether a column has them or not (``Enum(metadata=...)``)."""
    listeners = [*metadata.dispatch.before_create]
    bound = [getattr(each, "__self__", None) or getattr(each, "target", None) for each in listeners]
    return [each for each in bound if isinstance(each, sa.types.TypeEngine)]


def in_order_of_creation(tables: Iterable[schema.Table]) -> list[schema.Table]:
    """``tables``, each after those that it refers to; references that form a cycle are ignored."""
    ordered: Iterable[tuple[schema.Table | None, Any]] = sql_ddl.sort_tables_and_constraints(tables)  # type: ignore[no-untyped-call]
    return [table for table, _ in ordered if table is not None]
