"""The types of the functions that ``configure()`` takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from sqlalchemy import Column, FetchedValue
    from sqlalchemy.sql.schema import SchemaItem
    from sqlalchemy.types import TypeEngine

    from .migration import MigrationContext

StandaloneType: TypeAlias = Literal["enum", "domain", "sequence"]
ObjectType: TypeAlias = Literal[
    "view",
    "materialized_view",
    "function",
    "procedure",
    "trigger",
    "policy",
    "row_security",
    "rule",
    "aggregate",
    "composite_type",
    "extension",
    "grant",
    "default_privileges",
    "event_trigger",
    "event",
    "virtual_table",
    "partition",
]
NameFilterType: TypeAlias = (
    Literal["schema", "table", "column", "index", "unique_constraint", "foreign_key_constraint", "check_constraint"]
    | StandaloneType
    | ObjectType
)
NameFilterParentNames: TypeAlias = MutableMapping[
    Literal["schema_name", "table_name", "schema_qualified_table_name"], str | None
]
ProcessRevisionDirectiveFn: TypeAlias = (
    "Callable[[MigrationContext, str | Iterable[str | None] | Iterable[str], list[Any]], None]"
)
IncludeNameFn: TypeAlias = Callable[[str | None, NameFilterType, NameFilterParentNames], bool]
IncludeObjectFn: TypeAlias = "Callable[[SchemaItem, str | None, NameFilterType, bool, SchemaItem | None], bool]"
RenderItemFn: TypeAlias = Callable[[str, Any, Any], str | Literal[False] | None]
OnVersionApplyFn: TypeAlias = Callable[..., None]
CompareType: TypeAlias = (
    "Callable[[MigrationContext, Column[Any], Column[Any], TypeEngine[Any], TypeEngine[Any]], bool | None]"
)
CompareServerDefault: TypeAlias = (
    "Callable[[MigrationContext, Column[Any], Column[Any], str | None, FetchedValue | None, str | None], bool | None]"
)
