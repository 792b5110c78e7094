"""MigrationContext: what env.py, scripts and programs know of a run, which `Executor` carries out."""

from __future__ import annotations

import logging
import sys
from copy import copy
from typing import TYPE_CHECKING, Any, Protocol, Self, TextIO, cast

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import URL, make_url

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.ddl.impl import DefaultImpl
from limbeck.errors import CommandError
from limbeck.limits import limits

from .executor import Executor, RunOptions, Task
from .strategy import RunState, Strategy
from .version_table import VersionTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from sqlalchemy import Column, Table
    from sqlalchemy.engine import Dialect
    from sqlalchemy.engine.mock import MockConnection
    from sqlalchemy.sql import Executable

    from limbeck.config import Config
    from limbeck.script import ScriptDirectory
    from limbeck.script.steps import MigrationStep

    from .heads import HeadMaintainer
    from .repetition import Recording
    from .transaction import ProxyTransaction
    from .version_table import Location

log = logging.getLogger("alembic.runtime.migration")


class Environment(Protocol):
    """What a context asks of its ``EnvironmentContext``."""

    config: Config
    held_locks: set[str]

    def number_of_statements(self, step: MigrationStep) -> int | None:
        """How many statements a step sends; None where that cannot be told without running it."""
        ...


class MigrationContext:
    """One database of one run, or the script for one; made by `configure`.

    :param dialect: the SQLAlchemy dialect.
    :param connection: the connection, or None for a script.
    :param opts: the options of ``EnvironmentContext.configure()``.
    :param environment_context: the environment, if there is one.
    """

    def __init__(
        self,
        dialect: Dialect,
        connection: Connection | None,
        opts: Mapping[str, Any],
        environment_context: Environment | None = None,
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
        # third parties set, or read, these three
        self._migrations_fn: Callable[..., Iterable[MigrationStep]] | None = self.opts.get("fn")
        self._user_compare_type: Any = self.opts.get("compare_type", True)
        self._user_compare_server_default: Any = self.opts.get("compare_server_default", False)
        self.on_version_apply_callbacks: tuple[Callable[..., None], ...] = _callables(self.opts.get("on_version_apply"))
        self.run_arguments: dict[str, Any] = {}
        self._script_has_begun = False

        self.impl: DefaultImpl = DefaultImpl.get_by_dialect(dialect)(
            dialect, self.connection, self.as_sql, self.opts.get("transactional_ddl"), self.output_buffer, self.opts
        )
        self.bind: Connection | MockConnection | None = self.impl.bind if self.as_sql else self.connection
        self.version_table: str = self.opts.get("version_table", "alembic_version")
        self.version_table_schema: str | None = self.opts.get("version_table_schema")
        self.versions = VersionTable(
            self.impl,
            self.version_table,
            self.version_table_schema,
            primary_key=self.opts.get("version_table_pk", True),
        )
        self._executor = Executor(
            self.versions,
            None if isinstance(connection, sqla.MockConnection) else self.connection,  # which nothing can be asked of
            self.script,
            RunOptions.of(self.opts),
            None if environment_context is None else environment_context.held_locks,
            self._number_of_statements,
        )
        log.info("Context impl %s.", type(self.impl).__name__)
        if self.as_sql:
            log.info("Generating static SQL")
        log.info("Will assume %s DDL.", "transactional" if self.impl.transactional_ddl else "non-transactional")

    def _number_of_statements(self, step: MigrationStep) -> int | None:
        return None if self.environment_context is None else self.environment_context.number_of_statements(step)

    def written_to(self, buffer: TextIO) -> Self:
        """This context as one that writes a script into ``buffer``, in place of executing statements."""
        made = copy(self)
        made.impl = type(self.impl)(self.dialect, None, True, self.impl.transactional_ddl, buffer, self.opts)
        made.connection, made.as_sql, made.bind, made.output_buffer = None, True, made.impl.bind, buffer
        return made

    @classmethod
    def configure(
        cls,
        connection: Connection | None = None,
        url: str | URL | None = None,
        dialect_name: str | None = None,
        dialect: Dialect | None = None,
        environment_context: Environment | None = None,
        dialect_opts: Mapping[str, Any] | None = None,
        opts: Mapping[str, Any] | None = None,
    ) -> MigrationContext:
        """Make a context for a connection, or for the dialect of a URL or of a name.

        :param connection: a SQLAlchemy ``Connection``.
        :param url: a database URL, of which only the dialect counts.
        :param dialect_name: name of a dialect.
        :param dialect: a dialect.
        :param environment_context: the environment.
        :param dialect_opts: arguments for the dialect's constructor where it is made from a URL or a name.
        :param opts: options as ``EnvironmentContext.configure()`` takes them.

        Raises `CommandError` where ``connection`` is not one, and where neither connection, URL nor name is given.
        """
        if connection is not None:
            if not isinstance(connection, Connection | sqla.MockConnection):
                is_engine = isinstance(sqla.plain(connection), Engine)
                raise CommandError(
                    "'connection' argument to configure() is expected to be a sqlalchemy.engine.Connection instance, "
                    f"got {connection!r}",
                    code="not-a-connection",
                    hint="give it `engine.connect()`" if is_engine else "give it what `engine.connect()` returned",
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

    # --- the version rows -----------------------------------------------------------------------------------------

    @property
    def _version(self) -> Table:
        return self.versions.table

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
            return self.starting_rows()
        if self.opts.get("starting_rev") is not None:
            raise CommandError(
                "Can't specify current_rev to context when using a database connection",
                code="starting-revision-online",
                hint="starting_rev goes with --sql; online the database's own rows say where it is",
            )
        return self.versions.read(self.connection)

    def starting_rows(self) -> tuple[str, ...]:
        """The version rows that a script starts from, by the option ``starting_rev``."""
        start = self.opts.get("starting_rev")
        if start is None or start == "base":
            return ()
        if self.script is None:
            return (start,) if isinstance(start, str) else tuple(start)
        return tuple(revision.revision for revision in self.script.get_revisions(start) if revision is not None)

    def ensure_version_table(self, purge: bool = False) -> None:
        """Create the version table where it is missing; with ``purge`` delete its rows.

        Where no transaction is open, this is committed.
        """
        self._executor.make_version_table(purge=purge)

    _ensure_version_table = ensure_version_table

    def _has_version_table(self) -> bool:
        return self.connection is None or self.versions.exists(self.connection)

    # --- a run ----------------------------------------------------------------------------------------------------

    def stamp(self, script_directory: ScriptDirectory, revision: Any) -> None:
        """Set the version rows to ``revision`` without running scripts."""
        targets = revision if isinstance(revision, str) else tuple(revision)
        self.run_steps(lambda rows, _context: script_directory.steps(script_directory.plan_stamp(targets, rows)))

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
        obtained are read again, and the steps are computed again where they differ.
        """
        self.run_arguments = kw
        self._begin_script()
        task = Task(
            rows=self.get_current_heads,
            known_rows=self.opts.get("known_rows"),
            plan=lambda rows: plan(rows, self),
            arguments=kw,
            strategy=self._strategy,
            purge=self.purge,
            plans_again=self._plans_again,
            applied=self._call_back if self.on_version_apply_callbacks else None,
        )
        try:
            self._executor.run(task)
        except Exception as error:
            if self._script_has_begun and not isinstance(error, OSError):  # one that the file itself has
                from .script_header import CUT_OFF

                self.impl.static_output(CUT_OFF)
            raise

    @property
    def _plans_again(self) -> bool:
        """Whether steps depend on more than the rows, as on what the history says of repeatable objects."""
        from limbeck.objects.declared import has_repeatables

        asked = any(self.opts.get(name) for name in ("skipped", "plans_again", "repeatable_objects"))
        return asked or has_repeatables(self.opts.get("target_metadata"))

    def _call_back(self, step: MigrationStep, heads: HeadMaintainer) -> None:
        if step.script is None and not step.is_stamp:
            return  # repeatable objects, of which callbacks know nothing
        for callback in self.on_version_apply_callbacks:
            callback(ctx=self, step=step.info, heads=heads.heads, run_args=self.run_arguments)

    def _strategy(self, run: RunState) -> Strategy:
        """Pipeline or group commit, unless env.py has switched them off or follows each step; or a recording."""
        if not self.opts.get("group_commit", True) or self.on_version_apply_callbacks:
            return Strategy()
        recording: Recording | None = self.opts.get("recording")
        if recording is not None and not self._plans_again and (recorded := recording.of(run)) is not None:
            return recorded
        from . import group_commit, pipeline

        return pipeline.strategy(run) or group_commit.strategy(run) or Strategy()

    def begin_transaction(self, _per_migration: bool = False) -> ProxyTransaction | AbstractContextManager[None]:
        """Begin the transaction around a run: a context manager that also has ``commit()`` and ``rollback()``.

        A context manager without effect where DDL is not transactional or each step has its own transaction. A
        transaction of the caller stays open.
        """
        if _per_migration:
            return self._executor.transactions.of_step()
        self._begin_script()
        return self._executor.enclosing()

    def _begin_script(self) -> None:
        """Under an edition a script begins with what it is, once."""
        target = self.opts.get("destination_rev")
        if not self.as_sql or self.edition is None or target is None or self._script_has_begun:
            return
        from .script_header import header

        self._script_has_begun = True
        self.impl.static_output(header(self.starting_rows(), target, self.dialect.name, self.script))

    def autocommit_block(self) -> AbstractContextManager[None]:
        """Commit what is open, run the block in autocommit mode, and begin a transaction again if there was one.

        Raises `CommandError` where the open transaction is the caller's.
        """
        return self._executor.transactions.autocommit_block()

    def timeouts(
        self, lock: float | str | None = None, statement: float | str | None = None
    ) -> AbstractContextManager[None]:
        """Set the session's timeouts for the length of a block.

        :param lock: how long to wait for a lock on a table: "2s", "500ms", "1min", or seconds; 0: without end; None:
            as before the block.
        :param statement: how long a statement may take; likewise.
        :raises CommandError: for a value that is no duration.
        """
        given = limits({"lock": lock, "statement": statement}, ("lock", "statement", ""), lambda _name: caller())
        return self._executor.timeouts.block(given)

    @property
    def one_transaction(self) -> bool:
        """Whether one transaction holds the whole run."""
        return self._executor.transactions.one_per_run

    def rolled_back(self) -> AbstractContextManager[None]:
        """A transaction that holds all of a block, and is rolled back after it.

        Raises `CommandError` where there can be none, and where the block would commit.
        """
        return self._executor.transactions.rolled_back()

    def end_reads(self) -> None:
        """Commit what a read began, so that nothing is held while a person is asked; a transaction stays open."""
        self._executor.transactions.settle()

    @property
    def in_autocommit(self) -> bool:
        """Whether each statement is a transaction of its own, as in an `autocommit_block`."""
        if self.connection is None:
            return self._executor.transactions.script_autocommits
        return sqla.is_autocommit(self.connection)

    def note_object(self, name: str, checksum: str, seconds: float) -> None:
        """Write into the history that a repeatable object was replaced.

        :param name: its kind and name. :param checksum: of its definition. :param seconds: how long it took.
        """
        self._executor.note_object(name, checksum, seconds)

    @property
    def keeps_history(self) -> bool:
        """Whether runs on this database write a history."""
        return RunOptions.of(self.opts).keeps_history

    @property
    def statements_in_transaction(self) -> int:
        """Number of statements of the present step in the open transaction, without those that only read."""
        return len(self._executor.record.pending_writes)

    def finish(self, *, failed: bool = False) -> None:
        """End the run: verify that the version rows are as the steps left them, and release the lock.

        :param failed: the run raised; nothing is verified then.

        Raises `CommandError` where the rows are not those of the steps.
        """
        self._executor.finish(failed=failed)

    @property
    def location(self) -> tuple[str, Location | None] | None:
        """Which version rows `finish` will verify, equal for two runs on the same; None where it verifies none."""
        return self._executor.location

    # --- statements and comparisons -------------------------------------------------------------------------------

    def execute(self, sql: Executable | str, execution_options: Mapping[str, Any] | None = None) -> None:
        """Execute a statement online, or write it into the script."""
        self.impl.execute(sql, execution_options)

    def _compare_type(self, inspector_column: Column[Any], metadata_column: Column[Any]) -> bool:
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
        inspector_column: Column[Any],
        metadata_column: Column[Any],
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
    """``buffer``, or where ``output_encoding`` is given a writer that encodes into it."""
    encoding = opts.get("output_encoding")
    if not encoding:
        return buffer
    import codecs

    return codecs.getwriter(encoding)(buffer)  # type: ignore[arg-type, return-value]  # it has to be a binary one then


def _callables(given: Any) -> tuple[Callable[..., None], ...]:
    """``on_version_apply`` as a tuple: it may be one callable or several."""
    if given is None:
        return ()
    return (cast("Callable[..., None]", given),) if callable(given) else tuple(given)
