# ruff: noqa: E501, ISC004 - one statement a line, one row a case
"""What the reference's rebuild destroys on SQLite, one test each, with an edition and without one.

No row is ever lost or changed. Indexes, triggers and everything else of a table are kept under an edition; without one,
the schema is as the reference leaves it, and a warning names each thing that is lost, with the line that keeps it.
"""

import _sqlite3
import ctypes
import sqlite3
import warnings

import pytest
import sqlalchemy as sa
from test_batch import Database

from limbeck import op
from limbeck.errors import CommandError, LimbeckWarning
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

MODES = {"without an edition": {}, "edition": {"edition": 2026}}


@pytest.fixture(params=MODES.values(), ids=MODES)
def mode(request):
    return request.param


def losses(database, change, **parameters):
    """The warnings of a batch: what is lost, and the line to add."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        database.batch(change, **parameters)
    return {str(each.message): each.message.hint for each in caught if issubclass(each.category, LimbeckWarning)}


def lost(thing):
    return f"The rebuild of table 't' loses {thing}"


def not_null(batch_op):
    batch_op.alter_column("z", nullable=False)


def check_loss(mode, sqlite_url, column, what, line, kept, *, also=()):
    """A thing that a column or a constraint says is kept in an edition, and named without: the line added keeps it."""
    text = f"CREATE TABLE t (z INTEGER, {column})"
    database = Database(sqlite_url, "CREATE TABLE r (id INTEGER PRIMARY KEY)", text, **mode)
    found = losses(database, not_null)
    if mode:
        assert found == {}
        assert kept in database.sql()
        return
    assert found == {what: f"add {line}; or set edition = 2026, which keeps it"}
    assert kept not in database.sql()
    again = Database(sqlite_url.replace("test.db", "again.db"), "CREATE TABLE r (id INTEGER PRIMARY KEY)", text)
    parameters, commands = followed([line])
    losses(again, lambda b: (not_null(b), *(each(b) for each in commands)), **parameters)
    assert kept.replace("NOCASE", '"NOCASE"') in again.sql().replace(" ON CONFLICT FAIL UNIQUE", "")


def followed(lines):
    """The parameters that ``lines`` give to ``batch_alter_table``, and what they do in the batch."""
    parameters, commands = {}, []
    for line in lines:
        if line.endswith(" to batch_alter_table()"):
            name, _, value = line.removesuffix(" to batch_alter_table()").partition("=")
            given = eval(value, {"sa": sa})  # noqa: S307 what our own hint says
            parameters[name] = [*parameters.get(name, []), *given] if isinstance(given, list) else given
        else:
            commands.append(lambda b, line=line: exec(line, {"batch_op": b, "sa": sa}))  # noqa: S102 as above
    return parameters, commands


# --- rows of other tables -----------------------------------------------------------------------------------------------

PARENT = "CREATE TABLE p (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)"
ROWS = ["INSERT INTO p VALUES (1, 2, 3), (2, 4, 5)", "INSERT INTO c VALUES (1, 1), (2, 2), (3, NULL)"]


def child(action):
    return f"CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INTEGER, FOREIGN KEY (p_id) REFERENCES p (id) {action})"


class LaterDriver(sqlite3.Connection):
    """Python 3.12's driver, as far as it can do more: it turns foreign keys on and off within a transaction."""

    library = ctypes.CDLL(_sqlite3.__file__)

    def setconfig(self, option, on=True):
        handle = ctypes.c_void_p.from_address(id(self) + object.__basicsize__)
        arguments = ctypes.c_int(option), ctypes.c_int(on), None
        assert self.library.sqlite3_db_config(handle, *arguments) == 0


def enforcing(url, action, driver=sqlite3.Connection, **opts):
    """A parent and a child with rows, in a database that enforces foreign keys."""
    database = Database(url, PARENT, child(action), *ROWS, **opts)
    database.engine.dispose()
    database.engine = sa.create_engine(url, connect_args={"factory": driver})
    sa.event.listen(database.engine, "connect", lambda driver, _: driver.execute("PRAGMA foreign_keys=ON"))
    return database


