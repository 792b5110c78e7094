"""Group commit: seen from outside, each revision did what it would have done alone."""

from __future__ import annotations

import itertools
import random
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from project import Project, table

from limbeck import command
from limbeck.errors import CommandError
from limbeck.graph.rows import exchange
from limbeck.runtime import group_commit
from limbeck.sqla import SQLA_2_1

EDITIONS = (None, 2026)
MORE = "\nop.get_bind()"
"""A line that changes nothing, but with which a revision does more than call operations."""


class Kind(NamedTuple):
    """Revisions that are committed in groups, or the same ones each alone."""

    name: str
    more: str

    def __str__(self) -> str:
        return self.name


TOGETHER, ALONE = Kind("together", ""), Kind("alone", MORE)


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group is as large as it can be, however busy the machine."""
    monkeypatch.setattr(group_commit, "MAX_SECONDS", 3600)


@contextmanager
def heard() -> Iterator[list[str]]:
    """The statements and commits of every connection that the block makes, in order."""
    found: list[str] = []

    def statement(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        found.append(text)

    def commit(_connection: Any) -> None:
        found.append("COMMIT")

    sa.event.listen(sa.Engine, "before_cursor_execute", statement)
    sa.event.listen(sa.Engine, "commit", commit)
    try:
        yield found
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", statement)
        sa.event.remove(sa.Engine, "commit", commit)


def row_changes(said: list[str]) -> list[str]:
    """The statements that wrote version rows."""
    words = ("INSERT INTO alembic_version ", "UPDATE alembic_version ", "DELETE FROM alembic_version ")
    return [text for text in said if text.startswith(words)]


def notes(error: BaseException) -> str:
    return "\n".join(getattr(error, "__notes__", ()))


def ids(count: int) -> list[str]:
    return [f"a{number:02}" for number in range(1, count + 1)]


def line(project: Project, count: int, more: str = "") -> list[str]:
    """Write revisions a01, a02 and so on, each making its table."""
    names = ids(count)
    for down, name in zip((None, *names), names, strict=False):
        project.script(name, down, table(f"t_{name}") + more, f'op.drop_table("t_{name}")' + more)
    return names


def file(folder: Path, name: str, edition: int | None, driver: str = "sqlite") -> Project:
    return Project(folder / name, f"{driver}:///{folder / name}.db", edition)


def shape(project: Project) -> tuple[list[str] | None, list[str]]:
    """The version rows, and the text of everything in a SQLite file but for the journal."""
    mine = "sql IS NOT NULL AND tbl_name NOT LIKE 'alembic_version_%'"
    listed = f"SELECT sql FROM sqlite_master WHERE {mine} ORDER BY sql"
    return project.rows(), project.column(listed)


# --- SQLite: few commits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("driver", ["sqlite", "sqlite+aiosqlite"])
def test_many_revisions_take_as_many_commits_as_one(tmp_path: Path, edition: int | None, driver: str) -> None:
    counts = []
    for count in (1, 20):
        project = file(tmp_path, f"p{count}", edition, driver)
        names = line(project, count)
        with heard() as said:
            project.upgrade()
        assert project.rows() == names[-1:]
        counts.append((said.count("COMMIT"), len(row_changes(said))))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_database_is_the_same_as_after_each_alone(tmp_path: Path, edition: int | None) -> None:
    shapes, commits = [], []
    for kind in (TOGETHER, ALONE):
        project = file(tmp_path, kind.name, edition)
        line(project, 20, kind.more)
        with heard() as said:
            project.upgrade()
        commits.append(said.count("COMMIT"))
        up = shape(project)
        project.downgrade("a05")
        shapes.append((up, shape(project)))
        assert project.rows() == ["a05"]
    assert shapes[0] == shapes[1]
    assert commits[0] + 19 <= commits[1]


def test_a_group_is_over_after_its_time(lite: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another writer waits for a moment, and not for the run."""
    line(lite, 10)
    monkeypatch.setattr(group_commit, "MAX_SECONDS", 0)
    with heard() as said:
        lite.upgrade()
    assert len(row_changes(said)) == 10
    assert said.count("COMMIT") >= 10


