"""How far a server is with the statement of a session, asked on another session."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.events import Progress


class ServerProgress:
    """Finds it out on one kind of server.

    :cvar own_session: the statement whose first column is the number of a session, asked on that session; empty where
        the answer needs no session, and is asked with the run's own connection, which is not to be used.
    """

    own_session: str

    def of(self, connection: Connection, session: int) -> Progress | None:
        """The progress of what ``session`` executes now; None where the server has none for it.

        :param connection: another session of the server, in autocommit mode.
        :raises sqlalchemy.exc.DBAPIError: the account may not know.
        """
        raise NotImplementedError
