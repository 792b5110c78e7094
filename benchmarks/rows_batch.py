"""Batches on SQLite: a rebuild against its bare SQL, and what SQLite can do by itself against the reference.

python benchmarks/rows_batch.py once TOOL CHANGE FILE   makes one change on a copy of FILE, and prints the seconds

Processes of both tools alternate, as everywhere here; but each measures itself, from its first statement to its commit,
since imports would hide an alteration that takes a millisecond.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from histories import LIMBECK, REFERENCE
from measure import ENVIRONMENT, Run

TABLE = "CREATE TABLE {name} (id INTEGER NOT NULL PRIMARY KEY, a INTEGER, b VARCHAR(40){more})"
NO_WAITING = "PRAGMA synchronous=OFF"
"""Without waiting for the disk, which is the same for every tool and would hide what an alteration takes."""
INDEXES = ("CREATE INDEX ix_a ON t (a)", "CREATE UNIQUE INDEX ix_b ON t (b, id)")
TIMES = 30
"""How often a process makes an alteration that is over in a moment."""


@dataclass(frozen=True)
class Measured(Run):
    """A process that prints how long its work took."""

    def seconds(self) -> float:
        """Run it once; the seconds that it prints."""
        self.before()
        words = list(map(str, self.words))
        done = subprocess.run(words, cwd=self.folder, env=ENVIRONMENT, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)} failed:\n{done.stderr[-2000:]}")
        return float(done.stdout)


def make_not_null(op: Any, sa: Any) -> None:
    """An alteration that needs a rebuild."""
    with op.batch_alter_table("t") as b:
        b.alter_column("a", nullable=False, existing_type=sa.Integer())


def add_columns(op: Any, sa: Any) -> None:
    """Add columns, one a batch."""
    for number in range(TIMES):
        with op.batch_alter_table("t") as b:
            b.add_column(sa.Column(f"n{number}", sa.Integer()))


def drop_columns(op: Any, sa: Any) -> None:
    """Drop columns, one a batch."""
    for number in range(TIMES):
        with op.batch_alter_table("t") as b:
            b.drop_column(f"c{number}")


def rename_columns(op: Any, sa: Any) -> None:
    """Rename columns, one a batch."""
    for number in range(TIMES):
        with op.batch_alter_table("t") as b:
            b.alter_column(f"c{number}", new_column_name=f"n{number}", existing_type=sa.Integer())


def rename_tables(op: Any, sa: Any) -> None:
    """Rename the table to and fro."""
    for _ in range(TIMES // 2):
        op.rename_table("t", "u")
        op.rename_table("u", "t")


def rebuild_by_hand(connection: sqlite3.Connection) -> None:
    """The bare SQL of `make_not_null`."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(TABLE.format(name="copy", more="").replace("a INTEGER", "a INTEGER NOT NULL"))
    connection.execute("INSERT INTO copy (id, a, b) SELECT id, a, b FROM t")
    connection.execute("DROP TABLE t")
    connection.execute("ALTER TABLE copy RENAME TO t")
    for index in INDEXES:
        connection.execute(index)
    connection.execute("COMMIT")


CHANGES: dict[str, Callable[[Any, Any], None]] = {
    change.__name__: change for change in (make_not_null, add_columns, drop_columns, rename_columns, rename_tables)
}

ROWS: dict[str, tuple[str, int, dict[str, float]]] = {
    "batch: rebuild of 1,000,000 rows with two indexes": ("make_not_null", 1_000_000, {"near_floor": 1.3}),
    "batch: 30 columns added, 10,000 rows": ("add_columns", 10_000, {"faster": 1}),
    "batch: 30 columns dropped, 10,000 rows": ("drop_columns", 10_000, {"faster": 1}),
    "batch: 30 columns renamed, 10,000 rows": ("rename_columns", 10_000, {"faster": 1}),
    "batch: 30 times another name for a table": ("rename_tables", 10_000, {"faster": 1}),
}
"""Name of each row: the change, the number of rows, the target."""


def runs(place: Path, change: str, size: int) -> dict[str, Run]:
    """Ours, the reference's and, for a rebuild, the bare SQL's, each on a fresh copy of the same database."""
    place.mkdir(exist_ok=True)
    source = place / f"batch-{size}.db"
    if not source.exists():
        fill(source, size)
    found: dict[str, Run] = {}
    for name, python in (
        ("limbeck", LIMBECK.with_name("python")),
        ("reference", REFERENCE.with_name("python")),
        ("floor", LIMBECK.with_name("python")),
    ):
        if name != "floor" or change == "make_not_null":
            copy = place / f"batch-{name}.db"
            found[name] = Measured(
                [python, __file__, "once", name, change, copy], place, partial(shutil.copyfile, source, copy)
            )
    return found


def fill(file: Path, size: int) -> None:
    """Make the database: a table with two indexes and ``size`` rows; a small one has columns to drop and rename."""
    connection = sqlite3.connect(file)
    more = "".join(f", c{number} INTEGER" for number in range(TIMES if size <= 10_000 else 0))
    connection.execute(TABLE.format(name="t", more=more))
    rows = ((number, number * 7919 % size, f"text of row {number}") for number in range(size))
    connection.executemany("INSERT INTO t (id, a, b) VALUES (?, ?, ?)", rows)
    for index in INDEXES:
        connection.execute(index)
    connection.commit()
    connection.close()


def once(tool: str, change: str, file: str) -> float:
    """Make ``change`` on ``file`` by ``tool``; the seconds that it took."""
    if tool == "floor":
        bare = sqlite3.connect(file, isolation_level=None)
        bare.execute(NO_WAITING)
        start = time.perf_counter()
        rebuild_by_hand(bare)
        return time.perf_counter() - start
    import sqlalchemy as sa

    if tool == "limbeck":
        from limbeck.operations import Operations
        from limbeck.runtime.migration import MigrationContext

        options: dict[str, Any] = {"edition": 2026}
    else:
        from alembic.operations import Operations  # type: ignore[no-redef]
        from alembic.runtime.migration import MigrationContext  # type: ignore[no-redef]

        options = {}
    with sa.create_engine(f"sqlite:///{file}").connect() as connection:
        connection.exec_driver_sql(NO_WAITING)
        operations = Operations(MigrationContext.configure(connection, opts=options))
        start = time.perf_counter()
        CHANGES[change](operations, sa)
        connection.commit()
        return time.perf_counter() - start


if __name__ == "__main__":
    print(once(*sys.argv[2:]))
