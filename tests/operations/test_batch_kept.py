# ruff: noqa: E501 - one statement a line
"""What a rebuild on SQLite keeps in an edition, letter by letter; what it refuses, with a name, and leaves as it was."""

import sys
from contextlib import nullcontext

import pytest
import sqlalchemy as sa
from test_batch import Database
from test_batch_losses import LaterDriver, enforcing

from limbeck import op
from limbeck.errors import CommandError
from limbeck.operations import Operations, ops
from limbeck.runtime.migration import MigrationContext

# --- what the text of the table says ---------------------------------------------------------------------------------

RICH = """CREATE TABLE t (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- the key
    a TEXT COLLATE NOCASE NOT NULL ON CONFLICT IGNORE UNIQUE DEFAULT 'x, (y',
    "b c" INTEGER REFERENCES r (id) ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED,
    n INTEGER CHECK (n > 0), g INTEGER GENERATED ALWAYS AS (n * 2) STORED,
    z VARCHAR(9) NOT NULL,
    UNIQUE (a, n) ON CONFLICT REPLACE, CHECK (n <> 5), CONSTRAINT ck CHECK (z <> '') /* named */
)"""
INDEX = "CREATE INDEX ix ON t (a COLLATE BINARY, n DESC) WHERE n > 1"
SETUP = ["CREATE TABLE r (id INTEGER PRIMARY KEY)", RICH, INDEX, "INSERT INTO r VALUES (1)"]
FILLED = [
    *SETUP,
    "INSERT INTO t (a, \"b c\", n, z) VALUES ('one', 1, 3, 'q'), ('two', NULL, 4, 'r')",
    "DELETE FROM t WHERE a = 'two'",
]


def words(sql):
    return " ".join(sql.split())


# a change, and what it makes of the text
KEPT = {
    "type": (lambda b: b.alter_column("z", type_=sa.Text()), ("z VARCHAR(9) NOT NULL", "z TEXT NOT NULL")),
    "nullable": (
        lambda b: b.alter_column("a", nullable=True),
        ("NOCASE NOT NULL ON CONFLICT IGNORE UNIQUE", "NOCASE UNIQUE"),
    ),
    "not nullable": (
        lambda b: b.alter_column("n", nullable=False),
        ("n INTEGER CHECK (n > 0)", "n INTEGER NOT NULL CHECK (n > 0)"),
    ),
    "default": (lambda b: b.alter_column("a", server_default="it's"), ("DEFAULT 'x, (y'", "DEFAULT 'it''s'")),
    "no default": (lambda b: b.alter_column("a", server_default=None), (" DEFAULT 'x, (y'", "")),
    "a constraint": (
        lambda b: b.create_check_constraint("ck2", "n < 99"),
        ("CHECK (z <> '') /* named */", "CHECK (z <> '') /* named */, CONSTRAINT ck2 CHECK (n < 99)"),
    ),
    "a dropped constraint": (lambda b: b.drop_constraint("ck"), (", CONSTRAINT ck CHECK (z <> '') /* named */", "")),
    "an unnamed one dropped": (
        lambda b: b.drop_constraint(None, type_="unique", columns=["n", "a"]),
        (" UNIQUE (a, n) ON CONFLICT REPLACE,", ""),
    ),
    "AUTOINCREMENT taken away": (
        lambda b: b.alter_table_options({"sqlite_autoincrement": None}),
        ("PRIMARY KEY AUTOINCREMENT,", "PRIMARY KEY,"),
    ),
    "nothing": (lambda b: b.drop_constraint("nowhere", if_exists=True), ("", "")),
}


@pytest.mark.parametrize(("change", "difference"), KEPT.values(), ids=KEPT)
def test_an_edition_changes_what_it_is_told_and_no_letter_else(change, difference, sqlite_url):
    database = Database(sqlite_url, *FILLED, edition=2026)
    rows = database.rows()
    database.batch(change)
    old, new = difference
    expected = words(RICH).replace(old, new).replace("CREATE TABLE t", 'CREATE TABLE "t"')
    assert words(database.sql()).replace("( ", "(").replace(" )", ")") == expected.replace("( ", "(").replace(" )", ")")
    assert database.sql("ix") == INDEX
    assert [tuple(map(str, row)) for row in database.rows()] == [tuple(map(str, row)) for row in rows]


