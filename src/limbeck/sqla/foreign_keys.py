"""What foreign keys refer to, whether or not the other table is known."""

from __future__ import annotations

from sqlalchemy import schema
from sqlalchemy.types import NULLTYPE

from .constraints import in_order


def foreign_keys_of(table: schema.Table) -> list[schema.ForeignKeyConstraint]:
    """The foreign keys of ``table``, in the order in which they were made."""
    return [item for item in in_order(table.constraints) if isinstance(item, schema.ForeignKeyConstraint)]


def foreign_key_target(key: schema.ForeignKey) -> tuple[str | None, str, str | None] | None:
    """Schema, table and column that ``key`` names as text; None where it was given a `Column`.

    The column is None where the text has none: it is named as the key's own.
    """
    if not isinstance(key._colspec, str):
        return None
    *path, table, column = key._colspec.split(".") if "." in key._colspec else (key._colspec, "")
    return ".".join(path) or None, table, column or None


def fk_target(key: schema.ForeignKey) -> tuple[str | None, str, str]:
    """Schema, table and column that ``key`` refers to, by name, whether or not they exist.

    The text of a foreign key says a column's ``key`` in the models, unless ``link_to_name`` is set.
    """
    schema_name, table, column = key._column_tokens
    found = key.parent.table.metadata.tables.get(f"{schema_name}.{table}" if schema_name else table)
    if found is not None and column is not None and column in found.c and not key.link_to_name:
        column = found.c[column].name
    return schema_name, table, column or key.parent.name


def referred_columns(constraint: schema.ForeignKeyConstraint) -> tuple[str | None, str, list[str]]:
    """Schema, table and columns, by name, that a foreign key refers to, whether or not they exist."""
    keys = constraint.elements
    target = foreign_key_target(keys[0])
    if target is None:
        table = keys[0].column.table
        return table.schema, table.name, [key.column.name for key in keys]
    return target[0], target[1], [fk_target(key)[2] for key in keys]


def make_referent(key: schema.ForeignKey, metadata: schema.MetaData) -> None:
    """Add the table and column that ``key`` names as text to ``metadata``, where they are missing."""
    target = foreign_key_target(key)
    if target is None:
        return
    schema_name, table_name, column_name = target
    table = metadata.tables.get(table_name if schema_name is None else f"{schema_name}.{table_name}")
    if table is None:
        table = schema.Table(table_name, metadata, schema=schema_name)
    if column_name is not None and column_name not in table.c:
        table.append_column(schema.Column(column_name, NULLTYPE))
