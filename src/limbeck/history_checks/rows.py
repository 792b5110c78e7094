"""The check that rows survive: made up, put in before each revision, and there afterwards as an application reads them.

What a revision drops does not count, nor what it changes by UPDATE or DELETE of its own: that is taken as meant.
"""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import inspect

from limbeck import sqla
from limbeck.results import HistoryFinding
from limbeck.trial import Surrounded, observing

from .failure import failed
from .made_up_rows import fill, insert, look, rows_of
from .outlook import outlook
from .subject import BlockedError, connected, first_line, refuse_of_the_place, schemas
from .there_and_back import has_way_back, looking
from .values import alike

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from limbeck.databases import Environment
    from limbeck.ddl.shape import TableName, TableShape
    from limbeck.results import SentStatement
    from limbeck.runtime.migration import MigrationContext
    from limbeck.schema import Schema
    from limbeck.script.steps import RevisionStep

    from .made_up_rows import Row, Table
    from .outlook import Outlook
    from .subject import Subject

OWN_ROWS = "example_rows"
"""The name in a revision file of rows of one's own: a dict of tables, each with its rows as dicts."""

UP, DOWN, AGAIN = "upgrade()", "downgrade()", "upgrade() after downgrade()"

_SHOWN = 5
_LENGTH = 60


def rows_survive(subject: Subject) -> Iterator[HistoryFinding]:
    """Rows that are there before a revision are there after it, and after it was taken back and run again."""
    steps, wanted = subject.runnable(), subject.checked("rows-survive")
    begun = next((at for at, step in enumerate(steps) if step.revision.revision in wanted), len(steps))
    if begun == len(steps):
        return
    stations = _stations(subject, steps, begun)
    to_come = outlook(schema for station in stations.values() for schema in station)
    while begun < len(steps):
        with subject.copy(steps[:begun]) as twin:
            databases: dict[int, _Database] = defaultdict(lambda: _Database(subject, to_come))
            for step in steps[begun:]:
                before, after = stations[begun], stations[begun + 1]
                begun += 1
                if step.revision.revision not in wanted:
                    if not _passed(twin, step, databases):
                        break
                    continue
                found = _of_revision(twin, step, databases, before, after)
                yield from found
                if found:
                    break


def _stations(subject: Subject, steps: Sequence[RevisionStep], begun: int) -> dict[int, list[Schema]]:
    """The schemas of empty databases after so many steps, a database each."""
    found: dict[int, list[Schema]] = {}
    with subject.copy(steps[:begun]) as twin:
        found[begun] = schemas(twin)
        for number, step in enumerate(steps[begun:], begun + 1):
            made = found.setdefault(number, [])
            try:
                twin.run(lambda _rows, context, step=step, made=made: [looking(step, context, made)])
            except Exception as error:
                refuse_of_the_place(error)
                raise _not_run(step, error) from error
    return found


def _not_run(step: RevisionStep, error: Exception) -> BlockedError:
    return BlockedError(f"upgrade() of {step.revision.revision} fails on an empty database: {first_line(error)}")


def _passed(twin: Environment, step: RevisionStep, databases: Mapping[int, _Database]) -> bool:
    """Run a revision that is not checked; False where it fails on the rows that there are."""
    try:
        twin.run(lambda _rows, _context: [step])
    except Exception:  # noqa: BLE001 it was not to be checked
        return False
    for database in databases.values():
        database.forget()
    return True


def _of_revision(
    twin: Environment,
    step: RevisionStep,
    databases: Mapping[int, _Database],
    before: Sequence[Schema],
    after: Sequence[Schema],
) -> list[HistoryFinding]:
    """What a revision loses of rows, on databases that stand before it and are left after it."""
    script, name = twin.script, step.revision.revision
    own: Mapping[str, Sequence[Row]] = getattr(step.revision.module, OWN_ROWS, {})
    lost: dict[str, list[str]] = {}
    at_work = ""

    def watched(each: RevisionStep, stage: str, number: int, connection: Connection) -> RevisionStep:
        @contextmanager
        def block() -> Iterator[None]:
            nonlocal at_work
            at_work = stage
            sent: list[SentStatement] = []
            with observing(connection, sent):
                yield
            lost.setdefault(stage, []).extend(databases[number].lost(connection, before[number], after[number], sent))

        return Surrounded(each, block)

    def there_and_back(_rows: tuple[str, ...], context: MigrationContext) -> Iterator[RevisionStep]:
        number, connection = next(numbers), connected(context)
        with sqla.without_pool(connection.engine).begin() as session:
            databases[number].fill(session, before[number], own)
        yield watched(step, UP, number, connection)
        if has_way_back(step.revision):
            yield watched(script.lone_step(name, is_upgrade=False), DOWN, number, connection)

    def again(_rows: tuple[str, ...], context: MigrationContext) -> Iterator[RevisionStep]:
        yield watched(script.lone_step(name, is_upgrade=True), AGAIN, next(numbers), connected(context))

    try:
        for run in (there_and_back, again) if has_way_back(step.revision) else (there_and_back,):
            numbers = count()
            twin.run(run)
    except Exception as error:
        refuse_of_the_place(error)
        if not at_work:
            raise
        return [failed(step.revision, f"{at_work} fails on rows that the schema before it allows", error)]
    stage = next((stage for stage, lines in lost.items() if lines), None)  # what follows from it is not said
    if stage is None:
        return []
    return [HistoryFinding(name, f"Rows do not survive {stage}", tuple(lost[stage]), step.revision.path)]


class _Known(NamedTuple):
    """A table whose rows are known.

    :param shape: its shape when it was last filled. :param rows: its rows.
    """

    shape: TableShape
    rows: Sequence[Row]


