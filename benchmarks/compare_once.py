"""One comparison in one process, by either tool: `compare_once.py TOOL TASK URL TABLES [VIEWS]` prints the seconds.

Run by the interpreter of the tool: `limbeck` or `alembic`. Imports, connecting and making the models are not counted.
Tasks: ``make`` fills the database and ``catalogue`` asks for everything there is (both need no tool); ``unchanged``
compares the models with their own tables, server defaults included; ``create`` compares them with an empty database
and renders; ``drop`` compares no models with the database and renders; ``exact`` is the exact comparison. With views,
which Limbeck alone declares, ``make`` makes them too, and ``catalogue`` asks for their columns and definitions.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.reflection import ObjectKind

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


VIEW_DEFINITIONS = {
    "postgresql": "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'",
    "mysql": "SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = database()",
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'view'",
}


def declare_views(metadata: sa.MetaData, count: int) -> list[tuple[str, Any]]:
    """Declare views: of a table by a ``select()``, of a table by text, and of the view before, in turns."""
    view = import_module("limbeck.objects").View
    tables = metadata.sorted_tables
    found: list[tuple[str, Any]] = []
    for number in range(count):
        table, name = tables[number % len(tables)], f"v{number:05}"
        query: Any = sa.select(table.c.id, table.c.name, table.c.amount).where(table.c.status == number % 7)
        if number % 3 == 1:
            query = f"SELECT id, name, amount, size FROM {table.name} WHERE size > {number} ORDER BY name"
        elif number % 3 == 2:
            query = f"SELECT name, sum(amount) AS total FROM v{number - 1:05} GROUP BY name"
        view(name, metadata, query)
        found.append((name, query))
    return found


def make(metadata: sa.MetaData, views: list[tuple[str, Any]], connection: sa.Connection) -> None:
    """Create the tables, some at a time: PostgreSQL holds a lock a table to the end of the transaction; and views."""
    for tables in batched(metadata.sorted_tables, 500):
        metadata.create_all(connection, tables, checkfirst=False)
        connection.commit()
    for name, query in views:
        text = query if isinstance(query, str) else query.compile(connection, compile_kwargs={"literal_binds": True})
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {text}")
    connection.commit()


def batched(items: list[Any], size: int) -> Iterator[list[Any]]:
    """``items`` in lists of at most ``size``."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def catalogue(connection: sa.Connection, *, views: bool) -> None:
    """Ask for everything of every table, one `Inspector.get_multi_*` for each kind.

    :param views: whether for columns and definitions of views too.
    """
    inspector = sa.inspect(connection)
    if views:
        inspector.get_multi_columns(kind=ObjectKind.ANY_VIEW)
        connection.exec_driver_sql(VIEW_DEFINITIONS[connection.dialect.name]).all()
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


def main(tool: str, task: str, url: str, tables: int, views: int = 0) -> None:
    """Do one task and print its seconds."""
    engine = sa.create_engine(url)
    metadata = models(tables)
    declared = declare_views(metadata, views) if views else []
    with engine.connect() as connection, sa.create_engine("sqlite://").connect() as elsewhere:
        if task in ("make", "catalogue"):
            work: Callable[[], Any] = (
                partial(make, metadata, declared, connection)
                if task == "make"
                else partial(catalogue, connection, views=bool(views))
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
    main(sys.argv[1], sys.argv[2], sys.argv[3], *map(int, sys.argv[4:]))
