# ruff: noqa: E501 - one statement a line
"""What the reference's rebuild destroys on SQLite, and ours does not (failures B1 to B20).

No row is ever lost or changed. What hangs on the table is kept in an edition; without one, where the schema has to come
out as the reference leaves it, each thing lost is named.
"""

import warnings

import pytest
import sqlalchemy as sa
from test_batch import Database

from limbeck import op
from limbeck.errors import CommandError
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

PARENT = "CREATE TABLE p (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)"
ROWS = ["INSERT INTO p VALUES (1, 2, 3), (2, 4, 5)", "INSERT INTO c VALUES (1, 1), (2, 2), (3, NULL)"]


def child(action):
    return f"CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INTEGER, FOREIGN KEY (p_id) REFERENCES p (id) {action})"


@pytest.fixture(params=["", "ON DELETE CASCADE", "ON DELETE SET NULL", "ON DELETE RESTRICT"])
def enforced(request, sqlite_url):
    """A parent and a child with rows, in a database that enforces foreign keys."""
    database = Database(sqlite_url, PARENT, child(request.param), *ROWS)
    sa.event.listen(database.engine, "connect", lambda driver, _: driver.execute("PRAGMA foreign_keys=ON"))
    database.engine.dispose()
    return database


def test_children_survive_the_rebuild_of_their_parent(enforced):
    """B1, B2, B3."""
    enforced.batch(lambda b: b.drop_column("b"), table="p")
    assert enforced.rows("p") == [(1, 2), (2, 4)]
    assert enforced.rows("c") == [(1, 1), (2, 2), (3, None)]
    with enforced.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_rebuild_in_an_open_transaction_keeps_the_children_or_refuses(enforced):
    """Foreign keys cannot be switched off inside a transaction that has done something already."""
    with enforced.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        context.__class__ = type("Counting", (MigrationContext,), {"statements_in_transaction": 1})
        with Operations.context(context):
            op.execute("UPDATE p SET a = 9")
            with pytest.raises(CommandError) as caught, op.batch_alter_table("p") as batch_op:
                batch_op.drop_column("b")
        assert caught.value.code == "outside-transaction"
        connection.rollback()
    assert enforced.rows("c") == [(1, 1), (2, 2), (3, None)]


def test_a_table_that_refers_to_itself_keeps_its_rows(sqlite_url):
    tree = "CREATE TABLE t (id INTEGER PRIMARY KEY, up INTEGER REFERENCES t (id) ON DELETE CASCADE, a INTEGER)"
    database = Database(sqlite_url, tree, "INSERT INTO t VALUES (1, NULL, 0), (2, 1, 0), (3, 2, 0)")
    sa.event.listen(database.engine, "connect", lambda driver, _: driver.execute("PRAGMA foreign_keys=ON"))
    database.engine.dispose()
    database.batch(lambda b: b.drop_column("a"))
    assert database.rows() == [(1, None), (2, 1), (3, 2)]


def test_a_rebuild_that_would_orphan_rows_rolls_back(enforced):
    """The new key of the parent no longer has what the children refer to."""
    with pytest.raises((CommandError, sa.exc.OperationalError)):
        enforced.batch(lambda b: b.alter_column("id", using="id + 10", type_=sa.Integer()), table="p")
    assert enforced.rows("p") == [(1, 2, 3), (2, 4, 5)]


HANGING = {
    "B4: a trigger": "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET a = 0; END",
    "B6: an index on an expression": "CREATE UNIQUE INDEX ix ON t (lower(b)) WHERE a > 0",
}


