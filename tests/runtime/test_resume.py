"""Resuming: a revision that was left half done goes on behind the last statement that is committed.

a1 ── a2 ── a3        a2 fails, or dies, between statements that commit by themselves
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import servers
import sqlalchemy as sa
from project import Project, table

from limbeck import command
from limbeck.errors import CommandError

JOURNAL = "alembic_version_journal"
WRONG = 'op.execute("SELECT * FROM nowhere")'


class Killed(BaseException):
    """As SIGKILL, but within the process: nothing handles it."""


@pytest.fixture
def maria(make: Callable[..., Project]) -> Project:
    return make("mariadb", edition=2026)


@pytest.fixture
def postgres(make: Callable[..., Project]) -> Project:
    return make("postgresql", edition=2026)


def executing(*statements: str) -> str:
    return "\n".join(f"op.execute({statement!r})" for statement in statements)


def fail(project: Project) -> BaseException:
    with pytest.raises(sa.exc.DBAPIError) as error:
        project.upgrade()
    return error.value


def refused(project: Project, **how: object) -> CommandError:
    with pytest.raises(CommandError) as error:
        project.upgrade(**how)
    return error.value


def notes(error: BaseException) -> list[str]:
    return [line for note in getattr(error, "__notes__", ()) for line in note.splitlines()]


def is_clean(project: Project) -> bool:
    return not project.look(lambda connection: sa.inspect(connection).has_table(JOURNAL))


def left(project: Project) -> int:
    """How many rows the journal has: one that was killed between its version row and its end leaves the table."""
    return 0 if is_clean(project) else int(project.column(f"SELECT count(*) FROM {JOURNAL}")[0])


# --- what is said, and what is left out -------------------------------------------------------------------------------

FIRST_TWO = ("CREATE TABLE one (id INTEGER)", "INSERT INTO one VALUES (1)", "CREATE TABLE two (id INTEGER)")
LONG = "CREATE TABLE two (id INTEGER, " + ", ".join(f"a_column_with_a_long_name_{n} INTEGER" for n in range(20)) + ")"


def test_the_next_run_says_how_far_it_came_and_runs_nothing(maria: Project) -> None:
    maria.line("a1")
    maria.script("a2", "a1", executing(FIRST_TWO[0], LONG, "ALTER TABLE nowhere ADD COLUMN x INTEGER"))
    assert notes(fail(maria))[-1] == "2 of 3 statements of a2 are committed; database at a1; a1 applied"
    error = refused(maria)
    assert error.code == "half-done"
    assert str(error) == "2 of 3 statements of a2 are committed"
    assert (error.hint or "").startswith("the same command with --resume leaves these out and runs the rest; or ")
    assert "`limbeck stamp --purge a2`" in (error.hint or "")
    assert "`limbeck stamp --purge a1`" in (error.hint or "")
    assert notes(error) == ["committed:", f"    {FIRST_TWO[0]}", f"    {LONG}"]
    assert maria.rows() == ["a1"]


def test_resume_leaves_out_what_is_committed_and_runs_the_rest(maria: Project) -> None:
    """The INSERT is committed by the CREATE TABLE after it; the UPDATE is by nothing, and runs again."""
    update = executing("UPDATE one SET id = id + 10")
    maria.script("a1", None, executing(*FIRST_TWO) + "\n" + update + "\n" + WRONG)
    maria.script("a2", "a1")
    fail(maria)
    maria.script("a1", None, executing(*FIRST_TWO) + "\n" + update + "\n" + table("three"))
    maria.upgrade(resume=True)
    assert (maria.rows(), maria.column("SELECT id FROM one")) == (["a2"], [11])
    assert maria.tables() == ["one", "t_a2", "three", "two"]
    assert is_clean(maria)


def test_a_resumed_revision_may_fail_again_and_be_resumed_again(maria: Project) -> None:
    lines = [f"CREATE TABLE t{number} (id INTEGER)" for number in range(4)]
    for count in (2, 3):
        maria.script("a1", None, executing(*lines[:count]) + "\n" + WRONG)
        with pytest.raises(sa.exc.DBAPIError):
            maria.upgrade(resume=True)
        assert str(refused(maria)) == f"{count} of {count} statements of a1 are committed"
    maria.script("a1", None, executing(*lines))
    maria.upgrade(resume=True)
    assert (maria.rows(), maria.tables(), is_clean(maria)) == (["a1"], ["t0", "t1", "t2", "t3"], True)


def test_a_downgrade_is_resumed_too(maria: Project) -> None:
    maria.script("a1", None, executing(*FIRST_TWO), executing("DROP TABLE one", "DROP TABLE two") + "\n" + WRONG)
    maria.upgrade()
    with pytest.raises(sa.exc.DBAPIError):
        maria.downgrade()
    with pytest.raises(CommandError, match="2 of 2 statements of the downgrade of a1 are committed"):
        maria.downgrade()
    maria.script("a1", None, executing(*FIRST_TWO), executing("DROP TABLE one", "DROP TABLE two"))
    maria.downgrade(resume=True)
    assert (maria.rows(), maria.tables(), is_clean(maria)) == ([], [], True)


def test_on_the_command_line(maria: Project) -> None:
    maria.script("a1", None, executing(*FIRST_TWO) + "\n" + WRONG)
    assert maria.run("upgrade", "head")[0] == 3
    maria.script("a1", None, executing(*FIRST_TWO))
    code, said = maria.run("upgrade", "head")
    assert (code, "3 of 3 statements of a1 are committed" in said) == (3, True)
    assert maria.run("upgrade", "head", "--resume") == (0, "")
    assert maria.rows() == ["a1"]


def test_where_nothing_is_left_half_done_it_changes_nothing(modern: Project) -> None:
    modern.line("a1")
    modern.upgrade(resume=True)
    assert modern.rows() == ["a1"]


def test_without_an_edition_there_is_nothing_to_resume_from(project: Project) -> None:
    project.line("a1")
    assert refused(project, resume=True).code == "no-journal"
    assert project.rows() is None


def test_operations_that_read_the_catalogue_send_what_they_sent(maria: Project) -> None:
    """ALTER COLUMN states all of the column again, as it was before the first of them."""
    alter = """
