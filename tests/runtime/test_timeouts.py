"""Timeouts of the run's session: which hold where, and what is left of them afterwards."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from project import Project, sync_url, table
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from limbeck import command
from limbeck.errors import CommandError
from limbeck.limits import Limits, limits

LOCK = {
    "postgresql": ("SHOW lock_timeout", {"2s": "2s", "500ms": "500ms", "5s": "5s", "none": "0"}),
    "mariadb": (
        "SELECT @@SESSION.lock_wait_timeout + @@SESSION.innodb_lock_wait_timeout",
        {"2s": 4, "500ms": 2, "5s": 10, "none": 86450},
    ),
    "sqlite": ("PRAGMA busy_timeout", {"2s": 2000, "500ms": 500, "5s": 5000}),
}
"""Of each backend what reads the timeout for locks, and what it says."""

STATEMENT = {
    "postgresql": ("SHOW statement_timeout", {"1min": "1min", "none": "0"}),
    "mariadb": ("SELECT @@SESSION.max_statement_time", {"1min": 60.0, "none": 0.0}),
}


class Seen:
    """A project on one backend whose revisions note the timeouts that hold for them."""

    def __init__(self, project: Project, backend: str) -> None:
        self.project = project
        self.backend = backend

    def note(self, what: str = "lock") -> str:
        """A line of a script that notes a timeout."""
        query = {"lock": LOCK, "statement": STATEMENT}[what][self.backend][0]
        return f"context.config.attributes['seen'].append(op.get_bind().exec_driver_sql({query!r}).scalar())"

    def run(self, **options: object) -> list[object]:
        """What an upgrade noted."""
        config = self.project.configure()
        config.attributes["seen"] = seen = []
        command.upgrade(config, "head", **options)
        kinds = [kind[self.backend][1] for kind in (LOCK, STATEMENT) if self.backend in kind]
        meanings = {value: text for kind in kinds for text, value in kind.items()}
        return [meanings.get(found, found) for found in seen]


@pytest.fixture
def seen(request: pytest.FixtureRequest, make: Callable[..., Project]) -> Callable[..., Seen]:
    def made(backend: str, edition: int | None = None, driver: str | None = None) -> Seen:
        return Seen(make(backend, edition=edition, driver=driver), backend)

    return made


SERVERS = pytest.mark.parametrize("backend", ["postgresql", "mariadb"])
ALL = pytest.mark.parametrize("backend", ["postgresql", "mariadb", "sqlite"])


# --- which hold -----------------------------------------------------------------------------------------------------


@SERVERS
def test_no_timeout_without_an_edition(seen: Callable[..., Seen], backend: str) -> None:
    it = seen(backend)
    it.project.script("a1", None, it.note())
    assert it.run() == ["none"]


@ALL
def test_five_seconds_for_locks_under_an_edition(seen: Callable[..., Seen], backend: str) -> None:
    it = seen(backend, 2026)
    it.project.script("a1", None, it.note())
    assert it.run() == ["5s"]


@SERVERS
def test_the_default_leaves_what_env_py_has_set(seen: Callable[..., Seen], backend: str) -> None:
    it = seen(backend, 2026)
    statement = {"postgresql": "SET lock_timeout = '500ms'", "mariadb": "SET lock_wait_timeout = 1"}[backend]
    statement += {"postgresql": "", "mariadb": ", innodb_lock_wait_timeout = 1"}[backend]
    it.project.connected(before=f'connection.exec_driver_sql("{statement}")\nconnection.commit()')
    it.project.script("a1", None, it.note())
    assert it.run() == ["500ms"]


@ALL
def test_by_configuration(seen: Callable[..., Seen], backend: str) -> None:
    it = seen(backend)
    it.project.script("a1", None, it.note())
    it.project.configure(table_lock_timeout="2s")
    assert it.run() == ["2s"]


@ALL
def test_by_configure(seen: Callable[..., Seen], backend: str) -> None:
    it = seen(backend)
    it.project.script("a1", None, it.note())
    it.project.configure(table_lock_timeout="2s")
    it.project.connected(configure="table_lock_timeout=0.5")
    assert it.run() == ["500ms"]


@ALL
def test_by_the_command_line(seen: Callable[..., Seen], backend: str) -> None:
    it = seen(backend)
    it.project.script("a1", None, it.note())
    it.project.connected(configure="table_lock_timeout=0.5")
    assert it.run(table_lock_timeout="2s") == ["2s"]


@ALL
def test_by_the_header_of_a_revision(seen: Callable[..., Seen], backend: str) -> None:
    """The header of b2 says 2s; a1 and c3 say nothing, and have that of the run."""
    it = seen(backend, 2026)
    for down, id_ in ((None, "a1"), ("a1", "b2"), ("b2", "c3")):
        it.project.script(id_, down, it.note())
    header(it.project, "b2", 'lock_timeout = "2s"')
    assert it.run() == ["5s", "2s", "5s"]


@ALL
def test_by_the_header_where_one_transaction_holds_the_run(seen: Callable[..., Seen], backend: str) -> None:
    it = seen(backend, 2026)
    it.project.connected(configure="transaction_per_migration=False")
    for down, id_ in ((None, "a1"), ("a1", "b2"), ("b2", "c3")):
        it.project.script(id_, down, it.note())
    header(it.project, "b2", 'lock_timeout = "2s"')
    assert it.run() == ["5s", "2s", "5s"]


@ALL
def test_by_a_block(seen: Callable[..., Seen], backend: str) -> None:
    it = seen(backend)
    block = f"with op.timeouts(lock='2s'):\n    {it.note()}\n    with op.timeouts(lock=0.5):\n        {it.note()}\n"
    it.project.script("a1", None, block + f"    {it.note()}\n{it.note()}")
    it.project.configure(table_lock_timeout="5s")
    assert it.run() == ["2s", "500ms", "2s", "5s"]


@SERVERS
def test_for_statements(seen: Callable[..., Seen], backend: str) -> None:
    it = seen(backend)
    lift = f"with op.timeouts(statement=0):\n    {it.note('statement')}"
    it.project.script("a1", None, f"{it.note('statement')}\n{lift}\n{it.note('statement')}")
    it.project.configure(statement_timeout="1min")
    assert it.run() == ["1min", "none", "1min"]


@SERVERS
def test_in_an_autocommit_block(seen: Callable[..., Seen], backend: str) -> None:
    it = seen(backend, 2026)
    block = f"with op.get_context().autocommit_block():\n    {it.note()}\n"
    block += f"    with op.timeouts(lock='500ms'):\n        {it.note()}\n    {it.note()}\n"
    it.project.script("a1", None, f"{block}{it.note()}")
    assert it.run() == ["5s", "500ms", "5s", "5s"]


@SERVERS
def test_in_a_transaction_that_begins_within_the_block(seen: Callable[..., Seen], backend: str) -> None:
    it = seen(backend, 2026)
    block = "with op.timeouts(lock='2s'):\n    with op.get_context().autocommit_block():\n"
    it.project.script("a1", None, f"{block}        {it.note()}\n    {it.note()}\n{it.note()}")
    assert it.run() == ["2s", "2s", "5s"]


def test_a_concurrent_index_waits_without_end(seen: Callable[..., Seen]) -> None:
    """Its lock is in nobody's way, and a timeout would leave an invalid index; what follows has the timeout again."""
    it = seen("postgresql", 2026)
    it.project.script("a1", None, table("t_a1"))
    build = 'op.execute("CREATE INDEX CONCURRENTLY i ON t_a1 (id)")'
    it.project.script("b2", "a1", f"with op.get_context().autocommit_block():\n    {build}\n    {it.note()}")
    sent = []
    with statements(lambda statement: sent.append(statement) if "lock_timeout" in statement else None):
        assert it.run() == ["5s"]
    it.project.execute("DROP INDEX i")
    other = sa.create_engine(sync_url(it.project.url), poolclass=sa.NullPool)
    with other.connect() as holder:  # an old transaction, which the build waits for
        holder.exec_driver_sql("SELECT count(*) FROM t_a1")
        it.project.script("c3", "b2", 'op.create_index("i", "t_a1", ["id"], postgresql_concurrently=True)')
        it.project.configure(table_lock_timeout="100ms")
        threading.Timer(0.6, holder.rollback).start()
        it.run()
    assert it.project.column("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") == [True]


