"""Fleets: 2,000 schemas of a server against a loop over the reference's API in processes; what Dask costs a target.

The loop is what projects write around the reference: each of a few processes upgrades one schema after the other.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from histories import LIMBECK, REFERENCE, identifier, line, make
from measure import Printed, Run

SCHEMAS, REVISIONS, PROCESSES = 2_000, 20, 2
BEFORE_ONE_TRANSACTION_ENDS = 50
"""Schemas: a server has room for so many locks only."""

ENV = """\
from sqlalchemy import create_engine, pool
from alembic import context

schema = context.config.attributes["schema"]
options = {"options": f"-csearch_path={schema}"}
engine = create_engine(context.config.get_main_option("sqlalchemy.url"), connect_args=options, poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, version_table_schema=schema)
    with context.begin_transaction():
        context.run_migrations()
"""
LOOP = f"""\
from concurrent.futures import ProcessPoolExecutor
from alembic import command
from alembic.config import Config

def upgrade(schema):
    config = Config("alembic.ini")
    config.attributes["schema"] = schema
    command.upgrade(config, "head")

if __name__ == "__main__":
    with ProcessPoolExecutor({PROCESSES}) as pool:
        list(pool.map(upgrade, [f"tenant_{{n}}" for n in range({SCHEMAS})], chunksize=20))
"""
DASK = """\
import time
from limbeck.config import Config
from limbeck.fleet.executors import dask
from limbeck.fleet.project import Project
from limbeck.fleet.queue import Queue
from limbeck.fleet.driven import driven
from limbeck.fleet.executors import Workers
from limbeck.fleet.targets import Target
from limbeck.fleet.work import Order, Task
from limbeck.results import FleetTarget

def nothing(tasks, shipped):
    return [FleetTarget(task.target.name, "at head") for task in tasks]

def measured(targets):
    order = Order(Project.of(Config("alembic.ini")), "")
    tasks = [Task(order, Target(f"t{n}", "sqlite://")) for n in range(targets)]
    start = time.perf_counter()
    ended = sum(len(ended) for ended, _ in driven(Queue(tasks), workers, 8))
    assert ended == targets
    return (time.perf_counter() - start) / targets

if __name__ == "__main__":
    executor = dask.DaskExecutor("dask:local", 2, stands_in=False, per_server=None, patience=10)
    with Workers(lambda: executor, executor, function=nothing) as workers:
        measured(100)
        print(measured(2_000))
"""


STATES = ("at head", "one revision behind", "one revision behind, the first campaign")
"""Where the schemas are when a run begins; the last: as the reference has left them, without a history of runs."""


def runs(place: Path, url: str, state: str) -> dict[str, Run]:
    """Both tools on the same schemas."""
    is_behind, keeps_history = state != STATES[0], state == STATES[1]
    place.mkdir()
    own = make(LIMBECK, place / "limbeck", line(REVISIONS))
    other = make(REFERENCE, place / "reference", line(REVISIONS))
    other.configure("alembic.ini", url)
    (other.folder / "migrations" / "env.py").write_text(ENV, encoding="utf-8")
    (other.folder / "loop.py").write_text(LOOP, encoding="utf-8")
    (own.folder / "fleet.toml").write_text(f'[fleet]\nurl = "{url}"\nschemas = "tenant_%"\n', encoding="utf-8")
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")

    def each(*statements: str) -> None:
        with engine.connect() as connection:
            for start in range(0, SCHEMAS, BEFORE_ONE_TRANSACTION_ENDS):
                names = [f"tenant_{number}" for number in range(start, start + BEFORE_ONE_TRANSACTION_ENDS)]
                connection.exec_driver_sql(";".join(one.format(name) for name in names for one in statements))

    def put_back() -> None:
        head, revision = identifier(REVISIONS - 1), identifier(REVISIONS - (2 if is_behind else 1))
        each(
            f"DROP TABLE IF EXISTS {{0}}.t{REVISIONS - 1}",
            f"DELETE FROM {{0}}.limbeck_history WHERE revision = '{head}'"
            if keeps_history
            else "DROP TABLE IF EXISTS {0}.limbeck_history",
            f"UPDATE {{0}}.alembic_version SET version_num = '{revision}'",
        )
        with engine.connect() as connection:  # what the run before has left to the server is not this one's
            connection.exec_driver_sql("VACUUM ANALYZE")

    words = [
        "fleet",
        "upgrade",
        "--targets",
        "fleet.toml",
        "--executor",
        "processes",
        "--jobs",
        str(PROCESSES),
        "--yes",
    ]
    version = "version_num VARCHAR(32) PRIMARY KEY"
    each(
        "CREATE SCHEMA {0}",
        f"CREATE TABLE {{0}}.alembic_version ({version})",
        "INSERT INTO {0}.alembic_version VALUES ('')",
    )
    if keeps_history:
        each(f"UPDATE {{0}}.alembic_version SET version_num = '{identifier(REVISIONS - 2)}'")
        Run([LIMBECK, *words], own.folder).seconds()
    return {
        "limbeck": Run([LIMBECK, *words], own.folder, put_back),
        "reference": Run([REFERENCE.with_name("python"), "loop.py"], other.folder, put_back),
    }


def dask(place: Path) -> dict[str, Run]:
    """What a target costs on a local cluster whose tasks do nothing."""
    own = make(LIMBECK, place, line(REVISIONS))
    script = own.folder / "nothing.py"
    script.write_text(DASK, encoding="utf-8")
    return {"limbeck": Printed([LIMBECK.with_name("python"), script], own.folder)}