op.alter_column("one", "a", nullable=False)
op.alter_column("one", "a", server_default="7")
op.alter_column("one", "a", new_column_name="b", existing_type=sa.Integer, existing_nullable=False)
op.create_table("two", sa.Column("id", sa.Integer), if_not_exists=True)
"""
    maria.script("a1", None, executing("CREATE TABLE one (a INTEGER COMMENT 'kept')"))
    maria.script("a2", "a1", alter + WRONG)
    fail(maria)
    assert str(refused(maria)) == "4 statements of a2 are committed"
    maria.script("a2", "a1", alter + executing("INSERT INTO one () VALUES ()"))
    maria.upgrade(resume=True)
    assert (maria.rows(), maria.column("SELECT b FROM one")) == (["a2"], [7])
    assert "COMMENT 'kept'" in maria.look(lambda c: c.exec_driver_sql("SHOW CREATE TABLE one").one()[1])


def test_what_is_sent_again_where_a_lock_is_not_obtained_is_left_out_too(maria: Project) -> None:
    """Retries send statements themselves."""
    maria.configure(lock_retries="3")
    maria.script("a1", None, executing(*FIRST_TWO) + "\n" + WRONG)
    fail(maria)
    maria.script("a1", None, executing(*FIRST_TWO))
    maria.upgrade(resume=True)
    assert (maria.rows(), maria.column("SELECT id FROM one")) == (["a1"], [1])


def test_settings_of_the_session_are_made_again(maria: Project) -> None:
    setting = executing("SET foreign_key_checks = 0")
    maria.script("a1", None, setting + "\n" + executing(*FIRST_TWO) + "\n" + WRONG)
    fail(maria)
    ask = 'op.execute("CREATE TABLE checks AS SELECT @@foreign_key_checks AS x")'
    maria.script("a1", None, setting + "\n" + executing(*FIRST_TWO) + "\n" + ask)
    maria.upgrade(resume=True)
    assert maria.column("SELECT x FROM checks") == [0]


def test_many_rows_in_one_call(maria: Project) -> None:
    insert = """
