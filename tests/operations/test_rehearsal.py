# ruff: noqa: E501 - one statement a line
"""Batches in SQLite scripts without ``copy_from``: the table is known from the history.

A script is fed to the ``sqlite3`` client, and the database that comes out is the one that the run on a connection makes.
"""

import gc
import io
import logging
import re
import sqlite3
import subprocess
import sys
import weakref
from pathlib import Path

import pytest
import sqlalchemy as sa
from schema import run_client

from limbeck import command, op
from limbeck.dialects.sqlite.rehearsal import Rehearsal
from limbeck.errors import CommandError
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

sys.path.insert(0, str(Path(__file__).parents[1] / "runtime"))
from project import Project

EDITIONS = pytest.mark.parametrize("edition", [None, 2026])

RICH = """
    op.execute('''CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT COLLATE NOCASE, b INT, "odd % name" INT,
        CONSTRAINT ck CHECK (id > 0), CHECK (b <> 7))''')
    op.execute("CREATE UNIQUE INDEX ix ON p (lower(a)) WHERE b > 0")
    op.execute("CREATE INDEX ix_b ON p (b DESC)")
    op.execute("CREATE VIEW v AS SELECT id, a FROM p")
    op.execute("CREATE TRIGGER tr AFTER INSERT ON p BEGIN UPDATE p SET b = 3 WHERE id = new.id; END")
    op.create_table("c", sa.Column("id", sa.Integer, primary_key=True), sa.Column("p_id", sa.Integer, sa.ForeignKey("p.id", ondelete="CASCADE")))
    op.execute("INSERT INTO p (id, a, b) VALUES (1, 'x;y', 1), (2, '-- :z', 2), (9, 'last', 0)")
    op.execute("DELETE FROM p WHERE id = 9")
    op.execute("INSERT INTO c VALUES (1, 1), (2, 2)")
"""

HISTORIES = {
    "a column altered, twice in one script": [
        'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.String(5)))',
        """
        with op.batch_alter_table("t") as b:
            b.alter_column("a", nullable=False, server_default="x:y")
        op.execute("INSERT INTO t (id) VALUES (1)")
        with op.batch_alter_table("t") as b:
            b.alter_column("a", type_=sa.String(9), existing_type=sa.String(5))
        """,
    ],
    "statements between changes": [
        'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer))',
        """
        op.execute("INSERT INTO t VALUES (1, 5)")
        with op.batch_alter_table("t") as b:
            b.add_column(sa.Column("n", sa.Integer, server_default=sa.text("(1 + 1)")))
            b.execute("UPDATE t SET a = a + n")
            b.drop_column("n")
        """,
    ],
    "statements before changes": [
        'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer), sa.Column("n", sa.Integer, server_default="2"))',
        """
        op.execute("INSERT INTO t (id, a) VALUES (1, 5)")
        with op.batch_alter_table("t") as b:
            b.execute("UPDATE t SET a = a + n")
            b.drop_column("n")
            b.execute("UPDATE t SET a = a + 1")
        """,
    ],
    "everything that SQLite knows": [
        RICH,
        """
        with op.batch_alter_table("p") as b:
            b.alter_column("b", nullable=False, server_default="4")
            b.add_column(sa.Column("n", sa.Integer))
            b.create_unique_constraint("uq", ["n"])
        op.execute("INSERT INTO p (a, n) VALUES ('next', 1)")
        """,
    ],
    "renamed and dropped": [
        RICH,
        """
        with op.batch_alter_table("p") as b:
            b.alter_column("odd % name", new_column_name="even", existing_type=sa.Integer())
        with op.batch_alter_table("c") as b:
            b.drop_column("p_id")
        """,
    ],
    "constraints by name": [
        'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer), sa.UniqueConstraint("a", name="uq"))',
        """
        op.execute("INSERT INTO t VALUES (1, 5)")
        with op.batch_alter_table("t") as b:
            b.drop_constraint("uq", type_="unique")
            b.create_check_constraint("ck", "a > 0")
        """,
        """
        with op.batch_alter_table("t", recreate="always", partial_reordering=[("a", "id")]) as b:
            b.create_index("ix_a", ["a"])
        """,
    ],
    "constraints without a name": [
        """
        op.create_table("r", sa.Column("id", sa.Integer, primary_key=True))
        op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer), sa.Column("b", sa.Integer),
            sa.UniqueConstraint("a"), sa.UniqueConstraint("b", name="uq"), sa.ForeignKeyConstraint(["a"], ["r.id"]))
        op.execute("INSERT INTO r VALUES (5)")
        op.execute("INSERT INTO t VALUES (1, 5, 6)")
        """,
        """
        with op.batch_alter_table("t") as b:
            b.drop_constraint(None, type_="unique", columns=["a"])
        with op.batch_alter_table("t") as b:
            b.drop_constraint(None, type_="foreignkey", columns=["a"])
            b.drop_constraint(None, type_="unique", columns=["b"])
        with op.batch_alter_table("t") as b:
            b.drop_constraint(None, type_="primary")
            b.create_primary_key("pk", ["b"])
        """,
    ],
    "what turns out to need a rebuild after a part was done in place": [
        'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer), sa.UniqueConstraint("a", name="uq"))',
        """
        op.execute("INSERT INTO t VALUES (1, 5)")
        with op.batch_alter_table("t") as b:
            b.add_column(sa.Column("n", sa.Integer))
            b.drop_column("a")
        """,
    ],
    "the table of another name": [
        'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer))',
        'op.rename_table("t", "u")',
        """
        with op.batch_alter_table("u") as b:
            b.alter_column("a", nullable=False, server_default="1")
        """,
    ],
}