class _Database:
    """A throwaway database, and what its rows are known to be.

    :param subject: what is checked; gets what there is to say of tables that stay empty.
    :param to_come: what is asked of values.
    """

    def __init__(self, subject: Subject, to_come: Outlook) -> None:
        self._subject = subject
        self._to_come = to_come
        self._known: dict[TableName, _Known] = {}
        self._tables: dict[TableName, Table] = {}

    def forget(self) -> None:
        """Something may have changed the rows."""
        self._known, self._tables = {}, {}

    def fill(self, connection: Connection, schema: Schema, own: Mapping[str, Sequence[Row]]) -> None:
        """Insert rows into tables that are new, or that have changed since they were filled."""
        changed = [name for name, shape in schema.tables.items() if self._shape(name) != shape]
        changed += [name for name in schema.tables if name[1] in own and name not in changed]
        inspector = inspect(connection)
        for name in changed:
            self._tables[name] = look(inspector, name)
        for name in changed:
            for row in own.get(name[1], ()):
                refused = insert(connection, self._tables[name], row)
                if refused is not None:
                    self._subject.remark(f"a row of {OWN_ROWS} is refused by table {name[1]}: {refused}")
        wanted = {
            self._tables[name]: self._changed(name, schema.tables[name]) for name in changed if name[1] not in own
        }
        for remark in fill(connection, wanted, self._to_come):
            self._subject.remark(remark)
        for name in changed:
            self._known[name] = _Known(schema.tables[name], rows_of(connection, self._tables[name]))

    def _shape(self, name: TableName) -> TableShape | None:
        known = self._known.get(name)
        return None if known is None else known.shape

    def _changed(self, name: TableName, shape: TableShape) -> set[str]:
        """The columns of a table that are new, or others than when it was filled."""
        known = self._shape(name)
        return {one for one, now in shape.columns.items() if known is None or known.columns.get(one) != now}

    def lost(
        self, connection: Connection, before: Schema, after: Schema, sent: Sequence[SentStatement]
    ) -> Iterator[str]:
        """What is gone of rows that are in tables and columns of both schemas, a line each."""
        inspector = inspect(connection)
        there = set(inspector.get_table_names()) | {name for schema, name in before.tables if schema is not None}
        for name, shape in before.tables.items():
            statements = [one.sql for one in sent if re.search(rf"\b{re.escape(name[1])}\b", one.sql)]
            if not statements or name not in after.tables or name[1] not in there or name not in self._known:
                continue
            table = look(inspector, name)
            rows = rows_of(connection, table)
            if not any(_deletes(name[1], one) for one in statements):
                now = {column["name"] for column in table.columns}
                columns = [one for one in shape.columns if one in after.tables[name].columns and one in now]
                columns = [one for one in columns if not any(_sets(name[1], one, sql) for sql in statements)]
                key = [one for one in table.primary_key if one in columns]
                is_key = bool(key) and len(key) == len(table.primary_key)
                yield from _missing(name[1], self._known[name].rows, rows, columns, key if is_key else ())
            self._known[name] = _Known(self._known[name].shape, rows)


def _missing(
    table: str, expected: Sequence[Row], found: Sequence[Row], columns: Sequence[str], key: Sequence[str]
) -> Iterator[str]:
    """The rows and values of ``expected`` that ``found`` lacks.

    :param columns: the columns that count. :param key: those that tell one row from another, where there are any.
    """
    if not columns:
        return
    if not key:
        lost = _unmatched(expected, found, columns)
        if lost:
            yield f"table {table}: {lost} of {len(expected)} rows are not there as before"
        return
    there = {tuple(str(row[one]) for one in key): row for row in found}
    changed: dict[str, list[str]] = defaultdict(list)
    gone = 0
    for row in expected:
        now = there.get(tuple(str(row[one]) for one in key))
        if now is None:
            gone += 1
            continue
        for column in columns:
            if not alike(row[column], now[column]):
                changed[column].append(f"{_short(row[column])} has become {_short(now[column])}")
    if gone:
        yield f"table {table}: {gone} of {len(expected)} rows are gone"
    for column, values in changed.items():
        yield f"column {table}.{column}: {'; '.join(values[:_SHOWN])}"


def _unmatched(expected: Sequence[Row], found: Sequence[Row], columns: Sequence[str]) -> int:
    """How many rows have no counterpart of their own."""
    left = list(found)
    for row in expected:
        same = next((one for one in left if all(alike(row[each], one[each]) for each in columns)), None)
        if same is not None:
            left.remove(same)
    return len(expected) - (len(found) - len(left))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LENGTH else f"{text[:_LENGTH]}… ({len(text)} characters)"


_NAMED = r"(?:[\"`\[]?\w+[\"`\]]?\.)?[\"`\[]?{}[\"`\]]?"


def _deletes(table: str, sql: str) -> bool:
    """Whether a statement deletes rows of a table by itself."""
    named = _NAMED.format(re.escape(table))
    return (
        re.search(rf"\b(?:DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?)\s+(?:ONLY\s+)?{named}(?!\w)", sql, re.IGNORECASE)
        is not None
    )


def _sets(table: str, column: str, sql: str) -> bool:
    """Whether a statement sets a column of a table."""
    named = _NAMED.format(re.escape(table))
    found = re.search(rf"\bUPDATE\s+(?:ONLY\s+)?{named}(?!\w).*?\bSET\b(.*)", sql, re.IGNORECASE | re.DOTALL)
    return (
        found is not None and re.search(rf"(?<!\w){re.escape(column)}[\"`\]]?\s*=", found[1], re.IGNORECASE) is not None
    )
