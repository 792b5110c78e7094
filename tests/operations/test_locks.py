"""What a plan says of locks, against the server: pg_locks on PostgreSQL, the clauses ALGORITHM and LOCK on MariaDB."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import test_batch_everywhere
import test_effects
from test_rehearsal_equals_run import OBJECTS, objects, rehearsed

from limbeck import op
from limbeck.dialects.mysql.locks import MySQLLocks
from limbeck.dialects.postgresql.locks import MODES, PostgresqlLocks
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

TABLES = sa.text("SELECT relname, oid FROM pg_class WHERE relname IN ('account', 'cart', 'r', 't')")
HELD = sa.text("SELECT relation, mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = ANY (:tables)")
BELOW = MODES.index("ROW EXCLUSIVE")
"""Modes below are taken by reads, and by checks of foreign keys; they keep a table from being dropped."""

STATEMENTS = {
    "CREATE TRIGGER t BEFORE UPDATE ON cart FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()": "cart",
    "ALTER TABLE cart DISABLE TRIGGER USER": "cart",
    "ALTER TABLE cart ADD CONSTRAINT k CHECK (id > 0) NOT VALID": "cart",
    "ALTER TABLE cart ALTER COLUMN note SET STATISTICS 10": "cart",
    "ALTER TABLE cart SET (fillfactor = 70)": "cart",
    "ALTER TABLE cart ALTER COLUMN id SET NOT NULL": "cart",
    "ALTER TABLE cart ADD COLUMN serial BIGSERIAL": "cart",
    "ALTER TABLE cart DROP COLUMN account_id": "cart",
    "ALTER TABLE cart SET UNLOGGED": "cart",
    "DROP TABLE cart": "cart",
    "DROP TABLE account CASCADE": "account",
    "TRUNCATE cart": "cart",
    "UPDATE cart SET note = 'x'": "cart",
    "DELETE FROM cart": "cart",
    "REINDEX TABLE cart": "cart",
    "CREATE STATISTICS s ON id, note FROM cart": "cart",
    "COMMENT ON COLUMN cart.note IS 'x'": "cart",
    'ALTER TABLE ONLY "cart" RENAME TO basket': "cart",
    "CREATE TABLE other (id INTEGER REFERENCES account (id))": "account",
}


def strongest(found: list[tuple[str, str]]) -> dict[str, str]:
    """The strongest mode of each table."""
    modes: dict[str, str] = {}
    for table, mode in found:
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", mode.removesuffix("Lock")).upper()
        if table not in modes or MODES.index(modes[table]) < MODES.index(name):
            modes[table] = name
    return {table: mode for table, mode in modes.items() if MODES.index(mode) >= BELOW}


def tables(connection: sa.Connection) -> dict[int, str]:
    """The tables by number, which stays with a renamed one, and in the locks of a dropped one."""
    return {row[1]: row[0] for row in connection.execute(TABLES)}


def held(connection: sa.Connection, names: dict[int, str]) -> dict[str, str]:
    """What the open transaction has locked of the tables."""
    return strongest([(names[row[0]], row[1]) for row in connection.execute(HELD, {"tables": list(names)})])


def said(connection: sa.Connection, statements: list[str]) -> dict[str, str]:
    """What the plan says of the tables."""
    facts = PostgresqlLocks(connection)
    locks = [(lock.table, lock.mode) for statement in statements for lock in facts.of(statement)]
    return {table: mode for table, mode in strongest(locks).items() if table in {"account", "cart", "r", "t"}}


def batch(block: Callable[[Any], None]) -> Callable[[], None]:
    """A batch of table ``t``."""

    def function() -> None:
        with op.batch_alter_table("t") as batch_op:
            block(batch_op)

    return function


OPERATIONS = {name: function for name, (kinds, function) in test_effects.STEPS.items() if "postgresql" in kinds}
BATCHES = {
    block.__name__: batch(block)
    for block in test_batch_everywhere.BLOCKS
    if block not in test_batch_everywhere.IN_AN_EDITION
}


@pytest.mark.parametrize(
    ("start", "functions"),
    [
        ((test_effects.start,), OPERATIONS),
        ((test_effects.start, objects), OBJECTS),
        ((test_batch_everywhere.make_tables,), BATCHES),
    ],
    ids=["of tables", "of other objects", "in a batch"],
)
def test_every_operation_locks_on_postgresql_what_is_said(
    start: tuple[Callable[[], None], ...], functions: dict[str, Callable[[], Any]], postgresql_url: str
) -> None:
    """Each in a transaction that is rolled back; what runs outside of one is left out."""
    engine = test_effects.online(postgresql_url, *start)
    unlike = {}
    for name, function in functions.items():
        found = rehearsed(engine, function)
        if any(action.standalone for action in found.actions):
            continue
        with engine.connect() as connection:
            expected, names = said(connection, found.statements), tables(connection)
        with engine.connect() as connection:
            connection.begin()  # in which a batch does not begin one of its own, and commit it
            with Operations.context(MigrationContext.configure(connection)):
                function()
            actual = held(connection, names)
            connection.rollback()
        if actual != expected:
            unlike[name] = (found.statements, expected, actual)
    engine.dispose()
    assert unlike == {}


def test_statements_of_scripts_lock_on_postgresql_what_is_said(postgresql_url: str) -> None:
    engine = test_effects.online(postgresql_url, test_effects.start)
    unlike = {}
    for statement in STATEMENTS:
        with engine.connect() as connection:
            expected, names = said(connection, [statement]), tables(connection)
            connection.rollback()
            connection.exec_driver_sql(statement)
            actual = held(connection, names)
            connection.rollback()
        if actual != expected:
            unlike[statement] = (expected, actual)
    engine.dispose()
    assert unlike == {}


REWRITTEN = {
    "ALTER TABLE cart ADD COLUMN a INTEGER DEFAULT 5": False,
    "ALTER TABLE cart ADD COLUMN a TIMESTAMP DEFAULT now()": False,
    "ALTER TABLE cart ADD COLUMN a UUID DEFAULT gen_random_uuid()": True,
    "ALTER TABLE cart ADD COLUMN a SERIAL": True,
    "ALTER TABLE cart ADD COLUMN a INTEGER GENERATED ALWAYS AS (id * 2) STORED": True,
    "ALTER TABLE cart ALTER COLUMN id TYPE BIGINT": True,
    "ALTER TABLE cart SET UNLOGGED": True,
    "ALTER TABLE cart ADD CHECK (id > 0)": False,
    "ALTER TABLE cart DROP COLUMN note": False,
}


def test_what_is_rewritten_on_postgresql_has_another_file_afterwards(postgresql_url: str) -> None:
    engine = test_effects.online(postgresql_url, test_effects.start)
    file = sa.text("SELECT pg_relation_filenode('cart')")
    for statement, expected in REWRITTEN.items():
        with engine.connect() as connection:
            (lock,) = PostgresqlLocks(connection).of(statement)
            before = connection.scalar(file)
            connection.exec_driver_sql(statement)
            assert (statement, lock.rewrites) == (statement, connection.scalar(file) != before)
            assert lock.rewrites == expected
            connection.rollback()
    engine.dispose()


def test_mariadb_accepts_the_algorithm_and_the_lock_that_are_said(mariadb_url: str) -> None:
    """Each is sent as clauses of its statement; the server refuses an algorithm that cannot do it."""
    engine = sa.create_engine(mariadb_url)
    refused, tried = {}, set()
    for name, (kinds, function) in test_effects.STEPS.items():
        if "mariadb" not in kinds:
            continue
        test_effects.online(mariadb_url, test_effects.start).dispose()
        found = rehearsed(engine, function)
        with engine.connect() as connection:
            for statement in found.statements:
                bare = statement.rstrip(";").replace("%", "%%")
                for lock in MySQLLocks(connection).of(statement):
                    if lock.mode.startswith("ALGORITHM"):
                        bare = re.sub(r"DROP INDEX (\S+) ON (\S+)", r"ALTER TABLE \2 DROP INDEX \1", bare)
                        separator = " " if bare.startswith("CREATE") else ", "
                        clauses = lock.mode if separator == ", " else lock.mode.replace(",", "")
                        bare = f"{bare}{separator}{clauses}"
                        tried.add(lock.mode)
                try:
                    connection.exec_driver_sql(bare)
                except sa.exc.DBAPIError as error:
                    refused[name] = (bare, str(error.orig))
            connection.commit()
        test_effects.drop_everything(engine)
    engine.dispose()
    assert refused == {}
    assert len(tried) == 4