@pytest.mark.parametrize("statement", HANGING.values(), ids=HANGING)
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")
def test_what_hangs_on_the_table_is_kept_in_an_edition_and_named_without(statement, sqlite_url):
    database = Database(
        sqlite_url, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT)", statement, edition=2026
    )
    database.batch(lambda b: b.alter_column("a", nullable=False), recreate="always")
    name = statement.partition(" ON ")[0].split()[-1] if "INDEX" in statement else "tr"
    assert database.sql(name) == statement
    database.opts = {}
    with pytest.warns(UserWarning, match=f"The rebuild of table 't' loses {name}, which hangs on it") as caught:
        database.batch(lambda b: b.alter_column("a", nullable=True))
    (warning,) = (each.message for each in caught if "hangs" in str(each.message))
    assert statement in warning.hint
    assert database.sql(name) is None


@pytest.mark.parametrize("edition", [{}, {"edition": 2026}], ids=["no edition", "edition"])
def test_a_view_of_the_table_is_no_obstacle(edition, sqlite_url):
    """B5."""
    database = Database(
        sqlite_url,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT)",
        "CREATE VIEW v AS SELECT a FROM t",
        **edition,
    )
    database.batch(lambda b: b.alter_column("b", nullable=False))
    assert database.sql("v") == "CREATE VIEW v AS SELECT a FROM t"
    assert database.rows("v") == []


def test_a_stored_generated_column_is_computed_anew(sqlite_url):
    """B13."""
    database = Database(
        sqlite_url,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, d INTEGER GENERATED ALWAYS AS (a * 2) STORED)",
        "INSERT INTO t (a) VALUES (4)",
    )
    database.batch(lambda b: b.alter_column("a", nullable=False))
    assert database.rows() == [(1, 4, 8)]


def test_other_tables_references_follow_a_renamed_column(sqlite_url):
    """B15: what SQLite does by itself is done so, in an edition."""
    database = Database(sqlite_url, PARENT, child(""), *ROWS, edition=2026)
    database.batch(lambda b: b.alter_column("id", new_column_name="key"), table="p")
    assert 'REFERENCES p ("key")' in database.sql("c") or "REFERENCES p (key)" in database.sql("c")
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


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


FAILING = {
    "the copy": lambda b: (
        b.alter_column("a", nullable=False),
        b.add_column(sa.Column("n", sa.Integer(), nullable=False)),
    ),
    "an index": lambda b: (b.alter_column("a", nullable=True), b.create_index("ix", ["same"], unique=True)),
    "the table": lambda b: b.create_check_constraint("ck", "nowhere > 1"),
}


@pytest.mark.parametrize("change", FAILING.values(), ids=FAILING)
@pytest.mark.parametrize("open_transaction", [False, True])
def test_a_failure_leaves_everything_as_it_was(change, open_transaction, sqlite_url):
    """B16, B19: no copy is left behind, and the next try works."""
    database = Database(
        sqlite_url,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, same INTEGER)",
        "INSERT INTO t VALUES (1, 1, 7), (2, 2, 7)",
    )
    before = database.sql(), database.rows()
    with database.engine.connect() as connection:
        if open_transaction:
            connection.exec_driver_sql("UPDATE t SET a = a")
        operations = Operations(MigrationContext.configure(connection))
        with pytest.raises(sa.exc.SQLAlchemyError), operations.batch_alter_table("t") as batch_op:
            change(batch_op)
        connection.commit()
    assert (database.sql(), database.rows()) == before
    assert database.sql("_alembic_tmp_t") is None
    database.batch(lambda b: b.drop_column("a"))
    assert database.rows() == [(1, 7), (2, 7)]


def test_what_a_dead_run_left_is_cleared(sqlite_url):
    database = Database(
        sqlite_url,
        "CREATE TABLE t (id INTEGER, a INTEGER)",
        "CREATE TABLE _alembic_tmp_t (x INTEGER)",
        "INSERT INTO t VALUES (1, 2)",
    )
    database.batch(lambda b: b.drop_column("a"))
    assert (database.rows(), database.sql("_alembic_tmp_t")) == ([(1,)], None)


