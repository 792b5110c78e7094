"""A database that cannot be used: what it says, and what to do. Nothing of a password is shown."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from project import Project

from limbeck import Migrator
from limbeck.errors import CommandError
from limbeck.runtime.database_errors import advice, how_to_install

DRIVERS = {
    "postgresql": ("postgresql+psycopg", "postgresql+psycopg2", "postgresql+asyncpg"),
    "mariadb": ("mysql+pymysql",),
}


@pytest.fixture(params=[driver for drivers in DRIVERS.values() for driver in drivers])
def url(request: pytest.FixtureRequest) -> sa.URL:
    """The URL of an empty database, by each driver."""
    kind = next(kind for kind, drivers in DRIVERS.items() if request.param in drivers)
    return sa.make_url(request.getfixturevalue(f"{kind}_url")).set(drivername=request.param)


@pytest.mark.parametrize(
    ("changed", "hint"),
    [
        ({"port": 1}, "nothing listens at that host and port"),
        ({"host": "nohost.invalid"}, "this machine cannot resolve the host"),
        ({"database": "h_cli_not_there"}, "has no database of that name"),
        ({"username": "h_cli_nobody"}, "check user and password"),
    ],
    ids=["server down", "unknown host", "no such database", "wrong account"],
)
def test_a_connection_that_fails(url: sa.URL, tmp_path: Path, changed: dict[str, str | int], hint: str) -> None:
    password = None if "database" in changed else "s3cret"
    bad = url.set(password=password, **changed)  # type: ignore[arg-type]
    with pytest.raises(CommandError) as failed:
        Migrator(bad, tmp_path).current()
    assert (failed.value.code, failed.value.exit_code) == ("database", 3)
    assert str(failed.value).startswith(f"Can't connect to {bad.render_as_string(hide_password=True)}: ")
    assert hint in str(failed.value.hint)
    assert "s3cret" not in failed.value.report()


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere/x\.db: OperationalError: unable to open database file") as failed:
        Migrator(f"sqlite:///{tmp_path}/nowhere/x.db", tmp_path).current()
    assert "the folder of the file has to exist" in str(failed.value.hint)


def test_a_file_that_another_process_writes(lite: Project) -> None:
    lite.line("a1")
    other = sqlite3.connect(str(sa.make_url(lite.url).database))
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(sa.exc.OperationalError) as failed:
            Migrator(f"{lite.url}?timeout=0.1", lite.root / "m" / "versions").upgrade()
    finally:
        other.close()
    assert "another session holds a lock" in str(advice(failed.value))


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (sqlite3.OperationalError("database or disk is full"), "the disk is full"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "the disk is full"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "is read-only"),
        (RuntimeError('FATAL:  password authentication failed for user "x"'), "check user and password"),
        (RuntimeError(1045, "Access denied for user 'x'@'h' (using password: YES)"), "check user and password"),
        (RuntimeError(1044, "Access denied for user 'x'@'h' to database 'd'"), "may not do that"),
        (RuntimeError("permission denied for schema public"), "may not do that"),
        (RuntimeError("ORA-01017: invalid username/password"), "check user and password"),
        (RuntimeError(1290, "running with the --read-only option"), "is read-only"),
        (RuntimeError(1114, "The table 't' is full"), "the disk is full"),
        (RuntimeError("FATAL:  sorry, too many clients already"), "takes no further connection"),
        (RuntimeError("FATAL:  the database system is starting up"), "starting or stopping"),
        (sqlite3.OperationalError("table t already exists"), "limbeck stamp"),
        (RuntimeError("canceling statement due to statement timeout"), None),
        (RuntimeError('column "x" does not exist'), None),
    ],
    ids=str,
)
def test_what_to_do_about(error: Exception, hint: str | None) -> None:
    found = advice(error)
    assert found is None if hint is None else hint in str(found)


def test_what_a_server_refuses(url: sa.URL) -> None:
    """The same advice for a table that exists, by each driver's own exception."""
    if url.get_dialect().is_async:
        url = url.set(drivername="postgresql+psycopg")
    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")
        with pytest.raises(sa.exc.DBAPIError) as failed:
            connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")
    assert "limbeck stamp <revision>" in str(advice(failed.value))


