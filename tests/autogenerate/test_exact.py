"""Differences that the reference misses, and differences that it finds where there are none, on each backend.

A case that is missed has two models: the exact comparison finds the difference, and its script upgrades and downgrades.
A case without a difference has one: a database that is made from it does not differ from it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from running import Database
from sqlalchemy import CheckConstraint, Column, Computed, Enum, ForeignKey, Index, Integer, MetaData, String, Table
from sqlalchemy.dialects import mysql, postgresql
from walking import Walk, empty

from limbeck.autogenerate import compare_metadata, produce_migrations
from limbeck.dialects.sqlite.create_table import StoredTable
from limbeck.errors import CommandError
from limbeck.operations import Operations
from limbeck.operations.ops import AlterColumnOp, DropSequenceOp
from limbeck.runtime.migration import MigrationContext

ALL = ("sqlite", "postgresql", "mariadb")


def table(*items: Any, key: bool = True, **options: Any) -> Callable[[MetaData], Any]:
    """A model of one table ``t``; items that belong to one table are made by functions."""

    def fill(metadata: MetaData) -> None:
        own = [item() if callable(item) else item for item in items]
        ids = [Column("id", Integer, primary_key=True)] if key else []
        Table("t", metadata, *ids, *own, **options)

    return fill


def column(*args: Any, **options: Any) -> Callable[[], Any]:
    return lambda: Column(*args, **options)


def index(*keys: Any, **options: Any) -> Callable[[], Any]:
    return lambda: Index("ix", *keys, **options)


a, b = column("a", Integer), column("b", String(20))
collated = column("n", String(20, collation="NOCASE"))
nameless = (
    column("a", Integer, unique=True),
    column("b", String(20), unique=True),
    column("two words", Integer),
    lambda: CheckConstraint("a > 0"),
    lambda: CheckConstraint("b <> ''"),
    lambda: sa.UniqueConstraint("two words", "b"),
)
two_keys = (column("x", Integer, nullable=False), column("y", Integer, nullable=False))


def with_parent(**options: Any) -> Callable[[MetaData], Any]:
    def fill(metadata: MetaData) -> None:
        Table("p", metadata, Column("id", Integer, primary_key=True))
        Table("t", metadata, Column("id", Integer, primary_key=True), Column("p", ForeignKey("p.id", **options)))

    return fill


def with_sequence(**options: Any) -> Callable[[MetaData], Any]:
    def fill(metadata: MetaData) -> None:
        sa.Sequence("s", metadata=metadata, **options)
        table(a)(metadata)

    return fill


def with_key_by_sequence(metadata: MetaData) -> None:
    Table("k", metadata, Column("id", Integer, sa.Sequence("s"), primary_key=True))


def two_enums(*values: str) -> Callable[[MetaData], Any]:
    """Two tables whose enum columns differ in their values; ``values`` are those of the second."""

    def fill(metadata: MetaData) -> None:
        for name, listed in (("first", ("a", "b")), ("t", values)):
            type_ = Enum(*listed, name=f"of_{name}")
            Table(name, metadata, Column("id", Integer, primary_key=True), Column("e", type_))

    return fill


def keyed(key: str, **options: Any) -> Callable[[MetaData], Any]:
    def fill(metadata: MetaData) -> None:
        columns = [Column(name, Integer, nullable=False, autoincrement=False) for name in ("id", "a")]
        Table("t", metadata, *columns, sa.PrimaryKeyConstraint(key, name="pk"), **options)

    return fill


def referred(metadata: MetaData) -> None:
    keyed("id")(metadata)
    Table("s", metadata, Column("id", Integer, primary_key=True), Column("t", ForeignKey("t.id", name="fk")))


def engine(name: str) -> Callable[[MetaData], Any]:
    def fill(metadata: MetaData) -> None:
        Table("t", metadata, Column("id", Integer, primary_key=True), mysql_engine=name)
        if name == "InnoDB":
            Table("s", metadata, Column("id", Integer, primary_key=True), Column("t", ForeignKey("t.id", name="fk")))

    return fill


def exclude(where: str | None) -> Callable[[], Any]:
    condition = None if where is None else sa.text(where)
    return lambda: postgresql.ExcludeConstraint((sa.column("a"), "="), name="ex", using="btree", where=condition)


def by_objects(metadata: MetaData, *, limit: int = 5) -> None:
    """Indexes and checks written with columns, not with text."""
    made = Table("t", metadata, Column("id", Integer, primary_key=True), Column("b", String(20)), Column("a", Integer))
    Index("by_case", sa.func.lower(made.c.b))
    Index("backwards", made.c.a.desc(), made.c.b)
    Index("some", made.c.a, postgresql_where=made.c.a > limit, sqlite_where=made.c.a > limit)
    made.append_constraint(CheckConstraint(made.c.a < 10 * limit, name="c"))


MISSED: dict[str, tuple[tuple[str, ...], Any, Any]] = {
    "primary key columns": (
        ALL,
        table(*two_keys, lambda: sa.PrimaryKeyConstraint("x", name="pk"), key=False),
        table(*two_keys, lambda: sa.PrimaryKeyConstraint("x", "y", name="pk"), key=False),
    ),
    "check added": (ALL, table(a), table(a, lambda: CheckConstraint("a > 0", name="c"))),
    "check beside constraints without names": (
        ALL,
        table(*nameless),
        table(*nameless, lambda: CheckConstraint("a > 1", name="c")),
    ),
    "beside a key that counts, and is named": (
        ("sqlite",),
        table(
            column("id", Integer),
            lambda: sa.PrimaryKeyConstraint("id", name="pk"),
            key=False,
            sqlite_autoincrement=True,
        ),
        table(
            column("id", Integer),
            a,
            lambda: sa.PrimaryKeyConstraint("id", name="pk"),
            key=False,
            sqlite_autoincrement=True,
        ),
    ),
    "AUTOINCREMENT": (
        ("sqlite",),
        table(a, collated, sqlite_autoincrement=True),
        table(a, collated, lambda: CheckConstraint("a > 0")),
    ),
    "AUTOINCREMENT and another key": (
        ("sqlite",),
        keyed("id", sqlite_autoincrement=True),
        keyed("a"),
    ),
    "rowid": (("sqlite",), table(a, collated, sqlite_with_rowid=False), table(a, collated, sqlite_autoincrement=True)),
    "what a unique constraint does on a conflict": (
        ("sqlite",),
        table(a, lambda: sa.UniqueConstraint("a", name="u", sqlite_on_conflict="IGNORE")),
        table(a, lambda: sa.UniqueConstraint("a", name="u", sqlite_on_conflict="REPLACE")),
    ),
    "check changed": (
        ALL,
        table(a, lambda: CheckConstraint("a > 0", name="c")),
        table(a, lambda: CheckConstraint("a > 1", name="c")),
    ),
    "values of an enum that is a check": (
        ALL,
        table(lambda: Column("e", Enum("u", "v", native_enum=False, create_constraint=True, name="e", length=5))),
        table(lambda: Column("e", Enum("u", "w", native_enum=False, create_constraint=True, name="e", length=5))),
    ),
    "values of the second of two enums": (("mariadb",), two_enums("a", "b"), two_enums("c", "d")),
    "computed expression": (
        ALL,
        table(a, lambda: Column("g", Integer, Computed("a + 1", persisted=True))),
        table(a, lambda: Column("g", Integer, Computed("a + 2", persisted=True))),
    ),
    "plain to computed": (
        ALL,
        table(a, lambda: Column("g", Integer)),
        table(a, lambda: Column("g", Integer, Computed("a + 2", persisted=True))),
    ),
    "one unnamed check of two": (
        ALL,
        table(a, lambda: CheckConstraint("a > 0"), lambda: CheckConstraint("a < 9")),
        table(a, lambda: CheckConstraint("a > 0"), lambda: CheckConstraint("a < 8")),
    ),
    "column with the check of its type": (
        ALL,
        table(a),
        table(a, lambda: Column("e", Enum("u", "v", native_enum=False, create_constraint=True, name="e"))),
    ),
    "primary key under a new foreign key": (ALL, keyed("a"), referred),
    "partial index": (
        ("sqlite", "postgresql"),
        table(a, index("a", postgresql_where=sa.text("a > 1"), sqlite_where=sa.text("a > 1"))),
        table(a, index("a", postgresql_where=sa.text("a > 2"), sqlite_where=sa.text("a > 2"))),
    ),
    "indexes on expressions of columns": (("sqlite", "postgresql"), by_objects, lambda m: by_objects(m, limit=6)),
    "sequence": (("postgresql", "mariadb"), table(a), with_sequence()),
    "options of a sequence": (
        ("postgresql", "mariadb"),
        with_sequence(start=3, cycle=True),
        with_sequence(increment=2, cache=4, maxvalue=99),
    ),
    "sequence that a key counts by": (("postgresql", "mariadb"), sa.MetaData.clear, with_key_by_sequence),
    "exclusion constraint": (("postgresql",), table(a), table(a, exclude(None))),
    "exclusion constraint changed": (("postgresql",), table(a, exclude("a > 1")), table(a, exclude("a > 2"))),
    "index method": (("postgresql",), table(a, index("a")), table(a, index("a", postgresql_using="hash"))),
    "index included columns": (
        ("postgresql",),
        table(a, b, index("a")),
        table(a, b, index("a", postgresql_include=["b"])),
    ),
    "index operator class": (
        ("postgresql",),
        table(b, index("b")),
        table(b, index("b", postgresql_ops={"b": "varchar_pattern_ops"})),
    ),
    "index storage": (
        ("postgresql",),
        table(a, index("a", postgresql_with={"fillfactor": 60})),
        table(a, index("a", postgresql_with={"fillfactor": 50})),
    ),
    "unique deferrable": (
        ("postgresql",),
        table(a, lambda: sa.UniqueConstraint("a", name="u")),
        table(a, lambda: sa.UniqueConstraint("a", name="u", deferrable=True, initially="DEFERRED")),
    ),
    "primary key deferrable": (
        ("postgresql",),
        table(*two_keys, lambda: sa.PrimaryKeyConstraint("x", name="pk"), key=False),
        table(*two_keys, lambda: sa.PrimaryKeyConstraint("x", name="pk", deferrable=True), key=False),
    ),
    "array dimensions": (
        ("postgresql",),
        table(column("v", postgresql.ARRAY(Integer))),
        table(column("v", postgresql.ARRAY(Integer, dimensions=2))),
    ),
    "unlogged": (("postgresql",), table(a), table(a, prefixes=["UNLOGGED"])),
    "foreign key renamed": (("postgresql", "mariadb"), with_parent(name="one"), with_parent(name="two")),
    "enum values removed and reordered": (
        ("postgresql",),
        table(lambda: Column("e", Enum("u", "v", "w", name="mood"))),
        table(lambda: Column("e", Enum("w", "u", name="mood"))),
    ),
    "engine": (("mariadb",), table(a, mysql_engine="InnoDB"), table(a, mysql_engine="MyISAM")),
    "charset": (
        ("mariadb",),
        table(a, mysql_charset="utf8mb4"),
        table(a, mysql_charset="latin1"),
    ),
    "collation of a table with text": (
        ("mariadb",),
        table(b, column("e", Enum("u", "v")), column("x", sa.Text), column("f", String(5, collation="latin1_bin"))),
        table(
            b,
            column("e", Enum("u", "v")),
            column("x", sa.Text),
            column("f", String(5, collation="latin1_bin")),
            mysql_charset="latin1",
            mysql_collate="latin1_german1_ci",
        ),
    ),
    "collation of a column that its table gets": (
        ("mariadb",),
        table(column("b", sa.CHAR(5)), mysql_charset="utf8mb4", mysql_collate="utf8mb4_bin"),
        table(column("b", String(30, collation="utf8mb4_bin"))),
    ),
    "charset of a column that its table gets": (
        ("mariadb",),
        table(column("b", String(25)), mysql_charset="latin1"),
        table(column("b", mysql.VARCHAR(30, charset="latin1")), mysql_charset="utf8mb4", mysql_collate="utf8mb4_bin"),
    ),
    "primary key of a column that counts": (
        ("mariadb",),
        table(b),
        table(column("b", String(20), primary_key=True)),
    ),
    "primary key without a name": (
        ("mariadb",),
        table(*two_keys, lambda: sa.PrimaryKeyConstraint("x"), key=False),
        table(*two_keys, lambda: sa.PrimaryKeyConstraint("x", "y"), key=False),
    ),
    "type and primary key of a column that counts": (
        ("mariadb",),
        table(b),
        table(
            column("id", sa.BigInteger, primary_key=True, autoincrement=True),
            column("b", String(20), primary_key=True),
            key=False,
        ),
    ),
    "a table with an index beneath a foreign key": (
        ("mariadb",),
        table(a),
        lambda m: (table(a)(m), Table("u", m, Column("id", ForeignKey("t.id"), index=True), Column("x", Integer))),
    ),
    "comment of a computed column": (
        ("mariadb",),
        table(a, column("g", Integer, Computed("a + 1"))),
        table(a, column("g", Integer, Computed("a + 1"), comment="c")),
    ),
    "comment of a computed column, and its source": (
        ("mariadb",),
        table(a, column("g", Integer, Computed("a + 1"))),
        table(column("a", sa.BigInteger), column("g", Integer, Computed("a + 1"), comment="c")),
    ),
    "options taken away": (
        ("mariadb",),
        table(a),
        table(a, mysql_max_rows="9", mysql_stats_persistent="1", mysql_checksum="1"),
    ),
    "charset, and columns that come and go": (
        ("mariadb",),
        table(a, column("x", String(9)), column("y", Integer), mysql_charset="utf8mb4"),
        table(a, column("y", String(9)), column("z", String(9)), mysql_charset="latin1"),
    ),
    "engine of a table under a new foreign key": (("mariadb",), engine("MyISAM"), engine("InnoDB")),
    "ON UPDATE of a default that is replaced": (
        ("mariadb",),
        table(column("d", sa.TIMESTAMP, server_default=sa.text("now() ON UPDATE now()"))),
        table(column("d", sa.TIMESTAMP, server_default=sa.text("now()"))),
    ),
    "ON UPDATE of a type that has none": (
        ("mariadb",),
        table(column("d", sa.TIMESTAMP, server_default=sa.text("now() ON UPDATE now()"))),
        table(column("d", sa.Date)),
    ),
    "unsigned": (("mariadb",), table(a), table(column("a", mysql.INTEGER(unsigned=True)))),
    "enum reordered": (
        ("mariadb",),
        table(lambda: Column("e", Enum("u", "v"))),
        table(lambda: Column("e", Enum("v", "u"))),
    ),
    "index prefix length": (
        ("mariadb",),
        table(b, index("b", mysql_length=5)),
        table(b, index("b", mysql_length=6)),
    ),
    "collation": (("sqlite",), table(b), table(column("b", String(20, collation="NOCASE")))),
}


def in_public(metadata: MetaData) -> None:
    Table("p", metadata, Column("id", Integer, primary_key=True), schema="public")
    Table(
        "t", metadata, Column("id", Integer, primary_key=True), Column("p", ForeignKey("public.p.id")), schema="public"
    )


SEEN: dict[str, tuple[tuple[str, ...], Any]] = {
    "the default schema by its name": (("postgresql",), in_public),
    "index on a concatenation": (("postgresql",), table(b, index(sa.text("(b || 'x')")))),
    "index with a collation": (("postgresql",), table(b, index(sa.text('b COLLATE "C"')))),
    "index for text search": (("postgresql",), table(b, index(sa.text("to_tsvector('english', b)")))),
    "default with an apostrophe": (ALL, table(column("b", String(20), server_default="a'b"))),
    "empty default": (ALL, table(column("b", String(20), server_default=""))),
    "boolean defaults": (
        ALL,
        table(column("f", sa.Boolean, server_default=sa.false()), column("g", sa.Boolean, server_default=sa.true())),
    ),
    "random key": (
        ("postgresql",),
        table(column("u", sa.Uuid, primary_key=True, server_default=sa.func.gen_random_uuid()), key=False),
    ),
    "now": (ALL, table(column("d", sa.DateTime, server_default=sa.func.now()))),
    "text default": (("mariadb",), table(column("x", sa.Text, server_default=sa.text("('x')")))),
    "bit default": (("mariadb",), table(column("x", mysql.BIT(3), server_default=sa.text("b'1'")))),
    "numeric default": (ALL, table(column("n", sa.Numeric(10, 2), server_default="2"))),
    "float": (ALL, table(column("f", sa.Float(24)), column("g", sa.Float(53)))),
    "engine whose temporary tables are others": (("mariadb",), table(a, mysql_engine="Aria")),
    "checks that stand with their columns": (
        ALL,
        table(
            lambda: Column("a", Integer, CheckConstraint("a > 0")),
            lambda: Column("b", String(5), CheckConstraint("b IN ('u', 'v')")),
            lambda: Column("j", sa.JSON),
        ),
    ),
    "comment with quotes": (
        ("postgresql", "mariadb"),
        table(column("b", Integer, comment='it\'s "a\\b"'), comment='it\'s "a\\b"\n%'),
    ),
    "binary with length": (("sqlite", "mariadb"), table(column("l", sa.LargeBinary(100)))),
}


@pytest.fixture(params=ALL)
def walk(request: pytest.FixtureRequest) -> Iterator[Walk]:
    """A database of its own on each backend."""
    name = request.param
    url = "sqlite://" if name == "sqlite" else request.getfixturevalue(f"{name}_url")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield Walk(connection, render_as_batch=name == "sqlite")
        connection.rollback()


def backend(walk: Walk) -> str:
    return "mariadb" if walk.dialect == "mysql" else walk.dialect


def test_a_difference_that_the_reference_misses(walk: Walk) -> None:
    wrong = {}
    for name, (backends, before, after) in MISSED.items():
        if backend(walk) not in backends:
            continue
        try:
            walk.make(before)
            assert walk.diffs(after), "not seen"
            walk.there_and_back(before, after)
        except (AssertionError, sa.exc.SQLAlchemyError, CommandError) as error:
            wrong[name] = str(error)
        walk.connection.rollback()
    assert wrong == {}


def test_no_difference_where_there_is_none(walk: Walk) -> None:
    wrong = {}
    for name, (backends, model) in SEEN.items():
        if backend(walk) in backends:
            walk.make(model)
            if found := walk.diffs(model):
                wrong[name] = found
            walk.connection.rollback()
    assert wrong == {}


def test_partitions_are_not_compared(postgresql_url: str) -> None:
    """The partition ``t_1`` belongs to ``t``, which the models have: it is not dropped."""
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        walk = Walk(connection)
        fill = table(column("a", Integer, primary_key=True), key=False, postgresql_partition_by="RANGE (a)")
        walk.make(fill)
        connection.exec_driver_sql("CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (1) TO (9)")
        assert walk.diffs(fill) == []


def test_tables_of_extensions_are_not_compared(postgresql_url: str) -> None:
    """As those of PostGIS: ``spatial`` and the type of its column belong to an extension."""
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        walk = Walk(connection)
        walk.make(table(a))
        connection.exec_driver_sql("CREATE TYPE shape AS ENUM ('round')")
        connection.exec_driver_sql("CREATE TABLE spatial (id serial PRIMARY KEY, s shape)")
        connection.exec_driver_sql("CREATE SEQUENCE counter")
        connection.exec_driver_sql("CREATE EXTENSION hstore")
        for thing in ("TYPE shape", "TABLE spatial", "SEQUENCE counter"):
            connection.exec_driver_sql(f"ALTER EXTENSION hstore ADD {thing}")
        assert walk.diffs(table(a)) == []
        connection.rollback()


def test_serial_in_another_schema(postgresql_url: str) -> None:
    """Its sequence is not compared as one there either; a key with a function as default stays."""
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        walk = Walk(connection, include_schemas=True)
        empty(connection)
        connection.exec_driver_sql("CREATE SCHEMA far")

        def fill(metadata: MetaData) -> None:
            Table("t", metadata, Column("id", Integer, primary_key=True), schema="far")
            Table("u", metadata, Column("id", sa.BigInteger, primary_key=True), Column("n", Integer), schema="far")

        walk.metadata(fill).create_all(connection)
        assert walk.diffs(fill) == []
        connection.rollback()


def test_enum_value_added(postgresql_url: str) -> None:
    """The value is added at its place, while rows use the others; the downgrade takes it away."""
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    before = table(lambda: Column("e", Enum("u", "w", name="mood"), server_default="u"))
    after = table(lambda: Column("e", Enum("u", "v", "w", name="mood"), server_default="u"))
    rows = "INSERT INTO t (e) VALUES ('u'), ('w')"
    with engine.connect() as connection:
        revision = Database(connection, compare="exact", edition=2026).there_and_back(before, after, rows)
    assert revision.upgrade.splitlines()[0] == "op.add_enum_value('mood', 'v', before='w', values=['u', 'w'])"


def test_an_enum_with_create_type_false_is_not_compared(postgresql_url: str) -> None:
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        walk = Walk(connection)
        walk.make(table(lambda: Column("e", Enum("u", "v", name="mood"))))
        assert walk.diffs(table(lambda: Column("e", postgresql.ENUM("u", name="mood", create_type=False)))) == []


def test_no_scratch_object_remains(walk: Walk) -> None:
    """They are gone after a comparison, whatever it found, and the transaction is open as before."""
    walk.make(MISSED["check added"][1])
    walk.connection.commit()
    before = sa.inspect(walk.connection).get_table_names()
    walk.connection.commit()
    walk.diffs(MISSED["check added"][2])
    walk.connection.commit()
    assert sa.inspect(walk.connection).get_table_names() == before == ["t"]
    if walk.dialect == "postgresql":
        temporary = "SELECT count(*) FROM pg_class WHERE relname LIKE 'limbeck%'"
        assert walk.connection.execute(sa.text(temporary)).scalar() == 0


def test_a_check_that_is_declared_with_a_column(mariadb_url: str) -> None:
    """It has no name to be dropped by; the check that is created in its place has one."""

    def model(*condition: str) -> Callable[[MetaData], Any]:
        kept: dict[str, Any] = {"nullable": False, "server_default": "x", "comment": "it's"}
        return table(lambda: Column("a", String(20), *map(CheckConstraint, condition), **kept))

    with sa.create_engine(mariadb_url).connect() as connection:
        walk = Walk(connection)
        for after in ((), ("a > 'c'",)):
            walk.make(model("a <> 'b (c)'"))
            script = walk.script(model(*after))
            for _ in range(2):
                assert """op.drop_constraint(None, 't', type_='check', condition="`a` <> 'b (c)'")""" in walk.run(
                    script.upgrade_ops
                )
                assert walk.diffs(model(*after)) == []
                walk.run(script.downgrade_ops)
                assert walk.diffs(model("a <> 'b (c)'")) == []
        drop = "op.drop_constraint(None, 't', type_='check', condition='a > 9')"
        with pytest.raises(CommandError, match="No check of table 't' has the condition 'a > 9'"):
            exec(drop, {"op": Operations(walk.context(MetaData()))})  # noqa: S102 as a script would say it


def test_a_quote_in_the_name_of_a_column(mariadb_url: str) -> None:
    """SQLAlchemy's reflection does not read it: the error names the column, and says what to do."""
    with sa.create_engine(mariadb_url).connect() as connection:
        walk = Walk(connection)
        walk.make(table(a))
        connection.exec_driver_sql("ALTER TABLE t ADD COLUMN `b``c` INTEGER")
        with pytest.raises(CommandError, match="cannot read column 'b`c' of table 't'"):
            walk.diffs(table(a))


