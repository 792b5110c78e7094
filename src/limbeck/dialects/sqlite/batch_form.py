"""Which operations of a script SQLite needs a batch for; ``render_as_batch="auto"`` writes one for these."""

from __future__ import annotations

from functools import singledispatch

from sqlalchemy.types import NullType

from limbeck.ddl.column_change import ColumnChange
from limbeck.operations.ops import (
    AddColumnOp,
    AddConstraintOp,
    AlterColumnOp,
    AlterTableOptionsOp,
    DropColumnOp,
    DropConstraintOp,
)

from .in_place import needs_rebuild


@singledispatch
def needs_batch(operation: object) -> bool:
    """Whether ``operation`` is refused, or may be for what the table has, outside of a batch."""
    return False


@needs_batch.register
def _(operation: AddColumnOp) -> bool:
    return bool(operation.inline_primary_key) or needs_rebuild(
        ("add_column", (operation.table_name, operation.column), {})
    )


@needs_batch.register
def _(operation: AlterColumnOp) -> bool:
    change = ColumnChange.from_keywords(operation.table_name, operation.column_name, **operation.keywords())
    return bool(change.new.given().keys() - {"name", "comment"})


@needs_batch.register
def _(operation: DropColumnOp) -> bool:
    """Not of a plain column: what else hangs on it is an operation of its own (SQLite manual, ALTER TABLE)."""
    column = operation.to_column()
    is_known = not isinstance(column.type, NullType)
    is_plain = not (column.primary_key or column.unique or column.foreign_keys or column.constraints)
    return not (is_known and is_plain) or needs_batch(operation.reverse())


@needs_batch.register(AddConstraintOp)
@needs_batch.register(AlterTableOptionsOp)
@needs_batch.register(DropConstraintOp)
def _(operation: object) -> bool:
    return True
