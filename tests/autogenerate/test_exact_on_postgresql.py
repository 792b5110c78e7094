"""The exact comparison of what PostgreSQL alone has: serials and identities, types without a class, inheritance."""

from __future__ import annotations

import asyncio
import io
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Identity, Integer, MetaData, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.types import UserDefinedType
from walking import Walk

from limbeck.errors import CommandError
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

Fill = Callable[[MetaData], Any]


@pytest.fixture
def walk(postgresql_url: str) -> Iterator[Walk]:
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield Walk(connection)
        connection.rollback()


class Point(UserDefinedType[Any]):
    """A type that SQLAlchemy lacks, as an application defines it."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "POINT"


def of(*columns: Callable[[], Any], **options: Any) -> Fill:
    """A table ``t``, and one that does not change."""

    def fill(metadata: MetaData) -> None:
        Table("stays", metadata, Column("id", Integer, primary_key=True))
        Table("t", metadata, *(column() for column in columns), **options)

    return fill


def column(*args: Any, **options: Any) -> Callable[[], Any]:
    return lambda: Column(*args, **options)


def key(type_: Any, *args: Any) -> Callable[[], Any]:
    return column("id", type_, *args, primary_key=True)


def deferrable_key(initially: str | None) -> Callable[[], Any]:
    return lambda: sa.PrimaryKeyConstraint("id", deferrable=True, initially=initially)


def of_every_kind(name: str, *types: str) -> Fill:
    """A column of each of ``types``."""

    def made(words: str) -> Any:
        return type("Made", (Point,), {"get_col_spec": lambda _self, **_: words})()

    return of(key(Integer), *(column(f"{name}{number}", made(words)) for number, words in enumerate(types)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(of(key(sa.SmallInteger)), of(key(sa.BigInteger)), id="the sequence of a serial has its type"),
        pytest.param(of(key(Integer)), of(key(sa.SmallInteger)), id="a serial that becomes smaller"),
        pytest.param(of(key(sa.BigInteger, Identity())), of(key(sa.SmallInteger)), id="identity to smaller serial"),
        pytest.param(of(key(sa.SmallInteger)), of(key(sa.BigInteger, Identity())), id="serial to larger identity"),
        pytest.param(
            of(column("id", Integer, nullable=False)),
            of(column("id", Integer, nullable=False), deferrable_key("DEFERRED")),
            id="deferrable primary key added",
        ),
        pytest.param(
            of(column("id", Integer, nullable=False), deferrable_key(None)),
            of(column("id", Integer, nullable=False), deferrable_key("DEFERRED")),
            id="deferral of a primary key",
        ),
        pytest.param(
            of(key(Integer)),
            lambda m: Table("stays", m, Column("id", Integer, primary_key=True)),
            id="table dropped",
        ),
        pytest.param(
            of_every_kind("a", "point", "point[]", "name", '"char"', '"char"[]', "pg_lsn", "xml"),
            of(key(Integer)),
            id="columns of types that SQLAlchemy has no class of",
        ),
    ],
)
def test_there_and_back(walk: Walk, before: Fill, after: Fill) -> None:
    walk.there_and_back(before, after)


PREDICATES = (
    "active",
    "NOT active",
    "starts_with(sku, 'A')",
    "(amount + 1)::boolean",
    "(amount > 1) AND (amount < 5)",
    "CASE WHEN active THEN amount > 1 ELSE amount < 1 END",
    "sku IS NOT NULL",
    "sku = 'a '' ( WHERE b'",
    "sku = ANY (ARRAY['a', 'b'])",
    "sku ~ E'^\\\\d'",
    '"odd WHERE name" > 1',
    "true",
    "amount BETWEEN 1 AND 5 AND active AND sku <> ') AND ('",
    "NOT (amount NOT BETWEEN 1 AND 5 OR active) AND (amount BETWEEN SYMMETRIC 9 AND 7 AND active)",
)
"""Predicates of partial indexes, with and without parentheses of their own."""


def partial(predicate: str | None, *, unique: bool = False, name: str = "ix", **options: Any) -> Fill:
    """Table ``t`` with an index, partial where ``predicate`` is given."""

    def index() -> Any:
        where = {} if predicate is None else {"postgresql_where": sa.text(predicate)}
        return sa.Index(name, "sku", unique=unique, **where, **options)

    return of(
        key(Integer),
        column("sku", sa.String(20)),
        column("active", sa.Boolean),
        column("amount", Integer),
        column("odd WHERE name", Integer),
        index,
    )


@pytest.mark.parametrize("predicate", PREDICATES)
def test_a_partial_index_is_made_changed_and_made_again(walk: Walk, predicate: str) -> None:
    walk.there_and_back(partial(None), partial(predicate))
    walk.there_and_back(partial(predicate), partial("amount > 99"))


@pytest.mark.parametrize("name", ["a USING b", "a WHERE (b", 'a "quoted" ON b USING c'])
def test_an_index_whose_name_has_the_words_of_its_definition(walk: Walk, name: str) -> None:
    walk.there_and_back(partial("active", name=name), partial("NOT active", name=name, unique=True))


def test_a_partial_index_with_every_other_clause(walk: Walk) -> None:
    options = {
        "postgresql_include": ["amount"],
        "postgresql_with": {"fillfactor": 70},
        "postgresql_ops": {"sku": "varchar_pattern_ops"},
        "postgresql_nulls_not_distinct": True,
    }
    walk.there_and_back(partial("active", unique=True, **options), partial(None))


@pytest.mark.parametrize("deferral", [{}, {"deferrable": True}, {"deferrable": True, "initially": "DEFERRED"}])
@pytest.mark.parametrize("predicate", [None, "active", "(amount > 1) AND active"])
def test_an_exclusion_constraint_with_a_predicate_and_a_deferral(
    walk: Walk, predicate: str | None, deferral: dict[str, Any]
) -> None:
    def exclusion() -> Any:
        where = None if predicate is None else sa.text(predicate)
        return postgresql.ExcludeConstraint(("r", "&&"), name="ex", where=where, **deferral)

    plain = (key(Integer), column("active", sa.Boolean), column("amount", Integer), column("r", postgresql.INT4RANGE))
    walk.there_and_back(of(*plain), of(*plain, exclusion))
    walk.there_and_back(of(*plain, exclusion), of(*plain))


def only_stays(metadata: MetaData) -> None:
    Table("stays", metadata, Column("id", Integer, primary_key=True))


def of_all_families(metadata: MetaData) -> None:
    """What has a ``"char"`` in its catalogue row, which asyncpg returns as bytes, or an array of names."""
    domain = postgresql.DOMAIN("positive", Integer, check=sa.text("VALUE > 0"))
    enum = postgresql.ENUM("sad", "happy", name="mood", metadata=metadata)
    sa.Sequence("numbers", metadata=metadata)
    only_stays(metadata)
    Table(
        "t",
        metadata,
        Column("id", Integer, Identity(), primary_key=True),
        Column("serial", Integer, nullable=False, unique=True),
        Column("mood", enum, server_default="sad"),
        Column("amount", domain),
        Column("doubled", Integer, sa.Computed("serial * 2", persisted=True)),
        Column("parent", Integer, sa.ForeignKey("t.id", name="parent_fkey")),
        Column("r", postgresql.INT4RANGE),
        sa.CheckConstraint("serial > 0", name="positive"),
        postgresql.ExcludeConstraint(("r", "&&"), name="ex"),
        sa.Index("ix", "serial", postgresql_where=sa.text("mood = 'sad'")),
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [(only_stays, of_all_families), (of_all_families, only_stays)],
    ids=["all families added", "all families dropped"],
)
def test_there_and_back_with_asyncpg(postgresql_url: str, before: Fill, after: Fill) -> None:
    async def walk() -> None:
        url = sa.make_url(postgresql_url).set(drivername="postgresql+asyncpg")
        engine = create_async_engine(url, poolclass=sa.NullPool)
        async with engine.connect() as connection:
            await connection.run_sync(lambda connection: Walk(connection).there_and_back(before, after))
            await connection.rollback()
        await engine.dispose()

    asyncio.run(walk())


CHECKS = {
    "an enum without a type": lambda: Column(
        "e", sa.Enum("a", "it's, (b)", native_enum=False, create_constraint=True, name="ck")
    ),
    "an enum of one value": lambda: Column("e", sa.Enum("a", native_enum=False, create_constraint=True, name="ck")),
    "a quoted column": lambda: Column('E "x"', sa.Enum("a", "b", native_enum=False, create_constraint=True, name="ck")),
    "not one of": lambda: Column(
        "e", sa.String(9), sa.CheckConstraint("e NOT IN ('a', 'b') OR e IN ('c', 'd')", name="ck")
    ),
    "a colon": lambda: Column("e", sa.String(9), sa.CheckConstraint("e IN ('a:b', 'c\\d') AND e <> 'x::y'", name="ck")),
}


@pytest.mark.parametrize("checked", CHECKS.values(), ids=CHECKS)
def test_a_check_is_spelled_in_the_downgrade_as_it_stood(walk: Walk, checked: Callable[[], Column[Any]]) -> None:
    """The words in which PostgreSQL shows ``IN`` make other words, once they are executed."""
    query = sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck'")
    walk.make(of(key(Integer), checked))
    before = walk.connection.execute(query).all()
    script = walk.script(of(key(Integer), lambda: Column(checked().name, sa.String(20))))
    walk.run(script.upgrade_ops)
    assert walk.connection.execute(query).all() == []
    walk.run(script.downgrade_ops)
    assert walk.connection.execute(query).all() == before


DEFINITIONS = {
    "orders": "INDEX {0} ON t (a DESC, b NULLS FIRST, id DESC NULLS LAST)",
    "operator class": "INDEX {0} ON t (b text_pattern_ops DESC, lower(b) varchar_pattern_ops)",
    "operator class of another schema": "INDEX {0} ON t USING gin (b other.gin_trgm_ops)",
    "operator class with a parameter": "INDEX {0} ON t USING gist (b other.gist_trgm_ops (siglen = 32))",
    "collations": """INDEX {0} ON t (b COLLATE "C", lower(b) COLLATE "POSIX", "Odd, (n)")""",
    "another default collation": """INDEX {0} ON t (c, (c || 'x'))""",
    "words in strings": """INDEX {0} ON t ((b || ') INCLUDE (a) WHERE (')) WHERE b <> ' WITH (a) USING "'""",
    "everything": 'UNIQUE INDEX {0} ON t (lower(b), (a + 1)) INCLUDE (id, "Odd, (n)") NULLS NOT DISTINCT'
    " WITH (fillfactor = 70, deduplicate_items = off) WHERE a > 0 AND b IN ('x', 'y')",
    "brin": "INDEX {0} ON t USING brin (a) WITH (pages_per_range = 4)",
    "exclusion": "CONSTRAINT {0} EXCLUDE USING gist (a WITH =, r WITH &&) WHERE (a > 0) DEFERRABLE",
    "exclusion of expressions": 'CONSTRAINT {0} EXCLUDE USING btree ((a + id) WITH =, lower(b) COLLATE "C" WITH =)'
    " DEFERRABLE INITIALLY DEFERRED",
    "exclusion by an operator class": "CONSTRAINT {0} EXCLUDE USING gist (b other.gist_trgm_ops (siglen = 16) WITH =)",
}


@pytest.mark.parametrize("name", ["ix", 'i x, (WHERE "q") USING btree'])
@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
def test_an_index_made_by_hand_comes_back_in_the_downgrade(walk: Walk, name: str, definition: str) -> None:
    execute, quoted = walk.connection.exec_driver_sql, name.replace('"', '""')
    execute("DROP SCHEMA IF EXISTS other CASCADE")
    execute("CREATE SCHEMA other")
    for extension in ("btree_gist", "pg_trgm"):
        execute(f"CREATE EXTENSION {extension} SCHEMA other")
    columns = ("a", Integer()), ("b", sa.Text()), ("c", sa.Text(collation="C")), ("r", postgresql.INT4RANGE())
    models = of(key(Integer), *[column(*each) for each in columns], column("Odd, (n)", Integer))
    walk.make(models)
    made = "ALTER TABLE t ADD" if definition.startswith("CONSTRAINT") else "CREATE"
    execute(f"{made} {definition}".format(f'"{quoted}"'))
    query = """SELECT pg_get_indexdef(indexrelid), pg_get_constraintdef(k.oid) FROM pg_index x
        LEFT JOIN pg_constraint k ON k.conindid = x.indexrelid
        WHERE x.indrelid = 't'::regclass AND NOT x.indisprimary"""
    before = execute(query).all()
    script = walk.script(models)
    walk.run(script.upgrade_ops)
    assert execute(query).all() == []
    walk.run(script.downgrade_ops)
    assert execute(query).all() == before


def test_a_table_with_a_type_that_sqlalchemy_has_no_class_of(walk: Walk) -> None:
    """The downgrade gives the column of a dropped table the type that it had, without a warning."""
    walk.make(of(key(Integer), column("p", Point())))
    with warnings.catch_warnings():
        warnings.simplefilter("error", sa.exc.SAWarning)
        script = walk.script(lambda m: Table("stays", m, Column("id", Integer, primary_key=True)))
    walk.run(script.upgrade_ops)
    assert "sa.Column('p', limbeck.types.SqlType('point'), " in walk.run(script.downgrade_ops)
    assert walk.diffs(of(key(Integer), column("p", Point()))) == []


def test_no_autoincrement_in_scripts(walk: Walk) -> None:
    """It has an effect on MySQL only, and a run elsewhere warns of it."""
    walk.make(of(key(Integer)))
    text = walk.run(walk.script(of(key(sa.BigInteger))).upgrade_ops)
    assert "alter_column('t', 'id'" in text
    assert "autoincrement" not in text


def test_sequences_of_a_type(walk: Walk) -> None:
    """Types of sequences are objects that do not compare equal; two of one class are no difference."""

    def fill(metadata: MetaData) -> None:
        sa.Sequence("s", metadata=metadata, data_type=sa.SmallInteger(), maxvalue=50)

    walk.make(fill)
    assert walk.diffs(fill) == []


def test_a_partition_key_cannot_be_changed(walk: Walk) -> None:
    """The difference is found; the script raises an error which says that the key cannot be changed."""
    walk.make(of(column("a", Integer), column("b", Integer), postgresql_partition_by="HASH (a)"))
    script = walk.script(of(column("a", Integer), column("b", Integer), postgresql_partition_by="HASH (b)"))
    with pytest.raises(AssertionError, match="cannot change how t is partitioned") as caught:
        walk.run(script.upgrade_ops)
    assert isinstance(caught.value.__cause__, CommandError)


def test_inherited_columns_and_checks_are_not_compared(walk: Walk) -> None:
    def fill(type_: Any) -> Fill:
        def of_both(metadata: MetaData) -> None:
            check = sa.CheckConstraint("n > 0", name="positive")
            Table("p", metadata, Column("id", Integer, primary_key=True), Column("n", type_), check)
            child = Table("c", metadata, Column("x", Integer), postgresql_inherits="p")
            child.add_is_dependent_on(metadata.tables["p"])

        return of_both

    walk.make(fill(Integer))
    assert walk.diffs(fill(Integer)) == []
    walk.there_and_back(fill(Integer), fill(sa.BigInteger))


def test_a_circle_of_tables_gives_no_warning(walk: Walk) -> None:
    """SQLAlchemy warns about its own order of tables; the script creates the key that closes the circle last."""

    def circle(metadata: MetaData) -> None:
        Table("a", metadata, Column("id", Integer, primary_key=True), Column("b", sa.ForeignKey("b.id")))
        Table("b", metadata, Column("id", Integer, primary_key=True), Column("a", sa.ForeignKey("a.id")))

    with warnings.catch_warnings():
        warnings.simplefilter("error", sa.exc.SAWarning)
        script = walk.script(circle)
    walk.run(script.upgrade_ops)
    assert walk.diffs(circle) == []


def test_an_enum_type_in_a_schema_that_is_not_compared(walk: Walk) -> None:
    """Without ``include_schemas`` a table of another schema counts as new, and the script creates what it needs."""

    def fill(metadata: MetaData) -> None:
        mood = sa.Enum("u", "v", name="mood", schema="far")
        Table("t", metadata, Column("m", mood), Column("n", postgresql.ARRAY(mood)), schema="far")

    walk.make(lambda _: None)
    walk.connection.exec_driver_sql("CREATE SCHEMA far")
    script = walk.script(fill)
    walk.run(script.upgrade_ops)
    walk.run(script.downgrade_ops)
    assert sa.inspect(walk.connection).get_enums(schema="far") == []


@pytest.mark.parametrize(
    ("after", "statements"),
    [
        (of(column("id", Integer, nullable=False)), ["ALTER TABLE t ALTER COLUMN id DROP IDENTITY"]),
        (
            of(column("id", Integer)),
            ["ALTER TABLE t ALTER COLUMN id DROP IDENTITY", "ALTER TABLE t ALTER COLUMN id DROP NOT NULL"],
        ),
        (of(column("id", Integer, Identity(always=True))), ["ALTER TABLE t ALTER COLUMN id SET GENERATED ALWAYS"]),
    ],
)
def test_a_change_of_an_identity_without_a_database(walk: Walk, after: Fill, statements: list[str]) -> None:
    """The script states the present identity, which only a database could tell otherwise."""
    walk.make(of(column("id", Integer, Identity())))
    text = walk.run(walk.script(after).upgrade_ops)
    written = io.StringIO()
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": written})
    run: dict[str, Any] = {}
    exec(text, run)  # noqa: S102 what was rendered is to be run
    run["run"](Operations(context), sa)
    assert [line.rstrip(";") for line in written.getvalue().splitlines() if line] == statements


def with_mood(values: list[str], *, default: str, check: str, where: str, schema: str | None = None) -> Fill:
    def fill(metadata: MetaData) -> None:
        mood = sa.Enum(*values, name="mood", schema=schema)
        Table(
            "t",
            metadata,
            Column("m", mood, server_default=default),
            Column("ms", postgresql.ARRAY(mood)),
            sa.CheckConstraint(check, name="right"),
            sa.Index("ix", "m", postgresql_where=sa.text(where)),
        )

    return fill


@pytest.mark.parametrize(
    "values", [pytest.param(["u", "v", "w"], id="added"), pytest.param(["w", "u"], id="replaced, and in another order")]
)
def test_a_new_value_of_an_enum_type_in_defaults_checks_and_indexes(walk: Walk, values: list[str]) -> None:
    """The scratch copy has the type as it will be; other sessions do not see that."""
    before = with_mood(["u", "v"], default="u", check="m <> 'u'", where="m = 'u'")
    after = with_mood(values, default="w", check="m <> 'w'", where="m IN ('u', 'w')")
    walk.make(before)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        script = walk.script(after)
    assert not any("modify_type" in str(diff) for diff in script.upgrade_ops.as_diffs())
    assert walk.connection.scalar(sa.text("SELECT enum_range(NULL::mood)::text")) == "{u,v}"
    walk.connection.commit()
    walk.run(script.upgrade_ops)
    walk.connection.commit()
    assert walk.diffs(after) == []
    walk.run(script.downgrade_ops)
    walk.connection.commit()
    assert walk.diffs(before) == []


def excluding(metadata: MetaData) -> None:
    Table(
        "t",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("a", Integer),
        postgresql.ExcludeConstraint(("a", "="), using="btree"),
    )


def with_bound_types(metadata: MetaData) -> None:
    """Types that `create_all` creates, and no column has."""
    of(key(Integer), column("a", Integer))(metadata)
    postgresql.ENUM("a", "b", name="lone", metadata=metadata)
    postgresql.DOMAIN("also", Integer, check="VALUE > 0", metadata=metadata)


def one_table(metadata: MetaData) -> None:
    Table("t", metadata, Column("id", Integer, primary_key=True), Column("a", Integer))


@pytest.mark.parametrize("back", [False, True], ids=["there", "back"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(one_table, excluding, id="an exclusion constraint without a name"),
        pytest.param(of(key(Integer), column("a", Integer)), with_bound_types, id="types bound to the MetaData"),
    ],
)
def test_what_has_no_name_or_no_column(walk: Walk, before: Fill, after: Fill, back: bool) -> None:
    """Both directions of the script run; the drop names the constraint as the database does."""
    walk.there_and_back(*((after, before) if back else (before, after)))


@pytest.mark.parametrize("text", [sa.Uuid(native_uuid=False), sa.CHAR(32), sa.String(32)], ids=repr)
def test_a_uuid_of_32_characters_has_no_hyphens(walk: Walk, text: Any) -> None:
    """As SQLAlchemy reads and writes it; back it has them."""
    value = UUID("0a1b2c3d-0000-4000-8000-00000000000f")
    native, as_text = of(key(Integer), column("u", sa.Uuid)), of(key(Integer), column("u", text))
    walk.make(native)
    walk.insert(native, {"t": [{"id": 1, "u": value}]})
    script = walk.script(as_text)
    found = []
    for ops in (script.upgrade_ops, script.downgrade_ops):
        walk.run(ops)
        found.append(walk.connection.exec_driver_sql("SELECT u FROM t").scalar_one())
    assert found == [value.hex, value]
    assert walk.diffs(native) == []
