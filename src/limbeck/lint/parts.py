"""Safe code that takes the place of a call mechanically: the parts that `lint --fix` writes, and what undoes each."""

from __future__ import annotations

import re
from copy import copy
from typing import TYPE_CHECKING

from limbeck import sqla
from limbeck.operations.columns import AddColumnOp, AlterColumnOp
from limbeck.operations.constraints import DropConstraintOp
from limbeck.operations.indexes import CreateIndexOp, DropIndexOp

from .changes import AddColumn, AddConstraint, CreateIndex
from .of_operations import of_operation, parts_of
from .rule import Part
from .safe import (
    call,
    default_name,
    execute,
    in_transaction_of_its_own,
    not_null_by_check,
    outside_transaction,
    validation,
    with_options,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .step import Placed, Step

_CONCURRENTLY = {"postgresql_concurrently": True}
_NOT_VALID = {"postgresql_not_valid": True}


def concurrently(step: Step, placed: Placed) -> tuple[Part, ...]:
    """An index that is built or dropped while reads and writes go on."""
    operation, own = placed.action.operation, step.sql(placed)
    if isinstance(operation, AddColumnOp):
        return column_in_parts(step, placed)
    if own is not None:
        changed = re.sub(r"\bINDEX\b", "INDEX CONCURRENTLY", own, count=1, flags=re.IGNORECASE)
        return (Part(outside_transaction(execute(changed)), is_undone_here=True),)
    code = step.code(with_options(operation, **_CONCURRENTLY))
    return (Part(outside_transaction(code), is_undone_here=True, options=_CONCURRENTLY),)


def validated_later(step: Step, placed: Placed, constraint: AddConstraint) -> tuple[Part, ...]:
    """A foreign key or a check that new rows obey at once, and a second revision that looks at the others."""
    operation, own = placed.action.operation, step.sql(placed)
    if isinstance(operation, AddColumnOp) or constraint.inline is not None:
        return column_in_parts(step, placed)
    if own is not None:
        first = Part(execute(f"{own} NOT VALID"), is_undone_here=True)
    else:
        first = Part(step.code(with_options(operation, **_NOT_VALID)), is_undone_here=True, options=_NOT_VALID)
    return first, Part(validation(step, constraint))


def moved_behind(step: Step, placed: Placed) -> tuple[Part, ...]:
    """The call as it is, in the revision after this one."""
    code = in_transaction_of_its_own(step, call(step, placed))
    return Part(""), Part(code, is_undone_here=True, options={})


def using_index(step: Step, placed: Placed, constraint: AddConstraint) -> tuple[Part, ...]:
    """A unique constraint or a primary key, made of an index that was built while writes went on."""
    if isinstance(placed.action.operation, AddColumnOp) or constraint.inline is not None:
        return column_in_parts(step, placed)
    return _of_index(step, constraint)


def _of_index(step: Step, constraint: AddConstraint, undone: str = "") -> tuple[Part, ...]:
    """The index, and the constraint, whose drop takes the index with it.

    :param undone: what drops the constraint; default: what ``downgrade()`` has.
    """
    schema, _, table = constraint.table.rpartition(".")
    name = constraint.name or default_name(constraint)
    index = CreateIndexOp(name, table, list(constraint.columns), schema=schema or None, unique=True, **_CONCURRENTLY)
    built, dropped = _index(step, index)
    kind, quoted = "PRIMARY KEY" if constraint.kind == "primary key" else "UNIQUE", step.quoted(name)
    statement = f"ALTER TABLE {step.quoted(constraint.table)} ADD CONSTRAINT {quoted} {kind} USING INDEX {quoted}"
    back = f"{undone}\n{built}" if undone else built
    return Part(built, dropped), Part(execute(statement), back, is_undone_here=not undone)


def set_not_null(step: Step, table: str, column: str) -> tuple[Part, ...]:
    """NOT NULL that is validated while writes go on; nothing before PostgreSQL 12, where a check takes its place."""
    added, validated, *final = not_null_by_check(step, table, column)
    if step.since(18):
        return Part(added, is_undone_here=True), Part(validated)
    if not final:
        return ()
    name = step.quoted(f"{table.rpartition('.')[2]}_{column}_not_null")
    dropped = execute(f"ALTER TABLE {step.quoted(table)} DROP CONSTRAINT {name}")
    return Part(added, dropped), Part(validated), Part(final[0], added, is_undone_here=True)


def changes_null_alone(placed: Placed) -> bool:
    """Whether a call that sets NOT NULL changes nothing else of the column."""
    operation = placed.action.operation
    return not isinstance(operation, AlterColumnOp) or (
        operation.modify_type is None
        and operation.modify_name is None
        and operation.modify_server_default is False
        and operation.modify_comment is False
    )


def index_first(step: Step, placed: Placed, key: AddConstraint) -> tuple[Part, ...]:
    """A plain index on the columns of a foreign key, built while writes go on, and then the key."""
    if isinstance(placed.action.operation, AddColumnOp) or key.inline is not None:
        return column_in_parts(step, placed)
    return _index_on(step, key), Part(call(step, placed), is_undone_here=True, options={})


def _index_on(step: Step, key: AddConstraint) -> Part:
    schema, _, table = key.table.rpartition(".")
    name = f"ix_{table}_{'_'.join(key.columns)}"
    index = CreateIndexOp(name, table, list(key.columns), schema=schema or None, **_CONCURRENTLY)
    return Part(*_index(step, index), adds=name)


def column_in_parts(step: Step, placed: Placed) -> tuple[Part, ...]:
    """What a new column brings with it, one after the other: the column, its indexes, its constraints."""
    operation = placed.action.operation
    if isinstance(operation, AddColumnOp):
        return tuple(_operation_in_parts(step, operation))
    return tuple(_statement_in_parts(step, placed))


def _statement_in_parts(step: Step, placed: Placed) -> Iterator[Part]:
    made = [one.change for one in step.changes if one.action is placed.action]
    columns = [one for one in made if isinstance(one, AddColumn)]
    if len(columns) != 1:
        return
    column, table = columns[0].column, step.quoted(columns[0].table)
    ending = ("" if column.nullable else " NOT NULL") + ("" if column.default is None else f" DEFAULT {column.default}")
    added = f"ALTER TABLE {table} ADD COLUMN {step.quoted(column.name)} {column.type}{ending}"
    yield Part(execute(added), is_undone_here=True)
    for one in made:
        if isinstance(one, AddConstraint) and one.kind in {"foreign key", "check"}:
            if one.kind == "foreign key":
                yield _index_on(step, one)
            name = step.quoted(one.name or default_name(one))
            added = f"ALTER TABLE {table} ADD CONSTRAINT {name} {one.inline} NOT VALID"
            yield Part(execute(added), step.code(_dropped(one)))
            yield Part(validation(step, one))
        elif isinstance(one, AddConstraint):
            yield from _of_index(step, one, step.code(_dropped(one)))


def _operation_in_parts(step: Step, operation: AddColumnOp) -> Iterator[Part]:
    alone = copy(operation)
    alone.column = sqla.copy_column(operation.column)
    alone.column.index = alone.column.unique = alone.inline_references = None
    alone.column.foreign_keys.clear()
    alone.column.constraints.clear()
    yield Part(step.code(alone), is_undone_here=True)
    made = sorted(parts_of(operation), key=lambda one: not isinstance(one, CreateIndexOp))  # indexes first
    indexed = any(isinstance(one, CreateIndexOp) for one in made)
    for one in made:
        for change in of_operation(one, step.context.dialect):
            match change:
                case CreateIndex() if isinstance(one, CreateIndexOp):
                    yield Part(*_index(step, one))
                case AddConstraint(kind="foreign key" | "check"):
                    if change.kind == "foreign key" and not indexed:
                        yield _index_on(step, change)
                    one.constraint_name = change.name or default_name(change)  # type: ignore[attr-defined]
                    yield Part(step.code(with_options(one, **_NOT_VALID)), step.code(_dropped(change)))
                    yield Part(validation(step, change))
                case AddConstraint():
                    yield from _of_index(step, change, step.code(_dropped(change)))
                case _:
                    pass


def _index(step: Step, index: CreateIndexOp) -> tuple[str, str]:
    """The code that builds an index while writes go on, and the code that drops it so."""
    drop = DropIndexOp(index.index_name, index.table_name, schema=index.schema, **_CONCURRENTLY)
    return (
        outside_transaction(step.code(with_options(index, **_CONCURRENTLY))),
        outside_transaction(step.code(drop)),
    )


def _dropped(constraint: AddConstraint) -> DropConstraintOp:
    schema, _, table = constraint.table.rpartition(".")
    return DropConstraintOp(constraint.name or default_name(constraint), table, schema=schema or None)
