"""The search path, set aside while the server writes definitions: without one it gives every name its schema."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import exc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection

_GET = sa.text("SELECT current_setting('search_path')")
_SET = sa.text("SELECT set_config('search_path', :path, false)")


@contextmanager
def with_search_path(connection: Connection, path: str) -> Iterator[None]:
    """A block with another search path."""
    present = connection.scalar(_GET)
    connection.execute(_SET, {"path": path})
    try:
        yield
    except BaseException:
        with suppress(exc.DBAPIError):  # in a transaction that has failed; its rollback restores it
            connection.execute(_SET, {"path": present})
        raise
    connection.execute(_SET, {"path": present})


def fully_qualified(connection: Connection) -> AbstractContextManager[None]:
    """A block in which the server writes every name with its schema."""
    return with_search_path(connection, "")