IN_AN_EDITION = {"statements between changes"}  # without one they are executed before the changes

IN_EACH_EDITION = pytest.mark.parametrize(
    ("history", "edition"),
    [
        pytest.param(history, edition, id=f"{name}-{edition}")
        for name, history in HISTORIES.items()
        for edition in (None, 2026)
        if edition is not None or name not in IN_AN_EDITION
    ],
)


def project(folder, history, edition=None, database="online.db"):
    """A project with the history as its revisions r1, r2, ..."""
    made = Project(folder, f"sqlite:///{folder / database}", edition)
    down = None
    for number, script in enumerate(history, 1):
        lines = script.strip("\n") if "\n" in script else script
        made.script(f"r{number}", down, lines)
        down = f"r{number}"
    return made


def contents(file):
    """Everything in a database but what is SQLite's own or Limbeck's; whitespace in SQL is ignored."""
    with sqlite3.connect(file) as connection:
        asked = (
            "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_autoindex%' "
            "AND name <> 'limbeck_history' ORDER BY type, name"  # a script writes no history
        )
        things = [(kind, name, " ".join((sql or "").split())) for kind, name, sql in connection.execute(asked)]
        tables = [name for kind, name, _ in things if kind == "table"]
        rows = {name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr) for name in tables}
    connection.close()
    return things, rows


@IN_EACH_EDITION
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_script_makes_what_a_run_makes(tmp_path, history, edition):
    made = project(tmp_path, history, edition)
    script = made.sql()
    made.upgrade()
    run_client(f"sqlite:///{tmp_path / 'script.db'}", script)
    assert contents(tmp_path / "script.db") == contents(tmp_path / "online.db")
    assert "_alembic_tmp" in script or edition is not None


@IN_EACH_EDITION
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_script_that_starts_later_makes_the_same(tmp_path, history, edition):
    """The history before the start is replayed in memory; nothing of it gets into the script."""
    made = project(tmp_path, history, edition)
    first = made.sql("r1")
    later = made.sql("r1:head")
    made.upgrade()
    assert "CREATE TABLE alembic_version" not in later
    assert later.count("-- Running") == len(history) - 1
    run_client(f"sqlite:///{tmp_path / 'script.db'}", first + later)
    assert contents(tmp_path / "script.db") == contents(tmp_path / "online.db")


@EDITIONS
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_script_that_goes_down(tmp_path, edition):
    made = project(tmp_path, HISTORIES["constraints by name"][:1], edition)
    made.script(
        "r2",
        "r1",
        "with op.batch_alter_table('t') as b:\n    b.alter_column('a', nullable=False)",
        "with op.batch_alter_table('t') as b:\n    b.alter_column('a', nullable=True)",
    )
    up = made.sql()
    made.out = io.StringIO()
    command.downgrade(made.configure(), "r2:r1", sql=True)
    run_client(f"sqlite:///{tmp_path / 'script.db'}", up + made.out.getvalue())
    made.upgrade()
    made.downgrade("r1")
    assert contents(tmp_path / "script.db") == contents(tmp_path / "online.db")


def test_rows_of_other_tables_survive_a_script_where_keys_are_enforced(tmp_path):
    made = project(tmp_path, HISTORIES["everything that SQLite knows"], 2026)
    run_client(f"sqlite:///{tmp_path / 'script.db'}", "PRAGMA foreign_keys=ON;\n" + made.sql())
    assert contents(tmp_path / "script.db")[1]["c"] == [(1, 1), (2, 2)]


CAST = [
    'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.String(5)))',
    "with op.batch_alter_table('t') as b:\n    b.alter_column('a', type_=sa.Integer(), existing_type=sa.String(5))",
]


