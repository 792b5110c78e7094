"""One comparison in one process, by either tool: `compare_once.py TOOL TASK URL TABLES` prints the seconds it took.

Run by the interpreter of the tool: `limbeck` or `alembic`. Imports, connecting and making the models are not counted.
Tasks: ``make`` fills the database and ``catalogue`` asks for everything there is (both need no tool); ``unchanged``
compares the models with their own tables, server defaults included; ``create`` compares them with an empty database
and renders; ``drop`` compares no models with the database and renders.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

import sqlalchemy as sa

KINDS = (
    "columns",
    "pk_constraint",
    "foreign_keys",
    "indexes",
    "unique_constraints",
    "check_constraints",
    "table_comment",
    "table_options",
)


def models(tables: int) -> sa.MetaData:
    """A MetaData with tables of 12 columns, an index, a unique constraint and a foreign key each."""
    metadata = sa.MetaData()
    for number in range(tables):
        referred = f"t{(number - 1) // 2:05}.id" if number else "t00000.id"
        sa.Table(
            f"t{number:05}",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("parent_id", sa.Integer, nullable=True),
            sa.Column("name", sa.String(50), nullable=False),
            sa.Column("code", sa.String(20), nullable=False, server_default="none"),
            sa.Column("status", sa.SmallInteger, nullable=False, server_default="0"),
            sa.Column("amount", sa.Numeric(10, 2), server_default=sa.text("0.00")),
            sa.Column("ratio", sa.Float),
            sa.Column("active", sa.Boolean, nullable=False),
            sa.Column("note", sa.Text),
            sa.Column("born", sa.Date),
            sa.Column("created", sa.DateTime, server_default=sa.text("CURRENT_TIMESTAMP")),
            sa.Column("size", sa.BigInteger, server_default="0"),
            sa.Index(f"ix_t{number:05}_name", "name"),
            sa.UniqueConstraint("code", "status", name=f"uq_t{number:05}_code"),
            sa.ForeignKeyConstraint(["parent_id"], [referred], name=f"fk_t{number:05}_parent"),
        )
    return metadata


def make(metadata: sa.MetaData, connection: sa.Connection) -> None:
    """Create the tables, some at a time: PostgreSQL holds a lock a table to the end of the transaction."""
    for tables in batched(metadata.sorted_tables, 500):
        metadata.create_all(connection, tables, checkfirst=False)
        connection.commit()


def batched(items: list[Any], size: int) -> Iterator[list[Any]]:
    """``items`` in lists of at most ``size``."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def catalogue(connection: sa.Connection) -> None:
    """Ask for everything of every table, one `Inspector.get_multi_*` for each kind."""
    inspector = sa.inspect(connection)
    for kind in KINDS:
        try:
            getattr(inspector, f"get_multi_{kind}")()
        except NotImplementedError:
            continue


def comparison(
    tool: str, connection: sa.Connection, target: sa.MetaData, *, render: bool, **options: Any
) -> Callable[[], Any]:
    """What compares ``target`` with the database by ``tool``, and renders what differs; returns the operations."""
    autogenerate = import_module(f"{tool}.autogenerate")
    migration = import_module(f"{tool}.runtime.migration")
    opts = {"target_metadata": target, "compare_server_default": True, **options}
    context = migration.MigrationContext.configure(connection, opts=opts)

    def compare() -> Any:
        script = autogenerate.produce_migrations(context, target)
        if render:
            for ops in (script.upgrade_ops, script.downgrade_ops):
                autogenerate.render_python_code(ops, migration_context=context)
        return script.upgrade_ops.ops

    return compare


def main(tool: str, task: str, url: str, tables: int) -> None:
    """Do one task and print its seconds."""
    engine = sa.create_engine(url)
    metadata = models(tables)
    with engine.connect() as connection, sa.create_engine("sqlite://").connect() as elsewhere:
        if task in ("make", "catalogue"):
            work: Callable[[], Any] = (
                partial(make, metadata, connection) if task == "make" else partial(catalogue, connection)
            )
        else:
            exact = {"compare": "exact"} if task == "exact" else {}
            comparison(tool, elsewhere, models(2), render=True, **exact)()  # imports what is imported at first use
            wanted = sa.MetaData() if task == "drop" else metadata
            work = comparison(tool, connection, wanted, render=task in ("create", "drop"), **exact)
        start = time.perf_counter()
        found = work()
        seconds = time.perf_counter() - start
        connection.commit()
    if task in ("unchanged", "exact") and found:
        raise SystemExit(f"{tool} sees differences where there are none: {found[:3]}")
    if task in ("create", "drop") and len(found) < tables:
        raise SystemExit(f"{tool} sees {len(found)} differences, {tables} were there")
    print(seconds)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