def check_children(database):
    database.batch(lambda b: (b.drop_column("b"), b.alter_column("a", nullable=False)), table="p")
    assert database.rows("p") == [(1, 2), (2, 4)]
    assert database.rows("c") == [(1, 1), (2, 2), (3, None)]
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


@pytest.fixture(params=[sqlite3.Connection, LaterDriver], ids=["driver", "driver of Python 3.12"])
def driver(request):
    return request.param


def test_b1_on_delete_cascade_deletes_no_children(mode, driver, sqlite_url):
    check_children(enforcing(sqlite_url, "ON DELETE CASCADE", driver, **mode))


def test_b2_on_delete_set_null_nulls_no_references(mode, driver, sqlite_url):
    check_children(enforcing(sqlite_url, "ON DELETE SET NULL", driver, **mode))


@pytest.mark.parametrize("action", ["", "ON DELETE RESTRICT"])
def test_b3_on_delete_restrict_is_no_obstacle(action, mode, driver, sqlite_url):
    database = enforcing(sqlite_url, action, driver, **mode)
    check_children(database)
    assert database.sql("_alembic_tmp_p") is None


# --- what hangs on the table --------------------------------------------------------------------------------------------

TRIGGER = "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET a = 0; END"
TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT, z INTEGER)"


def check_hanging(mode, sqlite_url, name, statement, what, line):
    """Kept in the words that made it, or lost and named: the line then makes it again."""
    database = Database(sqlite_url, TABLE, statement, **mode)
    found = losses(database, not_null)
    if mode:
        assert (found, database.sql(name)) == ({}, statement)
        return
    assert found == {lost(what): f"add after the batch: {line}; or set edition = 2026, which keeps it"}
    assert database.sql(name) != statement
    with database.engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        exec(line, {"op": op})  # noqa: S102 what our own hint says
    assert database.sql(name) == statement


def test_b4_triggers(mode, sqlite_url):
    check_hanging(mode, sqlite_url, "tr", TRIGGER, "tr, which hangs on it", f"op.execute({TRIGGER!r})")


def test_b5_a_view_of_the_table_is_no_obstacle(mode, sqlite_url):
    database = Database(
        sqlite_url, TABLE, "CREATE VIEW v AS SELECT a FROM t", "INSERT INTO t VALUES (1, 2, 3, 4)", **mode
    )
    assert losses(database, not_null) == {}
    assert database.sql("v") == "CREATE VIEW v AS SELECT a FROM t"
    assert database.rows("v") == [(2,)]


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")
@pytest.mark.parametrize(
    "statement", ["CREATE INDEX ix ON t (lower(b))", "CREATE UNIQUE INDEX ix ON t (a, abs(a)) WHERE b > 'x'"]
)
def test_b6_indexes_on_expressions(statement, mode, sqlite_url):
    check_hanging(mode, sqlite_url, "ix", statement, "ix, which hangs on it", f"op.execute({statement!r})")


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("CREATE INDEX ix ON t (b, a DESC)", "DESC of index 'ix'"),
        ("CREATE UNIQUE INDEX ix ON t (b COLLATE NOCASE) WHERE a > 1", "COLLATE NOCASE of index 'ix'"),
    ],
)
def test_b7_order_and_collation_of_indexes(statement, what, mode, sqlite_url):
    check_hanging(mode, sqlite_url, "ix", statement, what, f"op.drop_index('ix', 't'); op.execute({statement!r})")


# --- what the table says ------------------------------------------------------------------------------------------------


def test_b8_collations(mode, sqlite_url):
    line = "batch_op.alter_column('a', type_=sa.VARCHAR(length=9, collation='NOCASE'))"
    check_loss(
        mode, sqlite_url, "a VARCHAR(9) COLLATE NOCASE", lost("COLLATE NOCASE of column 'a'"), line, "COLLATE NOCASE"
    )


