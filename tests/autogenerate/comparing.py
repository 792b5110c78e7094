"""Compares the pairs of `corpus` on one database, with Limbeck or, as a script in its own process, with the reference.

`python comparing.py alembic <url>` prints what the reference finds in every pair, as JSON.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent))

import corpus

DEFAULTS: dict[str, Any] = {
    "alembic_module_prefix": "op.",
    "sqlalchemy_module_prefix": "sa.",
    "user_module_prefix": None,
    "render_as_batch": False,
    "upgrade_token": "upgrades",
    "downgrade_token": "downgrades",
}


class Lines(logging.Handler):
    """Collects log lines of comparisons."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(("alembic.runtime",)):
            self.lines.append(f"{record.name}: {record.getMessage()}")


def metadata(pair: corpus.Pair, fill: Any) -> sa.MetaData:
    """A MetaData with one of the two models of ``pair``."""
    made = sa.MetaData() if pair.convention is None else sa.MetaData(naming_convention=pair.convention)
    fill(made)
    return made


def empty(connection: sa.Connection) -> None:
    """Drop whatever is in the database."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP SCHEMA IF EXISTS far CASCADE")
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    else:
        found = sa.MetaData()
        found.reflect(connection)
        if connection.dialect.name == "mysql":
            connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS=0")
            for table in found.tables.values():
                connection.execute(sa.schema.DropTable(table))
            connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS=1")
        else:
            found.drop_all(connection)
    connection.commit()


def compare(tool: str, connection: sa.Connection, pair: corpus.Pair) -> dict[str, Any]:
    """What ``tool`` finds in a database that is made from the first model of ``pair`` and compared with the second."""
    create(connection, pair)
    return say(tool, connection, pair, pair.after)


def create(connection: sa.Connection, pair: corpus.Pair) -> None:
    """Empty the database, and create the first model of ``pair`` in it."""
    empty(connection)
    metadata(pair, pair.before).create_all(connection)
    connection.commit()


def say(tool: str, connection: sa.Connection, pair: corpus.Pair, fill: Any) -> dict[str, Any]:
    """What ``tool`` finds between the database and a model of ``pair``: diffs, log lines, warnings, rendered text."""
    autogenerate = importlib.import_module(f"{tool}.autogenerate")
    migration = importlib.import_module(f"{tool}.runtime.migration")
    render = importlib.import_module(f"{tool}.autogenerate.render")
    target = metadata(pair, fill)
    options = {**DEFAULTS, "target_metadata": target, **pair.options}
    context = migration.MigrationContext.configure(connection, opts=options)
    handler = Lines()
    logger = logging.getLogger("alembic")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    said: dict[str, Any] = {}
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            script = autogenerate.produce_migrations(context, target)
            said["diffs"] = [repr(diff) for diff in script.upgrade_ops.as_diffs()]
            autogen_context = autogenerate.api.AutogenContext(context, autogenerate=False)
            said["upgrade"] = render._render_cmd_body(script.upgrade_ops, autogen_context).splitlines()
            said["downgrade"] = render._render_cmd_body(script.downgrade_ops, autogen_context).splitlines()
            said["imports"] = sorted(autogen_context.imports)
        said["warnings"] = [str(warning.message) for warning in caught if issubclass(warning.category, UserWarning)]
    except Exception as error:
        if "-x" in sys.argv:
            raise
        said["error"] = f"{type(error).__name__}: {error}"
    finally:
        logger.removeHandler(handler)
    said["log"] = handler.lines
    connection.rollback()
    return said


def compare_all(tool: str, url: str, names: list[str]) -> dict[str, dict[str, Any]]:
    """What ``tool`` finds in every pair that is for the backend of ``url``."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return {
            name: compare(tool, connection, pair)
            for name, pair in corpus.PAIRS.items()
            if engine.dialect.name in pair.only and (not names or name in names)
        }


if __name__ == "__main__":
    json.dump(
        compare_all(sys.argv[1], sys.argv[2], [name for name in sys.argv[3:] if name != "-x"]), sys.stdout, indent=1
    )
