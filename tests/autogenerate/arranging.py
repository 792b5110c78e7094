"""Lists of operations as they are written in tests of passes: short to make, and shown as text.

`book(id, shelf_id -> shelf.id)` is a table with two columns and a foreign key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKeyConstraint, Integer, MetaData, Table

from limbeck import sqla
from limbeck.autogenerate.arrange.facts import Facts
from limbeck.autogenerate.read.reflect import Reflection
from limbeck.operations.ops import (
    AddColumnOp,
    AlterColumnOp,
    CreateForeignKeyOp,
    CreateIndexOp,
    CreateTableOp,
    CreateUniqueConstraintOp,
    DropColumnOp,
    DropConstraintOp,
    DropIndexOp,
    DropTableOp,
    MigrateOperation,
    ModifyTableOps,
)
from limbeck.runtime.migration import MigrationContext

Operations = list[MigrateOperation]


# --- making -------------------------------------------------------------------------------------------------------


def on(table: str, *operations: MigrateOperation) -> ModifyTableOps:
    """Operations on one table."""
    return ModifyTableOps(table, operations)


def table(name: str, *items: Any) -> Table:
    """A table with a key ``id``, and ``items``: columns, constraints, or names of plain columns."""
    columns = [Column(item, Integer) if isinstance(item, str) else item for item in items]
    return Table(name, MetaData(), Column("id", Integer, primary_key=True), *columns)


def key(column: str, target: str, **options: Any) -> ForeignKeyConstraint:
    """A foreign key of a table to ``table.column``, called ``fk_<column>``."""
    return ForeignKeyConstraint([column], [target], name=f"fk_{column}", **options)


def create(name: str, *items: Any) -> CreateTableOp:
    return CreateTableOp.from_table(table(name, *items))


def drop(name: str, *items: Any) -> DropTableOp:
    return DropTableOp.from_table(table(name, *items))


def create_key(name: str | None, source: str, target: str) -> CreateForeignKeyOp:
    """A foreign key from ``table.column`` to ``table.column``."""
    (from_table, from_column), (to_table, to_column) = (side.split(".") for side in (source, target))
    return CreateForeignKeyOp(name, from_table, to_table, [from_column], [to_column])


def drop_key(name: str | None, source: str, target: str) -> DropConstraintOp:
    creation = create_key(name, source, target)
    return DropConstraintOp(name, creation.source_table, "foreignkey", _reverse=creation)


def create_unique(name: str | None, path: str) -> CreateUniqueConstraintOp:
    table_name, column = path.split(".")
    return CreateUniqueConstraintOp(name, table_name, [column])


def drop_unique(name: str | None, path: str) -> DropConstraintOp:
    creation = create_unique(name, path)
    return DropConstraintOp(name, creation.table_name, "unique", _reverse=creation)


def create_index(name: str, path: str, **options: Any) -> CreateIndexOp:
    table_name, column = path.split(".")
    return CreateIndexOp(name, table_name, [column], **options)


def drop_index(name: str, path: str) -> DropIndexOp:
    creation = create_index(name, path)
    return DropIndexOp(name, creation.table_name, _reverse=creation)


def add(path: str, *items: Any, type_: Any = Integer) -> AddColumnOp:
    table_name, column = path.split(".")
    return AddColumnOp(table_name, Column(column, type_, *items))


def drop_column(path: str, *items: Any) -> DropColumnOp:
    addition = add(path, *items)
    return DropColumnOp(addition.table_name, addition.column.name, _reverse=addition)


def retype(path: str, old: Any, new: Any, **options: Any) -> AlterColumnOp:
    table_name, column = path.split(".")
    return AlterColumnOp(table_name, column, existing_type=old, modify_type=new, **options)


# --- showing ------------------------------------------------------------------------------------------------------


def show(operation: MigrateOperation) -> str:
    """An operation on one line, with what it contains and what its reverse would create."""
    comment = "".join(f"# {line} " for line in operation.script_comment)
    if isinstance(operation, ModifyTableOps):
        return f"{operation.table_name}: " + "; ".join(map(show, operation.ops))
    if isinstance(operation, CreateTableOp):
        return f"{comment}create {operation.table_name}({', '.join(filter(None, map(_item, operation.columns)))})"
    if isinstance(operation, DropTableOp):
        items = () if operation.creation is None else operation.creation.columns
        options = "".join(f" {name}={value}" for name, value in operation.table_kw.items())
        return f"{comment}drop {operation.table_name}({', '.join(filter(None, map(_item, items)))}){options}"
    if isinstance(operation, AddColumnOp):
        return f"{comment}add {_item(operation.column)}"
    if isinstance(operation, DropColumnOp):
        return (
            f"{comment}drop {operation.column_name if operation.creation is None else _item(operation.creation.column)}"
        )
    back = getattr(operation, "creation", None)
    return comment + _call(operation) + ("" if back is None else f" <- {_call(back)}")


def _call(operation: MigrateOperation) -> str:
    """The call form, defaults by their texts."""
    call = operation.to_call(batch=True)
    options = [f"{name}={_value(value)}" for name, value in call.kwargs.items()]
    return f"{call.name}({', '.join([*map(_value, call.args), *options])})"


def _value(value: Any) -> str:
    return f"DEFAULT {value.arg}" if isinstance(value, sa.DefaultClause) else str(value)


def _item(item: Any) -> str:
    if isinstance(item, Column):
        default = item.server_default
        kind = (
            "" if default is None else f" {_value(default)}" if isinstance(default, sa.DefaultClause) else " computed"
        )
        return f"{item.name}{kind}"
    if isinstance(item, ForeignKeyConstraint):
        return f"{', '.join(item.column_keys)} -> {', '.join(key.target_fullname for key in item.elements)}"
    return ""


def check(
    apply: Callable[[Operations, Facts], Operations],
    facts: Facts,
    before: Sequence[MigrateOperation],
    after: Sequence[MigrateOperation],
) -> None:
    """Assert that a pass makes ``after`` of ``before``, and leaves ``before`` as it was."""
    shown = [*map(show, before)]
    assert [*map(show, apply(list(before), facts))] == [*map(show, after)]
    assert [*map(show, before)] == shown, "the pass changed what it was given"


# --- facts --------------------------------------------------------------------------------------------------------


def facts(dialect: str, *tables: Table, **options: Any) -> Facts:
    """A dialect's facts about a database with ``tables``, which stand in one of SQLite."""
    metadata = MetaData()
    for each in tables:
        each.to_metadata(metadata)
    names = [(None, name) for name in metadata.tables]
    with sa.create_engine("sqlite://").connect() as connection:
        metadata.create_all(connection)
        reflection = Reflection(sa.inspect(connection), MigrationContext.configure(connection).impl)
        reflection.read(names, {})
        for kind in sqla.KINDS if names else ():
            reflection.catalogue.all_of(kind, None)
    return Facts(MigrationContext.configure(dialect_name=dialect).impl, reflection, **options)
