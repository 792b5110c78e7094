# ruff: noqa: E501, ISC004 - one operation, one statement a line
"""``op.batch_alter_table``: its parameters, its methods, its messages."""

import io
from contextlib import nullcontext

import pytest
import schema
import sqlalchemy as sa

from limbeck import op
from limbeck.errors import CommandError
from limbeck.operations import Operations, ops
from limbeck.runtime.migration import MigrationContext


class Database:
    """A SQLite database, the migration on it, and the statements that were sent."""

    def __init__(self, url, *statements, **opts):
        self.engine = sa.create_engine(url)
        with self.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        self.opts = opts
        self.sent = []
        sa.event.listen(self.engine, "before_cursor_execute", lambda *args: self.sent.append(" ".join(args[2].split())))

    def batch(self, change, table="t", **parameters):
        with self.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts=self.opts)
            with Operations.context(context), op.batch_alter_table(table, **parameters) as batch_op:
                change(batch_op)
            connection.commit()

    def table(self, name="t"):
        return schema.read(self.engine)[name]

    def rows(self, table="t"):
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]

    def sql(self, name="t"):
        with self.engine.connect() as connection:
            return connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).scalar()

    @property
    def rebuilt(self):
        return any("_alembic_tmp_t" in statement for statement in self.sent)


TABLES = [
    "CREATE TABLE r (id INTEGER PRIMARY KEY)",
    """CREATE TABLE t (
        id INTEGER NOT NULL PRIMARY KEY, a INTEGER DEFAULT 5, b VARCHAR(20) NOT NULL, r_id INTEGER,
        CONSTRAINT ck CHECK (a > 1), CONSTRAINT uq UNIQUE (a, b),
        CONSTRAINT fk FOREIGN KEY (r_id) REFERENCES r (id) ON DELETE CASCADE
    )""",
    "CREATE INDEX ix_t_b ON t (b)",
    "INSERT INTO r VALUES (1)",
    "INSERT INTO t VALUES (1, 2, '7', 1), (2, 3, '8', NULL)",
]


@pytest.fixture
def database(sqlite_url):
    return Database(sqlite_url, *TABLES)


def columns(table):
    return [name for name, *_ in table["columns"]]


# --- what is done how -------------------------------------------------------------------------------------------------

IN_PLACE = {
    "add a column": lambda b: b.add_column(sa.Column("c", sa.Integer())),
    "create an index": lambda b: b.create_index("ix_a", ["a"]),
    "drop an index": lambda b: b.drop_index("ix_t_b"),
    "execute": lambda b: b.execute("UPDATE t SET a = 9"),
    "nothing": lambda b: None,
}
BY_REBUILD = {
    "add a column with a default that is an expression": lambda b: b.add_column(
        sa.Column("c", sa.Integer(), server_default=sa.text("(1 + 1)"))
    ),
    "add a stored column": lambda b: b.add_column(sa.Column("c", sa.Integer(), sa.Computed("a * 2", persisted=True))),
    "drop a column": lambda b: b.drop_column("r_id"),
    "rename a column": lambda b: b.alter_column("b", new_column_name="c"),
    "nullable": lambda b: b.alter_column("b", nullable=True),
    "type": lambda b: b.alter_column("b", type_=sa.Integer()),
    "default": lambda b: b.alter_column("b", server_default="x"),
    "primary key": lambda b: b.create_primary_key("pk", ["id", "a"]),
    "unique": lambda b: b.create_unique_constraint("uq_b", ["b"]),
    "check": lambda b: b.create_check_constraint("ck_b", sa.column("b") != "x"),
    "foreign key": lambda b: b.create_foreign_key("fk_a", "r", ["a"], ["id"]),
    "drop a constraint": lambda b: b.drop_constraint("uq"),
}


@pytest.mark.parametrize("change", IN_PLACE.values(), ids=IN_PLACE)
def test_what_sqlite_can_do_in_place_is_done_in_place(change, database):
    database.batch(change)
    assert not database.rebuilt


@pytest.mark.parametrize("change", BY_REBUILD.values(), ids=BY_REBUILD)
def test_the_rest_is_done_by_a_rebuild(change, database):
    if change is BY_REBUILD["foreign key"]:
        database.batch(lambda b: b.execute("UPDATE t SET a = NULL"))
    database.batch(change)
    assert database.rebuilt
    assert len(database.rows()) == 2
    assert ("ix_t_b", ["c" if change is BY_REBUILD["rename a column"] else "b"], 0) in database.table()["indexes"]


def test_recreate_always_and_never(database):
    database.batch(lambda b: None, recreate="always")
    assert database.rebuilt
    with pytest.raises(ValueError, match="recreate may be one of 'auto', 'always', or 'never'"):
        database.batch(lambda b: None, recreate="sometimes")
    with pytest.raises(CommandError, match="No support for ALTER of constraints in SQLite dialect"):
        database.batch(lambda b: b.drop_constraint("uq", type_="unique"), recreate="never")


