"""Events of a run: each subject starts, and ends or fails, in this order, on every database and by every strategy."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from project import RUN, Project, sync_url, table

from limbeck import command, events
from limbeck.errors import CommandError, LimbeckWarning
from limbeck.events import Event, RunEvent, StatementEvent, StepEvent, Wait
from limbeck.runtime import lock as locks
from limbeck.runtime.migration import MigrationContext


@contextmanager
def hearing() -> Iterator[list[Event]]:
    """The events of the block."""
    heard: list[Event] = []
    with events.subscribed(heard.append):
        yield heard


def brief(heard: list[Event]) -> list[str]:
    """Events as lines; of the statements only those that make a table, or fail."""
    lines = []
    for event in heard:
        match event:
            case RunEvent():
                lines.append(f"{event.name} {event.rows_before} {event.rows_after} of {event.steps}")
            case StepEvent():
                place = f"{event.number}/{event.steps} {event.direction} {event.revision}"
                lines.append(f"{event.name} {place} {event.rows_before} {event.rows_after}")
            case StatementEvent() if "CREATE TABLE t_" in event.statement or event.phase == "failed":
                lines.append(f"{event.name} {event.number}/{event.steps} {event.statement.split()[2]}")
    return lines


ABC = [
    "run.started () None of 2",
    "step.started 1/2 upgrade a1 () None",
    "statement.started 1/2 t_a1",
    "statement.ended 1/2 t_a1",
    "step.ended 1/2 upgrade a1 () ('a1',)",
    "step.started 2/2 upgrade b2 ('a1',) None",
    "statement.started 2/2 t_b2",
    "statement.ended 2/2 t_b2",
    "step.ended 2/2 upgrade b2 ('a1',) ('b2',)",
    "run.ended () ('b2',) of 2",
]


@pytest.mark.parametrize("edition", [None, 2026])
@pytest.mark.parametrize("backend", ["sqlite", "postgresql", "mariadb"])
def test_run_step_and_statement_in_order(make: Callable[..., Project], backend: str, edition: int | None) -> None:
    """One transaction a run with a pipeline, commit groups, one transaction a step: the events are the same."""
    project = make(backend, edition=edition)
    project.line("a1", "b2")
    with hearing() as heard:
        project.upgrade()
    assert brief(heard) == ABC
    assert {event.dialect for event in heard} == {"mysql" if backend == "mariadb" else backend}
    assert len({event.run for event in heard}) == 1


def test_facts_of_the_steps(project: Project) -> None:
    project.line("a1", "b2")
    project.upgrade()
    with hearing() as heard:
        project.downgrade("a1")
    steps = [event for event in heard if isinstance(event, StepEvent)]
    assert [(e.phase, e.revision, e.direction, e.message, e.rows_before, e.rows_after) for e in steps] == [
        ("started", "b2", "downgrade", "b2 is made", ("b2",), None),
        ("ended", "b2", "downgrade", "b2 is made", ("b2",), ("a1",)),
    ]
    assert steps[0].elapsed == 0.0
    assert 0.0 < steps[1].elapsed < 60.0


def test_a_stamp_is_a_step_without_revision(lite: Project) -> None:
    lite.line("a1", "b2")
    with hearing() as heard:
        command.stamp(lite.configure(), "head")
    assert brief(heard)[1:3] == ["step.started 1/1 stamp None () None", "step.ended 1/1 stamp None () ('b2',)"]


@pytest.mark.parametrize("edition", [None, 2026])
@pytest.mark.parametrize("backend", ["sqlite", "postgresql", "mariadb"])
def test_a_failure_names_statement_step_and_run(
    make: Callable[..., Project], backend: str, edition: int | None
) -> None:
    project = make(backend, edition=edition)
    project.execute("CREATE TABLE t_b2 (id INTEGER)")
    project.line("a1", "b2", "c3")
    with hearing() as heard, pytest.raises(sa.exc.DBAPIError) as caught:
        project.upgrade()
    assert brief(heard)[-4:] == [
        "statement.started 2/3 t_b2",
        "statement.failed 2/3 t_b2",
        "step.failed 2/3 upgrade b2 ('a1',) None",
        "run.failed () None of 3",
    ]
    assert {event.error for event in heard if event.phase == "failed"} == {caught.value}


def test_a_statement_whose_error_the_script_handles(project: Project) -> None:
    project.script(
        "a1",
        up="""
        connection = op.get_bind()
        try:
            with connection.begin_nested():
                connection.exec_driver_sql("SELECT nothing FROM nowhere")
        except sa.exc.DBAPIError:
            pass
        op.create_table("t_a1", sa.Column("id", sa.Integer))
        """,
    )
    with hearing() as heard:
        project.upgrade()
    assert [event.name for event in heard if event.phase == "failed"] == ["statement.failed"]
    assert heard[-1].name == "run.ended"


def test_an_interrupt_fails_what_is_at_work(project: Project) -> None:
    project.script("a1", up="raise KeyboardInterrupt")
    with hearing() as heard, pytest.raises(KeyboardInterrupt):
        project.upgrade()
    assert [event.name for event in heard] == ["run.started", "step.started", "step.failed", "run.failed"]
    assert isinstance(heard[-1].error, KeyboardInterrupt)


def test_a_run_that_nobody_commits_has_failed(postgres: Project) -> None:
    postgres.line("a1")
    postgres.connected("context.run_migrations()", before="connection.begin()")
    with hearing() as heard, pytest.raises(CommandError):
        postgres.upgrade()
    assert heard[-1].name == "run.failed"


def test_waiting_for_the_run_lock(project: Project) -> None:
    project.line("a1")
    heard: list[Event] = []
    engine = sa.create_engine(sync_url(project.url))
    with engine.connect() as connection:
        versions = MigrationContext.configure(connection).versions
        scope = locks.scope(versions.locate(connection))
        kind = versions.impl.run_lock(connection, scope)
        assert kind is not None
        held = locks.make(connection, kind)
        assert held.try_acquire()

        def let_go(event: Event) -> None:
            heard.append(event)
            if event.phase == "waiting":
                held.release()

        with events.subscribed(let_go):
            project.upgrade()
    engine.dispose()
    assert [event.name for event in heard[:2]] == ["run.started", "run.waiting"]
    wait = heard[1].wait
    assert isinstance(wait, Wait)
    assert wait.reason == "run-lock"
    assert wait.holder
    assert heard[-1].name == "run.ended"


def test_nothing_to_do_is_no_run(project: Project) -> None:
    project.line("a1")
    project.upgrade()
    with hearing() as heard:
        project.upgrade()
    assert heard == []


def test_a_script_has_no_events(lite: Project) -> None:
    lite.line("a1")
    with hearing() as heard:
        lite.sql()
    assert heard == []


def test_the_password_is_hidden(make: Callable[..., Project]) -> None:
    postgres = make("postgresql")
    postgres.line("a1")
    postgres.configure(**{"sqlalchemy.url": postgres.url.replace("postgres@", "postgres:secret@")})
    with hearing() as heard:
        postgres.upgrade()
    assert "secret" not in repr(heard)
    assert ":***@" in heard[0].database


def test_values_of_parameters_are_not_told(lite: Project) -> None:
    lite.script("a1", up='op.bulk_insert(sa.table("t", sa.column("x")), [{"x": "secret"}])')
    lite.execute("CREATE TABLE t (x TEXT)")
    with hearing() as heard:
        lite.upgrade()
    assert "INSERT INTO t" in repr(heard)
    assert "secret" not in repr(heard)


def test_each_of_two_runs_has_its_id(lite: Project) -> None:
    lite.line("a1", "b2")
    with hearing() as heard:
        lite.upgrade("a1")
        lite.upgrade("b2")
    first, second = (event.run for event in heard if event.name == "run.started")
    assert first != second


# --- subscribers ------------------------------------------------------------------------------------------------------


def test_a_subscriber_that_raises_is_warned_of_once_and_hurts_nobody(project: Project) -> None:
    project.line("a1", "b2")

    def broken(event: Event) -> None:
        raise RuntimeError("out of paper")

    with events.subscribed(broken), hearing() as heard, pytest.warns(LimbeckWarning) as warned:
        project.upgrade()
    assert [str(one.message) for one in warned if "subscriber" in str(one.message)] == [
        "A subscriber of limbeck.events failed at run.started: RuntimeError: out of paper"
    ]
    assert brief(heard) == ABC
    assert project.rows() == ["b2"]


def test_unsubscribe(lite: Project) -> None:
    heard: list[Event] = []
    events.subscribe(heard.append)
    events.unsubscribe(heard.append)
    lite.line("a1")
    lite.upgrade()
    assert heard == []
    with pytest.raises(ValueError, match="not in list"):
        events.unsubscribe(heard.append)


def test_without_subscribers_nothing_listens(postgres: Project) -> None:
    """Otherwise statements would not be sent ahead of the answers, and each would cost a call."""
    seen = []
    postgres.line("a1")
    postgres.connected(f"connection.info['impl'] = 1\n{RUN}")
    for subscribed in (False, True):
        connections: list[bool] = []

        def look(connection: sa.Connection, *_: object, found: list[bool] = connections) -> None:
            found.append(bool(connection.dialect.dispatch.handle_error))

        sa.event.listen(sa.Engine, "before_cursor_execute", look)
        try:
            if subscribed:
                with hearing():
                    postgres.downgrade("base")
            else:
                postgres.upgrade()
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", look)
        seen.append(any(connections))
    assert seen == [False, True]


PLUGIN = """
import pathlib
def told(event):
    with pathlib.Path("told").open("a") as file:
        file.write(event.name + "\\n")
