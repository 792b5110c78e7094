"""Reflection: the catalogue asked once for many tables, and tables built from its answers."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspection, schema
from sqlalchemy.types import NULLTYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

inspects = inspection._inspects
"""Decorator on the function that `sqlalchemy.inspect` calls for instances of a class."""

KINDS = (
    "columns",
    "pk_constraint",
    "foreign_keys",
    "indexes",
    "unique_constraints",
    "table_comment",
    "check_constraints",
    "table_options",
)
"""The kinds of ``Inspector.get_multi_<kind>``."""


_MANY = 100


def ask_catalogue(
    inspector: Any, kind: str, schema_name: str | None, names: list[str], unreflectable: dict[Any, Exception]
) -> dict[tuple[str | None, str], Any] | None:
    """What the catalogue has of ``kind`` for tables, by ``(schema, table)``, in one query where the dialect has one.

    :param kind: one of `KINDS`.
    :param names: the tables; for many of them all tables of the schema are read, which is cheaper.
    :param unreflectable: receives the tables that could not be read, with the error.

    Returns None where the dialect does not implement ``kind``.
    """
    method = f"get_multi_{kind}"
    everything = len(names) > _MANY and inspector.dialect._overrides_default(method)
    try:
        return dict(
            getattr(inspector, method)(
                schema=schema_name, filter_names=None if everything else names, unreflectable=unreflectable
            )
        )
    except NotImplementedError:
        return None


def reading_through(inspector: Any, reader: Any) -> Any:
    """An inspector with the cache of ``inspector``, that reads through ``reader`` in place of its connection."""
    other = copy.copy(inspector)
    other.bind = reader
    return other


def build_tables(
    inspector: Any,
    metadata: schema.MetaData,
    schema_name: str | None,
    names: Iterable[str],
    said: Mapping[str, Mapping[tuple[str | None, str], Any] | None],
) -> None:
    """Make tables in ``metadata`` from what `ask_catalogue` returned by kind, without those that they refer to."""
    from sqlalchemy.engine.reflection import _ReflectionInfo

    found = _ReflectionInfo(**{kind: said[kind] or {} for kind in KINDS}, unreflectable={})  # type: ignore[arg-type]
    for name in names:
        inspector.reflect_table(
            schema.Table(name, metadata, schema=schema_name), None, resolve_fks=False, _reflect_info=found
        )


def is_reflection_watched() -> bool:
    """Whether listeners on the classes of schema items are registered, which may change reflected ones."""
    metadata = schema.MetaData()
    table = schema.Table("t", metadata)
    items: list[Any] = [
        table,
        schema.Column("c", NULLTYPE),
        schema.Index("i", "c"),
        schema.PrimaryKeyConstraint("c"),
        schema.UniqueConstraint("c"),
        schema.CheckConstraint("c"),
        schema.ForeignKeyConstraint(["c"], ["t.c"]),
    ]
    watched = bool(table.dispatch.column_reflect or metadata.dispatch.column_reflect)
    return watched or any(
        listener.__module__ != "sqlalchemy.sql.naming"  # naming conventions
        for item in items
        for listeners in (item.dispatch.before_parent_attach, item.dispatch.after_parent_attach)
        for listener in listeners
    )