def test_b8_a_unique_name_stays_unique(sqlite_url):
    database = Database(
        sqlite_url,
        "CREATE TABLE t (a TEXT COLLATE NOCASE UNIQUE, z INTEGER)",
        "INSERT INTO t VALUES ('a', 1)",
        edition=2026,
    )
    database.batch(not_null)
    with database.engine.begin() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.exec_driver_sql("INSERT INTO t VALUES ('A', 1)")


def test_b9_autoincrement(mode, sqlite_url):
    line = "table_kwargs={'sqlite_autoincrement': True} to batch_alter_table()"
    what = lost("AUTOINCREMENT of the PRIMARY KEY of column 'id'")
    check_loss(mode, sqlite_url, "id INTEGER PRIMARY KEY AUTOINCREMENT", what, line, "PRIMARY KEY AUTOINCREMENT")


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("(id INTEGER PRIMARY KEY AUTOINCREMENT, z INTEGER)", {"sqlite_autoincrement": None}),
        ("(id INTEGER PRIMARY KEY, z INTEGER) WITHOUT ROWID", {"sqlite_with_rowid": None}),
    ],
)
def test_b9_what_is_taken_away_is_not_lost(mode, sqlite_url, text, options):
    database = Database(sqlite_url, f"CREATE TABLE t {text}", **mode)
    assert losses(database, lambda b: b.alter_table_options(options)) == {}
    assert "AUTOINCREMENT" not in database.sql()
    assert "ROWID" not in database.sql()


@pytest.mark.parametrize("empty", [False, True])
def test_b9_no_id_is_given_twice(empty, sqlite_url):
    database = Database(
        sqlite_url,
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, z INTEGER)",
        "INSERT INTO t (z) VALUES (1), (2), (3)",
        "DELETE FROM t" if empty else "DELETE FROM t WHERE id = 3",
        edition=2026,
    )
    database.batch(not_null)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO t (z) VALUES (9)")
        assert connection.exec_driver_sql("SELECT max(id) FROM t").scalar() == 4


def test_b10_actions_of_foreign_keys(mode, sqlite_url):
    actions = "ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED"
    line = (
        "batch_op.drop_constraint(None, type_='foreignkey', columns=['a']); batch_op.create_foreign_key(None, 'r', ['a'], "
        "['id'], ondelete='SET NULL', onupdate='CASCADE', deferrable=True, initially='DEFERRED')"
    )
    what = lost(f"{actions} of the FOREIGN KEY of column 'a'")
    kept = actions if mode else "ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED"
    check_loss(mode, sqlite_url, f"a INTEGER REFERENCES r (id) {actions}", what, line, kept)


ON_CONFLICT = {
    "not null": (
        "a TEXT DEFAULT 'x' NOT NULL ON CONFLICT REPLACE",
        "ON CONFLICT REPLACE of the NOT NULL of column 'a'",
        "reflect_args=[sa.Column('a', sa.TEXT(), nullable=False, sqlite_on_conflict_not_null='REPLACE', "
        "server_default=sa.text(\"'x'\"))] to batch_alter_table()",
        "NOT NULL ON CONFLICT REPLACE",
    ),
    "unique": (
        "a TEXT UNIQUE ON CONFLICT IGNORE",
        "ON CONFLICT IGNORE of the UNIQUE of column 'a'",
        "batch_op.drop_constraint(None, type_='unique', columns=['a']); "
        "batch_op.create_unique_constraint(None, ['a'], sqlite_on_conflict='IGNORE')",
        "ON CONFLICT IGNORE",
    ),
    "named": (
        "a TEXT, CONSTRAINT uq UNIQUE (a, z) ON CONFLICT IGNORE",
        "ON CONFLICT IGNORE of the UNIQUE of columns 'a', 'z'",
        "batch_op.drop_constraint('uq', type_='unique'); "
        "batch_op.create_unique_constraint('uq', ['a', 'z'], sqlite_on_conflict='IGNORE')",
        "UNIQUE (a, z) ON CONFLICT IGNORE",
    ),
    "primary key": (
        "id INTEGER PRIMARY KEY ON CONFLICT FAIL",
        "ON CONFLICT FAIL of the PRIMARY KEY of column 'id'",
        "reflect_args=[sa.Column('id', sa.INTEGER(), primary_key=True, sqlite_on_conflict_primary_key='FAIL')] to batch_alter_table()",
        "ON CONFLICT FAIL",
    ),
}


