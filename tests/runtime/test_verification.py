"""The rows are read again on a fresh session; what goes wrong outside of a run ends in a clear error."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from project import Project, table

from limbeck.errors import CommandError


def test_rows_that_were_changed_behind_the_run_are_seen(project: Project) -> None:
    """env.py commits another row than the plan's, after the last step."""
    project.connected(
        body="""
        with context.begin_transaction():
            context.run_migrations()
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'other'")
            connection.commit()
        """
    )
    project.line("a1")
    with pytest.raises(CommandError) as error:
        project.upgrade()
    assert (error.value.code, error.value.exit_code) == ("not-committed", 3)
    assert "has other after this run, and not a1 as its steps left it" in str(error.value)


def test_commit_as_you_go_in_env_is_proved_when_env_has_ended(project: Project) -> None:
    project.connected(body="context.run_migrations()\nconnection.commit()")
    project.line("a1", "a2")
    project.upgrade()
    assert project.rows() == ["a2"]


def test_each_tenant_of_a_loop_is_proved_where_it_lives(postgres: Project) -> None:
    postgres.execute("CREATE SCHEMA one", "CREATE SCHEMA two")
    postgres.env(
        "engine = sa.create_engine(config.get_main_option('sqlalchemy.url'), poolclass=sa.pool.NullPool)\n"
        "with engine.connect() as connection:\n"
        "    for schema in ('one', 'two'):\n"
        "        connection.execute(sa.text(f'SET search_path TO {schema}'))\n"
        "        connection.commit()\n"
        "        connection.dialect.default_schema_name = schema\n"
        "        context.configure(connection=connection)\n"
        "        with context.begin_transaction():\n"
        "            context.run_migrations()\n"
    )
    postgres.line("a1", "a2")
    postgres.upgrade()
    assert postgres.rows("one.alembic_version") == postgres.rows("two.alembic_version") == ["a2"]


def test_schema_translate_map(postgres: Project) -> None:
    postgres.execute("CREATE SCHEMA tenant")
    postgres.connected(before="connection = connection.execution_options(schema_translate_map={None: 'tenant'})")
    postgres.line("a1")
    postgres.upgrade()
    assert postgres.rows("tenant.alembic_version") == ["a1"]


def test_a_use_statement_is_followed(maria: Project) -> None:
    name = f"{sa.make_url(maria.url).database}_other"
    maria.execute(f"CREATE DATABASE {name}")
    try:
        maria.connected(before=f"connection.execute(sa.text('USE {name}'))\nconnection.commit()")
        maria.line("a1")
        maria.upgrade()
        assert maria.rows(f"{name}.alembic_version") == ["a1"]
        assert maria.rows() is None
    finally:
        maria.execute(f"DROP DATABASE {name}")


