"""Pairs of models for differential tests: what a database is created from, and what it is compared with.

A pair is a function that fills two MetaData; it imports nothing but SQLAlchemy, since the reference's process reads
this file too. `only` names the backends that it is for, `options` are those of `configure()`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Enum,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import mysql, postgresql

ALL = ("sqlite", "postgresql", "mysql")


@dataclass
class Pair:
    """Two models, as functions that fill a MetaData."""

    name: str
    before: Callable[[MetaData], None]
    after: Callable[[MetaData], None]
    only: tuple[str, ...] = ALL
    options: dict[str, Any] = field(default_factory=dict)
    convention: dict[str, str] | None = None


PAIRS: dict[str, Pair] = {}


def pair(only: tuple[str, ...] = ALL, convention: dict[str, str] | None = None, **options: Any) -> Any:
    """Register the pair that a function returns: (before, after)."""

    def register(function: Callable[[], tuple[Any, Any]]) -> Any:
        before, after = function()
        PAIRS[function.__name__] = Pair(function.__name__, before, after, only, options, convention)
        return function

    return register


CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def nothing(m: MetaData) -> None:
    """No tables."""


def items(m: MetaData, *columns: Any, **kw: Any) -> Table:
    """A table with a key and ``columns``."""
    return Table("item", m, Column("id", Integer, primary_key=True), *columns, **kw)


@pair()
def many_types():
    def after(m):
        items(
            m,
            Column("a", Integer, nullable=False),
            Column("b", String(20)),
            Column("c", Text),
            Column("d", Numeric(10, 2)),
            Column("e", Float),
            Column("f", Boolean),
            Column("g", Date),
            Column("h", DateTime),
            Column("i", sa.Time),
            Column("j", LargeBinary),
            Column("k", sa.JSON),
            Column("l", sa.BigInteger),
            Column("m", sa.SmallInteger),
            Column("n", sa.Uuid),
            Column("o", sa.Interval),
            Column("p", sa.CHAR(3)),
            Column("q", sa.Unicode(7)),
            Column("r", sa.Double),
            Column("s", sa.DateTime(timezone=True)),
            Column("t", Enum("x", "y", name="kind", native_enum=False, create_constraint=True, length=5)),
            Column("u", sa.TIMESTAMP(timezone=True), server_default=sa.func.now()),
        )

    return nothing, after


@pair()
def many_types_removed():
    return PAIRS["many_types"].after, nothing


@pair()
def many_types_unchanged():
    return PAIRS["many_types"].after, PAIRS["many_types"].after


@pair()
def columns_added_and_removed():
    def before(m):
        items(m, Column("a", Integer), Column("b", String(5)), Column("z", Text, nullable=False), Column("y", Text))

    def after(m):
        items(m, Column("b", String(5)), Column("c", String(12), server_default="x", nullable=False), Column("d", Text))

    return before, after


@pair()
def nullability():
    def before(m):
        items(m, Column("a", Integer), Column("b", String(5), nullable=False, server_default="q"))

    def after(m):
        items(m, Column("a", Integer, nullable=False), Column("b", String(5), nullable=True, server_default="q"))

    return before, after


@pair()
def types_changed():
    def before(m):
        items(m, Column("a", Integer), Column("b", String(10)), Column("c", Numeric(5, 2)), Column("d", String(5)))

    def after(m):
        items(m, Column("a", String(4)), Column("b", String(20)), Column("c", Numeric(8, 3)), Column("d", Text))

    return before, after


@pair()
def types_near():
    def before(m):
        items(m, Column("a", String(10)), Column("b", Numeric(10, 2)), Column("c", Float), Column("d", Integer))

    def after(m):
        items(
            m,
            Column("a", sa.Unicode(10)),
            Column("b", sa.DECIMAL(10, 2)),
            Column("c", sa.REAL),
            Column("d", sa.BigInteger),
        )

    return before, after


@pair(compare_type=False)
def types_not_compared():
    return PAIRS["types_changed"].before, PAIRS["types_changed"].after


@pair(compare_server_default=True)
def defaults_changed():
    def before(m):
        items(
            m,
            Column("a", Integer, server_default="1"),
            Column("b", String(10), server_default="old"),
            Column("c", String(10), server_default="gone"),
            Column("d", String(10)),
            Column("e", DateTime, server_default=sa.func.now()),
            Column("f", Integer, server_default=text("7")),
        )

    def after(m):
        items(
            m,
            Column("a", Integer, server_default="2"),
            Column("b", String(10), server_default="new"),
            Column("c", String(10)),
            Column("d", String(10), server_default="come"),
            Column("e", DateTime, server_default=sa.func.now()),
            Column("f", Integer, server_default=text("7")),
        )

    return before, after


@pair()
def defaults_not_compared():
    return PAIRS["defaults_changed"].before, PAIRS["defaults_changed"].after


@pair()
def nullable_with_default():
    def before(m):
        items(m, Column("a", String(10), server_default="old"), Column("b", Integer, server_default=text("3")))

    def after(m):
        items(m, Column("a", String(10), server_default="old", nullable=False), Column("b", Integer, nullable=False))

    return before, after


@pair()
def indexes():
    def before(m):
        t = items(m, Column("a", Integer), Column("b", Integer), Column("c", String(10), index=True))
        Index("ix_gone", t.c.a)
        Index("ix_changed", t.c.a)
        Index("ix_uniqued", t.c.b)
        Index("ix_same", t.c.a, t.c.b)

    def after(m):
        t = items(m, Column("a", Integer, index=True), Column("b", Integer, unique=True), Column("c", String(10)))
        Index("ix_new", t.c.a, t.c.c)
        Index("ix_changed", t.c.b, t.c.a)
        Index("ix_uniqued", t.c.b, unique=True)
        Index("ix_same", t.c.a, t.c.b)

    return before, after


@pair(only=("mysql",))
def indexes_named_as_columns():
    """MariaDB names the index of a foreign key like its column: an index of that name may be one that it created."""

    def before(m):
        t = items(m, Column("a", Integer), Column("b", Integer), Column("c", Integer))
        Index("a", t.c.a), Index("b", t.c.a, t.c.b), Index("other", t.c.b), Index("c", t.c.a)

    def after(m):
        t = items(m, Column("a", Integer), Column("b", Integer), Column("c", Integer))
        Index("a", t.c.a, t.c.c), Index("other", t.c.b)

    return before, after


@pair(only=("mysql",))
def indexes_named_as_columns_added():
    def before(m):
        items(m, Column("a", Integer), Column("b", Integer), Column("c", Integer))

    return before, PAIRS["indexes_named_as_columns"].before


@pair()
def index_order():
    def before(m):
        t = items(m, Column("a", Integer), Column("b", Integer))
        Index("ix_ab", t.c.a, t.c.b)

    def after(m):
        t = items(m, Column("a", Integer), Column("b", Integer))
        Index("ix_ab", t.c.b, t.c.a)

    return before, after


@pair(only=("postgresql",))
def index_expressions():
    def before(m):
        t = items(m, Column("a", String(10)), Column("b", Integer))
        Index("ix_lower", sa.func.lower(t.c.a))
        Index("ix_desc", t.c.b.desc())
        Index("ix_change", sa.func.lower(t.c.a))
        Index("ix_where", t.c.b, postgresql_where=t.c.b > 5)

    def after(m):
        t = items(m, Column("a", String(10)), Column("b", Integer))
        Index("ix_lower", sa.func.lower(t.c.a))
        Index("ix_desc", t.c.b.desc())
        Index("ix_change", sa.func.upper(t.c.a))
        Index("ix_where", t.c.b, postgresql_where=t.c.b > 6)
        Index("ix_new", text("lower(a)"), t.c.b.desc(), unique=True, postgresql_where=text("b > 1"))

    return before, after


@pair(only=("postgresql",))
def index_expressions_new_table():
    return nothing, PAIRS["index_expressions"].after


@pair(only=("postgresql",))
def index_expressions_removed_table():
    return PAIRS["index_expressions"].after, nothing


@pair()
def uniques():
    def before(m):
        items(
            m,
            Column("a", Integer),
            Column("b", Integer),
            Column("c", Integer),
            UniqueConstraint("a", name="uq_gone"),
            UniqueConstraint("a", "b", name="uq_changed"),
            UniqueConstraint("c", "b", name="uq_same"),
        )

    def after(m):
        items(
            m,
            Column("a", Integer),
            Column("b", Integer),
            Column("c", Integer),
            UniqueConstraint("c", name="uq_new"),
            UniqueConstraint("a", "c", name="uq_changed"),
            UniqueConstraint("b", "c", name="uq_same"),
        )

    return before, after


@pair()
def uniques_unnamed():
    def before(m):
        items(m, Column("a", Integer, unique=True), Column("b", Integer), Column("c", Integer, unique=True))

    def after(m):
        items(m, Column("a", Integer, unique=True), Column("b", Integer, unique=True), Column("c", Integer))

    return before, after


@pair()
def unique_becomes_index():
    def before(m):
        items(m, Column("a", Integer), UniqueConstraint("a", name="one"))

    def after(m):
        t = items(m, Column("a", Integer))
        Index("one", t.c.a, unique=True)

    return before, after


@pair()
def index_becomes_unique():
    return PAIRS["unique_becomes_index"].after, PAIRS["unique_becomes_index"].before


@pair(convention=CONVENTION)
def convention_new_tables():
    def after(m):
        items(
            m,
            Column("a", Integer, index=True),
            Column("b", Integer, unique=True),
            Column("c", Integer, ForeignKey("item.id")),
            CheckConstraint("a > 5", name="big"),
        )

    return nothing, after


@pair(convention=CONVENTION)
def convention_changes():
    def before(m):
        items(m, Column("a", Integer, index=True), Column("b", Integer), Column("c", Integer, ForeignKey("item.id")))

    def after(m):
        items(m, Column("a", Integer), Column("b", Integer, unique=True, index=True), Column("c", Integer))

    return before, after


@pair(convention=CONVENTION)
def convention_removed():
    return PAIRS["convention_new_tables"].after, nothing


@pair()
def foreign_keys_new_tables():
    def after(m):
        Table(
            "parent",
            m,
            Column("id", Integer, primary_key=True),
            Column("x", Integer),
            Column("y", Integer),
            UniqueConstraint("x", "y", name="uq_xy"),
        )
        Table(
            "child",
            m,
            Column("id", Integer, primary_key=True),
            Column("parent_id", Integer, ForeignKey("parent.id", ondelete="CASCADE", onupdate="CASCADE")),
            Column("x", Integer),
            Column("y", Integer),
            Column("me", Integer, ForeignKey("child.id", name="fk_me")),
            ForeignKeyConstraint(["x", "y"], ["parent.x", "parent.y"], name="fk_xy"),
        )

    return nothing, after


@pair()
def foreign_keys_removed_tables():
    return PAIRS["foreign_keys_new_tables"].after, nothing


@pair()
def foreign_keys_unchanged():
    return PAIRS["foreign_keys_new_tables"].after, PAIRS["foreign_keys_new_tables"].after


def family(m, *constraints, **kw):
    Table("parent", m, Column("id", Integer, primary_key=True))
    Table("other", m, Column("id", Integer, primary_key=True))
    Table("child", m, Column("id", Integer, primary_key=True), Column("p", Integer), Column("o", Integer), *constraints)


@pair()
def foreign_keys_changed():
    def before(m):
        family(
            m,
            ForeignKeyConstraint(["p"], ["parent.id"], name="fk_p"),
            ForeignKeyConstraint(["o"], ["other.id"], name="fk_o"),
        )

    def after(m):
        family(
            m,
            ForeignKeyConstraint(["p"], ["parent.id"], name="fk_p", ondelete="CASCADE"),
            ForeignKeyConstraint(["o"], ["parent.id"], name="fk_o"),
        )

    return before, after


@pair()
def foreign_keys_added():
    def before(m):
        family(m)

    def after(m):
        family(
            m,
            ForeignKeyConstraint(["p"], ["parent.id"], name="fk_p", ondelete="SET NULL"),
            ForeignKeyConstraint(["o"], ["other.id"]),
        )

    return before, after


@pair()
def foreign_keys_removed():
    return PAIRS["foreign_keys_changed"].before, PAIRS["foreign_keys_added"].before


@pair(only=("postgresql",))
def foreign_keys_deferrable():
    def before(m):
        family(m, ForeignKeyConstraint(["p"], ["parent.id"], name="fk_p"))

    def after(m):
        family(m, ForeignKeyConstraint(["p"], ["parent.id"], name="fk_p", deferrable=True, initially="DEFERRED"))

    return before, after


@pair(only=("postgresql",))
def foreign_keys_deferrable_new():
    return nothing, PAIRS["foreign_keys_deferrable"].after


@pair()
def column_with_foreign_key():
    def before(m):
        Table("parent", m, Column("id", Integer, primary_key=True))
        items(m)

    def after(m):
        Table("parent", m, Column("id", Integer, primary_key=True))
        items(m, Column("parent_id", Integer, ForeignKey("parent.id", name="fk_item_parent"), index=True))

    return before, after


@pair()
def column_with_foreign_key_removed():
    return PAIRS["column_with_foreign_key"].after, PAIRS["column_with_foreign_key"].before


@pair(only=("postgresql", "mysql"))
def comments():
    def before(m):
        items(
            m,
            Column("a", Integer, comment="old"),
            Column("b", Integer, comment="gone"),
            Column("c", Integer),
            comment="table",
        )
        Table("second", m, Column("id", Integer, primary_key=True), comment="gone")
        Table("third", m, Column("id", Integer, primary_key=True))

    def after(m):
        items(
            m,
            Column("a", Integer, comment="new"),
            Column("b", Integer),
            Column("c", Integer, comment="it's"),
            comment="tabel",
        )
        Table("second", m, Column("id", Integer, primary_key=True))
        Table("third", m, Column("id", Integer, primary_key=True), comment="come")

    return before, after


@pair(only=("postgresql", "mysql"))
def comments_new_table():
    return nothing, PAIRS["comments"].after


@pair(only=("postgresql", "mysql"))
def empty_comments():
    def after(m):
        items(m, Column("a", Integer, comment=""))

    return nothing, after


@pair(only=("sqlite",))
def index_on_a_bare_column_descending():
    def after(m):
        items(m, Column("a", Integer), Index("ix_bare", sa.column("a").desc(), "a"))

    return nothing, after


@pair(only=("sqlite", "postgresql"))
def checks_new_table():
    def after(m):
        items(
            m,
            Column("a", Integer, CheckConstraint("a > 1", name="ck_a")),
            Column("b", Boolean(create_constraint=True, name="ck_b")),
            CheckConstraint("a < 100"),
            CheckConstraint(sa.column("a") > 5, name="ck_expr"),
        )

    return nothing, after


@pair(only=("sqlite", "postgresql"))
def checks_removed_table():
    return PAIRS["checks_new_table"].after, nothing


@pair()
def table_checks():
    def after(m):
        items(m, Column("a", Integer), CheckConstraint("a < 100", name="ck_a"), CheckConstraint("a > 1"))

    return nothing, after


@pair()
def table_checks_removed():
    return PAIRS["table_checks"].after, nothing


@pair()
def checks_not_seen():
    def before(m):
        items(m, Column("a", Integer), CheckConstraint("a < 100", name="ck"))

    def after(m):
        items(m, Column("a", Integer), CheckConstraint("a < 200", name="ck"), CheckConstraint("a > 0", name="ck2"))

    return before, after


@pair(autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"])
def checks_by_name():
    def before(m):
        items(m, Column("a", Integer), CheckConstraint("a < 100", name="ck"), CheckConstraint("a < 9", name="gone"))

    def after(m):
        items(m, Column("a", Integer), CheckConstraint("a < 200", name="ck"), CheckConstraint("a > 0", name="ck2"))

    return before, after


@pair(autogenerate_plugins=["alembic.autogenerate.*", "~alembic.autogenerate.types"])
def without_types():
    def before(m):
        items(m, Column("a", Integer), Column("b", Integer))

    def after(m):
        items(m, Column("a", String(10)), Column("b", Integer, nullable=False), Column("c", Integer))

    return before, after


@pair(autogenerate_plugins=["alembic.autogenerate.*", "~alembic.autogenerate.tables"])
def without_tables():
    return PAIRS["without_types"].before, PAIRS["without_types"].after


@pair(autogenerate_plugins=["alembic.autogenerate.*", "~alembic.autogenerate.constraints"])
def without_constraints():
    return PAIRS["foreign_keys_changed"].before, PAIRS["indexes"].after


@pair(compare_server_default=True, only=("postgresql",))
def identities():
    def before(m):
        items(m, Column("a", Integer, Identity()), Column("b", Integer), Column("c", Integer, nullable=False))

    def after(m):
        items(
            m,
            Column("a", Integer, Identity(always=True, start=5)),
            Column("b", Integer),
            Column("c", Integer, Identity()),
        )

    return before, after


@pair(compare_server_default=True, only=("postgresql",))
def identities_removed():
    return PAIRS["identities"].after, PAIRS["identities"].before


@pair(only=("postgresql",))
def identities_new():
    return nothing, PAIRS["identities"].after


@pair(compare_server_default=True)
def computed():
    def before(m):
        items(m, Column("a", Integer), Column("b", Integer, Computed("a + 1", persisted=True)))

    def after(m):
        items(m, Column("a", Integer), Column("b", Integer, Computed("a + 2", persisted=True)))

    return before, after


@pair(only=("postgresql",))
def nullability_of_generated_columns():
    def before(m):
        items(
            m,
            Column("a", Integer, nullable=False),
            Column("b", Integer, Computed("a + 1", persisted=True), nullable=False),
            Column("c", Integer, Computed("a + 2", persisted=True)),
            Column("d", Integer, Identity()),
        )

    def after(m):
        items(
            m,
            Column("a", Integer, nullable=False),
            Column("b", Integer, Computed("a + 1", persisted=True)),
            Column("c", Integer, Computed("a + 2", persisted=True), nullable=False),
            Column("d", Integer, Identity(), nullable=True),
        )

    return before, after


@pair()
def computed_new():
    def after(m):
        items(m, Column("a", Integer), Column("b", Integer, Computed("a + 2", persisted=True)))

    return nothing, after


@pair()
def computed_added():
    def before(m):
        items(m, Column("a", Integer))

    def after(m):
        items(m, Column("a", Integer), Column("b", Integer, Computed("a + 2")))

    return before, after


@pair(only=("postgresql",))
def postgresql_types():
    def after(m):
        items(
            m,
            Column("a", postgresql.ARRAY(Integer)),
            Column("b", postgresql.JSONB),
            Column("c", postgresql.UUID),
            Column("d", postgresql.INET),
            Column("e", Enum("x", "y", name="kind")),
            Column("f", postgresql.ENUM("x", "y", name="kind2")),
            Column("g", postgresql.TSVECTOR),
            Column("h", postgresql.HSTORE),
            Column("i", sa.ARRAY(String(10))),
            Column("j", postgresql.BIT(5)),
            Column("k", postgresql.INTERVAL(precision=3)),
            Column("l", postgresql.DOUBLE_PRECISION),
            Column("m", postgresql.INT4RANGE),
            Column("n", String(10).with_variant(postgresql.CITEXT, "postgresql").with_variant(mysql.TEXT(), "mysql")),
            Column("o", postgresql.TIMESTAMP(precision=3)),
            Column("p", sa.JSON().with_variant(postgresql.JSONB(), "postgresql")),
            Column("q", postgresql.DOMAIN("posint", Integer, check="VALUE > 0")),
        )

    def nothing_but_extensions(m):
        sa.event.listen(m, "before_create", sa.DDL("CREATE EXTENSION IF NOT EXISTS hstore"))
        sa.event.listen(m, "before_create", sa.DDL("CREATE EXTENSION IF NOT EXISTS citext"))

    def with_extensions(m):
        nothing_but_extensions(m)
        after(m)

    return nothing_but_extensions, with_extensions


@pair(only=("postgresql",))
def postgresql_types_unchanged():
    return PAIRS["postgresql_types"].after, PAIRS["postgresql_types"].after


@pair(only=("postgresql",))
def postgresql_types_removed():
    return PAIRS["postgresql_types"].after, nothing


@pair(only=("postgresql",))
def postgresql_options():
    def after(m):
        t = items(
            m,
            Column("a", Integer),
            Column("b", postgresql.INT4RANGE),
            UniqueConstraint("a", name="uq_a", deferrable=True, initially="DEFERRED"),
            UniqueConstraint("b", name="uq_b", postgresql_nulls_not_distinct=True),
            postgresql.ExcludeConstraint(("b", "&&"), name="ex_b"),
            postgresql_tablespace="pg_default",
            info={"key": "value"},
        )
        Index("ix_b", t.c.b, postgresql_using="gist")
        Index("ix_a", t.c.a, postgresql_include=["b"], postgresql_ops={"a": "int4_ops"})

    return nothing, after


@pair(only=("postgresql",))
def postgresql_options_removed():
    return PAIRS["postgresql_options"].after, nothing


@pair(only=("postgresql",))
def postgresql_unlogged():
    def after(m):
        items(m, Column("a", Integer), prefixes=["UNLOGGED"])

    return nothing, after


@pair(only=("mysql",))
def mysql_types():
    def after(m):
        items(
            m,
            Column("a", mysql.TINYINT(1)),
            Column("b", mysql.INTEGER(unsigned=True)),
            Column("c", mysql.VARCHAR(20, charset="latin1", collation="latin1_german2_ci")),
            Column("d", mysql.ENUM("x", "y")),
            Column("e", mysql.SET("x", "y")),
            Column("f", mysql.LONGTEXT),
            Column("g", mysql.YEAR),
            Column("h", mysql.BIT(5)),
            Column("i", mysql.DATETIME(fsp=3)),
            Column("j", Enum("x", "y", name="kind")),
            Column("k", mysql.DOUBLE(asdecimal=True)),
            mysql_engine="InnoDB",
            mysql_charset="utf8mb4",
        )

    return nothing, after


@pair(only=("mysql",))
def mysql_types_unchanged():
    return PAIRS["mysql_types"].after, PAIRS["mysql_types"].after


@pair(only=("mysql",))
def mysql_types_removed():
    return PAIRS["mysql_types"].after, nothing


@pair(only=("mysql",))
def mysql_enum_changed():
    def before(m):
        items(
            m,
            Column("a", mysql.ENUM("x", "y")),
            Column("b", mysql.ENUM("x", "y")),
            Column("c", mysql.VARCHAR(5, charset="latin1")),
        )

    def after(m):
        items(
            m,
            Column("a", mysql.ENUM("x", "y", "z")),
            Column("b", mysql.ENUM("y", "x")),
            Column("c", mysql.VARCHAR(5, charset="utf8mb4")),
        )

    return before, after


@pair(only=("mysql",), compare_server_default=True)
def mysql_defaults():
    def before(m):
        items(
            m,
            Column("a", Integer, server_default="1"),
            Column("b", DateTime, server_default=text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP")),
            Column("c", sa.TIMESTAMP, server_default=sa.func.current_timestamp()),
            Column("d", Float, server_default="1.5"),
        )

    def after(m):
        items(
            m,
            Column("a", Integer, server_default=text("1")),
            Column("b", DateTime, server_default=text("CURRENT_TIMESTAMP")),
            Column("c", sa.TIMESTAMP, server_default=sa.func.current_timestamp()),
            Column("d", Float, server_default="2.5"),
        )

    return before, after


@pair(only=("mysql",))
def mysql_autoincrement_altered():
    def before(m):
        Table("item", m, Column("id", Integer, primary_key=True), Column("x", Integer, nullable=False))

    def after(m):
        Table("item", m, Column("id", sa.BigInteger, primary_key=True, autoincrement=True), Column("x", Integer))

    return before, after


@pair(only=("mysql",))
def mysql_index_length():
    def before(m):
        items(m, Column("a", Text))

    def after(m):
        t = items(m, Column("a", Text))
        Index("ix_a", t.c.a, mysql_length=10)

    return before, after


@pair()
def several_tables():
    def before(m):
        for name in ("alpha", "beta", "gamma"):
            Table(name, m, Column("id", Integer, primary_key=True), Column("x", Integer, index=True))

    def after(m):
        for name in ("gamma", "delta", "epsilon"):
            Table(name, m, Column("id", Integer, primary_key=True), Column("x", String(10), unique=True))

    return before, after


@pair(render_as_batch=True)
def batch_everything():
    return PAIRS["indexes"].before, PAIRS["indexes"].after


@pair(render_as_batch=True)
def batch_foreign_keys():
    return PAIRS["foreign_keys_changed"].before, PAIRS["foreign_keys_changed"].after


@pair(render_as_batch=True, convention=CONVENTION)
def batch_convention():
    return PAIRS["convention_changes"].before, PAIRS["convention_changes"].after


@pair(render_as_batch=True)
def batch_new_and_removed():
    return PAIRS["foreign_keys_new_tables"].after, PAIRS["several_tables"].before


@pair(render_as_batch=True)
def batch_columns():
    return PAIRS["columns_added_and_removed"].before, PAIRS["nullability"].after


@pair(render_as_batch=True, only=("postgresql", "mysql"))
def batch_comments():
    return PAIRS["comments"].before, PAIRS["comments"].after


@pair(sqlalchemy_module_prefix="sqlalchemy.", alembic_module_prefix="migrate.")
def prefixes():
    return PAIRS["indexes"].before, PAIRS["indexes"].after


@pair(upgrade_token="ups", downgrade_token="downs")  # noqa: S106 names in a template
def tokens():
    return nothing, PAIRS["indexes"].after


@pair(only=("postgresql",), include_schemas=True)
def schemas_added():
    def before(m):
        sa.event.listen(m, "before_create", sa.DDL("CREATE SCHEMA IF NOT EXISTS far"))

    def after(m):
        before(m)
        Table("near", m, Column("id", Integer, primary_key=True))
        Table(
            "item",
            m,
            Column("id", Integer, primary_key=True),
            Column("x", Integer, ForeignKey("far.item.id")),
            Column("y", Integer, ForeignKey("near.id")),
            schema="far",
        )

    return before, after


@pair(only=("postgresql",), include_schemas=True)
def schemas_removed():
    return PAIRS["schemas_added"].after, PAIRS["schemas_added"].before


@pair(only=("postgresql",), include_schemas=True)
def schemas_changed():
    def after(m):
        PAIRS["schemas_added"].before(m)
        Table("near", m, Column("id", Integer, primary_key=True))
        Table(
            "item",
            m,
            Column("id", Integer, primary_key=True),
            Column("x", String(10), nullable=False, comment="x", index=True),
            Column("y", Integer, ForeignKey("near.id", ondelete="CASCADE"), unique=True),
            schema="far",
            comment="t",
        )

    return PAIRS["schemas_added"].after, after


@pair(only=("postgresql",), include_schemas=True)
def schemas_columns():
    def after(m):
        PAIRS["schemas_added"].before(m)
        Table("near", m, Column("id", Integer, primary_key=True))
        Table(
            "item",
            m,
            Column("id", Integer, primary_key=True),
            Column("z", Integer, unique=True, index=True),
            Column("x", Integer, ForeignKey("near.id")),
            schema="far",
        )

    return PAIRS["schemas_added"].after, after


@pair(only=("postgresql",), include_schemas=True)
def schemas_more():
    def before(m):
        PAIRS["schemas_added"].before(m)
        t = Table(
            "item",
            m,
            Column("id", Integer, primary_key=True),
            Column("x", Integer, unique=True),
            schema="far",
            comment="c",
        )
        Index("ix_x", t.c.x)

    def after(m):
        PAIRS["schemas_added"].before(m)
        t = Table("item", m, Column("id", Integer, primary_key=True), Column("x", Integer), schema="far")
        Index("ix_x", t.c.x, unique=True)

    return before, after


@pair(only=("postgresql",), include_schemas=True, render_as_batch=True)
def schemas_batch():
    return PAIRS["schemas_more"].before, PAIRS["schemas_more"].after


@pair(only=("postgresql",))
def default_schema_named():
    def model(m):
        Table("item", m, Column("id", Integer, primary_key=True), Column("a", Integer), schema="public")

    def after(m):
        Table(
            "item",
            m,
            Column("id", Integer, primary_key=True),
            Column("a", Integer, nullable=False),
            Column("b", Integer),
            schema="public",
        )

    return model, after


@pair()
def quoted_names():
    def before(m):
        Table(
            "Order Line",
            m,
            Column("Id", Integer, primary_key=True),
            Column("select", Integer),
            Column("drop me", Integer),
        )

    def after(m):
        Table(
            "Order Line",
            m,
            Column("Id", Integer, primary_key=True),
            Column("select", Integer, nullable=False, index=True),
            Column('it"s', Integer),
        )

    return before, after


@pair()
def percent():
    def after(m):
        items(
            m,
            Column("a", String(10), server_default="50%"),
            Column("b", Integer),
            CheckConstraint("b % 2 = 0", name="ck_even"),
        )

    return nothing, after


@pair()
def server_defaults_new():
    def after(m):
        items(
            m,
            Column("a", String(10), server_default="it's"),
            Column("b", Integer, server_default="5"),
            Column("c", Integer, server_default=text("5")),
            Column("d", Boolean, server_default=sa.true()),
            Column("e", DateTime, server_default=sa.func.now()),
            Column("f", String(30), server_default=sa.literal("x")),
            Column("g", Integer, server_default=sa.FetchedValue()),
            Column("h", String(30), server_default=""),
        )

    return nothing, after


@pair()
def primary_keys():
    def after(m):
        Table("two", m, Column("a", Integer), Column("b", Integer), PrimaryKeyConstraint("b", "a", name="pk_two"))
        Table("none", m, Column("a", Integer), Column("b", Integer))
        Table("noauto", m, Column("a", Integer, primary_key=True, autoincrement=False), Column("b", Integer))
        Table("text", m, Column("a", String(10), primary_key=True), Column("b", Integer, key="other"))

    return nothing, after


@pair()
def primary_keys_removed():
    return PAIRS["primary_keys"].after, nothing


@pair(only=("sqlite",))
def sqlite_options():
    def after(m):
        items(
            m,
            Column("a", Integer, sqlite_on_conflict_not_null="FAIL", nullable=False),
            sqlite_with_rowid=True,
            sqlite_autoincrement=True,
        )

    return nothing, after


class Upper(sa.types.TypeDecorator):
    """A type of an application."""

    impl = String
    cache_ok = True


@pair()
def user_types():
    def after(m):
        items(m, Column("a", Upper(30)), Column("b", Upper))

    return nothing, after


@pair(user_module_prefix="mine.")
def user_types_prefixed():
    return nothing, PAIRS["user_types"].after