def test_columns_added_dropped_and_moved_in_an_edition(sqlite_url):
    database = Database(sqlite_url, *FILLED, edition=2026)

    def change(b):
        b.add_column(
            sa.Column("q", sa.String(3, collation="NOCASE"), nullable=False, server_default="x"), insert_after="id"
        )
        b.drop_column("b c")
        b.drop_column("z")
        b.drop_constraint("ck")

    database.batch(change)
    assert words(database.sql()) == (
        'CREATE TABLE "t" ( id INTEGER PRIMARY KEY AUTOINCREMENT, '
        "q VARCHAR(3) COLLATE \"NOCASE\" DEFAULT 'x' NOT NULL, -- the key "
        "a TEXT COLLATE NOCASE NOT NULL ON CONFLICT IGNORE UNIQUE DEFAULT 'x, (y', "
        "n INTEGER CHECK (n > 0), g INTEGER GENERATED ALWAYS AS (n * 2) STORED, "
        "UNIQUE (a, n) ON CONFLICT REPLACE, CHECK (n <> 5) )"
    )
    assert database.sql("ix") == INDEX
    assert database.rows() == [(1, "x", "one", 3, 6)]


def test_a_column_that_a_kept_check_needs_is_not_dropped(sqlite_url):
    database = Database(sqlite_url, *FILLED, edition=2026)
    with pytest.raises(CommandError, match="Column 'n' is dropped, and an unnamed check of table 't' mentions it"):
        database.batch(lambda b: b.drop_column("n"))
    assert database.sql() == RICH


def test_a_new_key_in_an_edition(sqlite_url):
    database = Database(sqlite_url, *FILLED, edition=2026)
    database.batch(lambda b: (b.alter_column("id", nullable=False), b.create_primary_key("pk", ["id", "a"])))
    text = words(database.sql())
    assert "id INTEGER NOT NULL, " in text
    assert "CONSTRAINT pk PRIMARY KEY (id, a)" in text


def test_a_renaming_among_other_changes_is_sqlites_own(sqlite_url):
    """Views, triggers and references of other tables follow."""
    view, trigger = (
        "CREATE VIEW v AS SELECT z FROM t",
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET z = 'w'; END",
    )
    database = Database(sqlite_url, *FILLED, view, trigger, edition=2026)
    database.batch(
        lambda b: (
            b.alter_column("z", new_column_name="y", nullable=True),
            b.alter_column("n", new_column_name="m", nullable=False),
            b.create_index("ix_y", ["y"]),
        )
    )
    assert "y VARCHAR(9)," in words(database.sql())
    assert "m INTEGER NOT NULL CHECK (m > 0)" in database.sql()
    assert "CHECK (y <> '')" in database.sql()
    assert database.sql("v").replace('"', "") == "CREATE VIEW v AS SELECT y FROM t"
    assert "SET y = 'w'" in database.sql("tr").replace('"', "")
    assert database.sql("ix_y") == "CREATE INDEX ix_y ON t (y)"


def test_without_an_edition_what_is_lost_is_named(sqlite_url):
    database = Database(sqlite_url, *FILLED)
    with pytest.warns(UserWarning, match="The rebuild of table 't' loses") as caught:
        database.batch(lambda b: b.alter_column("z", nullable=True), table_args=[sa.CheckConstraint("n <> 5")])
    what = [
        "COLLATE NOCASE of column 'a'",
        "AUTOINCREMENT of the PRIMARY KEY of column 'id'",
        "ON CONFLICT IGNORE of the NOT NULL of column 'a'",
        "ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED of the FOREIGN KEY of column 'b c'",
        "ON CONFLICT REPLACE of the UNIQUE of columns 'a', 'n'",
        "",  # the unnamed check of n, in the reference's words
        "the comments in its text",
        "COLLATE BINARY and DESC of index 'ix'",
    ]
    assert [str(each.message).partition(" loses ")[2].partition(" (")[0] for each in caught] == what


def test_the_arguments_of_the_batch_go_into_the_text(sqlite_url):
    """Checks that scripts give because Alembic drops them stand there once."""
    database = Database(sqlite_url, *FILLED, edition=2026)
    database.batch(
        lambda b: b.alter_column("z", nullable=True),
        table_args=[sa.CheckConstraint("n <> 5"), sa.UniqueConstraint("z", name="uq_z")],
    )
    text = words(database.sql())
    assert text.count("CHECK (n <> 5)") == 1
    assert "CONSTRAINT uq_z UNIQUE (z)" in text
    assert "AUTOINCREMENT, -- the key a TEXT COLLATE NOCASE NOT NULL ON CONFLICT IGNORE UNIQUE" in text
    assert database.sql("ix") == INDEX


