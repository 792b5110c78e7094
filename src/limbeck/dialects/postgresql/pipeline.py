"""The pipeline mode of libpq (PostgreSQL manual, "Pipeline Mode"), by psycopg 3."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.ddl.pipeline import Pipeline


def pipeline(connection: Connection) -> Pipeline | None:
    """A pipeline on ``connection``; None if its driver, or the libpq that it uses, has no pipeline mode."""
    if connection.dialect.driver != "psycopg" or connection.dialect.is_async:
        return None
    psycopg: Any = connection.dialect.loaded_dbapi
    driver = connection.connection.driver_connection
    is_known = isinstance(driver, psycopg.Connection)
    return PsycopgPipeline(driver) if is_known and psycopg.Pipeline.is_supported() else None


class PsycopgPipeline:
    """A pipeline of one statement.

    :param driver: the ``psycopg.Connection``.
    """

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._pipeline = ExitStack()

    def begin(self) -> None:
        """Begin the pipeline; the next statement is sent in it."""
        self._pipeline.enter_context(self._driver.pipeline())

    def wait(self) -> None:
        """Wait for the answer."""
        self._pipeline.close()

    def cancel(self) -> None:
        """Cancel the statement, and wait for the server's answer."""
        with suppress(self._driver.Error):
            self._driver.cancel()
        with suppress(self._driver.Error):
            self._pipeline.close()
