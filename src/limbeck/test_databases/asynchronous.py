"""Throwaway databases for tests with an event loop."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from limbeck.aio import in_thread

if TYPE_CHECKING:
    from sqlalchemy.engine import URL
    from sqlalchemy.ext.asyncio import AsyncEngine

    from .staged import StagedDatabase


class AsyncStagedDatabase:
    """`StagedDatabase` whose methods are awaited, and leave the event loop free.

    :param database: the database.
    """

    def __init__(self, database: StagedDatabase) -> None:
        self._plain = database

    @property
    def url(self) -> URL:
        """As `StagedDatabase.url`."""
        return self._plain.url

    @cached_property
    def engine(self) -> AsyncEngine:
        """An asyncio engine for it, without a pool: a connection belongs to the event loop that opened it.

        :raises CommandError: as `StagedDatabase.url`.
        :raises sqlalchemy.exc.InvalidRequestError: where env.py names a driver without asyncio.
        """
        from sqlalchemy import NullPool
        from sqlalchemy.ext.asyncio import create_async_engine

        return create_async_engine(self.url, poolclass=NullPool)

    async def migrate_to(self, revision: str) -> None:
        """As `StagedDatabase.migrate_to`."""
        await in_thread(partial(self._plain.migrate_to, revision))

    async def insert(self, table: str, **values: object) -> None:
        """As `StagedDatabase.insert`."""
        await in_thread(partial(self._plain.insert, table, **values))

    async def rows(self, table: str) -> list[dict[str, object]]:
        """As `StagedDatabase.rows`."""
        return await in_thread(partial(self._plain.rows, table))

    async def execute(self, statement: str) -> None:
        """As `StagedDatabase.execute`."""
        await in_thread(partial(self._plain.execute, statement))