@pytest.mark.parametrize("password", ["fir@xyz", "fir@xyz:42xyz", "@", "f@i@xyz"])
@pytest.mark.parametrize("driver", ["postgresql+psycopg", "mysql+pymysql"])
def test_a_password_that_is_not_encoded(tmp_path: Path, driver: str, password: str) -> None:
    with pytest.raises(CommandError) as failed:
        Migrator(f"{driver}://app:{password}@127.0.0.1/app", tmp_path).current()
    assert failed.value.code == "bad-url"
    assert "@ as %40" in str(failed.value.hint)
    assert "xyz" not in failed.value.report()


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("postgres://app@h/app", "did you mean postgresql://?"),
        ("mysq+pymysql://app@h/app", "did you mean mysql://?"),
        ("nonsense://app@h/app", "install the package that has this dialect, or correct its name"),
        ("nonsense", "it reads dialect+driver://user:password@host/database"),
    ],
)
def test_a_url_that_is_none(tmp_path: Path, url: str, hint: str) -> None:
    with pytest.raises(CommandError) as failed:
        Migrator(url, tmp_path)
    assert (failed.value.code, failed.value.hint) == ("bad-url", hint)


@pytest.mark.parametrize(
    ("module", "hint"),
    [
        ("psycopg", "install it: pip install 'limbeck[postgresql]'"),
        (
            "psycopg2",
            "install it: pip install 'psycopg2-binary', or write postgresql+psycopg:// for limbeck[postgresql]",
        ),
        ("pymysql", "install it: pip install 'limbeck[mysql]'"),
        ("MySQLdb", "install it: pip install 'mysqlclient'"),
        ("oracledb", "install it: pip install 'oracledb'"),
        ("asyncpg", "install it: pip install 'asyncpg'"),
        ("myapp", None),
    ],
)
def test_what_brings_a_driver(module: str, hint: str | None) -> None:
    assert how_to_install(ModuleNotFoundError(f"No module named '{module}'", name=module)) == hint


PEOPLE = (
    "CREATE TABLE p (id INTEGER PRIMARY KEY, name VARCHAR(20))",
    "CREATE TABLE c (p_id INTEGER)",
    "INSERT INTO p VALUES (1, 'dup@example.org'), (2, 'dup@example.org')",
    "INSERT INTO c VALUES (4711)",
    "CREATE VIEW names AS SELECT name FROM p",
    "CREATE FUNCTION fails() RETURNS int LANGUAGE plpgsql AS 'BEGIN RAISE division_by_zero; END'",
)
REFUSED = {
    "a view in the way": (
        "op.execute('ALTER TABLE p ALTER COLUMN name TYPE varchar(50)')",
        'DETAIL: rule _RETURN on view names depends on column "name"',
    ),
    "rows that are equal": (
        "op.create_unique_constraint('uq', 'p', ['name'])",
        "DETAIL: Key (name)=(dup@example.org) is duplicated.",
    ),
    "a row without its parent": (
        "op.create_foreign_key('fk', 'c', 'p', ['p_id'], ['id'])",
        'DETAIL: Key (p_id)=(4711) is not present in table "p".',
    ),
    "what else depends on a column": (
        "op.drop_column('p', 'name')",
        "HINT: Use DROP ... CASCADE to drop the dependent objects too.",
    ),
    "no such function": ("op.execute('SELECT no_such(1)')", "HINT: No function matches the given name"),
    "where in a function": ("op.execute('SELECT fails()')", "CONTEXT: PL/pgSQL function fails() line 1 at RAISE"),
}


@pytest.mark.parametrize("edition", [None, 2026])
@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
@pytest.mark.parametrize(("call", "line"), REFUSED.values(), ids=REFUSED)
def test_what_postgresql_says_below_its_first_line(
    tmp_path: Path, postgresql_url: str, call: str, line: str, driver: str, edition: int | None
) -> None:
    """It names the rows and the objects: the command prints it below the error, and gives it as a note in JSON."""
    url = sa.make_url(postgresql_url).set(drivername=f"postgresql+{driver}").render_as_string(hide_password=False)
    project = Project(tmp_path, url, edition)
    project.script("a1", None, "\n".join(f"op.execute({statement!r})" for statement in PEOPLE))
    project.script("a2", "a1", call)
    assert project.run("upgrade", "a1")[0] == 0
    code, said = project.run("upgrade", "head", "--yes")
    assert code == 3
    assert f"\n  {line}" in said
