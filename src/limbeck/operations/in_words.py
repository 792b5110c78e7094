"""Operations in words, and what they delete and rename: for plans."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from limbeck.ddl.locks import NAME, TABLE, unquoted

from .columns import AddColumnOp, AlterColumnOp, DropColumnOp
from .data import BulkInsertOp, ExecuteSQLOp
from .objects import DropObject, ReplaceObject
from .partitions import DropPartitionOp
from .tables import CreateTableOp, DropTableOp, RenameTableOp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .operation import MigrateOperation

    Name = tuple[str | None, str, str | None]
    """Schema, table and column."""

_LENGTH = 100
_DROP_TABLE = re.compile(rf"DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?P<names>{TABLE}(?:\s*,\s*{TABLE})*)", re.IGNORECASE)
_EMPTY = re.compile(
    rf"(?:TRUNCATE\s+(?:TABLE\s+)?(?:ONLY\s+)?|DELETE\s+FROM\s+(?:ONLY\s+)?)(?P<names>{TABLE})\s*(?:;|$|RESTART|CASCADE)",
    re.IGNORECASE,
)
_ALTER = re.compile(
    rf"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(?P<table>{TABLE})\s+(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_DROP_COLUMN = re.compile(
    rf"\bDROP\s+(?:COLUMN\s+)?(?:IF\s+EXISTS\s+)?"
    rf"(?!CONSTRAINT\b|DEFAULT\b|NOT\b|INDEX\b|KEY\b|PRIMARY\b|FOREIGN\b|CHECK\b|IDENTITY\b|EXPRESSION\b|PARTITION\b|COLUMN\b)"
    rf"(?P<column>{NAME})",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"'(?:[^']|'')*'")


class Change(NamedTuple):
    """What an action deletes, renames and creates.

    :param lost: tables, and columns, whose rows or values are deleted.
    :param renamed: pairs of a new name and the old one. :param created: schemas and names of new tables.
    """

    lost: tuple[Name, ...] = ()
    renamed: tuple[tuple[Name, Name], ...] = ()
    created: tuple[tuple[str | None, str], ...] = ()


VIRTUAL = "virtual_table"
"""The kind of objects that have rows of their own."""


def losses_of(operation: MigrateOperation | None, batch: str | None, sql: Iterable[str]) -> Change:
    """What an action deletes, renames and creates.

    :param batch: the table of the batch that the operation belongs to.
    """
    match operation:
        case DropTableOp():
            return Change(lost=((operation.schema, operation.table_name, None),))
        case DropColumnOp():
            return Change(lost=((operation.schema, operation.table_name, operation.column_name),))
        case CreateTableOp(if_not_exists=True):
            return Change()
        case CreateTableOp():
            return Change(created=((operation.schema, operation.table_name),))
        case RenameTableOp():
            new, old = (
                (operation.schema, operation.new_table_name, None),
                (operation.schema, operation.table_name, None),
            )
            return Change(renamed=((new, old),))
        case AlterColumnOp() if operation.modify_name is not None:
            table = (operation.schema, operation.table_name)
            return Change(renamed=(((*table, operation.modify_name), (*table, operation.column_name)),))
        case DropPartitionOp():
            return Change(lost=((operation.schema, operation.name, None),))
        case DropObject() | ReplaceObject() if operation.object_kind == VIRTUAL:
            return Change(lost=((operation.schema, operation.name, None),))
        case None | ExecuteSQLOp():
            return Change(lost=tuple(name for statement in sql for name in lost_by_statement(statement)))
        case _:
            return Change()


def lost_by_statement(statement: str) -> list[Name]:
    """The tables and columns that a statement of a script's own deletes, or empties."""
    bare = _QUOTED.sub("''", statement.strip())
    whole = _DROP_TABLE.match(bare) or _EMPTY.match(bare)
    if whole:
        return [_name(name) for name in re.findall(TABLE, whole["names"])]
    altered = _ALTER.match(bare)
    if altered is None:
        return []
    schema, table, _ = _name(altered["table"])
    return [(schema, table, unquoted(found["column"])) for found in _DROP_COLUMN.finditer(altered["rest"])]


def _name(quoted: str) -> Name:
    schema, _, table = unquoted(quoted).rpartition(".")
    return schema or None, table, None


def in_words(operation: MigrateOperation | None, batch: str | None, sql: Sequence[str]) -> str:
    """What an action does, in a few words: "add column account.name"."""
    match operation:
        case None:
            return f"execute {_short(sql[0])}" if sql else "execute a statement"
        case ExecuteSQLOp():
            return f"execute {_short(str(operation.sqltext))}"
        case BulkInsertOp():
            return f"insert {len(operation.rows)} rows into {operation.table.name}"
        case AddColumnOp():
            return f"add column {_place(operation, batch)}.{operation.column.name}"
        case _:
            verb = (operation.call_name or type(operation).__name__).replace("_", " ")
            return f"{verb} {_subject(operation, batch)}".rstrip()


def _subject(operation: MigrateOperation, batch: str | None) -> str:
    """The name of what an operation is about, with its table."""
    names = ("column_name", "constraint_name", "index_name", "name", "new_table_name")
    own = next((str(value) for name in names if (value := getattr(operation, name, None)) is not None), None)
    place = _place(operation, batch)
    if own is None or isinstance(operation, CreateTableOp | DropTableOp):
        return place
    if isinstance(operation, RenameTableOp):
        return f"{place} to {own}"
    if isinstance(operation, AlterColumnOp | DropColumnOp):
        return f"{place}.{own}"
    return f"{own} on {place}" if place else own


def _place(operation: MigrateOperation, batch: str | None) -> str:
    table = getattr(operation, "table_name", None) or getattr(operation, "source_table", None) or batch or ""
    schema = getattr(operation, "schema", None)
    return f"{schema}.{table}" if schema and table else str(table)


def _short(statement: str) -> str:
    line = " ".join(statement.split())
    return line if len(line) <= _LENGTH else f"{line[: _LENGTH - 1]}…"
