"""Scripts run: create A, compare with B, upgrade, and there is no difference to B; downgrade, and none to A.

The pairs are those of the differential test; those that the classic comparison cannot restore are listed with the
reason.
"""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Collection
from typing import Any

import comparing
import corpus
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from limbeck.autogenerate import compare_metadata, produce_migrations, render_python_code
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

LEFT_INDEX = "MariaDB keeps the index that it created for a dropped foreign key; under an edition it is dropped"
ALWAYS_DIFFERS = "the classic comparison finds a difference where there is none"
NEEDS_TYPE = "types are not compared, and MariaDB has to know them"
NO_LENGTH = "MariaDB wants a length"

KNOWN = {
    "sqlite": {},
    "postgresql": {},
    "mysql": {
        "types_near": ALWAYS_DIFFERS,
        "defaults_changed": ALWAYS_DIFFERS,
        "convention_changes": LEFT_INDEX,
        "batch_convention": LEFT_INDEX,
        "foreign_keys_added": LEFT_INDEX,
        "foreign_keys_removed": LEFT_INDEX,
        "without_types": NEEDS_TYPE,
        "user_types": NO_LENGTH,
        "user_types_prefixed": NO_LENGTH,
    },
}


class Walk:
    """One pair on one connection."""

    def __init__(self, connection: sa.Connection, pair: corpus.Pair, **options: Any) -> None:
        self.connection = connection
        self.pair = pair
        self.options = options

    def context(self, target: sa.MetaData) -> MigrationContext:
        options = {**comparing.DEFAULTS, "target_metadata": target, **self.pair.options, **self.options}
        return MigrationContext.configure(self.connection, opts=options)

    def run(self, context: MigrationContext, ops: Any) -> None:
        """Render and execute ``ops``."""
        batch = self.pair.options.get("render_as_batch", False) or self.connection.dialect.name == "sqlite"
        imports: set[str] = set()
        body = render_python_code(ops, render_as_batch=batch, migration_context=context, imports=imports)
        script = "\n".join(imports) + "\ndef run(op, sa):\n    " + body
        names: dict[str, Any] = {"mysql": mysql, "postgresql": postgresql, "sqlite": sqlite}
        exec(script, names)  # noqa: S102 what was rendered is to be run
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


def failures(url: str, names: Collection[str] = corpus.PAIRS.keys(), **options: Any) -> dict[str, str]:
    """The pairs that fail, with the reason; those in `KNOWN` have to fail, unless there are ``options``."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    known: dict[str, str] = {} if options else KNOWN[engine.dialect.name]
    found = {}
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, pair in corpus.PAIRS.items():
            if engine.dialect.name not in pair.only or name not in names:
                continue
            try:
                forward, backward = Walk(connection, pair, **options).there_and_back()
                failed = f"upgrade leaves {forward}, downgrade leaves {backward}" if forward or backward else None
            except (AssertionError, sa.exc.CompileError) as error:
                failed = f"{error}\n{error.__cause__}"
                connection.rollback()
            if (failed is None) is (name in known):
                found[name] = failed or f"came through, although {known[name]}"
    return found


def test_sqlite(sqlite_url: str) -> None:
    assert failures(sqlite_url) == {}


def test_postgresql(postgresql_url: str) -> None:
    assert failures(postgresql_url) == {}


def test_mariadb(mariadb_url: str) -> None:
    assert failures(mariadb_url) == {}


def test_mariadb_under_an_edition(mariadb_url: str) -> None:
    """The index that MariaDB creates for a foreign key comes and goes with it."""
    names = [name for name, why in KNOWN["mysql"].items() if why is LEFT_INDEX]
    assert failures(mariadb_url, names, edition=2026, compare="classic", allow_drops=True) == {}