def test_the_statements_of_a_rebuild_in_their_order(database):
    database.batch(lambda b: b.drop_column("r_id"))
    kept = ("CREATE", "INSERT", "DROP", "ALTER", "BEGIN", "SAVEPOINT", "RELEASE")
    assert [statement for statement in database.sent if statement.startswith(kept)] == [
        "BEGIN IMMEDIATE",
        "CREATE TABLE _alembic_tmp_t ( id INTEGER NOT NULL, a INTEGER DEFAULT 5, b VARCHAR(20) NOT NULL, "
        "PRIMARY KEY (id), CONSTRAINT uq UNIQUE (a, b), CONSTRAINT ck CHECK (a > 1) )",
        "INSERT INTO _alembic_tmp_t (id, a, b) SELECT t.id, t.a, t.b FROM t",
        "DROP TABLE t",
        "ALTER TABLE _alembic_tmp_t RENAME TO t",
        "CREATE INDEX ix_t_b ON t (b)",
    ]


def test_a_long_name_is_cut(sqlite_url):
    name = "t" * 60
    database = Database(sqlite_url, f"CREATE TABLE {name} (id INTEGER)")
    database.batch(lambda b: b.alter_column("id", nullable=False), table=name)
    assert any(f"CREATE TABLE {('_alembic_tmp_' + name)[:50]} (" in statement for statement in database.sent)


def test_an_exception_in_the_block_applies_nothing(database):
    def change(batch_op):
        batch_op.drop_column("a")
        raise KeyError

    with pytest.raises(KeyError):
        database.batch(change)
    assert "a" in columns(database.table())


# --- columns ----------------------------------------------------------------------------------------------------------


def test_every_change_of_a_column_at_once(database):
    database.batch(
        lambda b: b.alter_column(
            "b", new_column_name="c", type_=sa.Integer(), nullable=True, server_default="7", existing_type=sa.String(20)
        )
    )
    table = database.table()
    assert ("c", "INTEGER", True, "'7'", None, None) in table["columns"]
    assert table["unique"] == [("uq", ["a", "c"])]
    assert table["indexes"] == [("ix_t_b", ["c"], 0)]
    assert database.rows() == [(1, 2, 7, 1), (2, 3, 8, None)]


def test_what_is_not_said_stays(database):
    before = database.table()
    database.batch(lambda b: b.alter_column("a", server_default="6"))
    after = database.table()
    assert {**after, "columns": None} == {**before, "columns": None}
    assert after["columns"][1] == ("a", "INTEGER", True, "'6'", None, None)
    database.batch(lambda b: b.alter_column("a", server_default=None))
    assert database.table()["columns"][1] == ("a", "INTEGER", True, None, None, None)


@pytest.mark.parametrize(("edition", "rest"), [(None, ["a", "b", "r_id"]), (2026, ["r_id", "a", "b"])])
def test_added_columns_stand_where_they_are_put(edition, rest, sqlite_url):
    """Those that are there are moved under an edition."""
    database = Database(sqlite_url, *TABLES, edition=edition)

    def change(b):
        b.add_column(sa.Column("last", sa.Integer()))
        b.add_column(sa.Column("first", sa.Integer()), insert_before="id")
        b.add_column(sa.Column("second", sa.Integer()), insert_after="first")
        b.alter_column("r_id", insert_after="id")

    database.batch(change, recreate="always")
    assert columns(database.table()) == ["first", "second", "id", *rest, "last"]
    values = dict(zip(columns(database.table()), database.rows()[0], strict=True))
    assert values == {"first": None, "second": None, "id": 1, "a": 2, "b": "7", "r_id": 1, "last": None}


def test_a_place_needs_a_rebuild(database):
    with pytest.raises(CommandError, match="Can't specify insert_before or insert_after when using ALTER") as caught:
        database.batch(lambda b: b.add_column(sa.Column("c", sa.Integer()), insert_after="a"))
    assert str(caught.value).endswith("please specify recreate='always'")


def test_a_column_that_is_moved_leaves_the_others_in_their_order_under_an_edition(sqlite_url):
    database = Database(sqlite_url, *TABLES, edition=2026)
    database.batch(lambda b: None, recreate="always", partial_reordering=[("r_id", "a")])
    assert columns(database.table()) == ["id", "r_id", "a", "b"]


@pytest.mark.parametrize(
    "change",
    [
        lambda b: b.create_unique_constraint("uq_2", ["a", "nothing"]),
        lambda b: b.create_primary_key("pk", ["nothing"]),
        lambda b: b.create_foreign_key("fk_2", "r", ["nothing"], ["id"]),
        lambda b: (b.drop_column("r_id"), b.create_foreign_key("fk_2", "r", ["r_id"], ["id"])),
    ],
    ids=["unique", "primary", "foreignkey", "dropped"],
)
def test_a_constraint_on_a_column_that_is_not_there(change, sqlite_url):
    """Left out with a warning, as Alembic leaves it out; refused under an edition, and nothing has changed."""
    database = Database(sqlite_url, *TABLES)
    with pytest.warns(UserWarning, match=r"Table 't' has no column '\w+', and constraint '\w+' on it is left out"):
        database.batch(change, recreate="always")
    assert {"fk_2", "uq_2", "pk"}.isdisjoint(database.sql().replace("(", " ").split())
    assert "PRIMARY KEY (id)" in database.sql()

    other = Database("sqlite://", *TABLES, edition=2026)
    before = other.sql()
    with pytest.raises(CommandError, match="No such column: '"):
        other.batch(change, recreate="always")
    assert other.sql() == before


