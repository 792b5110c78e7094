"""EnvironmentContext: what env.py talks to."""

from __future__ import annotations

from contextlib import ExitStack
from io import StringIO
from typing import TYPE_CHECKING, Any, Literal, Protocol, overload

from . import _current
from .errors import CommandError, warn
from .limits import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager
    from contextvars import Token
    from typing import Self, TextIO

    from sqlalchemy import MetaData
    from sqlalchemy.engine import URL, Connection
    from sqlalchemy.sql import Executable

    from .config import Config
    from .ddl.impl import DefaultImpl
    from .runtime.callbacks import (
        CompareServerDefault,
        CompareType,
        IncludeNameFn,
        IncludeObjectFn,
        OnVersionApplyFn,
        ProcessRevisionDirectiveFn,
        RenderItemFn,
    )
    from .runtime.migration import MigrationContext
    from .runtime.pinned import Pinned
    from .runtime.redirect import Redirect
    from .runtime.transaction import ProxyTransaction
    from .script import ScriptDirectory
    from .script.steps import MigrationStep

EXTRA_OPTIONS = frozenset(
    {
        "version_table",
        "version_table_schema",
        "version_table_pk",
        "output_encoding",
        "mssql_batch_separator",
        "oracle_batch_separator",
        "edition",
        "lock",
        "lock_timeout",
        "table_lock_timeout",
        "statement_timeout",
        "lock_retries",
        "group_commit",
        "history",
        "history_scripts",
        "ahead",
        "compare",
        "allow_drops",
        "drop_unknown",
        "compare_objects",
        "objects",
        "longest_body",
        "repeatable_objects",
        "suspend_dependents",
        "rename",
        "fill",
    }
)
"""Keywords of ``configure()`` beyond its named parameters.

Dialects declare their own in ``context_option_names``, plugins by ``add_configure_option``.
"""

_COMMANDED = ("lock", "lock_timeout", "table_lock_timeout", "allow_drops", "rename", "fill")
"""Those that are options of commands too, which then take precedence over env.py."""


class Recorder(Protocol):
    """Makes contexts that record what scripts do, in place of those that do it."""

    configure: Callable[..., MigrationContext]
    operations: Callable[[MigrationContext], object]
    finished: Callable[[MigrationContext], None]