@pytest.mark.parametrize(("column", "what", "line", "kept"), ON_CONFLICT.values(), ids=ON_CONFLICT)
def test_b11_on_conflict(column, what, line, kept, mode, sqlite_url):
    check_loss(mode, sqlite_url, column, lost(what), line, kept)


@pytest.mark.parametrize("column", ["a INTEGER CHECK (a > 0)", "a INTEGER, CHECK (a > 0)"])
def test_b12_unnamed_checks(column, mode, sqlite_url):
    what = (
        "Unnamed CHECK constraint on reflected table 't' is being omitted from the table recreate; pass the constraint "
        "explicitly using batch_alter_table.table_args.  Naming CHECK constraints avoids this going forward."
    )
    line = "table_args=[sa.CheckConstraint('a > 0')] to batch_alter_table()"
    check_loss(mode, sqlite_url, column, what, line, "CHECK (a > 0)")


def test_b12_the_text_of_a_check_follows_a_renamed_column(mode, sqlite_url):
    database = Database(
        sqlite_url, "CREATE TABLE t (a INTEGER, z INTEGER, CONSTRAINT ck CHECK (a > 1 AND 'a' <> 'b'))", **mode
    )
    database.batch(lambda b: (b.alter_column("a", new_column_name="new"), not_null(b)))
    (check,) = (text for _, text in database.table()["checks"])
    assert check.replace('"', "") == "new > 1 AND 'a' <> 'b'"


# --- what failed, or broke other things ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["STORED", "VIRTUAL"])
def test_b13_a_generated_column_is_computed_anew(kind, mode, sqlite_url):
    database = Database(
        sqlite_url,
        f"CREATE TABLE t (z INTEGER, d INTEGER GENERATED ALWAYS AS (z * 2) {kind})",
        "INSERT INTO t (z) VALUES (4)",
        **mode,
    )
    assert losses(database, not_null) == {}
    assert database.rows() == [(4, 8)]
    assert kind in database.sql()


@pytest.mark.parametrize("name", ["a", "select"])
def test_b13_a_generated_column_follows_a_renamed_one(name, mode, sqlite_url):
    """In double quotes the old name would be a string, and the column another, in silence."""
    database = Database(
        sqlite_url,
        f'CREATE TABLE t ("{name}" TEXT, z INTEGER, g INTEGER GENERATED ALWAYS AS (length("{name}")) STORED)',
        "INSERT INTO t VALUES ('four', 1)",
        **mode,
    )
    database.batch(lambda b: (b.alter_column(name, new_column_name="new"), not_null(b)))
    assert database.rows() == [("four", 1, 4)]


def test_b14_the_condition_of_an_index_follows_a_renamed_column(mode, sqlite_url):
    database = Database(sqlite_url, TABLE, "CREATE UNIQUE INDEX ix ON t (b) WHERE a > 3 AND b <> 'a'", **mode)
    database.batch(lambda b: (b.alter_column("a", new_column_name="new"), not_null(b)))
    assert database.sql("ix").replace('"', "") == "CREATE UNIQUE INDEX ix ON t (b) WHERE new > 3 AND b <> 'a'"
    assert database.sql("_alembic_tmp_t") is None


