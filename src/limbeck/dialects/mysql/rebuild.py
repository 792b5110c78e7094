"""MySQL's and MariaDB's rebuild: by the server, which keeps everything, or by a copy.

DDL commits here. So a copy replaces the old table by a single ``RENAME TABLE``, and the old table is dropped last.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.ddl.impl import DefaultImpl
from limbeck.ddl.rebuild import temporary_name
from limbeck.ddl.rebuild_strategy import NativeRebuildStrategy
from limbeck.ddl.unsupported import unsupported
from limbeck.errors import warn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy.engine import Connection

    from limbeck.ddl.changed_table import ApplyBatchImpl

_OPTION = re.compile(r"((?:DEFAULT )?\w+)=('(?:[^']|'')*'|\S+)")

_NAME = re.compile(r"""`(?:[^`]|``)*`|"(?:[^"]|"")*\"""")

_REFERRING = sa.text("""
SELECT constraint_name, table_name FROM information_schema.key_column_usage
WHERE referenced_table_schema = coalesce(:schema, database()) AND referenced_table_name = :table
AND (table_schema, table_name) <> (referenced_table_schema, referenced_table_name)
""")

_TRIGGERS = sa.text("""
SELECT trigger_name FROM information_schema.triggers
WHERE event_object_schema = coalesce(:schema, database()) AND event_object_table = :table
""")


class Definition(NamedTuple):
    """A table by ``SHOW CREATE TABLE``.

    :param columns: the definition of each column, by name, in order.
    :param parts: keys and constraints, a line each, and the partitions.
    :param options: options of the table, without AUTO_INCREMENT.
    :param position: the next value of AUTO_INCREMENT, if it is shown.
    :param versioned: whether the table is system-versioned.
    """

    columns: dict[str, str]
    parts: tuple[str, ...]
    options: tuple[str, ...]
    position: int | None
    versioned: bool

    @classmethod
    def parse(cls, text: str) -> Definition:
        """Parse the text of ``SHOW CREATE TABLE``, which has a line for each column and key."""
        lines = text.splitlines()
        end = max(number for number, line in enumerate(lines) if line.startswith(")"))
        inside = [line.strip().removesuffix(",") for line in lines[1:end]]
        columns = {_unquoted(name): line for line in inside if (name := _quoted_name(line))}
        options = dict(_OPTION.findall(lines[end]))
        position = options.pop("AUTO_INCREMENT", None)
        return cls(
            columns,
            tuple(line for line in [*inside, *lines[end + 1 :]] if line[0] not in '`"'),
            tuple(f"{name}={value}" for name, value in options.items()),
            None if position is None else int(position),
            "WITH SYSTEM VERSIONING" in lines[end],
        )


