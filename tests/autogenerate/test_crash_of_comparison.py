"""A comparison that is killed leaves nothing behind: no object, no lock, no session, no changed byte of a file.

A process compares again and again, each time with scratch copies of every table, and is killed at some moment of it.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

KILLS = 3
TABLES = 25
PATIENCE = 20.0

MODELS = f"""
import sqlalchemy as sa

def models(least, *moods):
    metadata = sa.MetaData()
    for number in range({TABLES}):
        sa.Table(
            f"t{{number}}", metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("n", sa.Integer, server_default=sa.text(str(least))),
            sa.Column("twice", sa.Integer, sa.Computed("n * 2", persisted=True)),
            sa.Column("mood", sa.Enum(*moods, name="mood")),
            sa.CheckConstraint(f"n >= {{least}}", name=f"least{{number}}"),
            sa.Index(f"ix{{number}}", "n"),
        )
    return metadata
"""

COMPARING = """
import sys, warnings
from limbeck.autogenerate import compare_metadata
from limbeck.runtime.migration import MigrationContext

warnings.simplefilter("ignore")
engine = sa.create_engine(sys.argv[1], poolclass=sa.NullPool)
target = models(2, "glad", "sad", "new")
while True:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare": "exact", "target_metadata": target})
        print(len(compare_metadata(context, target)), flush=True)
"""


OTHERS = """
(SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()) others
"""


def of_postgresql(connection: sa.Connection) -> Any:
    """All objects, also in temporary schemas; locks, and sessions but this one."""
    queries = (
        "SELECT relnamespace::regnamespace::text, relname, relkind, xmin::text FROM pg_class WHERE oid >= 16384",
        "SELECT typnamespace::regnamespace::text, typname, xmin::text FROM pg_type WHERE oid >= 16384",
        "SELECT conname, xmin::text FROM pg_constraint WHERE oid >= 16384",
        "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'",
        f"SELECT pid, mode FROM {OTHERS} LEFT JOIN pg_locks USING (pid)",
    )
    return [sorted(map(tuple, connection.exec_driver_sql(query))) for query in queries]


def of_mariadb(connection: sa.Connection) -> Any:
    """The text of all tables; sessions but this one, since temporary tables and locks belong to sessions."""
    names = connection.exec_driver_sql("SHOW TABLES").scalars().all()
    return [
        [connection.exec_driver_sql(f"SHOW CREATE TABLE `{name}`").one()[1] for name in names],
        connection.exec_driver_sql(
            "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()"
        )
        .scalars()
        .all(),
    ]


def of_sqlite(connection: sa.Connection) -> Any:
    """The bytes of the file, and the names of files beside it."""
    file = Path(str(connection.engine.url.database))
    return [file.read_bytes(), sorted(path.name for path in file.parent.iterdir())]


def settled(look: Callable[[], Any], before: Any) -> Any:
    """What is found once the server has noticed that its client is gone."""
    until = time.monotonic() + PATIENCE
    while (found := look()) != before and time.monotonic() < until:
        time.sleep(0.05)
    return found


@pytest.mark.parametrize(
    ("backend", "look_at"), [("postgresql", of_postgresql), ("mariadb", of_mariadb), ("sqlite", of_sqlite)]
)
def test_a_killed_comparison_leaves_nothing_behind(
    request: pytest.FixtureRequest, backend: str, look_at: Callable[[sa.Connection], Any]
) -> None:
    url = request.getfixturevalue(f"{backend}_url")
    names: dict[str, Any] = {}
    exec(MODELS, names)  # noqa: S102 the same text as the other process runs
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    names["models"](1, "glad", "sad").create_all(engine)

    def look() -> Any:
        with engine.connect() as connection:
            return look_at(connection)

    before = look()
    chance = random.Random(7)  # noqa: S311 moments, not secrets
    for _ in range(KILLS):
        process = subprocess.Popen([sys.executable, "-c", MODELS + COMPARING, url], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert int(process.stdout.readline()) > TABLES
        began = time.monotonic()
        process.stdout.readline()
        time.sleep(chance.random() * (time.monotonic() - began))
        assert process.poll() is None
        process.kill()
        process.wait()
        process.stdout.close()
        assert settled(look, before) == before
        with engine.begin() as connection:  # no lock is left on it
            connection.exec_driver_sql("UPDATE t0 SET n = n")
            if backend != "sqlite":
                connection.exec_driver_sql("ALTER TABLE t0 ADD COLUMN more INTEGER")
                connection.exec_driver_sql("ALTER TABLE t0 DROP COLUMN more")
        before = look()
