"""psycopg 3 hands a statement over and goes on, in the pipeline mode of libpq (PostgreSQL manual, "Pipeline Mode")."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.ddl.pipeline import Pipeline


def pipeline(connection: Connection) -> Pipeline | None:
    """What has the driver of ``connection`` send without waiting; None where it, or the libpq beneath, cannot."""
    if connection.dialect.driver != "psycopg" or connection.dialect.is_async:
        return None
    psycopg: Any = connection.dialect.loaded_dbapi
    return PsycopgPipeline(connection.connection.driver_connection) if psycopg.Pipeline.is_supported() else None


class PsycopgPipeline:
    """A pipeline of one statement, ended when its answer is wanted.

    :param driver: the ``psycopg.Connection``.
    """

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._pipeline = ExitStack()

    def begin(self) -> None:
        """Begin the pipeline, in which the statement that comes next is sent."""
        self._pipeline.enter_context(self._driver.pipeline())

    def wait(self) -> None:
        """Wait for the answer."""
        self._pipeline.close()

    def cancel(self) -> None:
        """Cancel the statement, and wait until the server says that it has."""
        with suppress(self._driver.Error):
            self._driver.cancel()
        with suppress(self._driver.Error):
            self._pipeline.close()
