"""Revisions that each create a table, noted in the journal together where DDL commits: few version rows, none lost.

    a01 -> a02 -> ... -> a20, each a table, on MariaDB under the edition

a01 is run in its own time; the journal notes the next ones before they begin, their version row is written at the end.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from project import Project, table
from test_journal import Killed, dying, journal
from test_stretch import heard, ids, interrupts, killed, line, notes, row_changes

from limbeck.dialects.mysql import MySQLImpl
from limbeck.errors import CommandError
from limbeck.runtime import ahead, stretch

__all__ = ["interrupts"]


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stretch is as long as it can be, however busy the machine."""
    monkeypatch.setattr(stretch, "LONGEST", 3600)


@pytest.fixture
def maria(make: Callable[..., Project]) -> Project:
    return make("mariadb", edition=2026)


HEARING = """
@sa.event.listens_for(engine, "{moment}_cursor_execute")
def happens(conn, cursor, statement, parameters, context, many):
    if "CREATE TABLE {table} " in statement.replace("`", ""):
        {what}
connection.close()
connection = engine.connect()
"""
DIE = "from test_journal import Killed; raise Killed"


def happening(project: Project, what: str, name: str, moment: str) -> None:
    """Have env.py do ``what`` before or after the statement that creates the table ``name``."""
    project.connected(before=HEARING.format(moment=moment, table=name, what=what))


def die(project: Project, name: str, moment: str) -> None:
    """A run of all that ends at once at the statement that creates ``name``, as if the process had died."""
    happening(project, DIE, name, moment)
    with pytest.raises(Killed):
        project.upgrade()
    project.connected()


