"""How far PostgreSQL is with the statement of a session (PostgreSQL manual, 27.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from limbeck.ddl.progress import ServerProgress
from limbeck.events import Progress

from .blockers import PostgresqlBlockers

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_WAITS = "phase LIKE 'waiting for %'"
_OF_INDEX = (
    f"phase || CASE WHEN {_WAITS} AND current_locker_pid > 0 THEN ', session ' || current_locker_pid ELSE '' END, "
    f"CASE WHEN {_WAITS} THEN lockers_done WHEN tuples_total > 0 THEN tuples_done ELSE blocks_done END, "
    f"CASE WHEN {_WAITS} THEN lockers_total WHEN tuples_total > 0 THEN tuples_total ELSE blocks_total END"
)
_VIEWS = {
    "pg_stat_progress_create_index": _OF_INDEX,
    "pg_stat_progress_cluster": "phase, heap_blks_scanned, heap_blks_total",
    "pg_stat_progress_vacuum": "phase, CASE phase WHEN 'vacuuming heap' THEN heap_blks_vacuumed "
    "ELSE heap_blks_scanned END, heap_blks_total",
    "pg_stat_progress_analyze": "phase, sample_blks_scanned, sample_blks_total",
    "pg_stat_progress_copy": "'copying, ' || tuples_processed || ' rows', bytes_processed, bytes_total",
}
"""By view: what is done at present, how much of it, and of how much; each version of the server has more of them."""

_KNOWN = (
    "SELECT relname FROM pg_catalog.pg_class "
    "WHERE relnamespace = 'pg_catalog'::regnamespace AND relname LIKE 'pg_stat_progress_%'"
)


class PostgresqlProgress(ServerProgress):
    """By the views ``pg_stat_progress_*``: index builds, ``CLUSTER``, ``VACUUM``, ``ANALYZE``, ``COPY``."""

    own_session = PostgresqlBlockers.own_session

    def __init__(self) -> None:
        self._query: sa.TextClause | None = None

    def of(self, connection: Connection, session: int) -> Progress | None:
        """What the first view that knows the session says."""
        if self._query is None:
            known = set(connection.scalars(sa.text(_KNOWN))).intersection(_VIEWS)
            parts = [f"SELECT {_VIEWS[view]} FROM pg_catalog.{view} WHERE pid = :session" for view in known]  # noqa: S608 constants
            self._query = sa.text(" UNION ALL ".join(parts))
        found = connection.execute(self._query, {"session": session}).first()
        if found is None:
            return None
        doing, done, total = found
        return Progress(doing=doing, share=min(done / total, 1.0) if total else None)