def test_an_index_in_the_arguments_is_created_after_the_table(sqlite_url):
    database = Database(sqlite_url, *FILLED, edition=2026)
    database.batch(lambda b: b.alter_column("z", nullable=True), table_args=[sa.Index("ix_z", "z")])
    assert database.sql("ix_z") == "CREATE INDEX ix_z ON t (z)"
    assert database.sql("ix") == INDEX


def test_what_arguments_would_lose_is_named_before_anything_happens(sqlite_url):
    """Columns that override what is read leave no place for the text: what only that says would be lost."""
    database = Database(sqlite_url, *FILLED, edition=2026)
    database.sent.clear()
    with pytest.raises(CommandError) as caught:
        database.batch(lambda b: b.drop_constraint("ck"), reflect_args=[sa.Column("z", sa.String(9), nullable=False)])
    assert caught.value.code == "lost-in-rebuild"
    for thing in ("AUTOINCREMENT", "COLLATE NOCASE", "ON CONFLICT IGNORE", "-- the key"):
        assert thing in str(caught.value)
    assert "CASCADE" not in str(caught.value), "the actions of a foreign key are read from its text"
    assert "table_kwargs={'sqlite_autoincrement': True}" in caught.value.hint
    assert not any(each.startswith(("CREATE", "DROP", "INSERT")) for each in database.sent)
    assert database.sql() == RICH


def test_a_name_in_other_letters_is_the_same_table(sqlite_url):
    """SQLite finds it, and what hangs on it is looked for by the same rule."""
    trigger = "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET z = 'w'; END"
    database = Database(sqlite_url, *FILLED, trigger, edition=2026)
    database.batch(lambda b: b.alter_column("z", nullable=True), table="T")
    assert words(database.sql()).startswith('CREATE TABLE "t" ( id INTEGER PRIMARY KEY AUTOINCREMENT')
    assert (database.sql("ix"), database.sql("tr")) == (INDEX, trigger)


def test_a_table_of_an_attached_database(sqlite_url, tmp_path):
    """Indexes and triggers are stored without the name of their database, and made again in it."""
    database = Database(sqlite_url, edition=2026)
    database.engine.dispose()
    other = tmp_path / "other.db"
    sa.event.listen(database.engine, "connect", lambda driver, _: driver.execute(f"ATTACH '{other}' AS \"a b\""))
    trigger = "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET z = 'w'; END"
    elsewhere = Database(f"sqlite:///{other}", *FILLED, trigger, "CREATE INDEX ex ON t (lower(z))")
    rows = elsewhere.rows()
    database.batch(lambda b: b.alter_column("z", nullable=True), schema="a b")
    assert words(elsewhere.sql()).startswith('CREATE TABLE "t" ( id INTEGER PRIMARY KEY AUTOINCREMENT')
    assert (elsewhere.sql("ix"), elsewhere.sql("tr")) == (INDEX, trigger)
    assert elsewhere.sql("ex") == "CREATE INDEX ex ON t (lower(z))"
    assert elsewhere.rows() == rows
    with elsewhere.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO t (a, n) VALUES ('three', 7)")
        assert connection.exec_driver_sql("SELECT max(id) FROM t").scalar() == 3


# --- renamings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recreate", ["auto", "always"])
def test_renamings_are_sqlites_own_and_the_rest_is_one_rebuild(recreate, sqlite_url):
    database = Database(sqlite_url, *FILLED, edition=2026)
    database.batch(
        lambda b: (
            b.alter_column("z", new_column_name="y", nullable=True),
            b.alter_column("n", new_column_name="m", nullable=False),
            b.alter_column("m", server_default="3"),
        ),
        recreate=recreate,
    )
    assert [each.partition(" (")[0] for each in database.sent if each.startswith(("CREATE", "ALTER"))] == [
        "ALTER TABLE t RENAME COLUMN z TO y",
        "ALTER TABLE t RENAME COLUMN n TO m",
        "CREATE TABLE _alembic_tmp_t",
        "ALTER TABLE _alembic_tmp_t RENAME TO t",
        "CREATE INDEX ix ON t",
    ]
    text = words(database.sql())
    assert "m INTEGER DEFAULT '3' NOT NULL CHECK (m > 0)" in text
    assert "y VARCHAR(9), UNIQUE (a, m) ON CONFLICT REPLACE" in text


