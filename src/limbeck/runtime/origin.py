"""Who began the transaction that a connection is in, and will commit it.

SQLAlchemy begins a transaction by itself with the first statement on a connection ("autobegin"). Where a statement of
env.py did that, nothing else will commit it, so the run does. A transaction that env.py began explicitly, or that was
open before env.py ran, is committed by its owner. SQLAlchemy does not tell the two apart later on, so listeners on its
events note how each transaction began.
"""

from __future__ import annotations

import threading
from enum import Enum
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, ref

from limbeck import _current, sqla
from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection


class Origin(Enum):
    """Where the transaction comes from that a connection is in when ``configure()`` receives it."""

    NONE = "none is open"
    STATEMENT = "a statement of env.py began it"
    EXPLICIT = "env.py began it explicitly"
    HANDED_IN = "it was open before env.py ran"

    @property
    def external(self) -> bool:
        """Whether the caller commits it, and the run must not."""
        return self in (Origin.EXPLICIT, Origin.HANDED_IN)


class _Begin:
    """How a connection's latest transaction began, and in which environment; ``made_in``: that of the connection.

    Environments are referred to weakly: they have the connection, which would outlive its run in `_begins` otherwise.
    """

    __slots__ = ("automatic", "environment", "made_in")

    def __init__(self, made_in: object) -> None:
        self.made_in = _weakly(made_in)
        self.environment = _weakly(None)
        self.automatic: bool | None = None


def _weakly(environment: object) -> Callable[[], object]:
    return (lambda: None) if environment is None else ref(environment)


_begins: WeakKeyDictionary[Connection, _Begin] = WeakKeyDictionary()
_guard = threading.Lock()
_watching = False


def watch() -> None:
    """Register the listeners, once a process; to be called before env.py runs."""
    global _watching  # noqa: PLW0603 the listeners are registered for the process, and so is the fact
    with _guard:
        if not _watching:
            sqla.listen_to_transactions(_connection_made, _transaction_begun)
            _watching = True


def _connection_made(connection: Connection) -> None:
    _begins[connection] = _Begin(_current.environment.own())


def _transaction_begun(connection: Connection, automatic: bool) -> None:
    begin = _begins.get(connection)
    if begin is None:
        begin = _begins[connection] = _Begin(None)
    begin.environment = _weakly(_current.environment.own())
    begin.automatic = automatic


def begun_explicitly(connection: Connection) -> bool:
    """Whether ``connection`` is in a transaction that no statement began."""
    begin = _begins.get(connection)
    return connection.in_transaction() and begin is not None and begin.automatic is False


def origin(connection: Connection) -> Origin:
    """The origin of the transaction that ``connection`` is in.

    Raises `CommandError` where env.py made the connection but how its transaction began was not noted.
    """
    if not connection.in_transaction():
        return Origin.NONE
    here = _current.environment.own()
    begin = _begins.get(connection)
    if begin is None or begin.automatic is None:
        if begin is not None and here is not None and begin.made_in() is here:
            raise CommandError(
                "The connection given to configure() is in a transaction, and nothing shows who began it",
                code="unknown-transaction",
                hint="commit or roll back before context.configure(), or begin the transaction with connection.begin()",
            )
        return Origin.HANDED_IN
    if here is None or begin.environment() is not here:
        return Origin.HANDED_IN
    return Origin.STATEMENT if begin.automatic else Origin.EXPLICIT
