"""Safe code for a call: what several rules have in common."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from limbeck.operations.operation import TakesOptions

from .changes import AddConstraint, Column, CreateIndex
from .rule import MYSQL, SQLITE

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
    allowed = f"# limbeck: allow({rule}): {reason}\n{call(step, placed)}"
    is_in_block = step.sql(placed) is not None and not placed.in_transaction  # operations leave it themselves
    return outside_transaction(allowed) if is_in_block else allowed


def outside_transaction(*calls: str) -> str:
    """Calls in a block outside the transaction of the revision."""
    lines = [line for call in calls for line in call.splitlines()]
    return "\n".join(["with op.get_context().autocommit_block():", *(f"    {line}" for line in lines)])


def in_transaction_of_its_own(step: Step, call: str) -> str:
    """A call in a revision of its own, which is a transaction of its own unless a run is one for all revisions."""
    return outside_transaction(call) if step.context.one_transaction else call


def partitioned_index(step: Step, index: CreateIndex, partitions: list[str]) -> tuple[str, ...]:
    """An index of a partitioned table: an empty one, those of the partitions while writes go on, and their union."""
    name, unique = index.name or f"ix_{index.table.rpartition('.')[2]}", "UNIQUE " if index.unique else ""
    keys = ", ".join(step.quoted(key) if key.isidentifier() else key for key in index.columns)
    parts = [(partition, f"{name}_{partition.rpartition('.')[2]}") for partition in partitions]
    whole = f"CREATE {unique}INDEX {step.quoted(name)} ON ONLY {step.quoted(index.table)} ({keys})"
    built = [
        execute(f"CREATE {unique}INDEX CONCURRENTLY IF NOT EXISTS {step.quoted(part)} ON {partition} ({keys})")
        for partition, part in parts
    ]
    attached = [execute(f"ALTER INDEX {step.quoted(name)} ATTACH PARTITION {step.quoted(part)}") for _, part in parts]
    return execute(whole), outside_transaction(*built), "\n".join(attached)


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


def not_null_by_check(step: Step, table: str, column: str) -> tuple[str, ...]:
    """NOT NULL, or what comes to the same, that is validated while reads and writes go on.

    Where a valid check says it, SET NOT NULL reads no row (PostgreSQL 12 and later). Before, the check stays in its
    place; from 18 on the constraint itself may be NOT VALID.
    """
    name = f"{table.rpartition('.')[2]}_{column}_not_null"
    validated = validation(step, AddConstraint(table, "check", name))
    start, quoted = f"ALTER TABLE {step.quoted(table)}", step.quoted(column)
    if step.since(18):
        return execute(f"{start} ADD CONSTRAINT {step.quoted(name)} NOT NULL {quoted} NOT VALID"), validated
    added = execute(f"{start} ADD CONSTRAINT {step.quoted(name)} CHECK ({quoted} IS NOT NULL) NOT VALID")
    if not step.since(12):
        return added, validated
    # not in one statement, which drops constraints first
    final = (f"{start} ALTER COLUMN {quoted} SET NOT NULL", f"{start} DROP CONSTRAINT {step.quoted(name)}")
    return added, validated, "\n".join(map(execute, final))


def batches(step: Step, table: str, column: str, value: str, where: str = "") -> str:
    """Rows filled in batches, each a transaction: 10,000 of those where ``column`` is NULL at a time."""
    quoted, name = step.quoted(table), step.quoted(column)
    condition = f"{name} IS NULL" + (f" AND {where}" if where else "")
    if step.dialect in MYSQL:
        statement = f"UPDATE {quoted} SET {name} = {value} WHERE {condition} LIMIT 10000"  # noqa: S608 names are quoted
        return outside_transaction(_loop(statement))
    row = "rowid" if step.dialect in SQLITE else "ctid"
    some = f"SELECT {row} FROM {quoted} WHERE {condition} LIMIT 10000"  # noqa: S608 names are quoted
    by_rows = f"rowid IN ({some})" if row == "rowid" else f"ctid = ANY (ARRAY({some}))"
    statement = f"UPDATE {quoted} SET {name} = {value} WHERE {by_rows}"  # noqa: S608 names are quoted
    return outside_transaction(_loop(statement))


def _loop(statement: str) -> str:
    return f"batch = sa.text({_literal(statement)})\nwhile op.get_bind().execute(batch).rowcount:\n    pass"


def _literal(statement: str) -> str:
    quotes = '"""' if '"' in statement or "\n" in statement else '"'
    if "\\" in statement or '"""' in statement or statement.endswith('"'):
        return repr(statement)
    return f"{quotes}{statement}{quotes}"


def second_column(step: Step, table: str, column: str, new: str, type_: str, *, cast: bool = False) -> tuple[str, ...]:
    """A column beside another one, and its rows filled in batches; the application writes both in between.

    :param cast: whether the values have to be cast, which only PostgreSQL asks for.
    """
    old = step.quoted(column)
    value = f"CAST({old} AS {type_})" if cast and step.dialect == "postgresql" else old
    added = execute(f"ALTER TABLE {step.quoted(table)} ADD COLUMN {step.quoted(new)} {type_}")
    return (
        f"{added}  # then have the application write both columns",
        (
            f"{batches(step, table, new, value, f'{old} IS NOT NULL')}\n"
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


def with_options(operation: MigrateOperation | None, **options: object) -> MigrateOperation:
    """An operation with further options of dialects."""
    assert isinstance(operation, TakesOptions), "asked for operations with options only"  # noqa: S101
    changed = copy(operation)
    changed.kw = {**operation.kw, **options}
    return changed