def test_columns_that_change_their_names_with_each_other(sqlite_url):
    database = Database(sqlite_url, "CREATE TABLE t (a INTEGER, b TEXT)", "INSERT INTO t VALUES (1, 'x')", edition=2026)
    database.batch(
        lambda b: (
            b.alter_column("a", new_column_name="c", nullable=False),
            b.alter_column("b", new_column_name="a"),
            b.alter_column("c", new_column_name="b"),
        )
    )
    assert database.sql().split("(", 1)[1].split() == ["b", "INTEGER", "NOT", "NULL,", "a", "TEXT", ")"]
    assert database.rows() == [(1, "x")]


def test_a_parent_whose_key_is_renamed_and_more(sqlite_url):
    """With foreign keys on: the renaming stands in the block of the rebuild, not before it in the transaction."""
    database = enforcing(sqlite_url, "ON DELETE CASCADE", edition=2026)
    database.batch(
        lambda b: (b.alter_column("id", new_column_name="key"), b.alter_column("a", nullable=False)), table="p"
    )
    assert database.rows("c") == [(1, 1), (2, 2), (3, None)]
    assert "REFERENCES p (key)" in database.sql("c").replace('"', "")


@pytest.mark.parametrize("mode", [{}, {"edition": 2026}], ids=["no edition", "edition"])
def test_references_triggers_and_views_follow_a_renamed_table(mode, sqlite_url):
    view = "CREATE VIEW v AS SELECT a FROM p"
    database = enforcing(sqlite_url, "ON DELETE CASCADE", **mode)
    with database.engine.begin() as connection:
        connection.exec_driver_sql(view)
    database.batch(lambda b: (b.invoke(ops.RenameTableOp("p", "q")), b.alter_column("a", nullable=False)), table="p")
    assert "REFERENCES q " in database.sql("c").replace('"', "")
    assert database.rows("c") == [(1, 1), (2, 2), (3, None)]
    assert database.rows("v") == [(2,), (4,)]
    assert database.sql("p") is None


def test_what_protects_the_rows_reads_the_table_no_second_time(sqlite_url):
    """One count beside the copy, and each index in one statement: the rest is SQLite's own book-keeping."""
    database = Database(sqlite_url, *SETUP, edition=2026)
    database.sent.clear()
    database.batch(lambda b: b.alter_column("z", nullable=True))
    catalogue = ("sqlite_", "PRAGMA", "total_changes", "CREATE TABLE", "ALTER TABLE", "DROP TABLE", "BEGIN")
    assert [each for each in database.sent if not any(word in each for word in catalogue)] == [
        "SELECT count(*) AS count_1 FROM t",
        'INSERT INTO _alembic_tmp_t (id, a, "b c", n, z) SELECT t.id, t.a, t."b c", t.n, t.z FROM t',
        "SELECT count(*) AS count_1 FROM t",  # one more, because ON CONFLICT REPLACE replaces unseen
        INDEX,
    ]
    assert len(database.sent) < 40


# --- in place -------------------------------------------------------------------------------------------------------


def test_native_changes_lose_nothing(sqlite_url):
    """In an edition, dropping and renaming a column keep all that a rebuild would have to copy."""
    database = Database(
        sqlite_url,
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT COLLATE NOCASE UNIQUE, b INTEGER CHECK (b > 0), c INTEGER)",
        "INSERT INTO t (a, b) VALUES ('x', 1)",
        edition=2026,
    )
    database.batch(lambda b: (b.drop_column("c"), b.alter_column("b", new_column_name="bb")))
    assert not database.rebuilt
    assert database.sql() == (
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT COLLATE NOCASE UNIQUE, bb INTEGER CHECK (bb > 0))"
    )


def test_what_sqlite_cannot_drop_in_place_is_dropped_by_a_rebuild(sqlite_url):
    database = Database(
        sqlite_url, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER UNIQUE, b INTEGER)", edition=2026
    )
    database.batch(lambda b: b.drop_column("a"))
    assert [name for name, *_ in database.table()["columns"]] == ["id", "b"]


# --- refused, and everything as it was ------------------------------------------------------------------------------


def test_a_rebuild_in_an_open_transaction_keeps_the_children_or_refuses(sqlite_url):
    """Before Python 3.12 foreign keys cannot be switched off inside a transaction that has done something already."""
    database = enforcing(sqlite_url, "ON DELETE CASCADE")
    refused = pytest.raises(CommandError, match="transaction") if sys.version_info < (3, 12) else nullcontext()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        context.__class__ = type("Counting", (MigrationContext,), {"statements_in_transaction": 1})
        with Operations.context(context):
            op.execute("UPDATE p SET a = 9")
            with refused as caught, op.batch_alter_table("p") as batch_op:
                batch_op.drop_column("b")
        assert caught is None or caught.value.code == "outside-transaction"
        connection.rollback()
    assert database.rows("c") == [(1, 1), (2, 2), (3, None)]


