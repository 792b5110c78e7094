"""SIGINT, SIGTERM and SIGHUP while a run is at work: what the server does, what is left, and what is said.

a1 ── a2 ── a3        a3 has a statement that takes long
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from project import Forked, Project, table

from limbeck import command

PATIENCE = 60.0
COUNTING = (
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1000000000) SELECT count(*) AS n FROM c"
)
SLOW = {
    "sqlite": f"CREATE TABLE slow AS {COUNTING}",
    "postgresql": "CREATE TABLE slow AS SELECT pg_sleep(300)::text AS s",
    "mariadb": "CREATE TABLE slow AS SELECT SLEEP(300) AS s",
}
AT_WORK = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE TABLE slow%' AND state = 'active' "
    "AND datname = current_database()",
    "mariadb": "SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'CREATE TABLE slow%' "
    "AND db = DATABASE()",
}
EXIT = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}


def slow(project: Project, backend: str, then: str = "pass") -> None:
    """A history whose third revision has a statement that takes long, and says in a file that it is there."""
    project.line("a1", "a2")
    project.script(
        "a3",
        "a2",
        f"{table('first')}\nopen({str(project.root / 'here')!r}, 'w').close()\nop.execute({SLOW[backend]!r})\n{then}",
    )


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def at_work(project: Project, backend: str) -> Forked:
    """A run whose statement the server has at work."""
    process = project.fork("upgrade", "head")
    until((project.root / "here").exists)
    if backend == "sqlite":
        time.sleep(0.3)
    else:
        until(lambda: project.column(AT_WORK[backend]) == [1])
    return process


def said(process: Forked) -> list[str]:
    return [line.strip() for line in process.said.read_text().splitlines()]


LEFT = {
    (None, "sqlite"): "1 statement of a3 is committed; database at a2; a1, a2 applied",
    (None, "postgresql"): "rolled back; database at base",
    (None, "mariadb"): "1 statement of a3 is committed; database at a2; a1, a2 applied",
    (2026, "sqlite"): "rolled back; database at a2; a1, a2 applied",
    (2026, "postgresql"): "rolled back; database at a2; a1, a2 applied",
    (2026, "mariadb"): "1 statement of a3 is committed; database at a2; a1, a2 applied",
}


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("edition", [None, 2026])
@pytest.mark.parametrize("backend", SLOW)
def test_the_statement_is_cancelled_and_what_is_left_is_said(
    make: Callable[..., Project], backend: str, edition: int | None
) -> None:
    """The server has ended the statement, the lock is free, and the next run goes on."""
    project = make(backend, edition)
    slow(project, backend)
    process = at_work(project, backend)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(PATIENCE) == EXIT["SIGTERM"]
    lines = said(process)
    assert lines[0] == "error[interrupted]: Stopped by SIGTERM"
    assert re.fullmatch(r"while running upgrade a2 -> a3 \(.*a3\.py\)", lines[1])
    assert lines[-1] == LEFT[edition, backend]
    if backend in AT_WORK:
        assert project.column(AT_WORK[backend]) == [0]
    assert not list(Path(project.root).glob("*.lock"))
    assert (project.rows() or ["base"]) == re.findall("database at (\\w+)", lines[-1])
    if edition is not None:
        project.script("a3", "a2", table("first"))
        project.upgrade(lock_timeout=0)
        assert (project.rows(), project.tables()) == (["a3"], ["first", "t_a1", "t_a2"])


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("name", EXIT)
def test_the_exit_code_is_that_of_the_signal(make: Callable[..., Project], name: str) -> None:
    project = make("postgresql", 2026)
    slow(project, "postgresql")
    process = at_work(project, "postgresql")
    os.kill(process.pid, getattr(signal, name))
    assert process.wait(PATIENCE) == EXIT[name]
    assert said(process)[0] == f"error[interrupted]: Stopped by {name}"


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("backend", SLOW)
def test_between_two_statements_it_ends_at_once(make: Callable[..., Project], backend: str) -> None:
    project = make(backend, 2026)
    project.line("a1")
    project.script(
        "a2", "a1", f"{table('first')}\nopen({str(project.root / 'here')!r}, 'w').close()\nimport time\ntime.sleep(300)"
    )
    process = project.fork("upgrade", "head")
    until((project.root / "here").exists)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(PATIENCE) == 143
    first = "1 statement of a2 is committed" if backend == "mariadb" else "rolled back"
    assert said(process)[-1] == f"{first}; database at a1; a1 applied"
    assert project.rows() == ["a1"]


@pytest.mark.usefixtures("interrupts")
def test_a_script_that_handles_the_error_of_the_cancelled_statement_does_not_go_on(
    make: Callable[..., Project],
) -> None:
    project = make("mariadb", 2026)
    project.script(
        "a1",
        None,
        f"""
