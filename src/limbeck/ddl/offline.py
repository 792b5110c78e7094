"""What ``op.get_bind()`` returns in offline mode: a connection that writes statements and has no results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy import inspect

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self

    from sqlalchemy.engine import Dialect


class NoDatabaseError(CommandError):
    """A call needs a database while a script is written.

    :param what: the call, as the start of a sentence: "Reading rows".
    """

    def __init__(self, what: str) -> None:
        file, line = caller()
        self.what = what
        super().__init__(
            f"{what} needs a database, and this run only writes a SQL script (--sql)",
            code="offline-result",
            hint="write the step as one statement that needs no answer (INSERT ... SELECT, UPDATE ... FROM), or skip "
            "it with `if not context.is_offline_mode():`, or run without --sql",
            file=file,
            line=line,
        )


class OfflineResult:
    """The result of a statement that was only written: false, as Alembic's None; it may be closed, not read."""

    def __bool__(self) -> bool:
        return False

    def close(self) -> None:
        """Do nothing."""

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NoDatabaseError(f"Reading a result (.{name})")

    def __iter__(self) -> Iterator[Any]:
        raise NoDatabaseError("Reading rows")


class OfflineTransaction:
    """What ``begin()`` gives, which a session of the ORM asks for too: the script has its own BEGIN and COMMIT.

    It stands for its connection too: this is its own engine, and ``Engine.begin()`` gives a connection.
    """

    is_active = True

    def __init__(self, connection: OfflineConnection) -> None:
        self.connection = connection

    def __getattr__(self, name: str) -> object:
        return getattr(self.connection, name)

    def commit(self) -> None:
        """Do nothing."""

    def rollback(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class OfflineConnection(sqla.MockConnection):
    """A stand-in for a `Connection` that writes all statements into the script.

    :param dialect: the script's dialect.
    :param write: called with (statement, multiparams, params) for each statement.
    """

    def __init__(self, dialect: Dialect, write: Callable[[Any, Any, Any], None]) -> None:
        super().__init__(dialect, self._record)
        self._write = write

    def _record(self, statement: Any, parameters: Any = None) -> OfflineResult:
        many = list(parameters) if isinstance(parameters, (list, tuple)) else None
        self._write(statement, many, parameters if many is None else None)
        return OfflineResult()

    def execute(self, obj: Any, parameters: Any = None, execution_options: Any = None) -> OfflineResult:
        """Write ``obj``; the result cannot be read."""
        if isinstance(obj, str):
            raise TypeError(f"Not an executable object: {obj!r}")
        return self._record(obj, parameters)

    def exec_driver_sql(self, statement: str, parameters: Any = None, execution_options: Any = None) -> OfflineResult:
        """Write ``statement`` as it is; refuses parameters, whose style depends on the driver."""
        if parameters:
            raise NoDatabaseError("Passing driver parameters")
        return self._record(sqla.as_written(statement))

    def scalar(self, *args: Any, **kw: Any) -> NoReturn:
        """Raises `CommandError`: there is no result."""
        raise NoDatabaseError("Reading a scalar")

    def scalars(self, *args: Any, **kw: Any) -> NoReturn:
        """Raises `CommandError`: there is no result."""
        raise NoDatabaseError("Reading scalars")

    def get_bind(self, *args: Any, **kw: Any) -> OfflineConnection:
        """This connection."""
        return self

    def begin(self) -> OfflineTransaction:
        """A transaction that does nothing."""
        return OfflineTransaction(self)

    def begin_nested(self) -> OfflineTransaction:
        """A transaction that does nothing."""
        return OfflineTransaction(self)

    def in_transaction(self) -> bool:
        """Always False."""
        return False

    def commit(self) -> None:
        """Do nothing."""

    def rollback(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        raise NoDatabaseError(f"Connection.{name}")


@sqla.inspects(OfflineConnection)
def _inspect(subject: OfflineConnection) -> NoReturn:
    raise NoDatabaseError("Inspecting the database")


@sqla.inspects(OfflineTransaction)
def _inspect_connection(subject: OfflineTransaction) -> object:
    return inspect(subject.connection)