@pytest.mark.parametrize(("edition", "key"), [(None, ("id",)), (2026, ("id", "n"))])
def test_an_added_column_with_primary_key_joins_the_key_under_an_edition(edition, key, sqlite_url):
    database = Database(sqlite_url, *TABLES, edition=edition)
    added = sa.Column("n", sa.Integer(), server_default="1", primary_key=True)
    with pytest.warns(UserWarning, match="keeps its primary key: new column 'n'") if edition is None else nullcontext():
        database.batch(lambda b: b.add_column(added), recreate="always")
    assert f"PRIMARY KEY ({', '.join(key)})" in database.sql()


def test_a_primary_key_without_a_name_is_found_by_a_name_under_an_edition_alone(sqlite_url):
    """A script has the name of the naming convention, SQLite none."""
    with pytest.raises(ValueError, match="No such constraint: 'pk_t'"):
        Database("sqlite://", *TABLES).batch(lambda b: b.drop_constraint("pk_t", type_="primary"))
    database = Database(sqlite_url, *TABLES, edition=2026)
    database.batch(lambda b: b.drop_constraint("pk_t", type_="primary"))
    assert "PRIMARY KEY" not in database.sql()


def test_a_primary_key_of_no_columns_is_refused(database):
    with pytest.raises(CommandError, match="a primary key has at least one column"):
        database.batch(lambda b: b.create_primary_key("pk", []))


def test_partial_reordering(database):
    database.batch(lambda b: None, recreate="always", partial_reordering=[("b", "a"), ("r_id", "id")])
    order = columns(database.table())
    assert order.index("b") < order.index("a")
    assert order.index("r_id") < order.index("id")
    assert {row[order.index("b")] for row in database.rows()} == {"7", "8"}


def test_an_added_column_brings_its_constraints(database):
    database.batch(
        lambda b: b.add_column(
            sa.Column("c", sa.Integer(), sa.ForeignKey("r.id", name="fk_c"), unique=True, index=True)
        ),
        recreate="always",
    )
    table = database.table()
    assert ("fk_c", ["c"], "r", ["id"], []) in table["references"]
    assert ("ix_t_c", ["c"], 1) in table["indexes"]


def test_a_dropped_column_takes_its_constraints_and_indexes_along(database):
    """The reference fails here after the old table was replaced."""
    database.batch(lambda b: b.drop_column("b"))
    table = database.table()
    assert (columns(table), table["unique"], table["indexes"]) == (["id", "a", "r_id"], [], [])
    database.batch(lambda b: b.drop_column("id"))
    assert database.table()["key"][1] == []


def test_a_check_that_mentions_a_dropped_column_is_named(database):
    """The reference ends with "no such column", and leaves its copy behind."""
    with pytest.raises(CommandError, match="Column 'a' is dropped, and check 'ck' of table 't' mentions it") as caught:
        database.batch(lambda b: b.drop_column("a"))
    assert caught.value.hint == "drop the check too: batch_op.drop_constraint('ck', type_='check')"
    database.batch(lambda b: (b.drop_column("a"), b.drop_constraint("ck", type_="check")))
    assert columns(database.table()) == ["id", "b", "r_id"]


def test_text_that_mentions_a_renamed_column_has_the_new_name(sqlite_url):
    """The reference keeps the old name in the text: in double quotes SQLite takes it for a string."""
    database = Database(
        sqlite_url,
        """CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, CONSTRAINT ck CHECK ("a" <> 'a' AND abs(a) > 1 /* a */))""",
        "CREATE INDEX ix ON t (id) WHERE a > 3",
    )
    database.batch(lambda b: b.alter_column("a", new_column_name="new name", nullable=False))
    assert database.table()["checks"] == [("ck", """"new name" <> 'a' AND abs("new name") > 1 /* a */""")]
    assert database.sql("ix") == 'CREATE INDEX ix ON t (id) WHERE "new name" > 3'


def test_a_column_that_is_not_there(database):
    for change in (lambda b: b.drop_column("nope"), lambda b: b.alter_column("nope", nullable=True)):
        with pytest.raises(CommandError, match="No such column: 'nope'") as caught:
            database.batch(change)
        assert caught.value.hint == "table 't' has: id, a, b, r_id"
    database.batch(
        lambda b: (
            b.drop_column("nope", if_exists=True),
            b.add_column(sa.Column("a", sa.Integer()), if_not_exists=True),
        ),
        recreate="always",
    )
    assert columns(database.table()) == ["id", "a", "b", "r_id"]


