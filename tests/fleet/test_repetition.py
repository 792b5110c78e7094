"""What a run has sent to a schema is sent to the next ones of its chunk: with the same result, or not at all.

r1 <- r2 <- r3 <- r4, each of which leaves a row in table ``ran``
"""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from tenants import ENV, Tenants, all_ran, ran, rows
from test_cost_of_a_target import chunk, schemas

from limbeck.ddl.locking import SessionLock
from limbeck.dialects.postgresql import PostgresqlImpl
from limbeck.fleet import Target
from limbeck.fleet.work import Task, carry_out, carry_out_all
from limbeck.interruption import Interruption
from limbeck.results import FleetTarget
from limbeck.runtime import history, lock
from limbeck.runtime.repetition import Repetition
from limbeck.runtime.version_table import Location

MESSAGE = r"it's 50% of \n, :name, %(name)s, $1 and ü"


@pytest.fixture
def repeated(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """The schemas that were tried, each with whether it was done."""
    found: list[tuple[str, bool]] = []
    original = Repetition.carry_out

    def tried(self: Repetition, schema: str) -> tuple[str, ...] | None:
        answer = original(self, schema)
        found.append((schema, answer is not None))
        return answer

    monkeypatch.setattr(Repetition, "carry_out", tried)
    return found


@contextmanager
def asked() -> Iterator[Counter[str]]:
    """How often the driver did something in the block: what is repeated, no event of SQLAlchemy tells."""
    found: Counter[str] = Counter()
    patch = pytest.MonkeyPatch()
    for cls, name in ((psycopg.Connection, "commit"), (psycopg.Cursor, "execute")):
        original = getattr(cls, name)

        def counted(*given: Any, name: str = name, original: Any = original, **options: Any) -> Any:
            found[name] += 1
            return original(*given, **options)

        patch.setattr(cls, name, counted)

    def connects(dialect: sa.Dialect, *_: object) -> None:
        found["connect"] += dialect.name == "postgresql"

    sa.event.listen(sa.Engine, "do_connect", connects)
    try:
        yield found
    finally:
        sa.event.remove(sa.Engine, "do_connect", connects)
        patch.undo()


def read(target: Target) -> list[dict[str, object]]:
    """The history of a target, without what differs from run to run."""
    engine = sa.create_engine(str(target.url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        table = history.table(target.schema)
        found = connection.execute(sa.select(table).order_by(table.c.position)).mappings()
        return [
            {name: value for name, value in each.items() if name not in ("run_id", "started", "seconds")}
            for each in found
        ]


def states(found: list[FleetTarget]) -> list[tuple[str, str | None]]:
    return [(each.state, each.error) for each in found]


def in_full(tasks: list[Task]) -> None:
    for task in tasks:
        assert carry_out(task).state == "done"


@pytest.mark.parametrize("has_history", [False, True])
def test_all_is_as_after_runs_in_full(
    tmp_path: Path, postgresql_url: str, repeated: list[tuple[str, bool]], has_history: bool
) -> None:
    """Two revisions, where others brought the schemas up to r2, or runs that wrote a history, scripts included."""
    tenants = Tenants(tmp_path, 2, edition="edition = 2026\nhistory_scripts = true")
    targets = schemas(postgresql_url, 6)
    in_full(chunk(tenants, targets))
    if not has_history:
        with sa.create_engine(postgresql_url, poolclass=sa.NullPool).begin() as connection:
            for target in targets:
                connection.exec_driver_sql(f"DROP TABLE {target.schema}.limbeck_history")
    tenants.revision(before='op.add_column("t2", sa.Column("name", sa.String(20), server_default="50%"))')
    tenants.revision(before='op.create_index("ix", "t2", ["name"])')
    path = tmp_path / "m" / "versions" / "r4.py"
    path.write_text(f'r"""{MESSAGE}"""\n{path.read_text()}')
    in_full(chunk(tenants, targets[:1]))
    found = carry_out_all(chunk(tenants, targets[1:], ("r2",)))
    assert states(found) == [("done", None)] * 5
    assert {(each.rows_before, each.rows_after) for each in found} == {(("r2",), ("r4",))}
    assert repeated == [(str(target.schema), True) for target in targets[2:]]
    assert all_ran(targets, tenants.ids)
    first, *others = map(read, targets)
    assert all(each == first for each in others)
    assert (first[-1]["message"], bool(first[-1]["script"])) == (MESSAGE, True)
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        inspector = sa.inspect(connection)
        looks = [inspector.get_multi_columns(schema=target.schema).values() for target in targets]
        assert all(repr(list(look)) == repr(list(looks[0])) for look in looks)
        assert all(inspector.get_indexes("t2", schema=target.schema) for target in targets)


def test_it_takes_few_statements(tmp_path: Path, postgresql_url: str) -> None:
    tenants = Tenants(tmp_path, 2)
    targets = schemas(postgresql_url, 12)
    in_full(chunk(tenants, targets))
    tenants.revision()
    carry_out_all(chunk(tenants, targets[:1], ("r2",)))
    carry_out_all(chunk(tenants, targets[1:2], ("r2",)))
    with asked() as one:
        carry_out_all(chunk(tenants, targets[2:3], ("r2",)))
    with asked() as ten:
        carry_out_all(chunk(tenants, targets[3:], ("r2",)))
    assert ten["connect"] == 2
    assert ten["execute"] - one["execute"] <= 8 * 15, (
        ten
    )  # three of which are the step's, and one puts the session back
    assert ten["commit"] - one["commit"] <= 8 + 1, ten


@pytest.mark.parametrize(
    "script",
    [
        "assert op.get_bind().exec_driver_sql('SELECT 1').scalar() == 1",
        "op.execute('SET work_mem TO 65536')",
        "op.execute('CREATE  TEMPORARY TABLE aside (id integer)')",
        "op.execute(\"COMMENT ON TABLE ran IS 'one'; SET work_mem TO 65536\")",
        "op.execute(\"CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = '' AS 'SELECT 1'\")",
        "op.execute(f\"COMMENT ON TABLE ran IS '{op.get_context().opts['version_table_schema']}'\")",
        "op.create_index('ix', 'ran', [each['name'] for each in sa.inspect(op.get_bind()).get_columns('ran')])",
        "with op.get_context().autocommit_block(): op.execute('CREATE INDEX CONCURRENTLY ix ON ran (revision)')",
    ],
)
def test_what_may_differ_is_not_repeated(
    tmp_path: Path, postgresql_url: str, repeated: list[tuple[str, bool]], script: str
) -> None:
    tenants = Tenants(tmp_path, 1)
    targets = schemas(postgresql_url, 3)
    in_full(chunk(tenants, targets))
    tenants.revision(before=script)
    assert states(carry_out_all(chunk(tenants, targets, ("r1",)))) == [("done", None)] * 3
    assert repeated == []
    assert all_ran(targets, tenants.ids)


@pytest.mark.parametrize(
    "before",
    [
        "UPDATE {0}.alembic_version SET version_num = 'r1'",
        "DELETE FROM {0}.limbeck_history",
        "ALTER TABLE {0}.limbeck_history DROP COLUMN script",
        "UPDATE {0}.limbeck_history SET state = 'running'",
        "DROP TABLE {0}.limbeck_history",
    ],
)
def test_a_schema_that_is_not_alike_has_a_run_in_full(
    tmp_path: Path, postgresql_url: str, repeated: list[tuple[str, bool]], before: str
) -> None:
    tenants = Tenants(tmp_path, 2)
    targets = schemas(postgresql_url, 3)
    in_full(chunk(tenants, targets))
    tenants.revision()
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql(before.format("tenant_01"))
        if "r1" in before:
            connection.exec_driver_sql("DROP TABLE tenant_01.t2; DELETE FROM tenant_01.ran WHERE revision = 'r2'")
    with asked() as cost:
        assert states(carry_out_all(chunk(tenants, targets, ("r2",)))) == [("done", None)] * 3
    assert cost["connect"] == 2, "a run in full after a repetition has its sessions"
    assert repeated == [("tenant_01", False), ("tenant_02", True)]
    assert all_ran(targets, tenants.ids)
    assert [read(target)[-1]["state"] for target in targets] == ["done"] * 3


def test_an_error_is_that_of_a_run_in_full(
    tmp_path: Path, postgresql_url: str, repeated: list[tuple[str, bool]]
) -> None:
    """What was sent is rolled back; the first of two steps stays."""
    tenants = Tenants(tmp_path, 2)
    targets = schemas(postgresql_url, 3)
    in_full(chunk(tenants, targets))
    tenants.revision()
    tenants.revision()
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE tenant_01.t4 (id integer)")
    found = carry_out_all(chunk(tenants, targets, ("r2",)))
    assert [each.state for each in found] == ["done", "failed"]
    assert (found[1].code, found[1].rows_after) == ("database", ("r3",))
    assert "t4" in str(found[1].error)
    assert repeated == [("tenant_01", False)]
    assert (ran(targets[1]), rows(targets[1])) == (["r1", "r2", "r3"], ["r3"])
    assert [(each["revision"], each["state"]) for each in read(targets[1])[2:]] == [("r3", "done"), ("r4", "failed")]


def test_a_schema_that_is_locked(tmp_path: Path, postgresql_url: str, repeated: list[tuple[str, bool]]) -> None:
    """A run in full waits for the lock."""
    tenants = Tenants(tmp_path, 2)
    targets = schemas(postgresql_url, 2)
    in_full(chunk(tenants, targets))
    tenants.revision()
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as holder:
        database = sa.make_url(postgresql_url).database
        scope = lock.scope(Location(str(database), "tenant_01", "alembic_version"))
        kind = PostgresqlImpl(holder.dialect, holder, False, None, None, {}).run_lock(holder, scope)
        assert isinstance(kind, SessionLock)
        assert holder.exec_driver_sql(kind.acquire).scalar()
        tasks = chunk(tenants, targets, ("r2",))
        found = carry_out_all([replace(task, order=replace(task.order, lock_timeout=0.1)) for task in tasks])
    assert [each.state for each in found] == ["done", "locked"]
    assert repeated == [("tenant_01", False)]


def test_rows_are_not_deleted_unasked(tmp_path: Path, postgresql_url: str, repeated: list[tuple[str, bool]]) -> None:
    """Whether a script deletes rows depends on those of each schema."""
    tenants = Tenants(tmp_path, 2)
    targets = schemas(postgresql_url, 3)
    in_full(chunk(tenants, targets))
    tenants.revision(before='op.drop_table("t2")')
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("INSERT INTO tenant_01.t2 VALUES (1)")
    found = carry_out_all(chunk(tenants, targets, ("r2",)))
    assert [(each.state, each.code) for each in found] == [("done", None), ("failed", "would-lose-rows")]
    assert repeated == []


@pytest.mark.parametrize(
    ("env", "edition"),
    [
        (ENV + "print('told')\n", ""),
        (ENV + ENV, ""),
        ("from limbeck import context\ncontext.run(transactional_ddl=False)\n", ""),
        (ENV, "sqlalchemy.isolation_level = AUTOCOMMIT"),
    ],
)
def test_what_depends_on_more_than_statements_in_transactions(
    tmp_path: Path, postgresql_url: str, repeated: list[tuple[str, bool]], env: str, edition: str
) -> None:
    """What env.py does after each run, or in a second one, and statements that are committed as they are sent."""
    tenants = Tenants(tmp_path, 1, env=env, edition=f"edition = 2026\n{edition}")
    targets = schemas(postgresql_url, 3)
    in_full(chunk(tenants, targets))
    tenants.revision()
    assert states(carry_out_all(chunk(tenants, targets, ("r1",)))) == [("done", None)] * 3
    assert repeated == []
    assert all_ran(targets, tenants.ids)
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        assert not sa.inspect(connection).has_table("t2")


@pytest.mark.parametrize("listener", ["begin", "before_cursor_execute", "after_cursor_execute", "engine_connect"])
def test_what_is_heard_is_not_repeated(
    tmp_path: Path, postgresql_url: str, repeated: list[tuple[str, bool]], listener: str
) -> None:
    """A listener is told of all statements, and may change them or send others."""
    tenants = Tenants(tmp_path, 1)
    targets = schemas(postgresql_url, 3)
    in_full(chunk(tenants, targets))
    tenants.revision()

    def begins(connection: sa.Connection) -> None:
        connection.exec_driver_sql("SET LOCAL work_mem TO 65536")

    def changes(*given: object) -> tuple[str, object]:
        return str(given[2]).replace("'r2'", "'r2'  "), given[3]

    def looks(_connection: sa.Connection) -> None:
        """An application may do anything with it."""

    def hears(*_: object) -> None:
        """A tracer."""

    told: Any = {"begin": begins, "before_cursor_execute": changes, "engine_connect": looks}.get(listener, hears)
    sa.event.listen(sa.Engine, listener, told, **({"retval": True} if told is changes else {}))
    try:
        assert states(carry_out_all(chunk(tenants, targets, ("r1",)))) == [("done", None)] * 3
    finally:
        sa.event.remove(sa.Engine, listener, told)
    assert repeated == []
    assert all_ran(targets, tenants.ids)


def test_any_error_of_a_repetition_is_for_a_run_in_full(
    tmp_path: Path, postgresql_url: str, repeated: list[tuple[str, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that is not the database's."""
    tenants = Tenants(tmp_path, 2)
    targets = schemas(postgresql_url, 2)
    in_full(chunk(tenants, targets))
    tenants.revision()

    def fails(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(Repetition, "_end_of_history", fails)
    assert states(carry_out_all(chunk(tenants, targets, ("r2",)))) == [("done", None)] * 2
    assert repeated == [("tenant_01", False)]
    assert all_ran(targets, tenants.ids)


def test_temporary_tables_of_a_repetition_end_with_it(
    tmp_path: Path, postgresql_url: str, repeated: list[tuple[str, bool]]
) -> None:
    """A session is put back after each schema, also where a statement does not show what it leaves."""
    tenants = Tenants(tmp_path, 1)
    targets = schemas(postgresql_url, 4)
    in_full(chunk(tenants, targets))
    tenants.revision(before="op.execute('CREATE TABLE pg_temp.aside (id integer)')")
    assert states(carry_out_all(chunk(tenants, targets, ("r1",)))) == [("done", None)] * 4
    assert repeated == [(str(target.schema), True) for target in targets[1:]]
    assert all_ran(targets, tenants.ids)


def test_a_signal_cancels_a_repetition(
    tmp_path: Path, postgresql_url: str, repeated: list[tuple[str, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its statement is cancelled at the server and rolled back; no run in full follows."""
    tenants = Tenants(tmp_path, 1)
    targets = schemas(postgresql_url, 3)
    in_full(chunk(tenants, targets))
    waits = "SELECT 1 FROM pg_sleep(CASE current_schema() WHEN $$tenant_01$$ THEN 600 ELSE 0 END)"
    tenants.revision(before=f"op.execute('CREATE TABLE slept AS {waits}')")
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    at_work = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
    )
    heard = Interruption()
    heard.hear()
    for module in ("runtime.repetition", "runtime.executor"):
        monkeypatch.setattr(f"limbeck.{module}.INTERRUPTION", heard)

    def signal_it() -> None:
        with engine.connect() as connection:
            while not connection.scalar(at_work):
                time.sleep(0.05)
        heard.cancel(signal.SIGINT)

    thread = threading.Thread(target=signal_it)
    thread.start()
    found = carry_out_all(chunk(tenants, targets, ("r1",)))
    thread.join()
    assert [each.state for each in found] == ["done", "interrupted"]
    assert repeated == [("tenant_01", False)]
    assert [rows(target) for target in targets] == [["r2"], ["r1"], ["r1"]]
