"""Rehearsal: the steps of a plan with their functions run against a recorder in place of the database.

env.py runs as always and connects; what it configures is kept, and its connection is only read. Scripts get operations
that are recorded, with the SQL that they become on this database, and a connection whose results are empty. Where a
script reads a result, its line is noted: what it does with the rows can only be known by running it.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import event, inspect
from sqlalchemy.engine import Engine

from . import call_site, sqla
from .ddl.offline import NoDatabaseError, OfflineConnection
from .errors import CommandError
from .graph.map import RevisionMap
from .operations import Operations
from .operations.base import BatchOperations
from .operations.containers import ModifyTableOps
from .runtime.logging_sections import silenced
from .runtime.migration import MigrationContext, log
from .script.caught import lines_that_catch
from .script.steps import MigrationStep, RevisionStep, StampStep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy.engine import URL, Connection, Dialect, Inspector

    from .databases import Environment
    from .operations.operation import MigrateOperation
    from .runtime.migration import Environment as Configured


_NEED_DATABASE = frozenset({"offline-result", "no-literal", "batch-needs-table", "mysql-restatement-unknown"})
"""Codes of errors that a script has because nothing is asked of the database; the run has none of them."""


@dataclass(slots=True)
class Action:
    """Something that a script does: an operation, or a statement of its own.

    :param operation: the operation; None for a statement that was executed on a connection.
    :param file: the file that has the call. :param line: its line.
    :param table: the table of the batch that it belongs to; None outside of a batch.
    :param sql: the statements that it becomes; those of a batch are at its last operation.
    :param standalone: whether they run outside of a transaction.
    """

    operation: MigrateOperation | None
    file: str | None
    line: int | None
    table: str | None = None
    sql: list[str] = field(default_factory=list)
    standalone: bool = False


class Unknown(NamedTuple):
    """Something that a rehearsal cannot know.

    :param what: what the script does there. :param file: its file. :param line: the line.
    :param ends: whether nothing is known of the rest of the step.
    """

    what: str
    file: str | None
    line: int | None
    ends: bool = False


@dataclass(slots=True)
class Rehearsed:
    """A step that was rehearsed.

    :param step: the step.
    :param actions: what it does, in order.
    :param unknown: what could not be known.
    :param raised: what its function raised by itself, without having read anything: the run will raise it too.
    """

    step: MigrationStep
    actions: list[Action] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    raised: Exception | None = None

    @property
    def statements(self) -> list[str]:
        """The statements of its actions."""
        return [statement for action in self.actions for statement in action.sql]


@dataclass(slots=True)
class Rehearsal:
    """The rehearsed steps of one database.

    :param connection: its connection; open while `rehearse` calls back.
    :param context: the context that wrote the statements.
    :param rows: its version rows. :param steps: the steps, in order.
    """

    connection: Connection
    context: MigrationContext
    rows: tuple[str, ...]
    steps: list[Rehearsed]


def rehearse(
    environment: Environment,
    plan: Callable[[tuple[str, ...], MigrationContext], Sequence[MigrationStep]],
    found: Callable[[Rehearsal], None],
    **options: object,
) -> None:
    """Rehearse the steps that ``plan(rows, context)`` gives for each database of an environment; changes nothing.

    :param found: called with each rehearsal, while its database is still connected.
    :param options: of `EnvironmentContext`.
    :raises CommandError: for a target that cannot be reached, and where a script cannot be imported.
    """
    tapes: list[Tape] = []
    watch = partial(_watch, tapes)

    def steps(rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        tape = tapes[-1]
        return [tape.recorded(step) for step in plan(rows, context)]

    event.listen(Engine, "before_cursor_execute", watch)
    try:
        with silenced(log):  # which would say that the steps run
            environment.run(steps, recorder=Recorder(tapes, found), dont_mutate=True, **options)
    finally:
        event.remove(Engine, "before_cursor_execute", watch)


def _watch(tapes: Sequence[Tape], connection: Connection, _cursor: object, statement: str, *_: object) -> None:
    """A listener to SQLAlchemy's engines that lets scripts only read on connections that they make themselves."""
    tape = tapes[-1] if tapes else None
    if tape is None or not tape.is_at_work or connection is tape.connection or call_site.executes():
        return
    tape.note("asks the database on a connection of its own, which is answered as it is before the first step")
    if not statement.lstrip().upper().startswith(tape.words_of_reads):
        file, line = call_site.caller()
        raise CommandError(
            "a script writes on a connection of its own, and a rehearsal changes nothing",
            code="rehearsal-writes",
            hint="have the script use op.execute() or op.get_bind(), which are rehearsed",
            file=file,
            line=line,
        )