# types, a value under the old one, and under the new one
LOSSLESS = {
    "JSON to bytes": (sa.JSON(), {"a": ["é"]}, sa.LargeBinary(), b'{"a": ["\\u00e9"]}'),
    "bytes to JSON": (sa.LargeBinary(), b'{"a": 1}', sa.JSON(), {"a": 1}),
    "text to bytes": (sa.Text(), "é", sa.LargeBinary(), "é".encode()),
    "bytes to text": (sa.LargeBinary(), "é".encode(), sa.String(9), "é"),
    "text to JSON": (sa.Text(), '{"a": 1}', sa.JSON(), {"a": 1}),
    "JSON to text": (sa.JSON(), [1], sa.Text(), "[1]"),
    "number to text": (sa.Integer(), 42, sa.String(9), "42"),
    "digits in bytes to number": (sa.LargeBinary(), b"42", sa.Integer(), 42),
}


@pytest.mark.parametrize("edition", [None, 2026])
@pytest.mark.parametrize(("old", "value", "new", "expected"), LOSSLESS.values(), ids=LOSSLESS)
def test_a_type_that_holds_the_same_is_no_loss(old, value, new, expected, edition, sqlite_url):
    database = Database(sqlite_url, edition=edition)
    metadata = sa.MetaData()
    table = sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("v", old))
    metadata.create_all(database.engine)
    with database.engine.begin() as connection:
        connection.execute(table.insert().values(v=value))
        connection.exec_driver_sql("INSERT INTO t DEFAULT VALUES")
    database.batch(lambda b: b.alter_column("v", type_=new, existing_type=old))
    with database.engine.connect() as connection:
        found = connection.execute(sa.select(sa.column("v", new)).select_from(sa.table("t"))).scalars().all()
    assert found == [expected, None]


CHANGED, UNREADABLE = (
    r"1 values of t\.v would change in the cast to INTEGER",
    r"Bytes of t\.v would be no readable text",
)
HOLDS_LESS = [
    ("BLOB", b"4x", sa.Integer(), CHANGED),
    ("TEXT", "4x", sa.Integer(), CHANGED),
    ("BLOB", b"\x80", sa.String(9), UNREADABLE),
]


@pytest.mark.parametrize(("old", "value", "new", "said"), HOLDS_LESS)
def test_a_type_that_holds_less_is_refused(old, value, new, said, sqlite_url):
    database = Database(sqlite_url, f"CREATE TABLE t (id INTEGER PRIMARY KEY, v {old})")
    with database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO t (v) VALUES (?)", (value,))
    with pytest.raises(CommandError, match=said):
        database.batch(lambda b: b.alter_column("v", type_=new))
    assert database.rows() == [(1, value)]


# --- constraints and indexes ----------------------------------------------------------------------------------------


def test_constraints_are_replaced(database):
    def change(b):
        b.drop_constraint("uq", type_="unique")
        b.drop_constraint("ck", type_="check")
        b.drop_constraint("fk", type_="foreignkey")
        b.create_unique_constraint("uq_b", ["b"])
        b.create_check_constraint("ck_b", "b <> 'x'")
        b.create_foreign_key("fk_2", "r", ["r_id"], ["id"], ondelete="SET NULL")
        b.create_primary_key("pk", ["id", "b"])
        b.drop_index("ix_t_b")
        b.create_index("ix_a", ["a", sa.text("lower(b)")], unique=True, sqlite_where=sa.text("a > 2"))

    database.batch(change)
    table = database.table()
    assert table["unique"] == [("uq_b", ["b"])]
    assert table["checks"] == [("ck_b", "b <> 'x'")]
    assert table["references"] == [("fk_2", ["r_id"], "r", ["id"], [("ondelete", "SET NULL")])]
    assert table["key"] == ("pk", ["id", "b"])
    assert database.sql("ix_a") == "CREATE UNIQUE INDEX ix_a ON t (a, lower(b)) WHERE a > 2"
    assert database.sql("ix_t_b") is None


@pytest.mark.parametrize(
    ("given", "kind", "found"),
    [
        (sa.UniqueConstraint("b", name="u"), "unique", ("u", ["z"])),
        (sa.UniqueConstraint("z", name="u"), "unique", ("u", ["z"])),
        (sa.UniqueConstraint("b", "n", "m", name="u"), "unique", ("u", ["z", "n", "m"])),
        (sa.CheckConstraint("b <> 'x'", name="c"), "checks", ("c", "z <> 'x'")),
        (sa.ForeignKeyConstraint(["b"], ["r.id"], name="f"), "references", ("f", ["z"], "r", ["id"], [])),
    ],
    ids=["unique", "unique, by the new name", "unique, with new columns", "check", "foreign key"],
)
def test_table_args_name_renamed_columns_as_they_were(database, given, kind, found):
    def change(b):
        b.alter_column("b", new_column_name="z", existing_type=sa.String(20))
        b.add_column(sa.Column("n", sa.Integer))

    database.batch(change, table_args=[given, sa.Column("m", sa.Integer)])
    assert found in database.table()[kind]


def test_a_primary_key_in_table_args_names_renamed_columns_as_they_were(database):
    def change(b):
        b.alter_column("b", new_column_name="z", existing_type=sa.String(20))
        b.create_primary_key("gone", ["id"])
        b.drop_constraint("gone", type_="primary")

    database.batch(change, table_args=[sa.PrimaryKeyConstraint("b", "id", name="pk")])
    assert database.table()["key"] == ("pk", ["z", "id"])