t = op.create_table("one", sa.Column("id", sa.Integer), sa.Column("name", sa.String(20)))
op.bulk_insert(t, [{"id": n, "name": f"name {n}"} for n in range(1000)])
for n in range(1200):
    op.execute(t.update().where(t.c.id == n).values(name="x"))
op.create_table("two", sa.Column("id", sa.Integer))
"""
    maria.script("a1", None, insert + WRONG)
    fail(maria)
    maria.script("a1", None, insert)
    maria.upgrade(resume=True)
    assert (maria.rows(), maria.column("SELECT count(*) FROM one WHERE name = 'x'")) == (["a1"], [1000])


# --- around autocommit_block() ----------------------------------------------------------------------------------------

BLOCK = """
op.create_table("one", sa.Column("id", sa.Integer))
op.execute("INSERT INTO one VALUES (1)")
with op.get_context().autocommit_block():
    op.create_index("ix", "one", ["id"], postgresql_concurrently=True)
    op.execute("UPDATE one SET id = id + 1")
op.execute("UPDATE one SET id = id + 10")
"""


@pytest.mark.parametrize("backend", ["sqlite", "postgresql", "mariadb"])
def test_what_a_block_has_committed_is_left_out(make: Callable[..., Project], backend: str) -> None:
    """The statements before it, and its own; those after it were rolled back, and run again."""
    project = make(backend, edition=2026)
    project.script("a1", None, BLOCK + WRONG)
    fail(project)
    assert str(refused(project)) == "4 statements of a1 are committed"
    assert project.column("SELECT id FROM one") == [2]
    project.script("a1", None, BLOCK)
    project.upgrade(resume=True)
    assert (project.rows(), project.column("SELECT id FROM one"), is_clean(project)) == (["a1"], [12], True)


def test_rows_that_a_block_was_perhaps_killed_at_are_for_the_user_to_judge(postgres: Project) -> None:
    update = "UPDATE one SET id = id + 1"
    start = table("one") + "\nop.execute('INSERT INTO one VALUES (1)')\nwith op.get_context().autocommit_block():\n"
    lines = start + "\n".join(f"    {line}" for line in dying(update, postgres, before=False).splitlines())
    postgres.script("a1", None, lines)
    with pytest.raises(Killed):
        postgres.upgrade()
    assert "--in-doubt done" in (refused(postgres, resume=True).hint or "")
    postgres.upgrade(resume=True, in_doubt="done")
    assert (postgres.rows(), postgres.column("SELECT id FROM one")) == (["a1"], [2])


def test_an_index_that_a_killed_run_was_building_is_seen(postgres: Project) -> None:
    """Built: left out. Left invalid: dropped and built."""
    for state in ("valid", "invalid"):
        index = "CREATE INDEX CONCURRENTLY ix ON one (id)"
        build = "with op.get_context().autocommit_block():\n" + "\n".join(
            f"    {line}" for line in dying(index, postgres, before=False).splitlines()
        ).replace(f"op.execute({index!r})", "op.create_index('ix', 'one', ['id'], postgresql_concurrently=True)")
        postgres.script("a1", None, table("one") + "\nop.execute('INSERT INTO one VALUES (1)')\n" + build)
        with pytest.raises(Killed):
            postgres.upgrade()
        postgres.execute(f"UPDATE pg_index SET indisvalid = {state == 'valid'} WHERE indexrelid = 'ix'::regclass")
        postgres.upgrade(resume=True)
        assert postgres.column("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix'::regclass") == [True]
        assert (postgres.rows(), is_clean(postgres)) == (["a1"], True)
        postgres.execute("DROP TABLE one", "DELETE FROM alembic_version")


# --- what cannot be resumed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (("CREATE TABLE one (id BIGINT)", *FIRST_TWO[1:]), "CREATE TABLE one (id INTEGER)"),
        ((FIRST_TWO[0], "INSERT INTO one VALUES (2)", FIRST_TWO[2]), "INSERT INTO one VALUES (1)"),
        ((FIRST_TWO[0], FIRST_TWO[2], FIRST_TWO[1]), "INSERT INTO one VALUES (1)"),
        (FIRST_TWO[:2], "CREATE TABLE two (id INTEGER)"),
    ],
)
def test_another_statement_in_the_place_of_one_that_is_committed(
    maria: Project, lines: tuple[str, ...], what: str
) -> None:
    """Changed, changed in a value, in another order, taken out."""
    maria.script("a1", None, executing(*FIRST_TWO) + "\n" + WRONG)
    fail(maria)
    maria.script("a1", None, executing(*lines))
    for _ in range(2):
        error = refused(maria, resume=True)
        assert error.code == "cannot-resume"
        assert notes(error)[0] == f"committed is: {what}"
    assert (maria.rows(), maria.column("SELECT id FROM one")) == ([], [1])
    maria.script("a1", None, executing(*FIRST_TWO))
    maria.upgrade(resume=True)
    assert maria.rows() == ["a1"]


def test_values_that_differ_from_run_to_run(maria: Project) -> None:
    lines = """