class Recorder:
    """What `EnvironmentContext` gets in place of databases: it makes contexts that record.

    :param tapes: gets the tape of each context. :param found: called after each run.
    """

    def __init__(self, tapes: list[Tape], found: Callable[[Rehearsal], None]) -> None:
        self._tapes = tapes
        self._found = found

    def configure(
        self,
        connection: Connection | None,
        environment_context: Configured | None,
        opts: Mapping[str, object],
        **_others: object,
    ) -> MigrationContext:
        """The context that ``configure()`` makes for a connection, which records."""
        if connection is None:
            raise CommandError(
                "A rehearsal needs a database to ask where it is, and env.py gives none",
                code="no-database",
                hint="have env.py connect where context.is_offline_mode() is False",
            )
        live = MigrationContext.configure(connection, environment_context=environment_context, opts=opts)
        rows = live.get_current_heads()
        tape = Tape(connection, live.impl.words_of_reads)
        self._tapes.append(tape)
        return recording(tape, rows, opts, environment_context)

    def operations(self, context: MigrationContext) -> Operations:
        """The operations that scripts get."""
        return RecordingOperations(context)

    def finished(self, context: MigrationContext) -> None:
        """The steps of ``context`` have been rehearsed."""
        tape = _tape(context)
        if tape is not None:
            self._found(Rehearsal(tape.connection, context, context.starting_rows(), tape.steps))


def recording(
    tape: Tape,
    rows: tuple[str, ...] = (),
    opts: Mapping[str, object] | None = None,
    environment_context: Configured | None = None,
) -> MigrationContext:
    """A context that writes its statements on ``tape``, in the dialect of its connection."""
    options = {
        **(opts or {}),
        "as_sql": True,
        "literal_binds": True,
        "output_buffer": tape,
        "output_encoding": None,
        "starting_rev": rows or None,
        "on_version_apply": None,
        "live": tape.connection,
        "offline_connection": partial(RecordingConnection, tape),
    }
    context = MigrationContext.configure(
        dialect=tape.connection.dialect, environment_context=environment_context, opts=options
    )
    tape.standalone = lambda: context.in_autocommit
    return context


def written(context: MigrationContext, operations: Iterable[MigrateOperation]) -> list[Action]:
    """Operations with the SQL that they become on the database of ``context``, which is only read."""
    connection = context.connection
    assert connection is not None, "operations are written for a database"  # noqa: S101
    tape = Tape(connection, context.impl.words_of_reads)
    recorder = RecordingOperations(recording(tape, opts=context.opts, environment_context=context.environment_context))
    here = tape.begin(StampStep((), (), True, False, RevisionMap(lambda: ())))
    for operation in operations:
        if isinstance(operation, ModifyTableOps):
            with recorder.batch_alter_table(operation.table_name, schema=operation.schema) as batch:
                for each in operation.ops:
                    batch.invoke(each)
        else:
            recorder.invoke(operation)
    return here.actions


# --- the tape ---------------------------------------------------------------------------------------------------------


