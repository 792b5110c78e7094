"""What takes the place of a connection while a revision's statements are made ready: it keeps the text of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from sqlalchemy import inspection
from sqlalchemy.schema import CreateTable

from limbeck import sqla
from limbeck.errors import NotReadyError

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


class Ready(NamedTuple):
    """A statement as the driver takes it; ``creates_table``: a table that is there already is all that it can leave."""

    text: str
    creates_table: bool


class ReadyStatements:
    """Takes DDL as a connection does, and sends nothing; asked for anything else it raises `NotReadyError`.

    :param dialect: the connection's dialect.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.found: list[Ready] = []

    def execute(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> None:
        """Keep ``statement``."""
        if parameters or execution_options or not sqla.is_ddl(statement):
            raise NotReadyError
        text = str(statement.compile(dialect=self._dialect))
        self.found.append(Ready(text, isinstance(statement, CreateTable)))

    def __getattr__(self, name: str) -> NoReturn:
        raise NotReadyError


class RefusedStatements(ReadyStatements):
    """Fails at the statement at which the database has failed.

    :param dialect: the connection's dialect. :param position: of the statement, from 0. :param error: what was raised.
    """

    def __init__(self, dialect: Dialect, position: int, error: Exception) -> None:
        super().__init__(dialect)
        self._position = position
        self._error = error

    def execute(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> None:
        """Keep ``statement``; raises the error where it is the one that failed."""
        if len(self.found) == self._position:
            raise self._error
        super().execute(statement, parameters, execution_options=execution_options)


@inspection._inspects(ReadyStatements)
def _inspect(subject: ReadyStatements) -> NoReturn:
    raise NotReadyError
