"""Run by the reference's Python: carries one case after the other out with alembic-utils, and prints what came of it.

`utils_entities.py URL` reads the cases from `cases.json` in the current folder.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_grant_table import PGGrantTable
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_policy import PGPolicy
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView
from alembic_utils.replaceable_entity import register_entities, registry


def entity(kind: str, name: str, text: str, on: str = "") -> Any:
    """An object as an entity."""
    match kind:
        case "view":
            return PGView("public", name, text)
        case "materialized_view":
            return PGMaterializedView("public", name, text)
        case "function":
            return PGFunction("public", name, text)
        case "trigger":
            return PGTrigger("public", name, text, on_entity=f"public.{on}")
        case "policy":
            return PGPolicy("public", name, text, on_entity=f"public.{on}")
    columns = ["id", "name", "price"]
    return PGGrantTable(schema="public", table=name, columns=columns, role="limbeck_reader", grant=text)


def script(connection: sa.Connection, objects: Any) -> Any:
    """What makes the database have ``objects``."""
    registry.clear()
    register_entities([entity(*each) for each in objects], schemas=["public"])
    context = MigrationContext.configure(connection, opts={"include_schemas": False})
    metadata = sa.MetaData()
    sa.Table(
        "item",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text),
        sa.Column("price", sa.Integer),
    )
    return context, produce_migrations(context, metadata).upgrade_ops


def make(connection: sa.Connection, objects: Any) -> Any:
    """Make the database have ``objects``; the operations."""
    context, upgrade = script(connection, objects)
    for each in upgrade.ops:
        Operations(context).invoke(each)
    connection.commit()
    return context, upgrade


def outcome(connection: sa.Connection, case: Any) -> str:
    """What came of a case: right, or the first thing that was not."""
    done = "the first script"
    try:
        make(connection, case["before"])
        for statement in case["by_hand"]:
            connection.exec_driver_sql(statement)
        connection.commit()
        done = "the change"
        context, upgrade = make(connection, case["after"])
        answer = list(connection.exec_driver_sql(case["asks"]).one_or_none() or ())
        connection.rollback()
        if answer != case["answer"]:
            return f"wrong: {answer}"
        again = script(connection, case["after"])[1].ops
        connection.rollback()
        if again:
            return f"sees {len(again)} differences where there are none"
        done = "the way back"
        for each in upgrade.reverse().ops:
            Operations(context).invoke(each)
        connection.commit()
    except Exception as error:  # noqa: BLE001 whatever it is, it is what came of the case
        connection.rollback()
        return f"{done} fails: {str(error).splitlines()[0].split(') ', 1)[-1]}"
    return "right"


def main(url: str) -> None:
    """All cases."""
    found = {}
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        for name, case in json.loads(Path("cases.json").read_text()).items():
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            for statement in ("CREATE SCHEMA public", *case["tables"]):
                connection.exec_driver_sql(statement)
            connection.commit()
            found[name] = outcome(connection, case)
    print(json.dumps(found))


main(sys.argv[1])