@SERVERS
def test_the_clock_runs(seen: Callable[..., Seen], backend: str) -> None:
    """A lock that another session holds is waited for as long as that, and a statement ends after its time."""
    it = seen(backend, 2026)
    it.project.script("a1", None, table("t_a1"))
    it.run()
    it.project.script("b2", "a1", 'op.add_column("t_a1", sa.Column("b", sa.Integer))')
    with holding(it.project, "t_a1"):
        began = time.monotonic()
        with pytest.raises(DBAPIError):
            it.run(table_lock_timeout="1s")
        assert 0.9 < time.monotonic() - began < 8
    sleep = {"postgresql": "SELECT pg_sleep(9)", "mariadb": "SELECT SLEEP(9) FROM t_a1 WHERE SLEEP(9)"}[backend]
    it.project.script("b2", "a1", f'op.execute("INSERT INTO t_a1 VALUES (1)")\nop.execute("{sleep}")')
    header(it.project, "b2", "statement_timeout = 0.3")
    began = time.monotonic()
    with pytest.raises(DBAPIError):
        it.run()
    assert time.monotonic() - began < 8
    assert it.project.rows() == ["a1"]


# --- what is left ---------------------------------------------------------------------------------------------------


@ALL
@pytest.mark.parametrize("fails", [False, True])
def test_the_session_is_left_as_it_was(seen: Callable[..., Seen], backend: str, fails: bool) -> None:
    it = seen(backend, 2026)
    last = "op.execute('no SQL at all')" if fails else "pass"
    it.project.script("a1", None, table("t_a1"))
    it.project.script("b2", "a1", f"with op.timeouts(lock='500ms', statement=20):\n    {it.note()}\n    {last}")
    header(it.project, "b2", 'lock_timeout = "2s"')
    settings = [LOCK[backend][0], STATEMENT.get(backend, LOCK[backend])[0]]
    engine = sa.create_engine(sync_url(it.project.url))
    it.project.env("context.run(config.attributes['engine'])")
    config = it.project.configure()
    config.attributes.update(engine=engine, seen=[])
    with engine.connect() as connection:
        before = [connection.exec_driver_sql(one).scalar() for one in settings]
    try:
        command.upgrade(config, "head")
    except DBAPIError:
        assert fails
    assert engine.pool.checkedin() == 1, "the session is that of the run"
    with engine.connect() as connection:
        assert [connection.exec_driver_sql(one).scalar() for one in settings] == before
    engine.dispose()


