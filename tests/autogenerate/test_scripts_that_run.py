"""Every script runs: the upgrade ends with exactly the models, the downgrade with exactly the former schema and rows.

Each row is a pair of models. On each backend where it applies the first is created, filled, and compared with the
second; the script is rendered, its ``upgrade()`` run and the catalogue compared with that of the second created afresh;
then ``downgrade()``, and the catalogue and the rows compared with those of before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from running import Database, Fill, nothing, tables
from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Sequence,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import mysql, postgresql

SERVERS = ("postgresql", "mariadb")
EVERYWHERE = ("sqlite", *SERVERS)
MODES: dict[str, dict[str, Any]] = {
    "reference": {},
    "edition": {"edition": 2026, "compare": "exact"},
    "classic": {"edition": 2026, "compare": "classic"},
}


@dataclass
class Row:
    """A pair of models, and statements that fill the first.

    :param on: backends, or backend and mode (``"mariadb edition"``) where it is not as the reference and in an edition.
    """

    pair: Callable[[], tuple[Any, ...]]
    on: tuple[str, ...]


ROWS: dict[str, Row] = {}


def row(*on: str) -> Any:
    def register(pair: Callable[[], tuple[Any, ...]]) -> Any:
        ROWS[pair.__name__] = Row(pair, on or EVERYWHERE)
        return pair

    return register


def cases() -> Iterator[Any]:
    for name, each in ROWS.items():
        for place in each.on:
            kind, _, only = place.partition(" ")
            for mode in [only] if only else ["reference", "edition"]:
                yield pytest.param(name, kind, mode, id=f"{name}-{kind}-{mode}")


@pytest.fixture(scope="module")
def connections(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """One database a backend for all rows, made when it is first wanted."""
    made: dict[str, Any] = {"sqlite": (None, f"sqlite:///{tmp_path_factory.mktemp('rows') / 'test.db'}")}
    yield made
    for server, url in made.values():
        if server is not None:
            server.drop(sa.make_url(url).database)


@pytest.fixture
def open_database(connections: dict[str, Any], request: pytest.FixtureRequest) -> Iterator[Any]:
    opened = []

    def open_(kind: str, mode: str = "edition", **options: Any) -> Database:
        if kind not in connections:
            server = request.getfixturevalue(f"{kind}_server")
            connections[kind] = (server, server.create())
        connection = sa.create_engine(connections[kind][1], poolclass=sa.NullPool).connect()
        opened.append(connection)
        return Database(connection, **{"render_as_batch": kind == "sqlite", **MODES[mode], **options})

    yield open_
    for connection in opened:
        connection.close()


# --- types before tables ------------------------------------------------------------------------------------------


def colour(name: str = "colour", *values: str) -> Enum:
    return Enum(*(values or ("red", "green")), name=name)


@row("postgresql edition")
def g1_an_enum_column_for_a_table_that_exists():
    return tables(t=list), tables(t=lambda: [Column("e", colour())]), "INSERT INTO t VALUES (1)"


@row("postgresql edition")
def g2_the_last_table_of_an_enum_goes():
    return tables(t=lambda: [Column("e", colour())], u=list), tables(u=list)


@row("postgresql edition")
def g2_one_of_two_tables_of_an_enum_goes():
    return tables(t=lambda: [Column("e", colour())], u=lambda: [Column("e", colour())]), tables(
        u=lambda: [Column("e", colour())]
    )


@row("postgresql edition")
def g2_two_new_tables_and_an_array_of_one_enum():
    def after(m: MetaData) -> None:
        shared = Enum("red", "green", name="colour", metadata=m)
        Table("t", m, Column("id", Integer, primary_key=True), Column("e", shared))
        Table(
            "u", m, Column("id", Integer, primary_key=True), Column("e", shared), Column("a", postgresql.ARRAY(shared))
        )

    return nothing, after


@row("postgresql edition")
def g2_text_becomes_an_enum():
    before, after = tables(t=lambda: [Column("e", String(9))]), tables(t=lambda: [Column("e", colour())])
    return before, after, "INSERT INTO t VALUES (1, 'red')"


# --- tables that depend on each other -----------------------------------------------------------------------------


def circle(**options: Any) -> Fill:
    """egg -> hen -> egg"""

    def fill(m: MetaData) -> None:
        Table("egg", m, Column("id", Integer, primary_key=True), Column("hen_id", Integer))
        key = ForeignKey("egg.id", name="fk_egg")
        Table("hen", m, Column("id", Integer, primary_key=True), Column("egg_id", Integer, key))
        m.tables["egg"].append_constraint(ForeignKeyConstraint(["hen_id"], ["hen.id"], name="fk_hen", **options))

    return fill


@row()
def g3_a_circle_of_new_tables_with_use_alter():
    return nothing, circle(use_alter=True)


@row(*SERVERS)
def g3_a_circle_of_new_tables_without():
    return nothing, circle()


@row()
def g4_a_circle_of_tables_goes():
    return circle(use_alter=True), nothing


def child(*key: Any) -> Fill:
    return tables(p=list, t=lambda: [Column("p_id", Integer, *[item() for item in key])])


@row()
def g5_a_key_column_and_the_table_that_it_refers_to_go():
    return child(lambda: ForeignKey("p.id", name="fk_p")), tables(t=list)


@row("sqlite", "postgresql", "mariadb edition")
def g5_likewise_without_a_name():
    return child(lambda: ForeignKey("p.id")), tables(t=list)


@row("sqlite", "postgresql", "mariadb edition")
def g5_the_key_goes_and_the_table_but_not_the_column():
    return child(lambda: ForeignKey("p.id", name="fk_p")), tables(t=lambda: [Column("p_id", Integer)])


# --- names for the downgrade --------------------------------------------------------------------------------------


@row()
def g6_a_unique_constraint_without_a_name():
    before = tables(t=lambda: [Column("a", Integer)])
    return before, tables(t=lambda: [Column("a", Integer), UniqueConstraint("a")]), "INSERT INTO t VALUES (1, 5)"


@row("postgresql", "mariadb", "sqlite edition")
def g6_several_of_them():
    columns = lambda: [Column("a", Integer), Column("b", Integer)]  # noqa: E731
    after = lambda: [*columns(), UniqueConstraint("a"), UniqueConstraint("b", "a"), UniqueConstraint("a", "b", "id")]  # noqa: E731
    return tables(t=columns), tables(t=after)


@row("postgresql")
def g6_a_name_that_the_database_cuts_and_numbers():
    long = "a_table_with_a_name_that_is_long_for_the_database"
    other = "and_a_column_of_likewise_many_letters"
    before = tables(**{long: lambda: [Column(other, Integer)], f"{long}_2": list})
    after = tables(
        **{
            long: lambda: [Column(other, ForeignKey(f"{long}_2.id")), UniqueConstraint(other)],
            f"{long}_2": list,
        }
    )
    return before, after


@row("sqlite", "postgresql", "mariadb edition", "mariadb classic")
def g6_a_foreign_key_without_a_name():
    rows = ("INSERT INTO p VALUES (5)", "INSERT INTO t VALUES (1, 5)")
    return child(), child(lambda: ForeignKey("p.id")), *rows


@row("sqlite", "postgresql", "mariadb edition", "mariadb classic")
def g6_a_foreign_key_without_a_name_goes():
    rows = ("INSERT INTO p VALUES (5)", "INSERT INTO t VALUES (1, 5)")
    return child(lambda: ForeignKey("p.id")), child(), *rows


@row("postgresql", "mariadb edition", "sqlite edition")
def g6_columns_with_all_that_hangs_on_them():
    more = lambda: [  # noqa: E731
        Column("a", Integer, unique=True),
        Column("b", Integer, index=True),
        Column("c", ForeignKey("t.id")),
    ]
    return tables(t=list), tables(t=more)


# --- rows without a value -----------------------------------------------------------------------------------------


@row("sqlite edition", "postgresql edition", "mariadb edition")
def g7_a_not_null_column_with_a_value_in_the_model():
    after = lambda: [  # noqa: E731
        Column("number", Integer, nullable=False, default=7),
        Column("word", String(20), nullable=False, default="it's 50% {x}"),
        Column("truth", Boolean, nullable=False, default=True),
        Column("day", Date, nullable=False, default=sa.func.current_date()),
        Column("kind", Enum("a", "b", native_enum=False, length=5), nullable=False, default="b"),
    ]
    return tables(t=list), tables(t=after), "INSERT INTO t VALUES (1)"


# --- types --------------------------------------------------------------------------------------------------------


@row("postgresql")
def g8_text_and_truth_become_numbers():
    before = lambda: [Column("a", Text), Column("b", Boolean), Column("c", Boolean), Column("d", Text)]  # noqa: E731
    after = lambda: [Column("a", Integer), Column("b", Integer), Column("c", sa.BigInteger), Column("d", Date)]  # noqa: E731
    return tables(t=before), tables(t=after), "INSERT INTO t VALUES (1, '12', true, false, '2020-01-02')"


@row("postgresql edition")
def g8_an_enum_gets_another_name():
    before = lambda: [Column("e", colour(), server_default="red")]  # noqa: E731
    after = lambda: [Column("e", colour("paint"), server_default="red")]  # noqa: E731
    return tables(t=before), tables(t=after), "INSERT INTO t VALUES (1, 'green')"


@row("postgresql")
def g8_arrays():
    before, after = (tables(t=lambda t=t: [Column("a", postgresql.ARRAY(t))]) for t in (Text, Integer))
    return before, after, "INSERT INTO t VALUES (1, '{1,2}')"


@row("postgresql")
def g9_a_number_becomes_an_identity():
    before = tables(t=lambda: [Column("a", Integer, nullable=False)])
    return before, tables(t=lambda: [Column("a", Integer, Identity())]), "INSERT INTO t VALUES (1, 5)"


@row("postgresql edition")
def g9_a_serial_becomes_an_identity():
    after = lambda m: Table("t", m, Column("id", Integer, Identity(always=True), primary_key=True))  # noqa: E731
    return tables(t=list), after, "INSERT INTO t DEFAULT VALUES"


@row("postgresql")
def g9_always_and_by_default():
    before = tables(t=lambda: [Column("a", Integer, Identity(always=True))])
    return before, tables(t=lambda: [Column("a", Integer, Identity())]), "INSERT INTO t VALUES (1)"


@row()
def g10_type_and_default_at_once():
    before = lambda: [Column("a", String(9), server_default="5"), Column("b", String(9), server_default="x")]  # noqa: E731
    after = lambda: [Column("a", Integer, server_default="6"), Column("b", Integer)]  # noqa: E731
    return tables(t=before), tables(t=after), "INSERT INTO t VALUES (1, '7', '8')"


@row("postgresql")
def g10_a_default_that_stays_goes_along():
    before = lambda: [Column("a", String(9), server_default="5")]  # noqa: E731
    after = lambda: [Column("a", Integer, server_default="5")]  # noqa: E731
    return tables(t=before), tables(t=after), "INSERT INTO t VALUES (1, '7')"


# --- ordering -----------------------------------------------------------------------------------------------------


@row("sqlite", "postgresql", "mariadb edition")
def a_unique_constraint_before_the_key_that_needs_it():
    def model(*unique: str, key: bool) -> Fill:
        return tables(
            p=lambda: [
                Column("code", Integer, nullable=False),
                *(UniqueConstraint(name, name="uq") for name in unique),
            ],
            a=lambda: [Column("c", Integer, *([ForeignKey("p.code", name="fk")] if key else []))],
        )

    return model(key=False), model("code", key=True)


def both_ends(type_: Any) -> Fill:
    return tables(
        p=lambda: [Column("code", type_, unique=True)], t=lambda: [Column("a", type_, ForeignKey("p.code", name="fk"))]
    )


@row()
def m1833_a_type_changed_on_both_ends_of_a_key():
    rows = ("INSERT INTO p VALUES (1, 5)", "INSERT INTO t VALUES (1, 5)")
    return both_ends(Integer), both_ends(sa.BigInteger), *rows


@row()
def m1833_a_text_that_grows_on_both_ends_of_a_key():
    rows = ("INSERT INTO p VALUES (1, 'x')", "INSERT INTO t VALUES (1, 'x')")
    return both_ends(String(10)), both_ends(String(20)), *rows


@row(*SERVERS)
def m1833_another_kind_of_type_on_both_ends_of_a_key():
    rows = ("INSERT INTO p VALUES (1, 5)", "INSERT INTO t VALUES (1, 5)")
    return both_ends(Integer), both_ends(String(20)), *rows


@row("sqlite", "postgresql", "mariadb")
def m1553_an_index_replaced_beneath_a_key():
    def model(*columns: str) -> Fill:
        return tables(
            p=list,
            t=lambda: [
                Column("a", Integer, ForeignKey("p.id", name="fk")),
                Column("b", Integer),
                Index("_".join(["ix", *columns]), *columns),
            ],
        )

    return model("a"), model("a", "b")


@row("sqlite", "postgresql", "mariadb")
def m1553_an_index_dropped_beneath_a_key():
    def model(*index: str) -> Fill:
        key = lambda: Column("a", Integer, ForeignKey("p.id", name="fk"))  # noqa: E731
        return tables(p=list, t=lambda: [key(), *(Index(name, "a") for name in index)])

    return model("ix"), model()


@row(*SERVERS)
def a_unique_constraint_that_a_key_needs_gets_another_name():
    def model(name: str) -> Fill:
        return tables(
            p=lambda: [Column("code", Integer, nullable=False), UniqueConstraint("code", name=name)],
            t=lambda: [Column("a", Integer, ForeignKey("p.code", name="fk"))],
        )

    return model("uq_old"), model("uq_new"), "INSERT INTO p VALUES (1, 5)", "INSERT INTO t VALUES (1, 5)"


@row()
def m1054_the_source_of_a_computed_column_goes():
    before = lambda: [Column("a", Integer), Column("b", Integer), Column("c", Integer, Computed("a * 2"))]  # noqa: E731
    return tables(t=before), tables(t=lambda: [Column("b", Integer)])


@row()
def m1054_a_computed_column_comes_before_its_source():
    after = lambda: [Column("c", Integer, Computed("a * 2")), Column("a", Integer)]  # noqa: E731
    return tables(t=list), tables(t=after)


@row()
def an_index_moves_to_a_table_that_comes_first():
    def model(of: str) -> Fill:
        index = lambda name: [Index("ix_one", "x")] if name == of else []  # noqa: E731
        return tables(a=lambda: [Column("x", Integer), *index("a")], b=lambda: [Column("x", Integer), *index("b")])

    return model("b"), model("a")


@row(*SERVERS)
def a_foreign_key_moves_to_a_table_that_comes_first():
    def model(of: str) -> Fill:
        key = lambda name: [ForeignKey("p.id", name="fk_one")] if name == of else []  # noqa: E731
        return tables(
            p=list,
            a=lambda: [Column("x", Integer, *key("a")), Index("ix_a", "x")],
            b=lambda: [Column("x", Integer, *key("b")), Index("ix_b", "x")],
        )

    return model("b"), model("a")


@row("sqlite", "postgresql", "mariadb edition")
def m7_a_table_goes_whose_key_has_an_index():
    return tables(p=list, t=lambda: [Column("a", ForeignKey("p.id", name="fk")), Index("ix", "a")]), tables(p=list)


@row("postgresql")
def a_new_table_wants_the_name_of_a_constraint_that_goes():
    before = tables(a=lambda: [Column("x", Integer), UniqueConstraint("x", name="mine")])
    return before, tables(a=lambda: [Column("x", Integer)], mine=list)


@row("sqlite", "postgresql", "mariadb edition")
def a_table_drops_the_names_that_a_new_one_wants():
    def model(name: str) -> Fill:
        more = lambda: [Column(name, Integer), UniqueConstraint(name, name="uq_one"), Index("ix_one", name)]  # noqa: E731
        child = lambda: [Column("r", Integer, ForeignKey(f"{name}.id", name="fk_one"))]  # noqa: E731
        return tables(**{name: more, f"{name}_child": child})

    return model("before"), model("after")


# --- rendering ----------------------------------------------------------------------------------------------------


@row("postgresql")
def a_jsonb_variant():
    after = lambda: [  # noqa: E731
        Column("a", JSON().with_variant(postgresql.JSONB(), "postgresql")),
        Column("b", Text().with_variant(postgresql.JSONB(), "postgresql")),
    ]
    return tables(u=list), tables(u=list, t=after)


def per_cent() -> list[Any]:
    return [
        Column("a", String(10), server_default="50%"),
        Column("b", String(10), server_default=text("'50%'")),
        CheckConstraint("a <> '5%'", name="ck_text"),
        CheckConstraint(sa.column("b") != "7%", name="ck_expression"),
    ]


@row()
def a_per_cent_sign_comes():
    return tables(u=list), tables(u=list, t=per_cent)


@row()
def a_per_cent_sign_comes_back():
    return tables(u=list, t=per_cent), tables(u=list)


@row("sqlite", "postgresql")
def a_per_cent_sign_in_an_index():
    columns = lambda: [Column("a", String(10))]  # noqa: E731
    return tables(t=columns), tables(t=lambda: [*columns(), Index("ix", text("(a || '%')"))])


@row()
def tabs_and_lines_in_a_literal():
    return tables(t=list), tables(t=lambda: [Column("b", String(20), server_default="a\tb\nc")])


@row("mariadb edition")
def json_valid_comes_back():
    return tables(u=list, t=lambda: [Column("j", JSON)]), tables(u=list)


@row("mariadb edition")
def json_valid_of_a_column_comes_back():
    return tables(t=lambda: [Column("j", JSON)]), tables(t=list)


@row("mariadb edition", "mariadb classic")
def a_bit_default_comes_back():
    return tables(u=list, t=lambda: [Column("j", mysql.BIT(3), server_default=text("b'101'"))]), tables(u=list)


def with_sequence(*table: str) -> Fill:
    def fill(m: MetaData) -> None:
        sequence = Sequence("numbers", metadata=m)
        Table("u", m, Column("id", Integer, primary_key=True))
        for name in table:
            next_value = Column("a", Integer, server_default=sequence.next_value())
            Table(name, m, Column("id", Integer, primary_key=True), next_value)

    return fill


@row("postgresql")
def nextval_comes_back():
    return with_sequence("t"), with_sequence()


@row("postgresql edition")
def partition_by_comes_back():
    def before(m: MetaData) -> None:
        Table("u", m, Column("id", Integer, primary_key=True))
        Table("t", m, Column("id", Integer), Column("y", Integer), postgresql_partition_by="RANGE (y)")

    return before, tables(u=list)


@row("sqlite")
def nocase_comes_back():
    return tables(u=list, t=lambda: [Column("y", String(10, collation="NOCASE"))]), tables(u=list)


@row("sqlite")
def nocase_of_a_column_comes_back():
    return tables(t=lambda: [Column("y", String(10, collation="NOCASE"))]), tables(t=list)


@row("sqlite edition", "sqlite classic")
def sqlite_autoincrement_comes_back():
    def before(m: MetaData) -> None:
        Table("u", m, Column("id", Integer, primary_key=True))
        Table("t", m, Column("id", Integer, primary_key=True), sqlite_autoincrement=True)

    return before, tables(u=list)


def checked() -> list[Any]:
    return [Column("a", Integer, CheckConstraint("a > 5")), Column("b", Integer, CheckConstraint("b > 5", name="ck"))]


@row("sqlite edition", "postgresql edition")
def checks_of_columns_of_a_new_table():
    return tables(u=list), tables(u=list, t=checked)


@row("sqlite edition", "postgresql edition")
def checks_of_new_columns():
    return tables(t=list), tables(t=checked)


@row()
def checks_of_types():
    after = lambda: [  # noqa: E731
        Column("a", Boolean(create_constraint=True, name="ck_a")),
        Column("e", Enum("a", "b", native_enum=False, create_constraint=True, name="ck_e")),
    ]
    return tables(u=list), tables(u=list, t=after)


@row()
def names_that_want_quotes():
    more = lambda: [Column("Order", Integer, index=True), Column("it's %", Integer), Column("x:y", Integer)]  # noqa: E731
    return tables(u=list), tables(u=list, Select=more)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "kind", "mode"), list(cases()))
def test_there_and_back(name: str, kind: str, mode: str, open_database: Any) -> None:
    before, after, *statements = ROWS[name].pair()
    revision = open_database(kind, mode).there_and_back(before, after, *statements)
    assert "drop_constraint(None" not in revision.upgrade + revision.downgrade or kind == "sqlite"


def test_a_default_name_that_is_taken(open_database: Any) -> None:
    """PostgreSQL numbers it."""
    database = open_database("postgresql")
    columns = lambda: [Column("a", Integer), Column("b", Integer)]  # noqa: E731
    database.create(tables(t=lambda: [*columns(), Index("t_a_key", "b")]))
    there = database.schema()
    revision = database.write(
        tables(t=lambda: [*columns(), Index("t_a_key", "b"), UniqueConstraint("a")]), options={"compare": "classic"}
    )
    assert revision.downgrade == "op.drop_constraint('t_a_key1', 't', type_='unique')"
    database.run(revision.upgrade, revision.imports)
    database.run(revision.downgrade, revision.imports)
    assert database.schema() == there


@pytest.mark.parametrize("mode", ["reference", "edition"])
@pytest.mark.parametrize("kind", SERVERS)
def test_the_default_schema_equals_none(kind: str, mode: str, open_database: Any) -> None:
    """Given in the models, it is no difference, and foreign keys stay."""
    database = open_database(kind, mode)
    schema = "public" if kind == "postgresql" else database.connection.engine.url.database

    def model(m: MetaData) -> None:
        Table("p", m, Column("id", Integer, primary_key=True), schema=schema)
        key = ForeignKey(f"{schema}.p.id", name="fk")
        Table("t", m, Column("id", Integer, primary_key=True), Column("a", Integer, key, index=True), schema=schema)

    database.create(model)
    assert database.write(model).upgrade == "pass"
    assert database.write(model, options={"include_schemas": kind == "postgresql"}).upgrade == "pass"
