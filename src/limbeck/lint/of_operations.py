"""Operations as changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sqlalchemy import Column, Computed, ForeignKey, ForeignKeyConstraint, PrimaryKeyConstraint, Table
from sqlalchemy.exc import CompileError
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import to_instance

from limbeck import sqla
from limbeck.operations.checks import CreateCheckConstraintOp, CreateExcludeConstraintOp
from limbeck.operations.columns import AddColumnOp, AlterColumnOp, DropColumnOp
from limbeck.operations.comments import CreateTableCommentOp
from limbeck.operations.constraints import (
    AddConstraintOp,
    CreatePrimaryKeyOp,
    CreateUniqueConstraintOp,
    DropConstraintOp,
)
from limbeck.operations.data import BulkInsertOp
from limbeck.operations.enums import AddEnumValueOp, RenameEnumValueOp
from limbeck.operations.foreign_keys import CreateForeignKeyOp
from limbeck.operations.indexes import CreateIndexOp, DropIndexOp
from limbeck.operations.partitions import AttachPartitionOp, DetachPartitionOp, DropPartitionOp
from limbeck.operations.schemaobj import SchemaObjects
from limbeck.operations.tables import CreateTableOp, DropTableOp, RenameTableOp
from limbeck.operations.triggers import CreateTriggerOp
from limbeck.operations.views import CreateViewOp, DropViewOp, ReplaceViewOp

from . import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Dialect

    from limbeck.operations.columns import AnyType
    from limbeck.operations.operation import MigrateOperation


def of_operation(  # noqa: C901, PLR0912 one case an operation
    operation: MigrateOperation, dialect: Dialect
) -> Iterator[changes.Change]:
    """The changes that an operation makes; none for one that is not known here, as that of a plugin.

    :param dialect: of the database, in which types are written.
    """
    match operation:
        case CreateTableOp():
            yield _table(operation, dialect)
        case DropTableOp():
            yield changes.DropTable(_name(operation.table_name, operation.schema))
        case RenameTableOp():
            new = _name(operation.new_table_name, operation.schema)
            yield changes.RenameTable(_name(operation.table_name, operation.schema), new)
        case AddColumnOp():
            yield from _added(operation, dialect)
        case DropColumnOp():
            yield changes.DropColumn(_name(operation.table_name, operation.schema), operation.column_name)
        case AlterColumnOp():
            yield from _altered(operation, dialect)
        case CreateIndexOp():
            yield changes.CreateIndex(
                _name(operation.table_name, operation.schema),
                operation.index_name,
                tuple(_key(column) for column in operation.columns),
                unique=bool(operation.unique),
                concurrently=bool(operation.kw.get("postgresql_concurrently")),
                partial=any(name.endswith("_where") and operation.kw[name] is not None for name in operation.kw),
                kind=operation.kw.get("mysql_prefix") or operation.kw.get("mariadb_prefix"),
            )
        case DropIndexOp():
            table = "" if operation.table_name is None else _name(operation.table_name, operation.schema)
            yield changes.DropIndex(
                table, str(operation.index_name), concurrently=bool(operation.kw.get("postgresql_concurrently"))
            )
        case AddConstraintOp():
            yield from _constraint(operation)
        case DropConstraintOp():
            yield changes.DropConstraint(_name(operation.table_name, operation.schema), operation.constraint_name)
        case BulkInsertOp():
            yield changes.Write(_name(operation.table.name, getattr(operation.table, "schema", None)), "INSERT")
        case AddEnumValueOp():
            yield changes.AddEnumValue("", _name(operation.name, operation.schema), operation.value)
        case RenameEnumValueOp():
            yield changes.RenameEnumValue("", _name(operation.name, operation.schema), operation.old, operation.new)
        case CreateViewOp():
            yield changes.CreateView(_name(operation.name, operation.schema))
        case ReplaceViewOp():
            yield changes.CreateView(_name(operation.name, operation.schema), replaces=True)
        case DropViewOp():
            yield changes.DropView(_name(operation.name, operation.schema))
        case AttachPartitionOp():
            table, partition = (_name(each, operation.schema) for each in (operation.table_name, operation.name))
            yield changes.AttachPartition(table, partition, str(operation.definition))
        case DetachPartitionOp():
            table, partition = (_name(each, operation.schema) for each in (operation.table_name, operation.name))
            yield changes.DetachPartition(table, partition)
        case DropPartitionOp():
            yield changes.DropTable(_name(operation.name, operation.schema))
        case CreateTableCommentOp():
            yield changes.SetComment(_name(operation.table_name, operation.schema))
        case CreateTriggerOp():
            yield changes.CreateTrigger(_name(operation.table_name or "", operation.schema), operation.name)
        case _:
            pass


def _name(table: str, schema: str | None) -> str:
    return f"{schema}.{table}" if schema else str(table)


def _key(column: object) -> str:
    return column.name if isinstance(column, Column) else str(column)


def type_text(type_: AnyType | None, dialect: Dialect) -> str:
    """A type in the SQL of a dialect; empty where that has none for it, and for None."""
    if type_ is None:
        return ""
    try:
        return to_instance(type_).compile(dialect=dialect)
    except (CompileError, NotImplementedError):
        return ""


def _column(column: sqla.AnyColumn, dialect: Dialect) -> changes.Column:
    type_ = type_text(column.type, dialect)
    generated: Literal["stored", "virtual", "identity"] | None = "identity" if column.identity is not None else None
    if isinstance(column.server_default, Computed):
        generated = "virtual" if column.server_default.persisted is False else "stored"
    default = getattr(column.server_default, "arg", None)
    if isinstance(default, ClauseElement):
        default = str(default.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    elif default is not None:
        default = "'" + str(default).replace("'", "''") + "'"
    return changes.Column(column.name, type_, bool(column.nullable), default, generated, bool(column.comment))


def _table(operation: CreateTableOp, dialect: Dialect) -> changes.CreateTable:
    table = operation.to_table()
    columns = tuple(_column(column, dialect) for column in table.columns)
    # the keys of the operation's own columns: SQLAlchemy leaves those of a rehearsed table out of a copy
    keys = [key for item in operation.columns if isinstance(item, Column) for key in item.foreign_keys]
    keys += [key for item in operation.columns if isinstance(item, ForeignKeyConstraint) for key in item.elements]
    return changes.CreateTable(
        _name(table.name, table.schema),
        columns,
        bool(table.primary_key.columns),
        bool(table.comment),
        targets=tuple(sorted({_target(key) for key in keys})),
    )


def _target(key: ForeignKey) -> str:
    """The table that a key refers to, as ``schema.table``."""
    return key.target_fullname.rpartition(".")[0]


def _added(operation: AddColumnOp, dialect: Dialect) -> Iterator[changes.Change]:
    name = _name(operation.table_name, operation.schema)
    inline = bool(operation.inline_references) and bool(operation.column.foreign_keys)
    yield changes.AddColumn(name, _column(operation.column, dialect), inline_key=inline)
    for part in parts_of(operation):
        yield from of_operation(part, dialect)


def parts_of(operation: AddColumnOp) -> list[MigrateOperation]:
    """What ``add_column`` creates beside the column: keys, also those written inline, checks, indexes."""
    table = _table_of_column(operation)
    found: list[MigrateOperation] = [
        AddConstraintOp.from_constraint(constraint)
        for constraint in sqla.in_order(table.constraints)
        if not isinstance(constraint, PrimaryKeyConstraint) and not sqla.is_type_bound(constraint)
    ]
    return found + [CreateIndexOp.from_index(index) for index in sorted(table.indexes, key=lambda one: str(one.name))]


def _table_of_column(operation: AddColumnOp) -> Table:
    """A table of nothing but the new column: the one that it has been given when it was rehearsed, else a new one."""
    table: Table | None = operation.column.table
    if table is not None and len(table.columns) == 1:
        return table
    column = operation.column if table is None else sqla.copy_column(operation.column)
    return SchemaObjects(None).table(operation.table_name, column, schema=operation.schema)


def _altered(operation: AlterColumnOp, dialect: Dialect) -> Iterator[changes.Change]:
    table, column = _name(operation.table_name, operation.schema), operation.column_name
    old = type_text(operation.existing_type, dialect) or None
    if operation.modify_type is not None:
        using = operation.kw.get("postgresql_using") is not None
        yield changes.ChangeType(table, column, type_text(operation.modify_type, dialect), old, using)
    if operation.modify_nullable is False:
        yield changes.SetNotNull(table, column, type_text(operation.modify_type, dialect) or old)
    if operation.modify_comment:
        yield changes.SetComment(table, column)
    if operation.modify_nullable is True or operation.modify_server_default is not False:
        yield changes.AlterTable(table, f"ALTER {column}")
    if operation.modify_name is not None:
        yield changes.RenameColumn(table, column, operation.modify_name)


def _constraint(operation: AddConstraintOp) -> Iterator[changes.Change]:
    name = operation.constraint_name
    not_valid = bool(getattr(operation, "kw", {}).get("postgresql_not_valid"))
    match operation:
        case CreatePrimaryKeyOp() | CreateUniqueConstraintOp():
            kind: changes.ConstraintKind = (
                "primary key" if isinstance(operation, CreatePrimaryKeyOp) else "unique constraint"
            )
            table = _name(operation.table_name, operation.schema)
            yield changes.AddConstraint(table, kind, name, tuple(operation.columns))
        case CreateForeignKeyOp():
            yield changes.AddConstraint(
                _name(operation.source_table, operation.kw.get("source_schema")),
                "foreign key",
                name,
                tuple(operation.local_cols),
                target=_name(operation.referent_table, operation.kw.get("referent_schema")),
                not_valid=not_valid,
                target_columns=tuple(operation.remote_cols),
            )
        case CreateCheckConstraintOp():
            table = _name(operation.table_name, operation.schema)
            condition = str(operation.condition)
            yield changes.AddConstraint(table, "check", name, condition=condition, not_valid=not_valid)
        case CreateExcludeConstraintOp():
            yield changes.AddConstraint(_name(operation.table_name, operation.schema), "exclusion constraint", name)
        case _:
            pass
