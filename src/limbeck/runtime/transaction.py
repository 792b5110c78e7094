"""The transactions of a run: begun, committed and rolled back here.

Where DDL is transactional one transaction holds the whole run, or each step has its own; where it is not, each step has
its own. A transaction that belongs to the caller (`Origin`) is used and never ended.
"""

from __future__ import annotations

import re
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Self

from sqlalchemy import event

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.errors import CommandError

from .origin import Origin, begun_explicitly, origin, watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from types import TracebackType

    from sqlalchemy.engine import Connection, Transaction

    from limbeck.ddl.impl import DefaultImpl

    from .record import StatementRecord
    from .timeouts import SessionTimeouts

    Around = Callable[[], AbstractContextManager[None]]


class ProxyTransaction:
    """What ``begin_transaction()`` gives: a transaction, to be ended by its methods or by a ``with`` block.

    :param transactions: the transactions of the run; at most one of them is open.
    :param around: what surrounds a ``with`` block, and is left after the transaction.
    """

    def __init__(self, transactions: Transactions, around: Around = nullcontext) -> None:
        self._transactions = transactions
        self._around = around
        self._entered: AbstractContextManager[None] = nullcontext()

    def rollback(self) -> None:
        """Roll back, unless the transaction has ended."""
        transaction, self._transactions.current = self._transactions.current, None
        if transaction is not None and transaction.is_active:
            transaction.rollback()

    def commit(self) -> None:
        """Commit, unless the transaction has ended."""
        transaction, self._transactions.current = self._transactions.current, None
        if transaction is not None and transaction.is_active:
            transaction.commit()

    def __enter__(self) -> Self:
        self._entered = self._around()
        self._entered.__enter__()
        return self

    def __exit__(
        self, type_: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if type_ is not None:
                self.rollback()
            else:
                self.commit()
                self._transactions.settle()  # a script that has committed by itself may have gone on
        except BaseException as error:
            self._entered.__exit__(type(error), error, error.__traceback__)
            raise
        self._entered.__exit__(type_, value, traceback)


class Transactions:
    """The transactions of one run, of which at most one is open.

    :param impl: the impl, which begins a transaction in the database where SQLAlchemy's own does not hold DDL.
    :param connection: the run's connection; None for a script, into which BEGIN and COMMIT are written.
    :param record: the record of statements, which is told what was committed.
    :param timeouts: the timeouts of the session, which are set as a transaction begins.
    :param per_step: whether each step has a transaction where one could hold the run.
    :param only_reads: begin none in the database itself, where that could lock it.
    """

    def __init__(
        self,
        impl: DefaultImpl,
        connection: Connection | None,
        record: StatementRecord,
        timeouts: SessionTimeouts,
        *,
        per_step: bool,
        only_reads: bool = False,
    ) -> None:
        self._impl = impl
        self._connection = connection
        self._record = record
        self._timeouts = timeouts
        self._per_step = per_step
        self._only_reads = only_reads
        watch()
        #: of the transaction that the connection was in before the run
        self.origin = Origin.NONE if connection is None else origin(connection)
        #: the open transaction of the run
        self.current: Transaction | None = None
        #: whether the statements that are written into a script belong to no transaction
        self.script_autocommits = False
        self._is_dry = False

    @property
    def one_per_run(self) -> bool:
        """Whether one transaction holds the whole run."""
        return self._impl.transactional_ddl and not self._per_step

    @property
    def is_open(self) -> bool:
        """Whether a transaction of the run, or of the caller, is open; one that a read began is neither."""
        return self.current is not None or self.origin.external

    @property
    def all_ended(self) -> bool:
        """Whether the connection is in no transaction, nor will the caller's be committed later."""
        return self._connection is None or not (self.origin.external or self._connection.in_transaction())

    def look_again(self) -> None:
        """See whether env.py has begun a transaction since ``configure()``, which it will commit then."""
        if self._connection is None or self.current is not None or self.origin is Origin.HANDED_IN:
            return
        if begun_explicitly(self._connection):
            self.origin = Origin.EXPLICIT
        elif not self._connection.in_transaction():
            self.origin = Origin.NONE

    # --- begin and end ------------------------------------------------------------------------------------------------

    def of_run(self, around: Around) -> ProxyTransaction | AbstractContextManager[None]:
        """The transaction around all steps, begun at once; only ``around`` where each step has its own.

        :param around: what surrounds the steps, and is left after the transaction.
        """
        return self._enclosing(self.one_per_run, around, adopt=True)

    def of_step(self) -> ProxyTransaction | AbstractContextManager[None]:
        """The transaction around a step, begun at once; without effect where one holds the whole run."""
        wanted = not self.one_per_run and (self._impl.transactional_ddl or not self._impl.as_sql)
        return self._enclosing(wanted)

    def _enclosing(
        self, wanted: bool, around: Around = nullcontext, *, adopt: bool = False
    ) -> ProxyTransaction | AbstractContextManager[None]:
        if not wanted or self.is_open:
            return around()
        if self._connection is None:
            return self._in_script(around)
        self.begin(self._connection, self._impl.open_transaction, adopt=adopt)
        return ProxyTransaction(self, around)

    @contextmanager
    def _in_script(self, around: Around) -> Iterator[None]:
        with around():
            self._impl.emit_begin()
            self._timeouts.begun()
            yield
            self._impl.emit_commit()
            self._timeouts.ended()

    def begin(self, connection: Connection, in_database: Callable[[Connection], None], *, adopt: bool = False) -> None:
        """Begin a transaction.

        :param in_database: begins it in the database too; where that fails it is rolled back.
        :param adopt: take over the transaction that a statement began, in place of committing it.
        """
        if connection.in_transaction() and not adopt:
            connection.commit()
        self.current = connection.get_transaction() or connection.begin()
        try:
            if not self._only_reads:
                in_database(connection)
            self._timeouts.begun()
        except BaseException:
            ProxyTransaction(self).rollback()
            raise

    @contextmanager
    def ending(self) -> Iterator[ProxyTransaction]:
        """Commit the open transaction after the block, and with it all steps; roll it back where the block raises."""
        with ProxyTransaction(self) as transaction:
            yield transaction
        self._record.committed_all()

    def settle(self) -> None:
        """Commit what a read, or a statement of env.py, began; the next read sees what others have committed since."""
        if self._connection is not None and not self.is_open and self._connection.in_transaction():
            self._connection.commit()

    def abandon(self) -> None:
        """Roll back what a read began, so that a failed run leaves the connection in no transaction."""
        connection = self._connection
        if connection is not None and not self.is_open and connection.in_transaction() and not connection.invalidated:
            from sqlalchemy.exc import SQLAlchemyError

            with suppress(SQLAlchemyError):  # the failure of the run is the one to report
                connection.rollback()

    @contextmanager
    def rolled_back(self) -> Iterator[None]:
        """A transaction that holds all of the block, and is rolled back after it.

        :raises CommandError: where DDL is not transactional, where the open transaction is the caller's, and where the
            block would commit.
        """
        connection = self._connection
        if connection is None or not self._impl.transactional_ddl:
            dialect = self._impl.dialect.name
            raise _not_dry(f"on {dialect} DDL commits by itself", in_script=False)
        self.look_again()
        if self.origin.external:
            raise _not_dry(f"a transaction is open that is the caller's: {self.origin.value}", in_script=False)
        self.settle()
        self.current = self.current or connection.begin()
        self._is_dry = True
        event.listen(connection, "commit", _refuse_commit)
        event.listen(connection, "rollback", _refuse_rollback)
        event.listen(connection, "before_cursor_execute", _refuse_statement)
        try:
            self._impl.open_transaction(connection)
            self._timeouts.begun()
            yield
        finally:
            self._is_dry = False
            event.remove(connection, "commit", _refuse_commit)
            event.remove(connection, "rollback", _refuse_rollback)
            event.remove(connection, "before_cursor_execute", _refuse_statement)
            ProxyTransaction(self).rollback()
            if connection.in_transaction():
                connection.rollback()

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """Commit what is open, run the block in autocommit mode, and begin a transaction again if there was one.

        Raises `CommandError` where the open transaction is the caller's.
        """
        connection = self._connection
        if connection is None:
            if self._impl.transactional_ddl:
                self._impl.emit_commit()
                self._timeouts.ended()
            self.script_autocommits = True
            try:
                with self._timeouts.autocommit():
                    yield
            finally:
                self.script_autocommits = False
            if self._impl.transactional_ddl:
                self._impl.emit_begin()
                self._timeouts.begun()
            return
        if self._is_dry:
            raise _not_dry("autocommit_block() commits what is open")
        if self.origin.external and connection.in_transaction():  # a script may have ended it
            raise CommandError(
                f"autocommit_block() would have to commit the caller's transaction: {self.origin.value}",
                code="external-transaction",
                hint="give context.configure() a connection that is in no transaction; in env.py, commit or end the "
                "transaction that was begun on it",
            )
        had_one = self.current is not None
        self._record.committing()
        self.current = None  # a script may have ended it, and a statement begun another one since
        connection.commit()
        self._record.committed_all()
        level = sqla.isolation_level(connection)
        connection.execution_options(isolation_level="AUTOCOMMIT")
        before, self._record.autocommit = self._record.autocommit, True
        connection.begin()
        try:
            with self._timeouts.autocommit():
                yield
        finally:
            self._record.autocommit = before
            if connection.invalidated:  # by an interrupt, or with the session
                connection.rollback()
            else:
                connection.commit()
                connection.execution_options(isolation_level=level)
                if had_one:
                    self.begin(connection, self._impl.open_transaction)


# --- what a dry run must not do ---------------------------------------------------------------------------------------

_ENDS = re.compile(
    r"\s*(?:COMMIT|END|ABORT|ROLLBACK(?!\s+(?:TO|TRANSACTION\s+TO|WORK\s+TO)\b))\b|.*;\s*(?:COMMIT|ROLLBACK)\s*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)
"""Statements that end a transaction."""


def _not_dry(why: str, *, in_script: bool = True) -> CommandError:
    file, line = caller() if in_script else (None, None)
    return CommandError(
        f"There is no dry run: {why}",
        code="no-dry-run",
        hint="`limbeck plan --scratch` runs it on a throwaway database instead",
        file=file,
        line=line,
    )


def _refuse_commit(_connection: Connection) -> None:
    raise _not_dry("the script commits by itself")


def _refuse_rollback(_connection: Connection) -> None:
    raise _not_dry("the script rolls back by itself")


def _refuse_statement(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
    if _ENDS.match(statement):
        raise _not_dry(f"a statement ends the transaction: {statement.strip()[:60]}")
