"""A server of our own that dies, comes back, has no space left, is read-only, or grants too little."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import servers
import sqlalchemy as sa
from project import Project, table

START = {"postgresql": servers.start_private_postgresql, "mariadb": servers.start_private_mariadb}


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def own(request: pytest.FixtureRequest) -> Iterator[servers.Server]:
    """A server that a test may end."""
    server = START[request.param]()
    if server is None:
        pytest.skip(f"no {request.param} binaries on this machine")
    yield server
    server.stop()


@pytest.fixture
def on(own: servers.Server, tmp_path: Path) -> Callable[..., Project]:
    """Makes a project on that server."""

    def made(edition: int | None = 2026) -> Project:
        return Project(tmp_path / "p", own.create(), edition)

    return made


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def as_user(project: Project, own: servers.Server, name: str, *rights: str) -> None:
    """Have the project log in as a new user that has ``rights``."""
    url = sa.make_url(project.url)
    new = f"CREATE ROLE {name} LOGIN" if own.kind == "postgresql" else f"CREATE USER {name}@'127.0.0.1'"
    own.execute(new, *(right.format(database=url.database) for right in rights))
    project.configure(**{"sqlalchemy.url": url.set(username=name).render_as_string(hide_password=False)})


@pytest.mark.parametrize("edition", [None, 2026])
def test_the_server_dies_between_two_statements_and_comes_back(
    own: servers.Server, on: Callable[..., Project], edition: int | None
) -> None:
    project = on(edition)
    here, until = project.root / "here", project.root / "until"
    project.line("a1")
    wait = (
        f"import pathlib, time\npathlib.Path({str(here)!r}).touch()\n"
        f"while not pathlib.Path({str(until)!r}).exists():\n    time.sleep(0.01)\n"
    )
    project.script("a2", "a1", 'op.execute("INSERT INTO t_a1 VALUES (1)")\n' + wait + table("t_a2"))
    process = project.start("upgrade", "head")
    wait_for(here)
    own.crash()
    until.touch()
    out, err = process.communicate(timeout=60)
    own.start()
    assert process.returncode == 3, out + err
    assert "error[database]: " in err
    assert "while running upgrade a1 -> a2" in err
    assert "Traceback" not in err
    if edition is None and own.kind == "postgresql":
        assert (project.rows(), project.tables()) == (None, [])
    else:
        assert (project.rows(), project.tables()) == (["a1"], ["t_a1"])
        assert project.column("SELECT id FROM t_a1") == []
    project.upgrade(lock_timeout=5)
    assert (project.rows(), project.tables()) == (["a2"], ["t_a1", "t_a2"])
    assert project.column("SELECT id FROM t_a1") == [1]


def test_the_server_dies_in_a_statement_and_comes_back(own: servers.Server, on: Callable[..., Project]) -> None:
    project = on()
    once = project.root / "once"
    project.line("a1")
    slow = "1 AS x FROM pg_sleep({seconds})" if own.kind == "postgresql" else "SLEEP({seconds}) AS x"
    project.script(
        "a2",
        "a1",
        f"import pathlib\nseconds = 0 if pathlib.Path({str(once)!r}).exists() else 30\n"
        f"pathlib.Path({str(once)!r}).touch()\n"
        f'op.execute(f"CREATE TABLE t_a2 AS SELECT {slow}")',
    )
    process = project.start("upgrade", "head")
    wait_for(once)
    time.sleep(0.3)
    own.crash()
    out, err = process.communicate(timeout=60)
    own.start()
    assert process.returncode == 3, out + err
    assert "error[database]: " in err
    assert "Traceback" not in err
    assert project.rows() == ["a1"]
    project.upgrade(lock_timeout=5)
    assert (project.rows(), project.tables()) == (["a2"], ["t_a1", "t_a2"])


def test_the_disk_of_the_server_is_full(
    request: pytest.FixtureRequest, own: servers.Server, on: Callable[..., Project]
) -> None:
    """PostgreSQL on a file system of 256 KiB; MariaDB, whose server dies of that, at the limit of its memory tables."""
    project = on()
    project.line("a1")
    if own.kind == "postgresql":
        small_disk: Path = request.getfixturevalue("small_disk")
        if own.account:
            os.chown(small_disk, own.account["user"], own.account["group"])
        own.execute(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
        made = "CREATE TABLE big (x text) TABLESPACE small"
        fill = "INSERT INTO big SELECT md5(i::text) FROM generate_series(1, 50000) i"
    else:
        made = "CREATE TABLE big (x VARCHAR(4000)) ENGINE = MEMORY"
        fill = "INSERT INTO big SELECT REPEAT('x', 4000) FROM seq_1_to_9000"
    project.script("a2", "a1", f'op.execute("{made}")', 'op.execute("DROP TABLE big")')
    project.script("a3", "a2", f'op.execute("INSERT INTO t_a1 VALUES (1)")\nop.execute("{fill}")')
    try:
        code, said = project.run("upgrade", "head")
        assert code == 3, said
        assert "No space left on device" in said or "The table 'big' is full" in said
        assert "while running upgrade a2 -> a3" in said
        assert "Traceback" not in said
        assert project.rows() == ["a2"]
        assert project.column("SELECT id FROM t_a1") == []
        project.script("a3", "a2", 'op.execute("INSERT INTO t_a1 VALUES (1)")')
        project.upgrade()
        assert project.rows() == ["a3"]
    finally:
        project.execute("DROP TABLE IF EXISTS big")
        if own.kind == "postgresql":
            own.execute("DROP TABLESPACE IF EXISTS small")


def test_no_right_to_make_the_version_table(own: servers.Server, on: Callable[..., Project]) -> None:
    project = on()
    project.line("a1")
    rights = ["GRANT SELECT ON `{database}`.* TO reader@'127.0.0.1'"] if own.kind == "mariadb" else []
    if own.kind == "postgresql":
        project.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    as_user(project, own, "reader", *rights)
    code, said = project.run("upgrade", "head")
    assert code == 3
    assert "permission denied for schema public" in said or "CREATE command denied to user 'reader'" in said
    assert "alembic_version" in said
    assert "Traceback" not in said
    assert (project.rows(), project.tables()) == (None, [])


def test_a_server_that_is_read_only(own: servers.Server, on: Callable[..., Project]) -> None:
    project = on()
    project.line("a1")
    database = sa.make_url(project.url).database
    if own.kind == "postgresql":
        own.execute(f'ALTER DATABASE "{database}" SET default_transaction_read_only = on')
    else:
        as_user(project, own, "writer", "GRANT ALL ON `{database}`.* TO writer@'127.0.0.1'")
        own.execute("SET GLOBAL read_only = 1")
    try:
        code, said = project.run("upgrade", "head")
    finally:
        own.execute("SELECT 1" if own.kind == "postgresql" else "SET GLOBAL read_only = 0")
    assert code == 3
    assert "read-only" in said
    assert "Traceback" not in said
    assert (project.rows(), project.tables()) == (None, [])
