"""Pipeline: seen from outside, each statement was answered before the next one was sent."""

from __future__ import annotations

import logging
import os
import re
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from project import Forked, Project, table
from servers import Server, by_psycopg
from test_asyncio import LONG_HAND
from test_group_commit import ALONE, MORE, TOGETHER, Kind, handed_in, ids, line, notes

from limbeck import command
from limbeck.errors import CommandError

PATIENCE = 20.0
THERE = (
    "CREATE TABLE t_there (id INTEGER, name TEXT)",
    "INSERT INTO t_there VALUES (1, 'one')",
    "CREATE TABLE t_other (id TEXT PRIMARY KEY)",
)
BOTH = pytest.mark.parametrize("kind", [TOGETHER, ALONE], ids=str)


class Sent(NamedTuple):
    """A statement, and how many were pending when it was about to be made."""

    statement: str
    pending: int


@contextmanager
def listening(target: Any, name: str, listener: Callable[..., Any]) -> Iterator[None]:
    """Register a listener of SQLAlchemy's for the block."""
    sa.event.listen(target, name, listener)
    try:
        yield
    finally:
        sa.event.remove(target, name, listener)


@contextmanager
def sending() -> Iterator[list[Sent]]:
    """The statements of every connection, in order, each as soon as it is made."""
    found: list[Sent] = []
    pending: dict[sa.Connection, int] = {}

    def making(connection: sa.Connection, *_: Any) -> None:
        pipeline = getattr(connection.connection.driver_connection, "_pipeline", None)
        pending[connection] = 0 if pipeline is None else len(pipeline.result_queue)

    def statement(connection: sa.Connection, _cursor: Any, text: str, *_: Any) -> None:
        found.append(Sent(text.strip(), pending.pop(connection, 0)))

    with listening(sa.Engine, "before_execute", making), listening(sa.Engine, "before_cursor_execute", statement):
        yield found


def made_ahead(sent: list[Sent]) -> list[str]:
    """The statements that were made while the one before was pending."""
    return [each.statement for each in sent if each.pending]


def made(statements: list[str]) -> list[str]:
    """The tables that CREATE TABLE statements make."""
    return [statement.split()[2] for statement in statements]


@pytest.fixture(autouse=True)
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What a person sees of the run."""
    caplog.set_level(logging.INFO, "alembic.runtime.migration")
    return caplog


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The revisions that the log announces, in order."""
    found = [re.match(r"Running \w+ \w* -> (\w*)", message) for message in caplog.messages]
    return [each[1] for each in found if each]


@pytest.fixture(scope="module")
def database(postgresql_server: Server) -> Iterator[sa.URL]:
    """One for all tests of this file: creating it takes longer than most of them do."""
    url = sa.make_url(by_psycopg(postgresql_server.create()))
    yield url
    postgresql_server.drop(str(url.database))