"""
PACKAGE = {"METADATA": "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n"}


def install(folder: Path, code: str, points: str) -> None:
    """An installed distribution of one module."""
    metadata = folder / "acme-1.0.dist-info"
    metadata.mkdir(parents=True)
    (folder / "acme.py").write_text(code)
    (metadata / "METADATA").write_text(PACKAGE["METADATA"])
    (metadata / "entry_points.txt").write_text(points)


def test_a_plugin_subscribes_by_entry_point(lite: Project) -> None:
    install(lite.root / "site", PLUGIN, "[limbeck.events]\nacme = acme:told\n")
    lite.line("a1")
    code, said = lite.run_afresh("upgrade", "head", PYTHONPATH=f"{os.environ.get('PYTHONPATH', '')}:{lite.root}/site")
    assert code == 0, said
    told = (lite.root / "told").read_text().split()
    assert (told[0], told[-1]) == ("run.started", "run.ended")


def test_a_plugin_that_cannot_be_loaded_is_warned_of(lite: Project) -> None:
    install(lite.root / "site", "1 / 0", "[limbeck.events]\nacme = acme:told\n")
    lite.line("a1")
    code, said = lite.run_afresh("upgrade", "head", PYTHONPATH=f"{os.environ.get('PYTHONPATH', '')}:{lite.root}/site")
    assert code == 0
    assert "Plugin 'acme' (acme:told) can't be loaded: division by zero" in said
    assert lite.rows() == ["a1"]


def test_a_subscriber_may_take_its_time(lite: Project) -> None:
    """It is called between two statements; the run waits for it."""
    lite.script("a1", up=table("t_a1"))

    def slow(event: Event) -> None:
        time.sleep(0.01)

    with events.subscribed(slow):
        lite.upgrade()
    assert lite.rows() == ["a1"]


def test_facts_are_plain_values(lite: Project) -> None:
    lite.script("a1", up='raise ValueError("no")')
    with hearing() as heard, pytest.raises(ValueError, match="no"):
        lite.upgrade()
    found = events.facts(heard[-1])
    assert 0 <= found.pop("elapsed") < 60
    assert found == {
        "event": "run.failed",
        "phase": "failed",
        "run": heard[0].run,
        "dialect": "sqlite",
        "database": lite.url,
        "error": "no",
        "error_type": "ValueError",
        "steps": 1,
        "rows_before": (),
    }
