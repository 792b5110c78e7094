"""Having the server give up the statement that a connection has at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck import sqla

from .connections import Beside

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from limbeck.ddl.impl import DefaultImpl


def canceller(connection: Connection, impl: DefaultImpl) -> Callable[[], None] | None:
    """What has the server give up the statement of ``connection``, from any thread; None where it cannot be asked."""
    how = impl.cancellation(connection)
    if not isinstance(how, str):
        return how

    def send() -> None:
        with sqla.side_connection(connection.engine, autocommit=True) as session:
            session.exec_driver_sql(how)

    def cancel() -> None:
        beside = Beside(connection.dialect)
        try:
            beside.call(send)
        finally:
            beside.end()

    return cancel