def each_is_committed(project: Project) -> None:
    """Five revisions are written and taken, each with a commit of its own."""
    line(project, 5)
    with heard() as said:
        project.upgrade()
    assert len(row_changes(said)) == 5
    assert said.count("COMMIT") >= 5


def test_foreign_keys_that_are_enforced_make_a_commit_a_revision(lite: Project) -> None:
    lite.connected(before="connection.exec_driver_sql('PRAGMA foreign_keys=ON')\nconnection.commit()")
    each_is_committed(lite)


@pytest.mark.parametrize("edition", EDITIONS)
def test_transaction_per_migration_by_hand_is_a_commit_a_revision(tmp_path: Path, edition: int | None) -> None:
    project = file(tmp_path, "p", edition)
    project.connected(configure="transaction_per_migration=True")
    each_is_committed(project)


@pytest.mark.parametrize("edition", EDITIONS)
def test_switched_off_it_is_a_commit_a_revision(tmp_path: Path, edition: int | None) -> None:
    project = file(tmp_path, "p", edition)
    project.connected(configure="group_commit=False")
    each_is_committed(project)


def test_switched_off_on_postgresql_it_is_a_row_a_revision(postgres: Project) -> None:
    postgres.connected(configure="group_commit=False")
    line(postgres, 5)
    with heard() as said:
        postgres.upgrade()
    assert len(row_changes(said)) == 5
    assert postgres.rows() == ["a05"]


@pytest.mark.parametrize("edition", EDITIONS)
def test_switched_off_neither_module_is_imported(tmp_path: Path, edition: int | None) -> None:
    """The executor runs without them: in a process where neither can be imported."""
    project = file(tmp_path, "p", edition)
    taken_out = "import sys\nfor name in ('group_commit', 'pipeline'): sys.modules['limbeck.runtime.' + name] = None\n"
    project.connected(before=taken_out, configure="group_commit=False")
    line(project, 3)
    assert project.run_afresh("upgrade", "head")[0] == 0
    assert project.rows() == ["a03"]


def test_an_engine_that_commits_each_statement_has_no_groups(lite: Project) -> None:
    lite.connected(before="connection = connection.execution_options(isolation_level='AUTOCOMMIT')")
    line(lite, 5)
    with heard() as said:
        lite.upgrade()
    assert len(row_changes(said)) == 5
    assert lite.rows() == ["a05"]


BEGIN_BY_HAND = """
@sa.event.listens_for(engine, "connect")
def quiet(driver, record):
    driver.isolation_level = None
@sa.event.listens_for(engine, "begin")
def begin(connection):
    connection.exec_driver_sql("BEGIN")
connection.close()
connection = engine.connect()
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("kind", [TOGETHER, ALONE], ids=str)
def test_an_engine_that_begins_by_hand_works_as_well(tmp_path: Path, edition: int | None, kind: Kind) -> None:
    """SQLAlchemy's recipe for transactions that hold DDL."""
    project = file(tmp_path, "p", edition)
    project.connected(before=BEGIN_BY_HAND)
    line(project, 5, kind.more)
    project.upgrade()
    assert (project.rows(), len(project.tables())) == (["a05"], 5)
    project.downgrade()
    assert (project.rows(), project.tables()) == ([], [])


# --- a failure leaves what it would have left alone -------------------------------------------------------------------

FAILURES = {
    "the database says no": table("t_a01"),
    "Python does": "1 / 0",
    "an operation is refused": 'op.create_check_constraint("c", "t_new", "id > 0")',
}


class Left(NamedTuple):
    """What a failed run left behind, and what it said."""

    rows: list[str] | None
    schema: list[str]
    notes: str


def fails(project: Project, run: Callable[[], Any]) -> Left:
    with pytest.raises((sa.exc.DBAPIError, ZeroDivisionError, CommandError)) as error:
        run()
    with sqlite3.connect(project.url.partition(":///")[2], timeout=0) as second:
        second.execute("BEGIN IMMEDIATE")  # the run holds no lock by now
        second.rollback()
    second.close()
    rows, schema = shape(project)
    told = notes(error.value).replace(str(project.root), "")
    told = re.sub(r"(\d+) of \d+ statements", r"\1 statement", told)  # of a script that only calls operations
    return Left(rows, schema, told)