def test_a_dead_run_that_left_the_rows_in_the_copy_is_recognised(sqlite_url):
    database = Database(sqlite_url, "CREATE TABLE _alembic_tmp_t (id INTEGER)", "INSERT INTO _alembic_tmp_t VALUES (1)")
    with pytest.raises(CommandError, match="a rebuild ended between the two") as caught:
        database.batch(lambda b: b.alter_column("id", nullable=False))
    assert "ALTER TABLE _alembic_tmp_t RENAME TO t" in caught.value.hint
    assert database.rows("_alembic_tmp_t") == [(1,)]


# new type, values that it would change, values that it leaves
CASTS = [
    (sa.Integer(), ["abc"], ["12", " 7"]),
    (sa.Integer(), ["12x"], ["0012"]),
    (sa.Integer(), ["1.5"], ["-3"]),
    (sa.Numeric(30, 4), ["12345678901234567.8901"], ["1.50", "0.25"]),
    (sa.Float(), ["many"], ["1e3"]),
    (sa.Boolean(), ["yes"], ["1"]),
]


@pytest.mark.parametrize(("type_", "changed", "same"), CASTS, ids=[f"{each[1][0]} as {each[0]!r}" for each in CASTS])
def test_a_cast_that_changes_values_is_refused(type_, changed, same, sqlite_url):
    """B17."""
    database = Database(sqlite_url, "CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR)")

    def fill(values):
        with database.engine.begin() as connection:
            for value in values:
                connection.exec_driver_sql("INSERT INTO t (a) VALUES (?)", (value,))

    fill([*same, None, *changed])
    with pytest.raises(CommandError, match=f"{len(changed)} values of t.a would change in the cast") as caught:
        database.batch(lambda b: b.alter_column("a", type_=type_))
    assert repr(changed[0]) in str(caught.value)
    assert [row[1] for row in database.rows()] == [*same, None, *changed]
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM t WHERE a = ?", (changed[0],))
    database.batch(lambda b: b.alter_column("a", type_=type_))
    assert len(database.rows()) == len(same) + 1


def test_a_lossy_cast_is_made_when_it_is_wanted(sqlite_url):
    database = Database(
        sqlite_url,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR, b VARCHAR)",
        "INSERT INTO t VALUES (1, '12x', 'no')",
    )
    database.batch(
        lambda b: (
            b.alter_column("a", type_=sa.Integer(), lossy=True),
            b.alter_column("b", type_=sa.Boolean(), using="CASE b WHEN 'yes' THEN 1 ELSE 0 END"),
        )
    )
    assert database.rows() == [(1, 12, 0)]


@pytest.mark.parametrize("type_", [sa.DateTime(), sa.Date(), sa.Time()], ids=repr)
def test_dates_are_text_and_stay_so(type_, sqlite_url):
    """B17: the reference turns '2020-01-02 10:00:00' into 2020."""
    database = Database(
        sqlite_url,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR)",
        "INSERT INTO t VALUES (1, '2020-01-02 10:00:00')",
    )
    database.batch(lambda b: b.alter_column("a", type_=type_))
    assert database.rows() == [(1, "2020-01-02 10:00:00")]


def test_strict_and_without_rowid_survive(sqlite_url):
    """B18."""
    database = Database(sqlite_url, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER) STRICT, WITHOUT ROWID")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        database.batch(lambda b: b.alter_column("a", nullable=False))
    tail = database.sql().rpartition(")")[2]
    assert ("STRICT" in tail, "WITHOUT ROWID" in tail) == (True, True)


# --- what the text of the table says (B7 to B12) ----------------------------------------------------------------------

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


def test_autoincrement_gives_no_id_twice(sqlite_url):
    """B9, also where the table is empty."""
    for empty in (False, True):
        database = Database(sqlite_url.replace("test.db", f"{empty}.db"), *FILLED, edition=2026)
        if empty:
            with database.engine.begin() as connection:
                connection.exec_driver_sql("DELETE FROM t")
        database.batch(lambda b: b.alter_column("z", nullable=True))
        with database.engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO t (a, n) VALUES ('three', 7)")
            assert connection.exec_driver_sql("SELECT max(id) FROM t").scalar() == 3


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
