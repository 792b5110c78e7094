"""Tables and columns that have another name in the models: answered, asked about, or said to be open (failure G12).

An answer is ``--rename old:new`` (``rename=`` of ``configure()``) or ``info={"renamed_from": "old"}`` in the models.
What was answered is compared as the database will be after the renaming.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column
from sqlalchemy.types import NullType

from limbeck import console
from limbeck.autogenerate.arrange.suspend_foreign_keys import each_of
from limbeck.errors import USAGE, CommandError, warn
from limbeck.operations.ops import (
    AddColumnOp,
    AlterColumnOp,
    CreateTableOp,
    DropColumnOp,
    DropTableOp,
    RenameTableOp,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from sqlalchemy import Table

    from limbeck.autogenerate.read.catalogue import Catalogue
    from limbeck.autogenerate.read.reflect import Reflection, TableName
    from limbeck.operations.ops import MigrateOperation, UpgradeOps

    from ..context import AutogenContext

log = logging.getLogger("limbeck.autogenerate.renames")


@dataclass
class Renames:
    """What is renamed.

    :param tables: new names of tables by their names in the database.
    :param columns: new names of columns by their old ones, by the new name of their table.
    """

    tables: dict[TableName, str] = field(default_factory=dict)
    columns: dict[TableName, dict[str, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.tables or self.columns)

    def after(self, name: TableName) -> TableName:
        """What a table of the database will be called."""
        return name[0], self.tables.get(name, name[1])

    def before(self, name: TableName) -> TableName:
        """What a table is called in the database."""
        return next((old for old in self.tables if self.after(old) == name), name)

    def columns_of(self, name: TableName) -> dict[str, str]:
        """New names of columns by their old ones; ``name`` is the table's new one."""
        return self.columns.get(name, {})

    def column_before(self, name: TableName, column: str) -> str:
        """What a column is called in the database; ``name`` is the table's new one, ``column`` its own."""
        return next((old for old, new in self.columns_of(name).items() if new == column), column)

    def concern(self, name: TableName) -> bool:
        """Whether the table, by its new name, or a column of it is renamed."""
        return name in self.columns or any(self.after(old) == name for old in self.tables)


@dataclass
class Open:
    """A question that nobody answered.

    :param table: the table of two columns; None where tables are in question.
    """

    old: str
    new: str
    table: TableName | None
    schema: str | None

    @property
    def answer(self) -> str:
        """What ``--rename`` takes."""
        path = [part for part in (self.schema, self.table and self.table[1], self.old) if part]
        return f"{'.'.join(path)}:{self.new}"

    @property
    def question(self) -> str:
        """What a person is asked."""
        what = f"column {self.table[1]}.{self.old}" if self.table else f"table {self.old}"
        return f"Was {what} renamed to {self.new}?"

    @property
    def fact(self) -> str:
        """One sentence."""
        where = f" of {self.table[1]!r}" if self.table else ""
        kind = "column" if self.table else "table"
        return f"{kind} {self.old!r}{where} is dropped and {self.new!r} added: they may be one that was renamed"


def renames_of(autogen_context: AutogenContext) -> Renames:
    """The renamings of this comparison; none before `settle_renames`."""
    found: Renames = autogen_context.__dict__.setdefault("_renames", Renames())
    return found


def settle_renames(
    autogen_context: AutogenContext,
    catalogue: Catalogue,
    names: Collection[TableName],
    models: Mapping[TableName, Table],
) -> Renames:
    """Find out what is renamed, and let the catalogue speak as it will afterwards.

    :param names: the tables of the database. :param models: those of the models.

    Raises `CommandError` for an answer to which nothing in the database or in the models fits.
    """
    renames = renames_of(autogen_context)
    search = _Search(autogen_context, catalogue, names, models)
    search.take_answers(renames)
    search.ask(renames)
    if renames:
        catalogue.rename(renames, autogen_context.migration_context.impl)
    autogen_context.__dict__["_open_renames"] = search.open
    return renames


