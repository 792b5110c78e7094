"""PostgreSQL's domains: created before what uses them, altered in place, dropped last, and the same in reverse."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, String, Table, TypeDecorator, text
from sqlalchemy.dialects.postgresql import ARRAY, DOMAIN, ENUM, ExcludeConstraint
from walking import Walk, empty, picture


def table(*types: Callable[[], Any], name: str = "t", **options: Any) -> Callable[[MetaData], Any]:
    """A model of one table with the columns ``a``, ``b``, ... of these types."""

    def fill(metadata: MetaData) -> None:
        columns = [Column(letter, type_(), **options) for letter, type_ in zip("abc", types, strict=False)]
        Table(name, metadata, Column("id", Integer, primary_key=True), *columns)

    return fill


def domain(type_: Any = Integer, name: str = "dom", **options: Any) -> Callable[[], DOMAIN]:
    return lambda: DOMAIN(name, type_, **options)


def with_checked_index(type_: Callable[[], Any], **options: Any) -> Callable[[MetaData], Any]:
    """A column with a check, indexes and a foreign key to it."""

    def fill(metadata: MetaData) -> None:
        shared = type_()
        parent = Table("p", metadata, Column("id", shared, primary_key=True))
        child = Table(
            "t",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("a", shared, sa.ForeignKey(parent.c.id), **options),
            sa.CheckConstraint("a > 0", name="positive"),
        )
        sa.Index("ix", sa.text("(a + 1)"), _table=child)

    return fill


def with_conditions(type_: Callable[[], Any], *tables: str) -> Callable[[MetaData], Any]:
    """Columns of one type, in the ``tables`` with conditions that the server writes with the types of the moment."""

    def fill(metadata: MetaData) -> None:
        for name in dict.fromkeys(("t", *tables)):
            made = Table(name, metadata, Column("id", Integer, primary_key=True), Column("a", type_()))
            if name in tables:
                listed = text("a NOT IN ('p', 'q')")
                made.append_constraint(sa.CheckConstraint(listed.text, name=f"listed_{name}"))
                made.append_constraint(ExcludeConstraint(("id", "="), using="btree", where=listed, name=f"ex_{name}"))
                sa.Index(f"ix_{name}", made.c.a, postgresql_where=listed)

    return fill


def plain() -> Any:
    return Integer()


POSITIVE = domain(check="VALUE > 0")
PAIRS: dict[str, tuple[Any, Any]] = {
    "added with its table": (table(plain), table(plain, POSITIVE)),
    "added to a column": (table(plain), table(POSITIVE)),
    "in an array": (table(lambda: ARRAY(Integer)), table(lambda: ARRAY(POSITIVE()))),
    "another one": (table(POSITIVE), table(domain(name="other", check="VALUE <> 9"))),
    "default": (table(domain()), table(domain(default=text("7")))),
    "default that is a value": (table(domain(String)), table(domain(String, default="it's :a 50%"))),
    "default changed": (table(domain(default=text("1 + 1"))), table(domain(default=text("7")))),
    "not null": (table(domain(default=text("1"))), table(domain(default=text("1"), not_null=True))),
    "check": (table(domain()), table(POSITIVE)),
    "check with a name": (table(domain()), table(domain(check="VALUE > 0", constraint_name="Pos"))),
    "check changed": (table(POSITIVE), table(domain(check="VALUE >= 0 AND VALUE <> 77"))),
    "check renamed": (
        table(domain(check="VALUE > 0", constraint_name="pos")),
        table(domain(check="VALUE > 0", constraint_name="Pos")),
    ),
    "check of a list": (table(domain(String)), table(domain(String, check="VALUE IN ('1', 'it''s', '50%', ':a')"))),
    "all of it": (
        table(domain(not_null=True, check="VALUE > 0")),
        table(domain(default=text("3"), check="VALUE < 100", constraint_name="c")),
    ),
    "collation": (table(domain(String)), table(domain(String, collation="C"))),
    "base type": (table(POSITIVE), table(domain(sa.BigInteger, check="VALUE > 0"))),
    "base type of another kind": (table(POSITIVE), table(domain(sa.Text, default="x"))),
    "base type in an array": (
        table(lambda: ARRAY(POSITIVE())),
        table(lambda: ARRAY(DOMAIN("dom", String(20), not_null=True))),
    ),
    "base type under a column's default": (
        table(domain(), server_default="5"),
        table(domain(String(7)), server_default="5"),
    ),
    "base type under keys, checks and indexes": (
        with_checked_index(POSITIVE),
        with_checked_index(domain(sa.BigInteger, check="VALUE > 0")),
    ),
    "base type under conditions that stay": (
        with_conditions(domain(String(15)), "t"),
        with_conditions(domain(sa.Text), "t"),
    ),
    "base type under conditions that go": (with_conditions(domain(String(15)), "t"), with_conditions(domain(sa.Text))),
    "base type under conditions of a table that goes": (
        with_conditions(domain(String(15)), "u"),
        with_conditions(domain(sa.Text)),
    ),
    "on a domain": (table(plain), table(domain(), domain(DOMAIN("dom", Integer), name="upper", check="VALUE > 0"))),
    "on an enum": (
        table(lambda: ENUM("u", "v", name="mood")),
        table(lambda: ENUM("u", "v", name="mood"), domain(ENUM("u", "v", name="mood"), check="VALUE <> 'v'")),
    ),
    "quoted": (table(plain), table(domain(name="Dom 1", check="VALUE > 0"))),
    "the default schema by its name": (table(POSITIVE), table(domain(schema="public", check="VALUE <> 9"))),
}


def said(walk: Walk, fill: Any) -> str:
    """The body of the upgrade."""
    return textwrap.dedent("\n".join(walk.run(walk.script(fill).upgrade_ops).splitlines()[3:-1]))


@pytest.fixture
def walk(postgresql_url: str) -> Iterator[Walk]:
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield Walk(connection)
        connection.rollback()


@pytest.mark.parametrize("back", [False, True], ids=["there", "back"])
@pytest.mark.parametrize("name", PAIRS)
def test_there_and_back(walk: Walk, name: str, back: bool) -> None:
    before, after = reversed(PAIRS[name]) if back else PAIRS[name]
    value = text("'{1}'" if "array" in name else "'u'" if "enum" in name else "'1'")
    walk.there_and_back(before, after, {"p": [{"id": 1}], "t": [{"id": n, "a": value} for n in (1, 2)]})


def test_an_unnamed_check_is_no_difference(walk: Walk) -> None:
    walk.make(table(domain(check="VALUE > 0", constraint_name="pos")))
    assert walk.diffs(table(POSITIVE)) == []


def test_each_change(walk: Walk) -> None:
    """A check is added after the changes of tables, since rows of dropped columns may not satisfy it."""
    walk.make(table(POSITIVE))
    stricter = domain(default=text("9"), not_null=True, check="VALUE > 5")
    assert (
        said(walk, table(stricter))
        == """\
