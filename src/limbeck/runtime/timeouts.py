"""The timeouts of a run's session: set for a run, a step or a block, and put back afterwards.

Where the database has settings of a transaction (PostgreSQL) they are made as each transaction begins, so that nothing
is left behind, also in a pooler that gives the session to another client. Elsewhere they are settings of the session,
whose values of before are read and put back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from limbeck import sqla
from limbeck.errors import warn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy.engine import Connection

    from limbeck.ddl.impl import DefaultImpl
    from limbeck.limits import Limits

DEFAULT_LOCK_TIMEOUT = 5.0
"""Seconds that a run under an edition waits for a lock on a table, where neither it nor the session says otherwise."""

log = logging.getLogger("alembic.runtime.migration")

Settings = dict[str, str]
Undo = Callable[[], None]


class SessionTimeouts:
    """The timeouts of one run's session, or of a script.

    :param impl: the impl, whose dialect knows the settings.
    :param connection: the run's connection; None for a script.
    :param asked: the limits of the whole run.
    :param by_default: whether the default for locks holds where ``asked`` has none.
    """

    def __init__(self, impl: DefaultImpl, connection: Connection | None, asked: Limits, *, by_default: bool) -> None:
        self._impl = impl
        self._dialect = impl.timeouts()
        self._connection = connection
        self._asked = asked
        self._by_default = by_default and asked.lock is None and connection is not None
        self._layers: list[Settings] = []
        self._script_transaction = False
        self._script_autocommits = False
        self._lifted: Settings = {}
        self._defaults: Settings | None = None

    @property
    def lock(self) -> float | None:
        """Seconds that the run waits for a lock, as far as it is known here; None: as the session has it."""
        return DEFAULT_LOCK_TIMEOUT if self._by_default else self._asked.lock

    # --- layers -------------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """See whether the default for locks holds, in the transaction that is open anyway; of no use without one."""
        if self._by_default:
            self._defaults = self._default()

    @contextmanager
    def of_run(self) -> Iterator[None]:
        """Set the timeouts of the run for the length of a block; the default only where nobody has set another."""
        settings = self._settings(self._asked)
        if self._by_default:
            settings |= self._default() if self._defaults is None else self._defaults
        with self._layer(settings):
            yield

    @contextmanager
    def of_step(self, limits: Limits) -> Iterator[None]:
        """Set those of a revision, whose transaction begins in the block, unless one holds the run."""
        with self._layer(self._settings(limits)):
            yield

    @contextmanager
    def block(self, limits: Limits) -> Iterator[None]:
        """Set those of a block of a script."""
        with self._layer(self._settings(limits), at_once=True):
            yield

    def _default(self) -> Settings:
        connection = self._connection
        default = self._dialect.of(DEFAULT_LOCK_TIMEOUT, None)
        if connection is None or not self._dialect.unset:
            return {}
        with sqla.left_as_found(connection):
            return {
                name: value
                for name, value in default.items()
                if self._read(connection, name) in self._dialect.unset.get(name, ())
            }

    def _settings(self, limits: Limits) -> Settings:
        for name, lock, statement in (("lock", limits.lock, None), ("statement", None, limits.statement)):
            if not lock and not statement:
                continue
            if not self._dialect.of(lock, statement):
                warn(
                    f"{self._impl.dialect.name} has no timeout for a {name}: the one that is set has no effect",
                    code="no-such-timeout",
                    hint="leave it out for this database",
                )
        return self._dialect.of(limits.lock, limits.statement)

    @contextmanager
    def _layer(self, settings: Settings, *, at_once: bool = False) -> Iterator[None]:
        """Have ``settings`` on top of those that hold already.

        :param at_once: not only in an open transaction: the next statement begins it.
        """
        if not settings:
            yield
            return
        put_back = self._change(settings, at_once=at_once)
        self._layers.append(settings)
        with _then(put_back):
            try:
                yield
            finally:
                self._layers.pop()

    def _change(self, settings: Settings, *, at_once: bool) -> Undo:
        """Make ``settings`` where the database is now; what undoes that."""
        connection = self._connection
        if connection is None:
            return self._change_in_script(settings)
        if self._dialect.local and not sqla.is_autocommit(connection):
            if not (at_once or connection.in_transaction()):
                return _nothing
            before = self._make(connection, settings, local=True)
            return lambda: self._make_again(connection, before)
        if self._impl.is_pooled(connection):
            log.info("No timeouts outside transactions: a pooler gives this session to others")
            return _nothing
        before = self._make(connection, settings, local=False)
        return lambda: self._send(connection, before, local=False)

    def _make(self, connection: Connection, settings: Settings, *, local: bool) -> Settings:
        """Make the settings that are others now; the values of those before."""
        with sqla.left_as_found(connection):
            before = {name: self._read(connection, name) for name in settings}
        changed = {name: value for name, value in settings.items() if before[name] != value}
        self._send(connection, changed, local=local)
        return {name: before[name] for name in changed}

    def _make_again(self, connection: Connection, before: Settings) -> None:
        """Make the settings of ``before`` in the open transaction, which may have begun within the layer."""
        if connection.in_transaction():
            self._send(connection, before, local=True)

    def _read(self, connection: Connection, name: str) -> str:
        return str(connection.exec_driver_sql(self._dialect.reading(name)).scalar())

    def _send(self, connection: Connection, settings: Settings, *, local: bool) -> None:
        """Make the settings; those of the session outside a transaction begin none."""
        with nullcontext() if local else sqla.left_as_found(connection):
            for name, value in settings.items():
                connection.exec_driver_sql(self._dialect.writing(name, value, local=local))

    def _change_in_script(self, settings: Settings) -> Undo:
        """Write ``settings`` into the script, unless they come with the transaction that is about to begin."""
        local = self._dialect.local and self._script_transaction
        if self._dialect.local and self._impl.transactional_ddl and not (local or self._script_autocommits):
            return _nothing
        self._write(settings, local=local)
        return lambda: self._write({name: self._wanted().get(name) for name in settings}, local=local)

    def _write(self, settings: Mapping[str, str | None], *, local: bool) -> None:
        for name, value in settings.items():
            self._impl.execute(self._dialect.writing(name, value, local=local))

    def _wanted(self) -> Settings:
        """The settings of all layers, the innermost first."""
        return {name: value for layer in self._layers for name, value in layer.items()}

    # --- transactions -------------------------------------------------------------------------------------------------

    def begun(self) -> None:
        """A transaction of the run, or of the script, has begun."""
        self._script_transaction = self._connection is None
        if self._dialect.local and self._layers:
            if self._connection is None:
                self._write(self._wanted(), local=True)
            else:
                self._send(self._connection, self._wanted(), local=True)

    def ended(self) -> None:
        """A transaction of the script has ended."""
        self._script_transaction = False

    @contextmanager
    def autocommit(self) -> Iterator[None]:
        """Set them for the session in a block without a transaction, where they are those of a transaction elsewhere.

        They are lifted for statements that are in nobody's way while they wait.
        """
        wanted = self._wanted() if self._dialect.local else {}
        connection = self._connection
        if not wanted:
            yield
        elif connection is None:
            self._write(wanted, local=False)
            self._script_autocommits = True
            yield
            self._script_autocommits = False
            self._write(dict.fromkeys(wanted), local=False)
        else:
            with _then(self._change(wanted, at_once=True)), self._lifting(connection):
                yield

    @contextmanager
    def _lifting(self, connection: Connection) -> Iterator[None]:
        event.listen(connection, "before_cursor_execute", self._before_statement)
        try:
            yield
        finally:
            event.remove(connection, "before_cursor_execute", self._before_statement)
            self._lifted = {}

    def _before_statement(self, connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        endlessly = self._dialect.blocks_nobody(statement)
        if endlessly == bool(self._lifted):
            return
        cursor = connection.connection.cursor()
        endless = self._dialect.of(0, None)
        if endlessly:
            for name in endless:
                cursor.execute(self._dialect.reading(name))
                (self._lifted[name],) = cursor.fetchone() or ("0",)
        for name, value in (endless if endlessly else self._lifted).items():
            cursor.execute(self._dialect.writing(name, value, local=False))
        cursor.close()
        if not endlessly:
            self._lifted = {}


@contextmanager
def _then(undo: Undo) -> Iterator[None]:
    """Call ``undo`` after a block; an error of the block is the one to report, and an interrupt calls nothing."""
    try:
        yield
    except Exception:
        with suppress(SQLAlchemyError):
            undo()
        raise
    undo()


def _nothing() -> None:
    """Nothing has to be undone."""