class _Search:
    """Looks for renamings in one database."""

    def __init__(
        self,
        autogen_context: AutogenContext,
        catalogue: Catalogue,
        names: Collection[TableName],
        models: Mapping[TableName, Table],
    ) -> None:
        self.context = autogen_context
        self.catalogue = catalogue
        self.names = names
        self.models = models
        self.open: list[Open] = []

    # --- answers --------------------------------------------------------------------------------------------------

    def take_answers(self, renames: Renames) -> None:
        """Those of the models, then those of the command."""
        said = [(*_parsed(answer, self.names), answer) for answer in self.context.opts.get("rename") or ()]
        for table, column, new, answer in said:
            if column is None:
                self._demand(table in self.names, answer, [name for _, name in self.names])
                self._demand((table[0], new) in self.models, answer, [name for _, name in self.models])
                renames.tables[table] = new
        for name, model in self.models.items():
            old = (name[0], _renamed_from(model) or name[1])
            if old in self.names and name not in self.names and old not in renames.tables:
                renames.tables[old] = name[1]
        for table, column, new, answer in said:
            if column is not None:
                table = renames.after(table)  # noqa: PLW2901 answers may name a table by either name
                self._demand(table in self.models, answer, [name for _, name in self.models])
                self._demand(column in self._columns(renames, table), answer, list(self._columns(renames, table)))
                self._demand(new in self.models[table].c, answer, [c.name for c in self.models[table].c])
                renames.columns.setdefault(table, {})[column] = new
        for name, model in self.models.items():
            told = [(column.name, old_column) for column in model.c if (old_column := _renamed_from(column))]
            there = self._columns(renames, name) if told else {}
            for new, old_column in told:
                if old_column in there and new not in there:
                    renames.columns.setdefault(name, {}).setdefault(old_column, new)
        self._demand_free_names(renames)

    def _columns(self, renames: Renames, table: TableName) -> dict[str, dict[str, Any]]:
        """What the catalogue says of the columns of a table, whose new name is ``table``."""
        found = self.catalogue.of("columns", renames.before(table)) if table[0] in self.catalogue.schemas else None
        return {column["name"]: column for column in found or ()}

    def _demand(self, fits: bool, answer: str, known: list[str]) -> None:
        if fits:
            return
        old, _, new = answer.partition(":")
        near = get_close_matches(old.rpartition(".")[2], known, n=1) or get_close_matches(new, known, n=1)
        raise CommandError(
            f"--rename {answer}: no such table or column, before a renaming in the database and after it in the models",
            code="rename-unknown",
            hint=(f"did you mean '{near[0]}'? " if near else "") + "say table:new or table.column:new",
            exit_code=USAGE,
        )

    def _demand_free_names(self, renames: Renames) -> None:
        for (schema, old), new in renames.tables.items():
            if (schema, new) in self.names and (schema, new) not in renames.tables:
                raise _taken(old, new, "table")
        for table, columns in renames.columns.items():
            there = self._columns(renames, table)
            for old, new in columns.items():
                if new in there:
                    raise _taken(f"{table[1]}.{old}", new, "column")

    # --- questions ------------------------------------------------------------------------------------------------

    def ask(self, renames: Renames) -> None:
        """Of what is dropped and added in the same shape."""
        present = {renames.after(name) for name in self.names}
        added: dict[Any, list[TableName]] = {}
        for new in [name for name in self.models if name not in present]:
            added.setdefault(_outline(new, (column.name for column in self.models[new].c)), []).append(new)
        for old in [name for name in self.names if name not in self.models and name not in renames.tables]:
            columns = [column["name"] for column in self.catalogue.of("columns", old) or ()]
            candidates = added.get(_outline(old, columns), [])
            alike = [name for schema, name in candidates if self._alike(old, (schema, name))]
            found = self._answer([Open(old[1], name, None, old[0]) for name in alike])
            if found is not None:
                candidates.remove((old[0], found.new))
            if found is not None and found not in self.open:
                renames.tables[old] = found.new
        for table in [name for name in map(renames.after, self.names) if name in self.models]:
            self._ask_columns(renames, table)

    def _ask_columns(self, renames: Renames, table: TableName) -> None:
        there, columns = self._columns(renames, table), self.models[table].c
        settled = renames.columns_of(table)
        present = {settled.get(name, name) for name in there}
        added = {column.name: column for column in columns if column.name not in present and not column.system}
        for old in [name for name in there if name not in settled and name not in columns] if added else ():
            alike = [name for name, column in added.items() if self._alike_columns(there[old], column)]
            found = self._answer([Open(old, name, table, table[0]) for name in alike])
            if found is not None:
                del added[found.new]
            if found is not None and found not in self.open:
                renames.columns.setdefault(table, {})[old] = found.new

    def _answer(self, questions: list[Open]) -> Open | None:
        """The one of ``questions`` to which somebody says yes; where nobody is there, the first, which stays open."""
        if _somebody_is_there(self.context):
            return next((question for question in questions if console.confirm(question.question)), None)
        self.open += questions[:1]
        return questions[0] if questions else None

    def _alike(self, old: TableName, new: TableName) -> bool:
        """Whether the columns of two tables, which have the same names, are the same."""
        there = {column["name"]: column for column in self.catalogue.of("columns", old) or ()}
        return all(self._alike_columns(there[column.name], column) for column in self.models[new].c)

    def _alike_columns(self, there: dict[str, Any], column: Column[Any]) -> bool:
        """Whether two columns have the same type and nullability."""
        if isinstance(there["type"], NullType) or isinstance(column.type, NullType):
            return False
        reflected = Column(there["name"], there["type"])
        impl = self.context.migration_context.impl
        return there["nullable"] is column.nullable and not impl.compare_type(reflected, column)


def _outline(table: TableName, columns: Iterable[str]) -> tuple[str | None, frozenset[str]]:
    """What two tables have in common before it is worth to look closer."""
    return table[0], frozenset(columns)