def test_a_transaction_of_the_caller_keeps_its_timeouts(seen: Callable[..., Seen]) -> None:
    it = seen("postgresql", 2026)
    it.project.script("a1", None, it.note())
    it.project.env("context.run(config.attributes['connection'])")
    engine = sa.create_engine(sync_url(it.project.url), poolclass=sa.NullPool)
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("SET LOCAL statement_timeout = '7s'")
        config = it.project.configure(statement_timeout="1min")
        config.attributes.update(connection=connection, seen=[])
        command.upgrade(config, "head")
        assert config.attributes["seen"] == ["5s"]
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "0"
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar() == "7s"


def test_a_pooler_gets_no_setting_of_a_session(seen: Callable[..., Seen], monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind pgbouncer, whose process number is not the server's, there are settings of transactions only."""
    import psycopg

    monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", property(lambda _info: 7))
    it = seen("postgresql", 2026, "postgresql+psycopg")
    block = f"with op.get_context().autocommit_block():\n    {it.note()}\n"
    it.project.script("a1", None, f"{it.note()}\n{block}{it.note()}")
    sent: list[str] = []
    with statements(sent.append):
        assert it.run() == ["5s", "none", "5s"]
    assert {statement for statement in sent if statement.startswith("SET")} == {
        "SET LOCAL idle_in_transaction_session_timeout TO 0",  # of the transaction that holds the run lock
        "SET LOCAL lock_timeout TO '5s'",
    }


# --- scripts --------------------------------------------------------------------------------------------------------


def test_a_script_has_the_timeouts_that_are_given(make: Callable[..., Project]) -> None:
    project = make("postgresql", edition=2026)
    project.script("a1", None, 'op.execute("ONE")\nwith op.timeouts(lock=0.5):\n    op.execute("TWO")')
    project.script("b2", "a1", 'with op.get_context().autocommit_block():\n    op.execute("THREE")')
    header(project, "b2", 'lock_timeout = "3s"')
    assert "lock_timeout" not in project.sql("a1").replace("'500ms'", "").split("ONE")[0]
    project.configure(table_lock_timeout="2s")
    lines = [line for line in project.sql().splitlines() if re.match(r"BEGIN|COMMIT|SET|ONE|TWO|THREE", line)]
    assert lines == [
        "BEGIN;",
        "SET LOCAL lock_timeout TO '2s';",
        "ONE;",
        "SET LOCAL lock_timeout TO '500ms';",
        "TWO;",
        "SET LOCAL lock_timeout TO '2s';",
        "COMMIT;",
        "BEGIN;",
        "SET LOCAL lock_timeout TO '3s';",
        "COMMIT;",
        "SET lock_timeout TO '3s';",
        "THREE;",
        "SET lock_timeout TO DEFAULT;",
        "BEGIN;",
        "SET LOCAL lock_timeout TO '3s';",
        "COMMIT;",
    ]


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        (
            "mysql",
            (
                "SET SESSION lock_wait_timeout = 2; SET SESSION innodb_lock_wait_timeout = 2; ONE; "
                "SET SESSION lock_wait_timeout = DEFAULT; SET SESSION innodb_lock_wait_timeout = DEFAULT;"
            ),
        ),
        ("mssql", "SET LOCK_TIMEOUT 1500; BEGIN TRANSACTION; ONE; COMMIT; SET LOCK_TIMEOUT -1;"),
    ],
)
def test_a_script_for_a_server_that_is_not_here(make: Callable[..., Project], dialect: str, expected: str) -> None:
    """MySQL and SQL Server have settings of the session alone."""
    project = make("sqlite", edition=2026)
    project.env(f"""
context.configure(dialect_name={dialect!r})
with context.begin_transaction():
    context.run_migrations()
""")
    project.script("a1", None, 'op.execute("ONE")')
    header(project, "a1", 'lock_timeout = "1500ms"')
    lines = [line for line in project.sql().splitlines() if re.match(r"BEGIN|COMMIT|SET|ONE", line)]
    assert " ".join(lines) == expected