def test_an_index_on_an_expression_gives_no_warning(sqlite_url: str) -> None:
    """SQLAlchemy's reflection warns that it skips such an index; this comparison does not."""

    def model(key: str, width: int) -> Callable[[MetaData], Any]:
        return table(column("a", String(width)), lambda: Index("ix", sa.text(key)))

    with sa.create_engine(sqlite_url).connect() as connection:
        walk = Walk(connection)
        walk.make(model("lower(a)", 20))
        with warnings.catch_warnings():
            warnings.simplefilter("error", sa.exc.SAWarning)
            assert walk.diffs(model("lower(a)", 20)) == []
            assert [operation[0] for operation in walk.diffs(model("upper(a)", 20))] == ["remove_index", "add_index"]


def test_words_of_the_log(sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    def model(*items: Callable[[], Any]) -> Callable[[MetaData], Any]:
        return table(a, *items)

    before = model(lambda: CheckConstraint("a > 0"), lambda: sa.UniqueConstraint("a", name="uq"), index("a"))
    after = model(lambda: CheckConstraint("a > 1", name="ck"))
    logger = "alembic.autogenerate.compare.exact"
    with sa.create_engine(sqlite_url).connect() as connection:
        walk = Walk(connection)
        walk.make(before)
        with caplog.at_level("INFO", logger=logger):
            walk.diffs(after)
    assert sorted(record.getMessage() for record in caplog.records if record.name == logger) == [
        "Detected added check constraint 'ck' on 't'",
        "Detected removed check constraint without a name on 't'",
        "Detected removed index 'ix' on 't'",
        "Detected removed unique constraint 'uq' on 't'",
    ]


def twenty(metadata: MetaData) -> None:
    for number in range(20):
        Table(f"t{number}", metadata, Column("id", Integer, primary_key=True), Column("a", String(9), index=True))


def test_each_table_is_read_once(mariadb_url: str) -> None:
    """SQLAlchemy's dialect and the exact comparison share SHOW CREATE TABLE; columns of models take one more."""
    with sa.create_engine(mariadb_url).connect() as connection:
        walk = Walk(connection)
        walk.make(twenty)
        asked: list[str] = []
        sa.event.listen(connection, "before_cursor_execute", lambda *given: asked.append(given[2]))
        assert walk.diffs(twenty) == []
    shown = [statement for statement in asked if statement.startswith("SHOW CREATE TABLE")]
    assert len(shown) == len(set(shown)) == 21


def test_a_text_that_the_models_give_too_is_not_parsed(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    take_apart = StoredTable.read
    monkeypatch.setattr(StoredTable, "read", lambda text: read.append(text) or take_apart(text))
    with sa.create_engine(sqlite_url).connect() as connection:
        walk = Walk(connection)
        walk.make(twenty)
        connection.exec_driver_sql("ALTER TABLE t7 ADD COLUMN b INTEGER")
        read.clear()
        assert len(walk.diffs(twenty)) == 1
    assert {text.split()[2] for text in read} == {"t7"}


def test_without_the_right_to_create_scratch_tables(postgresql_url: str) -> None:
    """A warning names the tables that were compared by their text."""
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    database = engine.url.database
    role = f"{database}_reader"
    fill = table(a, lambda: CheckConstraint("a > 0", name="c"))
    with engine.connect() as connection:
        Walk(connection).make(fill)
        connection.exec_driver_sql(f"CREATE ROLE {role}")
        try:
            connection.exec_driver_sql(f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC")
            connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {role}")
            connection.exec_driver_sql(f"SET ROLE {role}")
            with pytest.warns(UserWarning, match=r"every table \(.*permission denied") as caught:
                assert (
                    Walk(connection).diffs(table(column("a", sa.Text), lambda: CheckConstraint("a>0", name="c"))) != []
                )
            assert len(caught) == 1
            with pytest.warns(UserWarning, match=r"every table"):
                assert Walk(connection).diffs(fill) == []
        finally:
            connection.exec_driver_sql("RESET ROLE")
            connection.exec_driver_sql(f"DROP OWNED BY {role}")
            connection.exec_driver_sql(f"DROP ROLE {role}")


def searched(metadata: MetaData, *, kind: str = "FULLTEXT", checked: str = "a > 0", engine: str = "InnoDB") -> None:
    """A table that cannot be temporary, with a check that the server rewrites."""
    Table(
        "t",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("a", Integer),
        Column("b", sa.Text),
        CheckConstraint(checked, name="c"),
        Index("ft", "b", **({"mysql_prefix": kind} if kind else {"mysql_length": 10})),
        mysql_engine=engine,
        mysql_row_format="COMPRESSED",
    )


def test_a_computed_column_stays_with_a_source_that_is_filtered(mariadb_url: str) -> None:
    """It is recreated where its source gets another type, and not where a filter leaves the source out."""
    engine = sa.create_engine(mariadb_url, poolclass=sa.NullPool)
    computed = column("g", Integer, Computed("a + 1"))
    with engine.connect() as connection:
        walk = Walk(connection, include_object=lambda _item, name, *_: name != "a")
        walk.make(table(a, computed))
        assert walk.diffs(table(column("a", sa.BigInteger), computed)) == []


def test_quotes_of_the_session(mariadb_url: str) -> None:
    """Under ANSI_QUOTES the server quotes names as standard SQL does."""
    fill = table(
        column("two words", Integer),
        lambda: Column("b", String(20), comment='"x"', server_default='it\'s "x"'),
        lambda: CheckConstraint("b <> 'x'", name="c"),
        lambda: Index("ix", "two words", "b", mysql_length={"b": 5}),
    )
    engine = sa.create_engine(f"{mariadb_url}?sql_mode=ANSI_QUOTES", poolclass=sa.NullPool)
    with engine.connect() as connection:
        walk = Walk(connection)
        walk.make(fill)
        assert walk.diffs(fill) == []
        assert walk.diffs(table(column("two words", Integer))) != []


def test_a_table_that_cannot_be_temporary(mariadb_url: str) -> None:
    """InnoDB has no temporary tables with FULLTEXT keys or compressed rows; all else of them is compared."""
    engine = sa.create_engine(mariadb_url, poolclass=sa.NullPool)
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("error")
        walk = Walk(connection)
        walk.make(searched)
        assert walk.diffs(searched) == []
        assert [diff[0] for diff in walk.diffs(lambda m: searched(m, checked="a > 1"))] == [
            "remove_constraint",
            "add_constraint",
        ]
        walk.there_and_back(searched, lambda m: searched(m, kind="", checked="a > 1"))


def test_a_table_that_the_server_refuses(mariadb_url: str) -> None:
    """A warning names it; its types are compared classically, its checks by their names."""

    def fill(metadata: MetaData, length: int = 20, **options: Any) -> None:
        checks = [CheckConstraint("b<>''", name="c"), CheckConstraint("b<>'a'")]
        Table("t", metadata, Column("id", Integer, primary_key=True), Column("b", String(length)), *checks, **options)

    engine = sa.create_engine(mariadb_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        walk = Walk(connection)
        walk.make(fill)
        with pytest.warns(UserWarning, match=r"by its text alone: t \(.*Unknown collation"):
            assert walk.diffs(lambda m: fill(m, mysql_collate="esperanto")) == []
        with pytest.warns(UserWarning, match="Unknown collation"):
            diffs = walk.diffs(lambda m: fill(m, 30, mysql_collate="esperanto"))
        assert [diff[0][0] for diff in diffs] == ["modify_type"]


@pytest.mark.parametrize(
    ("options", "seen"),
    [
        ({}, False),
        ({"compare": "exact"}, True),
        ({"edition": 2026}, True),
        ({"edition": 2026, "compare": "classic"}, False),
    ],
)
def test_when_the_comparison_is_exact(options: dict[str, Any], seen: bool) -> None:
    """The classic comparison, which finds no changed check, is the default without an edition."""
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Walk(connection).make(MISSED["check changed"][1])
        metadata = MetaData()
        MISSED["check changed"][2](metadata)
        context = MigrationContext.configure(connection, opts={"target_metadata": metadata, **options})
        assert bool(compare_metadata(context, metadata)) is seen


def test_unknown_comparison() -> None:
    with sa.create_engine("sqlite://").connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare": "fuzzy"})
        with pytest.raises(CommandError, match="compare is 'classic' or 'exact', not 'fuzzy'"):
            compare_metadata(context, MetaData())


def test_columns_lose_autoincrement_in_the_order_of_the_models(postgresql_url: str) -> None:
    names = ["e", "b", "h", "a", "g", "c", "f", "d"]
    metadata = MetaData()
    Table("t", metadata, *(Column(name, Integer, nullable=False) for name in names))
    with sa.create_engine(postgresql_url).connect() as connection:
        connection.exec_driver_sql(f"CREATE TABLE t ({', '.join(f'{name} SERIAL' for name in names)})")
        context = MigrationContext.configure(connection, opts={"compare": "exact"})
        changes = produce_migrations(context, metadata).upgrade_ops.ops[0].ops
    assert [op.column_name for op in changes if isinstance(op, AlterColumnOp)] == names
    assert [op.name for op in changes if isinstance(op, DropSequenceOp)] == [f"t_{name}_seq" for name in names]