op.alter_domain('dom', default=sa.text('9'), not_null=True, checks={'dom_check': 'VALUE > 5'}, \
existing={'default': None, 'not_null': False, 'checks': {'dom_check': 'VALUE > 0'}})"""
    )
    walk.make(table(POSITIVE, plain))
    assert (
        said(walk, table(stricter))
        == """\
op.alter_domain('dom', default=sa.text('9'), checks={'dom_check': None}, \
existing={'default': None, 'checks': {'dom_check': 'VALUE > 0'}})
op.drop_column('t', 'b')
op.alter_domain('dom', not_null=True, checks={'dom_check': 'VALUE > 5'}, \
existing={'not_null': False, 'checks': {'dom_check': None}})"""
    )


def test_rows_of_a_dropped_column_need_not_satisfy_a_new_check(walk: Walk) -> None:
    before = table(POSITIVE, POSITIVE)
    after = table(domain(check="VALUE > 5"))
    walk.there_and_back(before, after, {"t": [{"id": 1, "a": 7, "b": 1}]})


def test_several_checks_and_domains_of_other_schemas(walk: Walk) -> None:
    """The downgrade creates also what SQLAlchemy's `DOMAIN` cannot have."""
    walk.make(table(plain))
    walk.connection.exec_driver_sql(
        "CREATE DOMAIN dom AS varchar(5) COLLATE \"C\" DEFAULT 'x' CONSTRAINT one CHECK (VALUE <> 'y') "
        "CONSTRAINT two CHECK (length(VALUE) > 0)"
    )
    walk.connection.exec_driver_sql("CREATE TABLE u (a dom NOT NULL)")
    before = picture(walk.connection)
    script = walk.script(table(plain))
    walk.run(script.upgrade_ops)
    assert walk.diffs(table(plain)) == []
    walk.run(script.downgrade_ops)
    assert picture(walk.connection) == before