def mended(project: Project, name: str, down: str | None) -> None:
    """The failing revision, written anew so that it steps over what is there."""
    project.script(
        name, down, 'op.create_table("t_new", sa.Column("id", sa.Integer, primary_key=True), if_not_exists=True)'
    )


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("at", [2, 4, 6])
def test_a_failing_upgrade(tmp_path: Path, edition: int | None, failure: str, at: int) -> None:
    left = []
    for kind in (TOGETHER, ALONE):
        project = file(tmp_path, kind.name, edition)
        names = line(project, 6, kind.more)
        failing, before = names[at - 1], names[at - 2]
        project.script(failing, before, table("t_new") + "\n" + failure + kind.more)
        left.append(fails(project, project.upgrade))
        assert left[-1].rows == [before]
        assert ("t_new" in project.tables()) == (edition is None)
        assert set(project.tables()) - {"t_new"} == {f"t_{name}" for name in names[: at - 1]}
        assert ("CREATE TABLE t_new" in left[-1].notes) == (edition is None)
        assert ("are committed" in left[-1].notes) == (edition is None)
        mended(project, failing, before)
        project.upgrade()
        assert project.rows() == names[-1:]
        assert set(project.tables()) == {f"t_{name}" for name in names if name != failing} | {"t_new"}
    assert left[0] == left[1]


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_failing_first_revision(tmp_path: Path, edition: int | None) -> None:
    left = []
    for kind in (TOGETHER, ALONE):
        project = file(tmp_path, kind.name, edition)
        project.script("a01", None, table("t_new") + "\n" + table("t_new") + kind.more)
        project.script("a02", "a01")
        left.append(fails(project, project.upgrade))
    assert left[0] == left[1]
    assert left[0].rows == []


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("failure", ['op.drop_table("nowhere")', "1 / 0"])
def test_a_failing_downgrade(tmp_path: Path, edition: int | None, failure: str) -> None:
    left = []
    for kind in (TOGETHER, ALONE):
        project = file(tmp_path, kind.name, edition)
        line(project, 6, kind.more)
        project.script("a03", "a02", undo=f'op.drop_table("t_a03")\n{failure}{kind.more}')
        project.upgrade()
        left.append(fails(project, project.downgrade))
        assert left[-1].rows == ["a03"]
        assert ("t_a03" in project.tables()) == (edition is not None)
        assert {"t_a01", "t_a02"} <= set(project.tables())
    assert left[0] == left[1]


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_failure_after_one_that_does_more(tmp_path: Path, edition: int | None) -> None:
    """The group before it is over; the one that failed began a new one."""
    left = []
    for kind in (TOGETHER, ALONE):
        project = file(tmp_path, kind.name, edition)
        line(project, 5, kind.more)
        project.script("a02", "a01", table("t_a02") + MORE)
        project.script("a03", "a02", table("t_new") + "\n" + table("t_a01") + kind.more)
        left.append(fails(project, project.upgrade))
        assert left[-1].rows == ["a02"]
    assert left[0] == left[1]