def test_an_index_in_table_args_names_renamed_columns_as_they_were(database):
    database.batch(
        lambda b: b.alter_column("b", new_column_name="z", existing_type=sa.String(20)),
        table_args=[sa.Index("ix_new", "b", unique=True)],
    )
    assert database.sql("ix_new") == 'CREATE UNIQUE INDEX ix_new ON "t" (z)'


@pytest.mark.parametrize("edition", [None, 2026])
def test_a_constraint_under_the_name_of_the_key_leaves_the_table_its_key(edition, sqlite_url):
    statement = "CREATE TABLE t (id INTEGER NOT NULL, a INTEGER, CONSTRAINT x PRIMARY KEY (id))"
    database = Database(sqlite_url, statement, edition=edition)
    database.batch(lambda b: b.create_unique_constraint("x", ["a"]))
    table = database.table()
    assert (table["key"], table["unique"]) == ((None, ["id"]), [("x", ["a"])])


@pytest.mark.parametrize("edition", [None, 2026])
def test_a_constraint_under_the_name_of_a_new_key_leaves_the_table_its_old_key(edition, sqlite_url):
    database = Database(sqlite_url, *TABLES, edition=edition)

    def change(b):
        b.create_primary_key("x", ["b"])
        b.create_unique_constraint("x", ["a"])

    database.batch(change)
    table = database.table()
    assert table["key"][1] == ["id"]
    assert ("x", ["a"]) in table["unique"]


@pytest.mark.parametrize("edition", [None, 2026])
def test_an_index_takes_the_place_of_one_of_its_name_in_either_order(edition, sqlite_url):
    """A convention names both; what is dropped is the one that was there."""
    database = Database(sqlite_url, *TABLES, edition=edition)

    def change(b):
        b.create_index("ix_t_b", ["b", "a"])
        b.drop_index("ix_t_b")

    database.batch(change, recreate="always")
    assert database.sql("ix_t_b") == "CREATE INDEX ix_t_b ON t (b, a)"


def test_an_empty_default_has_parentheses_after_the_next_rebuild(sqlite_url):
    """As in Alembic."""
    database = Database(sqlite_url, "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT DEFAULT '', q TEXT DEFAULT 'q')")
    database.batch(lambda b: b.alter_column("q", nullable=False))
    assert "s TEXT DEFAULT (''), \n\tq TEXT DEFAULT 'q' NOT NULL" in database.sql()


STATES = "CREATE TABLE t (id INTEGER PRIMARY KEY, s VARCHAR(1), n INTEGER, CONSTRAINT t_s CHECK (s IN ('A')), CONSTRAINT u UNIQUE (n), CONSTRAINT f FOREIGN KEY (n) REFERENCES t (id), CONSTRAINT o CHECK (n < 9))"
STATE = sa.Enum("A", "B", name="t_s", native_enum=False, create_constraint=True)
WIDER = {"checks": [("o", "n < 9"), ("t_s", "s IN ('A', 'B')")]}
# a batch that gives the table a constraint under a name that it has, and what the table has then
TAKEN = {
    "an enum with another value": (lambda b: b.alter_column("s", type_=STATE), WIDER),
    "its old type stated as text": (lambda b: b.alter_column("s", type_=STATE, existing_type=sa.String(1)), WIDER),
    "a check": (lambda b: b.create_check_constraint("t_s", "s IN ('A', 'B')"), WIDER),
    "a check twice": (
        lambda b: (b.create_check_constraint("t_s", "s = 'C'"), b.create_check_constraint("t_s", "s IN ('A', 'B')")),
        WIDER,
    ),
    "a column with a check": (
        lambda b: (b.drop_column("s"), b.add_column(sa.Column("s", STATE))),
        WIDER,
    ),
    "a unique constraint": (lambda b: b.create_unique_constraint("u", ["n", "s"]), {"unique": [("u", ["n", "s"])]}),
    "a unique constraint of other columns": (
        lambda b: b.create_unique_constraint("u", ["s"]),
        {"unique": [("u", ["s"])]},
    ),
    "a foreign key": (
        lambda b: b.create_foreign_key("f", "t", ["n"], ["id"], ondelete="CASCADE"),
        {"references": [("f", ["n"], "t", ["id"], [("ondelete", "CASCADE")])]},
    ),
    "a unique constraint in place of a check": (
        lambda b: b.create_unique_constraint("t_s", ["s"]),
        {"checks": [("o", "n < 9")], "unique": [("t_s", ["s"]), ("u", ["n"])]},
    ),
}


@pytest.mark.parametrize("edition", [None, 2026])
@pytest.mark.parametrize(("change", "after"), TAKEN.values(), ids=TAKEN)
def test_a_constraint_takes_the_place_of_one_that_has_its_name(change, after, edition, sqlite_url):
    database = Database(sqlite_url, STATES, edition=edition)
    before = database.table()
    database.batch(change)
    table = database.table()
    kinds = ("checks", "unique", "references")
    assert {kind: table[kind] for kind in kinds} == {kind: before[kind] for kind in kinds} | after