def test_a_domain_of_an_extension_or_with_create_type_false_is_not_compared(walk: Walk) -> None:
    """``create_type=False``: the models use the domain and do not create it; an extension creates its own."""
    walk.make(table(plain))
    walk.connection.exec_driver_sql("CREATE DOMAIN dom AS integer CHECK (VALUE > 3)")
    walk.connection.exec_driver_sql("ALTER TABLE t ADD b dom")
    assert walk.diffs(table(plain, domain(create_type=False))) == []


class Mood(TypeDecorator[str]):
    """A type of the application, which scripts render by its name."""

    impl = ENUM("u", "v", name="mood")
    cache_ok = True


class Positive(TypeDecorator[int]):
    impl = DOMAIN("dom", Integer, check="VALUE > 0")
    cache_ok = True


def test_types_of_the_application_are_based_on_enums_and_domains(walk: Walk) -> None:
    """The type below is created for them, and is not dropped as one that no model mentions."""
    walk.there_and_back(table(plain), table(Positive, Mood))
    walk.connection.rollback()
    walk.there_and_back(lambda _: None, table(Positive, Mood))


def test_in_two_schemas(walk: Walk) -> None:
    walk.options["include_schemas"] = True
    far = domain(schema="far", check="VALUE > 1")

    def fill(metadata: MetaData) -> None:
        table(POSITIVE)(metadata)
        Table("t", metadata, Column("a", far()), schema="far")

    empty(walk.connection)
    walk.connection.exec_driver_sql("CREATE SCHEMA far")
    script = walk.script(fill)
    assert [diff[:3] for diff in script.upgrade_ops.as_diffs()[:2]] == [
        ("add_domain", None, "dom"),
        ("add_domain", "far", "dom"),
    ]
    walk.run(script.upgrade_ops)
    assert walk.diffs(fill) == []
    walk.run(script.downgrade_ops)
    assert "domain" not in str(walk.diffs(lambda _: None))


def test_a_warning_names_a_domain_that_the_database_refuses(walk: Walk) -> None:
    walk.make(table(domain()))
    with pytest.warns(UserWarning, match=r"Not compared: domain dom \(function no_such"):
        assert walk.diffs(table(domain(check="no_such(VALUE)"))) == []


def test_no_scratch_domain_remains(walk: Walk) -> None:
    walk.make(table(POSITIVE))
    walk.connection.commit()
    walk.diffs(table(domain(sa.Text), domain(name="other")))
    found = walk.connection.exec_driver_sql("SELECT typname FROM pg_type WHERE typtype = 'd' AND typnamespace <> 11")
    assert [name for (name,) in found if name in ("dom", "other")] == ["dom"]
    walk.connection.rollback()
    empty(walk.connection)
    walk.connection.commit()
