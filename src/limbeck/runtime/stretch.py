"""Revisions in a row that only call operations: their commits and version rows are kept back and made together.

Such a revision cannot see its version row, nor when a transaction ends. Within a transaction that holds the whole run,
the rows are written once for a stretch of them. Where revisions are committed one by one and the dialect can return to
a mark (SQLite), a stretch is one transaction, of a tenth of a second and the revision that is at work: a revision that
fails leaves what it would have left alone, and those before it are committed; a process that dies takes the stretch
back as a whole. Where DDL commits, a stretch is what the journal notes together before it begins: of a process that
dies the next run finds out what is done.
"""

from __future__ import annotations

from contextlib import suppress
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Self

from limbeck.errors import CommandError

if TYPE_CHECKING:
    from limbeck.script.steps import MigrationStep

    from .ahead import Ahead
    from .heads import HeadMaintainer
    from .migration import MigrationContext

LONGEST = 0.1
"""Seconds after which a stretch that is a transaction takes in no further revision."""


class Freedom(Enum):
    """How commits, and with them version rows, may wait for those of later revisions."""

    NONE = "each revision has its own"
    MARKS = "in one transaction, in which a revision can be undone alone"
    NOTES = "DDL commits, and the journal notes beforehand which revisions have begun"


class Stretch:
    """The present stretch of a run, a context manager around the run's steps.

    :param context: the context that takes the steps. :param heads: the version rows. :param ahead: what is ready.
    """

    def __init__(self, context: MigrationContext, heads: HeadMaintainer, ahead: Ahead) -> None:
        self._context = context
        self._record = context._record
        self._journal = context._journal
        self._heads = heads
        self._ahead = ahead
        self._keeps_rows = context._may_keep_rows()
        self._freedom: Freedom | None = None
        self._due: float | None = None
        self._noted = False
        #: whether the version rows of the present step wait for the end of the stretch
        self.keeps = False

    def reach(self, step: MigrationStep) -> None:
        """Come to ``step``: it goes on with the stretch, or the stretch ends before it."""
        plain = step.only_calls_operations
        if not plain:
            self._freedom = None  # it may change the session
        if plain and self._freedom is None:
            self._freedom = self._context._freedom()
        shared = plain and (self._keeps_rows or self._freedom is Freedom.MARKS)
        if not (shared or self._is_noted(step)) or (self._due is not None and monotonic() >= self._due):
            self.end()
        self._noted = self._is_noted(step)
        self.keeps = shared or self._noted
        self._before = self._heads.rows
        if not self.keeps or self._keeps_rows:
            return
        if self._due is None:
            self._context._open_stretch()
            self._due = monotonic() + LONGEST
            self._record.rows_wait = self._noted
        elif shared:
            self._context.impl.mark_revision(self._context._online())

    def _is_noted(self, step: MigrationStep) -> bool:
        return self._journal is not None and self._journal.names(step)

    def leave(self) -> None:
        """The present step has run; called in the transaction of its version rows."""
        if not self._noted:
            self._record.ending(self._together())

    def _together(self) -> list[MigrationStep]:
        """The next steps that the journal may note together."""
        return self._ahead.making_tables() if self._freedom is Freedom.NOTES else []

    def end(self) -> None:
        """Write the rows that were kept back, and commit where the stretch is a transaction."""
        if self._due is None:
            self._heads.write()
            return
        self._due = None
        with self._context._closing_stretch():
            self._write()
            if self._noted:
                self._record.ending(self._together())

    def _write(self) -> None:
        self._heads.write()
        self._record.rows_wait = False

    def break_off(self) -> None:
        """The present revision failed: leave what it would have left alone, and commit those before it."""
        if self._due is None:
            self._write_for_survivors()
            return
        self._due = None
        record = self._record
        with self._context._closing_stretch() as transaction:
            connection = self._context._online()
            stands = not connection.invalidated and (self._noted or self._context.impl.return_to_mark(connection))
            if self._context.impl.transactional_ddl or not stands:
                record.rolled_back()
            if not stands:
                transaction.rollback()
                return
            self._heads.rows = self._before
            with record.not_of_the_step():
                self._write()
                if self._noted and self._journal is not None:
                    self._journal.stand_alone()

    def _write_for_survivors(self) -> None:
        """Write the rows of those before the present revision, should env.py go on and commit the transaction."""
        if not self.keeps:
            return
        self.keeps = False
        self._heads.rows = self._before
        if not self._context._online().invalidated:
            from sqlalchemy.exc import SQLAlchemyError

            with suppress(SQLAlchemyError, CommandError):  # the failure that is on its way says what is wrong
                self._heads.write()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, type_: type[BaseException] | None, *_: object) -> None:
        if type_ is None:
            self.end()
        else:
            self.break_off()