@pytest.mark.parametrize(("edition", "checks"), [(None, ["s = 'B'", "s IN ('A')"]), (2026, ["s = 'B'"])])
def test_table_args_take_the_place_of_what_has_their_name_under_an_edition(edition, checks, sqlite_url):
    """Alembic keeps both."""
    database = Database(sqlite_url, STATES, edition=edition)
    database.batch(lambda b: None, table_args=[sa.CheckConstraint("s = 'B'", name="t_s")], recreate="always")
    assert sorted(text for name, text in database.table()["checks"] if name == "t_s") == checks


@pytest.mark.parametrize(("edition", "names"), [(None, {"ck_t_s", "None"}), (2026, {"ck_t_s"})])
def test_a_check_is_named_by_a_convention_before_its_name_is_looked_for(edition, names, sqlite_url):
    """Alembic leaves the check of a type unnamed, beside the old one."""
    metadata = sa.MetaData(naming_convention={"ck": "ck_%(table_name)s_%(column_0_name)s"})
    statement = "CREATE TABLE t (id INTEGER, s VARCHAR(1), CONSTRAINT ck_t_s CHECK (s IN ('A')))"
    database = Database(sqlite_url, statement, target_metadata=metadata, edition=edition)
    wider = sa.Enum("A", "B", native_enum=False, create_constraint=True)
    database.batch(lambda b: b.alter_column("s", type_=wider))
    assert {name for name, _ in database.table()["checks"]} == names


@pytest.mark.parametrize("edition", [None, 2026])
def test_a_name_that_the_table_has_twice(edition, sqlite_url):
    """SQLite allows it; a new constraint takes the place of both."""
    twice = (
        "CREATE TABLE t (a INTEGER, CONSTRAINT x CHECK (a > 1), CONSTRAINT x UNIQUE (a), CONSTRAINT x CHECK (a > 2))"
    )
    database = Database(sqlite_url, twice, edition=edition)
    database.batch(lambda b: b.create_check_constraint("x", "a > 5"))
    assert (database.table()["checks"], database.table()["unique"]) == ([("x", "a > 5")], [])


def test_constraints_and_indexes_that_are_not_there(database):
    with pytest.raises(ValueError, match="No such constraint: 'nope'"):
        database.batch(lambda b: b.drop_constraint("nope", type_="unique"))
    with pytest.raises(ValueError, match="No such index: 'nope'"):
        database.batch(lambda b: b.drop_index("nope"), recreate="always")
    database.batch(lambda b: b.drop_constraint("nope", type_="unique", if_exists=True))
    assert database.table()["unique"] == [("uq", ["a", "b"])]


def test_new_constraints_may_go_without_a_name(database):
    """The reference refuses what its own autogenerate renders."""
    database.batch(lambda b: (b.create_unique_constraint(None, ["b"]), b.create_foreign_key(None, "r", ["a"], ["id"])))
    table = database.table()
    assert ("None", ["b"]) in table["unique"]
    assert ("None", ["a"], "r", ["id"], []) in table["references"]


def test_a_new_constraint_speaks_of_new_names(database):
    database.batch(lambda b: (b.alter_column("b", new_column_name="c"), b.create_unique_constraint("uq_c", ["c"])))
    assert ("uq_c", ["c"]) in database.table()["unique"]


def test_naming_convention_gives_names_to_what_has_none(sqlite_url):
    database = Database(
        sqlite_url,
        "CREATE TABLE r (id INTEGER PRIMARY KEY)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER REFERENCES r (id), b INTEGER UNIQUE, CONSTRAINT ck CHECK (b > 0))",
    )
    convention = {
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
    database.batch(
        lambda b: (b.drop_constraint("fk_t_a_r", type_="foreignkey"), b.drop_constraint("uq_t_b", type_="unique")),
        naming_convention=convention,
    )
    table = database.table()
    assert (table["references"], table["unique"], table["checks"]) == ([], [], [("ck", "b > 0")])


def test_target_metadata_names_new_constraints(sqlite_url):
    target = sa.MetaData(
        naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s", "ck": "ck_%(table_name)s_%(constraint_name)s"}
    )
    database = Database(sqlite_url, *TABLES, target_metadata=target)
    database.batch(
        lambda b: (
            b.create_unique_constraint(None, ["b"]),
            b.add_column(sa.Column("q", sa.Boolean(create_constraint=True, name="q"))),
        )
    )
    table = database.table()
    assert ("uq_t_b", ["b"]) in table["unique"]
    assert table["checks"] == [("ck", "a > 1"), ("ck_t_q", "q IN (0, 1)")]


def test_checks_that_come_with_a_type(sqlite_url):
    boolean = sa.Boolean(create_constraint=True, name="ck_q")
    statement = "CREATE TABLE t (id INTEGER PRIMARY KEY, q BOOLEAN, CONSTRAINT ck_q CHECK (q IN (0, 1)))"
    database = Database(sqlite_url, statement, "INSERT INTO t VALUES (1, 1)")
    database.batch(lambda b: b.alter_column("q", type_=sa.Integer(), existing_type=boolean))
    assert database.table()["checks"] == []
    database.batch(lambda b: b.alter_column("q", type_=boolean, existing_type=sa.Integer()))
    assert database.table()["checks"] == [("ck_q", "q IN (0, 1)")]
    database.batch(lambda b: b.drop_column("q", existing_type=boolean))
    assert database.table()["checks"] == []


def test_unnamed_checks_are_left_out_with_a_warning_unless_given(sqlite_url):
    database = Database(sqlite_url, "CREATE TABLE t (id INTEGER PRIMARY KEY, q INTEGER, CHECK (q > 0))")
    with pytest.warns(UserWarning, match="Unnamed CHECK constraint on reflected table 't' is being omitted"):
        database.batch(lambda b: b.alter_column("q", nullable=False))
    assert database.table()["checks"] == []
    database.batch(lambda b: b.alter_column("q", nullable=True), table_args=[sa.CheckConstraint("q > 0")])
    assert database.table()["checks"] == [("None", "q > 0")]


def test_a_table_that_refers_to_itself(sqlite_url):
    database = Database(
        sqlite_url,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, up INTEGER, CONSTRAINT fk FOREIGN KEY (up) REFERENCES t (id))",
        "INSERT INTO t VALUES (1, NULL), (2, 1)",
    )
    database.batch(lambda b: b.alter_column("id", new_column_name="key", existing_type=sa.Integer()))
    assert database.table()["references"] == [("fk", ["up"], "t", ["key"], [])]
    assert database.rows() == [(1, None), (2, 1)]


