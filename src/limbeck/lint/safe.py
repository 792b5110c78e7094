"""Safe code for a call: what several rules have in common."""

from __future__ import annotations

import re
from copy import copy
from typing import TYPE_CHECKING

from limbeck import sqla
from limbeck.operations.columns import AddColumnOp
from limbeck.operations.indexes import CreateIndexOp
from limbeck.operations.operation import TakesOptions

from .changes import AddColumn, AddConstraint, Column, CreateIndex
from .of_operations import of_operation, parts_of
from .rule import MYSQL

if TYPE_CHECKING:
    from limbeck.operations.operation import MigrateOperation

    from .step import Placed, Step


def execute(statement: str) -> str:
    """The call that executes a statement."""
    return f"op.execute({_literal(statement)})"


def call(step: Step, placed: Placed) -> str:
    """The call that a change comes from."""
    own = step.sql(placed)
    if own is not None:
        return execute(own)
    assert placed.action.operation is not None, "what is no statement is an operation"  # noqa: S101
    return step.code(placed.action.operation)


def allowed_call(step: Step, placed: Placed, rule: str, reason: str) -> str:
    """The call itself, with the comment that allows what a rule finds, for when that has been seen to."""
    return f"# limbeck: allow({rule}): {reason}\n{call(step, placed)}"


def outside_transaction(*calls: str) -> str:
    """Calls in a block outside the transaction of the revision."""
    lines = [line for call in calls for line in call.splitlines()]
    return "\n".join(["with op.get_context().autocommit_block():", *(f"    {line}" for line in lines)])


def in_transaction_of_its_own(step: Step, call: str) -> str:
    """A call in a revision of its own, which is a transaction of its own unless a run is one for all revisions."""
    return outside_transaction(call) if step.context.one_transaction else call


def concurrent_index(step: Step, placed: Placed) -> tuple[str, ...]:
    """The index, built while writes go on."""
    operation, own = placed.action.operation, step.sql(placed)
    if isinstance(operation, AddColumnOp):
        return in_parts(step, placed)
    partitions = step.partitions(placed.change.table)
    if partitions is not None and isinstance(placed.change, CreateIndex):
        return partitioned_index(step, placed.change, partitions)
    if own is not None:
        changed = re.sub(r"\bINDEX\b", "INDEX CONCURRENTLY", own, count=1, flags=re.IGNORECASE)
        return (outside_transaction(execute(changed)),)
    return (outside_transaction(step.code(with_options(operation, postgresql_concurrently=True))),)


def partitioned_index(step: Step, index: CreateIndex, partitions: list[str]) -> tuple[str, ...]:
    """An index of a partitioned table: an empty one, those of the partitions while writes go on, and their union."""
    name, unique = index.name or f"ix_{index.table.rpartition('.')[2]}", "UNIQUE " if index.unique else ""
    keys = ", ".join(step.quoted(key) if key.isidentifier() else key for key in index.columns)
    parts = [(partition, f"{name}_{partition.rpartition('.')[2]}") for partition in partitions]
    whole = f"CREATE {unique}INDEX {step.quoted(name)} ON ONLY {step.quoted(index.table)} ({keys})"
    built = [
        execute(f"CREATE {unique}INDEX CONCURRENTLY {step.quoted(part)} ON {partition} ({keys})")
        for partition, part in parts
    ]
    attached = [execute(f"ALTER INDEX {step.quoted(name)} ATTACH PARTITION {step.quoted(part)}") for _, part in parts]
    return execute(whole), outside_transaction(*built), "\n".join(attached)


def validated_later(step: Step, placed: Placed, constraint: AddConstraint) -> tuple[str, ...]:
    """A foreign key or a check that new rows obey at once, and a second revision that looks at the others."""
    operation, own = placed.action.operation, step.sql(placed)
    if isinstance(operation, AddColumnOp) or constraint.inline is not None:
        return in_parts(step, placed)
    if own is not None:
        first = execute(f"{own} NOT VALID")
    else:
        first = step.code(with_options(operation, postgresql_not_valid=True))
    return first, validation(step, constraint)


def validation(step: Step, constraint: AddConstraint) -> str:
    """The revision that validates a constraint."""
    name = step.quoted(constraint.name or default_name(constraint))
    statement = f"ALTER TABLE {step.quoted(constraint.table)} VALIDATE CONSTRAINT {name}"
    return in_transaction_of_its_own(step, execute(statement))