def test_b15_references_of_other_tables_follow_a_renamed_column(sqlite_url):
    """SQLite does that by itself, and so it is done in an edition: no table is made anew."""
    database = Database(sqlite_url, PARENT, child(""), *ROWS, edition=2026)
    database.batch(lambda b: b.alter_column("id", new_column_name="key"), table="p")
    assert not any("_alembic_tmp" in statement for statement in database.sent)
    assert "REFERENCES p (key)" in database.sql("c").replace('"', "")
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_b15_references_that_a_renaming_breaks_are_named(sqlite_url):
    """Without an edition the schema comes out as the reference leaves it."""
    database = Database(sqlite_url, PARENT, child(""), *ROWS)
    (message, hint), *rest = losses(database, lambda b: b.alter_column("id", new_column_name="key"), table="p").items()
    assert (message, rest) == ("The rebuild of table 'p' takes away the key that 'c' refers to", [])
    assert "change the foreign key there too" in hint
    with pytest.raises(
        CommandError, match="Table 'p' has no longer the key that 'c' refers to; everything is as it was"
    ):
        enforcing(sqlite_url.replace("test.db", "on.db"), "").batch(
            lambda b: b.alter_column("id", new_column_name="key"), table="p"
        )


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
def test_b16_a_failure_leaves_everything_as_it_was(change, open_transaction, mode, sqlite_url):
    """No copy is left behind, and the next try works."""
    database = Database(
        sqlite_url,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, same INTEGER)",
        "INSERT INTO t VALUES (1, 1, 7), (2, 2, 7)",
        **mode,
    )
    before = database.sql(), database.rows()
    with database.engine.connect() as connection:
        if open_transaction:
            connection.exec_driver_sql("UPDATE t SET a = a")
        operations = Operations(MigrationContext.configure(connection, opts=mode))
        with pytest.raises(sa.exc.SQLAlchemyError), operations.batch_alter_table("t") as batch_op:
            change(batch_op)
        connection.commit()
    assert (database.sql(), database.rows()) == before
    assert database.sql("_alembic_tmp_t") is None
    database.batch(lambda b: b.drop_column("a"))
    assert database.rows() == [(1, 7), (2, 7)]


def test_b16_what_a_dead_run_left_is_cleared(mode, sqlite_url):
    database = Database(
        sqlite_url, TABLE, "CREATE TABLE _alembic_tmp_t (x INTEGER)", "INSERT INTO t VALUES (1, 2, '3', 4)", **mode
    )
    database.batch(not_null)
    assert (database.rows(), database.sql("_alembic_tmp_t")) == ([(1, 2, "3", 4)], None)


def test_b16_a_dead_run_of_the_reference_that_left_the_rows_in_the_copy_is_recognised(mode, sqlite_url):
    database = Database(
        sqlite_url, "CREATE TABLE _alembic_tmp_t (z INTEGER)", "INSERT INTO _alembic_tmp_t VALUES (1)", **mode
    )
    with pytest.raises(CommandError, match="a rebuild ended between the two") as caught:
        database.batch(not_null)
    assert "ALTER TABLE _alembic_tmp_t RENAME TO t" in caught.value.hint
    assert database.rows("_alembic_tmp_t") == [(1,)]


# new type, values that it would change, values that it leaves
CASTS = [
    (sa.Integer(), ["abc"], ["12", " 7"]),
    (sa.Integer(), ["12x"], ["0012"]),
    (sa.Integer(), ["1.5", "2.5"], ["-3"]),
    (sa.Numeric(30, 4), ["12345678901234567.8901"], ["1.50", "0.25"]),
    (sa.Float(), ["many"], ["1e3"]),
    (sa.Boolean(), ["yes"], ["1"]),
]


@pytest.mark.parametrize(("type_", "changed", "same"), CASTS, ids=[f"{each[1][0]} as {each[0]!r}" for each in CASTS])
def test_b17_a_cast_that_changes_values_is_refused(type_, changed, same, mode, sqlite_url):
    database = Database(sqlite_url, "CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR)", **mode)
    with database.engine.begin() as connection:
        for value in [*same, None, *changed]:
            connection.exec_driver_sql("INSERT INTO t (a) VALUES (?)", (value,))
    database.sent.clear()
    with pytest.raises(CommandError, match=f"{len(changed)} values of t.a would change in the cast") as caught:
        database.batch(lambda b: b.alter_column("a", type_=type_))
    assert not any(statement.startswith(("CREATE", "INSERT")) for statement in database.sent)
    assert repr(changed[0]) in str(caught.value)
    assert [row[1] for row in database.rows()] == [*same, None, *changed]
    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM t WHERE id > {len(same) + 1}")
    database.batch(lambda b: b.alter_column("a", type_=type_))
    assert len(database.rows()) == len(same) + 1