import uuid
t = op.create_table("one", sa.Column("id", sa.String(40)))
op.bulk_insert(t, [{"id": str(uuid.uuid4())}])
op.create_table("two", sa.Column("id", sa.Integer))
"""
    maria.script("a1", None, lines + WRONG)
    fail(maria)
    error = refused(maria, resume=True)
    assert "its values differ from run to run" in notes(error)[0]


READS = {
    "loop": "for row in op.get_bind().execute(sa.text('SELECT 1')):\n    pass",
    "value": "found = op.get_bind().scalar(sa.text('SELECT count(*) FROM one'))",
    "rowcount": "while op.get_bind().execute(sa.text('UPDATE one SET id = 2 WHERE id = 1')).rowcount:\n    pass",
    "inspector": "columns = sa.inspect(op.get_bind()).get_columns('one')",
    "orm": "from sqlalchemy.orm import Session\nlist(Session(op.get_bind()).execute(sa.text('SELECT 1')))",
    "user variable": "op.execute('SET @x = (SELECT max(id) FROM one)')",
    "temporary table": "op.execute('CREATE TEMPORARY TABLE tmp (id INTEGER)')",
}


@pytest.mark.parametrize("kind", READS)
def test_a_script_that_depends_on_what_it_read_is_refused_with_the_way_out(maria: Project, kind: str) -> None:
    lines = executing(*FIRST_TWO[:2]) + "\n" + READS[kind] + "\n" + executing(FIRST_TWO[2]) + "\n"
    maria.script("a1", None, lines + WRONG)
    fail(maria)
    error = refused(maria, resume=True)
    assert error.code == "half-done"
    assert "and it cannot be resumed: its script depends on" in str(error)
    assert "do the rest by hand, then `limbeck stamp --purge a1`" in (error.hint or "")
    command.stamp(maria.configure(), "base", purge=True)
    maria.execute("DROP TABLE one", "DROP TABLE two")
    maria.script("a1", None, lines)
    maria.upgrade()
    assert maria.rows() == ["a1"]


def test_what_is_read_and_thrown_away_is_no_obstacle(maria: Project) -> None:
    lines = "op.execute('SELECT 1')\nop.get_bind().execute(sa.text('SELECT 2'))\n"
    lines += executing(*FIRST_TWO) + "\nop.get_bind().execute(sa.text('INSERT INTO two VALUES (1)'))\n"
    maria.script("a1", None, lines + WRONG)
    fail(maria)
    maria.script("a1", None, lines)
    maria.upgrade(resume=True)
    assert (maria.rows(), maria.column("SELECT id FROM one")) == (["a1"], [1])


def test_what_is_read_after_that_point_is_no_obstacle(maria: Project) -> None:
    reads = "\nassert op.get_bind().scalar(sa.text('SELECT count(*) FROM one')) == 1\n"
    maria.script("a1", None, executing(*FIRST_TWO) + reads + WRONG)
    fail(maria)
    maria.script("a1", None, executing(*FIRST_TWO) + reads)
    maria.upgrade(resume=True)
    assert maria.rows() == ["a1"]


# --- a statement that was sent, and perhaps carried out ---------------------------------------------------------------


def dying(statement: str, project: Project, *, before: bool) -> str:
    """Lines of a script that end the run once, just before or after the server gets ``statement``."""
    died = project.root / "died"
    died.unlink(missing_ok=True)
    send = f"op.execute({statement!r})"
    return f"""