try:
    open({str(project.root / "here")!r}, "w").close()
    op.execute({SLOW["mariadb"]!r})
except sa.exc.DBAPIError:
    op.execute("CREATE TABLE instead (id INTEGER)")
""",
    )
    process = at_work(project, "mariadb")
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(PATIENCE) == 143
    assert project.tables() == []


@pytest.mark.usefixtures("interrupts")
def test_the_second_signal_ends_it_at_once(make: Callable[..., Project]) -> None:
    """The script keeps the first one waiting."""
    project = make("sqlite", 2026)
    project.script(
        "a1",
        None,
        f"""
import time
try:
    open({str(project.root / "here")!r}, "w").close()
    time.sleep(300)
finally:
    open({str(project.root / "first")!r}, "w").close()
    time.sleep(300)
""",
    )
    process = project.fork("upgrade", "head")
    until((project.root / "here").exists)
    os.kill(process.pid, signal.SIGTERM)
    until((project.root / "first").exists)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(PATIENCE) == 143
    assert said(process) == ["ended at once; the server may still be at work"]


def test_a_signal_that_is_ignored_stays_so(make: Callable[..., Project]) -> None:
    """As by nohup."""
    project = make("sqlite", 2026)
    project.script(
        "a1",
        None,
        f"""
import time, pathlib
open({str(project.root / "here")!r}, "w").close()
while not pathlib.Path({str(project.root / "go")!r}).exists():
    time.sleep(0.01)
""",
    )
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = project.fork("upgrade", "head")
    finally:
        signal.signal(signal.SIGHUP, before)
    until((project.root / "here").exists)
    os.kill(process.pid, signal.SIGHUP)
    (project.root / "go").touch()
    assert process.wait(PATIENCE) == 0
    assert project.rows() == ["a1"]


SEEN: list[object] = []
"""The handlers that an env.py has found."""


def see() -> None:
    SEEN.append([signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)])


def test_a_program_that_calls_the_api_keeps_its_handlers(modern: Project) -> None:
    heard = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in heard]
    modern.env("import test_signals\ntest_signals.see()\ncontext.run()")
    modern.line("a1")
    SEEN.clear()
    modern.upgrade()
    assert [before] == SEEN


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("backend", ["postgresql", "mariadb"])
def test_an_interrupt_in_a_program_cancels_the_statement_and_reaches_the_caller(
    make: Callable[..., Project], backend: str
) -> None:
    project = make(backend, 2026)
    slow(project, backend)
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            command.upgrade(project.configure(), "head")
        except KeyboardInterrupt as error:
            (project.root / "notes").write_text("\n".join(error.__notes__))
            code = 7
        finally:
            os._exit(code)
    until(lambda: project.column(AT_WORK[backend]) == [1])
    os.kill(pid, signal.SIGINT)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    assert "database at a2; a1, a2 applied" in (project.root / "notes").read_text().splitlines()[-1]
    until(lambda: project.column(AT_WORK[backend]) == [0])
    project.script("a3", "a2", table("first"))
    project.upgrade(lock_timeout=10)
    assert project.rows() == ["a3"]
