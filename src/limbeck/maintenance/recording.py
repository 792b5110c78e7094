"""The revisions of a range run on a scratch database, and written down as one function.

Schema operations are not written down as they come: where something else has to stand in its order, and at the end,
the database is compared with what it was before them, and the result takes their place. In order stand statements that
write rows, and whatever changes a table that may have rows by then: a comparison cannot tell a column that was renamed
from one that was dropped beside one that was added.
"""

from __future__ import annotations

import io
from contextlib import ExitStack, contextmanager
from copy import copy
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, MetaData, SelectBase, UniqueConstraint, event

from limbeck import call_site, schema, sqla
from limbeck.autogenerate.api import compared
from limbeck.autogenerate.context import AutogenContext
from limbeck.autogenerate.read.models import as_models
from limbeck.autogenerate.render import render_op
from limbeck.ddl.output import Script as Texts
from limbeck.errors import CommandError
from limbeck.operations import Operations
from limbeck.operations.base import BatchOperations
from limbeck.operations.operation import StandaloneOp
from limbeck.operations.ops import (
    AddColumnOp,
    AddConstraintOp,
    AlterColumnOp,
    AlterTableOp,
    AlterTableOptionsOp,
    BulkInsertOp,
    CreateCheckConstraintOp,
    CreateIndexOp,
    DropConstraintOp,
    DropIndexOp,
    DropTableOp,
    ExecuteSQLOp,
    MigrateOperation,
    ModifyTableOps,
    OpContainer,
    RenameTableOp,
)
from limbeck.operations.schemaobj import SchemaObjects
from limbeck.operations.tables import CreateTableOp
from limbeck.runtime.migration import MigrationContext

from .statements import as_call, kind_of, sources, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from limbeck.operations.primitives import CollectsChanges
    from limbeck.runtime.migration import Environment as Configured

    from .statements import Kind

    Row = Mapping[str, object]
    Rows = Sequence[Row]

_ON_TABLES = (AlterTableOp, CreateTableOp, DropTableOp, CreateIndexOp, DropIndexOp, AddConstraintOp, DropConstraintOp)
_SKIPS = "skip_user_error_events"
_EDITION = 2026
"""Whose comparison leaves nothing out."""
UNPROVED = "# could not be proved needless: it wrote no row on an empty database, and may where there are rows"
"""The marker above a statement on data that did nothing on the scratch database, or is not known to have."""


def unfiltered(context: MigrationContext) -> MigrationContext:
    """``context`` with all that its database has, compared exactly; filters of env.py are for the models' sake."""
    made = copy(context)
    made.opts = {
        **context.opts,
        "include_name": None,
        "include_object": None,
        "compare": "exact",
        "compare_objects": False,
        "edition": _EDITION,
        "allow_drops": True,
        "fill": (),
        "rename": (),
    }
    return made


class _Before(NamedTuple):
    """What a database had at some time.

    :param models: its tables. :param standalone: the kinds and names of its enum types, domains and sequences, which
        no comparison has to find: what changes them stands in its order.
    """

    models: MetaData
    standalone: frozenset[tuple[str, str]]


