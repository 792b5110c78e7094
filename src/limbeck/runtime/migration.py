"""MigrationContext: a database (or a script's buffer), its rows, and the steps that change both (behaviour 5.2)."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self, TextIO, cast

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import URL, make_url

from limbeck import sqla
from limbeck.ddl.impl import DefaultImpl
from limbeck.errors import CommandError

from .group_commit import CommitGroup
from .heads import HeadMaintainer
from .journal import Journal
from .lock import DEFAULT_TIMEOUT
from .record import StatementRecord, reads_only
from .run import Run
from .transactions import Origin, begun_since, origin, watch
from .version_table import CLASSIC_WIDTH, VersionTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from sqlalchemy import Table
    from sqlalchemy.engine import Dialect, Transaction
    from sqlalchemy.engine.mock import MockConnection
    from sqlalchemy.sql import Executable

    from limbeck.config import Config
    from limbeck.ddl.pipeline import Pipeline
    from limbeck.script import ScriptDirectory
    from limbeck.script.steps import MigrationStep

log = logging.getLogger("alembic.runtime.migration")


class ProxyTransaction:
    """What `MigrationContext.begin_transaction` returns: a context manager that can also be ended by hand."""

    def __init__(self, context: MigrationContext) -> None:
        self._context = context

    @property
    def _transaction(self) -> Transaction | None:
        return self._context._transaction

    def rollback(self) -> None:
        """Roll back, unless the transaction has ended."""
        if self._transaction is not None and self._transaction.is_active:
            self._transaction.rollback()

    def commit(self) -> None:
        """Commit, unless the transaction has ended."""
        if self._transaction is not None and self._transaction.is_active:
            self._transaction.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, type_: object, value: object, traceback: object) -> None:
        try:
            self.rollback() if type_ is not None else self.commit()
        finally:
            self._context._transaction = None


class MigrationContext:
    """One database of one run; made by `configure`.

    :param dialect: the SQLAlchemy dialect. :param connection: the connection, or None for a script.
    :param opts: the options of ``EnvironmentContext.configure()``. :param environment_context: the environment, if any.
    """

    def __init__(
        self,
        dialect: Dialect,
        connection: Connection | None,
        opts: Mapping[str, Any],
        environment_context: Any = None,
    ) -> None:
        self.dialect = dialect
        self.environment_context = environment_context
        self.opts: dict[str, Any] = dict(opts)
        self.script: ScriptDirectory | None = self.opts.get("script")
        self.as_sql: bool = bool(self.opts.get("as_sql", False))
        self.purge: bool = bool(self.opts.get("purge", False))
        self.edition: int | None = self.opts.get("edition")
        self.output_buffer: TextIO = _encoded(self.opts.get("output_buffer") or sys.stdout, self.opts)
        self.connection: Connection | None = None if self.as_sql else connection
        if self.opts.get("literal_binds", False) and not self.as_sql:
            raise CommandError(
                "Can't use literal_binds setting without as_sql mode",
                code="literal-binds-online",
                hint="give literal_binds to context.configure() only where context.is_offline_mode()",
            )
        if self.connection is not None and self.opts.get("starting_rev") is not None:
            raise CommandError(
                "Can't specify current_rev to context when using a database connection",
                code="starting-revision-online",
                hint="starting_rev goes with --sql; online the database's own rows say where it is",
            )
        per_migration = self.opts.get("transaction_per_migration")
        self._transaction_per_migration: bool = self.edition is not None if per_migration is None else per_migration
        self._start_from_rev: Any = self.opts.get("starting_rev")
        self._migrations_fn: Callable[..., Iterable[MigrationStep]] | None = self.opts.get("fn")
        self._user_compare_type: Any = self.opts.get("compare_type", True)
        self._user_compare_server_default: Any = self.opts.get("compare_server_default", False)
        self.on_version_apply_callbacks: tuple[Callable[..., None], ...] = _callables(self.opts.get("on_version_apply"))

        self.impl: DefaultImpl = DefaultImpl.get_by_dialect(dialect)(
            dialect, self.connection, self.as_sql, self.opts.get("transactional_ddl"), self.output_buffer, self.opts
        )
        self.bind: Connection | MockConnection | None = self.impl.bind if self.as_sql else self.connection
        self.version_table: str = self.opts.get("version_table", "alembic_version")
        self.version_table_schema: str | None = self.opts.get("version_table_schema")
        self._versions = VersionTable(
            self.impl,
            self.version_table,
            self.version_table_schema,
            primary_key=self.opts.get("version_table_pk", True),
        )
        watch()
        self._origin = Origin.NONE if self.connection is None else origin(self.connection)
        self._transaction: Transaction | None = None
        self.run_arguments: dict[str, Any] = {}
        self._outer = 0
        mutates = not self.opts.get("dont_mutate", False)
        self._journal: Journal | None = None
        if self.connection is not None and self.edition is not None and mutates:
            self._journal = Journal(self._versions, self.connection)
        self._record = StatementRecord(self.impl, self._journal)
        self._run: Run | None = None
        if self.connection is not None:
            self._run = Run(
                self.connection,
                self._versions,
                wants_lock=self.opts.get("lock", True) and mutates,
                timeout=self.opts.get("lock_timeout", DEFAULT_TIMEOUT),
                held=getattr(environment_context, "held_locks", set()),
            )
        log.info("Context impl %s.", type(self.impl).__name__)
        if self.as_sql:
            log.info("Generating static SQL")
        log.info("Will assume %s DDL.", "transactional" if self.impl.transactional_ddl else "non-transactional")

    @classmethod
    def configure(
        cls,
        connection: Connection | None = None,
        url: str | URL | None = None,
        dialect_name: str | None = None,
        dialect: Dialect | None = None,
        environment_context: Any = None,
        dialect_opts: Mapping[str, Any] | None = None,
        opts: Mapping[str, Any] | None = None,
    ) -> MigrationContext:
        """Make a context for a connection, or for the dialect of a URL or of a name.

        :param connection: a SQLAlchemy ``Connection``. :param url: a database URL; only its dialect counts.
        :param dialect_name: name of a dialect. :param dialect: a dialect. :param environment_context: the environment.
        :param dialect_opts: arguments for the dialect's constructor where it is made from a URL or a name.
        :param opts: options as ``EnvironmentContext.configure()`` takes them.

        Raises `CommandError` where ``connection`` is none, and where neither connection, URL nor name is given.
        """
        if connection is not None:
            if not isinstance(connection, Connection):
                engine = isinstance(connection, Engine) or hasattr(connection, "connect")
                raise CommandError(
                    "'connection' argument to configure() is expected to be a sqlalchemy.engine.Connection instance, "
                    f"got {connection!r}",
                    code="not-a-connection",
                    hint="give it `engine.connect()`" if engine else "give it what `engine.connect()` returned",
                )
            dialect = connection.dialect
        elif url is not None:
            dialect = make_url(url).get_dialect()(**(dialect_opts or {}))
        elif dialect_name is not None:
            dialect = make_url(f"{dialect_name}://").get_dialect()(**(dialect_opts or {}))
        elif dialect is None:
            raise CommandError(
                "Connection, url, or dialect_name is required.",
                code="no-database",
                hint="give context.configure() a connection, or with --sql a url",
            )
        return cls(dialect, connection, opts or {}, environment_context)

    @property
    def config(self) -> Config | None:
        """The Config of the environment, or None."""
        return None if self.environment_context is None else self.environment_context.config

    @property
    def _version(self) -> Table:
        return self._versions.table

    @property
    def statements_in_transaction(self) -> int:
        """How many statements of the present revision the open transaction holds, but for those that only read."""
        return sum(not reads_only(statement) for statement in self._record.pending)

    # --- transactions (behaviour 5.3) ---------------------------------------------------------------------------

    def begin_transaction(self, _per_migration: bool = False) -> AbstractContextManager[Any]:
        """Begin what the run is to be enclosed in, as a context manager.

        That is a transaction where DDL is transactional and the run is one transaction; else nothing, since each step
        then has its own. Somebody else's transaction (`Origin`) is left alone.
        """
        return self._step_transaction() if _per_migration else self._run_transaction()

    @property
    def _one_transaction(self) -> bool:
        return self.impl.transactional_ddl and not self._transaction_per_migration

    @property
    def _ends_itself(self) -> bool:
        """Whether the run is over with our own last commit; else env.py's end is it, which the environment tells us."""
        if self.environment_context is None or self.connection is None:
            return True
        return not self._origin.external and not self.connection.in_transaction()

    def _note_begun(self) -> None:
        """See whether env.py has begun a transaction since ``configure()``; that one is env.py's to commit."""
        if self.connection is None or self._transaction is not None or self._origin is Origin.HANDED_IN:
            return
        if begun_since(self.connection):
            self._origin = Origin.EXPLICIT
        elif not self.connection.in_transaction():
            self._origin = Origin.NONE

    @contextmanager
    def _run_transaction(self) -> Iterator[ProxyTransaction]:
        self._note_begun()
        self._outer += 1
        failed = True
        try:
            with self._transaction_if(self._one_transaction, adopt=True) as transaction:
                yield transaction
            failed = False
        finally:
            self._outer -= 1
            if self._outer == 0 and self._ends_itself:
                self.finish(failed=failed)

    def _step_transaction(self) -> AbstractContextManager[Any]:
        return self._transaction_if(not self._one_transaction and (self.impl.transactional_ddl or not self.as_sql))

    @contextmanager
    def _transaction_if(self, wanted: bool, *, adopt: bool = False) -> Iterator[ProxyTransaction]:
        proxy = ProxyTransaction(self)
        if not wanted or self._transaction is not None or self._origin.external:
            yield proxy
        elif self.connection is None:
            self.impl.emit_begin()
            yield proxy
            self.impl.emit_commit()
        else:
            self._open(self.impl.open_transaction, adopt=adopt)
            with proxy:
                yield proxy

    def _open(self, begin: Callable[[Connection], None], *, adopt: bool = False) -> None:
        """Open a transaction, or with ``adopt`` take over the one that a statement began.

        :param begin: what begins it in the database too; where that fails it is rolled back.
        """
        connection = self._online()
        if connection.in_transaction() and not adopt:
            connection.commit()
        self._transaction = connection.get_transaction() or connection.begin()
        try:
            begin(connection)
        except BaseException:
            with ProxyTransaction(self) as transaction:
                transaction.rollback()
            raise

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """Commit what is open, and run what stands in the block in autocommit mode; then begin a transaction again.

        Raises `CommandError` where the open transaction is somebody else's (failure R2).
        """
        if self.connection is None:
            if self.impl.transactional_ddl:
                self.impl.emit_commit()
            yield
            if self.impl.transactional_ddl:
                self.impl.emit_begin()
            return
        if self._origin.external:
            raise CommandError(
                f"autocommit_block() would have to commit a transaction that is not ours: {self._origin.value}",
                code="external-transaction",
                hint="give context.configure() a connection that is in no transaction; in env.py, commit or end the "
                "transaction that was begun on it",
            )
        had_one = self._transaction is not None
        self._record.committing()
        if self._transaction is not None:
            self._transaction.commit()
            self._transaction = None
        elif self.connection.in_transaction():
            self.connection.commit()
        self._record.committed_all()
        level = sqla.isolation_level(self.connection)
        self.connection.execution_options(isolation_level="AUTOCOMMIT")
        before, self._record.autocommit = self._record.autocommit, True
        try:
            yield
        finally:
            self._record.autocommit = before
            if self.connection.in_transaction():
                self.connection.commit()
            self.connection.execution_options(isolation_level=level)
            if had_one:
                self._open(self.impl.open_transaction)

    def _online(self) -> Connection:
        if self.connection is None:
            raise CommandError(
                "This needs a database, and the run writes a script", code="needs-database", hint="run it without --sql"
            )
        return self.connection

    # --- where the database is ----------------------------------------------------------------------------------

    def get_current_revision(self) -> str | None:
        """The one revision of the database, or None; raises `CommandError` where it has several."""
        heads = self.get_current_heads()
        if len(heads) > 1:
            raise CommandError(
                f"Version table '{self.version_table}' has more than one head present; please use get_current_heads()",
                code="several-rows",
                hint="the rows are " + ", ".join(heads),
            )
        return heads[0] if heads else None

    def get_current_heads(self) -> tuple[str, ...]:
        """The version rows; none where there is no table; for a script, the starting revision."""
        if self.connection is None:
            return self._starting_rows()
        return self._versions.read(self.connection)

    def _starting_rows(self) -> tuple[str, ...]:
        start = self._start_from_rev
        if start is None or start == "base":
            return ()
        if self.script is None:
            return (start,) if isinstance(start, str) else tuple(start)
        return tuple(revision.revision for revision in self.script.get_revisions(start) if revision is not None)

    def _has_version_table(self) -> bool:
        return self.connection is None or self._versions.exists(self.connection)

    def _ensure_version_table(self, purge: bool = False, longest_id: int = CLASSIC_WIDTH) -> None:
        """Create the version table where it is missing; with ``purge`` delete its rows."""
        if self.connection is None:
            self._versions.create(longest_id)
            return
        if not self._versions.exists(self.connection):
            self._enter_run()
        with self._step_transaction():
            if not self._versions.exists(self.connection):
                self._versions.create(longest_id)
            if purge:
                self._versions.clear()

    def _enter_run(self) -> bool:
        """Exclude other runs before the first write; True where rows read before have to be read again."""
        if self._run is None:
            return False
        return self._run.enter()

    # --- steps ---------------------------------------------------------------------------------------------------

    def stamp(self, script_directory: ScriptDirectory, revision: Any) -> None:
        """Set the version rows to ``revision`` without running scripts."""
        self.run_steps(lambda rows, _context: script_directory._stamp_revs(revision, rows))

    def run_migrations(self, **kw: Any) -> None:
        """Run the steps that the command asked for; ``kw`` goes to every ``upgrade()`` and ``downgrade()``.

        Raises `CommandError` where no command is at work.
        """
        if self._migrations_fn is None:
            raise CommandError(
                "There is nothing to run: no command gave this context its steps",
                code="no-steps",
                hint="run it by `limbeck upgrade` and the like, or give EnvironmentContext a function fn(rev, context)",
            )
        self.run_steps(self._migrations_fn, **kw)

    def run_steps(self, plan: Callable[..., Iterable[MigrationStep]], **kw: Any) -> None:
        """Run the steps that ``plan(rows, context)`` gives, under the run lock.

        Where there is nothing to do no lock is taken and nothing is written. Rows that were read before the lock was
        obtained are read again, and the steps are computed anew where they differ (failure R4).
        """
        self._note_begun()
        self.impl.start_migrations()
        self.run_arguments = kw
        failed = True
        try:
            self._run_steps(plan, kw)
            failed = False
        except BaseException:
            self._abandon()
            raise
        finally:
            if self._outer == 0 and self._ends_itself:
                self.finish(failed=failed)

    def _run_steps(self, plan: Callable[..., Iterable[MigrationStep]], kw: dict[str, Any]) -> None:
        rows = () if self.purge else self.get_current_heads()
        if self._wants_table(rows):
            self._enter_run()
            self._ensure_version_table(purge=self.purge, longest_id=self._longest_known_id())
            rows = () if self.purge else self.get_current_heads()
        steps = list(plan(rows, self))
        if steps and self._enter_run():
            again = () if self.purge else self._rows_now()
            if again != rows:
                rows = again
                steps = list(plan(rows, self))
        if self.connection is not None and steps:
            self._refuse_long_ids(steps)
        if self._journal is not None and (steps or self.purge) and not self._origin.external:
            self._journal.open(steps, rows, purge=self.purge)
        if not self._one_transaction and not self._origin.external and self._transaction is None:
            self._settle()
        heads = HeadMaintainer(self, rows)
        stretch = CommitGroup(self, heads)  # before the record listens, as others may
        with self._record.of(self.connection), stretch:
            for step in steps:
                stretch.reach(step)
                self._take(step, heads, stretch, kw)
        if self._journal is not None and self._transaction is None and not self._origin.external:
            self._journal.close()
            self._settle()
        if self._run is not None and steps:
            self._run.expect(heads.rows)

    def _wants_table(self, rows: tuple[str, ...]) -> bool:
        """Whether the run has to make or empty the version table before its steps are known."""
        if self.connection is None or self.opts.get("dont_mutate", False):
            return False
        return self.purge or (not rows and not self._versions.exists(self.connection))

    def _rows_now(self) -> tuple[str, ...]:
        """The rows as other sessions have committed them: a read of before must not have fixed our view of them."""
        if self._transaction is None and not self._origin.external:
            self._settle()
        return self.get_current_heads()

    def _settle(self) -> None:
        """Commit what reading, or a statement of env.py, began."""
        if self.connection is not None and self.connection.in_transaction():
            self.connection.commit()

    def _abandon(self) -> None:
        """Roll back what reading began, so that a run that failed can end here and now."""
        connection = self.connection
        if connection is None or self._transaction is not None or self._origin.external:
            return
        if connection.in_transaction() and not connection.invalidated:
            from sqlalchemy.exc import SQLAlchemyError

            with suppress(SQLAlchemyError):  # the failure that is on its way says what is wrong
                connection.rollback()

    def _take(self, step: MigrationStep, heads: HeadMaintainer, stretch: CommitGroup, kw: dict[str, Any]) -> None:
        self._record.start(step)
        try:
            with self.begin_transaction(_per_migration=True):
                if self.as_sql and not heads.rows:
                    self._ensure_version_table(longest_id=self._longest_known_id())
                stretch.announce(step)
                if self.as_sql:
                    self.impl.static_output(f"-- Running {step.short_log}")
                step.migration_fn(**kw)
                heads.update_to_step(step, later=stretch.keeps)
                for callback in self.on_version_apply_callbacks:
                    callback(ctx=self, step=step.info, heads=heads.heads, run_args=kw)
                self._record.ending()
            self._record.done(committed=self._transaction is None and not self._origin.external)
        except Exception as error:
            failure, at = stretch.first_failure(error, step)
            self._record.failed()
            stretch.break_off()
            self._record.explain(failure, at)
            if failure is error:
                raise
            raise failure from failure.__cause__

    # --- stretches of steps ---------------------------------------------------------------------------------------

    def _may_keep_rows(self) -> bool:
        """Whether version rows may wait: one transaction of ours holds the run, and nobody asks after each step."""
        return self._one_transaction and self._transaction is not None and not self.on_version_apply_callbacks

    def _pipeline(self) -> Pipeline | None:
        """What has the driver send without waiting, if rows may wait and nobody follows each statement as it goes."""
        connection = self.connection
        if connection is None or not self._may_keep_rows():
            return None
        if sqla.is_autocommit(connection) or sqla.is_watched(connection) or log.isEnabledFor(logging.DEBUG):
            return None
        return self.impl.pipeline(connection)

    def _may_keep_commits(self) -> bool:
        """Whether commits may wait: each step has one of ours, and no configuration, callback or journal wants it."""
        connection = self.connection
        return (
            connection is not None
            and not (self._one_transaction or self._origin.external or self.on_version_apply_callbacks)
            and self._transaction is None
            and self.opts.get("transaction_per_migration") is None
            and (self._journal is None or self.impl.transactional_ddl)
            and not sqla.commits_each_statement(connection)
            and self.impl.can_mark_revisions(connection)
        )

    def _open_stretch(self) -> None:
        self._open(self.impl.begin_revisions, adopt=True)

    @contextmanager
    def _closing_stretch(self) -> Iterator[ProxyTransaction]:
        """Do the last of a stretch in the block, and commit it; a failure rolls it back as a whole."""
        with ProxyTransaction(self) as transaction:
            yield transaction
        self._record.committed_all()

    def _longest_known_id(self) -> int:
        return 0 if self.script is None else self.script.longest_id()

    def _refuse_long_ids(self, steps: list[MigrationStep]) -> None:
        """Refuse ids that the version column does not hold, before anything runs (failure R8)."""
        longest = max((revision for step in steps for revision in step.to_revisions), key=len, default="")
        if len(longest) <= CLASSIC_WIDTH:
            return
        width = self._versions.width(self._online())
        if width is None or len(longest) <= width:
            return
        raise CommandError(
            f"Revision id '{longest}' has {len(longest)} characters, and column version_num of "
            f"'{self.version_table}' holds {width}",
            code="revision-id-too-long",
            hint="widen the column first: " + self.impl.widen_version_column(self._version, len(longest)),
        )

    def finish(self, *, failed: bool = False) -> None:
        """End the run: prove that the version rows are as the steps left them, and give the lock back."""
        if self._run is None:
            return
        alone = self.environment_context is None and self.connection is not None and self.connection.in_transaction()
        self._run.finish(visible=self._origin is not Origin.HANDED_IN and not alone, failed=failed)

    @property
    def place(self) -> Any:
        """What tells whether a later run of the same env.py changed the same rows again; None where nothing is open."""
        return None if self._run is None else self._run.place

    # --- statements ----------------------------------------------------------------------------------------------

    def execute(self, sql: Executable | str, execution_options: Mapping[str, Any] | None = None) -> None:
        """Execute a statement online, or write it into the script."""
        self.impl.execute(sql, execution_options)

    def _compare_type(self, inspector_column: Any, metadata_column: Any) -> bool:
        if self._user_compare_type is False:
            return False
        if callable(self._user_compare_type):
            verdict = self._user_compare_type(
                self, inspector_column, metadata_column, inspector_column.type, metadata_column.type
            )
            if verdict is not None:
                return bool(verdict)
        return self.impl.compare_type(inspector_column, metadata_column)

    def _compare_server_default(
        self,
        inspector_column: Any,
        metadata_column: Any,
        rendered_metadata_default: str | None,
        rendered_column_default: str | None,
    ) -> bool:
        if self._user_compare_server_default is False:
            return False
        if callable(self._user_compare_server_default):
            verdict = self._user_compare_server_default(
                self,
                inspector_column,
                metadata_column,
                rendered_column_default,
                metadata_column.server_default,
                rendered_metadata_default,
            )
            if verdict is not None:
                return bool(verdict)
        return self.impl.compare_server_default(
            inspector_column, metadata_column, rendered_metadata_default, rendered_column_default
        )


def _encoded(buffer: TextIO, opts: Mapping[str, Any]) -> TextIO:
    """``buffer``, or a writer into it that encodes, where ``output_encoding`` asks for that."""
    encoding = opts.get("output_encoding")
    if not encoding:
        return buffer
    import codecs

    return codecs.getwriter(encoding)(buffer)  # type: ignore[arg-type, return-value]  # a binary buffer, by its owner's word


def _callables(given: Any) -> tuple[Callable[..., None], ...]:
    """``on_version_apply`` as a tuple: it may be one callable or several."""
    if given is None:
        return ()
    return (cast("Callable[..., None]", given),) if callable(given) else tuple(given)