import pathlib
from test_resume import Killed
died = pathlib.Path({str(died)!r})
def die(cursor, statement, parameters, context):
    if statement == {statement!r}:
        died.touch()
        if not {before}:
            cursor.execute(statement)
        raise Killed
if not died.exists():
    sa.event.listen(op.get_bind().engine, "do_execute", die)
    sa.event.listen(op.get_bind().engine, "do_execute_no_params", lambda *given: die(*given[:2], (), given[2]))
{send}
"""


BASE = ("CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE o (id INTEGER, x INTEGER, KEY ix (x))")
SEEN = [
    "CREATE TABLE n (id INTEGER)",
    "CREATE TABLE n AS SELECT 1 AS x",
    "CREATE OR REPLACE VIEW v AS SELECT id FROM o",
    "ALTER TABLE o ADD INDEX (x)",
    "CREATE INDEX i2 ON o (x)",
    "DROP INDEX ix ON o",
    "ALTER TABLE o MODIFY x BIGINT NOT NULL",
    "ALTER TABLE o ADD FOREIGN KEY (x) REFERENCES p (id)",
    "ALTER TABLE `o` RENAME TO n",
    "RENAME TABLE o TO n",
    "DROP TABLE p",
    "CREATE TRIGGER tr BEFORE INSERT ON o FOR EACH ROW SET NEW.x = 1",
    "CREATE PROCEDURE pr() SELECT 1",
    "TRUNCATE TABLE o",
]


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_whether_it_was_carried_out_is_seen_by_its_objects(maria: Project, before: bool) -> None:
    """Each statement is sent once; that the server has it is seen after a run that died before it, or after it."""
    sent: Counter[str] = Counter()
    down = None
    for number, statement in enumerate(SEEN):
        maria.execute("DROP VIEW IF EXISTS v", "DROP PROCEDURE IF EXISTS pr", "DROP TABLE IF EXISTS o, n, p", *BASE)
        id_ = f"r{number}"
        maria.script(
            id_,
            down,
            executing("CREATE TABLE extra (id INTEGER)")
            + dying(statement, maria, before=before)
            + executing("DROP TABLE extra"),
        )
        down = id_
        # journal rows survive as after a kill: nothing of ours runs after BaseException but the rollback
        with pytest.raises(Killed):
            maria.upgrade()

        def count(_connection, _cursor, text, *_rest):
            sent[text] += 1

        sa.event.listen(sa.Engine, "before_cursor_execute", count)
        try:
            maria.upgrade(resume=True)
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", count)
        assert maria.rows() == [id_], statement
        assert is_clean(maria), statement
    assert not maria.look(lambda c: sa.inspect(c).has_table("extra"))


def test_where_nothing_tells_the_user_has_to(maria: Project) -> None:
    grant = "GRANT SELECT ON *.* TO CURRENT_USER"
    lines = executing(*FIRST_TWO)
    for word in ("done", "again"):
        maria.script("a1", None, lines + dying(grant, maria, before=False))
        with pytest.raises(Killed):
            maria.upgrade()
        for how in ({}, {"resume": True}):
            error = refused(maria, **how)
            assert str(error) == (
                "3 statements of a1 are committed, and nothing tells whether the one after that was carried out"
            )
            assert "--resume --in-doubt done" in (error.hint or "")
            assert notes(error)[-2:] == ["perhaps carried out:", f"    {grant}"]
        maria.upgrade(resume=True, in_doubt=word)
        assert (maria.rows(), is_clean(maria)) == (["a1"], True)
        maria.execute("DROP TABLE one, two", "DELETE FROM alembic_version")


# --- killed at any point ----------------------------------------------------------------------------------------------

FIVE = """
import pathlib, time
started = pathlib.Path({root!r}, "started")
started.write_text("")
op.execute("CREATE TABLE k{n} AS SELECT SLEEP(0.01) AS s, 1 AS id")
op.execute("INSERT INTO k{n} (s, id) VALUES (0, 2)")
op.execute("ALTER TABLE k{n} ADD COLUMN a INTEGER")
op.execute("INSERT INTO k{n} (s, id, a) VALUES (0, 3, 3)")
op.execute("UPDATE k{n} SET a = coalesce(a, 0) + 1 + SLEEP(0.005)")
op.execute("ALTER TABLE k{n} ADD INDEX (id)")
op.execute("UPDATE k{n} SET a = a + 1 + SLEEP(0.005)")
op.execute("ALTER TABLE k{n} MODIFY a BIGINT NOT NULL")
op.execute("INSERT INTO k{n} (s, id, a) VALUES (0, 4, 9)")
op.execute("CREATE TABLE l{n} AS SELECT id FROM k{n}")
op.execute("UPDATE k{n} SET a = a + 1")
"""
DDL = (
    "CREATE TABLE k{n} AS SELECT SLEEP(0.01) AS s, 1 AS id",
    "ALTER TABLE k{n} ADD COLUMN a INTEGER",
    "ALTER TABLE k{n} ADD INDEX (id)",
    "ALTER TABLE k{n} MODIFY a BIGINT NOT NULL",
    "CREATE TABLE l{n} AS SELECT id FROM k{n}",
)


@pytest.fixture
def logging_maria(tmp_path) -> Iterator[Project]:
    """A project on a server of its own, which logs all that it is sent."""
    server = servers.start_private_mariadb()
    if server is None:
        pytest.skip("MariaDB's binaries are not on this machine")
    try:
        server.execute("SET GLOBAL log_output = 'TABLE'", "SET GLOBAL general_log = ON")
        yield Project(tmp_path / "project", server.create("killing"), 2026)
    finally:
        server.stop()


@pytest.mark.parametrize("times", [15, pytest.param(100, marks=pytest.mark.campaign)])
def test_killed_at_random_points_every_statement_ran_exactly_once(logging_maria: Project, times: int) -> None:
    """Five DDL statements with rows between, killed at any moment after their beginning, then resumed."""
    maria = logging_maria
    chance = random.Random(2026)  # noqa: S311 moments, no secrets
    started = maria.root / "started"
    down, lasts, outcomes = None, 0.0, Counter[str]()
    for n in range(times + 1):
        id_ = f"r{n}"
        maria.script(id_, down, FIVE.format(n=n, root=str(maria.root)))
        down = id_
        started.unlink(missing_ok=True)
        process = maria.fork("upgrade", "head")
        while not started.exists():
            time.sleep(0.0005)
        begun = time.monotonic()
        if n == 0:  # undisturbed, to know how long it takes
            assert process.wait() == 0
            lasts = time.monotonic() - begun
            continue
        time.sleep(chance.uniform(0, lasts))
        process.kill()
        died = process.wait() != 0
        code, said = maria.run("upgrade", "head")
        outcomes["refused" if code else "went on" if died else "was done"] += 1
        if code != 0:
            assert f"of {id_} are committed" in said, said
            code, said = maria.run("upgrade", "head", "--resume")
        assert code == 0, said
        assert (maria.rows(), left(maria)) == ([id_], 0)
        assert maria.look(lambda c, n=n: c.exec_driver_sql(f"SELECT id, a FROM k{n} ORDER BY id").all()) == [
            (1, 3), (2, 3), (3, 6), (4, 10)
        ]  # fmt: skip
        assert maria.column(f"SELECT count(*) FROM l{n}") == [4]
        assert len(maria.look(lambda c, n=n: sa.inspect(c).get_indexes(f"k{n}"))) == 1
    log = Counter(
        maria.column("SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE command_type = 'Query'")
    )
    assert [log[each.format(n=n)] for n in range(times + 1) for each in DDL] == [1] * (5 * (times + 1))
    print(outcomes)
    assert outcomes["refused"] >= times // 10, outcomes