class Recording:
    """What one scratch database gets, as the text of a function; what belongs to a range is between `begin` and `end`.

    :param context: the context of the database.
    :param has_rows: whether databases may have rows in the tables that there are at the beginning.
    :param wrote: how many rows each statement on data wrote in a run before, as `wrote`.
    """

    def __init__(self, context: MigrationContext, *, has_rows: bool, wrote: Mapping[int, int | None]) -> None:
        assert context.connection is not None, "a scratch database is connected to"  # noqa: S101
        self.context = context
        self.lines: list[str] = []
        self.back: list[str] = []
        """What leads back to what there was at the beginning."""
        self.imports: set[str] = set()
        self.wrote: dict[int, int | None] = {}
        """How many rows each statement on data wrote, by its number; None where the driver does not tell."""
        self._connection: Connection = context.connection
        self._has_rows = has_rows
        self._wrote_before = wrote
        self._filled: set[str] = set()
        self._first: _Before | None = None
        self._before: _Before | None = None
        self._changed = False
        self._inside = False
        self._at_work = False
        self._statement = -1

    # --- the range ------------------------------------------------------------------------------------------------

    @contextmanager
    def step(self) -> Iterator[None]:
        """A block in which a function of the range runs."""
        if self._first is None:
            self._first = self._now()
            if self._has_rows:
                self._filled = {table.name.lower() for table in self._first.models.tables.values()}
        event.listen(self._connection, "before_execute", self._before_execute)
        event.listen(self._connection, "before_cursor_execute", self._before_cursor)
        event.listen(self._connection, "after_cursor_execute", self._after_cursor)
        self._at_work = True
        try:
            yield
        finally:
            self._at_work = False
            event.remove(self._connection, "before_execute", self._before_execute)
            event.remove(self._connection, "before_cursor_execute", self._before_cursor)
            event.remove(self._connection, "after_cursor_execute", self._after_cursor)

    def finish(self) -> None:
        """Write down what is left, and the way back."""
        self.close()
        assert self._first is not None, "a step has run"  # noqa: S101
        with self._quietly():
            self.back = self._compared_with(self._first, forward=False)

    def close(self) -> None:
        """Write down what tables have become since the last time."""
        if self._changed and self._before is not None:
            with self._quietly():
                self.lines += self._compared_with(self._before, forward=True)
        self._changed, self._before = False, None

    def _compared_with(self, before: _Before, *, forward: bool) -> list[str]:
        """The operations that lead here from what there was, or back there."""
        context = unfiltered(self.context)
        context.opts["include_name"] = lambda name, kind, _parents: (kind, name) not in before.standalone
        context.opts["render_as_batch"] = context.opts.get("render_as_batch") or "auto"
        autogen_context = AutogenContext(context, metadata=before.models)
        script = compared(autogen_context)
        container: OpContainer | None = script.downgrade_ops if forward else script.upgrade_ops
        operations = [] if container is None else container.ops
        found = [line for each in operations for line in self._as_lines(each, autogen_context)]
        self.imports |= autogen_context.imports
        return found

    def _as_lines(self, operation: MigrateOperation, autogen_context: AutogenContext) -> list[str]:
        """An operation as text; without an edition as SQL where Alembic has no such operation."""
        if self.context.edition is None and isinstance(operation, StandaloneOp | AlterTableOptionsOp):
            return [as_call(sql) for sql in self._sql(operation)]
        if isinstance(operation, ModifyTableOps):
            if self.context.edition is None:  # a rebuild leaves out checks without name, as Alembic's does
                kept = [each for each in operation.ops if not _is_of_no_name(each)]
                operation = ModifyTableOps(operation.table_name, kept, schema=operation.schema)
            options = [each for each in operation.ops if isinstance(each, AlterTableOptionsOp)]
            others = [each for each in operation.ops if each not in options]
            parts = [*([ModifyTableOps(operation.table_name, others, schema=operation.schema)] if others else [])]
            if self.context.edition is None and options:
                return [line for each in (*parts, *options) for line in self._as_lines(each, autogen_context)]
        return render_op(autogen_context, operation)

    def _now(self) -> _Before:
        with self._quietly():
            impl = self.context.impl
            models = as_models(self._connection, impl, schema.tables(unfiltered(self.context)))
            normalizer = impl.normalizer(impl.catalogue_reader(self._connection))
            if normalizer is None:
                return _Before(models, frozenset())
            there = [
                *(("enum", name) for name in normalizer.enum_types(None)),
                *(("domain", name) for name in normalizer.domains(None)),
                *(("sequence", name) for name in normalizer.sequences(None)),
            ]
            return _Before(models, frozenset(there))

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """A block whose statements are not those of a script.

        Reflection on MySQL has the connection skip listeners for errors from then on, which scripts may rely on.
        """
        before = self._inside, self._statement
        skips = {_SKIPS: self._connection.get_execution_options().get(_SKIPS, False)}
        self._inside, self._statement = True, -1
        try:
            yield
        finally:
            self._inside, self._statement = before
            self._connection.execution_options(**skips)

    @contextmanager
    def _carrying_out(self) -> Iterator[None]:
        """A block in which an operation that was noted sends its statements."""
        inside, self._inside = self._inside, True
        try:
            yield
        finally:
            self._inside, self._statement = inside, -1

    # --- what happens ---------------------------------------------------------------------------------------------

    @contextmanager
    def operation(self, operation: MigrateOperation) -> Iterator[None]:
        """A block in which an operation is carried out."""
        if self._inside or not self._at_work:
            yield
            return
        self._statement = -1
        if isinstance(operation, ExecuteSQLOp | BulkInsertOp):
            self._happen(self._texts_of(operation))
        elif self._is_compared([operation]):
            self._changes()
        else:
            self._keep(self._rendered(operation))
            self._rename(operation)
        with self._carrying_out():
            yield

    @contextmanager
    def batch(
        self, table: str, options: Mapping[str, object], operations: Sequence[MigrateOperation]
    ) -> Iterator[None]:
        """A block in which the operations of a batch are carried out."""
        if self._at_work and not self._inside:
            self._statement = -1
            if self._is_compared(operations):
                self._changes()
            else:
                self._keep(self._rendered_batch(table, options, operations))
        with self._carrying_out():
            yield

    def _is_compared(self, operations: Sequence[MigrateOperation]) -> bool:
        return all(
            isinstance(each, _ON_TABLES)
            and not isinstance(each, RenameTableOp)
            and not (isinstance(each, AlterColumnOp) and each.modify_name is not None)
            and _table_of(each) not in self._filled
            for each in operations
        )

    def _changes(self) -> None:
        """A table is about to change, which a comparison finds."""
        if self._before is None:
            self._before = self._now()
        self._changed = True

    def _keep(self, lines: Sequence[str]) -> None:
        """Something is about to happen that stands in its order."""
        self.close()
        if self.context.in_autocommit:
            lines = ["with op.get_context().autocommit_block():", *(f"    {line}" for line in lines)]
        self.lines += lines

    def _happen(self, texts: Sequence[str]) -> None:
        """The statements of one call are about to be executed."""
        self._statement = -1
        if texts and all(self._kind(sql) == "rows" for sql in texts):
            self._data(texts)
            return
        for sql in texts:
            if self._kind(sql) == "table" and self._filled.isdisjoint(words(sql)):
                self._changes()
            else:
                self._keep([as_call(sql)])

    def _data(self, texts: Sequence[str]) -> None:
        self._statement = number = len(self.wrote)
        self.wrote[number] = 0
        rows = self._wrote_before.get(number, 1)
        if rows != 0 or self._has_rows:
            calls = [as_call(sql) for sql in texts]
            self._keep(calls if rows else [UNPROVED, *calls])
            self._filled |= {word for sql in texts for word in words(sql)}

    def _reads(self, sql: str) -> None:
        """A script reads rows: where databases have some, it may do there what it does not do here."""
        found = sorted(self._filled & sources(sql)) if self._has_rows else []
        if found:
            file, line = call_site.caller()
            raise CommandError(
                f"The script reads rows of {found[0]}, and what it does with them is not known",
                code="squash-reads-rows",
                hint="squash from the first revision, or end the range before this one",
                file=file,
                line=line,
            )

    def _rename(self, operation: MigrateOperation) -> None:
        if isinstance(operation, RenameTableOp) and operation.table_name.lower() in self._filled:
            self._filled.add(operation.new_table_name.lower())

    # --- statements on the connection -----------------------------------------------------------------------------

    def _before_execute(self, _connection: object, clause: object, many: Rows, one: Row, _options: object) -> None:
        if self._inside or call_site.executes():
            return
        if isinstance(clause, SelectBase):
            self._reads(str(clause.compile(dialect=self.context.dialect)))
        else:
            self._alone(lambda: self._texts().statements(clause, list(many) or None, one or None))

    def _before_cursor(
        self, _connection: object, _cursor: object, statement: str, parameters: object, context: object, _many: object
    ) -> None:
        if self._inside or call_site.executes() or getattr(context, "compiled", None) is not None:
            return
        if parameters and self._kind(statement) != "read":
            file, line = call_site.caller()
            raise CommandError(
                "A statement with parameters of the driver cannot be written into a script",
                code="no-literal",
                hint="have the script execute sqlalchemy.text() with named parameters",
                file=file,
                line=line,
            )
        self._alone(lambda: [statement])

    def _alone(self, texts: Callable[[], list[str]]) -> None:
        with self._quietly():
            found = texts()
        for sql in found:
            if self._kind(sql) == "read":
                self._reads(sql)
        self._happen([sql.rstrip().removesuffix(";") for sql in found if self._kind(sql) != "read"])

    def _after_cursor(self, _connection: object, cursor: object, *_others: object) -> None:
        if self._statement < 0:
            return
        count = getattr(cursor, "rowcount", -1)
        known = self.wrote[self._statement]
        self.wrote[self._statement] = None if known is None or count < 0 else known + count

    # --- as text --------------------------------------------------------------------------------------------------

    def _kind(self, sql: str) -> Kind:
        reads = self.context.impl.words_of_reads
        return kind_of(sql, tuple(word for word in reads if word != "SET"))  # which may count for what follows

    def _texts(self) -> Texts:
        return Texts(self.context.dialect, "")

    def _texts_of(self, operation: ExecuteSQLOp | BulkInsertOp) -> list[str]:
        if isinstance(operation, ExecuteSQLOp) and isinstance(operation.sqltext, str) and not operation.params:
            return [operation.sqltext]
        return self._sql(operation)

    def _sql(self, operation: MigrateOperation) -> list[str]:
        """An operation as the statements that carry it out."""
        sent = _Sent()
        Operations(self.context.written_to(sent)).invoke(operation)
        return sent.statements

    def _rendered(self, operation: MigrateOperation, *, batch: bool = False) -> list[str]:
        """An operation as text, with what a new column brings along, which the text of a column does not have."""
        own = self._brought_along(operation) if isinstance(operation, AddColumnOp) else []
        return [line for each in (operation, *own) for line in self._text_of(each, batch=batch)]

    def _brought_along(self, operation: AddColumnOp) -> list[MigrateOperation]:
        column = operation.column
        if column.table is None:  # a batch has given it one
            column = sqla.copy_column(column)
            SchemaObjects(self.context).table(operation.table_name, column, schema=operation.schema)
        table = column.table
        constraints = [
            each
            for each in sqla.in_order(table.constraints)
            if isinstance(each, ForeignKeyConstraint | UniqueConstraint) and list(each.columns) == [column]
        ]
        checks = [
            CreateCheckConstraintOp(each.name, operation.table_name, each.sqltext, schema=operation.schema)
            for each in column.constraints
            if isinstance(each, CheckConstraint) and not sqla.is_type_bound(each)
        ]
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        return [*checks, *map(AddConstraintOp.from_constraint, constraints), *map(CreateIndexOp.from_index, indexes)]

    def _text_of(self, operation: MigrateOperation, *, batch: bool) -> list[str]:
        options = {**self.context.opts, "render_as_batch": False}
        autogen_context = AutogenContext(self.context, MetaData(), options, autogenerate=False)
        try:
            with autogen_context.within_batch() if batch else ExitStack():
                lines = render_op(autogen_context, operation)
        except ValueError as error:
            raise _cannot_write(str(error)) from error
        self.imports |= autogen_context.imports
        return lines

    def _rendered_batch(
        self, table: str, options: Mapping[str, object], operations: Sequence[MigrateOperation]
    ) -> list[str]:
        given = {name: value for name, value in options.items() if value}
        for name, value in given.items():
            if name not in ("schema", "recreate", "naming_convention", "partial_reordering"):
                raise _cannot_write(f"batch_alter_table({table!r}, {name}={value!r})")
        arguments = ", ".join([repr(table), *(f"{name}={value!r}" for name, value in given.items())])
        inner = [line for each in operations for line in self._in_batch(each)]
        return [f"with op.batch_alter_table({arguments}) as batch_op:", *(f"    {line}" for line in inner)]

    def _in_batch(self, operation: MigrateOperation) -> list[str]:
        if isinstance(operation, ExecuteSQLOp):
            return [line for sql in self._texts_of(operation) for line in as_call(sql, "batch_op.").split("\n")]
        return [line for text in self._rendered(operation, batch=True) for line in text.split("\n")]