def test_b17_several_casts_are_looked_at_in_one_pass(mode, sqlite_url):
    database = Database(
        sqlite_url, "CREATE TABLE t (a VARCHAR, b VARCHAR)", "INSERT INTO t VALUES ('1', '2'), ('3', 'x')", **mode
    )
    with pytest.raises(CommandError, match=r"1 values of t.b would change in the cast to INTEGER, 'x' among them"):
        database.batch(lambda b: (b.alter_column("a", type_=sa.Integer()), b.alter_column("b", type_=sa.Integer())))
    assert sum("CAST" in statement for statement in database.sent) == 1


def test_b17_a_lossy_cast_is_made_when_it_is_wanted(mode, sqlite_url):
    database = Database(
        sqlite_url, "CREATE TABLE t (a VARCHAR, b VARCHAR)", "INSERT INTO t VALUES ('12x', 'yes')", **mode
    )
    database.batch(
        lambda b: (
            b.alter_column("a", type_=sa.Integer(), lossy=True),
            b.alter_column("b", type_=sa.Boolean(), using="CASE b WHEN 'yes' THEN 1 ELSE 0 END"),
        )
    )
    assert database.rows() == [(12, 1)]


@pytest.mark.parametrize("type_", [sa.DateTime(), sa.Date(), sa.Time()], ids=repr)
def test_b17_dates_are_text_and_stay_so(type_, mode, sqlite_url):
    """The reference turns '2020-01-02 10:00:00' into 2020."""
    database = Database(
        sqlite_url, "CREATE TABLE t (a VARCHAR)", "INSERT INTO t VALUES ('2020-01-02 10:00:00')", **mode
    )
    database.batch(lambda b: b.alter_column("a", type_=type_))
    assert database.rows() == [("2020-01-02 10:00:00",)]


def test_b18_strict_and_without_rowid(mode, sqlite_url):
    database = Database(sqlite_url, "CREATE TABLE t (id INTEGER PRIMARY KEY, z INTEGER) STRICT, WITHOUT ROWID", **mode)
    assert losses(database, not_null) == {}
    tail = database.sql().rpartition(")")[2]
    assert ("STRICT" in tail, "WITHOUT ROWID" in tail) == (True, True)


def test_b19_ddl_is_rolled_back_with_the_rest(mode, sqlite_url):
    """A statement after the batch fails: the rebuild goes with it."""
    database = Database(sqlite_url, TABLE, "INSERT INTO t VALUES (1, 2, 'x', 4)", **mode)
    before = database.sql()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=mode)

        def upgrade():
            with op.batch_alter_table("t") as batch_op:
                not_null(batch_op)
                batch_op.drop_column("b")
            op.execute("SELECT nothing")

        with pytest.raises(sa.exc.OperationalError), Operations.context(context), context.begin_transaction(True):
            upgrade()
        connection.rollback()
    assert (database.sql(), database.rows()) == (before, [(1, 2, "x", 4)])
    assert database.sql("_alembic_tmp_t") is None


def test_b20_new_constraints_may_go_without_a_name(mode, sqlite_url):
    """The reference refuses what its own autogenerate renders."""
    database = Database(sqlite_url, TABLE, "CREATE TABLE r (id INTEGER PRIMARY KEY)", **mode)
    database.batch(lambda b: (b.create_unique_constraint(None, ["b"]), b.create_foreign_key(None, "r", ["a"], ["id"])))
    table = database.table()
    assert table["unique"] == [("None", ["b"])]
    assert table["references"] == [("None", ["a"], "r", ["id"], [])]


def test_b20_named_or_not_a_constraint_can_be_dropped_by_its_columns(mode, sqlite_url):
    database = Database(sqlite_url, "CREATE TABLE t (a INTEGER UNIQUE, z INTEGER)", **mode)
    database.batch(lambda b: b.drop_constraint(None, type_="unique", columns=["a"]))
    assert database.table()["unique"] == []