@pytest.fixture
def postgresql_url(database: sa.URL) -> str:
    """That database, empty again."""
    engine = sa.create_engine(database, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        for schema in sa.inspect(connection).get_schema_names():
            if schema != "information_schema":
                connection.execute(sa.schema.DropSchema(schema, cascade=True))
        connection.execute(sa.schema.CreateSchema("public"))
    return database.render_as_string(hide_password=False)


@pytest.fixture
def there(postgres: Project) -> Project:
    """A project whose database has two tables already."""
    postgres.execute(*THERE)
    return postgres


def emptied(project: Project, *statements: str) -> None:
    project.execute("DROP SCHEMA public CASCADE", "CREATE SCHEMA public", *statements)


class Outcome(NamedTuple):
    """What a person and a program can tell of a run."""

    rows: list[str] | None
    columns: list[str]
    said: list[str]
    warned: list[str]
    error: list[Any]
    line: str | None
    notes: str


def outcome(project: Project, run: Callable[[], Any], caplog: pytest.LogCaptureFixture) -> Outcome:
    """Run, and collect what can be told of it."""
    caplog.clear()
    failure: BaseException | None = None
    try:
        run()
    except (sa.exc.SQLAlchemyError, CommandError, ArithmeticError) as error:
        failure = error
    columns = project.column(
        "SELECT table_name || '.' || column_name || ' ' || data_type FROM information_schema.columns "
        "WHERE table_schema = 'public' ORDER BY 1"
    )
    warned = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    explained = "" if failure is None else notes(failure)
    return Outcome(project.rows(), columns, said(caplog), warned, told(failure), script_line(failure), explained)


def script_line(error: BaseException | None) -> str | None:
    """The line of a script that ``error`` came from, as the command reports it."""
    entries = [] if error is None else traceback.extract_tb(error.__traceback__)
    places = [f"{entry.filename}:{entry.lineno}" for entry in entries if "/m/versions/" in entry.filename]
    return places[-1] if places else None


def told(error: BaseException | None) -> list[Any]:
    """All that an error of SQLAlchemy's says; the class and text of any other."""
    if not isinstance(error, sa.exc.DBAPIError):
        return [type(error), str(error), type(error.__cause__) if error else None]
    facts = [error.statement, error.params, error.connection_invalidated, error.hide_parameters, error.ismulti]
    return [type(error), type(error.orig), str(error), type(error.__cause__), *facts]


# --- what is pipelined, and when --------------------------------------------------------------------------------------


def test_the_next_statement_is_made_while_one_is_pending(postgres: Project) -> None:
    """Each of the revisions' but the first; at most one is pending, and none when the row is written."""
    line(postgres, 5)
    with sending() as sent:
        postgres.upgrade()
    assert made(made_ahead(sent)) == ["t_a02", "t_a03", "t_a04", "t_a05"]
    assert {each.pending for each in sent} == {0, 1}
    with sending() as sent:
        postgres.downgrade()
    assert [text.split()[-1] for text in made_ahead(sent)] == ["t_a04", "t_a03", "t_a02", "t_a01"]
    assert (postgres.rows(), postgres.tables()) == ([], [])


PIPELINED = {
    "a table": table("t_x"),
    "a table with a key": 'op.create_table("t_x", sa.Column("id", sa.Text, sa.ForeignKey("t_other.id")))',
    "a column": 'op.add_column("t_there", sa.Column("x", sa.Integer))',
    "an index": 'op.create_index("i", "t_there", ["id"])',
    "a constraint": 'op.create_check_constraint("c", "t_there", "id > 0")',
    "a foreign key": 'op.create_foreign_key("f", "t_there", "t_other", ["name"], ["id"], postgresql_not_valid=True)',
    "dropping a table": 'op.drop_table("t_other")',
    "dropping a column": 'op.drop_column("t_there", "name")',
    "dropping a constraint": 'op.drop_constraint("t_other_pkey", "t_other")',
}
AWAITED = {
    "a type": 'op.alter_column("t_there", "id", type_=sa.BigInteger())',
    "a comment": 'op.create_table_comment("t_there", "words")',
    "a name": 'op.rename_table("t_other", "t_new")',
    "one that may be two": 'op.add_column("t_there", sa.Column("x", sa.Text, server_default="a;b"))',
    "a name that may end a statement": 'op.create_table("t;x", sa.Column("id", sa.Integer))',
}


@pytest.mark.parametrize(
    ("up", "pipelined"),
    [*((up, True) for up in PIPELINED.values()), *((up, False) for up in AWAITED.values())],
    ids=[*PIPELINED, *AWAITED],
)
def test_which_statements_are_pipelined(there: Project, up: str, pipelined: bool) -> None:
    there.script("a01", None, up)
    there.script("a02", "a01", table("t_last"))
    with sending() as sent:
        there.upgrade()
    assert any("CREATE TABLE t_last" in text for text in made_ahead(sent)) == pipelined
    assert there.rows() == ["a02"]


def test_one_that_does_more_waits_for_all_before_it_and_for_itself(postgres: Project) -> None:
    line(postgres, 5)
    postgres.script("a03", "a02", table("t_a03") + MORE + "\n" + table("t_new"))
    with sending() as sent:
        postgres.upgrade()
    assert made(made_ahead(sent)) == ["t_a02", "t_a05"]
    assert postgres.rows() == ["a05"]


WATCHED = {
    "group_commit=False": {"configure": "group_commit=False"},
    "the edition": {"edition": 2026},
    "psycopg2": {"driver": "postgresql+psycopg2"},
    "asyncpg": {"driver": "postgresql+asyncpg"},
    "echo": {"before": "engine.echo = True\nconnection.close()\nconnection = engine.connect()"},
    "autocommit": {"before": "connection = connection.execution_options(isolation_level='AUTOCOMMIT')"},
    "a transaction a revision": {"configure": "transaction_per_migration=True"},
    "a callback": {"configure": "on_version_apply=lambda **kw: None"},
    "a transaction of the caller": {
        "before": "connection.begin()",
        "body": "context.run_migrations()\nconnection.commit()",
    },
    "a listener that sends": {
        "before": """
            @sa.event.listens_for(engine, "do_execute")
            def sends(cursor, statement, parameters, context):
                cursor.execute(statement, parameters)
                return True
        """
    },
    "a listener after each statement": {
        "before": """
            @sa.event.listens_for(engine, "after_cursor_execute")
            def looks(connection, cursor, statement, *_):
                assert cursor.connection.execute("SELECT 1; SELECT 7").fetchall() == [(1,)]
            connection.close()
            connection = engine.connect()
        """
    },
    "a listener on this connection": {
        "before": """
            @sa.event.listens_for(connection, "after_cursor_execute")
            def looks(connection, cursor, statement, *_):
                with cursor.connection.cursor() as another, another.copy("COPY (SELECT 1) TO STDOUT") as rows:
                    assert b"".join(rows) == b"1\\n"
        """
    },
    "a listener for errors": {
        "before": """
            @sa.event.listens_for(engine, "handle_error")
            def translates(context):
                pass
        """
    },
}


@pytest.mark.parametrize("way", WATCHED.values(), ids=WATCHED)
def test_where_each_statement_is_awaited(make: Callable[..., Project], way: dict[str, Any]) -> None:
    env = {name: value for name, value in way.items() if name in ("before", "body", "configure")}
    project = make("postgresql", **{name: value for name, value in way.items() if name not in env})
    if env:
        project.connected(**env)
    line(project, 4)
    with sending() as sent:
        project.upgrade()
    assert made_ahead(sent) == []
    assert (project.rows(), len(project.tables())) == (["a04"], 4)


def test_an_asyncio_connection_of_psycopg_awaits_each(postgres: Project) -> None:
    """Its driver has the same name, but no connection that we could use here."""
    postgres.env(LONG_HAND.replace("CONNECT", "connect"))
    line(postgres, 4)
    with sending() as sent:
        postgres.upgrade()
    assert made_ahead(sent) == []
    assert (postgres.rows(), len(postgres.tables())) == (["a04"], 4)


def test_a_log_of_all_there_is_awaits_each(postgres: Project, lines: pytest.LogCaptureFixture) -> None:
    lines.set_level(logging.DEBUG, "alembic.runtime.migration")
    line(postgres, 4)
    with sending() as sent:
        postgres.upgrade()
    assert made_ahead(sent) == []


def test_a_connection_beside_it_is_not_concerned(postgres: Project) -> None:
    """A second connection of the same engine has its own statements, answered at once."""
    postgres.connected(before="config.attributes['engine'].append(engine)")
    line(postgres, 4)
    engines: list[sa.Engine] = []
    asked = []

    def asks(target: sa.Table, _connection: sa.Connection, **_: Any) -> None:
        with engines[0].connect() as second:
            second.execute(sa.schema.CreateTable(sa.Table(f"beside_{target.name}", sa.MetaData())))
            assert second.connection.driver_connection._pipeline is None
            asked.append(second.scalar(sa.text("SELECT 7")))

    config = postgres.configure()
    config.attributes["engine"] = engines
    with listening(sa.Table, "before_create", asks):
        command.upgrade(config, "head")
    assert asked == [7] * 5
    assert (postgres.rows(), len(postgres.tables())) == (["a04"], 4)


# --- refused ----------------------------------------------------------------------------------------------------------

REFUSED = {
    "a table that is there": table("t_there"),
    "a table of no type": 'op.create_table("t_x", sa.Column("x", sa.Integer, server_default="seven"))',
    "a column that is there": 'op.add_column("t_there", sa.Column("id", sa.Integer))',
    "a constraint that a row breaks": 'op.create_check_constraint("c", "t_there", "id > 5")',
    "a key of another type": 'op.create_foreign_key("f", "t_there", "t_other", ["id"], ["id"])',
    "an index on no column": 'op.create_index("i", "t_there", ["nowhere"])',
    "an index that divides by nothing": 'op.create_index("i", "t_there", [sa.text("(1 / (id - 1))")])',
    "an index that may not be in a transaction": """
op.create_index("i", "t_there", ["id"], postgresql_concurrently=True)
""",
    "dropping no table": 'op.drop_table("nowhere")',
    "dropping no column": 'op.drop_column("t_there", "nowhere")',
    "dropping no constraint": 'op.drop_constraint("nowhere", "t_there")',
    "dropping no index": 'op.drop_index("nowhere", "t_there")',
    "a name with a percent sign": 'op.drop_table("no%where %(x)s %%")',
    "Python": "1 / 0",
    "Limbeck": 'op.alter_column("t_there", "name", type_=sa.Integer())',
    "one that does more": "op.execute('SELECT 1 / 0')",
}
LATER = {
    "nothing": None,
    "a table": table("t_later"),
    "an empty one": "pass",
    "SQL": "op.execute('SELECT 1')",
    "a type that needs a USING": 'op.alter_column("t_there", "name", type_=sa.Integer())',
    "a type": 'op.alter_column("t_there", "id", type_=sa.BigInteger())',
    "a type of values": 'op.add_column("t_there", sa.Column("e", sa.Enum("a", "b", name="values")))',
    "an error of Python": "1 / 0",
    "an error of Python after a table": table("t_later") + "\n1 / 0",
    "an error of Limbeck": 'op.alter_column("t_there", "id", postgresql_using="id")',
    "one that is refused too": table("t_there"),
    "two tables": table("t_later") + "\n" + table("t_later2"),
    "a comment": 'op.create_table_comment("t_there", "words")',
}
GONE_ON = ("nothing", "an empty one", "SQL")


def history(project: Project, kind: Kind, *ups: str | None) -> list[str]:
    """Revisions that do ``ups``, of which None is none; an empty one before, and one after."""
    found = [up for up in ups if up is not None]
    names = ids(len(found))
    for down, name, up in zip((None, *names), names, found, strict=False):
        project.script(name, down, up + kind.more)
    return names


def differential(
    project: Project, caplog: pytest.LogCaptureFixture, *ups: str | None, there: tuple[str, ...] = THERE
) -> tuple[Outcome, list[Sent]]:
    """The outcome of the history, which is the same with each revision alone; and what was sent, pipelined or not."""
    found = []
    for kind in (ALONE, TOGETHER):
        emptied(project, *there)
        history(project, kind, *ups)
        with sending() as sent:
            found.append(outcome(project, project.upgrade, caplog))
    assert found[0] == found[1]
    return found[1], sent


def is_of(left: Outcome, project: Project, name: str) -> None:
    """The failure is that of ``name``, nothing came after it, and nothing is left of any."""
    before = ids(99)[ids(99).index(name) - 1] if name != "a01" else ""
    step, _, what_is_left = left.notes.partition("\n")
    assert step == f"while running upgrade {before} -> {name} ({project.root}/m/versions/{name}.py)"
    assert what_is_left in {"rolled back; database at base", "the connection is lost; database at base"}
    assert (left.line or "").startswith(f"{project.root}/m/versions/{name}.py:")
    assert left.said == [each for each in ids(99) if each <= name]
    assert left.rows is None
    assert {column.partition(".")[0] for column in left.columns} == {"t_there", "t_other"}


@pytest.mark.parametrize("failing", REFUSED.values(), ids=REFUSED)
def test_a_refused_statement_between_others(postgres: Project, lines: pytest.LogCaptureFixture, failing: str) -> None:
    left, sent = differential(postgres, lines, table("t_1"), table("t_2") + "\n" + failing, table("t_3"), table("t_4"))
    assert made_ahead(sent) or "SELECT" in failing
    is_of(left, postgres, "a02")


@pytest.mark.parametrize("later", LATER.values(), ids=LATER)
@pytest.mark.parametrize(("failing", "before"), [("a key of another type", 2), ("a table that is there", 0)])
def test_a_refused_statement_before_others(
    postgres: Project, lines: pytest.LogCaptureFixture, failing: str, before: int, later: str | None
) -> None:
    """It is rejected while the later one is being made, and the later one's own failure does not count."""
    ups = [*(table(f"t_{number}") for number in range(before)), REFUSED[failing], later]
    left, _ = differential(postgres, lines, *ups, None if later is None else table("t_last"))
    is_of(left, postgres, ids(9)[before])
    assert left.error[0] is sa.exc.ProgrammingError
    assert left.error[3] is left.error[1]
    assert ("FOREIGN KEY" in left.error[4]) == (failing == "a key of another type")


@pytest.mark.parametrize("later", [each for each in LATER if each not in GONE_ON])
def test_a_failure_after_a_pending_statement_that_succeeds(
    postgres: Project, lines: pytest.LogCaptureFixture, later: str
) -> None:
    left, sent = differential(postgres, lines, table("t_1"), table("t_2"), LATER[later])
    assert made_ahead(sent)
    if left.error[0] is not type(None):
        is_of(left, postgres, "a03")
    else:
        assert (left.rows, left.said) == (["a03"], ["a01", "a02", "a03"])


def test_a_refused_statement_of_a_downgrade(postgres: Project, lines: pytest.LogCaptureFixture) -> None:
    found = []
    for kind in (ALONE, TOGETHER):
        emptied(postgres)
        line(postgres, 5, kind.more)
        postgres.script("a03", "a02", undo='op.drop_table("t_a03")\nop.drop_table("nowhere")' + kind.more)
        postgres.upgrade()
        found.append(outcome(postgres, postgres.downgrade, lines))
        assert (found[-1].rows, found[-1].said) == (["a05"], ["a04", "a03", "a02"])
        assert found[-1].notes.startswith("while running downgrade a03 -> a02")
        assert len(postgres.tables()) == 5
    assert found[0] == found[1]


def test_a_refusal_at_the_commit_is_the_commits(postgres: Project) -> None:
    """A constraint that is checked at the commit."""
    broken = """
CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
INSERT INTO child VALUES (1);
"""
    found = []
    for kind in (ALONE, TOGETHER):
        history(postgres, kind, f'op.execute("""{broken}""")', table("t_2"), table("t_3"))
        with pytest.raises(sa.exc.IntegrityError) as error:
            postgres.upgrade()
        found.append((str(error.value), notes(error.value), postgres.rows(), postgres.tables()))
    assert found[0] == found[1]
    assert found[0][2:] == (None, [])


def test_a_statement_that_takes_too_long(there: Project, lines: pytest.LogCaptureFixture) -> None:
    """The server cancels it after ``statement_timeout``: an error like any other."""
    there.connected(before="connection.exec_driver_sql(\"SET statement_timeout = '300ms'\")\nconnection.commit()")
    history(there, TOGETHER, table("t_1"), 'op.drop_column("t_there", "name")', table("t_3"), table("t_4"))
    with held(there):
        left = outcome(there, there.upgrade, lines)
    is_of(left, there, "a02")
    assert left.error[0] is sa.exc.OperationalError
    assert left.error[4].strip() == "ALTER TABLE t_there DROP COLUMN name"


# --- a statement hangs ------------------------------------------------------------------------------------------------


@contextmanager
def held(project: Project) -> Iterator[sa.Connection]:
    """Another session holds ``t_there`` while the block runs."""
    engine = sa.create_engine(project.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("LOCK TABLE t_there IN ACCESS EXCLUSIVE MODE")
        yield connection


def until(holds: Callable[[], Any]) -> Any:
    """What ``holds`` returns, as soon as that is true."""
    deadline = time.monotonic() + PATIENCE
    while not (found := holds()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)
    return found


WAITS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def hanging(project: Project) -> int:
    """The backend that waits for a lock, as soon as one does."""
    return int(until(lambda: project.column(WAITS))[0])


@contextmanager
def run_beside(run: Callable[[], Any]) -> Iterator[Future[Any]]:
    """A run in another thread; nothing waits for its end, so a test that fails lets go of what the run waits for."""
    pool = ThreadPoolExecutor(1)
    try:
        yield pool.submit(run)
    finally:
        pool.shutdown(wait=False)


HANGS = 'op.add_column("t_there", sa.Column("x", sa.Integer))'


def test_a_line_comes_when_all_before_it_is_done(there: Project, lines: pytest.LogCaptureFixture) -> None:
    """While a statement hangs the last line is its revision's, though the next one has been made."""
    history(there, TOGETHER, table("t_1"), HANGS, table("t_3"), table("t_4"))
    made: list[str] = []
    making = listening(sa.Table, "before_create", lambda table, _connection, **_: made.append(table.name))
    with making, held(there) as holder, run_beside(there.upgrade) as run:
        hanging(there)
        until(lambda: "t_3" in made)
        assert said(lines) == ["a01", "a02"]
        assert "t_4" not in made
        assert not run.done()
        holder.rollback()
        run.result(PATIENCE)
    assert said(lines) == ids(4)
    assert there.rows() == ["a04"]


def test_several_empty_ones_behind_it_are_said_in_order(there: Project, lines: pytest.LogCaptureFixture) -> None:
    history(there, TOGETHER, HANGS, "pass", "pass", table("t_4"))
    with held(there) as holder, run_beside(there.upgrade) as run:
        hanging(there)
        assert said(lines) == ["a01"]
        holder.rollback()
        run.result(PATIENCE)
    assert said(lines) == ids(4)


def test_the_last_statement_is_awaited_before_the_row_is_written(
    there: Project, lines: pytest.LogCaptureFixture
) -> None:
    history(there, TOGETHER, table("t_1"), HANGS)
    with held(there) as holder, run_beside(there.upgrade) as run:
        hanging(there)
        assert not run.done()
        assert there.rows() is None
        holder.rollback()
        run.result(PATIENCE)
    assert (there.rows(), said(lines)) == (["a02"], ["a01", "a02"])


BEHIND = {"the last": (), "a table behind": (table("t_3"),), "more behind": ("op.execute('SELECT 1')",)}


@pytest.mark.parametrize("behind", BEHIND.values(), ids=BEHIND)
@BOTH
def test_a_connection_that_is_lost(
    there: Project, lines: pytest.LogCaptureFixture, kind: Kind, behind: tuple[str, ...]
) -> None:
    history(there, kind, table("t_1"), HANGS, *behind)
    with held(there), run_beside(lambda: outcome(there, there.upgrade, lines)) as run:
        there.execute(f"SELECT pg_terminate_backend({hanging(there)})")
        left = run.result(PATIENCE)
    is_of(left, there, "a02")
    assert left.error[0] is sa.exc.OperationalError
    assert (left.error[4].strip(), left.error[6]) == ("ALTER TABLE t_there ADD COLUMN x INTEGER", True)
    lines.clear()
    there.upgrade()
    assert there.rows() == ids(2 + len(behind))[-1:]


@BOTH
def test_a_connection_that_is_lost_has_the_pool_begin_anew(
    there: Project, lines: pytest.LogCaptureFixture, kind: Kind
) -> None:
    """Those that were checked out before count as lost too: SQLAlchemy hands none of them out again."""
    there.env(HANDED)
    history(there, kind, table("t_1"), HANGS, table("t_3"))
    config = there.configure()
    engine = sa.create_engine(there.url)
    with engine.connect() as idle, engine.connect() as connection:
        before = idle.connection.dbapi_connection
        idle.close()
        config.attributes["connection"] = connection
        with held(there), run_beside(lambda: outcome(there, lambda: command.upgrade(config, "head"), lines)) as run:
            there.execute(f"SELECT pg_terminate_backend({hanging(there)})")
            assert run.result(PATIENCE).error[0] is sa.exc.OperationalError
        assert connection.invalidated
        assert not connection.in_transaction()
        with engine.connect() as again:
            assert again.connection.dbapi_connection is not before
    engine.dispose()


def interrupted(project: Project, process: Forked) -> float:
    """How long it takes to end after Ctrl-C while a statement hangs."""
    hanging(project)
    began = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(PATIENCE) > 0
    return time.monotonic() - began


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("behind", BEHIND.values(), ids=BEHIND)
@BOTH
def test_an_interrupt_while_a_statement_hangs(there: Project, kind: Kind, behind: tuple[str, ...]) -> None:
    """The server cancels the statement and releases its locks, although the lock that it waits for is still held."""
    history(there, kind, table("t_1"), HANGS, *behind)
    with held(there):
        took = interrupted(there, there.fork("upgrade", "head"))
        assert took < PATIENCE / 2
        until(lambda: not there.column(WAITS))
        assert (there.rows(), there.tables()) == (None, ["t_other", "t_there"])
    there.upgrade()
    assert there.rows() == ids(2 + len(behind))[-1:]


MAKING = """
import time
@sa.event.listens_for(sa.Table, "before_create")
def takes_long(table, connection, **kw):
    if table.name == "t_3":
        time.sleep(60)
"""


@pytest.mark.usefixtures("interrupts")
def test_an_interrupt_while_the_next_one_is_made(there: Project) -> None:
    there.connected(before=MAKING)
    history(there, TOGETHER, table("t_1"), HANGS, table("t_3"))
    with held(there):
        assert interrupted(there, there.fork("upgrade", "head")) < PATIENCE / 2
        until(lambda: not there.column(WAITS))
        assert (there.rows(), there.tables()) == (None, ["t_other", "t_there"])


# --- names, values, notices -------------------------------------------------------------------------------------------

SHAPES = {
    "a semicolon": """
op.create_table("t;1", sa.Column("a;b", sa.Text, server_default="c;d"))
op.add_column("t;1", sa.Column("e", sa.Text, server_default="f;"))
op.drop_table("t;1")
""",
    "percent signs": """
op.create_table("t%1", sa.Column("a%%b", sa.Text, server_default="%s %(x)s 100%"))
op.add_column("t%1", sa.Column("%d", sa.Text, server_default="%%"))
op.create_index("i%", "t%1", ["%d"])
op.create_check_constraint("c%", "t%1", sa.text("'a' LIKE '%'"))
""",
    "a colon and a backslash": r"""
op.create_table("t:x", sa.Column(":y", sa.Text, server_default="\\\\ :z \\n é"))
op.drop_column("t:x", ":y")
""",
    "types of values": """
op.create_table("t_e", sa.Column("x", sa.Enum("a", "b", name="first")), sa.Column("y", sa.Enum("a", name="second")))
op.add_column("t_there", sa.Column("x", sa.Enum("c", name="third")))
op.drop_table("t_e")
""",
    "comments and indexes": """
op.create_table("t_c", sa.Column("x", sa.Integer, index=True, comment="a 'word' 100%"), comment="of; it")
op.create_index("ic", "t_c", ["x"], unique=True, postgresql_where=sa.text("x > 0"))
op.drop_table_comment("t_c")
""",
    "constraints": """
op.create_table("t_k", sa.Column("x", sa.Integer), sa.UniqueConstraint("x", name="u"))
op.create_primary_key("pk", "t_k", ["x"])
op.create_foreign_key("fk", "t_there", "t_k", ["id"], ["x"], postgresql_not_valid=True)
op.drop_constraint("fk", "t_there")
op.drop_constraint("u", "t_k", type_="unique")
op.create_exclude_constraint("ex", "t_k", ("x", "="), using="gist") if False else None
""",
    "what is there or not": """
op.create_table("t_there", sa.Column("id", sa.Integer), if_not_exists=True)
op.create_index("in", "t_there", ["id"], if_not_exists=True)
op.create_index("in", "t_there", ["id"], if_not_exists=True)
op.drop_table("nowhere", if_exists=True)
op.drop_index("nowhere", "t_there", if_exists=True)
op.drop_constraint("nowhere", "t_there", if_exists=True)
""",
    "the same again and again": """
op.drop_column("t_there", "name")
"""
    + """op.add_column("t_there", sa.Column("name", sa.Text))
op.drop_column("t_there", "name")
"""
    * 9,
    "a table again and again": (table("t_again") + '\nop.drop_table("t_again")\n') * 9,
}


@pytest.mark.parametrize("up", SHAPES.values(), ids=SHAPES)
def test_whatever_a_statement_is_like(postgres: Project, lines: pytest.LogCaptureFixture, up: str) -> None:
    left, _ = differential(postgres, lines, table("t_1"), up, table("t_3"))
    assert (left.rows, left.said) == (["a03"], ids(3))


def test_what_a_name_is_like_is_what_there_is(postgres: Project) -> None:
    history(postgres, TOGETHER, SHAPES["percent signs"].replace("t%1", "t%1;"), table("t_2"))
    postgres.upgrade()
    columns = postgres.look(lambda connection: sa.inspect(connection).get_columns("t%1;"))
    assert [(column["name"], column["default"]) for column in columns] == [
        ("a%%b", "'%s %(x)s 100%'::text"),
        ("%d", "'%%'::text"),
    ]


def test_the_same_statement_more_often_than_psycopg_prepares_it(postgres: Project) -> None:
    """Also where it is rejected then, and across runs on one connection."""
    history(postgres, TOGETHER, SHAPES["a table again and again"] + table("t_again"), table("t_again"), table("t_3"))
    postgres.env(HANDED)
    with handed_in(postgres) as connection:
        for _ in range(3):
            with pytest.raises(sa.exc.ProgrammingError, match=r'relation "t_again" already exists') as error:
                command.upgrade(postgres.config, "head")
            assert "a01 -> a02" in notes(error.value)
            assert connection.connection.driver_connection._pipeline is None
        line(postgres, 3)
        for _ in range(3):
            command.upgrade(postgres.config, "head")
            command.downgrade(postgres.config, "base")
    assert (postgres.rows(), postgres.tables()) == ([], [])


def test_notices_come_before_the_next_line(there: Project, lines: pytest.LogCaptureFixture) -> None:
    lines.set_level(logging.INFO, "sqlalchemy.dialects.postgresql")
    drop = 'op.drop_table("nowhere", if_exists=True)'
    history(there, TOGETHER, table("t_1"), drop, table("t_3"))
    there.connected(before="connection.exec_driver_sql('SET client_min_messages = notice')\nconnection.commit()")
    there.upgrade()
    mine = [message for message in lines.messages if "nowhere" in message or message.startswith("Running")]
    assert ["nowhere" in message for message in mine] in ([False] * 3, [False, False, True, False])


# --- listeners in between ---------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("moment", ["before_create", "after_create"])
def test_a_listener_finds_what_was_sent_before(
    postgres: Project, lines: pytest.LogCaptureFixture, kind: Kind, moment: str
) -> None:
    """Whatever it sends, and by whatever way: queries, several rows, the driver's own cursor."""
    found = []

    def asks(target: sa.Table, connection: sa.Connection, **_: Any) -> None:
        mine = connection.scalar(sa.text("SELECT count(*) FROM pg_class WHERE relname = :name"), {"name": target.name})
        found.append((target.name, mine))
        if moment == "after_create" and target.name.startswith("t_a"):
            insert = sa.text(f'INSERT INTO "{target.name}" VALUES (:id)')
            connection.execute(insert, [{"id": 1}, {"id": 2}])
            connection.exec_driver_sql(f'INSERT INTO "{target.name}" VALUES (3)')
            with connection.connection.cursor() as cursor:
                cursor.execute(f'SELECT count(*) FROM "{target.name}"')
                assert cursor.fetchone() == (3,)

    line(postgres, 4, kind.more)
    with listening(sa.Table, moment, asks):
        postgres.upgrade()
    present = int(moment == "after_create")
    assert found == [(name, present) for name in ["alembic_version", *(f"t_{each}" for each in ids(4))]]
    assert said(lines) == ids(4)


SENDS: dict[str, Callable[[sa.Connection], Any]] = {
    "a query": lambda connection: connection.execute(sa.text("SELECT 1")),
    "several rows": lambda connection: connection.execute(
        sa.text("INSERT INTO t_there VALUES (:id)"), [{"id": 1}, {"id": 2}]
    ),
    "SQL of the driver": lambda connection: connection.exec_driver_sql("SELECT 1"),
    "SQL without parameters": lambda connection: connection.execution_options(no_parameters=True).exec_driver_sql(
        "SELECT '%'"
    ),
}


@pytest.mark.parametrize("way", SENDS.values(), ids=SENDS)
def test_whatever_a_listener_sends_comes_after_the_answer(there: Project, way: Callable[[sa.Connection], Any]) -> None:
    seen = []

    def sends(target: sa.Table, connection: sa.Connection, **_: Any) -> None:
        if target.name == "t_1":
            driver: Any = connection.connection.driver_connection
            before = driver._pipeline
            way(connection)
            seen.append((before is None, driver._pipeline is None))

    history(there, TOGETHER, table("t_1"), table("t_2"))
    with listening(sa.Table, "after_create", sends):
        there.upgrade()
    assert seen == [(False, True)]
    assert there.rows() == ["a02"]


@BOTH
def test_a_listener_that_expects_refusals(postgres: Project, lines: pytest.LogCaptureFixture, kind: Kind) -> None:
    """Within a savepoint that is allowed: nothing of it is left, and nothing of it is reported later."""
    twice = sa.Table("t_twice", sa.MetaData(), sa.Column("id", sa.Integer))
    refusals = []

    def makes(target: sa.Table, connection: sa.Connection, **_: Any) -> None:
        try:
            with connection.begin_nested():
                connection.execute(sa.schema.CreateTable(twice))
        except sa.exc.ProgrammingError as error:
            refusals.append(str(error.statement).split()[2])

    history(postgres, kind, table("t_1"), table("t_2"), table("t_3"), table("t_4") + "\n1 / 0")
    with listening(sa.Table, "after_create", makes):
        left = outcome(postgres, postgres.upgrade, lines)
    assert refusals == ["t_twice"] * 4
    assert (left.error[0], left.said) == (ZeroDivisionError, ids(4))
    assert "while running upgrade a03 -> a04" in left.notes


@BOTH
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("moment", ["before_create", "after_create"])
def test_a_listener_that_is_deaf_to_errors(
    there: Project, lines: pytest.LogCaptureFixture, kind: Kind, moment: str, last: bool
) -> None:
    """It swallows the error of the pending statement; the run reports the first rejected statement all the same."""

    def asks(_target: sa.Table, connection: sa.Connection, **_: Any) -> None:
        with suppress(sa.exc.DBAPIError):
            connection.scalar(sa.text("SELECT 1"))

    later = () if last else ("pass", table("t_5"), table("t_6"))
    history(there, kind, table("t_1"), table("t_there"), "pass", table("t_3"), *later)
    with listening(sa.Table, moment, asks):
        left = outcome(there, there.upgrade, lines)
    is_of(left, there, "a02")
    assert left.error[4].startswith("\nCREATE TABLE t_there")


@BOTH
def test_a_listener_that_fails(there: Project, lines: pytest.LogCaptureFixture, kind: Kind) -> None:
    def fails(target: sa.Table, connection: sa.Connection, **_: Any) -> None:
        if target.name == "t_3":
            connection.execute(sa.text("SELECT * FROM nowhere"))

    history(there, kind, table("t_1"), table("t_2"), table("t_3"))
    with listening(sa.Table, "before_create", fails):
        left = outcome(there, there.upgrade, lines)
    is_of(left, there, "a03")
    assert left.error[4] == "SELECT * FROM nowhere"


# --- what env.py does -------------------------------------------------------------------------------------------------

HANDED = """
context.configure(connection=config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
"""
GOES_ON = """
try:
    with context.begin_transaction():
        context.run_migrations()
except sa.exc.DBAPIError as error:
    config.attributes["error"] = error
connection.rollback()
assert connection.connection.driver_connection.info.pipeline_status == 0
connection.exec_driver_sql("CREATE TABLE t_after (id INTEGER)")
connection.commit()
"""
SAVEPOINT = """
with context.begin_transaction():
    try:
        with connection.begin_nested():
            context.run_migrations()
    except sa.exc.DBAPIError as error:
        config.attributes["error"] = error
    connection.exec_driver_sql("CREATE TABLE t_after (id INTEGER)")
"""


@BOTH
@pytest.mark.parametrize("body", [GOES_ON, SAVEPOINT], ids=["catches the error", "runs in a savepoint"])
@pytest.mark.parametrize("refused", [True, False])
def test_env_goes_on(there: Project, kind: Kind, body: str, refused: bool) -> None:
    there.connected(body=body)
    history(there, kind, table("t_1"), table("t_there" if refused else "t_2"), table("t_3"))
    config = there.configure()
    command.upgrade(config, "head")
    kept = ["t_after", "t_other", "t_there"]
    if refused:
        assert "while running upgrade a01 -> a02" in notes(config.attributes["error"])
        assert there.tables() == kept
        assert not there.rows()
    else:
        assert there.tables() == sorted([*kept, "t_1", "t_2", "t_3"])
        assert there.rows() == ["a03"]


@pytest.mark.parametrize("ups", [(table("t_there"), table("t_3")), (table("t_2"), "1 / 0")], ids=["refused", "Python"])
@BOTH
def test_a_connection_that_was_handed_in_can_be_used_on(there: Project, kind: Kind, ups: tuple[str, ...]) -> None:
    there.env(HANDED)
    history(there, kind, table("t_1"), *ups)
    with handed_in(there) as connection:
        for _ in range(2):
            with sending() as sent, pytest.raises((sa.exc.DBAPIError, ZeroDivisionError)):
                command.upgrade(there.config, "head")
            assert bool(made_ahead(sent)) == (kind is TOGETHER)
            assert connection.connection.driver_connection._pipeline is None
            assert connection.scalar(sa.text("SELECT 7")) == 7
            connection.rollback()
        history(there, kind, table("t_1"), table("t_2"), table("t_3"))
        command.upgrade(there.config, "head")
        connection.execute(sa.schema.CreateTable(sa.Table("t_mine", sa.MetaData())))
        assert connection.connection.driver_connection._pipeline is None, "what was listened to is listened to no more"
        connection.rollback()
    assert there.rows() == ["a03"]


def test_several_runs_on_one_engine_at_a_time(postgres: Project) -> None:
    """Each on a schema of its own: none waits for a pending statement of another one, and none is told of it."""
    line(postgres, 8)
    postgres.env(HANDED)
    engine = sa.create_engine(postgres.url, pool_size=4)

    def run(schema: str) -> None:
        config = type(postgres.config)(postgres.ini)
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
            connection.exec_driver_sql(f"SET search_path = {schema}")
            connection.commit()
            config.attributes["connection"] = connection
            for _ in range(3):
                command.upgrade(config, "head")
                command.downgrade(config, "a03")

    schemas = [f"s{number}" for number in range(4)]
    with ThreadPoolExecutor(len(schemas)) as pool:
        for each in [pool.submit(run, schema) for schema in schemas]:
            each.result(PATIENCE)
    engine.dispose()
    for schema in schemas:
        assert postgres.rows(f"{schema}.alembic_version") == ["a03"]
        assert len(postgres.tables(schema)) == 3


# --- any history ------------------------------------------------------------------------------------------------------

STEPS = st.sampled_from(
    [
        "op.create_table('t_{n}', sa.Column('id', sa.Integer))",
        "op.create_table('t_{n}', sa.Column('id', sa.Integer))\nop.create_index('i_{n}', 't_{n}', ['id'])",
        "op.add_column('t_there', sa.Column('x_{n}', sa.Integer))",
        "op.drop_column('t_there', 'name')",
        "op.alter_column('t_there', 'id', type_=sa.BigInteger())",
        "op.add_column('t_there', sa.Column('e_{n}', sa.Enum('a', name='e_{n}')))",
        "pass",
        "op.execute('SELECT 1')",
        "op.execute('INSERT INTO t_there VALUES (1)')",
        "op.create_table('t_there', sa.Column('id', sa.Integer))",
        "op.create_foreign_key('f', 't_there', 't_other', ['id'], ['id'])",
        "op.alter_column('t_other', 'id', type_=sa.Integer())",
        "op.execute('SELECT 1 / 0')",
        "1 / 0",
    ]
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.lists(STEPS, min_size=2, max_size=5))
def test_any_history_is_as_with_each_alone(
    postgres: Project, lines: pytest.LogCaptureFixture, steps: list[str]
) -> None:
    for script in (postgres.root / "m" / "versions").glob("*.py"):
        script.unlink()
    differential(postgres, lines, *(step.replace("{n}", str(number)) for number, step in enumerate(steps)))