@EDITIONS
@pytest.mark.parametrize(("value", "survives"), [("12", True), ("12x", False)])
def test_a_script_stops_where_a_cast_would_change_a_value(tmp_path, edition, value, survives):
    """The transaction that fails leaves the table as it was."""
    made = project(tmp_path, CAST, edition)
    database = f"sqlite:///{tmp_path / 'script.db'}"
    run_client(database, made.sql("r1") + f"INSERT INTO t VALUES (1, '{value}');")
    if survives:
        run_client(database, made.sql("r1:r2"))
    else:
        with pytest.raises(AssertionError, match=r"failed: values of t\.a would change in the cast to INTEGER"):
            run_client(database, made.sql("r1:r2"))
    assert contents(tmp_path / "script.db")[1]["t"] == [(1, 12 if survives else value)]


def test_counters_go_on_through_several_rebuilds(tmp_path):
    made = project(
        tmp_path,
        [
            "op.execute('CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a INT, b INT)')",
            "with op.batch_alter_table('t') as b:\n    b.alter_column('a', nullable=False)\n    b.execute('SELECT 1')\n    b.alter_column('b', nullable=False)",
        ],
        2026,
    )
    database = f"sqlite:///{tmp_path / 'script.db'}"
    run_client(database, made.sql("r1") + "INSERT INTO t VALUES (7, 1, 1); DELETE FROM t;")
    run_client(database, made.sql("r1:r2") + "INSERT INTO t (a, b) VALUES (2, 2);")
    assert contents(tmp_path / "script.db")[1]["t"] == [(8, 2, 2)]


def test_a_script_expects_rows(tmp_path):
    """In memory the tables are empty; what SQLite does to empty tables only is done by a rebuild."""
    made = project(tmp_path, HISTORIES["statements between changes"], 2026)
    assert "ADD COLUMN n" not in made.sql()
    assert "DROP COLUMN n" in made.sql()


# --- how it is done ---------------------------------------------------------------------------------------------------


def test_each_revision_is_replayed_once(tmp_path, monkeypatch):
    """Twenty batches after eighty revisions: no statement is executed twice."""
    history = ['op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))']
    history += [f'op.create_table("t{number}", sa.Column("id", sa.Integer))' for number in range(80)]
    history += [
        f"with op.batch_alter_table('t') as b:\n    b.add_column(sa.Column('c{number}', sa.Integer, unique=True))"
        for number in range(20)
    ]
    made = project(tmp_path, history)
    carried_out = []
    send = vars(Rehearsal)["_send"]
    monkeypatch.setattr(
        Rehearsal, "_send", lambda self, statement: (carried_out.append(statement), send(self, statement))[1]
    )
    made.sql("r81:head")
    assert len(carried_out) == len(set(carried_out)) == 81


def test_a_script_without_a_batch_replays_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(Rehearsal, "__init__", lambda *_: pytest.fail("nobody asked"))
    made = project(
        tmp_path,
        ['op.create_table("t", sa.Column("id", sa.Integer))', "op.add_column('t', sa.Column('a', sa.Integer))"],
    )
    assert "ADD COLUMN a" in made.sql("r1:r2")


def test_a_replay_is_silent_and_touches_nothing_else(tmp_path, capsys, caplog):
    """env.py runs once; what earlier scripts print, log or write through the context is not repeated."""
    made = project(
        tmp_path,
        [
            "print('old script')\ncontext.execute('CREATE TABLE via_context (id INTEGER)')\n" + HISTORIES["renamed and dropped"][0].strip().replace("\n    ", "\n"),
            HISTORIES["renamed and dropped"][1],
        ],
    )  # fmt: skip
    env = tmp_path / "m" / "env.py"
    env.write_text(env.read_text() + f"\nwith open({str(tmp_path / 'ran')!r}, 'a') as ran:\n    ran.write('x')\n")
    with caplog.at_level(logging.INFO), pytest.warns(UserWarning, match="loses"):
        script = made.sql("r1:r2")
    assert (tmp_path / "ran").read_text() == "x"
    assert "old script" not in capsys.readouterr().out
    assert "via_context" not in script
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alembic.ini", "m", "ran"]
    assert [record.message for record in caplog.records].count("Context impl SQLiteImpl.") == 1