def default_name(constraint: AddConstraint) -> str:
    """The name that PostgreSQL gives to a constraint without one."""
    endings = {"foreign key": "fkey", "check": "check", "unique constraint": "key", "primary key": "pkey"}
    middle = () if constraint.kind == "primary key" else constraint.columns
    return "_".join((constraint.table.rpartition(".")[2], *middle, endings.get(constraint.kind, "excl")))


def using_index(step: Step, placed: Placed, constraint: AddConstraint) -> tuple[str, ...]:
    """A unique constraint or a primary key, made of an index that was built while writes went on."""
    if isinstance(placed.action.operation, AddColumnOp) or constraint.inline is not None:
        return in_parts(step, placed)
    return _of_index(step, constraint)


def _of_index(step: Step, constraint: AddConstraint) -> tuple[str, ...]:
    schema, _, table = constraint.table.rpartition(".")
    name = constraint.name or default_name(constraint)
    options = {"schema": schema or None, "unique": True, "postgresql_concurrently": True}
    index = step.code(CreateIndexOp(name, table, list(constraint.columns), **options))
    kind = "PRIMARY KEY" if constraint.kind == "primary key" else "UNIQUE"
    quoted = step.quoted(name)
    statement = f"ALTER TABLE {step.quoted(constraint.table)} ADD CONSTRAINT {quoted} {kind} USING INDEX {quoted}"
    return outside_transaction(index), execute(statement)


def not_null_by_check(step: Step, table: str, column: str) -> tuple[str, ...]:
    """NOT NULL proved by a check that is validated while writes go on: SET NOT NULL reads no row then."""
    name = f"{table.rpartition('.')[2]}_{column}_not_null"
    check = AddConstraint(table, "check", name)
    start, quoted = f"ALTER TABLE {step.quoted(table)}", step.quoted(column)
    return (
        execute(f"{start} ADD CONSTRAINT {step.quoted(name)} CHECK ({quoted} IS NOT NULL) NOT VALID"),
        validation(step, check),
        execute(f"{start} ALTER COLUMN {quoted} SET NOT NULL, DROP CONSTRAINT {step.quoted(name)}"),
    )


def index_on(step: Step, table: str, columns: tuple[str, ...]) -> str:
    """A plain index on columns, built while writes go on."""
    schema, _, name = table.rpartition(".")
    options = {"schema": schema or None, "postgresql_concurrently": True}
    return outside_transaction(
        step.code(CreateIndexOp(f"ix_{name}_{'_'.join(columns)}", name, list(columns), **options))
    )


def batches(step: Step, table: str, column: str, value: str, where: str = "") -> str:
    """Rows filled in batches, each a transaction: 10,000 of those where ``column`` is NULL at a time."""
    quoted, name = step.quoted(table), step.quoted(column)
    condition = f"{name} IS NULL" + (f" AND {where}" if where else "")
    if step.dialect in MYSQL:
        statement = f"UPDATE {quoted} SET {name} = {value} WHERE {condition} LIMIT 10000"  # noqa: S608 names are quoted
        return outside_transaction(_loop(statement))
    statement = (
        f"UPDATE {quoted} SET {name} = {value} "  # noqa: S608 names are quoted
        f"WHERE ctid = ANY (ARRAY(SELECT ctid FROM {quoted} WHERE {condition} LIMIT 10000))"
    )
    return outside_transaction(_loop(statement))


def _loop(statement: str) -> str:
    return f"batch = sa.text({_literal(statement)})\nwhile op.get_bind().execute(batch).rowcount:\n    pass"


def _literal(statement: str) -> str:
    quotes = '"""' if '"' in statement or "\n" in statement else '"'
    return f"{quotes}{statement}{quotes}"


def second_column(step: Step, table: str, column: str, new: str, type_: str) -> tuple[str, ...]:
    """A column beside another one, and its rows filled in batches; the application writes both in between."""
    old = step.quoted(column)
    added = execute(f"ALTER TABLE {step.quoted(table)} ADD COLUMN {step.quoted(new)} {type_}")
    return (
        f"{added}  # then have the application write both columns",
        (
            f"{batches(step, table, new, old, f'{old} IS NOT NULL')}\n"
            f"# then have it read the new column; drop {column} in a later release"
        ),
    )


