"""The exact comparison of what PostgreSQL alone has: serials and identities, types without a class, inheritance."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Identity, Integer, MetaData, Table
from sqlalchemy.dialects import postgresql
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