def _renamed_from(item: Table | Column[Any]) -> str | None:
    """What the model says in ``info``, which is made where somebody looks at it: most have none."""
    found: str | None = vars(item).get("info", {}).get("renamed_from")
    return found


def _parsed(answer: str, names: Collection[TableName]) -> tuple[TableName, str | None, str]:
    """Table, column (None for a table) and new name of ``[schema.]table[.column]:new``."""
    old, colon, new = answer.partition(":")
    path, new = old.split("."), new.rpartition(".")[2]
    if not colon or not new or not all(path):
        raise CommandError(
            f"--rename {answer}: not of the form old:new",
            code="usage",
            hint="say table:new or table.column:new",
            exit_code=USAGE,
        )
    schema, rest = (path[0], path[1:]) if len(path) > 1 and (path[0], path[1]) in names else (None, path)
    if len(rest) > _TABLE_AND_COLUMN:
        schema, rest = ".".join(rest[:-2]), rest[-2:]
    return (schema, rest[0]), rest[1] if len(rest) == _TABLE_AND_COLUMN else None, new


_TABLE_AND_COLUMN = 2


def _taken(old: str, new: str, kind: str) -> CommandError:
    return CommandError(
        f"{old} cannot be renamed to {new}: the database has a {kind} of that name",
        code="rename-taken",
        hint="rename or drop that one first, in a revision of its own",
        exit_code=USAGE,
    )


def _somebody_is_there(autogen_context: AutogenContext) -> bool:
    """Whether the ``revision`` command runs in a terminal, under an edition: the reference never asks."""
    environment = autogen_context.migration_context.environment_context
    command = getattr(getattr(environment, "config", None), "cmd_opts", None)
    wanted = autogen_context.opts.get("edition") is not None and getattr(command, "autogenerate", False)
    return bool(wanted and sys.stdin.isatty() and sys.stderr.isatty())


# --- operations ---------------------------------------------------------------------------------------------------


def rename_first(autogen_context: AutogenContext, upgrade_ops: UpgradeOps, reflection: Reflection) -> None:
    """Put the renamings before everything else, and remarks on what may be one."""
    renames = renames_of(autogen_context)
    first: list[MigrateOperation] = []
    for schema, old in _in_free_order(renames):
        first.append(RenameTableOp(old, renames.tables[schema, old], schema=schema))
        log.info("Detected table %r renamed to %r", old, renames.tables[schema, old])
    for name, columns in renames.columns.items():
        reflection.build([name])
        table = reflection.built(name)
        # in no batch: a rebuild would leave the foreign keys of other tables behind (B15)
        first += [_renaming(name, old, table.c[new]) for old, new in columns.items()]
        log.info("Detected columns of %r renamed: %s", name[1], columns)
    upgrade_ops.ops[:0] = first
    questions: list[Open] = autogen_context.__dict__.get("_open_renames", [])
    about = _by_subject(upgrade_ops.ops) if questions else {}
    for question in questions:
        _leave_open(autogen_context, about, question)


def _in_free_order(renames: Renames) -> Iterator[TableName]:
    waiting = dict(renames.tables)
    while waiting:
        free = [name for name in waiting if (name[0], waiting[name]) not in waiting]
        if not free:
            old, new = next(iter(waiting.items()))
            raise _taken(old[1], new, "table")
        for name in free:
            yield name
            del waiting[name]


def _renaming(table: TableName, old: str, column: Column[Any]) -> AlterColumnOp:
    """The operation, with all of the column that MySQL wants to be told again."""
    counts: dict[str, Any] = {"existing_autoincrement": True} if column.autoincrement is True else {}
    return AlterColumnOp(
        table[1],
        old,
        schema=table[0],
        modify_name=column.name,
        existing_type=column.type,
        existing_nullable=column.nullable,
        existing_server_default=column.server_default,
        existing_comment=column.comment,
        **counts,
    )


def _leave_open(autogen_context: AutogenContext, about: dict[Any, list[MigrateOperation]], question: Open) -> None:
    hint = f'if so, say --rename {question.answer}, or info={{"renamed_from": "{question.old}"}} in the model'
    if autogen_context.opts.get("edition") is None:
        log.warning("%s; %s", question.fact, hint)
        return
    warn(question.fact, code="maybe-renamed", hint=hint, stacklevel=5)
    for name in (question.old, question.new):
        for op in about.get((question.table or question.schema, name), ()):
            op.script_comment = (*op.script_comment, f"{question.fact};", f"{hint}.")


def _by_subject(operations: list[MigrateOperation]) -> dict[Any, list[MigrateOperation]]:
    """What creates and drops tables, by schema and name; what adds and drops columns, by table and name."""
    found: dict[Any, list[MigrateOperation]] = {}
    for op in each_of(operations):
        if isinstance(op, CreateTableOp | DropTableOp):
            found.setdefault((op.schema, op.table_name), []).append(op)
        elif isinstance(op, AddColumnOp | DropColumnOp):
            found.setdefault(((op.schema, op.table_name), op.to_column().name), []).append(op)
    return found