# --- parameters ------------------------------------------------------------------------------------------------------


def test_reflect_args_and_kwargs(sqlite_url):
    database = Database(sqlite_url, "CREATE TABLE t (id INTEGER PRIMARY KEY, q BOOLEAN, w INTEGER)")

    def listen(inspector, table, column):
        if column["name"] == "w":
            column["type"] = sa.String(9)

    database.batch(
        lambda b: b.alter_column("id", nullable=False),
        reflect_args=[sa.Column("q", sa.Boolean(create_constraint=True, name="ck_q"))],
        reflect_kwargs={"listeners": [("column_reflect", listen)]},
    )
    table = database.table()
    assert table["checks"] == [("ck_q", "q IN (0, 1)")]
    assert table["columns"][2][1] == "VARCHAR(9)"


def test_copy_from_and_table_kwargs(database):
    table = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer(), primary_key=True), sa.Column("a", sa.Integer()))
    database.batch(lambda b: b.alter_column("a", nullable=False), copy_from=table, table_kwargs={"sqlite_strict": True})
    assert columns(database.table()) == ["id", "a"]
    assert database.sql().strip().endswith("STRICT")


def test_offline_needs_the_table():
    buffer = io.StringIO()
    operations = Operations(
        MigrationContext.configure(dialect_name="sqlite", opts={"as_sql": True, "output_buffer": buffer})
    )
    with pytest.raises(CommandError, match='reflect the table "t"'), operations.batch_alter_table("t") as batch_op:
        batch_op.drop_column("a")
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer()), sa.Column("b", sa.Integer(), index=True))
    with operations.batch_alter_table("t", copy_from=table) as batch_op:
        batch_op.drop_column("a")
    assert [" ".join(each.split()) for each in buffer.getvalue().split(";")[:-1]] == [
        "CREATE TABLE _alembic_tmp_t ( b INTEGER )",
        "INSERT INTO _alembic_tmp_t (b) SELECT t.b FROM t",
        "DROP TABLE t",
        "ALTER TABLE _alembic_tmp_t RENAME TO t",
        "CREATE INDEX ix_t_b ON t (b)",
    ]


# --- methods -----------------------------------------------------------------------------------------------------------


def test_execute_keeps_its_place_under_an_edition(sqlite_url):
    database = Database(sqlite_url, *TABLES, edition=2026)

    def change(b):
        b.add_column(sa.Column("c", sa.Integer()))
        b.execute("UPDATE t SET c = a * 10")
        b.alter_column("c", nullable=False)
        b.execute(sa.text("UPDATE t SET c = c + :one"), params={"one": 1})
        b.drop_column("r_id")

    database.batch(change)
    assert columns(database.table()) == ["id", "a", "b", "c"]
    assert [row[-1] for row in database.rows()] == [21, 31]


def test_execute_is_first_without_an_edition(database):
    """As in the reference: it may read what the block drops."""

    def change(b):
        b.drop_column("r_id")
        b.execute("UPDATE t SET a = a + coalesce(r_id, 0)")
        b.execute(sa.text("UPDATE t SET a = a + :one"), params={"one": 1})

    database.batch(change)
    assert [(row[0], row[1]) for row in database.rows()] == [(1, 4), (2, 4)]


def test_tables_are_not_made_in_a_batch(database):
    for operation, text in (
        (ops.CreateTableOp("x", []), "Can't create table in batch mode"),
        (ops.DropTableOp("x"), "Can't drop table in batch mode"),
    ):
        with pytest.raises(NotImplementedError, match=text):
            database.batch(lambda b, operation=operation: b.invoke(operation))


def test_invoke_takes_operation_objects(database):
    database.batch(
        lambda b: (
            b.invoke(ops.AddColumnOp("t", sa.Column("c", sa.Integer()))),
            b.invoke(ops.DropColumnOp("t", "r_id")),
        )
    )
    assert columns(database.table()) == ["id", "a", "b", "c"]


