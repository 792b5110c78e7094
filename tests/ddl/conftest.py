# ruff: noqa: E501 calls and their SQL stand on one line each
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from scripts import Reference

from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext
from limbeck.sqla import as_written


@pytest.fixture(scope="session")
def _references() -> Iterator[dict[Path, Reference]]:
    running: dict[Path, Reference] = {}
    yield running
    for one in running.values():
        one.close()


@pytest.fixture
def the_reference(reference: Path, _references: dict[Path, Reference]) -> Reference:
    """The reference, writing scripts in a process of its own."""
    if reference not in _references:
        _references[reference] = Reference(reference)
    theirs, ours = _references[reference].sqlalchemy, sa.__version__
    if theirs.split(".")[:2] != ours.split(".")[:2]:
        pytest.skip(f"the reference runs on SQLAlchemy {theirs} and we on {ours}, which write some SQL differently")
    return _references[reference]


class Online:
    """One connection and the operations on it."""

    def __init__(self, connection: sa.Connection, **opts: object) -> None:
        self.connection = connection
        self.op = Operations(MigrationContext.configure(connection=connection, opts=dict(opts)))

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """What ``sql`` gives."""
        return [tuple(row) for row in self.connection.execute(as_written(sql))]

    def run(self, *sql: str) -> None:
        """Each of ``sql``."""
        for one in sql:
            self.connection.execute(as_written(one))

    def column(self, table: str, name: str) -> dict[str, object]:
        """The column as SQLAlchemy reflects it."""
        columns = sa.inspect(self.connection).get_columns(table)
        return dict(next(column for column in columns if column["name"] == name))


@pytest.fixture
def online():
    """Makes an `Online` from a URL and options; asked for after the URL, it ends its connections before the database."""
    connections: list[sa.Connection] = []

    def connect(url: str, *, autocommit: bool = False, **opts: object) -> Online:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        connection = engine.connect()
        if autocommit:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        connections.append(connection)
        return Online(connection, **opts)

    yield connect
    for connection in connections:
        connection.close()
