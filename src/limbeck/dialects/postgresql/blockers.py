"""Who holds the lock that a session of PostgreSQL waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from limbeck.ddl.blockers import Blocker, Blockers

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_QUERY = sa.text(
    "SELECT b.pid, coalesce(a.usename, ''), "
    "coalesce(nullif(a.application_name, ''), host(a.client_addr), nullif(a.backend_type, 'client backend'), ''), "
    "coalesce(a.state, ''), extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.query_start)), "
    "coalesce(a.query, '') "
    "FROM (SELECT DISTINCT unnest(pg_blocking_pids(:session)) AS pid) b "
    "LEFT JOIN pg_stat_activity a ON a.pid = b.pid ORDER BY a.xact_start"
)
_PREPARED = 0
"""What stands for the process of a transaction that was prepared for a commit in two phases."""


class PostgresqlBlockers(Blockers):
    """``pg_blocking_pids`` (PostgreSQL manual, 9.27.1): who holds the lock, and who waits for it before us."""

    own_session = "SELECT pg_backend_pid()"

    def find(self, connection: Connection, session: int) -> list[Blocker]:
        """Those with a lock that conflicts, the oldest transaction first."""
        found = connection.execute(_QUERY, {"session": session}).all()
        return [_prepared() if row[0] == _PREPARED else _blocker(*row) for row in found]


def _blocker(pid: int, user: str, application: str, state: str, age: float | None, statement: str) -> Blocker:
    seconds = None if age is None else float(age)
    return Blocker(str(pid), user, application, state, seconds, statement, f"SELECT pg_terminate_backend({pid})")


def _prepared() -> Blocker:
    return Blocker("of a prepared transaction", "", "", "", None, "", "ROLLBACK PREPARED, see pg_prepared_xacts")