class EnvironmentContext:
    """What env.py runs in, for one command; a context manager that makes it the current environment.

    :param config: the Config. :param script: the ScriptDirectory.
    :param kw: what the command passes: ``fn(rows, context)``, which returns the steps, ``as_sql``, ``starting_rev``,
        ``destination_rev``, ``tag``, ``purge``, ``dont_mutate``, ``template_args``, ``revision_context``,
        ``redirect``, which leads connections to scratch databases, ``pinned``, the one database that it is for,
        ``recorder``, which makes contexts that record what scripts do, and any option of `configure`.
    """

    def __init__(self, config: Config, script: ScriptDirectory, **kw: Any) -> None:
        self.config = config
        self.script = script
        self.redirect: Redirect | None = kw.pop("redirect", None)
        self.recorder: Recorder | None = kw.pop("recorder", None)
        self.pinned: Pinned | None = kw.pop("pinned", None)
        self.context_opts: dict[str, Any] = kw
        self._commanded: dict[str, Any] = {name: kw[name] for name in _COMMANDED if name in kw}
        self._migration_context: MigrationContext | None = None
        self._contexts: list[MigrationContext] = []
        self.held_locks: set[str] = set()
        self._token: Token[Any] | None = None

    def __enter__(self) -> Self:
        self._token = _current.environment.install(self)
        return self

    def __exit__(self, type_: object, value: object, traceback: object) -> None:
        if self._token is not None:
            _current.environment.remove(self, self._token)
            self._token = None
        contexts, self._contexts = self._contexts, []
        changed_again: set[Any] = set()
        with ExitStack() as ends:
            for context in reversed(contexts):  # of several runs on the same rows only the last can be verified
                location = context.location
                ends.callback(context.finish, failed=type_ is not None or location in changed_again)
                changed_again |= set() if location is None else {location}

    # --- what the command asked for -----------------------------------------------------------------------------

    def is_offline_mode(self) -> bool:
        """Whether the command writes a script (``--sql``) and touches no database."""
        return bool(self.context_opts.get("as_sql", False))

    def requires_connection(self) -> bool:
        """Whether the command needs a database connection."""
        return not self.is_offline_mode()

    def is_transactional_ddl(self) -> bool:
        """Whether DDL runs in transactions; after `configure`."""
        return self.get_context().impl.transactional_ddl

    def get_head_revision(self) -> str | None:
        """The head of the history; raises `CommandError` where there are several."""
        return self.script.as_revision_number("head")  # type: ignore[return-value]  # "head" is one or an error

    def get_head_revisions(self) -> tuple[str, ...]:
        """All heads of the history."""
        heads = self.script.as_revision_number("heads")
        return () if heads is None else (heads,) if isinstance(heads, str) else tuple(heads)

    def get_starting_revision_argument(self) -> Any:
        """The start of ``start:end``, online the database's own; raises `CommandError` where there is none."""
        if self._migration_context is not None:
            start = self._migration_context.opts.get("starting_rev")
        elif "starting_rev" in self.context_opts:
            start = self.context_opts["starting_rev"]
        else:
            raise CommandError("No starting revision argument is available.", code="no-starting-revision")
        return start if start is None or isinstance(start, tuple) else self.script.as_revision_number(start)

    def get_revision_argument(self) -> Any:
        """The destination, as a revision id: ``head`` is resolved, ``base`` is None.

        Raises `CommandError` where the command has no destination.
        """
        if "destination_rev" not in self.context_opts:
            raise CommandError("No destination revision argument is available.", code="no-destination-revision")
        return self.script.as_revision_number(self.context_opts["destination_rev"])

    def get_tag_argument(self) -> str | None:
        """What ``--tag`` was given."""
        return self.context_opts.get("tag")

    @overload
    def get_x_argument(self, as_dictionary: Literal[False] = ...) -> list[str]: ...
    @overload
    def get_x_argument(self, as_dictionary: Literal[True]) -> dict[str, str]: ...
    def get_x_argument(self, as_dictionary: bool = False) -> list[str] | dict[str, str]:
        """What ``-x`` was given.

        :param as_dictionary: split each at its first ``=``; one without gives an empty text.
        """
        given: list[str] = getattr(self.config.cmd_opts, "x", None) or []
        if not as_dictionary:
            return given
        return {key: value for key, _, value in (item.partition("=") for item in given)}

    # --- the database -------------------------------------------------------------------------------------------

    def configure(
        self,
        connection: Connection | None = None,
        url: str | URL | None = None,
        dialect_name: str | None = None,
        dialect_opts: dict[str, Any] | None = None,
        transactional_ddl: bool | None = None,
        transaction_per_migration: bool | None = None,
        output_buffer: TextIO | None = None,
        starting_rev: str | None = None,
        tag: str | None = None,
        template_args: dict[str, Any] | None = None,
        render_as_batch: bool | Literal["auto"] | None = None,
        target_metadata: MetaData | Sequence[MetaData] | None = None,
        include_name: IncludeNameFn | None = None,
        include_object: IncludeObjectFn | None = None,
        include_schemas: bool = False,
        process_revision_directives: ProcessRevisionDirectiveFn | None = None,
        compare_type: bool | CompareType = True,
        compare_server_default: bool | CompareServerDefault = False,
        render_item: RenderItemFn | None = None,
        literal_binds: bool = False,
        upgrade_token: str = "upgrades",  # noqa: S107 a template variable's name
        downgrade_token: str = "downgrades",  # noqa: S107
        alembic_module_prefix: str = "op.",
        sqlalchemy_module_prefix: str = "sa.",
        user_module_prefix: str | None = None,
        on_version_apply: OnVersionApplyFn | Collection[OnVersionApplyFn] | None = None,
        autogenerate_plugins: Sequence[str] | None = None,
        **kw: Any,
    ) -> None:
        """Say on which database the run is, and how it is done; the last call before ``run_migrations`` counts.

        :param connection: the connection to run on.
        :param url: in place of a connection, for a script: the URL of the database, of which only the dialect counts.
        :param dialect_name: in place of a URL: name of the dialect.
        :param dialect_opts: arguments for the dialect made from ``url`` or ``dialect_name``.
        :param transactional_ddl: whether DDL is transactional; default: as the dialect says.
        :param transaction_per_migration: one transaction a revision; default: False, with ``edition = 2026`` True.
        :param output_buffer: where a script goes; default: the Config's, else stdout.
        :param starting_rev: revision that a script starts from.
        :param tag: takes precedence over ``--tag``.
        :param template_args: further variables for ``script.py.mako``.
        :param render_as_batch: whether autogenerate writes table changes as ``batch_alter_table`` blocks; ``"auto"``:
            where the database needs one, as SQLite mostly does; default: False, with ``edition = 2026`` ``"auto"``.
        :param target_metadata: the models, one MetaData or several.
        :param include_name: ``fn(name, type_, parent_names)``: whether a name found in the database counts.
        :param include_object: ``fn(object, name, type_, reflected, compare_to)``: whether an object counts.
        :param include_schemas: compare all schemas, not only the default one.
        :param process_revision_directives: ``fn(context, revision, directives)``, to change what autogenerate found.
        :param compare_type: False, True or a function that compares types.
        :param compare_server_default: False, True or a function that compares server defaults.
        :param render_item: ``fn(type_, object, autogen_context)``, which renders in place of autogenerate.
        :param literal_binds: write bound values into the script; offline only.
        :param upgrade_token: template variable for the body of ``upgrade()``.
        :param downgrade_token: template variable for the body of ``downgrade()``.
        :param alembic_module_prefix: prefix of rendered operations.
        :param sqlalchemy_module_prefix: prefix of rendered SQLAlchemy names.
        :param user_module_prefix: prefix of rendered names of other modules; default: their module.
        :param on_version_apply: called after each step with ``ctx``, ``step``, ``heads`` and ``run_args``.
        :param autogenerate_plugins: names of the comparison plugins to use.
        :param kw: ``version_table``, ``version_table_schema``, ``version_table_pk``, ``output_encoding``, ``edition``,
            ``lock`` (default True), ``lock_timeout`` (for the run lock, seconds, default 600), ``table_lock_timeout``
            and ``statement_timeout`` (durations, as ``"2s"``, ``"500ms"``, ``"1min"`` or seconds; default: none, for
            locks 5 s with ``edition = 2026``), ``lock_retries`` (default 0), ``group_commit`` (default True; with False
            each revision has its own commit and version row), ``history`` (default: whether there is an edition),
            ``history_scripts`` (default False), ``ahead`` (``"accept"``: an upgrade to the heads does nothing where the
            database is ahead of the code; default ``"refuse"``), ``compare``, ``allow_drops`` (default False),
            ``drop_unknown`` (default False; with True the exact comparison drops enum types, domains and sequences that
            neither a model mentions nor a script creates), ``rename`` (list of ``"old:new"``), ``fill`` (list of
            ``"table.column=SQL"``), ``compare_objects`` (default False: views, functions and triggers are compared
            where models declare some), ``objects`` (a folder of ``.sql`` files with objects, one a file; default: that
            of the configuration), ``repeatable_objects`` (another one, whose objects each upgrade to the heads replaces
            where their text changed), ``longest_body`` (number of lines of an object's text above which autogenerate
            writes it into a file beside the script; default: that of the configuration, or none),
            ``suspend_dependents`` (on PostgreSQL, whether what stands on a column is dropped and made again around a
            change of its type; default: with ``edition = 2026``), and what dialects and plugins read.

        Raises `CommandError` where neither connection, URL nor dialect is given, and under ``edition = 2026`` for an
        unknown keyword, which is a warning otherwise, and for another text in ``render_as_batch``.
        """
        from .runtime.migration import MigrationContext

        if self.redirect is not None and connection is not None:
            connection = self.redirect.connection(connection)
            kw = {**kw, "lock": False, "history": False}
            on_version_apply = None
        if self.pinned is not None and connection is not None:
            self.pinned.enter(connection)
            if self.pinned.schema is not None:
                kw = {**kw, "version_table_schema": self.pinned.schema}
        opts = self.context_opts
        given: dict[str, Any] = {
            "target_metadata": target_metadata,
            "render_as_batch": render_as_batch,
            "include_name": include_name,
            "include_object": include_object,
            "include_schemas": include_schemas,
            "process_revision_directives": process_revision_directives,
            "compare_type": compare_type,
            "compare_server_default": compare_server_default,
            "render_item": render_item,
            "literal_binds": literal_binds,
            "upgrade_token": upgrade_token,
            "downgrade_token": downgrade_token,
            "alembic_module_prefix": alembic_module_prefix,
            "sqlalchemy_module_prefix": sqlalchemy_module_prefix,
            "user_module_prefix": user_module_prefix,
            "on_version_apply": on_version_apply,
            "transaction_per_migration": transaction_per_migration,
            "autogenerate_plugins": autogenerate_plugins,
        }
        opts.update(given)
        opts["transactional_ddl"] = transactional_ddl
        opts["output_buffer"] = output_buffer or opts.get("output_buffer") or self.config.output_buffer
        if starting_rev:
            opts["starting_rev"] = starting_rev
        if tag:
            opts["tag"] = tag
        if template_args:
            # updated in place: the revision command reads the dict that it passed
            opts.setdefault("template_args", {}).update(template_args)
        opts.setdefault("edition", self.config.edition)
        for name, value in zip(OPTIONS, self.config.limits, strict=True):
            opts.setdefault(name, value)
        opts.setdefault("history", self.config.get_limbeck_boolean("history"))
        opts.setdefault("history_scripts", self.config.get_limbeck_boolean("history_scripts") or False)
        opts.setdefault("objects", self.config.folder_of("objects"))
        opts.setdefault("repeatable_objects", self.config.folder_of("repeatable_objects"))
        opts.setdefault("longest_body", self.config.longest_body)
        opts.setdefault("ahead", self.config.get_alembic_option("ahead"))
        opts["script"] = self.script
        opts.update(kw)
        opts.update(self._commanded)
        opts["render_as_batch"] = _batch_form(render_as_batch, opts["edition"])
        if opts["edition"] is not None and self.config.messaging_opts.get("quiet"):
            from .runtime.logging_sections import only_warnings

            only_warnings()
        if opts["edition"] is not None and self.config.interactive:
            from .runtime.logging_sections import speak_plainly

            speak_plainly()
        make = MigrationContext.configure if self.recorder is None else self.recorder.configure
        self._migration_context = make(
            connection=connection,
            url=url,
            dialect_name=dialect_name,
            environment_context=self,
            dialect_opts=dialect_opts,
            opts=opts,
        )
        self._contexts.append(self._migration_context)
        _judge_unknown(kw, self._migration_context, given)

    def run_migrations(self, **kw: Any) -> None:
        """Run the command's steps on the database of the last `configure`; ``kw`` goes to every script's function."""
        context = self.get_context()
        recorder = self.recorder
        operations = _current.Later(lambda: _operations(context) if recorder is None else recorder.operations(context))
        token = _current.operations.install(operations)
        try:
            context.run_migrations(**kw)
        finally:
            _current.operations.remove(operations, token)
        if recorder is not None:
            recorder.finished(context)

    def number_of_statements(self, step: MigrationStep) -> int | None:
        """How many statements ``step`` sends, found by writing them into a script that nobody reads.

        :return: None where its function does more than send statements, and where it needs a database for them.
        """
        if not step.only_sends_statements:
            return None
        count = CountedStatements()
        operations = _operations(self.get_context().written_to(count))
        token = _current.operations.install(operations)
        try:
            step.migration_fn()
        except Exception:  # noqa: BLE001 what fails here is not asked for
            return None
        finally:
            _current.operations.remove(operations, token)
        return count.number(self.get_impl().words_of_reads)

    def execute(self, sql: Executable | str, execution_options: Mapping[str, Any] | None = None) -> None:
        """Execute a statement, or write it into the script."""
        self.get_context().execute(sql, execution_options=execution_options)

    def static_output(self, text: str) -> None:
        """Write ``text`` as it stands, and an empty line, into the script."""
        self.get_context().impl.static_output(text)

    def begin_transaction(self) -> ProxyTransaction | AbstractContextManager[None]:
        """Begin the transaction around the run; see ``MigrationContext.begin_transaction``."""
        return self.get_context().begin_transaction()

    def get_context(self) -> MigrationContext:
        """The MigrationContext of the last `configure`; raises Exception before it."""
        if self._migration_context is None:
            raise CommandError(
                "No context has been configured yet.",
                code="not-configured",
                hint="call context.configure() before this",
            )
        return self._migration_context

    def get_bind(self) -> Connection | None:
        """The connection of the run."""
        return self.get_context().bind  # type: ignore[return-value]  # a stand-in for one offline

    def get_impl(self) -> DefaultImpl:
        """The impl that speaks the database's dialect."""
        return self.get_context().impl


