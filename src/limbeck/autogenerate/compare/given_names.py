"""The names that databases give to constraints that models leave without one: a downgrade drops them by these (G6)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from limbeck.operations.ops import (
    AddConstraintOp,
    CreateCheckConstraintOp,
    CreateForeignKeyOp,
    CreateUniqueConstraintOp,
    DropConstraintOp,
    DropIndexOp,
)

from .aside import each_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from limbeck.operations.ops import DowngradeOps

    from .catalogue import Catalogue
    from .reflect import TableName

_LONGEST = 63  # PostgreSQL: NAMEDATALEN - 1


def name_what_is_dropped(downgrade_ops: DowngradeOps, catalogue: Catalogue, dialect_name: str) -> None:
    """Give the drops of unnamed constraints the names that the database will have given when they run.

    :param downgrade_ops: what reverses an upgrade, last things first.
    :param catalogue: the database before that upgrade.
    :param dialect_name: PostgreSQL, MySQL and MariaDB give names; elsewhere the constraint is found by its columns.
    """
    choose = _CHOICES.get(dialect_name)
    operations = list(each_of(downgrade_ops.ops))
    if choose is None or not any(isinstance(op, DropConstraintOp) and op.constraint_name is None for op in operations):
        return
    taken: dict[TableName, set[str]] = {}
    for undone in reversed(operations):
        schema, table = _place(undone)
        place = (schema, "" if dialect_name == "postgresql" else table)
        if place not in taken:
            taken[place] = _names(catalogue, place)
        names = taken[place]
        if isinstance(undone, DropConstraintOp | DropIndexOp):
            if isinstance(undone, DropConstraintOp) and undone.constraint_name is None and undone._reverse is not None:
                undone.constraint_name = choose(undone._reverse, table, names)
            names |= _name_of(undone)
        else:
            names -= _name_of(undone)  # what the upgrade drops, the downgrade creates


def _place(operation: Any) -> TableName:
    if isinstance(operation, CreateForeignKeyOp):
        return operation.kw.get("source_schema"), operation.source_table
    return getattr(operation, "schema", None), getattr(operation, "table_name", "")


def _name_of(operation: Any) -> set[str]:
    name = getattr(operation, "constraint_name", None) or getattr(operation, "index_name", None)
    return set() if name is None else {str(name)}


def _names(catalogue: Catalogue, place: TableName) -> set[str]:
    """All names of tables, indexes and constraints in a schema, or of a table."""
    schema, table = place
    found: set[str] = set()
    if schema not in catalogue.schemas:
        return found
    for kind in ("columns", "indexes", "unique_constraints", "foreign_keys", "check_constraints", "pk_constraint"):
        said = (catalogue.all_of(kind, schema) or {}) if table == "" else {place: catalogue.of(kind, place)}
        for (_, name), facts in said.items():
            if facts is not None:
                found.add(name)
                listed = [facts] if isinstance(facts, dict) else [] if kind == "columns" else facts
                found.update(fact["name"] for fact in listed if fact.get("name"))
    return found


def _by_postgresql(creation: AddConstraintOp, table: str, taken: set[str]) -> str | None:
    """``table_columns_label``, cut to length, with the first number that makes it new (``makeObjectName``)."""
    if isinstance(creation, CreateUniqueConstraintOp):
        columns, label = creation.columns, "key"
    elif isinstance(creation, CreateForeignKeyOp):
        columns, label = creation.local_cols, "fkey"
    elif isinstance(creation, CreateCheckConstraintOp):
        columns, label = _mentioned(creation), "check"
    else:
        return None
    number = 0
    while (name := _cut(table, "_".join(columns), f"{label}{number or ''}")) in taken:
        number += 1
    return name


def _cut(table: str, columns: str, label: str) -> str:
    """The parts with underscores between them; the longer of the first two is cut until all fits."""
    parts = [part.encode() for part in (table, columns) if part]
    room = _LONGEST - len(label) - len(parts)
    while sum(map(len, parts)) > room:
        longest = max(range(len(parts)), key=lambda at: (len(parts[at]), at))
        parts[longest] = parts[longest][:-1]
    return "_".join([*(part.decode(errors="ignore") for part in parts), label])


def _mentioned(check: CreateCheckConstraintOp) -> list[str]:
    """The column of a check that is about one; PostgreSQL puts it into the name."""
    table = getattr(next(iter(_columns_of(check)), None), "table", None)
    known = [column.name for column in table.columns] if table is not None else []
    words = set(re.findall(r"\w+", str(check.condition)))
    mentioned = [name for name in known if name in words]
    return mentioned if len(mentioned) == 1 else []


def _columns_of(check: CreateCheckConstraintOp) -> list[object]:
    from sqlalchemy.sql.elements import ClauseElement

    from limbeck import sqla

    return list(sqla.find_columns(check.condition)) if isinstance(check.condition, ClauseElement) else []


def _by_mysql(creation: AddConstraintOp, table: str, taken: set[str]) -> str | None:
    """A unique constraint is named as its first column, numbered from 2; a foreign key by the next number."""
    if isinstance(creation, CreateForeignKeyOp):
        numbered = [match for name in taken if (match := re.fullmatch(re.escape(table) + r"_ibfk_(\d+)", name))]
        return f"{table}_ibfk_{max((int(match[1]) for match in numbered), default=0) + 1}"
    if not isinstance(creation, CreateUniqueConstraintOp):
        return None
    first = name = str(creation.columns[0])
    number = 1
    while name in taken:
        number += 1
        name = f"{first}_{number}"
    return name


_CHOICES: dict[str, Callable[[AddConstraintOp, str, set[str]], str | None]] = {
    "postgresql": _by_postgresql,
    "mysql": _by_mysql,
    "mariadb": _by_mysql,
}
