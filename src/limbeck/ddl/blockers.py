"""Who holds the lock that a session waits for, asked on another session."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_SHOWN = 120


class Blocker(NamedTuple):
    """A session that another one waits for.

    :param session: its number at the server. :param user: its account.
    :param application: what it calls itself, or where it comes from; may be empty.
    :param state: what it does: ``idle in transaction``, ``active``.
    :param age: seconds since its transaction began, or its statement; None where that is not known.
    :param statement: its present statement, or its last one; empty where it is not shown.
    :param end: the statement that ends it; empty where there is none.
    :param sure: False where it is one of those that may hold the lock.
    """

    session: str
    user: str
    application: str
    state: str
    age: float | None
    statement: str
    end: str
    sure: bool = True

    def __str__(self) -> str:
        """All of it in one line."""
        named = f"session {self.session}" + (f" ({self.application})" if self.application else "")
        age = "" if self.age is None else f" for {self.age:.0f} s"
        said = " ".join(self.statement.split())
        said = f"{said[:_SHOWN]}..." if len(said) > _SHOWN else said
        doing = f", {self.state}{age}" if self.state or age else ""
        line = f"{named} of {self.user or 'the server'}{doing}" + (f": {said}" if said else "")
        return line if self.sure else f"perhaps {line}"


class Blockers:
    """Finds them on one kind of server.

    :cvar own_session: the statement whose first column is the number of a session, asked on that session.
    """

    own_session: str

    def find(self, connection: Connection, session: int) -> list[Blocker]:
        """Those that ``session`` waits for now; none where it does not wait.

        :param connection: another session of the server, in autocommit mode.
        :raises sqlalchemy.exc.DBAPIError: the account may not know.
        """
        raise NotImplementedError