class Tape(io.StringIO):
    """Where a recording context writes its script: statement by statement, put to what they come from.

    :param connection: of the database, only read. :param words_of_reads: begin the statements that change nothing.
    """

    def __init__(self, connection: Connection, words_of_reads: tuple[str, ...]) -> None:
        super().__init__()
        self.connection = connection
        self.words_of_reads = words_of_reads
        self.steps: list[Rehearsed] = []
        self._inside: Rehearsed | None = None
        self._action: Action | None = None
        self._batch: Action | None = None
        self.standalone: Callable[[], bool] = lambda: False

    def recorded(self, step: MigrationStep) -> MigrationStep:
        """``step``, whose function is recorded; a stamp as it is."""
        return _RecordedStep(self, step) if isinstance(step, RevisionStep) else step

    def perform(self, step: MigrationStep, function: Callable[..., object], **arguments: object) -> None:
        """Call the function of ``step``, and note what it raises."""
        here = self.begin(step)
        try:
            function(**arguments)
        except Exception as error:  # noqa: BLE001 it is noted: the steps after this one are rehearsed too
            here.unknown.append(_end(error))
            if len(here.unknown) == 1 and not _needs_database(error):
                here.raised = error
        finally:
            here.unknown += _caught(here)
            self._inside = self._batch = None

    def begin(self, step: MigrationStep) -> Rehearsed:
        """Put what follows to ``step``."""
        self._inside = Rehearsed(step)
        self.steps.append(self._inside)
        return self._inside

    @contextmanager
    def operation(self, operation: MigrateOperation, table: str | None = None) -> Iterator[None]:
        """Put the statements of the block to ``operation``; one that another operation carries out is part of that."""
        if self._action is not None or self._inside is None:
            yield
            return
        self._action = self._new(self._inside, operation, table)
        self._batch = None if table is None else self._action
        try:
            yield
        finally:
            self._action = None

    def note(self, what: str) -> None:
        """Note something that cannot be known, at the line of the script that is at work."""
        if self._inside is not None:
            file, line = call_site.caller()
            unknown = Unknown(what, file, line)
            if unknown not in self._inside.unknown:
                self._inside.unknown.append(unknown)

    @property
    def is_at_work(self) -> bool:
        """Whether a step is being rehearsed."""
        return self._inside is not None

    @property
    def has_written(self) -> bool:
        """Whether a step has done anything yet, so that the database is no longer as it is now."""
        return any(step.statements for step in self.steps)

    def write(self, text: str) -> int:
        """Take a statement."""
        statement = text.strip()
        if not statement or _is_comment(statement) or _is_mark(statement):
            return len(text)
        if self._inside is not None:
            action = self._action or self._batch or self._new(self._inside, None, None)
            action.sql.append(statement)
            action.standalone = action.standalone or self.standalone()
        return len(text)

    def _new(self, step: Rehearsed, operation: MigrateOperation | None, table: str | None) -> Action:
        file, line = call_site.caller()
        action = Action(operation, file, line, table)
        step.actions.append(action)
        return action


class _RecordedStep(RevisionStep):
    """A step whose function is called for a tape."""

    def __init__(self, tape: Tape, step: RevisionStep) -> None:
        super().__init__(step.revision_map, step.revision, step.is_upgrade, step.plan_step)
        self._tape = tape

    @property
    def migration_fn(self) -> Callable[..., object]:
        """The function of the script, recorded."""
        return partial(self._tape.perform, self, super().migration_fn)


def _tape(context: MigrationContext) -> Tape | None:
    """The tape of a context; None for one that a dialect has made to carry something out."""
    buffer = context.output_buffer
    return buffer if isinstance(buffer, Tape) else None


def _is_comment(statement: str) -> bool:
    return all(line.startswith("--") for line in statement.splitlines())


def _is_mark(statement: str) -> bool:
    """Whether it begins or ends a transaction, or a batch of a client."""
    return statement.rstrip(";").upper() in {"BEGIN", "COMMIT", "BEGIN TRANSACTION", "GO", "/"}


def _caught(step: Rehearsed) -> Iterator[Unknown]:
    """Where a script catches errors of the database, of which it has had none; once a block."""
    acting = [(each.file, each.line) for each in step.actions if each.sql and each.file and each.line]
    for path in dict.fromkeys(file for file, _ in acting):
        for lines in lines_that_catch(path):
            if any(file == path and line in lines for file, line in acting):
                yield Unknown("catches an error of the database, if there is one", path, lines.start)


