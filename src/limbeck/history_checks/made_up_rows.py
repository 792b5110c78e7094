"""Rows that are made up from a schema: types, keys, checks and NOT NULL respected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, StatementError

from .values import FULL, Request, candidates, value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection, Inspector
    from sqlalchemy.engine.interfaces import ReflectedColumn, ReflectedForeignKeyConstraint

    from limbeck.ddl.shape import TableName

    from .outlook import Outlook

    Row = Mapping[str, object]

NUMBERS = (101, 102, 103)
"""The numbers of rows: above those that scripts insert, which begin with 1, and small enough for every type."""

_NULLS = 2
"""Which of them has NULL wherever it may: the third one."""

_TRIES = 40


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it is now.

    :param name: its schema and name. :param columns: its columns.
    :param primary_key: the names of those of its primary key.
    :param foreign_keys: its foreign keys.
    """

    name: TableName
    columns: Sequence[ReflectedColumn]
    primary_key: Sequence[str]
    foreign_keys: Sequence[ReflectedForeignKeyConstraint]

    @property
    def clause(self) -> sa.TableClause:
        """It as SQLAlchemy selects from it and inserts into it."""
        schema, name = self.name
        columns = [sa.column(column["name"], column["type"]) for column in self.columns]
        return sa.table(name, *columns, schema=schema)

    @property
    def parents(self) -> set[TableName]:
        """The other tables that its foreign keys lead to."""
        return {(key["referred_schema"], key["referred_table"]) for key in self.foreign_keys} - {self.name}


def look(inspector: Inspector, name: TableName) -> Table:
    """A table as it is now."""
    schema, table = name
    return Table(
        name,
        inspector.get_columns(table, schema=schema),
        inspector.get_pk_constraint(table, schema=schema)["constrained_columns"],
        inspector.get_foreign_keys(table, schema=schema),
    )


def rows_of(connection: Connection, table: Table, columns: Collection[str] | None = None) -> list[Row]:
    """The rows of a table, as an application reads them.

    :param columns: only these; default: all.
    """
    clause = table.clause
    wanted = [column for column in clause.c if columns is None or column.name in columns]
    return [dict(row) for row in connection.execute(sa.select(*wanted)).mappings()] if wanted else []


def fill(connection: Connection, tables: Mapping[Table, Collection[str]], outlook: Outlook) -> Iterator[str]:
    """Insert rows into tables, parents first; where they are there already they get values in what has changed.

    :param tables: the tables, each with the columns that have changed.
    :param outlook: what is asked of values now and later.
    :return: what there is to say of tables that no row could be inserted into.
    """
    waiting = list(tables)
    while waiting:
        names = {table.name for table in waiting}
        ready = [table for table in waiting if not table.parents & names] or waiting  # a circle of foreign keys
        for table in ready:
            errors = [
                _put(connection, table, number, place, outlook, tables[table]) for place, number in enumerate(NUMBERS)
            ]
            if all(errors) and not rows_of(connection, table):
                yield f"no row can be made up for table {table.name[1]}: {errors[0]}"
        waiting = [table for table in waiting if table not in ready]


def insert(connection: Connection, table: Table, row: Row) -> str | None:
    """Insert a row; what the database says where it refuses it."""
    return _execute(connection, sa.insert(table.clause).values(dict(row)))


def _update(connection: Connection, table: Table, row: Row) -> str | None:
    clause = table.clause
    values = {name: given for name, given in row.items() if name not in table.primary_key}
    if not values:
        return None
    return _execute(connection, sa.update(clause).where(*_key(table, clause, row)).values(values))


def _is_there(connection: Connection, table: Table, row: Row) -> bool:
    """Whether there is a row of this key."""
    if not table.primary_key or not all(name in row for name in table.primary_key):
        return False
    clause = table.clause
    return connection.scalar(sa.select(sa.func.count()).select_from(clause).where(*_key(table, clause, row))) != 0


def _key(table: Table, clause: sa.TableClause, row: Row) -> list[sa.ColumnElement[bool]]:
    return [clause.c[name] == row[name] for name in table.primary_key]


def _execute(connection: Connection, statement: sa.Insert | sa.Update) -> str | None:
    """Execute a statement; what the database says where it refuses it."""
    try:
        with connection.begin_nested():
            connection.execute(statement)
    except DBAPIError as error:
        return str(error.orig).partition("\n")[0]
    except StatementError as error:
        return str(error).partition("\n")[0]
    return None


def _put(
    connection: Connection, table: Table, number: int, place: int, outlook: Outlook, changed: Collection[str]
) -> str | None:
    """Insert the row of a number, or give it values; other values where a check refuses them.

    :return: what the database said at first, where there is no way.
    """
    try:
        made = _made_up(connection, table, number, place, outlook)
    except NotImplementedError:
        return "Limbeck knows no value of one of its types"
    if not made:
        return "it has no column that a value can be given"
    put = _update if _is_there(connection, table, made) else insert
    if put is _update:
        made = {name: given for name, given in made.items() if name in changed or name in table.primary_key}
    first = put(connection, table, made)
    if first is not None:
        tries = 0
        for column, given in list(made.items()):
            key = (table.name, column)
            others = (f"v{number}", *outlook.texts[key]) if isinstance(given, str) else ()
            for other in candidates(given, others, outlook.numbers[key]):
                tries += 1
                if tries > _TRIES:
                    return first
                if put(connection, table, {**made, column: other}) is None:
                    return None
    return first


def _made_up(connection: Connection, table: Table, number: int, place: int, outlook: Outlook) -> dict[str, object]:
    given: dict[str, object] = {}
    references = _references(connection, table, number, place)
    for column in table.columns:
        name = column["name"]
        key = (table.name, name)
        identity = column.get("identity")
        if column.get("computed") or (identity and identity["always"]):
            continue
        if name in references:
            given[name] = references[name]
        elif place == _NULLS and column["nullable"] and name not in table.primary_key:
            given[name] = None
        else:
            full = place == FULL and key not in outlook.plain
            try:
                given[name] = value(column["type"], Request(number, full, outlook.kinds[key], outlook.texts[key]))
            except NotImplementedError:
                if not column["nullable"] and column["default"] is None:
                    raise
    return given


def _references(connection: Connection, table: Table, number: int, place: int) -> dict[str, object]:
    """The values of foreign keys: those of a row of the other table, each row another one."""
    found: dict[str, object] = {}
    nullable = {column["name"] for column in table.columns if column["nullable"]}
    for key in table.foreign_keys:
        columns, other = key["constrained_columns"], (key["referred_schema"], key["referred_table"])
        if other == table.name:
            found |= {name: None if name in nullable else number for name in columns}
            continue
        target = sa.table(other[1], *[sa.column(name) for name in key["referred_columns"]], schema=other[0])
        rows = connection.execute(sa.select(*target.c).order_by(*[column.desc() for column in target.c]).limit(9)).all()
        row = rows[len(NUMBERS) - 1 - place] if len(rows) >= len(NUMBERS) else next(iter(rows), None)
        if row is not None:
            found |= dict(zip(columns, row, strict=True))
        elif all(name in nullable for name in columns):
            found |= dict.fromkeys(columns)
    return found