def test_with_the_driver_of_python_3_12_it_stays_in_the_transaction(sqlite_url):
    """What came before in the revision, the rebuild, and what comes after are one."""
    database = enforcing(sqlite_url, "ON DELETE CASCADE", LaterDriver, edition=2026)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=database.opts)
        with Operations.context(context), context.begin_transaction(True) as transaction:
            op.execute("UPDATE p SET a = 9")
            with op.batch_alter_table("p") as batch_op:
                batch_op.alter_column("a", nullable=False)
            op.execute("DELETE FROM p WHERE id = 1")  # foreign keys are on again: its child goes too
            assert connection.exec_driver_sql("SELECT id FROM c").scalars().all() == [2, 3]
            transaction.rollback()
    assert database.rows("p") == [(1, 2, 3), (2, 4, 5)]
    assert database.rows("c") == [(1, 1), (2, 2), (3, None)]


def test_a_table_that_refers_to_itself_keeps_its_rows(sqlite_url):
    tree = "CREATE TABLE t (id INTEGER PRIMARY KEY, up INTEGER REFERENCES t (id) ON DELETE CASCADE, a INTEGER)"
    database = Database(sqlite_url, tree, "INSERT INTO t VALUES (1, NULL, 0), (2, 1, 0), (3, 2, 0)", edition=2026)
    sa.event.listen(database.engine, "connect", lambda driver, _: driver.execute("PRAGMA foreign_keys=ON"))
    database.engine.dispose()
    database.batch(lambda b: b.drop_column("a"), recreate="always")
    assert database.rows() == [(1, None), (2, 1), (3, 2)]


def refused(database, change, words, table="p", error=CommandError):
    """The batch is refused, and the database is as before."""

    def dump():
        with database.engine.connect() as connection:
            return list(connection.connection.driver_connection.iterdump())

    before = dump()
    with pytest.raises(error, match=words):
        database.batch(change, table=table)
    assert dump() == before


def test_rows_that_would_lose_the_row_they_refer_to(sqlite_url):
    database = enforcing(sqlite_url, "ON DELETE CASCADE", edition=2026)
    refused(
        database,
        lambda b: b.alter_column("id", using="id + 10", type_=sa.Integer()),
        "leaves 2 rows of 'c' without the row that they refer to; everything is as it was before",
    )


def test_rows_that_were_without_theirs_before_are_no_obstacle(sqlite_url):
    database = enforcing(sqlite_url, "")
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("INSERT INTO c VALUES (4, 99)")
        connection.commit()
    database.engine.dispose()
    database.batch(lambda b: b.alter_column("a", nullable=False), table="p")
    assert len(database.rows("c")) == 4


def test_a_new_foreign_key_that_its_own_rows_break(sqlite_url):
    """The table's own references are not enforced while foreign keys are off for its children."""
    database = enforcing(sqlite_url, "", edition=2026)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE r (id INTEGER PRIMARY KEY)")
    refused(
        database,
        lambda b: b.create_foreign_key("fk", "r", ["a"], ["id"]),
        "leaves 2 rows of 'p' without the row that they refer to",
    )


def test_the_key_that_others_refer_to(sqlite_url):
    database = Database(
        sqlite_url, "CREATE TABLE p (a INTEGER UNIQUE, b INTEGER)", "CREATE TABLE c (x REFERENCES p (a))", edition=2026
    )
    refused(
        database,
        lambda b: b.drop_constraint(None, type_="unique", columns=["a"]),
        "Table 'p' has no longer the key that 'c' refers to; everything is as it was before",
    )


