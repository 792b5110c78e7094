"""A connection that answers questions about the catalogue from what it has read in bulk, or before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection

if TYPE_CHECKING:
    from collections.abc import Sequence


class Answer:
    """Rows with those methods of a result that SQLAlchemy's dialects call."""

    _soft_closed = False

    def __init__(self, rows: Sequence[Any]) -> None:
        self._rows = rows

    def fetchall(self) -> Sequence[Any]:
        """All rows."""
        return self._rows

    def first(self) -> Any:
        """The first row; None where there is none."""
        return self._rows[0] if self._rows else None

    def scalar(self) -> Any:
        """The first value of the first row."""
        return self._rows[0][0] if self._rows else None


class CatalogueReader:
    """The base of such connections: everything is passed on to the real one.

    :param connection: the real one.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property  # type: ignore[misc]
    def __class__(self) -> type[Connection]:  # type: ignore[override]  # the dialect asks whether this is one
        return Connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execution_options(self, **options: Any) -> CatalogueReader:
        """Give the real connection options, as `Connection.execution_options` does."""
        self._connection.execution_options(**options)
        return self