def test_renaming_in_a_rebuild(database):
    database.batch(lambda b: b.invoke(ops.RenameTableOp("t", "u")), recreate="always")
    assert columns(database.table("u")) == ["id", "a", "b", "r_id"]
    assert database.sql("t") is None


def test_the_context_is_at_hand(database):
    def look(b):
        assert b.get_context().dialect.name == "sqlite"
        assert b.get_bind().exec_driver_sql("SELECT count(*) FROM t").scalar() == 2
        assert isinstance(b.f("x"), sa.sql.elements.conv)
        assert b.impl.table_name == "t"

    database.batch(look)


# --- other databases ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_elsewhere_a_batch_is_plain_alters(kind, request):
    url = request.getfixturevalue(f"{kind}_url")
    engine = sa.create_engine(url)
    sent = []
    sa.event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
    with engine.connect() as connection:
        with Operations.context(MigrationContext.configure(connection, opts={"edition": 2026})):
            op.create_table(
                "t",
                sa.Column("id", sa.Integer(), primary_key=True),
                sa.Column("a", sa.Integer()),
                sa.Column("b", sa.String(9)),
            )
            with op.batch_alter_table("t") as b:
                b.add_column(sa.Column("c", sa.Integer(), comment="cc"))
                b.execute("UPDATE t SET c = 1")
                b.alter_column("c", nullable=False, existing_type=sa.Integer(), existing_comment="cc")
                b.alter_column("b", new_column_name="bb", existing_type=sa.String(9))
                b.create_index("ix", ["bb"])
                b.create_unique_constraint("uq", ["a", "c"])
                b.create_table_comment("tc", existing_comment=None)
        connection.commit()
    table = schema.read(engine)["t"]
    engine.dispose()
    assert [name for name, *_ in table["columns"]] == ["id", "a", "bb", "c"]
    assert table["columns"][3][2] is False
    assert table["comment"] == "tc"
    assert ("ix", ["bb"], False) in table["indexes"]
    assert not any("_alembic_tmp" in statement for statement in sent)


def test_a_rebuild_on_postgresql(postgresql_url):
    engine = sa.create_engine(postgresql_url)
    with engine.connect() as connection:
        with Operations.context(MigrationContext.configure(connection)):
            op.create_table(
                "t",
                sa.Column("id", sa.Integer()),
                sa.Column("mood", sa.Enum("sad", "ok", name="mood")),
                sa.Column("a", sa.Integer()),
                sa.PrimaryKeyConstraint("id", name="pk"),
                sa.UniqueConstraint("a", name="uq"),
            )
            op.execute("INSERT INTO t VALUES (1, 'sad', 5)")
            with op.batch_alter_table("t", recreate="always") as b:
                b.alter_column("a", type_=sa.String(9), existing_type=sa.Integer())
                b.add_column(sa.Column("c", sa.Integer()), insert_after="id")
            op.execute("INSERT INTO t (a) VALUES ('6')")  # the sequence goes on after the rows
        connection.commit()
        assert connection.exec_driver_sql("SELECT * FROM t").all() == [(1, None, "sad", "5"), (2, None, None, "6")]
    table = schema.read(engine)["t"]
    engine.dispose()
    assert (table["key"], table["unique"]) == (("pk", ["id"]), [("uq", ["a"])])


@pytest.mark.parametrize("edition", [None, 2026])
def test_a_column_that_is_dropped_and_added_again_keeps_what_it_is_part_of(sqlite_url, edition) -> None:
    """As the reference has it; a migration of MLflow gives a computed column another place in its table this way."""
    database = Database(sqlite_url, *TABLES, "CREATE INDEX ix_t_ab ON t (a, b)", edition=edition)

    def change(b):
        b.drop_column("b")
        b.add_column(sa.Column("b", sa.String(30)), insert_before="a")
        b.drop_constraint("ck", type_="check")

    database.batch(change)
    table = sa.Table("t", sa.MetaData(), autoload_with=database.engine)
    assert list(table.c.keys()) == ["id", "b", "a", "r_id"]
    assert {index.name for index in table.indexes} == {"ix_t_b", "ix_t_ab"}
    assert {str(each.name) for each in table.constraints if each.name} == {"uq", "fk"}
    assert database.rows() == [(1, None, 2, 1), (2, None, 3, None)]


def test_a_column_with_a_key_of_its_own(sqlite_url) -> None:
    """Constraints find it by its name, as SQL has it."""
    names = {"fk": "fk_%(column_0_name)s", "uq": "uq_%(column_0_N_name)s"}
    database = Database(sqlite_url, *TABLES, target_metadata=sa.MetaData(naming_convention=names))

    def change(batch_op):
        batch_op.add_column(sa.Column("n", sa.Integer, sa.ForeignKey("r.id"), key="other"))
        batch_op.add_column(sa.Column("m", sa.Integer, unique=True, key="n"))

    database.batch(change, recreate="always")
    assert "CONSTRAINT fk_n FOREIGN KEY(n) REFERENCES r (id)" in database.sql()
    assert "CONSTRAINT uq_m UNIQUE (m)" in database.sql()