class CountedStatements(StringIO):
    """A script of which only the number of statements is wanted: each is written by itself."""

    def __init__(self) -> None:
        super().__init__()
        self._written: list[str] = []

    def write(self, text: str) -> int:
        """Count ``text`` as a statement."""
        self._written.append(text.lstrip().upper())
        return len(text)

    def number(self, words_of_reads: tuple[str, ...]) -> int:
        """How many statements there are without those that begin with one of ``words_of_reads``."""
        return sum(not text.startswith(words_of_reads) for text in self._written)


def _operations(context: MigrationContext) -> Any:
    """The operations on ``context``; imported only where there is something to run."""
    from .operations import Operations

    return Operations(context)


def _batch_form(wanted: bool | str | None, edition: int | None) -> bool | str:
    """``render_as_batch`` with its default; a text that means nothing is True to Alembic."""
    if wanted is None:
        return False if edition is None else "auto"
    if edition is not None and isinstance(wanted, str) and wanted != "auto":
        from .call_site import caller

        file, line = caller()
        raise CommandError(
            f"render_as_batch is True, False or 'auto', not {wanted!r}",
            code="unknown-batch-form",
            hint="correct it in context.configure()",
            file=file,
            line=line,
        )
    return wanted


def _judge_unknown(kw: dict[str, Any], context: MigrationContext, named: dict[str, Any]) -> None:
    """Warn of, or under an edition refuse, undeclared keywords of ``configure()``."""
    known = EXTRA_OPTIONS | set(context.impl.context_option_names)
    if kw.keys() <= known:
        return
    from .runtime.plugins import declared_options

    known |= declared_options()
    for name in sorted(kw.keys() - known):
        from difflib import get_close_matches

        from .call_site import caller

        file, line = caller()
        nearest = get_close_matches(name, [*known, *named], n=1)
        message = f"context.configure() knows no option '{name}'"
        hint = f"did you mean '{nearest[0]}'?" if nearest else "a dialect or plugin that reads it has to declare it"
        if context.edition is not None:
            raise CommandError(message, code="unknown-option", hint=hint, file=file, line=line)
        warn(message, code="unknown-option", hint=hint, file=file, line=line, stacklevel=4)