class MySQLRebuild(NativeRebuildStrategy[DefaultImpl]):
    """Rebuilds by ``ALTER TABLE ... FORCE``, or replaces the table by a copy with one ``RENAME TABLE``."""

    def recreate_table(
        self, name: str, final_name: str, schema: str | None, columns: Sequence[str], alter: Callable[[], None]
    ) -> None:
        """Alter the table, and have the server rebuild it with its columns in the order of ``columns``.

        ``ALTER TABLE ... FORCE`` keeps rows, foreign keys in both directions, triggers, grants and the position of
        AUTO_INCREMENT, and lets other sessions write to the table as far as the server can.
        """
        alter()
        table = self._name(final_name, schema)
        before = self._definition(final_name, schema)
        self.impl.execute(f"ALTER TABLE {table} {', '.join([*_moves(before.columns, columns), 'FORCE'])}")
        after = self._definition(final_name, schema)
        if after._replace(columns={}) != before._replace(columns={}) or after.columns != before.columns:
            raise AssertionError(f"the server's own rebuild has changed table {table}")

    @contextmanager
    def watching(self, plan: ApplyBatchImpl, table: sa.Table) -> Iterator[None]:
        """Refuse a table that a copy cannot replace; drop what a killed run has left."""
        if self.impl.as_sql:
            yield
            return
        self._refuse_rebuild(table, self._in_the_way(plan, table))
        catalogue = sa.inspect(self.impl.require_connection("A rebuild"))
        for left in (temporary_name(table.name), _name_of_old(table.name)):
            if catalogue.has_table(left, table.schema):
                self.impl.execute(f"DROP TABLE {self._name(left, table.schema)}")
        yield

    def replace_table(self, plan: ApplyBatchImpl, table: sa.Table, new: sa.Table, fill: sa.Insert | None) -> None:
        """Copy the rows, create the indexes, rename both tables in one statement, and drop the old one."""
        if self.impl.as_sql or self._referring(table):
            super().replace_table(plan, table, new, fill)
            return
        if fill is not None:
            self.impl.execute(fill)
        for index in plan.indexes_on(new):
            self.impl.create_index(index)
        lost = self._lost(plan, table, new)
        if self.impl.edition is not None:
            self._refuse_rebuild(table, [thing for thing, _ in lost])
        old, copy, aside = (self._name(each, table.schema) for each in (table.name, new.name, _name_of_old(table.name)))
        connection = self.impl.require_connection("A rebuild")
        self.impl.execute(f"RENAME TABLE {old} TO {aside}, {copy} TO {old}")
        if (counts := _counts(connection, aside, old))[0] != counts[1]:
            self.impl.execute(f"RENAME TABLE {old} TO {copy}, {aside} TO {old}")
            self.impl.execute(f"DROP TABLE {copy}")
            raise unsupported(
                f"Table '{table.name}' has {counts[0]} rows, and its copy {counts[1]}; everything is as it was before",
                code="rebuild-amiss",
                hint="let nobody write to the table during the run, or set edition = 2026: the server rebuilds it then",
            )
        self.impl.execute(f"DROP TABLE {aside}")
        _warn(table.name, lost)

    def _referring(self, table: sa.Table) -> list[str]:
        values = {"schema": table.schema, "table": table.name}
        rows = self.impl.require_connection("A rebuild").execute(_REFERRING, values)
        return sorted({f"foreign key {name} of {other}" for name, other in rows})

    def _in_the_way(self, plan: ApplyBatchImpl, table: sa.Table) -> list[str]:
        """What would make the server refuse the copy, or lose rows of other tables."""
        connection: Connection = self.impl.require_connection("A rebuild")
        enforced = connection.scalar(sa.text("SELECT @@foreign_key_checks"))
        kept = [key for key in plan.constraints if key in plan.original and isinstance(key, sa.ForeignKeyConstraint)]
        found = [f"foreign key {key.name}" for key in kept] + (self._referring(table) if enforced else [])
        definition = self._definition(table.name, table.schema)
        return found + (["the history of its rows"] if definition.versioned else [])

    def _refuse_rebuild(self, table: sa.Table, what: Iterable[str]) -> None:
        if named := ", ".join(what):
            raise unsupported(
                f"The rebuild of table '{table.name}' cannot keep {named}",
                code="rebuild-refused",
                hint="use recreate='auto', with which the server alters the table in place; or set edition = 2026 and "
                "leave out copy_from=, table_args= and the like: the server rebuilds the table itself then",
            )

    def _lost(self, plan: ApplyBatchImpl, table: sa.Table, new: sa.Table) -> list[tuple[str, str]]:
        """What the copy lacks though the batch does not mention it, each with the statement that restores it."""
        old, now = (self._definition(each.name, table.schema) for each in (table, new))
        name = self._name(table.name, table.schema)
        lost = [*_lost_columns(plan, old, now), *_lost_parts(plan, old, now), *_lost_options(plan, old, now)]
        return [(what, f"ALTER TABLE {name} {change}") for what, change in lost] + self._triggers(table)

    def _triggers(self, table: sa.Table) -> list[tuple[str, str]]:
        """The triggers, which go with the old table, each with the statement that creates it."""
        connection = self.impl.require_connection("A rebuild")
        found = []
        for trigger in connection.scalars(_TRIGGERS, {"schema": table.schema, "table": table.name}).all():
            shown = connection.execute(sqla.as_written(f"SHOW CREATE TRIGGER {self._name(trigger, table.schema)}"))
            found.append((f"trigger {trigger}", str(shown.one()[2])))
        return found

    def _definition(self, name: str, schema: str | None) -> Definition:
        shown = self.impl.require_connection("A rebuild").execute(
            sqla.as_written(f"SHOW CREATE TABLE {self._name(name, schema)}")
        )
        return Definition.parse(str(shown.one()[1]))

    def _name(self, name: str, schema: str | None) -> str:
        """The name, quoted for SQL without driver parameters."""
        preparer = sqla.for_script(self.impl.dialect).identifier_preparer
        quoted = str(preparer.quote_identifier(name))
        return quoted if schema is None else f"{preparer.quote_identifier(schema)}.{quoted}"