def _needs_database(error: Exception) -> bool:
    return isinstance(error, CommandError) and error.code in _NEED_DATABASE


def _end(error: Exception) -> Unknown:
    """What is said of a function that raised."""
    file, line = None, None
    traceback = error.__traceback__
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if not call_site.is_library(name):
            file, line = name, traceback.tb_lineno
        traceback = traceback.tb_next
    if _needs_database(error):
        what = error.what if isinstance(error, NoDatabaseError) else error
        return Unknown(f"needs the database: {what}", file, line, ends=True)
    return Unknown(f"raises {type(error).__name__}: {str(error).partition(chr(10))[0]}", file, line, ends=True)


# --- what scripts get -------------------------------------------------------------------------------------------------


class RecordingBatch(BatchOperations):
    """``batch_op`` of a rehearsal."""

    def invoke(self, operation: MigrateOperation) -> object:
        """Collect an operation, and note it."""
        tape = _tape(self.migration_context)
        if tape is None:
            return super().invoke(operation)
        with tape.operation(operation, self.impl.table_name):
            return super().invoke(operation)


class RecordingOperations(Operations):
    """``op`` of a rehearsal."""

    batch_kind = RecordingBatch

    def invoke(self, operation: MigrateOperation) -> object:
        """Write an operation as SQL, and note it."""
        tape = _tape(self.migration_context)
        if tape is None:
            return super().invoke(operation)
        with tape.operation(operation):
            return super().invoke(operation)


class RecordingConnection(OfflineConnection):
    """What ``op.get_bind()`` is in a rehearsal: statements are written, and results are empty.

    :param tape: gets the notes.
    """

    def __init__(self, tape: Tape, dialect: Dialect, write: Callable[[object, object, object], None]) -> None:
        super().__init__(dialect, write)
        self._tape = tape

    def _record(self, statement: object, parameters: object = None) -> NoRows:  # type: ignore[override]
        super()._record(statement, parameters)
        return NoRows(self._tape)

    def scalar(self, statement: object, parameters: object = None, **_options: object) -> None:  # type: ignore[override]
        """None, which is noted."""
        return self._record(statement, parameters).scalar()

    def scalars(self, statement: object, parameters: object = None, **_options: object) -> NoRows:  # type: ignore[override]
        """No rows, which is noted where they are read."""
        return self._record(statement, parameters)

    @property
    def url(self) -> URL:
        """That of the database, as ``engine.url``: this connection is its own engine."""
        return self._tape.connection.engine.url

    def catalogue(self) -> Inspector:
        """The inspector of the database as it is now; what the steps before have done to it is not in there."""
        if self._tape.has_written:
            self._tape.note("asks what there is in the database, which is answered as it is before the first step")
        return inspect(self._tape.connection)


@sqla.inspects(RecordingConnection)
def _inspect(subject: RecordingConnection) -> Inspector:
    return subject.catalogue()


class NoRows:
    """The result of a statement that was recorded: it has no rows, and reading it is noted.

    :param tape: gets the notes.
    """

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def __bool__(self) -> bool:
        return False

    def __iter__(self) -> Iterator[object]:
        self._tape.note("loops over rows")
        return iter(())

    def _nothing(self, *_: object, **__: object) -> None:
        self._tape.note("reads a result")

    def _none(self, *_: object, **__: object) -> list[object]:
        self._tape.note("reads rows")
        return []

    def _itself(self, *_: object, **__: object) -> NoRows:
        return self

    first = one_or_none = scalar = scalar_one_or_none = fetchone = _nothing
    all = fetchall = fetchmany = keys = _none
    scalars = mappings = tuples = unique = yield_per = _itself

    @property
    def rowcount(self) -> int:
        """0, which is noted."""
        self._tape.note("reads how many rows a statement concerned")
        return 0

    def close(self) -> None:
        """Do nothing."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NoDatabaseError(f"Reading a result (.{name})")
