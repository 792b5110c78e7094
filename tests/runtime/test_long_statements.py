"""A statement that takes longer than two seconds: how far it is, as events, and as lines for a person."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from project import Project, sync_url, table

from limbeck import events
from limbeck.show.terminal.long_statements import LongStatements, described

BLOCK = "with op.get_context().autocommit_block():\n    op.execute({!r})"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement takes long from half a second on."""
    monkeypatch.setattr("limbeck.runtime.watch.LONG", 0.5)


def working(project: Project, revision: str, then: Callable[[], object] = lambda: None) -> list[events.StatementEvent]:
    """What is said of long statements while ``revision`` runs.

    :param then: is called when the first of it is said.
    """
    heard: list[events.StatementEvent] = []

    def follow(event: events.Event) -> None:
        if event.phase == "working" and isinstance(event, events.StatementEvent):
            heard.append(event)
            if len(heard) == 1:
                then()

    with events.subscribed(follow, working=True):
        project.upgrade(revision)
    return heard


# --- as events ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edition", [None, 2026])
def test_an_index_build_of_postgresql_says_its_phase_and_whom_it_waits_for(
    make: Callable[..., Project], edition: int | None
) -> None:
    """``CREATE INDEX CONCURRENTLY`` waits for another session whose snapshot is older than the index."""
    project = make("postgresql", edition)
    project.script("a1", None, table("t_a1"))
    project.upgrade()
    project.script("b2", "a1", BLOCK.format("CREATE INDEX CONCURRENTLY i ON t_a1 (id)"))
    engine = sa.create_engine(sync_url(project.url), poolclass=sa.NullPool, isolation_level="REPEATABLE READ")
    with engine.connect() as other:
        number = other.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        first = working(project, "b2", then=other.rollback)[0]
    assert first.progress == events.Progress(doing=f"waiting for old snapshots, session {number}", share=0.0)
    assert (first.number, first.steps, first.statement) == (1, 1, "CREATE INDEX CONCURRENTLY i ON t_a1 (id)")
    assert 0.5 < first.elapsed < 10
    assert project.rows() == ["b2"]