def died(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is cleaned up by the run that `die` ends: a dead process does not either."""
    leave = stretch.Stretch.__exit__

    def left(self: stretch.Stretch, type_: Any, *error: Any) -> None:
        if type_ is not Killed:
            leave(self, type_, *error)

    monkeypatch.setattr(stretch.Stretch, "__exit__", left)


def complete(project: Project, names: list[str]) -> None:
    assert project.rows() == names[-1:]
    assert project.tables() == sorted(f"t_{name}" for name in names)
    assert journal(project) == []


def test_a_row_is_written_for_many(maria: Project) -> None:
    names = line(maria, 40)
    with heard() as said:
        maria.upgrade()
    assert len(row_changes(said)) < 8
    assert said.count("COMMIT") < 16
    complete(maria, names)


def test_each_is_noted_before_it_begins(maria: Project) -> None:
    """Whenever a table is created, the committed journal names its revision, or the committed row is one before it."""
    names = line(maria, 40)
    seen: list[tuple[str, bool]] = []

    def look(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        if text.lstrip().startswith("CREATE TABLE t_"):
            name = text.split()[2].removeprefix("t_")
            noted = " ".join(" ".join(map(str, row)) for row in journal(maria))
            seen.append((name, name in noted))

    sa.event.listen(sa.Engine, "after_cursor_execute", look)
    try:
        maria.upgrade()
    finally:
        sa.event.remove(sa.Engine, "after_cursor_execute", look)
    assert seen == [(name, True) for name in names]


def test_without_an_edition_there_is_a_row_a_revision(make: Callable[..., Project]) -> None:
    project = make("mariadb")
    line(project, 20)
    with heard() as said:
        project.upgrade()
    assert len(row_changes(said)) == 20


ALONE = {
    "it has two statements": table("t_more") + "\n" + table("t_other"),
    "it changes a table": 'op.add_column("t_a01", sa.Column("x", sa.Integer))',
    "it drops one": 'op.drop_table("t_a01")',
    "it has an index": 'op.create_table("t_more", sa.Column("x", sa.Integer, index=True))',
    "it asks the database": 'op.drop_constraint(None, "t_a01", type_="primary")',
    "it does more": table("t_more") + '\nop.execute("INSERT INTO t_more VALUES (1)")',
    "it does nothing": "pass",
}


@pytest.mark.parametrize("body", ALONE.values(), ids=ALONE)
def test_one_that_does_not_just_create_a_table_is_not_kept(maria: Project, body: str) -> None:
    names = line(maria, 12)
    if "primary" in body:
        key = 'sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)'
        maria.script("a01", None, f'op.create_table("t_a01", {key})')
    maria.script("a08", "a07", body, "pass  # nothing")
    rows: list[list[str] | None] = []

    def look(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        if "t_a09" in text and "CREATE" in text:
            rows.append(maria.rows())

    sa.event.listen(sa.Engine, "after_cursor_execute", look)
    try:
        maria.upgrade()
    finally:
        sa.event.remove(sa.Engine, "after_cursor_execute", look)
    assert rows == [["a08"]]
    assert maria.rows() == names[-1:]
    assert journal(maria) == []


def test_a_stretch_is_over_after_its_time(maria: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretch, "LONGEST", 0)
    names = line(maria, 10)
    with heard() as said:
        maria.upgrade()
    assert len(row_changes(said)) == 10
    complete(maria, names)


# --- a run that dies --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("at", ["a01", "a02", "a03", "a06", "a10", "a20"])
def test_the_next_run_ends_what_a_dead_one_began(
    maria: Project, at: str, moment: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What is there is taken as done, with a line in the log for each; the rest is created."""
    names = line(maria, 20)
    with monkeypatch.context() as patch:
        died(patch)
        die(maria, f"t_{at}", moment)
    there = len(maria.tables())
    row = maria.rows()
    behind = there - (names.index(row[0]) + 1 if row else 0)
    assert behind <= ahead.FARTHEST
    with caplog.at_level(logging.WARNING, logger="alembic.runtime.migration"):
        maria.upgrade()
    assert caplog.text.count("done already") == behind
    complete(maria, names)


def test_one_that_dies_again_and_again(maria: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    names = line(maria, 20)
    with monkeypatch.context() as patch:
        died(patch)
        for at in ("a05", "a07", "a07", "a12", "a13", "a20"):
            die(maria, f"t_{at}", "before")
            die(maria, f"t_{at}", "after")
    maria.upgrade()
    complete(maria, names)


def test_killed_at_any_moment_the_next_run_ends_it(maria: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it was killed in the middle of a stretch three times."""
    monkeypatch.setattr(stretch, "LONGEST", 0.1)
    names = line(maria, 60)
    behind = 0
    for done in killed(maria, names, random.Random(2026)):  # noqa: S311 no secret
        there = maria.tables()
        assert there == [f"t_{name}" for name in names[: len(there)]]
        assert done <= len(there) <= done + ahead.FARTHEST
        behind += len(there) > done
        if behind == 3:
            break
    assert behind == 3
    maria.upgrade()
    complete(maria, names)


@pytest.fixture
def dead(maria: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """It died when a06 was done, and the row says a03 or less."""
    line(maria, 8)
    with monkeypatch.context() as patch:
        died(patch)
        die(maria, "t_a06", "after")
    assert maria.tables() == [f"t_{name}" for name in ids(6)]
    assert maria.rows() in (["a01"], ["a02"], ["a03"])
    return maria


@pytest.mark.parametrize("target", ["a04", "a05"])
def test_a_run_that_would_end_only_some_of_them_is_refused(dead: Project, target: str) -> None:
    before = (dead.rows(), dead.tables(), journal(dead))
    with pytest.raises(CommandError) as error:
        dead.upgrade(target)
    assert error.value.code == "half-done"
    assert "let `limbeck upgrade` end it first" in str(error.value.hint)
    assert (dead.rows(), dead.tables(), journal(dead)) == before
    dead.upgrade()
    complete(dead, ids(8))


def test_a_downgrade_is_refused(dead: Project) -> None:
    before = (dead.rows(), dead.tables(), journal(dead))
    with pytest.raises(CommandError) as error:
        dead.downgrade()
    assert error.value.code == "half-done"
    assert (dead.rows(), dead.tables(), journal(dead)) == before


def test_a_stamp_makes_it_void(dead: Project) -> None:
    code, said = dead.run("stamp", "--purge", "a06")
    assert code == 0, said
    dead.upgrade()
    complete(dead, ids(8))


def test_a_script_that_is_another_now_is_run_as_it_is(dead: Project) -> None:
    """What the dead run created was not what this one says: nobody takes it as done."""
    dead.script("a05", "a04", 'op.create_table("t_a05", sa.Column("other", sa.Integer))')
    with pytest.raises(sa.exc.DBAPIError, match="already exists"):
        dead.upgrade()
    assert dead.rows() == ["a04"]
    dead.execute("DROP TABLE t_a05")
    dead.upgrade()
    complete(dead, ids(8))


def test_a_downgrade_that_creates_tables_is_ended_too(maria: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ids(8)
    for down, name in zip((None, *names), names, strict=False):
        maria.script(name, down, f'op.drop_table("t_{name}", if_exists=True)', table(f"t_{name}"))
    maria.upgrade()
    happening(maria, DIE, "t_a03", "after")
    with monkeypatch.context() as patch:
        died(patch)
        with pytest.raises(Killed):
            maria.downgrade()
    maria.connected()
    assert maria.rows() != ["a03"]
    assert len(maria.tables()) == 6
    maria.downgrade()
    assert (maria.rows(), len(maria.tables()), journal(maria)) == ([], 8, [])


def test_branches_are_ended_too(maria: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    a01 -- a02 -- b1 -- b2 -- b3 -- m
              \\                  /
               \\- c1 -- c2 -- c3
    """
    maria.line("a01", "a02", "b1", "b2", "b3")
    maria.script("c1", "a02")
    maria.script("c2", "c1")
    maria.script("c3", "c2")
    maria.script("m", ("b3", "c3"))
    for name in ("b2", "c1", "m"):
        for moment in ("before", "after"):
            with monkeypatch.context() as patch:
                died(patch)
                die(maria, f"t_{name}", moment)
            maria.upgrade()
            assert maria.rows() == ["m"]
            assert len(maria.tables()) == 9
            assert journal(maria) == []
            maria.downgrade()
            assert maria.tables() == []


# --- a run that fails -------------------------------------------------------------------------------------------------

FAILURES = {
    "a table is there": table("t_a01"),
    "a key leads nowhere": (
        'op.create_table("t_new", sa.Column("id", sa.Integer, sa.ForeignKey("nowhere.id"), primary_key=True))'
    ),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("at", range(1, 9))
def test_a_failure_leaves_the_rows_of_those_before_it(maria: Project, failure: str, at: int) -> None:
    names = line(maria, 8)
    if at == 1:
        maria.execute("CREATE TABLE t_a01 (id INTEGER)")
    before = [*ids(8), None][at - 2]
    maria.script(names[at - 1], before, failure)
    with pytest.raises(sa.exc.DBAPIError) as error:
        maria.upgrade()
    assert maria.rows() == ([] if before is None else [before])
    assert journal(maria) == []
    assert "are committed" not in notes(error.value)
    if at == 1:
        maria.execute("DROP TABLE t_a01")
    maria.script(names[at - 1], before)
    maria.upgrade()
    complete(maria, names)


def test_a_failure_after_the_statement_is_in_the_journal(maria: Project) -> None:
    """The table is there and its row is not, as somebody's listener fails: so it is with one that stands alone."""
    names = line(maria, 8)
    happening(maria, "raise ZeroDivisionError", "t_a05", "after")
    with pytest.raises(ZeroDivisionError) as error:
        maria.upgrade()
    assert maria.rows() == ["a04"]
    assert [row[:4] for row in journal(maria)] == [("a05", "upgrade", 1, "sent")]
    assert "CREATE TABLE t_a05" in notes(error.value)
    assert "CREATE TABLE t_a04" not in notes(error.value)
    maria.connected()
    maria.upgrade()
    complete(maria, names)


def test_what_a_killed_session_has_committed_is_listed(maria: Project) -> None:
    """The version rows of those before it could not be written."""
    names = line(maria, 12)
    kill = "connection.engine.connect().exec_driver_sql(f'KILL {cursor.connection.thread_id()}')"
    happening(maria, kill, "t_a06", "before")
    with pytest.raises(sa.exc.DBAPIError) as error:
        maria.upgrade()
    row = maria.rows()
    assert row is not None
    waiting = names[names.index(row[0]) + 1 : 5]
    assert waiting
    for name in waiting:
        assert f"CREATE TABLE t_{name}" in notes(error.value)
    maria.connected()
    maria.upgrade()
    complete(maria, names)


INTERRUPT = "import signal; signal.raise_signal(signal.SIGINT)"


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("what", [INTERRUPT, f"cursor.connection.close(); {INTERRUPT}"], ids=["alone", "no connection"])
def test_an_interrupt_is_a_dead_run(maria: Project, what: str, moment: str) -> None:
    """SQLAlchemy gives the connection up, and nothing can be written any more."""
    names = line(maria, 12)
    happening(maria, what, "t_a06", moment)
    with pytest.raises(KeyboardInterrupt):
        maria.upgrade()
    maria.connected()
    maria.upgrade()
    complete(maria, names)


def test_a_script_that_ends_the_run_between_two_stretches(maria: Project) -> None:
    names = line(maria, 12)
    maria.script("a06", "a05", table("t_a06") + dying(maria))
    with pytest.raises(Killed):
        maria.upgrade()
    assert maria.rows() == ["a05"]
    maria.upgrade()
    complete(maria, names)


# --- who has a say ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "configure"),
    [
        ("", "transaction_per_migration=True"),
        ("", "on_version_apply=lambda **kw: None"),
        ("connection = connection.execution_options(isolation_level='AUTOCOMMIT')", ""),
        ("connection.begin()", ""),
    ],
)
def test_a_row_a_revision_where_somebody_wants_it(maria: Project, before: str, configure: str) -> None:
    names = line(maria, 8)
    maria.connected(before=before, configure=configure, body="context.run_migrations()\nconnection.commit()")
    with heard() as said:
        maria.upgrade()
    assert len(row_changes(said)) == 8
    assert maria.rows() == names[-1:]


def test_a_row_a_revision_where_the_server_cannot_tell_what_is_done(
    maria: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then a table that is there already would be an error in the next run, for each that was noted."""
    monkeypatch.setattr(MySQLImpl, "tells_what_is_so", False)
    line(maria, 8)
    with heard() as said:
        maria.upgrade()
    assert len(row_changes(said)) == 8
