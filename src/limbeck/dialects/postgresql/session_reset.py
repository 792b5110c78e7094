"""A session of PostgreSQL put back to how it was when it was connected, by psycopg."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection


class _Psycopg(Protocol):
    autocommit: bool
    prepare_threshold: int | None

    def execute(self, query: str) -> object: ...


def reset(session: DBAPIConnection) -> None:
    """Undo settings, temporary tables, locks, prepared statements and all else that a session keeps.

    psycopg does not learn that its prepared statements are gone: it is not to use or to make any from now on.
    """
    driver = cast("_Psycopg", session)
    driver.prepare_threshold = None
    before, driver.autocommit = driver.autocommit, True
    driver.execute("DISCARD ALL")
    driver.autocommit = before
