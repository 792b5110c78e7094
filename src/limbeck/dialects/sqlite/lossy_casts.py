"""Refuses casts of a rebuild that would change values, before anything is copied.

SQLite's CAST never fails: it turns 'abc' into 0 and '12x' into 12. So every value is compared with its cast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Cast,
    ColumnElement,
    Date,
    DateTime,
    Interval,
    LargeBinary,
    Time,
    case,
    cast,
    column,
    func,
    insert,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy import table as sa_table

from limbeck.call_site import caller
from limbeck.errors import CommandError

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

    from limbeck.ddl.changed_table import ApplyBatchImpl

    from .rehearsable import RehearsableImpl

_BEYOND_FLOAT = 15  # significant digits that SQLite keeps when it turns text into a number


def refuse_lossy_casts(impl: RehearsableImpl, table: Table, plan: ApplyBatchImpl) -> None:
    """Refuse a copy whose CAST would change a value; one query checks all casts.

    Dates and times are text in SQLite, and are copied without a cast.

    :raises CommandError: names the first column whose values would change, their number, and one of them.
    """
    for name in [each for each in plan.casts if each in plan.columns]:
        if isinstance(plan.columns[name].type, Date | DateTime | Time | Interval) and _is_cast(plan, name):
            plan.casts[name] = table.c[name]
    doubtful = [name for name in plan.casts if name in plan.columns and name not in plan.lossy and _is_cast(plan, name)]
    if impl.assume_rows:
        _write_checks(impl, table, plan, doubtful)
        return
    if not doubtful:
        return
    casts = [(table.c[name], plan.casts[name]) for name in doubtful]
    asked = [part for old, value in casts for part in (*_numbers(old, value), func.max(_becomes_text(old, value)))]
    connection = impl.require_connection("A rebuild")
    answer = connection.execute(select(*asked)).one()
    for name, count, example, becomes_text in zip(doubtful, answer[::3], answer[1::3], answer[2::3], strict=True):
        type_ = plan.columns[name].type.compile(impl.dialect)
        if count:
            fact = f"{count} values of {table.name}.{name} would change in the cast to {type_}, {example!r} among them"
            raise _lossy(name, fact)
        unreadable = _unreadable(connection, table.c[name], plan.casts[name]) if becomes_text else None
        if unreadable is not None:
            fact = f"Bytes of {table.name}.{name} would be no readable text in the cast to {type_}: {unreadable!r}"
            raise _lossy(name, fact)


def _becomes_text(old: ColumnElement[object], value: ColumnElement[object]) -> ColumnElement[bool]:
    return (func.typeof(old) == "blob") & (func.typeof(value) == "text")


def _unreadable(connection: Connection, old: ColumnElement[object], value: ColumnElement[object]) -> bytes | None:
    """The first bytes that become text and are not UTF-8, which no driver could read."""
    bytes_of_it = select(type_coerce(old, LargeBinary)).where(_becomes_text(old, value))
    for found in connection.execute(bytes_of_it).scalars():
        try:
            bytes(found).decode()
        except UnicodeDecodeError:
            return bytes(found)
    return None


def _write_checks(impl: RehearsableImpl, table: Table, plan: ApplyBatchImpl, doubtful: list[str]) -> None:
    """Have a script check the rows that it will meet: it fails where a cast would change a value."""
    guard = sa_table("limbeck_guard", column("found"))
    for name in doubtful:
        type_ = plan.columns[name].type.compile(impl.dialect)
        said = f"values of {table.name}.{name} would change in the cast to {type_}".replace('"', '""')
        number, _ = _numbers(table.c[name], plan.casts[name])
        impl.execute(f'CREATE TEMP TABLE limbeck_guard (found INTEGER, CONSTRAINT "{said}" CHECK (found = 0))')
        impl.execute(insert(guard).from_select(["found"], select(number)))
        impl.execute("DROP TABLE limbeck_guard")


def _is_cast(plan: ApplyBatchImpl, name: str) -> bool:
    return isinstance(plan.casts[name], Cast)


def _numbers(old: ColumnElement[Any], value: ColumnElement[Any]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The number of values that change, and one of them."""
    digits = func.length(func.replace(func.replace(old, ".", ""), "-", ""))
    too_long = (
        (func.typeof(old) == "text") & (func.typeof(value) == "real") & (digits > literal_column(str(_BEYOND_FLOAT)))
    )
    # bytes equal no text, and hold the same: those of both sides are compared
    is_bytes = (func.typeof(old) == "blob") | (func.typeof(value) == "blob")
    differs = case((is_bytes, cast(value, LargeBinary) != cast(old, LargeBinary)), else_=value != old)
    changes = case((old.is_not(None) & (differs | too_long), old))
    return func.count(changes), func.min(changes)


def _lossy(column: str, fact: str) -> CommandError:
    file, line = caller()
    return CommandError(
        fact,
        code="lossy-cast",
        hint=f"give the expression for the new value: batch_op.alter_column({column!r}, type_=..., using='...'), "
        "or say lossy=True",
        file=file,
        line=line,
    )
