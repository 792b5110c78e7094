"""The path of a run, to be read from top to bottom: from the first read of the version rows to their verification.

`Executor.run` is the whole of it. The parts stand beside it: `Transactions` begins and ends transactions, `Run` has the
run lock and verifies, `Journal` notes how far a step has come where DDL commits by itself, `StatementRecord` knows what
is committed already, and a `Strategy` may put off commits, version rows and answers.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.errors import CommandError
from limbeck.interruption import INTERRUPTION
from limbeck.limits import Limits, limits
from limbeck.script.limits import of_file

from .cancel import canceller
from .heads import HeadMaintainer
from .history import History
from .journal import Journal
from .lock import DEFAULT_TIMEOUT
from .origin import Origin
from .outcome import how_far, of_step, what_is_left
from .publisher import Publisher
from .record import StatementRecord
from .retries import Retries
from .run import Run
from .strategy import RunState, Strategy
from .timeouts import SessionTimeouts
from .transaction import Transactions
from .version_table import CLASSIC_WIDTH
from .watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection

    from limbeck.script import ScriptDirectory
    from limbeck.script.steps import MigrationStep

    from .resume import InDoubt
    from .transaction import ProxyTransaction
    from .version_table import Location, VersionTable

log = logging.getLogger("alembic.runtime.migration")


class RunOptions(NamedTuple):
    """The options of ``configure()`` that runs depend on, under their names there.

    ``dont_mutate`` says that a command only looks; ``transaction_per_migration`` is None where env.py gives none,
    ``history`` where only the edition decides.
    """

    edition: int | None = None
    dont_mutate: bool = False
    transaction_per_migration: bool | None = None
    lock: bool = True
    lock_timeout: float = DEFAULT_TIMEOUT
    table_lock_timeout: float | str | None = None
    statement_timeout: float | str | None = None
    lock_retries: int | str | None = None
    resume: bool = False
    in_doubt: InDoubt | None = None
    history: bool | None = None
    history_scripts: bool = False

    @property
    def keeps_history(self) -> bool:
        """Whether runs write a history."""
        return self.edition is not None if self.history is None else self.history

    @property
    def limits(self) -> Limits:
        """The limits of a run; raises `CommandError` for a value that none can have."""
        return limits(self._asdict(), place=lambda _name: caller())

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> RunOptions:
        """Those of all options of ``configure()``."""
        return cls(**{name: options[name] for name in cls._fields if name in options})


class Task(NamedTuple):
    """What a run has to do.

    :param rows: reads the version rows; for a script, tells where it starts.
    :param plan: the steps from these rows; called again where others have changed them before the lock was obtained.
    :param arguments: keywords of every ``upgrade()`` and ``downgrade()``.
    :param strategy: chooses how steps are taken; called once, where there are any.
    :param purge: delete the version rows first, and plan from none.
    :param plans_again: whether steps depend on more than the rows, so that they are planned again under the lock.
    :param applied: called after each step, in its transaction; None where env.py gives no callback.
    :param known_rows: rows that were read before, by which there is something to do: they are read when the lock is
        taken, and not before.
    """

    rows: Callable[[], tuple[str, ...]]
    plan: Callable[[tuple[str, ...]], Iterable[MigrationStep]]
    arguments: dict[str, Any]
    strategy: Callable[[RunState], Strategy]
    purge: bool = False
    plans_again: bool = False
    applied: Callable[[MigrationStep, HeadMaintainer], None] | None = None
    known_rows: tuple[str, ...] | None = None


class Executor:
    """Runs steps on one database, or writes them into a script.

    :param versions: the version table.
    :param connection: the run's connection; None for a script.
    :param script: the revisions; None where there is no folder of them.
    :param options: the options of ``configure()``.
    :param held_locks: the scopes that the environment has locked already; None where there is no environment, so that
        nothing tells when the caller has committed.
    :param number_of_statements: of a step, where that can be told without running it.
    """

    def __init__(
        self,
        versions: VersionTable,
        connection: Connection | None,
        script: ScriptDirectory | None,
        options: RunOptions,
        held_locks: set[str] | None,
        number_of_statements: Callable[[MigrationStep], int | None],
    ) -> None:
        self.versions = versions
        self._impl = versions.impl
        self._connection = connection
        self._script = script
        self._options = options
        self._number_of_statements = number_of_statements
        self._has_environment = held_locks is not None
        mutates = not options.dont_mutate
        self._journal: Journal | None = None
        if connection is not None and options.edition is not None and mutates:
            self._journal = Journal(
                versions, connection, resume=options.resume, in_doubt=options.in_doubt, total=number_of_statements
            )
        self.record = StatementRecord(self._impl, self._journal)
        self.publisher = Publisher(connection, self.record)
        self._history = History(
            versions,
            connection,
            script,
            self.record,
            wanted=options.keeps_history and mutates,
            keeps_scripts=options.history_scripts,
        )
        self._run: Run | None = None
        if connection is not None:
            self._run = Run(
                connection,
                versions,
                wants_lock=options.lock and mutates,
                timeout=options.lock_timeout,
                held=set() if held_locks is None else held_locks,
                waits=self.publisher.run_waits,
            )
        asked = options.limits
        self._reads_headers = options.edition is not None or asked != Limits()
        self._asked = asked
        self._limits: dict[MigrationStep, Limits] = {}
        self.timeouts = SessionTimeouts(self._impl, connection, asked, by_default=options.edition is not None)
        per_step = options.transaction_per_migration
        per_step = options.edition is not None if per_step is None else per_step
        self.transactions = Transactions(
            self._impl, connection, self.record, self.timeouts, per_step=per_step, only_reads=not mutates
        )
        self._watch: Watch | None = None
        if connection is not None and mutates:
            blockers = self._impl.blockers() if self._reads_headers else None
            self._watch = Watch(
                connection, blockers, self._impl.progress(), self.publisher, self.record, self._impl.is_pooled
            )
        self._retries = Retries(self._impl, connection, lambda: self._watch.holder if self._watch else "")
        self._depth = 0
        self._failure: BaseException | None = None

    # --- begin --------------------------------------------------------------------------------------------------------

    def enclosing(self) -> ProxyTransaction | AbstractContextManager[None]:
        """What env.py puts around a run, ``begin_transaction()``: the transaction of the run, if it has one."""
        self.transactions.look_again()
        return self.transactions.of_run(self._until_end)

    def run(self, task: Task) -> None:
        """Run the steps that ``task.plan(rows)`` gives, under the run lock.

        Where there is nothing to do no lock is taken and nothing is written.
        """
        if self._options.resume and self._journal is None:
            raise CommandError(
                "There is nothing to resume from: without an edition, and with --sql, no journal is kept",
                code="no-journal",
                hint="undo by hand what is there and run it without --resume; with `edition = 2026` one is kept",
            )
        self.transactions.look_again()
        self._impl.start_migrations()
        with self._until_end():
            try:
                self._carry_out(task)
            except BaseException:
                self.transactions.abandon()
                raise

    @contextmanager
    def _until_end(self) -> Iterator[None]:
        """Finish the run after the block, unless it is within another one, or env.py or the caller has to commit."""
        self._depth += 1
        try:
            yield
            self._failure = None
        except BaseException as error:
            self._failure = error
            raise
        finally:
            self._depth -= 1
            if self._depth == 0 and (self.transactions.all_ended or not self._has_environment):
                self.finish(failed=self._failure is not None)

    # --- rows, lock, rows again, plan ---------------------------------------------------------------------------------

    def _carry_out(self, task: Task) -> None:
        rows = task.known_rows or self._rows(task)
        steps = list(task.plan(rows))  # which refuses an unknown target before anything is written
        needs_table = self._needs_version_table(task, rows)
        if steps or needs_table:
            self.publisher.run_started(rows, len(steps))
        locked = bool(steps or needs_table) and self._lock()
        if task.known_rows and not locked:  # there is no lock, or this environment has it and has gone on since
            self._carry_out(task._replace(known_rows=None))
            return
        if locked:
            self.transactions.settle()  # a transaction may still show the rows of before
        with self._one_look() if locked else nullcontext():
            if needs_table:
                self.ensure_version_table(purge=task.purge, longest_id=self._longest_id())
            if (locked or needs_table) and ((rows_now := self._rows(task)) != rows or task.plans_again):
                rows = rows_now
                steps = list(task.plan(rows))
            self._refuse_long_ids(steps)
            self._limits = self._limits_of(steps)
            self._open_journal(task, steps, rows)
            self._history.open(
                steps, rows, run=self.publisher.run, purge=task.purge, in_transaction=self.transactions.is_open
            )
        if steps:
            self.timeouts.look()
        if not self.transactions.one_per_run:
            self.transactions.settle()
        if steps:
            rows = self._take_all(task, steps, rows)
        self._close_journal()
        if steps and self._run is not None:
            self._run.expect(rows)

    def _one_look(self) -> AbstractContextManager[None]:
        """Have the catalogue asked once for all tables of a run, where it keeps more than its version table."""
        beside = (*self._history.tables, *(() if self._journal is None else (self._journal.table,)))
        return self.versions.one_look(self._connection, beside) if beside and self._connection else nullcontext()

    def _rows(self, task: Task) -> tuple[str, ...]:
        return () if task.purge else task.rows()

    def _needs_version_table(self, task: Task, rows: tuple[str, ...]) -> bool:
        """Whether the version table has to be made or emptied before the steps are known."""
        if self._connection is None or self._options.dont_mutate:
            return False
        return task.purge or (not rows and not self.versions.exists(self._connection))

    def make_version_table(self, *, purge: bool = False) -> None:
        """Create the version table outside a run; where no transaction is open, it is committed."""
        with self._until_end(), nullcontext() if self._connection is None else sqla.in_transaction(self._connection):
            self.ensure_version_table(purge=purge)

    def ensure_version_table(self, *, purge: bool = False, longest_id: int = CLASSIC_WIDTH) -> None:
        """Create the version table where it is missing.

        :param purge: delete its rows. :param longest_id: characters that the column of a new one has to hold.
        """
        connection = self._connection
        if connection is None:
            live: Connection | None = self._impl.context_opts.get("live")  # that a rehearsal looks at
            if live is None or not self.versions.exists(live):
                self.versions.create(longest_id)
            return
        if not self.versions.exists(connection):
            self._lock()
        with self.transactions.of_step():
            if not self.versions.exists(connection):
                self.versions.create(longest_id)
            if purge:
                self.versions.clear()

    def _lock(self) -> bool:
        """Keep other runs out from now on; True where rows that were read before may have changed since."""
        return self._run is not None and self._run.enter(self.transactions.settle)

    def _longest_id(self) -> int:
        return 0 if self._script is None else self._script.longest_id()

    def _refuse_long_ids(self, steps: list[MigrationStep]) -> None:
        """Refuse revision ids that the version column cannot hold, before anything runs."""
        longest = max((revision for step in steps for revision in step.to_revisions), key=len, default="")
        if self._connection is None or len(longest) <= CLASSIC_WIDTH:
            return
        width = self.versions.width(self._connection)
        if width is None or len(longest) <= width:
            return
        raise CommandError(
            f"Revision id '{longest}' has {len(longest)} characters, and column version_num of "
            f"'{self.versions.name}' holds {width}",
            code="revision-id-too-long",
            hint="widen the column first: " + self._impl.widen_version_column(self.versions.table, len(longest)),
        )

    def _limits_of(self, steps: list[MigrationStep]) -> dict[MigrationStep, Limits]:
        """The limits that revisions have in their headers: all are read before the first one runs.

        Without an edition only where the environment has a limit too: such a name may mean something else to a script.
        """
        scripts = ((step, step.script) for step in steps if self._reads_headers)
        found = ((step, of_file(script.path)) for step, script in scripts if script is not None)
        return {step: limits for step, limits in found if limits != Limits()}

    # --- journal ------------------------------------------------------------------------------------------------------

    def _open_journal(self, task: Task, steps: list[MigrationStep], rows: tuple[str, ...]) -> None:
        if self._journal is not None and (steps or task.purge) and not self.transactions.origin.external:
            self._journal.open(steps, rows, purge=task.purge)

    def _close_journal(self) -> None:
        if self._journal is not None and not self.transactions.is_open:
            self._journal.close()
            self.transactions.settle()

    # --- steps --------------------------------------------------------------------------------------------------------

    def _take_all(self, task: Task, steps: list[MigrationStep], rows: tuple[str, ...]) -> tuple[str, ...]:
        """Take the steps; the version rows after the last of them."""
        self.publisher.run_started(rows, len(steps))
        heads = HeadMaintainer(self, rows)
        cancel = None if self._connection is None else canceller(self._connection, self._impl)
        with nullcontext() if self._watch is None else self._watch.of_run(self._shortest_wait()):
            strategy = self._strategy(task, heads)  # before the record listens: other listeners rule a strategy out
            with (
                self.record.of(self._connection),
                self._telling_what_is_left(rows, cancel),
                INTERRUPTION.of(self._connection, cancel),
                self.timeouts.of_run(),
                strategy,
                self.publisher.statements(),
            ):
                for step in steps:
                    if self._run is not None:
                        self._run.keep_lock(heads.written)
                    with self._within_limits(step):
                        strategy.before(step)
                        self._take(task, step, heads, strategy)
        return heads.rows

    def _shortest_wait(self) -> float | None:
        """The shortest timeout for locks, in seconds; None where there is none."""
        return min(filter(None, [self.timeouts.lock, *(one.lock for one in self._limits.values())]), default=None)

    def _within_limits(self, step: MigrationStep) -> AbstractContextManager[None]:
        """Set the limits of a step; it is in none of its transactions yet."""
        of_step = self._limits.get(step)
        if of_step is None and not self._asked.retries:
            return nullcontext()
        return self._limited(of_step or Limits())

    @contextmanager
    def _limited(self, of_step: Limits) -> Iterator[None]:
        retries = of_step.over(self._asked).retries or 0
        with self.timeouts.of_step(of_step), self._retries.of_step(retries, self.publisher.statement_waits):
            yield

    def _strategy(self, task: Task, heads: HeadMaintainer) -> Strategy:
        if self._connection is None:
            return Strategy()
        per_step = self._options.transaction_per_migration
        return task.strategy(
            RunState(
                self._connection,
                self._impl,
                self.transactions,
                self.record,
                heads,
                self.publisher,
                self._history,
                per_step=per_step,
            )
        )

    def _take(self, task: Task, step: MigrationStep, heads: HeadMaintainer, strategy: Strategy) -> None:
        self.record.start(step)
        before = heads.rows

        def attempt(number: int) -> None:
            if number > 1:
                heads.rows = before
                self.record.again()
            self._history.begin(step, before)
            self._attempt(task, step, heads, strategy, announced=number > 1)

        try:
            self._retries.run(attempt, lambda: self._is_as_before(strategy), self.publisher.step_waits)
            self.record.done(committed=not self.transactions.is_open)
            self._history.done(committed=not self.transactions.is_open)
            strategy.once_answered(partial(self.publisher.step_ended, heads.rows))
        except (Exception, KeyboardInterrupt) as error:
            failure, failed = strategy.failure(error, step) if isinstance(error, Exception) else (error, step)
            failure = INTERRUPTION.caused(failure)
            if isinstance(failure, Exception):
                if self._watch is not None:
                    self._watch.explain(failure)
                self._history.failed(failed)
            self.publisher.step_failed(failure)
            self.record.failed()
            if isinstance(error, Exception):  # the end of the strategy handles an interrupt
                strategy.roll_back()
            self.record.explain(failure, failed)
            if failure is error:
                raise
            raise failure from failure.__cause__

    def _attempt(
        self, task: Task, step: MigrationStep, heads: HeadMaintainer, strategy: Strategy, *, announced: bool
    ) -> None:
        with self.transactions.of_step():
            if self._impl.as_sql and not heads.rows:
                self.ensure_version_table(longest_id=self._longest_id())
            if not announced:
                strategy.once_answered(partial(self._announce, step, heads.rows))
            if self._impl.as_sql:
                self._impl.static_output(f"-- Running {step.short_log}")
            step.migration_fn(**task.arguments)
            self.record.ran()
            statements = self.record.count
            heads.update_to_step(step, later=strategy.defers_rows)
            if task.applied is not None:
                task.applied(step, heads)
            self._history.end(step, heads.rows, statements, later=strategy.defers_rows)
            self.record.ending()

    def _is_as_before(self, strategy: Strategy) -> bool:
        """Whether the step that failed has left nothing: its own transaction, which held all of it, is rolled back."""
        return (
            self._connection is not None
            and self._impl.transactional_ddl
            and not (self.transactions.one_per_run or self.transactions.is_open or strategy.defers_rows)
            and not (self.record.has_committed or self._connection.invalidated)
        )

    def _announce(self, step: MigrationStep, rows: tuple[str, ...]) -> None:
        log.info("Running %s", step)
        self.publisher.step_started(step, rows)

    @contextmanager
    def _telling_what_is_left(self, rows: tuple[str, ...], cancel: Callable[[], None] | None) -> Iterator[None]:
        """Have the last note of an error of the block say where it leaves the database.

        :param rows: the version rows before. :param cancel: ends the statement that an interrupt broke off.
        """
        try:
            yield
        except BaseException as error:
            connection = self._connection
            if isinstance(error, KeyboardInterrupt) and connection is not None and connection.invalidated and cancel:
                with suppress(Exception):  # the session may have ended by itself
                    cancel()
            if connection is not None:
                error.add_note(what_is_left(self._undone(connection), rows, self.record.committed_steps))
            raise

    def _undone(self, connection: Connection) -> str:
        """What became of the step that did not end; empty where all have."""
        present = self.record.committed_of_present_step()
        if self.transactions.origin.external:
            return "what was done is in the caller's transaction"
        if connection.invalidated:
            return "the connection is lost"
        if present is not None and present[1]:
            return how_far(present[1], self._number_of_statements(present[0]), of_step(present[0]))
        return "rolled back" if present is not None or self.transactions.is_open else ""

    def note_object(self, name: str, checksum: str, seconds: float) -> None:
        """Write into the history that a repeatable object was replaced; parameters as those of `History`."""
        self._history.note_object(name, checksum, seconds)

    # --- verification -------------------------------------------------------------------------------------------------

    def finish(self, *, failed: bool = False) -> None:
        """End the run: verify that the version rows are as the steps left them, and release the lock.

        :param failed: the run raised; nothing is verified then.

        Raises `CommandError` where the rows are not those of the steps.
        """
        if self._run is None:
            return
        uncommitted = not self._has_environment and self._connection is not None and self._connection.in_transaction()
        committed = self.transactions.origin is not Origin.HANDED_IN and not uncommitted
        self._history.close(failed=failed, error=self._failure)
        try:
            self._run.finish(committed=committed, failed=failed)
        except BaseException as error:
            self.publisher.run_failed(error)
            raise
        if failed:
            failure, self._failure = self._failure, None
            self.publisher.run_failed(failure)
        else:
            self.publisher.run_ended()

    @property
    def location(self) -> tuple[str, Location | None] | None:
        """Which version rows `finish` will verify, for comparison with another run; None where it verifies none."""
        return None if self._run is None else self._run.location
