"""What statements did while they ran, as the database tells: what `limbeck lint --observe` asks of a dialect."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.engine import Connection

    Parameters = Sequence[object] | Mapping[str, object] | None
    """The values of a statement."""

R = TypeVar("R")


class HeldLock(NamedTuple):
    """A lock on a table that a transaction has when a statement has ended.

    :param table: the table. :param mode: the database's own name of the lock, as a plan has it.
    :param is_new: whether this statement took it, and not one before it.
    """

    table: str
    mode: str
    is_new: bool = True


class Seen(NamedTuple):
    """What a statement did.

    :param locks: the locks that its transaction has then on tables that there were before the run.
    :param rewritten: the tables that were written anew. :param read: those whose rows were all read.
    :param seconds: how long it took.
    """

    locks: tuple[HeldLock, ...] = ()
    rewritten: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def is_something(self) -> bool:
        """Whether it did anything to a table that others may wait for."""
        return bool(self.rewritten or self.read or any(lock.is_new for lock in self.locks))


class Observer:
    """Sees what the statements of a session do, one after the other.

    :param connection: the session, of a scratch database: statements may be sent in another way than the script does.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._begun = 0.0

    def start(self, statement: str, parameters: Parameters) -> str:
        """Called before a statement is sent.

        :return: the statement to send, where another one does the same.
        """
        given = self.before(statement, parameters)
        self._begun = perf_counter()
        return given

    def end(self) -> Seen:
        """What the statement did that has just ended."""
        seconds = perf_counter() - self._begun
        seen = self.after()
        return seen if seen.seconds else seen._replace(seconds=seconds)

    def before(self, statement: str, parameters: Parameters) -> str:
        """What a dialect does in `start`."""
        return statement

    def after(self) -> Seen:
        """What a dialect sees in `end`; its seconds count where it measures them itself."""
        raise NotImplementedError

    def failed(self) -> None:
        """Called where it has failed."""

    def rows(self, statement: str, kind: Callable[..., R]) -> list[R]:
        """What ``kind`` makes of the rows of a query in the session, of which SQLAlchemy does not know."""
        cursor = self.connection.connection.cursor()
        try:
            cursor.execute(statement)
            return [kind(*row) for row in cursor.fetchall()]
        finally:
            cursor.close()

    def send(self, statement: str, parameters: Parameters = None) -> None:
        """Execute a statement in the session, of which SQLAlchemy does not know."""
        cursor = self.connection.connection.cursor()
        try:
            cursor.execute(statement, parameters)
        finally:
            cursor.close()