@pytest.fixture
def role(postgres: Project) -> Iterator[str]:
    name = f"lb_role_{os.getpid()}"
    postgres.execute(f"CREATE ROLE {name} LOGIN", f"CREATE SCHEMA {name} AUTHORIZATION {name}")
    yield name
    postgres.execute(f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def test_set_role_is_followed(postgres: Project, role: str) -> None:
    postgres.connected(
        before=f"connection.execute(sa.text('SET ROLE {role}'))\n"
        f"connection.execute(sa.text('SET search_path TO {role}'))\nconnection.commit()"
    )
    postgres.line("a1")
    postgres.upgrade()
    assert postgres.rows(f"{role}.alembic_version") == ["a1"]


def test_no_right_to_make_the_version_table(postgres: Project, role: str) -> None:
    postgres.line("a1")
    postgres.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC", f"ALTER ROLE {role} SET search_path TO public")
    url = sa.make_url(postgres.url).set(username=role).render_as_string(hide_password=False)
    postgres.configure(**{"sqlalchemy.url": url})
    code, said = postgres.run("upgrade", "head")
    assert code == 3
    assert "permission denied for schema public" in said.splitlines()[-2]
    assert "Traceback" not in said
    assert postgres.rows() is None


def test_a_session_that_cannot_be_opened_twice_is_a_warning(postgres: Project, role: str) -> None:
    """Where the server grants the role one connection, the lock cannot be taken: the error says so."""
    postgres.execute(f"ALTER ROLE {role} CONNECTION LIMIT 1", f"ALTER ROLE {role} SET search_path TO {role}")
    postgres.line("a1")
    url = sa.make_url(postgres.url).set(username=role).render_as_string(hide_password=False)
    postgres.configure(**{"sqlalchemy.url": url})
    code, said = postgres.run("upgrade", "head")
    assert code == 3
    assert "error[lock-session]" in said
    assert "--no-lock" in said
    code, said = postgres.run("upgrade", "head", "--no-lock")
    assert code == 0, said
    assert "not-verified" in said
    assert postgres.rows(f"{role}.alembic_version") == ["a1"]


# --- the connection, the server, the disk -----------------------------------------------------------------------------

BREAK = {
    "postgresql": "SELECT pg_terminate_backend(pg_backend_pid())",
    "mariadb": "KILL CONNECTION_ID()",
}


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"])
@pytest.mark.parametrize("edition", [None, 2026])
def test_a_dropped_connection(make: Callable[..., Project], backend: str, edition: int | None) -> None:
    project = make(backend, edition)
    project.line("a1")
    project.script("a2", "a1", f'op.execute("INSERT INTO t_a1 VALUES (1)")\nop.execute("{BREAK[backend]}")')
    code, said = project.run("upgrade", "head")
    assert code == 3, said
    assert "error[database]: " in said
    assert "while running upgrade a1 -> a2" in said
    assert "Traceback" not in said
    kept = ["a1"] if edition or backend == "mariadb" else None
    assert project.rows() == kept
    if kept:
        assert project.column("SELECT id FROM t_a1") == []
    project.script("a2", "a1")
    assert project.run("upgrade", "head", "--lock-timeout", "5")[0] == 0


def test_the_server_is_not_there(tmp_path: Path) -> None:
    project = Project(tmp_path / "p", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    project.line("a1")
    code, said = project.run("upgrade", "head")
    assert code == 3
    assert said.startswith("error[database]: Can't connect to ")
    assert "Traceback" not in said


@pytest.mark.parametrize("edition", [None, 2026])
def test_a_full_disk_on_sqlite(make: Callable[..., Project], edition: int | None) -> None:
    project = make("sqlite", edition)
    project.connected(before="connection.exec_driver_sql('PRAGMA max_page_count = 20')\nconnection.commit()")
    project.line("a1")
    fill = 'op.execute("INSERT INTO t_a2 VALUES (1, randomblob(200000))")'
    project.script("a2", "a1", 'op.execute("CREATE TABLE t_a2 (id int, x blob)")\n' + fill)
    code, said = project.run("upgrade", "head")
    assert code == 3
    assert "error[database]: OperationalError: database or disk is full" in said
    assert project.rows() == ["a1"]
    assert project.tables() == (["t_a1"] if edition else ["t_a1", "t_a2"])
    assert ("CREATE TABLE t_a2" in said.partition("are committed")[2]) == (edition is None)


def test_a_full_file_system(small_disk: Path, tmp_path: Path) -> None:
    project = Project(tmp_path / "p", f"sqlite:///{small_disk / 'test.db'}", edition=2026)
    project.line("a1")
    fill = 'op.execute("INSERT INTO t_a2 VALUES (1, randomblob(500000))")'
    project.script("a2", "a1", 'op.execute("CREATE TABLE t_a2 (id int, x blob)")\n' + fill)
    code, said = project.run("upgrade", "head")
    assert code == 3, said
    assert "disk" in said
    assert "Traceback" not in said
    assert (project.rows(), project.tables()) == (["a1"], ["t_a1"])


def test_a_read_only_database(lite: Project) -> None:
    lite.line("a1")
    lite.upgrade()
    path = sa.make_url(lite.url).database
    lite.script("a2", "a1")
    lite.configure(**{"sqlalchemy.url": f"sqlite:///file:{path}?mode=ro&uri=true"})
    code, said = lite.run("upgrade", "head")
    assert code == 3
    assert "attempt to write a readonly database" in said
    assert "Traceback" not in said
    assert (lite.rows(), lite.tables()) == (["a1"], ["t_a1"])


def test_a_read_only_session(postgres: Project) -> None:
    postgres.line("a1")
    name = sa.make_url(postgres.url).database
    postgres.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    code, said = postgres.run("upgrade", "head")
    assert code == 3
    assert "read-only transaction" in said
    assert "Traceback" not in said
    assert postgres.rows() is None


def test_a_place_where_no_lock_file_can_be_made(lite: Project) -> None:
    lite.line("a1")
    path = Path(str(sa.make_url(lite.url).database))
    Path(f"{path}.alembic_version.lock").mkdir()
    code, said = lite.run("upgrade", "head")
    assert code == 3
    assert "error[lock-file]: The lock file of this database cannot be made" in said
    assert lite.run("upgrade", "head", "--no-lock")[0] == 0


def test_interrupted_from_the_keyboard(postgres: Project, tmp_path: Path) -> None:
    here = tmp_path / "here"
    wait = f"import pathlib, time\npathlib.Path({str(here)!r}).touch()\ntime.sleep(20)\n"
    postgres.script("a1", None, table("t_a1") + "\n" + wait)
    process = postgres.start("upgrade", "head")
    while not here.exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=15)
    assert process.returncode == 130
    assert "Traceback" not in out + err
    assert postgres.rows() is None


@pytest.mark.parametrize("edition", [None, 2026])
@pytest.mark.parametrize("backend", ["sqlite", "postgresql", "mariadb"])
def test_a_purge_for_an_unknown_target_deletes_no_rows(
    make: Callable[..., Project], backend: str, edition: int | None
) -> None:
    """The plan is made before the rows are deleted, which a database may commit on its own."""
    project = make(backend, edition=edition)
    project.line("a1", "a2")
    project.upgrade()
    code, said = project.run("stamp", "--purge", "nope")
    assert (code, project.rows()) == (3, ["a2"]), said
