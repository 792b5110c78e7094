"""What examples of operations find defined, in either tool: a script or a database to write to; both are printed."""

import contextlib
import io
import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.dialects import mssql, mysql, oracle, postgresql, sqlite

__all__ = ["mssql", "mysql", "oracle", "postgresql", "sqlite"]

CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
NAMED = {"target_metadata": sa.MetaData(naming_convention=CONVENTION)}

TABLES = """
CREATE TABLE r (id INTEGER NOT NULL PRIMARY KEY, code VARCHAR(9) UNIQUE);
CREATE TABLE t (
    id INTEGER NOT NULL, a INTEGER, b VARCHAR(20) DEFAULT 'q' NOT NULL, c NUMERIC(8, 2) DEFAULT 1, r_id INTEGER,
    CONSTRAINT pk_t PRIMARY KEY (id),
    CONSTRAINT uq_t_a UNIQUE (a),
    CONSTRAINT ck_t_c CHECK (c > 0),
    CONSTRAINT fk_t_r FOREIGN KEY (r_id) REFERENCES r (id)
);
CREATE INDEX ix_t_b ON t (b);
CREATE UNIQUE INDEX ix_t_ab ON t (a, b);
INSERT INTO r VALUES (1, 'x');
INSERT INTO t VALUES (1, 2, 'three', 4, 1);
INSERT INTO t VALUES (2, 3, '3', 5, NULL)
"""


@contextlib.contextmanager
def script(dialect: str, **opts: Any) -> Iterator[Operations]:
    """Operations that write a script."""
    buffer = io.StringIO()
    options = {"as_sql": True, "output_buffer": buffer, **opts}
    try:
        yield Operations(MigrationContext.configure(dialect_name=dialect, opts=options))
    finally:
        print(buffer.getvalue())


def in_order(text: str) -> str:
    """A CREATE TABLE with its constraints sorted: the reference takes those of a copied table from a set."""
    if " )" not in text:
        return text
    first, *constraints = re.split(r", (?=CONSTRAINT |UNIQUE |CHECK |FOREIGN KEY|PRIMARY KEY)", text.removesuffix(" )"))
    return ", ".join([first, *sorted(constraints)]) + " )"


@contextlib.contextmanager
def database(**opts: Any) -> Iterator[Operations]:
    """Operations on an SQLite database that has two tables; what it holds after them is printed, unless they fail."""
    with sa.create_engine("sqlite://").connect() as connection:
        for statement in TABLES.split(";"):
            connection.exec_driver_sql(statement)
        connection.commit()
        with connection.begin():
            yield Operations(MigrationContext.configure(connection, opts=opts))
        master = sa.text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC, name")
        for name, text in connection.execute(master).all():
            print(in_order(" ".join(text.split())))
            if text.startswith("CREATE TABLE"):
                print(connection.exec_driver_sql(f'SELECT * FROM "{name}"').all())
