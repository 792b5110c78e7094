"""What is rendered runs: create A, compare with B, upgrade, and nothing differs from B; downgrade, and nothing from A.

The corpus of the differential test is used again; what the classic comparison cannot bring back is named with its
reason.
"""

from __future__ import annotations

import textwrap
import warnings
from typing import Any

import comparing
import corpus
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from limbeck.autogenerate import compare_metadata, produce_migrations, render_python_code
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

NAMELESS = "drops a constraint that has no name (G6)"
BY_BATCH = "SQLite needs render_as_batch for this"
NO_CHANGE = "the difference is not seen again or not expressible"


class Walk:
    """One pair on one connection."""

    def __init__(self, connection: sa.Connection, pair: corpus.Pair) -> None:
        self.connection = connection
        self.pair = pair

    def context(self, target: sa.MetaData) -> MigrationContext:
        options = {**comparing.DEFAULTS, "target_metadata": target, **self.pair.options}
        return MigrationContext.configure(self.connection, opts=options)

    def run(self, context: MigrationContext, ops: Any) -> None:
        """Render and execute ``ops``."""
        batch = self.pair.options.get("render_as_batch", False) or self.connection.dialect.name == "sqlite"
        imports: set[str] = set()
        body = render_python_code(ops, render_as_batch=batch, migration_context=context, imports=imports)
        script = "\n".join(imports) + "\ndef run(op, sa):\n    " + body
        names: dict[str, Any] = {"mysql": mysql, "postgresql": postgresql, "sqlite": sqlite}
        exec(script, names)
        try:
            names["run"](Operations(context), sa)
        except Exception as error:
            raise AssertionError(textwrap.indent(script, "| ")) from error

    def diffs(self, fill: Any) -> list[Any]:
        target = comparing.metadata(self.pair, fill)
        return compare_metadata(self.context(target), target)

    def there_and_back(self) -> tuple[list[Any], list[Any]]:
        """What differs from B after the upgrade, and from A after the downgrade."""
        comparing.empty(self.connection)
        comparing.metadata(self.pair, self.pair.before).create_all(self.connection)
        target = comparing.metadata(self.pair, self.pair.after)
        context = self.context(target)
        script = produce_migrations(context, target)
        self.run(context, script.upgrade_ops)
        forward = self.diffs(self.pair.after)
        self.run(context, script.downgrade_ops)
        backward = self.diffs(self.pair.before)
        self.connection.rollback()
        return forward, backward


def failures(url: str, known: dict[str, str]) -> dict[str, str]:
    """The pairs that did not come through, with the first line of why; those in ``known`` left out."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    found = {}
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, pair in corpus.PAIRS.items():
            if engine.dialect.name not in pair.only or name in known:
                continue
            try:
                forward, backward = Walk(connection, pair).there_and_back()
            except AssertionError as error:
                found[name] = f"{error}\n{error.__cause__}"
                connection.rollback()
                continue
            if forward or backward:
                found[name] = f"upgrade leaves {forward}, downgrade leaves {backward}"
    return found


@pytest.mark.parametrize("known", [{}])
def test_sqlite(sqlite_url: str, known: dict[str, str]) -> None:
    assert failures(sqlite_url, known) == {}


@pytest.mark.parametrize("known", [{}])
def test_postgresql(postgresql_url: str, known: dict[str, str]) -> None:
    assert failures(postgresql_url, known) == {}


@pytest.mark.parametrize("known", [{}])
def test_mariadb(mariadb_url: str, known: dict[str, str]) -> None:
    assert failures(mariadb_url, known) == {}