def test_the_database_in_memory_ends_with_its_script_and_without_a_word(caplog):
    def write_script():
        opts = {"as_sql": True, "output_buffer": io.StringIO()}
        context = MigrationContext.configure(dialect_name="sqlite", opts=opts)
        with Operations.context(context):
            op.create_table("t", sa.Column("id", sa.Integer()), sa.Column("a", sa.Integer()))
            with op.batch_alter_table("t") as b:
                b.alter_column("a", nullable=False)
        return weakref.ref(context)

    gone = write_script()
    gc.collect()
    assert gone() is None
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_replay_opens_no_file(tmp_path):
    file = tmp_path / "other.db"
    made = project(
        tmp_path,
        [f"op.execute(\"ATTACH '{file}' AS other\")", "with op.batch_alter_table('t') as b:\n    b.drop_column('a')"],
    )
    with pytest.raises(CommandError):
        made.sql()
    assert not file.exists()


def test_tables_of_attached_databases():
    buffer = io.StringIO()
    with Operations.context(
        MigrationContext.configure(dialect_name="sqlite", opts={"as_sql": True, "output_buffer": buffer})
    ):
        op.create_table("t", sa.Column("id", sa.Integer()), sa.Column("a", sa.Integer()), schema="aux")
        with op.batch_alter_table("t", schema="aux") as b:
            b.drop_column("a")
    assert "INSERT INTO aux._alembic_tmp_t (id) SELECT aux.t.id" in " ".join(buffer.getvalue().split())


# --- if the history does not say what the table is ----------------------------------------------------------------------

BATCH = "with op.batch_alter_table('t') as b:\n    b.alter_column('a', nullable=False)"
TABLE = 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer))'

UNKNOWN = {
    "a script that reads data": (
        [TABLE + "\nif op.get_bind().execute(sa.text('SELECT count(*) FROM t')).scalar():\n    op.execute('DROP TABLE t')", BATCH],
        r"revision r1 cannot be replayed: Reading a result \(.scalar\) needs a database",
    ),
    "SQL of another database": (
        [TABLE + "\nop.execute('CREATE EXTENSION hstore')", BATCH],
        r"revision r1 cannot be replayed: SQLite in memory refuses this statement: CREATE EXTENSION hstore;",
    ),
    "a table from elsewhere": (["pass", BATCH], "nothing before this in the history creates table 't'"),
}  # fmt: skip


@pytest.mark.parametrize(("history", "reason"), UNKNOWN.values(), ids=UNKNOWN)
def test_the_error_says_what_to_give_and_where(tmp_path, history, reason):
    made = project(tmp_path, history)
    with pytest.raises(CommandError, match='reflect the table "t"') as caught:
        made.sql("r1:r2")
    error = caught.value
    assert error.code == "batch-needs-table"
    assert error.hint.startswith(
        "give copy_from=sa.Table('t', sa.MetaData(), ...), the table as it is before the batch: "
    )
    assert re.search(reason, error.hint)
    assert Path(error.file).name == "r2.py"
    assert Path(error.file).read_text().splitlines()[error.line - 1].strip().startswith("with op.batch_alter_table")


def test_the_start_is_unknown():
    context = MigrationContext.configure(
        dialect_name="sqlite", opts={"as_sql": True, "output_buffer": io.StringIO(), "starting_rev": "abc"}
    )
    with Operations.context(context), pytest.raises(CommandError) as caught, op.batch_alter_table("t") as b:
        b.alter_column("a", nullable=False)
    assert "the script starts at abc, and no script directory says what that is" in caught.value.hint


def test_in_an_edition_sqlite_may_still_be_able_to(tmp_path):
    """SQLite drops a column without a rebuild, for which the table need not be known; if it cannot, it says so itself."""
    made = project(tmp_path, ["pass", "with op.batch_alter_table('t') as b:\n    b.drop_column('a')"], 2026)
    assert "ALTER TABLE t DROP COLUMN a;" in made.sql()


def test_mistakes_in_a_batch_are_named_as_on_a_connection(tmp_path):
    made = project(
        tmp_path, [TABLE, "with op.batch_alter_table('t') as b:\n    b.alter_column('nope', nullable=False)"]
    )
    with pytest.raises(CommandError, match="No such column: 'nope'") as caught:
        made.sql()
    assert Path(caught.value.file).name == "r2.py"


def test_the_reference_refuses(tmp_path, reference):
    """So the script that comes out here is one that the reference cannot write."""
    code = (
        "import io\nfrom alembic.migration import MigrationContext\nfrom alembic.operations import Operations\n"
        "o = Operations(MigrationContext.configure(dialect_name='sqlite', opts={'as_sql': True, 'output_buffer': io.StringIO()}))\n"
        "try:\n    with o.batch_alter_table('t') as b:\n        b.alter_column('a', nullable=False)\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
    )
    said = subprocess.run([reference, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.startswith("CommandError This operation cannot proceed in --sql mode")
