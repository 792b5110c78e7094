"""How far MariaDB is with the statement of a session: the stages of ``ALTER TABLE`` and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from limbeck.ddl.progress import ServerProgress
from limbeck.events import Progress

from .blockers import MySQLBlockers

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_QUERY = sa.text(
    "SELECT STAGE, MAX_STAGE, PROGRESS, STATE FROM information_schema.PROCESSLIST WHERE ID = :session AND MAX_STAGE > 0"
)


class MariaDBProgress(ServerProgress):
    """By ``information_schema.PROCESSLIST`` (MariaDB, "Progress Reporting"), whose columns MySQL does not have."""

    own_session = MySQLBlockers.own_session

    def of(self, connection: Connection, session: int) -> Progress | None:
        """The present stage, and its share."""
        found = connection.execute(_QUERY, {"session": session}).first()
        if found is None:
            return None
        stage, stages, percent, state = found
        of_several = f"stage {stage} of {stages}: " if stages > 1 else ""
        return Progress(doing=f"{of_several}{state or 'at work'}", share=float(percent) / 100)
