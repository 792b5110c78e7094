"""A pooler, as pgbouncer, between the driver and PostgreSQL: each transaction may get another session of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from limbeck import sqla

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


class _Psycopg(Protocol):
    prepare_threshold: int | None


_PROCESS = "limbeck.process"
"""Where a connection keeps the number of the server's process that first did something for it."""


def is_between(connection: Connection) -> bool:
    """Whether there is one: the number of the server's process is not the one which the driver was told."""
    told = _told_process(connection)
    if told is None:
        return False
    if _PROCESS not in connection.info:
        with sqla.left_as_found(connection):
            connection.info[_PROCESS] = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    return bool(told != connection.info[_PROCESS])


def prepare_no_statements(connection: Connection) -> None:
    """Keep psycopg from preparing what it has sent five times: the next session of the server would not know it.

    asyncpg prepares every statement; SQLAlchemy's documentation, "Prepared Statement Name with PGBouncer", has the way
    out.
    """
    if connection.dialect.driver in ("psycopg", "psycopg_async"):
        cast("_Psycopg", connection.connection.driver_connection).prepare_threshold = None


def _told_process(connection: Connection) -> int | None:
    """The number of the server's process as the server, or the pooler, told the driver; None for an unknown driver."""
    driver = connection.connection.driver_connection
    if connection.dialect.driver == "asyncpg":
        ask = getattr(driver, "get_server_pid", None)
        return None if ask is None else int(ask())
    found = getattr(getattr(driver, "info", None), "backend_pid", None)
    return None if found is None else int(found)
