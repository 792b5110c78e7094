"""Who began the transaction that a connection is in: it decides who commits (failures R1, R2).

SQLAlchemy begins a transaction by itself with the first statement on a connection. Where env.py's own statement did
that, nobody else will ever commit it; where a transaction was begun in so many words, or was open before env.py ran,
its owner commits it and we never do. A listener on SQLAlchemy's events keeps the record from which this is told.
"""

from __future__ import annotations

import threading
from enum import Enum
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from limbeck import _current, sqla
from limbeck.errors import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


class Origin(Enum):
    """Where the transaction comes from that a connection is in when it is handed to ``configure()``."""

    NONE = "none is open"
    STATEMENT = "a statement of env.py began it"
    EXPLICIT = "env.py began it in so many words"
    HANDED_IN = "it was open before env.py ran"

    @property
    def external(self) -> bool:
        """Whether somebody else commits it."""
        return self in (Origin.EXPLICIT, Origin.HANDED_IN)


class _Record:
    """What the events said of one connection: the environment that it began its transaction in, and how."""

    __slots__ = ("autobegun", "environment", "made_in")

    def __init__(self, made_in: object) -> None:
        self.made_in = made_in
        self.environment: object = None
        self.autobegun: bool | None = None


_records: WeakKeyDictionary[Connection, _Record] = WeakKeyDictionary()
_guard = threading.Lock()
_watching = False


def watch() -> None:
    """Start to keep the record, once a process; to be called before env.py runs."""
    global _watching  # noqa: PLW0603 the listeners are SQLAlchemy's globals, and so is the fact that they are there
    with _guard:
        if not _watching:
            sqla.listen_to_transactions(_connection_made, _transaction_begun)
            _watching = True


def _connection_made(connection: Connection) -> None:
    _records[connection] = _Record(_current.environment.own())


def _transaction_begun(connection: Connection, autobegun: bool) -> None:
    record = _records.get(connection)
    if record is None:
        record = _records[connection] = _Record(None)
    record.environment = _current.environment.own()
    record.autobegun = autobegun


def begun_since(connection: Connection) -> bool:
    """Whether the open transaction of ``connection``, which is not ours, was begun in so many words."""
    record = _records.get(connection)
    return connection.in_transaction() and record is not None and record.autobegun is False


def origin(connection: Connection) -> Origin:
    """Tell where the open transaction of ``connection`` comes from.

    Raises `CommandError` where env.py made the connection but nothing shows who began its transaction.
    """
    if not connection.in_transaction():
        return Origin.NONE
    here = _current.environment.own()
    record = _records.get(connection)
    if record is None or record.autobegun is None:
        if record is not None and here is not None and record.made_in is here:
            raise CommandError(
                "The connection given to configure() is in a transaction, and nothing shows who began it",
                code="unknown-transaction",
                hint="commit or roll back before context.configure(), or begin the transaction with connection.begin()",
            )
        return Origin.HANDED_IN
    if here is None or record.environment is not here:
        return Origin.HANDED_IN
    return Origin.STATEMENT if record.autobegun else Origin.EXPLICIT
