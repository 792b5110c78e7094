"""How the executor takes steps: one by one, unless a strategy can do better without a visible difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from sqlalchemy.engine import Connection

    from limbeck.ddl.impl import DefaultImpl
    from limbeck.script.steps import MigrationStep

    from .heads import HeadMaintainer
    from .history import History
    from .publisher import Publisher
    from .record import StatementRecord
    from .transaction import Transactions


class RunState(NamedTuple):
    """What a strategy shares with the executor.

    :param connection: the run's connection.
    :param impl: its impl.
    :param transactions: its transactions.
    :param record: the record of the statements of steps.
    :param heads: the version rows.
    :param publisher: the events of the run.
    :param history: the rows of what ran.
    :param per_step: the value of ``configure(transaction_per_migration=...)``, None where env.py gives none.
    """

    connection: Connection
    impl: DefaultImpl
    transactions: Transactions
    record: StatementRecord
    heads: HeadMaintainer
    publisher: Publisher
    history: History
    per_step: bool | None


class Strategy:
    """Takes each step by itself: statements are answered, the version row is written, the transaction is committed.

    The executor calls it around the steps, as a context manager, and at four points of each. A subclass may put off any
    of the three as long as no script, no callback and no failure can tell.
    """

    #: whether the strategy writes the version row of the present step later
    defers_rows = False

    def before(self, step: MigrationStep) -> None:
        """``step`` comes next; called outside its transaction."""

    def once_answered(self, tell: Callable[[], None]) -> None:
        """Call ``tell``, which says how far the run is, as soon as all that was sent is answered."""
        tell()

    def failure(self, error: Exception, step: MigrationStep) -> tuple[Exception, MigrationStep]:
        """The error to report, and its step: ``error`` of ``step``, or an earlier one that only shows now."""
        return error, step

    def roll_back(self) -> None:
        """The present step has failed: leave of it, and of those before it, what each by itself would have left."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, type_: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Finish what was put off; where an exception ends the steps, give it up."""
