"""The history: a row a step, on every database, whatever becomes of the step."""

from __future__ import annotations

import subprocess
import time
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from project import Project, sync_url, table

from limbeck import __version__, command
from limbeck.errors import LimbeckWarning
from limbeck.migrator import Migrator
from limbeck.results import HistoryRow
from limbeck.runtime import history, initiator

BACKENDS = ["sqlite", "postgresql", "mariadb"]


def rows(project: Project, **where: Any) -> list[HistoryRow]:
    """The history, oldest first."""
    found: list[HistoryRow] = list(project.look(lambda connection: history.read(connection, **where)))
    return found


def brief(project: Project) -> list[str]:
    """The history as lines."""
    return [
        f"{row.kind} {row.direction} {row.revision} {row.state}: "
        f"{','.join(row.rows_before)} -> {','.join(row.rows_after)}"
        for row in rows(project)
    ]


@pytest.fixture(params=["edition", "key"])
def kept(request: pytest.FixtureRequest, make: Callable[..., Project]) -> Callable[[str], Project]:
    """A project whose history is kept: under an edition, or where the key says so."""

    def made(backend: str) -> Project:
        if request.param == "edition":
            return make(backend, edition=2026)
        project = make(backend)
        project.configure(history="true")
        return project

    return made


# --- what is written --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_up_down_and_stamp(kept: Callable[[str], Project], backend: str) -> None:
    project = kept(backend)
    project.line("a1", "b2", "c3")
    project.upgrade("b2")
    project.downgrade("a1")
    command.stamp(project.configure(), "c3")
    assert brief(project) == [
        "script upgrade a1 done:  -> a1",
        "script upgrade b2 done: a1 -> b2",
        "script downgrade b2 done: b2 -> a1",
        "stamp upgrade b2 done: a1 -> c3",
        "stamp upgrade c3 done: a1 -> c3",
    ]
    assert [row.position for row in rows(project)] == [1, 2, 3, 4, 5]
    assert len({row.run for row in rows(project)}) == 3


