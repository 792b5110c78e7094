"""Files of databases that are missing: connecting would make them, and what only looks makes none."""

from __future__ import annotations

import contextvars
import os
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Engine, event

from limbeck.errors import CommandError

from . import redirect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.engine import Dialect
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

_are: contextvars.ContextVar[Literal["made", "refused"] | list[ConnectionPoolEntry]] = contextvars.ContextVar(
    "limbeck_missing_files_are", default="made"
)
"""What becomes of them; a list where an empty database in memory stands in: of the connections to it."""


@contextmanager
def creating_no_database() -> Iterator[None]:
    """A block in which no connection makes the file of its database.

    Raises `CommandError` where the file is missing.
    """
    _look_before_connecting()
    token = _are.set("refused")
    try:
        yield
    finally:
        _are.reset(token)


@contextmanager
def as_empty() -> Iterator[None]:
    """A block in which a database whose file is missing is an empty one, and the file is not made.

    Within a block that refuses missing files it changes nothing.
    """
    if _are.get() != "made":
        yield
        return
    _look_before_connecting()
    opened: list[ConnectionPoolEntry] = []
    token = _are.set(opened)
    try:
        yield
    finally:
        _are.reset(token)
        for entry in opened:  # a pool would hand it out again, for what makes the file
            if entry.dbapi_connection is not None:
                entry.invalidate(soft=True)


@cache
def _look_before_connecting() -> None:
    """Look at each connection of the process before it is made, from now on."""
    redirect.watch()  # it comes first: what is led elsewhere makes no file
    event.listen(Engine, "do_connect", _connecting)


def _connecting(
    dialect: Dialect, entry: ConnectionPoolEntry, arguments: Sequence[object], keywords: Mapping[str, object]
) -> DBAPIConnection | None:
    missing = _are.get()
    if missing == "made":
        return None
    from limbeck.ddl.impl import DefaultImpl

    impl = DefaultImpl.get_by_dialect(dialect)
    file = impl.database_file(arguments, keywords)
    if file is None or os.path.exists(file):
        return None
    if missing == "refused":
        raise CommandError(
            f"There is no database yet: {file} does not exist",
            code="no-database-file",
            hint="`limbeck upgrade head` makes it; or correct the URL: a relative path begins at the current folder",
        )
    if not os.path.isdir(os.path.dirname(os.path.abspath(file))):
        return None  # the driver says that it cannot open the file
    missing.append(entry)
    empty, options = impl.empty_database(arguments, keywords)
    return dialect.connect(*empty, **options)