class _Sent(io.StringIO):
    """Takes statements in place of a script."""

    def __init__(self) -> None:
        super().__init__()
        self.statements: list[str] = []

    def write(self, text: str) -> int:
        """Take a statement."""
        if text.strip():
            self.statements.append(text.strip().removesuffix(";"))
        return len(text)


def _table_of(operation: MigrateOperation) -> str | None:
    """The table that an operation changes; None where it does not tell."""
    name = getattr(operation, "table_name", None) or getattr(operation, "source_table", None)
    return name.lower() if isinstance(name, str) else None


def _is_of_no_name(operation: MigrateOperation) -> bool:
    """Whether it drops a constraint that has no name."""
    return isinstance(operation, DropConstraintOp) and operation.constraint_name is None


def _cannot_write(what: str) -> CommandError:
    file, line = call_site.caller()
    return CommandError(
        f"A squash cannot write down what the script does: {what}",
        code="squash-cannot-write",
        hint="end the range before this revision, and begin another behind it",
        file=file,
        line=line,
    )


# --- what env.py and scripts get --------------------------------------------------------------------------------------


class Recorder:
    """What `EnvironmentContext` gets so that scripts are recorded while they run.

    :param has_rows: as for `Recording`. :param wrote: likewise, of each database.
    """

    def __init__(self, *, has_rows: bool, wrote: Sequence[Mapping[int, int | None]] = ()) -> None:
        self.recordings: dict[MigrationContext, Recording] = {}
        self._has_rows = has_rows
        self._wrote = list(wrote)

    def configure(
        self,
        connection: Connection | None,
        environment_context: Configured | None,
        opts: Mapping[str, object],
        **_others: object,
    ) -> MigrationContext:
        """The context that ``configure()`` makes, with its recording."""
        made = MigrationContext.configure(connection, environment_context=environment_context, opts=opts)
        number = len(self.recordings)
        wrote = self._wrote[number] if number < len(self._wrote) else {}
        self.recordings[made] = Recording(made, has_rows=self._has_rows, wrote=wrote)
        return made

    def operations(self, context: MigrationContext) -> Operations:
        """The operations that scripts get."""
        return _RecordedOperations(context, self.recordings[context])

    def finished(self, context: MigrationContext) -> None:
        """Do nothing: the last step of the range has ended the recording."""