# --- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "means"),
    [
        ("2s", 2.0),
        ("500ms", 0.5),
        ("1min", 60.0),
        ("1h", 3600.0),
        (" 1.5 s ", 1.5),
        ("3", 3.0),
        (3, 3.0),
        (0.25, 0.25),
        (0, 0.0),
        ("0", 0.0),
        ("", None),
        (None, None),
    ],
)
def test_durations(given: object, means: float | None) -> None:
    assert limits({"statement_timeout": given}) == Limits(statement=means)


@pytest.mark.parametrize("given", ["2 weeks", "-1s", "soon", "5m", "1s 2s", True, [], "25h2", -1, float("nan"), "900h"])
def test_what_is_no_duration(given: object) -> None:
    with pytest.raises(CommandError, match=r"statement_timeout = .* is no duration") as caught:
        limits({"statement_timeout": given})
    assert caught.value.code == "wrong-limit"


BAD = {
    "configuration": ("alembic.ini", "table_lock_timeout = 'soon'"),
    "configure": ("env.py", "statement_timeout = 'soon'"),
    "header": ("a1.py", "lock_timeout = 'soon'"),
    "header that is computed": ("a1.py", "lock_retries is no literal"),
    "block": ("a1.py", "lock = 'soon'"),
    "retries": ("alembic.ini", "lock_retries = '-1'"),
}


