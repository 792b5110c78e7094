"""The part of an impl that executes statements: on a connection, or by writing them into a script."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.console import discard
from limbeck.errors import CommandError, warn

from .offline import OfflineConnection
from .output import Script
from .unsupported import Unsupported, unsupported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

    from sqlalchemy.engine import Connection, CursorResult, Dialect
    from sqlalchemy.sql.elements import ClauseElement, ColumnElement

    Values = Mapping[str, Any]

NO_VALUES: Values = {}


class Execution:
    """The base of all parts of `limbeck.ddl.impl.DefaultImpl`.

    :param dialect: SQLAlchemy's dialect.
    :param connection: where statements go; None in offline mode.
    :param as_sql: write a script instead.
    :param transactional_ddl: whether DDL takes part in transactions; None: as the class says.
    :param output_buffer: the script's stream, in offline mode.
    :param context_opts: the options of `configure()`, unknown ones included.
    """

    transactional_ddl: bool = False
    command_terminator: str = ";"
    batch_separator: str = ""

    can_transact_ddl: bool = False
    """Whether DDL is transactional under an edition, though `transactional_ddl` is False as in Alembic."""

    def __init__(
        self,
        dialect: Dialect,
        connection: Connection | None,
        as_sql: bool,
        transactional_ddl: bool | None,
        output_buffer: TextIO | None,
        context_opts: dict[str, Any],
    ) -> None:
        self.dialect = dialect
        self.connection = connection
        self.as_sql = as_sql
        self.literal_binds = bool(context_opts.get("literal_binds", False))
        self.output_buffer = output_buffer
        self.memo: dict[Any, Any] = {}
        self.context_opts = context_opts
        if transactional_ddl is not None:
            self.transactional_ddl = transactional_ddl
        elif self.edition is not None and self.can_transact_ddl:
            self.transactional_ddl = True
        if self.literal_binds and not as_sql:
            raise CommandError("Can't use literal_binds setting without as_sql mode", code="literal-binds-online")
        self._script = Script(dialect, self.command_terminator) if as_sql else None
        stand_in: type[OfflineConnection] = context_opts.get("offline_connection", OfflineConnection)
        self._offline = stand_in(dialect, self._write) if as_sql else None

    @property
    def bind(self) -> Connection | OfflineConnection | None:
        """The connection; in offline mode a stand-in that writes into the script."""
        return self._offline if self.as_sql else self.connection

    @property
    def edition(self) -> int | None:
        """The edition of the environment; None: as Alembic."""
        return self.context_opts.get("edition")

    @property
    def can_query(self) -> bool:
        """Whether the database can be asked something.

        Not in offline mode, nor on a stand-in for a connection, with which packages test what their operations send:
        there every decision is made by the arguments of the call, as Alembic makes it, and nothing else is sent.
        """
        return not self.as_sql and isinstance(self.connection, sa.Connection)

    def translated(self, schema: str | None) -> str | None:
        """Under an edition, the schema that the connection's ``schema_translate_map`` has in place of ``schema``.

        For SQL and questions to the catalogue that SQLAlchemy does not translate: DDL elements of `limbeck.ddl.base`,
        text, `Inspector`. Without an edition ``schema`` itself, as in Alembic.
        """
        if self.edition is None or self.connection is None or not self.can_query:
            return schema
        places: Mapping[str | None, str | None] = (
            self.connection.get_execution_options().get("schema_translate_map") or {}
        )
        return places.get(schema, schema)

    def require_connection(self, what: str) -> Connection:
        """The connection; raises `CommandError` where there is none.

        :param what: what needs it, as the start of a sentence: "A rebuild".
        """
        if self.connection is None:
            raise CommandError(f"{what} needs a database connection", code="no-connection")
        return self.connection

    def refuse_or_warn(self, message: str, *, code: str, hint: str) -> None:
        """Refuse doubtful input under an edition; without one warn at the line of the call, and go on as Alembic."""
        if self.edition is not None:
            raise unsupported(message, code=code, hint=hint)
        file, line = caller()
        warn(message, code=code, hint=hint, file=file, line=line)

    # -- statements ------------------------------------------------------------------------------------------------

    def _exec(
        self,
        construct: Any,
        execution_options: Mapping[str, Any] | None = None,
        multiparams: Sequence[Values] | None = None,
        params: Values | None = NO_VALUES,
    ) -> CursorResult[Any] | None:
        """Execute one statement, or write it into the script.

        :param construct: any executable; in a str, ``:name`` is a bind parameter only where parameters are given.
        :param execution_options: for this statement.
        :param multiparams: several sets of parameters; excludes ``params``.
        :param params: one set.
        """
        if multiparams and params:
            raise TypeError("Can't send params and multiparams at the same time")
        if isinstance(construct, str):
            construct = sa.text(construct) if multiparams or params else sqla.as_written(construct)
        try:
            return self._send(construct, execution_options, multiparams, params)
        except Unsupported:
            raise
        except exc.CompileError as error:
            fact = sqla.compile_message(error)
            unknown = _unknown_construct(error, fact)
            raise unsupported(
                fact if unknown is None else f"{self.dialect.name} cannot express {unknown}",
                code="cannot-compile",
                hint="leave the option out for this dialect, or write the statement as SQL text",
            ) from error

    def _send(self, construct: Any, execution_options: Any, multiparams: Any, params: Any) -> CursorResult[Any] | None:
        if self.as_sql:
            self._write(construct, multiparams, params)
            return None
        connection = self.require_connection("This statement")
        options = dict(execution_options or {})
        if "isolation_level" in options:  # known to connections only
            connection = connection.execution_options(**options)
            options = {}
        has_map = self.edition is not None and "schema_translate_map" in connection.get_execution_options()
        if has_map and sqla.follow_schema_map(construct):
            options["compiled_cache"] = None  # it may hold the statement as it is without the map
        return connection.execute(
            construct, list(multiparams) if multiparams else dict(params or ()) or None, execution_options=options
        )

    def execute(
        self,
        sql: Any,
        execution_options: Mapping[str, Any] | None = None,
        params: Values | Sequence[Values] | None = None,
    ) -> None:
        """Execute one statement; parameters as those of `_exec`, a list of sets executes it once for each."""
        if params is None:
            self._exec(sql, execution_options)
        elif isinstance(params, (list, tuple)):
            self._exec(sql, execution_options, multiparams=params)
        else:
            self._exec(sql, execution_options, params=params)  # type: ignore[arg-type]

    # -- expressions -----------------------------------------------------------------------------------------------

    def render_ddl_sql_expr(self, expr: ColumnElement[Any], is_server_default: bool = False, **kw: Any) -> str:
        """``expr`` as SQL for DDL: literals in place, no table names.

        :param is_server_default: it stands after ``DEFAULT``; SQLite wants parentheses there.
        :param kw: ``is_index``, it is a key of an index; PostgreSQL and MySQL want parentheses around most of them.
        """
        compiled = (self._index_key(expr) if kw.get("is_index") else expr).compile(
            dialect=self._script_dialect, compile_kwargs={"literal_binds": True, "include_table": False}
        )
        return str(compiled)

    def _index_key(self, expr: ClauseElement) -> ClauseElement:
        """A key of an index, in parentheses where SQLAlchemy writes CREATE INDEX with them."""
        return expr

    @cached_property
    def _script_dialect(self) -> Dialect:
        return sqla.for_script(self.dialect)

    # -- the script ------------------------------------------------------------------------------------------------

    def static_output(self, text: str) -> None:
        """Write ``text`` and an empty line into the script, and flush; a reader that is gone is no error."""
        if self.output_buffer is None:
            raise CommandError("There is no script to write to", code="no-output-buffer")
        try:
            self.output_buffer.write(text + "\n\n")
            self.output_buffer.flush()
        except BrokenPipeError:
            discard(self.output_buffer)

    def _write(self, construct: Any, multiparams: Any = None, params: Any = None) -> None:
        if self._script is not None:
            for text in self._script.statements(construct, multiparams, params):
                self._write_statement(text)

    def _write_statement(self, text: str) -> None:
        self.static_output(text)
        if self.batch_separator:
            self.static_output(self.batch_separator)

    def emit_begin(self) -> None:
        """Write the start of a transaction into the script."""
        self.static_output("BEGIN" + self.command_terminator)

    def emit_commit(self) -> None:
        """Write the end of a transaction into the script."""
        self.static_output("COMMIT" + self.command_terminator)


def _unknown_construct(error: exc.CompileError, message: str) -> str | None:
    """The name of the construct that the dialect has no compiler for, where that is the error."""
    found = re.search(r"can't render element of type <class '(?:\w+\.)*(\w+)'>", message)
    return found.group(1) if isinstance(error, exc.UnsupportedCompilationError) and found else None