@pytest.fixture(params=EDITIONS)
def behind(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """One revision, which is applied; env.py works on the connection that is passed to it."""
    project = file(tmp_path, "p", request.param)
    line(project, 1)
    project.upgrade()
    project.env(
        """
        context.configure(connection=config.attributes["connection"])
        with context.begin_transaction():
            context.run_migrations()
        """
    )
    return project


@contextmanager
def handed_in(project: Project, **arguments: Any) -> Iterator[sa.Connection]:
    """The connection that is passed to env.py; it is in no transaction after a run."""
    with sa.create_engine(project.url, poolclass=sa.NullPool, connect_args=arguments).connect() as connection:
        project.config.attributes["connection"] = connection
        yield connection
        assert not connection.in_transaction()


@pytest.mark.parametrize("kind", [TOGETHER, ALONE], ids=str)
def test_a_connection_that_was_handed_in_is_left_in_no_transaction(behind: Project, kind: Kind) -> None:
    line(behind, 3, kind.more)
    behind.script("a03", "a02", table("t_new") + "\n" + table("t_a01") + kind.more)
    with handed_in(behind), pytest.raises(sa.exc.DBAPIError):
        command.upgrade(behind.config, "head")
    assert behind.rows() == ["a02"]
    assert behind.column("SELECT count(*) FROM t_a02") == [0]


FOREIGN_KEYS = """
op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True))
op.execute("CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")
with op.get_context().autocommit_block():
    op.execute("PRAGMA foreign_keys = ON")
op.execute("INSERT INTO parent VALUES (1)")
op.execute("INSERT INTO child VALUES (1)")
"""


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_commit_that_fails_since_a_revision_had_foreign_keys_enforced(tmp_path: Path, edition: int | None) -> None:
    left = []
    for kind in (TOGETHER, ALONE):
        project = file(tmp_path, kind.name, edition)
        line(project, 5, kind.more)
        project.script("a02", "a01", FOREIGN_KEYS)
        project.script("a05", "a04", 'op.drop_table("parent")' + kind.more)
        left.append(fails(project, project.upgrade))
        assert left[-1].rows == ["a04"]
    assert left[0] == left[1]


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_disk_that_is_full(small_disk: Path, tmp_path: Path, edition: int | None) -> None:
    """SQLite may roll back everything by itself then; the row says what is there all the same."""
    project = Project(tmp_path / "p", f"sqlite:///{small_disk}/p.db", edition)
    names = line(project, 90)
    with pytest.raises(sa.exc.OperationalError):
        project.upgrade()
    rows = project.rows()
    done = names.index(rows[0]) + 1 if rows else 0
    assert project.tables() == [f"t_{name}" for name in names[:done]]


@pytest.mark.parametrize("kind", [TOGETHER, ALONE], ids=str)
def test_ddl_that_the_environment_takes_as_transactional(lite: Project, kind: Kind) -> None:
    """One transaction for the run, and so one row."""
    lite.connected(configure="transactional_ddl=True")
    line(lite, 5, kind.more)
    with heard() as said:
        lite.upgrade()
    assert len(row_changes(said)) == (1 if kind is TOGETHER else 5)
    lite.script("a06", "a05")
    lite.script("a07", "a06", table("t_new") + "\n" + table("t_a01") + kind.more)
    left = fails(lite, lite.upgrade)
    assert (left.rows, len(lite.tables()), "committed" in left.notes) == (["a05"], 5, False)


def test_ddl_that_the_environment_takes_as_not_transactional(tmp_path: Path) -> None:
    """Under the edition the journal is written in one transaction with the statement, which SQLite rolls back whole."""
    left, again, journals = [], [], []
    for kind in (TOGETHER, ALONE):
        project = file(tmp_path, kind.name, 2026)
        project.connected(configure="transactional_ddl=False")
        line(project, 5, kind.more)
        project.script("a04", "a03", table("t_new") + "\n" + table("t_a01") + kind.more)
        left.append(fails(project, project.upgrade))
        assert left[-1].rows == ["a03"]
        assert "rolled back; database at a03" in left[-1].notes
        assert "t_new" not in project.tables()
        journals.append(project.look(_journal))
        again.append(fails(project, project.upgrade))
    assert journals[0] == journals[1]
    assert (left[0], again[0]) == (left[1], again[1])


def _journal(connection: sa.Connection) -> list[tuple[str, int, str]]:
    """Revisions, numbers of statements and what the journal says of them."""
    asked = "SELECT revision, number, state FROM alembic_version_journal ORDER BY revision, number"
    return [tuple(row) for row in connection.execute(sa.text(asked))]


# --- one that does more, in the middle --------------------------------------------------------------------------------

SECOND = """
second = sa.create_engine(op.get_bind().engine.url, poolclass=sa.pool.NullPool, connect_args={"timeout": 0})
with second.begin() as connection:
    assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == "a02"
    assert connection.scalar(sa.text("SELECT count(*) FROM t_a02")) == 0
"""
DOES_MORE = {
    "reads by a second connection": SECOND,
    "reads its version row": """
assert op.get_bind().scalar(sa.text("SELECT version_num FROM alembic_version")) == "a02"
""",
    "asks the context": """
assert op.get_context().get_current_revision() == "a02"
""",
    "rebuilds a table": """
with op.batch_alter_table("t_a02", recreate="always") as batch:
    batch.add_column(sa.Column("x", sa.Integer))
""",
    "commits by a block": """
with op.get_context().autocommit_block():
    op.execute("INSERT INTO t_a02 VALUES (1)")
""",
    "runs SQL": 'op.execute("INSERT INTO t_a02 VALUES (1)")',
}


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("more", DOES_MORE.values(), ids=DOES_MORE)
def test_one_that_does_more_finds_all_before_it(tmp_path: Path, edition: int | None, more: str) -> None:
    shapes = []
    for kind in (TOGETHER, ALONE):
        project = file(tmp_path, kind.name, edition)
        names = line(project, 5, kind.more)
        project.script("a03", "a02", more, MORE)
        project.upgrade()
        assert project.rows() == names[-1:]
        shapes.append((shape(project), project.column("SELECT id FROM t_a02")))
        project.downgrade()
        assert (project.rows(), project.tables()) == ([], [])
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("kind", [TOGETHER, ALONE], ids=str)
def test_one_writes_through_a_second_connection(lite: Project, kind: Kind) -> None:
    """Without an edition only: with one, the revision has a transaction of its own, in which SQLite has one writer."""
    line(lite, 5, kind.more)
    lite.script("a03", "a02", SECOND + '    connection.execute(sa.text("INSERT INTO t_a02 VALUES (1)"))')
    lite.upgrade()
    assert (lite.rows(), lite.column("SELECT id FROM t_a02")) == (["a05"], [1])


def test_the_group_before_it_is_committed_even_if_it_fails(tmp_path: Path) -> None:
    project = file(tmp_path, "p", 2026)
    line(project, 5)
    project.script("a04", "a03", 'op.create_table("t_new")\nop.execute("SELECT * FROM nowhere")')
    left = fails(project, project.upgrade)
    assert (left.rows, project.tables()) == (["a03"], ["t_a01", "t_a02", "t_a03"])


# --- a callback after each revision -----------------------------------------------------------------------------------

ASKS = """
second = sa.create_engine(config.get_main_option("sqlalchemy.url"), poolclass=sa.pool.NullPool)
def asks(ctx, step, heads, run_args):
    rows = sa.text("SELECT version_num FROM alembic_version")
    own = sorted(ctx.connection.scalars(rows))
    assert own == sorted(heads), (own, heads)
    with second.connect() as other:
        there = sa.inspect(other).has_table("alembic_version")
        config.attributes["asked"].append((sorted(heads), sorted(other.scalars(rows)) if there else []))
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_a_callback_sees_each_row(make: Callable[..., Project], backend: str, edition: int | None) -> None:
    """As without groups: its own row on its own connection, and on another one what is committed by then."""
    asked = []
    project = make(backend, edition=edition)
    project.connected(before=ASKS, configure="on_version_apply=asks")
    for kind in (TOGETHER, ALONE):
        names = line(project, 3, kind.more)
        for run in (project.upgrade, project.downgrade):
            config = project.configure()
            config.attributes["asked"] = []
            (command.upgrade if run == project.upgrade else command.downgrade)(
                config, "head" if run == project.upgrade else "base"
            )
            asked.append(config.attributes["asked"])
    assert asked[:2] == asked[2:]
    assert [heads for heads, _ in asked[0]] == [[name] for name in names]
    if edition is not None:
        assert [committed for _, committed in asked[0]] == [[], ["a01"], ["a02"]]


# --- PostgreSQL: one transaction --------------------------------------------------------------------------------------


def test_the_row_is_written_once(postgres: Project) -> None:
    line(postgres, 10)
    with heard() as said:
        postgres.upgrade()
    assert len(row_changes(said)) == 1
    assert postgres.rows() == ["a10"]
    with heard() as said:
        postgres.downgrade("a03")
    assert len(row_changes(said)) == 1
    assert postgres.rows() == ["a03"]


def test_the_row_is_written_before_one_that_does_more_and_at_the_end(postgres: Project) -> None:
    line(postgres, 9)
    postgres.script("a05", "a04", DOES_MORE["reads its version row"].replace("a02", "a04"))
    with heard() as said:
        postgres.upgrade()
    kinds = ["row" if "alembic_version" in text else "table" for text in _tables_and_rows(said)]
    assert kinds == [*["table"] * 4, "row", "row", *["table"] * 4, "row"]
    assert postgres.rows() == ["a09"]


def _tables_and_rows(said: list[str]) -> list[str]:
    rows = row_changes(said)
    return [text for text in said if "CREATE TABLE t_" in text or text in rows]


def test_the_edition_writes_a_row_a_revision_on_postgresql(make: Callable[..., Project]) -> None:
    project = make("postgresql", edition=2026)
    line(project, 5)
    with heard() as said:
        project.upgrade()
    assert len(row_changes(said)) == 5


def test_mariadb_writes_a_row_a_revision(maria: Project) -> None:
    """DDL commits implicitly there: a row that is put off could be lost."""
    line(maria, 5)
    with heard() as said:
        maria.upgrade()
    assert len(row_changes(said)) == 5


def test_a_failure_rolls_all_back(postgres: Project) -> None:
    line(postgres, 5)
    postgres.script("a04", "a03", table("t_new") + "\n" + table("t_a01"))
    with pytest.raises(sa.exc.DBAPIError) as error:
        postgres.upgrade()
    assert "while running upgrade a03 -> a04" in notes(error.value)
    assert "committed" not in notes(error.value)
    assert (postgres.rows(), postgres.tables()) == (None, [])


SURVIVES = """
with context.begin_transaction():
    try:
        context.run_migrations()
    except ZeroDivisionError:
        pass
"""


@pytest.mark.parametrize("kind", [TOGETHER, ALONE], ids=str)
def test_env_that_goes_on_after_a_failure_commits_the_rows_of_those_before(postgres: Project, kind: Kind) -> None:
    """Foolish, but their tables are there and so their row has to be."""
    postgres.connected(body=SURVIVES)
    line(postgres, 3, kind.more)
    postgres.script("a03", "a02", "1 / 0" + kind.more)
    postgres.upgrade()
    assert (postgres.rows(), postgres.tables()) == (["a02"], ["t_a01", "t_a02"])


MOVED = "from test_group_commit import move_row\nmove_row(connection)"


def move_row(connection: sa.Connection) -> None:
    """Have the version row be another one as soon as a03 has made its table."""

    @sa.event.listens_for(connection, "after_cursor_execute")
    def moves(conn: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if "CREATE TABLE t_a03" in statement:
            conn.connection.cursor().execute("UPDATE alembic_version SET version_num = 'other'")


@pytest.mark.parametrize("kind", [TOGETHER, ALONE], ids=str)
@pytest.mark.parametrize("backend", ["postgresql", "sqlite"])
@pytest.mark.parametrize("last", [3, 5])
def test_a_row_that_was_moved_is_an_error(make: Callable[..., Project], backend: str, kind: Kind, last: int) -> None:
    project = make(backend)
    line(project, 1)
    project.upgrade()
    project.connected(before=MOVED)
    line(project, last, kind.more)
    with pytest.raises(CommandError) as error:
        project.upgrade()
    assert error.value.code == "version-row-moved"
    assert "'other'" not in str(error.value)
    assert f"while running upgrade a0{last - 1 if kind is TOGETHER else 2} -> " in notes(error.value)
    if backend == "postgresql":
        assert (project.rows(), project.tables()) == (["a01"], ["t_a01"])


@pytest.mark.parametrize("kind", [TOGETHER, ALONE], ids=str)
def test_a_moved_row_does_not_hide_what_failed(lite: Project, kind: Kind) -> None:
    """The rows of those before the failing revision cannot be written; the failure is what is reported."""
    line(lite, 1)
    lite.upgrade()
    lite.connected(before=MOVED)
    line(lite, 3, kind.more)
    lite.script("a03", "a02", table("t_a03") + "\n1 / 0" + kind.more)
    with heard() as said, pytest.raises(ZeroDivisionError) as error:
        lite.upgrade()
    assert "while running upgrade a02 -> a03" in notes(error.value)
    assert len(row_changes(said)) == 1, "what is rolled back is not written once more"
    assert lite.rows() in (["a01"], ["a02"])


@pytest.mark.parametrize("kind", [TOGETHER, ALONE], ids=str)
def test_a_moved_row_leaves_a_handed_in_connection_in_no_transaction(behind: Project, kind: Kind) -> None:
    line(behind, 3, kind.more)
    with handed_in(behind) as connection:
        move_row(connection)
        with pytest.raises(CommandError) as error:
            command.upgrade(behind.config, "head")
        assert error.value.code == "version-row-moved"
        assert not connection.in_transaction()
        behind.execute("CREATE TABLE no_lock_is_held (id INTEGER)")


@pytest.mark.parametrize("kind", [TOGETHER, ALONE], ids=str)
def test_a_database_that_is_locked_is_an_error_and_no_more(behind: Project, kind: Kind) -> None:
    line(behind, 3, kind.more)
    other = sqlite3.connect(behind.url.partition(":///")[2])
    with handed_in(behind, timeout=0) as connection:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sa.exc.OperationalError, match="locked"):
            command.upgrade(behind.config, "head")
        assert not connection.in_transaction()
        other.rollback()
        command.upgrade(behind.config, "head")
    other.close()
    assert (behind.rows(), len(behind.tables())) == (["a03"], 3)


# --- branches ---------------------------------------------------------------------------------------------------------


class Node(NamedTuple):
    id: str
    down: object = None
    depends: object = None


HISTORIES = {
    "two heads": [Node("a"), Node("b", "a"), Node("c", "a"), Node("d", "b"), Node("e", "c")],
    "two bases": [Node("a"), Node("x"), Node("b", "a"), Node("y", "x")],
    "a merge": [Node("a"), Node("b", "a"), Node("c", "a"), Node("m", ("b", "c")), Node("n", "m")],
    "a merge of three": [Node("a"), Node("b"), Node("c"), Node("m", ("a", "b", "c"))],
    "a dependency": [Node("a"), Node("b", "a"), Node("x", None, "b"), Node("y", "x"), Node("c", "b")],
    "a dependency on the middle": [Node("a"), Node("b", "a"), Node("c", "b"), Node("x"), Node("y", "x", "b")],
    "a diamond upon a dependency": [
        Node("a"),
        Node("x"),
        Node("b", "a", "x"),
        Node("c", "a"),
        Node("m", ("b", "c")),
        Node("y", "x", "m"),
    ],
}
MIXES = {"together": (False,), "alone": (True,), "in turns": (False, False, True)}


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
@pytest.mark.parametrize("nodes", HISTORIES.values(), ids=HISTORIES)
def test_the_rows_are_those_of_each_alone(make: Callable[..., Project], backend: str, nodes: list[Node]) -> None:
    """Every way through the history leaves the same rows and tables, whichever revisions are in groups."""
    project = make(backend)
    found = {}
    for mix, pattern in MIXES.items():
        for node, alone in zip(nodes, itertools.cycle(pattern), strict=False):
            more = MORE if alone else ""
            project.script(
                node.id, node.down, table(f"t_{node.id}") + more, f'op.drop_table("t_{node.id}")' + more,
                depends=node.depends,
            )  # fmt: skip
        seen = []
        for run, target in (
            (project.upgrade, nodes[-1].id),
            (project.upgrade, "heads"),
            (project.downgrade, nodes[-1].id + "@base"),
            (project.downgrade, "base"),
        ):
            run(target)
            seen.append((project.rows(), project.tables()))
        assert seen[-1] == ([], [])
        found[mix] = seen
    assert all(seen == found["alone"] for seen in found.values()), found


ROWS = st.lists(st.sampled_from("abcdefgh"), max_size=8)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS, ROWS)
def test_exchange_leads_from_any_rows_to_any(before: list[str], after: list[str]) -> None:
    change = exchange(before, after)
    assert set(change.apply(before)) == set(after)
    touched = {*change.delete, *change.insert, *itertools.chain.from_iterable(change.update)}
    assert not touched & set(before) & set(after)
    assert touched == set(before) ^ set(after)
    assert not (change.delete and change.insert)


# --- killed -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edition", EDITIONS)
def test_killed_at_any_moment_the_row_says_what_is_there(
    tmp_path: Path, edition: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it was killed in the middle three times, and sometimes in the middle of what a killed one left."""
    monkeypatch.setattr(group_commit, "MAX_SECONDS", 0.01)
    chance = random.Random(edition)  # noqa: S311 no secret
    project = file(tmp_path, "p", edition)
    here = project.root / "m" / "here"
    project.env("import pathlib\npathlib.Path(__file__).with_name('here').touch()\ncontext.run()")
    names = line(project, 80)
    began = time.monotonic()
    project.upgrade()
    duration = time.monotonic() - began
    in_the_middle = 0
    for _ in range(40):
        if project.rows() == names[-1:]:
            project.downgrade()
        here.unlink()
        process = project.fork("upgrade", "head")
        while not here.exists():
            time.sleep(0.002)
        time.sleep(chance.uniform(0, duration))
        process.kill()
        process.wait()
        rows = project.rows()
        done = names.index(rows[0]) + 1 if rows else 0
        assert project.tables() == [f"t_{name}" for name in sorted(names[:done])]
        in_the_middle += 0 < done < len(names)
        # a machine is not as quick all the time: the next one is to die in the middle too
        duration *= 0.8 if done == len(names) else 1 if done else 1.1
        if in_the_middle == 3:
            break
    assert in_the_middle == 3
    project.upgrade()
    assert (project.rows(), len(project.tables())) == (names[-1:], len(names))


# --- interrupted ------------------------------------------------------------------------------------------------------


BETWEEN = """
import signal
@sa.event.listens_for(sa.Table, "before_create")
def interrupts(table, connection, **kw):
    if table.name == "t_new":
        signal.raise_signal(signal.SIGINT)
"""
WITHIN = """
import signal
@sa.event.listens_for(engine, "{moment}_cursor_execute")
def interrupts(conn, cursor, statement, parameters, context, many):
    if "CREATE TABLE t_new" in statement:
        signal.raise_signal(signal.SIGINT)
connection.close()
connection = engine.connect()
"""


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("kind", [TOGETHER, ALONE], ids=str)
def test_an_interrupt_between_statements_leaves_what_a_failure_does(
    tmp_path: Path, edition: int | None, kind: Kind
) -> None:
    project = file(tmp_path, "p", edition)
    project.connected(before=BETWEEN)
    line(project, 5, kind.more)
    project.script("a04", "a03", table("t_first") + "\n" + table("t_new") + kind.more)
    code, said = project.run("upgrade", "head")  # a process of its own: the listener is for all tables there are
    assert (code != 0, project.rows()) == (True, ["a03"]), said
    assert set(project.tables()) - {"t_first"} == {"t_a01", "t_a02", "t_a03"}
    assert ("t_first" in project.tables()) == (edition is None)


MOMENTS = ("before", "after") if SQLA_2_1 else ("after",)
"""Those at which SQLAlchemy takes an interrupt for one of the driver's; for 2.0 a listener before it is none."""


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_an_interrupt_within_a_statement_takes_the_group_back(tmp_path: Path, edition: int | None, moment: str) -> None:
    """SQLAlchemy gives the connection up then, and with it what is open: as if the process had died."""
    project = file(tmp_path, "p", edition)
    line(project, 3)
    project.upgrade("a01")
    project.connected(before=WITHIN.format(moment=moment))
    project.script("a03", "a02", table("t_first") + "\n" + table("t_new"))
    with pytest.raises(KeyboardInterrupt):
        project.upgrade()
    assert (project.rows(), project.tables()) == (["a01"], ["t_a01"])
    project.connected()
    project.upgrade()
    assert (project.rows(), len(project.tables())) == (["a03"], 4)