def test_a_rebuild_of_mariadb_says_its_stage(make: Callable[..., Project], monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of 600 rows is copied, with a default value that takes some milliseconds a row."""
    monkeypatch.setattr("limbeck.runtime.watch.LONG", 0.2)
    project = make("mariadb", 2026)
    project.script("a1", None, 'op.create_table("t_a1", sa.Column("n", sa.Integer))')
    project.upgrade()
    project.execute("INSERT INTO t_a1 SELECT seq FROM seq_1_to_600")
    slow = "LENGTH(SHA2(REPEAT(n, 600000), 512))"
    project.script("b2", "a1", f'op.execute("ALTER TABLE t_a1 ADD COLUMN b INT DEFAULT ({slow}), ALGORITHM=COPY")')
    progress = working(project, "b2")[0].progress
    assert progress is not None
    assert progress.doing == "stage 1 of 2: copy to tmp table"
    assert progress.share is not None
    assert 0 < progress.share <= 1


def test_a_rebuild_of_sqlite_says_how_much_is_copied(
    make: Callable[..., Project], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, seconds in (("LONG", 0.05), ("TOLD_EVERY", 0.05), ("TICK", 0.02)):
        monkeypatch.setattr(f"limbeck.runtime.watch.{name}", seconds)
    monkeypatch.setattr("limbeck.dialects.sqlite.progress._PAUSE", 0.0)
    project = make("sqlite", 2026)
    project.script("a1", None, table("t_a1"))
    project.upgrade()
    numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT i FROM n"
    project.execute(f"INSERT INTO t_a1 {numbers}")
    project.script(
        "b2",
        "a1",
        'with op.batch_alter_table("t_a1", recreate="always") as to:\n    to.alter_column("id", new_column_name="n")',
    )
    told = [event.progress for event in working(project, "b2") if event.progress is not None]
    copying = [one for one in told if one.doing == "table t_a1: copying 2,000,000 rows"]
    assert copying
    assert all(one.share is not None and 0 < one.share < 1 for one in copying)
    assert capsys.readouterr().err == ""


def test_a_statement_of_which_the_server_says_nothing(make: Callable[..., Project]) -> None:
    project = make("mariadb", 2026)
    project.script("a1", None, 'op.execute("DO SLEEP(0.9)")')
    assert [event.progress for event in working(project, "a1")] == [None]


def test_a_look_that_fails_is_followed_by_another(
    make: Callable[..., Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    from limbeck.dialects.postgresql.blockers import PostgresqlBlockers
    from limbeck.dialects.postgresql.progress import PostgresqlProgress

    looks: list[int] = []

    def refuse_first(_self: object, _connection: object, session: int) -> list[object]:
        looks.append(session)
        if len(looks) == 1:
            raise OSError("the server hung up")
        return []

    def refuse(*_: object) -> None:
        raise RuntimeError("not for you")

    monkeypatch.setattr(PostgresqlBlockers, "find", refuse_first)
    monkeypatch.setattr(PostgresqlProgress, "of", refuse)
    project = make("postgresql", 2026)
    project.script("a1", None, 'op.execute("SELECT pg_sleep(1.2)")')
    assert [event.progress for event in working(project, "a1")] == [None]
    assert len(looks) > 1


def test_who_does_not_ask_for_them_hears_of_none(make: Callable[..., Project]) -> None:
    project = make("postgresql", 2026)
    project.script("a1", None, 'op.execute("SELECT pg_sleep(0.9)")')
    heard: list[events.Event] = []
    with events.subscribed(heard.append), events.subscribed(lambda _event: None, working=True):
        project.upgrade()
    assert "statement.started" in {event.name for event in heard}
    assert "statement.working" not in {event.name for event in heard}


@pytest.mark.parametrize("edition", [None, 2026])
def test_in_a_pipe_only_where_it_is_asked_for(make: Callable[..., Project], edition: int | None) -> None:
    project = make("postgresql", edition)
    project.script("a1", None, 'op.execute("SELECT pg_sleep(0.9)")', 'op.execute("SELECT pg_sleep(0.9)")')
    assert project.run("upgrade", "head") == (0, "")
    code, said = project.run("--progress", "downgrade", "base")
    assert code == 0
    assert re.sub(r"\d+(\.\d)? m?s", "TIME", said) == "step 1 of 1, TIME: SELECT pg_sleep(0.9)\n"
    assert project.run("upgrade", "head", "--progress", "--quiet") == (0, "")


# --- as lines -------------------------------------------------------------------------------------------------------

SLEEPS = events.StatementEvent(
    phase="started",
    run="7a13",
    dialect="postgresql",
    database="postgresql://",
    revision="b2",
    direction="upgrade",
    number=2,
    steps=5,
    position=1,
    statement="SELECT\n   pg_sleep(100)",
)


@pytest.mark.parametrize(
    ("seconds", "progress", "expected"),
    [
        (2.04, None, "step 2 of 5, 2.0 s: SELECT pg_sleep(100)"),
        (75, events.Progress(doing="sorting"), "step 2 of 5, 1 min 15 s, sorting: SELECT pg_sleep(100)"),
        (12, events.Progress(doing="copying", share=0.456), "step 2 of 5, 12 s, copying 46 %: SELECT pg_sleep(100)"),
    ],
)
def test_a_line(seconds: float, progress: events.Progress | None, expected: str) -> None:
    assert described(replace(SLEEPS, phase="working", elapsed=seconds, progress=progress)) == expected


def test_lines_below_each_other_come_after_longer_and_longer_whiles() -> None:
    out = io.StringIO()
    show = LongStatements(out, in_place=False)
    show(SLEEPS)
    for second in range(2, 120):
        show(replace(SLEEPS, phase="working", elapsed=float(second)))
    show(replace(SLEEPS, phase="ended", elapsed=120.0))
    show(replace(SLEEPS, phase="working", elapsed=121.0))  # said too late by the thread beside
    times = [line.split(", ")[1].split(":")[0] for line in out.getvalue().splitlines()]
    assert times == ["2.0 s", "4.0 s", "8.0 s", "16 s", "32 s", "1 min 2 s", "1 min 32 s"]
