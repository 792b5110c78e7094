"""Operations that rename tables and columns, and the comments on what may be a renaming."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from limbeck.errors import warn
from limbeck.operations.ops import (
    AddColumnOp,
    AlterColumnOp,
    CreateTableOp,
    DropColumnOp,
    DropTableOp,
    MigrateOperation,
    RenameTableOp,
)

from .edits import changed, each_changed

if TYPE_CHECKING:
    from limbeck.autogenerate.read.names import TableName
    from limbeck.autogenerate.read.renames import OpenRename
    from limbeck.sqla import AnyColumn

    from .edits import Operations
    from .facts import Facts

log = logging.getLogger("limbeck.autogenerate.renames")


def put_renames_first(operations: Operations, facts: Facts) -> Operations:
    """Rename tables, then columns, before everything else, which uses the new names.

    Columns are renamed outside of a batch: a rebuild would not rename them in the foreign keys of other tables.
    """
    first: Operations = [
        RenameTableOp(old, facts.renames.tables[schema, old], schema=schema)
        for schema, old in facts.renames.tables_in_order()
    ]
    for table, columns in facts.renames.columns.items():
        facts.reflection.build([table])
        reflected = facts.reflection.built(table)
        first += [_rename_column(table, old, reflected.c[new]) for old, new in columns.items()]
    return [*first, *operations]


def _rename_column(table: TableName, old: str, column: AnyColumn) -> AlterColumnOp:
    """The operation, with all that MySQL needs to restate the column."""
    operation = AlterColumnOp(
        table[1],
        old,
        schema=table[0],
        modify_name=column.name,
        existing_type=column.type,
        existing_nullable=column.nullable,
        existing_server_default=column.server_default,
        existing_comment=column.comment,
    )
    if column.autoincrement is True:
        operation.kw["existing_autoincrement"] = True
    return operation


def comment_on_open_renames(operations: Operations, facts: Facts) -> Operations:
    """Put a comment above the drop and the addition of what may be a renaming."""

    def commented(operation: MigrateOperation) -> MigrateOperation:
        about = [rename for rename in facts.open_renames if _is_about(rename, operation)]
        lines = [line for rename in about for line in (f"{rename.fact};", f"{rename.hint}.")]
        return changed(operation, script_comment=(*operation.script_comment, *lines)) if lines else operation

    return each_changed(operations, commented)


def _is_about(rename: OpenRename, operation: MigrateOperation) -> bool:
    """Whether an operation drops or adds one of the two tables or columns."""
    if isinstance(operation, CreateTableOp | DropTableOp):
        subject: tuple[object, str] = (operation.schema, operation.table_name)
        return rename.table is None and subject in ((rename.schema, rename.old), (rename.schema, rename.new))
    if isinstance(operation, AddColumnOp | DropColumnOp):
        subject = ((operation.schema, operation.table_name), operation.to_column().name)
        return subject in ((rename.table, rename.old), (rename.table, rename.new))
    return False


def report_renames(facts: Facts) -> None:
    """Log what is renamed, and warn of what may be: under an edition as a warning, else in the log."""
    for schema, old in facts.renames.tables_in_order():
        log.info("Detected table %r renamed to %r", old, facts.renames.tables[schema, old])
    for name, columns in facts.renames.columns.items():
        log.info("Detected columns of %r renamed: %s", name[1], columns)
    for rename in facts.open_renames:
        if facts.has_edition:
            warn(rename.fact, code="maybe-renamed", hint=rename.hint, stacklevel=4)
        else:
            log.warning("%s; %s", rename.fact, rename.hint)