class _RecordedBatch(BatchOperations):
    """``batch_op`` of a recording."""

    def __init__(self, migration_context: MigrationContext, impl: CollectsChanges | None = None) -> None:
        super().__init__(migration_context, impl=impl)
        self.collected: list[MigrateOperation] = []

    def invoke(self, operation: MigrateOperation) -> object:
        """Collect an operation."""
        self.collected.append(operation)
        return super().invoke(operation)


class _RecordedOperations(Operations):
    """``op`` of a recording."""

    batch_kind = _RecordedBatch

    def __init__(self, context: MigrationContext, recording: Recording) -> None:
        super().__init__(context)
        self._recording = recording

    def invoke(self, operation: MigrateOperation) -> object:
        """Carry out an operation, and note it."""
        with self._recording.operation(operation):
            return super().invoke(operation)

    @contextmanager
    def batch_alter_table(self, table_name: str, *arguments: object, **options: object) -> Iterator[BatchOperations]:
        """A batch, noted as a whole."""
        made = super().batch_alter_table(table_name, *arguments, **options)  # type: ignore[arg-type] # as they came
        with ExitStack() as ending, made as batch:
            yield batch
            given = dict(zip(("schema", "recreate", "partial_reordering", "copy_from"), arguments, strict=False))
            collected = batch.collected if isinstance(batch, _RecordedBatch) else []
            ending.enter_context(self._recording.batch(table_name, {**given, **options}, collected))