@pytest.mark.parametrize("where", BAD)
def test_a_wrong_value_is_one_line_with_its_place(make: Callable[..., Project], where: str) -> None:
    project = make("sqlite", edition=2026)
    project.script(
        "a1", None, table("t_a1") + ("\nwith op.timeouts(lock='soon'):\n    pass" if where == "block" else "")
    )
    if where == "configuration":
        project.configure(table_lock_timeout="soon")
    elif where == "retries":
        project.configure(lock_retries="-1")
    elif where == "configure":
        project.connected(configure="statement_timeout='soon'")
    elif where.startswith("header"):
        header(project, "a1", "lock_timeout = 'soon'" if where == "header" else "lock_retries = int(3)")
    code, said = project.run("upgrade", "head")
    file, fact = BAD[where]
    assert code == 3
    assert re.search(rf"^error\[wrong-limit\]: {re.escape(fact)}.*{re.escape(file)}:\d+\)$", said, re.MULTILINE), said
    assert project.tables() == []


def test_a_wrong_value_on_the_command_line_is_one_of_usage(make: Callable[..., Project]) -> None:
    project = make("sqlite")
    project.line("a1")
    code, said = project.run("upgrade", "head", "--table-lock-timeout", "soon")
    assert code == 2
    assert said.startswith(
        "error[usage]: argument --table-lock-timeout: 'soon' is no duration, such as 500ms or 10min\n"
    )
    with pytest.raises(CommandError, match="the timeout = 'soon' is no duration"):
        project.upgrade(table_lock_timeout="soon")
    assert project.tables() == []


def test_every_header_is_read_before_the_first_revision_runs(make: Callable[..., Project]) -> None:
    project = make("postgresql", edition=2026)
    project.line("a1", "b2")
    header(project, "b2", 'lock_timeout = "2 weeks"')
    with pytest.raises(CommandError, match="2 weeks"):
        project.upgrade()
    assert project.tables() == []


def test_without_an_edition_a_name_in_a_script_is_the_scripts_own(make: Callable[..., Project]) -> None:
    project = make("postgresql")
    project.line("a1")
    header(project, "a1", "lock_timeout = object()")
    project.upgrade()
    assert project.rows() == ["a1"]


def test_sqlite_says_that_a_statement_cannot_be_bounded(make: Callable[..., Project]) -> None:
    project = make("sqlite")
    project.line("a1")
    project.configure(statement_timeout="3s")
    with pytest.warns(UserWarning, match="sqlite has no timeout for a statement"):
        project.upgrade()


# --- helpers --------------------------------------------------------------------------------------------------------


def header(project: Project, id_: str, line: str) -> None:
    """Add ``line`` to the header of a revision."""
    path = project.root / "m" / "versions" / f"{id_}.py"
    path.write_text(path.read_text().replace("depends_on", f"{line}\ndepends_on", 1))


@contextmanager
def holding(project: Project, name: str) -> Iterator[sa.Connection]:
    """Another session that has read table ``name`` in a transaction, and holds a lock on it for the block."""
    engine = sa.create_engine(sync_url(project.url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT count(*) FROM {name}")
        yield connection


@contextmanager
def statements(note: Callable[[str], object]) -> Iterator[None]:
    """Call ``note`` with each statement of any engine."""

    def heard(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        note(statement)

    event.listen(sa.Engine, "before_cursor_execute", heard)
    try:
        yield
    finally:
        event.remove(sa.Engine, "before_cursor_execute", heard)
