"""Reads a schema from the catalogue as plain values, and runs scripts in the databases' own clients."""

import os
import subprocess

import sqlalchemy as sa
from sqlalchemy import make_url


def read(engine: sa.Engine, schema: str | None = None) -> dict[str, object]:
    """What the catalogue has of every table but the version table; names sorted, types as text."""
    inspector = sa.inspect(engine)
    return {table: read_table(inspector, table, schema) for table in sorted(inspector.get_table_names(schema))}


def read_table(inspector: sa.Inspector, table: str, schema: str | None = None) -> dict[str, object]:
    dialect = inspector.bind.dialect
    comments = {"comment": inspector.get_table_comment(table, schema)["text"]} if dialect.supports_comments else {}
    return {
        "columns": [
            (
                column["name"],
                column["type"].compile(dialect=dialect),
                column["nullable"],
                column.get("default"),
                column.get("comment"),
                column.get("computed"),
            )
            for column in inspector.get_columns(table, schema)
        ],
        "key": (
            inspector.get_pk_constraint(table, schema)["name"],
            inspector.get_pk_constraint(table, schema)["constrained_columns"],
        ),
        "unique": sorted(
            (str(each["name"]), each["column_names"]) for each in inspector.get_unique_constraints(table, schema)
        ),
        "checks": sorted(
            (str(each["name"]), each["sqltext"]) for each in inspector.get_check_constraints(table, schema)
        ),
        "references": sorted(
            (
                str(each["name"]),
                each["constrained_columns"],
                each["referred_table"],
                each["referred_columns"],
                sorted(each["options"].items()),
            )
            for each in inspector.get_foreign_keys(table, schema)
        ),
        "indexes": sorted(
            (str(each["name"]), each.get("expressions") or each["column_names"], each["unique"])
            for each in inspector.get_indexes(table, schema)
            if not each.get("duplicates_constraint")
        ),
        **comments,
    }


def run_client(url: str, script: str) -> None:
    """Run ``script`` in the database's command-line client, which stops at the first error."""
    target = make_url(url)
    kind = target.get_backend_name()
    environment = dict(os.environ)
    if kind == "sqlite":
        command = ["sqlite3", "-bail", target.database or ""]
    elif kind == "postgresql":
        host, port, user = target.host or "", str(target.port or 5432), target.username or ""
        command = [
            "psql",
            "-X",
            "-q",
            "-h",
            host,
            "-p",
            port,
            "-U",
            user,
            "-v",
            "ON_ERROR_STOP=1",
            target.database or "",
        ]
        environment["PGPASSWORD"] = target.password or ""
    else:
        host, port, user = target.host or "", str(target.port or 3306), target.username or ""
        command = ["mariadb", "-h", host, "-P", port, "-u", user, target.database or ""]
        environment["MYSQL_PWD"] = target.password or ""
    done = subprocess.run(command, input=script, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr + script