def test_facts_of_a_row(modern: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMBECK_APPLICATION", "shop 1.2")
    monkeypatch.setenv("LOGNAME", "ada")
    modern.line("a1")
    modern.script("b2", "a1", up='op.execute("CREATE TABLE t_b2 (id INTEGER)")\nop.execute("DROP TABLE t_b2")')
    modern.upgrade()
    _, row = rows(modern)
    assert (row.user, row.application, row.tool) == ("ada", "shop 1.2", f"limbeck {__version__}")
    assert row.host
    assert row.statements == 2
    assert row.message == "b2 is made"
    assert row.down_revisions == ("a1",)
    assert row.error is None
    assert row.seconds is not None
    assert 0 < row.seconds < 60
    assert row.started is not None
    age = time.time() - datetime.fromisoformat(row.started).timestamp()
    assert -2 < age < 60
    assert row.script_checksum
    assert row.operations_checksum
    assert not row.has_script


def test_without_edition_and_key_there_is_none(project: Project) -> None:
    project.line("a1")
    project.upgrade()
    assert "limbeck_history" not in project.look(lambda c: sa.inspect(c).get_table_names())


def test_the_key_turns_it_off(modern: Project) -> None:
    modern.configure(history="false")
    modern.line("a1")
    modern.upgrade()
    assert rows(modern) == []


def test_configure_says_it_too(lite: Project) -> None:
    lite.line("a1")
    lite.connected(configure="history=True")
    lite.upgrade()
    assert brief(lite) == ["script upgrade a1 done:  -> a1"]


def test_a_script_writes_none(make: Callable[..., Project]) -> None:
    postgres = make("postgresql", edition=2026)
    postgres.line("a1")
    assert "limbeck_history" not in postgres.sql()


def test_nothing_to_do_asks_nothing(modern: Project) -> None:
    modern.line("a1")
    modern.upgrade()
    asked: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    counts = []
    try:
        for history in ("true", "false"):
            asked.clear()
            modern.configure(history=history)
            modern.upgrade()
            counts.append(len(asked))
            assert not [one for one in asked if "limbeck_history" in one]
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert counts[0] == counts[1] > 0


def test_several_heads_and_a_merge(modern: Project) -> None:
    """a1 <- b2, c3 <- d4"""
    modern.line("a1", "b2")
    modern.script("c3", "a1")
    modern.script("d4", ("b2", "c3"), up="pass")
    modern.upgrade()
    *_, last = rows(modern)
    assert set(last.rows_before) == {"b2", "c3"}
    assert last.rows_after == ("d4",)
    assert last.down_revisions == ("b2", "c3")


# --- what fails -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_failed_step_is_written_although_it_is_rolled_back(kept: Callable[[str], Project], backend: str) -> None:
    project = kept(backend)
    project.execute("CREATE TABLE t_b2 (id INTEGER)")
    project.line("a1", "b2", "c3")
    with pytest.raises(sa.exc.DBAPIError):
        project.upgrade()
    found = brief(project)
    if project.rows():
        assert found == ["script upgrade a1 done:  -> a1", "script upgrade b2 failed: a1 -> a1"]
    else:  # one transaction that holds the run takes the rows of the steps before it back, as it does their tables
        assert found == ["script upgrade b2 failed: a1 -> "]
    error = rows(project)[-1].error
    assert error
    assert "t_b2" in error
    assert len(error.splitlines()) == 1


def test_a_failure_between_others_of_a_group(modern: Project) -> None:
    """Steps that share a transaction or a commit: those before the one that fails are kept."""
    ids = [f"a{number}" for number in range(8)]
    modern.line(*ids)
    modern.execute("CREATE TABLE t_a5 (id INTEGER)")
    with pytest.raises(sa.exc.DBAPIError):
        modern.upgrade()
    assert [(row.revision, row.state) for row in rows(modern)] == [
        *((name, "done") for name in ids[:5]),
        ("a5", "failed"),
    ]
    modern.execute("DROP TABLE t_a5")
    modern.upgrade()
    assert [row.revision for row in rows(modern) if row.state == "done"] == ids


def test_an_interrupt(modern: Project) -> None:
    modern.line("a1")
    modern.script("b2", "a1", up="raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        modern.upgrade()
    assert brief(modern)[-1] == "script upgrade b2 interrupted: a1 -> a1"


def test_a_lost_session_is_written_on_another(make: Callable[..., Project]) -> None:
    postgres = make("postgresql", edition=2026)
    postgres.line("a1")
    postgres.script("b2", "a1", up='op.execute("SELECT pg_terminate_backend(pg_backend_pid())")')
    with pytest.raises(sa.exc.OperationalError):
        postgres.upgrade()
    assert brief(postgres) == ["script upgrade a1 done:  -> a1", "script upgrade b2 failed: a1 -> a1"]


def test_a_killed_process_was_interrupted(make: Callable[..., Project]) -> None:
    """On MariaDB the row of a step is there while it runs; the next run sees that nobody has ended it."""
    maria = make("mariadb", edition=2026)
    maria.line("a1")
    here = maria.root / "here"
    maria.script(
        "b2", "a1", up=f'import pathlib, time\npathlib.Path("{here}").touch()\ntime.sleep(60)\n{table("t_b2")}'
    )
    process = maria.fork("upgrade", "head")
    deadline = time.monotonic() + 60
    while not here.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert brief(maria)[-1] == "script upgrade b2 running: a1 -> a1"
    process.kill()
    process.wait()
    maria.script("b2", "a1")
    maria.upgrade()
    assert brief(maria)[1:] == ["script upgrade b2 interrupted: a1 -> a1", "script upgrade b2 done: a1 -> b2"]
    assert rows(maria)[1].error == "the process ended without a word"


def test_the_callers_transaction_decides(make: Callable[..., Project]) -> None:
    """The rows are in the transaction of the caller, with the rest of the run."""
    postgres = make("postgresql", edition=2026)
    postgres.line("a1")
    engine = sa.create_engine(sync_url(postgres.url))
    with engine.connect() as connection:
        transaction = connection.begin()
        Migrator(connection, postgres.root / "m").upgrade()
        assert len(history.read(connection)) == 1
        transaction.rollback()
        assert history.read(connection) == ()
    engine.dispose()


# --- by another tool -------------------------------------------------------------------------------------------------


def with_alembic(project: Project, python: Path, *words: str) -> None:
    """Run Alembic on the project: its scripts ask for ``limbeck``, which it knows under its own name."""
    for file in [project.root / "m" / "env.py", *(project.root / "m" / "versions").glob("*.py")]:
        file.write_text(file.read_text().replace("from limbeck import", "from alembic import"))
    url = sync_url(project.url)
    env = f"""
import sqlalchemy as sa
from alembic import context
engine = sa.create_engine({url.render_as_string(hide_password=False)!r})
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
    ours = (project.root / "m" / "env.py").read_text()
    (project.root / "m" / "env.py").write_text(env)
    try:
        subprocess.run([python, "-m", "alembic", *words], cwd=project.root, check=True, capture_output=True)
    finally:
        (project.root / "m" / "env.py").write_text(ours.replace("from alembic import", "from limbeck import"))
        for file in (project.root / "m" / "versions").glob("*.py"):
            file.write_text(file.read_text().replace("from alembic import", "from limbeck import"))


def test_both_tools_in_turn(modern: Project, reference: Path) -> None:
    modern.line("a1", "b2", "c3", "d4")
    with_alembic(modern, reference, "upgrade", "a1")
    modern.upgrade("b2")
    with_alembic(modern, reference, "upgrade", "c3")
    modern.upgrade("d4")
    with_alembic(modern, reference, "downgrade", "b2")
    modern.upgrade("c3")
    assert brief(modern) == [
        "found upgrade a1 done:  -> a1",
        "script upgrade b2 done: a1 -> b2",
        "found upgrade c3 done: b2 -> c3",
        "script upgrade d4 done: c3 -> d4",
        "found downgrade d4 done: d4 -> b2",
        "found downgrade c3 done: d4 -> b2",
        "script upgrade c3 done: b2 -> c3",
    ]
    found = [row for row in rows(modern) if row.kind == "found"]
    assert {(row.user, row.tool, row.seconds, row.script_checksum) for row in found} == {(None, None, None, None)}
    assert len({row.run for row in rows(modern)}) == 6
    columns = modern.look(lambda c: [one["name"] for one in sa.inspect(c).get_columns("alembic_version")])
    assert columns == ["version_num"]


def test_a_purging_stamp_is_no_work_of_others(lite: Project) -> None:
    lite.configure(history="true")
    lite.line("a1", "b2", "c3")
    lite.upgrade("b2")
    command.stamp(lite.configure(), "c3", purge=True)
    command.stamp(lite.configure(), "base", purge=True)
    lite.execute("DROP TABLE t_a1")
    lite.upgrade("a1")
    assert [line.partition(":")[0] for line in brief(lite)[2:]] == [
        "stamp upgrade c3 done",
        "stamp downgrade c3 done",
        "stamp downgrade b2 done",
        "stamp downgrade a1 done",
        "script upgrade a1 done",
    ]


def test_what_others_did_is_kept_although_the_run_fails(make: Callable[..., Project], reference: Path) -> None:
    """The transaction that holds the run takes their rows back, too."""
    project = make("postgresql")
    project.configure(history="true")
    project.line("a1", "b2", "c3")
    with_alembic(project, reference, "upgrade", "b2")
    project.execute("CREATE TABLE t_c3 (id INTEGER)")
    with pytest.raises(sa.exc.DBAPIError):
        project.upgrade()
    project.execute("DROP TABLE t_c3")
    project.upgrade()
    assert brief(project) == [
        "found upgrade a1 done:  -> b2",
        "found upgrade b2 done:  -> b2",
        "script upgrade c3 failed: b2 -> b2",
        "script upgrade c3 done: b2 -> c3",
    ]


# --- the table --------------------------------------------------------------------------------------------------------


def test_another_schema(make: Callable[..., Project]) -> None:
    postgres = make("postgresql", edition=2026)
    postgres.execute("CREATE SCHEMA ops")
    postgres.line("a1")
    postgres.connected(configure="version_table_schema='ops'")
    postgres.upgrade()
    assert [row.revision for row in rows(postgres, schema="ops")] == ["a1"]
    assert rows(postgres) == []


def test_two_version_tables_have_a_history_each(lite: Project) -> None:
    lite.line("a1")
    lite.configure(history="true")
    for name in ("v_one", "v_two"):
        lite.connected(configure=f"version_table={name!r}")
        lite.execute("DROP TABLE IF EXISTS t_a1")
        lite.upgrade()
    assert [row.position for row in rows(lite, version_table="v_two")] == [1]
    assert rows(lite) == []


OLD = (
    "CREATE TABLE limbeck_history (version_table VARCHAR(128) NOT NULL, position INTEGER NOT NULL, "
    "run_id VARCHAR(32) NOT NULL, revision VARCHAR(255), state VARCHAR(11), rows_after TEXT{more}, "
    "PRIMARY KEY (version_table, position, run_id))"
)


def test_a_table_of_an_older_version_gets_its_columns(modern: Project) -> None:
    modern.execute(
        OLD.format(more=""),
        "INSERT INTO limbeck_history VALUES ('alembic_version', 7, 'x', 'zz', 'done', '[]')",
    )
    assert rows(modern)[0].direction is None
    modern.line("a1")
    modern.upgrade()
    assert [(row.position, row.revision, row.direction) for row in rows(modern)] == [
        (7, "zz", None),
        (8, "a1", "upgrade"),
    ]


def test_a_table_of_a_newer_version(modern: Project) -> None:
    modern.line("a1", "b2")
    modern.upgrade("a1")
    modern.execute("ALTER TABLE limbeck_history ADD COLUMN mood VARCHAR(10)")
    modern.upgrade("b2")
    assert [row.revision for row in rows(modern)] == ["a1", "b2"]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (OLD.format(more=", wanted INTEGER NOT NULL"), "its columns wanted need a value"),
        ("CREATE TABLE limbeck_history (id INTEGER)", "table limbeck_history is not one"),
    ],
)
def test_a_table_that_cannot_be_written_is_a_warning(modern: Project, made: str, why: str) -> None:
    modern.execute(made)
    modern.line("a1", "b2")
    with pytest.warns(LimbeckWarning, match=f"history of this database cannot be written: .*{why}") as warned:
        modern.upgrade()
    assert len([one for one in warned if "history" in str(one.message)]) == 1
    assert modern.rows() == ["b2"]


def test_without_the_right_to_create_it(make: Callable[..., Project]) -> None:
    postgres = make("postgresql")
    name = f"limbeck_history_{sa.make_url(postgres.url).database}"
    postgres.execute(
        f'CREATE ROLE "{name}" LOGIN',
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
        f'GRANT ALL ON alembic_version TO "{name}"',
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "CREATE TABLE there (id INTEGER)",
        f'GRANT ALL ON there TO "{name}"',
    )
    try:
        for edition, down, revision in (("2026", None, "a1"), ("", "a1", "b2")):
            postgres.script(revision, down, up='op.execute("INSERT INTO there VALUES (1)")', undo="pass")
            url = sa.make_url(postgres.url).set(username=name).render_as_string(hide_password=False)
            config = postgres.configure(**{"sqlalchemy.url": url, "edition": edition, "history": "true"})
            with pytest.warns(LimbeckWarning, match="permission denied for schema public"):
                command.upgrade(config, "head")
            assert postgres.rows() == [revision]
    finally:
        postgres.configure(**{"sqlalchemy.url": postgres.url})
        postgres.execute(f'DROP OWNED BY "{name}"', f'DROP ROLE "{name}"')


def test_a_table_that_may_only_be_read(make: Callable[..., Project]) -> None:
    """The INSERT of a step would end its transaction: it is found out before."""
    postgres = make("postgresql", edition=2026)
    name = f"limbeck_reader_{sa.make_url(postgres.url).database}"
    postgres.script("a1", up="pass")
    postgres.script("b2", "a1", up="pass")
    postgres.upgrade("a1")
    postgres.execute(
        f'CREATE ROLE "{name}" LOGIN',
        f'GRANT ALL ON alembic_version TO "{name}"',
        f'GRANT SELECT ON limbeck_history TO "{name}"',
    )
    url = postgres.url
    try:
        config = postgres.configure(**{"sqlalchemy.url": url.replace("postgres@", f"{name}@")})
        with pytest.warns(LimbeckWarning, match="permission denied for table limbeck_history"):
            command.upgrade(config, "head")
        assert postgres.rows() == ["b2"]
    finally:
        postgres.configure(**{"sqlalchemy.url": url})
        postgres.execute(f'DROP OWNED BY "{name}"', f'DROP ROLE "{name}"')


def test_a_clock_that_goes_back(modern: Project) -> None:
    modern.line("a1", "b2")
    modern.upgrade("a1")
    modern.execute("UPDATE limbeck_history SET started = '2099-01-01 00:00:00'")
    modern.upgrade("b2")
    assert [row.revision for row in rows(modern)] == ["a1", "b2"]
    assert brief(modern)[-1] == "script upgrade b2 done: a1 -> b2"
    last = rows(modern)[-1]
    assert last.seconds is not None
    assert last.seconds >= 0


def test_a_file_that_is_gone_when_its_step_ends(modern: Project) -> None:
    modern.script("a1", up="import os\nos.unlink(__file__)\n" + table("t_a1"))
    modern.upgrade()
    row = rows(modern)[-1]
    assert (row.state, row.script_checksum, row.operations_checksum) == ("done", None, None)


def test_autogenerate_leaves_it_alone(modern: Project) -> None:
    modern.line("a1")
    modern.upgrade()
    modern.execute("DROP TABLE t_a1")
    modern.env("context.run(target_metadata=sa.MetaData())")
    command.check(modern.configure())


def test_scripts_are_kept_where_asked(modern: Project) -> None:
    modern.configure(history_scripts="true")
    modern.line("a1")
    modern.upgrade()
    text = (modern.root / "m" / "versions" / "a1.py").read_bytes()
    assert modern.look(lambda connection: history.scripts(connection, ["a1"])) == {"a1": text}
    assert rows(modern)[-1].has_script
    (raw,) = modern.column("SELECT script FROM limbeck_history")
    assert zlib.decompress(raw) == text


def test_the_last_rows(lite: Project) -> None:
    lite.configure(history="true")
    lite.line("a1", "b2", "c3")
    lite.upgrade()
    assert [row.revision for row in rows(lite, last=2)] == ["b2", "c3"]
    assert rows(lite, last=0) == []


def test_a_long_run(modern: Project) -> None:
    """Only the last twenty steps have a checksum of their operations, and none is written before it is done."""
    ids = [f"r{number:03}" for number in range(25)]
    for down, id_ in zip((None, *ids), ids, strict=False):
        modern.script(id_, down, up="pass")
    modern.upgrade()
    found = rows(modern)
    assert [row.revision for row in found] == ids
    assert [row.operations_checksum is not None for row in found] == [False] * 5 + [True] * 20
    assert all(row.script_checksum for row in found)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"LIMBECK_APPLICATION": "shop", "GITHUB_ACTIONS": "true"}, "shop"),
        (
            {
                "GITHUB_ACTIONS": "true",
                "GITHUB_REPOSITORY": "acme/shop",
                "GITHUB_WORKFLOW": "deploy",
                "GITHUB_RUN_ID": "7",
            },
            "GitHub acme/shop deploy 7",
        ),
        (
            {"GITLAB_CI": "true", "CI_PROJECT_PATH": "acme/shop", "CI_JOB_NAME": "migrate", "CI_JOB_ID": "9"},
            "GitLab acme/shop migrate 9",
        ),
        ({"JENKINS_URL": "http://ci/", "JOB_NAME": "shop", "BUILD_NUMBER": "12"}, "Jenkins shop 12"),
        ({"CIRCLECI": "true"}, "CircleCI"),
    ],
)
def test_the_job_of_a_build_server_is_the_application(variables: dict[str, str], expected: str | None) -> None:
    assert initiator.application(variables) == expected