def _lost_columns(plan: ApplyBatchImpl, old: Definition, now: Definition) -> Iterator[tuple[str, str]]:
    for column, line in old.columns.items():
        if column not in plan.touched() and now.columns.get(column) != plan.in_new_names(line):
            yield f"this of column '{column}': {line}", f"MODIFY {line}"


def _lost_parts(plan: ApplyBatchImpl, old: Definition, now: Definition) -> Iterator[tuple[str, str]]:
    mentioned = plan.touched() | {str(each.name) for each in plan.original if each not in plan.constraints}
    mentioned |= {str(each.name) for each in plan.table.indexes if str(each.name) not in plan.indexes}
    for part in old.parts:
        names = {_unquoted(found.group()) for found in _NAME.finditer(part)}
        if part not in now.parts and not names & mentioned and not _is_key_of(plan, part):
            yield part, _restored(part, now)


def _lost_options(plan: ApplyBatchImpl, old: Definition, now: Definition) -> Iterator[tuple[str, str]]:
    keeps_comment = plan.comment == plan.table.comment
    for option in old.options:
        if option not in now.options and (keeps_comment or not option.startswith("COMMENT=")):
            yield option, option
    counted = {name for name, line in old.columns.items() if " AUTO_INCREMENT" in line}
    if old.position is not None and old.position > (now.position or 1) and not counted & plan.touched():
        position = f"AUTO_INCREMENT = {old.position}"
        yield f"position {position}", position


def _name_of_old(name: str) -> str:
    """The name of the old table between the rename and its end."""
    return temporary_name(name).replace("tmp", "old", 1)


def _moves(present: dict[str, str], wanted: Sequence[str]) -> list[str]:
    """The parts of an ALTER TABLE that bring columns into the order ``wanted``.

    :param present: the definitions of the columns by name, in their present order.
    """
    order, moves = list(present), []
    for at, name in enumerate(wanted):
        if order[at] != name:
            order.remove(name)
            order.insert(at, name)
            place = f"AFTER {_quoted_name(present[wanted[at - 1]])}" if at else "FIRST"
            moves.append(f"MODIFY {present[name]} {place}")
    return moves


def _quoted_name(line: str) -> str:
    """The quoted name at the start of a column's line; empty for another line."""
    found = _NAME.match(line)
    return "" if found is None else found.group()


def _unquoted(name: str) -> str:
    return name[1:-1].replace(name[0] * 2, name[0])


def _restored(part: str, now: Definition) -> str:
    """The part of an ALTER TABLE that creates ``part`` again, in place of another one of its name."""
    kind, name = re.match(r"([A-Z ]*)(`(?:[^`]|``)*`)?", part).groups()  # type: ignore[union-attr]  # matches anything
    if not kind.strip() or kind.startswith("PARTITION"):
        return part
    there = name is not None and any(re.match(rf"[A-Z ]*{re.escape(name)} ", each) for each in now.parts)
    drop = f"DROP {'CONSTRAINT' if kind.startswith('CONSTRAINT') else 'KEY'} {name}, " if there else ""
    return f"{drop}ADD {part}"


def _is_key_of(plan: ApplyBatchImpl, part: str) -> bool:
    return part.startswith("PRIMARY KEY") and plan.key_changed()


def _counts(connection: Connection, *tables: str) -> list[int]:
    return [
        int(connection.execute(sqla.as_written(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608 quoted
        for table in tables
    ]


def _warn(table: str, lost: list[tuple[str, str]]) -> None:
    file, line = caller()
    for thing, statement in lost:
        warn(
            f"The rebuild of table '{table}' loses {thing}",
            code="lost-in-rebuild",
            hint=f"add after the batch: op.execute({statement!r}); or set edition = 2026, which keeps it",
            file=file,
            line=line,
        )
