"""A rehearsed revision as rules see it: its changes in order, and what came before them in the same run."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import TextClause, inspect, text

from limbeck.autogenerate.context import AutogenContext
from limbeck.autogenerate.render.calls import render_op_text
from limbeck.operations.data import ExecuteSQLOp

from . import changes
from .of_operations import of_operation, type_text
from .of_sql import of_statement
from .type_names import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Connection, Inspector
    from sqlalchemy.engine.interfaces import ReflectedColumn

    from limbeck.operations.operation import MigrateOperation
    from limbeck.rehearsal import Action, Rehearsed
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script import Script

    from .changes import Change

_IS_PARTITIONED = "SELECT 1 FROM pg_catalog.pg_partitioned_table WHERE partrelid = to_regclass(:name)"
_PARTITIONS = (
    "SELECT inhrelid::regclass::text FROM pg_catalog.pg_inherits WHERE inhparent = to_regclass(:name) ORDER BY 1"
)
_PARTITION_KEY = "SELECT pg_catalog.pg_get_partkeydef(to_regclass(:name))"

C = TypeVar("C", bound="Change")


@dataclass(frozen=True, eq=False)
class Placed:
    """A change, and where it comes from.

    :param change: the change. :param action: the operation or statement that makes it.
    :param is_new: whether its table was created earlier in the same run, and is therefore empty or its own.
    """

    change: Change
    action: Action
    is_new: bool

    @property
    def in_transaction(self) -> bool:
        """Whether it runs in the transaction of its revision."""
        return not self.action.standalone


@dataclass(eq=False)
class Step:
    """A revision of the run that is reviewed.

    :param rehearsed: the rehearsed step. :param context: the context that wrote its statements.
    :param earlier: the revisions of the run before this one.
    :param connection: the database, which is only read.
    :param waits: seconds that its statements wait for a lock, as header and configuration say; None: without end.
    :param target: the version of the server that it is for; None: that of the database.
    :param back: its rehearsed downgrade; None where there is none, or it was not asked for.
    :param is_applied: whether the database has the revision, and its columns are not those that it found.
    :param changes: its changes, in order; those that leave a column as it is are none.
    """

    rehearsed: Rehearsed
    context: MigrationContext
    earlier: Sequence[Step]
    connection: Connection
    waits: float | None
    target: tuple[int, ...] | None = None
    back: Rehearsed | None = None
    is_applied: bool = False
    changes: list[Placed] = field(init=False)
    new_tables: set[str] = field(init=False)

    def __post_init__(self) -> None:
        new = set(self.earlier[-1].new_tables) if self.earlier else set()
        self.changes = []
        self.new_tables = new
        for action in self.rehearsed.actions:
            for change in changes_of(action, self.context):
                if self._leaves_as_it_is(change):
                    continue
                self.changes.append(Placed(change, action, change.table in new))
                if isinstance(change, changes.CreateTable | changes.CreateView):
                    new.add(change.table)
                elif isinstance(change, changes.RenameTable) and change.table in new:
                    new.add(change.new)

    def changes_back(self) -> list[Change]:
        """What its downgrade changes, in order."""
        actions = [] if self.back is None else self.back.actions
        return [change for action in actions for change in changes_of(action, self.context)]

    def _leaves_as_it_is(self, change: Change) -> bool:
        """Whether a column has what a change gives it, in the database, and no statement before is about it."""
        if not isinstance(change, changes.SetNotNull | changes.ChangeType):
            return False
        column = self._live_column(change.table, change.column)
        if column is None or self._is_named_before(change.table, change.column):
            return False
        if isinstance(change, changes.SetNotNull):
            return not column["nullable"]
        dialect = self.context.dialect
        old, new = canonical(type_text(column["type"], dialect), dialect), canonical(change.type, dialect)
        return not change.using and old == new

    def _is_named_before(self, *names: str) -> bool:
        """Whether a statement of the run before has all of the names in it."""
        actions = (placed.action for step in (*self.earlier, self) for placed in step.changes)
        return any(all(name in sql for name in names) for action in actions for sql in action.sql)

    @property
    def dialect(self) -> str:
        """Name of the dialect."""
        return str(self.context.dialect.name)

    def since(self, *version: int) -> bool:
        """Whether the server that it is for has a version, or a later one; one that is not known has."""
        its: tuple[int, ...] = self.target or getattr(self.connection.dialect, "server_version_info", None) or version
        return its >= version

    @property
    def script(self) -> Script:
        """The revision."""
        script = self.rehearsed.step.script
        assert script is not None, "only revisions are rehearsed"  # noqa: S101 a stamp is never in a range
        return script

    def of(self, kind: type[C], *, new: bool = False) -> Iterator[tuple[Placed, C]]:
        """The changes of a kind, each with its place; those of new tables are left out unless ``new``."""
        for placed in self.changes:
            if isinstance(placed.change, kind) and (new or not placed.is_new):
                yield placed, placed.change

    def before(self, placed: Placed) -> list[Placed]:
        """The changes of the same revision before one."""
        return self.changes[: self.changes.index(placed)]

    @property
    def run_before(self) -> Iterator[Placed]:
        """The changes of all revisions of the run before this one."""
        for step in self.earlier:
            yield from step.changes

    # --- the database as it is ----------------------------------------------------------------------------------------

    def _inspect(self, table: str) -> tuple[Inspector, str, str | None] | None:
        """The inspector, for a table that the database has."""
        inspector = self._inspector
        schema, _, name = table.rpartition(".")
        return (inspector, name, schema or None) if inspector.has_table(name, schema=schema or None) else None

    @cached_property
    def _inspector(self) -> Inspector:
        return self.earlier[0]._inspector if self.earlier else inspect(self.connection)  # noqa: SLF001 of its own kind

    def live_type(self, table: str, column: str) -> str | None:
        """The type that a column has in the database; None where there is no such column."""
        found = self._live_column(table, column)
        return None if found is None else type_text(found["type"], self.context.dialect) or None

    def _live_column(self, table: str, column: str) -> ReflectedColumn | None:
        """A column of the database as the revision finds it; None where there is none, or that is not known."""
        found = None if self.is_applied else self._inspect(table)
        if found is None:
            return None
        inspector, name, schema = found
        return next((one for one in inspector.get_columns(name, schema=schema) if one["name"] == column), None)

    def primary_key(self, table: str) -> tuple[str, ...]:
        """The columns of the primary key that a table of the database has; none where there is none."""
        found = self._inspect(table)
        if found is None:
            return ()
        inspector, name, schema = found
        return tuple(inspector.get_pk_constraint(name, schema=schema)["constrained_columns"])

    def has_index(self, table: str, columns: Sequence[str]) -> bool:
        """Whether an index of the database begins with columns, in any order."""
        found = self._inspect(table)
        if found is None:
            return False
        inspector, name, schema = found
        keys = [index["column_names"] for index in inspector.get_indexes(name, schema=schema)]
        keys.append(list(self.primary_key(table)))
        return any(set(key[: len(columns)]) == set(columns) for key in keys)

    def has_check(self, table: str, condition: str) -> bool:
        """Whether a check of the database has a condition, written in lower case and without quotes."""
        found = self._inspect(table)
        if found is None:
            return False
        inspector, name, schema = found
        checks = inspector.get_check_constraints(name, schema=schema)
        return any(condition in str(one["sqltext"]).replace('"', "").lower() for one in checks)

    def partitions(self, table: str) -> list[str] | None:
        """The partitions that a table of the database has; None where it is not partitioned (PostgreSQL)."""
        name = {"name": self.quoted(table)}
        found = self.connection.execute(text(_IS_PARTITIONED), name).scalar()
        return list(self.connection.execute(text(_PARTITIONS), name).scalars()) if found else None

    def partition_key(self, table: str) -> str | None:
        """By what a table of the database is partitioned, as ``RANGE (day)``; None where it is not (PostgreSQL)."""
        found = self.connection.execute(text(_PARTITION_KEY), {"name": self.quoted(table)}).scalar()
        return None if found is None else str(found)

    # --- code ---------------------------------------------------------------------------------------------------------

    def code(self, *operations: MigrateOperation) -> str:
        """Operations as a script calls them."""
        return "\n".join(render_op_text(self._rendering, operation) for operation in operations)

    @cached_property
    def _rendering(self) -> AutogenContext:
        prefixes = {"sqlalchemy_module_prefix": "sa.", "alembic_module_prefix": "op.", "user_module_prefix": None}
        options = {**prefixes, "edition": self.context.opts.get("edition")}  # it decides what a call has to state
        return AutogenContext(self.context, opts=options, autogenerate=False)

    def sql(self, placed: Placed) -> str | None:
        """The statement that a script wrote itself; None for a change that an operation makes."""
        return next((statement.rstrip(";").strip() for statement in _statements(placed.action)), None)

    def quoted(self, name: str) -> str:
        """A name, dotted, quoted where the dialect asks for it."""
        quote = self.context.dialect.identifier_preparer.quote
        return ".".join(quote(part) for part in name.split("."))


def changes_of(action: Action, context: MigrationContext) -> Iterator[Change]:
    """The changes that a rehearsed action makes; `Unread` for a statement that is not understood."""
    operation = action.operation
    if operation is None or isinstance(operation, ExecuteSQLOp):
        for statement in _statements(action):
            yield from of_statement(statement, context.dialect.name)
    else:
        yield from of_operation(operation, context.dialect)


def _statements(action: Action) -> list[str]:
    """The statements that a script wrote itself; COMMIT, which a rehearsal leaves out, included."""
    if not isinstance(action.operation, ExecuteSQLOp):
        return action.sql if action.operation is None else []
    text = action.operation.sqltext
    return action.sql or ([str(text)] if isinstance(text, str | TextClause) else [])  # none of one that is refused