NEEDED = {
    "view that says it in double quotes": ('CREATE VIEW v AS SELECT "b" FROM p', r"view 'v' \(no such column: b\)"),
    "trigger on a view that says it so": (
        'CREATE VIEW v AS SELECT a, "b" FROM p; CREATE TRIGGER tr INSTEAD OF INSERT ON v BEGIN DELETE FROM p WHERE "B" = 1; END',
        r"trigger 'tr' \(no such column: b\) and view 'v' \(no such column: b\)",
    ),
    "generated column": (
        'ALTER TABLE p ADD COLUMN g AS (length("b"))',
        "Column 'b' is dropped, and this needs it: AS",
    ),
    "view": ("CREATE VIEW v AS SELECT b + 1 FROM p", r"view 'v' \(no such column: b\)"),
    "view of a view": ("CREATE VIEW v AS SELECT * FROM (SELECT b FROM p)", r"view 'v' \(no such column: b\)"),
    "trigger": (
        "CREATE TRIGGER tr AFTER INSERT ON p BEGIN UPDATE p SET b = 1; END",
        r"trigger 'tr' \(no such column: b\)",
    ),
    "trigger on the column": (
        "CREATE TRIGGER tr AFTER UPDATE OF a, b ON p BEGIN SELECT 1; END",
        r"trigger 'tr' \(no such column: b\)",
    ),
    "trigger elsewhere": (
        "CREATE TRIGGER tr BEFORE DELETE ON c BEGIN INSERT INTO p (b) VALUES (old.id); END",
        r"trigger 'tr' \(table p has no column named b\)",
    ),
    "trigger on a view": (
        "CREATE VIEW v AS SELECT a FROM p; CREATE TRIGGER tr INSTEAD OF INSERT ON v BEGIN DELETE FROM p WHERE b = new.a; END",
        r"trigger 'tr' \(no such column: b\)",
    ),
    "index": ("CREATE INDEX ix ON p (abs(b))", "Column 'b' is dropped, and index 'ix' of table 'p' needs it"),
    "condition of an index": (
        "CREATE INDEX ix ON p (a) WHERE b > 1",
        "Column 'b' is dropped, and index 'ix' of table 'p' needs it",
    ),
}


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")
@pytest.mark.parametrize(("statements", "words"), NEEDED.values(), ids=NEEDED)
def test_what_needs_a_dropped_column_is_named(statements, words, sqlite_url):
    database = Database(
        sqlite_url, "CREATE TABLE p (a INTEGER, b INTEGER, d INTEGER)", "CREATE TABLE c (id INTEGER)", edition=2026
    )
    with database.engine.begin() as connection:
        first, *rest = statements.split("; CREATE")
        for statement in (first, *("CREATE" + each for each in rest)):
            connection.exec_driver_sql(statement)
    refused(database, lambda b: (b.drop_column("b"), b.alter_column("a", nullable=False)), words)
    database.batch(lambda b: (b.drop_column("d"), b.alter_column("a", nullable=False)), table="p")


@pytest.mark.parametrize("mode", [{}, {"edition": 2026}], ids=["no edition", "edition"])
def test_a_broken_view_is_no_obstacle_to_others(mode, sqlite_url):
    database = Database(
        sqlite_url, "CREATE TABLE p (a INTEGER, b INTEGER)", "CREATE VIEW v AS SELECT x FROM nowhere", **mode
    )
    database.batch(lambda b: (b.drop_column("b"), b.alter_column("a", nullable=False)), table="p")
    assert database.sql("v") == "CREATE VIEW v AS SELECT x FROM nowhere"


def test_a_virtual_table_is_none_that_can_be_made_anew(sqlite_url):
    database = Database(sqlite_url, "CREATE VIRTUAL TABLE p USING fts5(a, b)", edition=2026)
    refused(
        database,
        lambda b: b.alter_column("a", nullable=False),
        "it is no ordinary table of this database: CREATE VIRTUAL",
    )


def test_a_reference_to_a_table_that_is_not_there(sqlite_url):
    database = Database(sqlite_url, "CREATE TABLE p (a INTEGER REFERENCES nowhere, b INTEGER)", edition=2026)
    refused(database, lambda b: b.alter_column("b", nullable=False), "Table 'p' cannot be read")


@pytest.mark.parametrize(
    ("clause", "rows"), [("ON CONFLICT IGNORE", 1), ("ON CONFLICT REPLACE", 1)], ids=["ignored", "replaced"]
)
def test_rows_that_a_new_constraint_would_drop(clause, rows, sqlite_url):
    """A type in which two values are one, and a clause that drops the second in silence."""
    database = Database(
        sqlite_url,
        f"CREATE TABLE p (a TEXT UNIQUE {clause}, b INTEGER)",
        "INSERT INTO p VALUES ('1', 1), ('1.0', 2)",
        edition=2026,
    )
    refused(
        database,
        lambda b: b.alter_column("a", type_=sa.Integer(), lossy=True),
        f"Table 'p' had 2 rows before its rebuild, and {rows} after it; everything is as it was before",
    )