def column_filled_later(
    step: Step, table: str, column: Column, *, type_: str | None = None, counts: bool = False
) -> tuple[str, ...]:
    """A column without its default, the default for new rows, and the other rows filled in batches."""
    start, name = f"ALTER TABLE {step.quoted(table)}", step.quoted(column.name)
    sequence = f"{table}_{column.name}_seq"
    default = f"nextval('{step.quoted(sequence)}')" if counts else column.default
    first = [execute(f"{start} ADD COLUMN {name} {type_ or column.type}")]
    if counts:
        first.append(execute(f"CREATE SEQUENCE {step.quoted(sequence)} OWNED BY {step.quoted(table)}.{name}"))
    first.append(execute(f"{start} ALTER COLUMN {name} SET DEFAULT {default}"))
    parts = ["\n".join(first), batches(step, table, column.name, str(default))]
    return tuple(parts) if column.nullable else (*parts, *not_null_by_check(step, table, column.name))


def nullable_first(step: Step, table: str, column: Column) -> tuple[str, ...]:
    """A column that may be NULL until the application writes it, and NOT NULL once no row lacks a value."""
    added = execute(f"ALTER TABLE {step.quoted(table)} ADD COLUMN {step.quoted(column.name)} {column.type}")
    first, *rest = not_null_by_check(step, table, column.name)
    return (
        f"{added}  # then have the application write it",
        f"# once every row has a value\n{first}",
        *rest,
    )


def in_parts(step: Step, placed: Placed) -> tuple[str, ...]:
    """What a new column brings with it, in revisions one after the other: the column, its indexes, its constraints."""
    operation = placed.action.operation
    if isinstance(operation, AddColumnOp):
        return _operation_in_parts(step, operation)
    made = [one.change for one in step.changes if one.action is placed.action]
    columns = [one for one in made if isinstance(one, AddColumn)]
    if len(columns) != 1:
        return ()
    column, table = columns[0].column, step.quoted(columns[0].table)
    ending = ("" if column.nullable else " NOT NULL") + ("" if column.default is None else f" DEFAULT {column.default}")
    parts = [execute(f"ALTER TABLE {table} ADD COLUMN {step.quoted(column.name)} {column.type}{ending}")]
    for one in made:
        if isinstance(one, AddConstraint) and one.kind in {"foreign key", "check"}:
            if one.kind == "foreign key":
                parts.append(index_on(step, one.table, one.columns))
            name = step.quoted(one.name or default_name(one))
            added = execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {one.inline} NOT VALID")
            parts += [added, validation(step, one)]
        elif isinstance(one, AddConstraint):
            parts += _of_index(step, one)
    return tuple(parts)


def _operation_in_parts(step: Step, operation: AddColumnOp) -> tuple[str, ...]:
    alone = copy(operation)
    alone.column = sqla.copy_column(operation.column)
    alone.column.index = alone.column.unique = alone.inline_references = None
    alone.column.foreign_keys.clear()
    alone.column.constraints.clear()
    parts = [step.code(alone)]
    indexed = any(isinstance(part, CreateIndexOp) for part in parts_of(operation))
    for part in sorted(parts_of(operation), key=lambda one: not isinstance(one, CreateIndexOp)):  # indexes first
        for change in of_operation(part, step.context.dialect):
            match change:
                case CreateIndex():
                    parts.append(outside_transaction(step.code(with_options(part, postgresql_concurrently=True))))
                case AddConstraint(kind="foreign key" | "check"):
                    if change.kind == "foreign key" and not indexed:
                        parts.append(index_on(step, change.table, change.columns))
                    part.constraint_name = change.name or default_name(change)  # type: ignore[attr-defined]
                    parts += [step.code(with_options(part, postgresql_not_valid=True)), validation(step, change)]
                case AddConstraint():
                    parts += _of_index(step, change)
                case _:
                    pass
    return tuple(parts)


def with_options(operation: MigrateOperation | None, **options: object) -> MigrateOperation:
    """An operation with further options of dialects."""
    assert isinstance(operation, TakesOptions), "asked for operations with options only"  # noqa: S101
    changed = copy(operation)
    changed.kw = {**operation.kw, **options}
    return changed
