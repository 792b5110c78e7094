"""What each backend offers to a random model (`models`)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import ranging
import sqlalchemy as sa
from models import KEYS, Kind, Menu
from sqlalchemy import Computed, Identity, text
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.dialects.postgresql import Range

from limbeck.sqla import SQLA_2_1

# SQLAlchemy 2.0 has no such option of tables
STORAGE: Any = ({"fillfactor": 70}, {"fillfactor": 80, "autovacuum_enabled": "false"}) if SQLA_2_1 else ()


def _kind(
    type_: Any, value: Any, *defaults: Any, number: bool = False, textual: bool = False, fills: bool = True
) -> Kind:
    """A kind; ``type_`` is a type, or a function that makes one of labels: two tables can't share an enum."""
    give = value if callable(value) else (lambda _: value)
    return Kind(_maker(type_), defaults, give, is_number=number, is_text=textual, fills=fills)


def _maker(type_: Any) -> Callable[[tuple[str, ...]], Callable[[], Any]]:
    if callable(type_):
        return lambda labels: lambda: type_(labels)
    return lambda _: lambda: type_


def _day(n: int) -> dt.date:
    return dt.date(2020, 1, n)


def _moment(n: int) -> dt.datetime:
    return dt.datetime(2020, 1, n, 12, 30)  # noqa: DTZ001 the columns have no time zone


def _exclude(*elements: tuple[str, str], **options: Any) -> Callable[[str], Any]:
    def make(table: str) -> Any:
        return postgresql.ExcludeConstraint(
            *((sa.column(name), operator) for name, operator in elements), name=f"ex_{table}", **options
        )

    return make


# of partial indexes: SQL, columns that must be numbers, columns that must be texts, columns that must be there
PREDICATES = (
    ("a > 3", "a", "", ""),
    ("a IS NULL", "", "", ""),
    ("b IS NOT NULL", "", "", ""),
    ("lower(b) = 'x'", "", "b", ""),
    ("a IN (1, 2)", "a", "", ""),
    ("b IN ('x', 'it''s')", "", "b", ""),
    ("b NOT IN ('50%')", "", "b", ""),
    ("b LIKE 'it''s (50%'", "", "b", ""),
    ("coalesce(b, ') WHERE (') <> ''", "", "b", ""),
    ("a BETWEEN 1 AND 5 AND a <> 2", "a", "", ""),
    ("CAST(a AS INTEGER) = 1", "a", "", ""),
    ("CASE WHEN a > 1 THEN b = 'x' ELSE a = 0 END", "a", "b", ""),
    ("h", "", "", "h"),
    ("NOT h", "", "", "h"),
)


def _digits(n: int) -> str:
    return str(n)


def _grade(labels: tuple[str, ...] = ()) -> postgresql.DOMAIN:
    """A domain that is the same in all tables of a model, by its labels another one in another model."""
    most = 10 + len(labels)
    return postgresql.DOMAIN(
        "grade",
        sa.String(most) if "y" in labels else sa.Text(),
        default=labels[-1] if labels else None,
        not_null="z" in labels,
        check=f"length(VALUE) < {most}",
    )


POSTGRESQL = Menu(
    families={
        "a": (
            _kind(sa.Integer(), int, "3", text("4"), text("1 + 2"), number=True),
            _kind(sa.BigInteger(), int, "3", number=True),
            _kind(sa.SmallInteger(), int, text("3"), number=True),
            _kind(sa.Numeric(10, 2), Decimal, "3", text("3.5"), number=True),
            _kind(sa.Numeric(), Decimal, "3", number=True),
            _kind(sa.Float(), float, text("1.5"), number=True),
            _kind(sa.Float(24), float, "1", number=True),
            _kind(sa.String(10), _digits, "3", text("'4'"), textual=True),
            _kind(sa.Text(), _digits, "3", textual=True),
        ),
        "b": (
            _kind(sa.String(20), _digits, "x", "it's", "50%", text("upper('x')"), textual=True),
            _kind(sa.String(30, collation="C"), _digits, "x", textual=True),
            _kind(sa.String(), _digits, "", "a:b", textual=True),
            _kind(sa.Text(), _digits, "x\\y", textual=True),
            _kind(sa.CHAR(5), _digits, "x"),
            _kind(_grade, _digits, "x", textual=True),
        ),
        "c": (
            _kind(sa.DateTime(), _moment, text("now()"), "2020-01-01 00:00:00"),
            _kind(sa.DateTime(timezone=True), _moment, sa.func.now(), text("CURRENT_TIMESTAMP")),
            _kind(postgresql.TIMESTAMP(precision=3), _moment, text("now()")),
            _kind(sa.Date(), _day, text("CURRENT_DATE"), "2020-01-01"),
        ),
        "d": (
            *[_kind(lambda labels: sa.Enum(*labels, name="mood"), _digits, "x", "1")] * 2,
            _kind(lambda labels: sa.Enum(*labels, "y's", name="temper"), _digits, "1"),
            _kind(sa.String(10), _digits, "x", textual=True),
            _kind(lambda labels: sa.Enum(*labels, native_enum=False, create_constraint=True, name="dd"), _digits, "1"),
        ),
        "e": (
            _kind(postgresql.ARRAY(sa.Integer()), lambda n: [n], text("'{1}'"), text("ARRAY[1, 2]")),
            _kind(postgresql.ARRAY(sa.Integer(), dimensions=2), lambda n: [[n]], text("'{{1}}'")),
            _kind(postgresql.ARRAY(sa.BigInteger(), dimensions=2), lambda n: [[n]], text("'{}'")),
            _kind(postgresql.ARRAY(sa.String(10)), lambda n: [str(n)], text("'{a}'")),
        ),
        "f": (
            _kind(postgresql.JSONB(), {"n": 1}, text("'{}'::jsonb"), "{}"),
            _kind(postgresql.JSON(), {"n": 1}, "{}"),
        ),
        "h": (_kind(sa.Boolean(), True, sa.true(), text("false")),),
        "i": (
            _kind(sa.Interval(), dt.timedelta(1), "1 day"),
            _kind(postgresql.INTERVAL(precision=2), dt.timedelta(1)),
        ),
        "j": (
            _kind(sa.Uuid(), uuid.UUID(int=1), text("gen_random_uuid()")),
            _kind(postgresql.UUID(), uuid.UUID(int=1)),
        ),
        "l": (_kind(sa.LargeBinary(), b"x", text("'x'")),),
        "m": (
            _kind(sa.Time(), dt.time(1), "01:00"),
            _kind(postgresql.TIME(precision=2), dt.time(1)),
            _kind(sa.Time(timezone=True), dt.time(1)),
        ),
        "r": (_kind(postgresql.INT4RANGE(), lambda n: Range(n, n + 1)),),
    },
    computed=(
        None,
        lambda: Computed("a + 1", persisted=True),
        lambda: Computed("(a*2)::integer", persisted=True),
    ),
    counters=(
        "auto",
        "auto",
        True,
        False,
        Identity,
        lambda: Identity(always=True),
        lambda: Identity(start=10, increment=2),
        lambda: Identity(minvalue=1, maxvalue=100000, cycle=True, cache=5),
    ),
    primaries=(*KEYS, (("id",), {"deferrable": True, "initially": "DEFERRED"})),
    checks=(
        ("positive", "a > 0", ("a",), ()),
        ("positive", "a >= 1 and a < 1000", ("a",), ()),
        (None, "a <> 77", ("a",), ()),
        ("short", "length(b) < 100", (), ("b",)),
        ("short", "b <> 'it''s' OR b LIKE '50%'", (), ("b",)),
        (None, "b NOT IN ('p', 'q')", (), ("b",)),
    ),
    uniques=(
        ("ua", ("a",), {}),
        ("ua", ("a", "b"), {}),
        ("ua", ("b",), {"deferrable": True}),
        ("ua", ("b",), {"deferrable": True, "initially": "DEFERRED"}),
        (None, ("a",), {"deferrable": True}),
        ("un", ("b", "a"), {"postgresql_nulls_not_distinct": True}),
        (None, ("b",), {"postgresql_include": ["a"]}),
    ),
    indexes=(
        ("i1", ("a",), {}, ()),
        ("i1", ("a", "b"), {}, ()),
        ("i1", ("b",), {"unique": True}, ()),
        ("i2", ("lower(b)",), {}, ("b",)),
        ("i2", ("lower(b) DESC",), {}, ("b",)),
        ("i2", ("(b || 'x')",), {}, ("b",)),
        ("i3", ("b",), {"postgresql_where": text("a IS NOT NULL")}, ()),
        ("i3", ("b",), {"postgresql_where": text("b <> 'it''s'")}, ("b",)),
        ("i3", ("b",), {"postgresql_include": ["a"]}, ()),
        ("i4", ("b",), {"postgresql_ops": {"b": "text_pattern_ops"}}, ("b",)),
        ("i4", ("b",), {"postgresql_with": {"fillfactor": 50}}, ()),
        ("i4", ("b DESC NULLS LAST",), {}, ("b",)),
        ("i5", ("b",), {"postgresql_using": "hash"}, ()),
        ("i5", ('b COLLATE "C"',), {}, ("b",)),
        ("i6", ("f",), {"postgresql_using": "btree"}, ("f",)),
    ),
    keys=(
        {},
        {"ondelete": "CASCADE"},
        {"ondelete": "SET NULL", "onupdate": "CASCADE"},
        {"deferrable": True},
        {"deferrable": True, "initially": "DEFERRED"},
        {"match": "FULL"},
    ),
    excludes=(
        (_exclude(("a", "="), using="btree"), ("a",)),
        (_exclude(("b", "="), using="hash"), ("b",)),
        (_exclude(("a", "="), using="btree", where=text("id > 5")), ("a",)),
        (_exclude(("id", "="), ("a", "="), using="btree", deferrable=True), ("a",)),
        (_exclude(("r", "&&"), using="gist"), ("r",)),
        (_exclude(("r", "&&"), using="gist", ops={"r": "range_ops"}), ("r",)),
    ),
    options=(
        {},
        {},
        *({"postgresql_with": storage} for storage in STORAGE),
        {"prefixes": ["UNLOGGED"]},
    ),
    comments=True,
    sequences=(None, {}, {"start": 5, "increment": 2}, {"start": 5, "maxvalue": 50, "cycle": True}),
    # tablespaces are the server's: test_exact has them
    without=frozenset({"tablespace"} if STORAGE else {"tablespace", "storage options of a table"}),
)

# what campaigns draw besides
POSTGRESQL_WIDE = replace(
    POSTGRESQL,
    families={
        **POSTGRESQL.families,
        "k": (
            _kind(postgresql.INET(), "10.0.0.1/32", "10.0.0.2", fills=False),
            _kind(postgresql.CIDR(), "10.0.0.1/32", fills=False),
        ),
        "n": (
            _kind(postgresql.BIT(4), "0101", text("B'1010'"), fills=False),
            _kind(postgresql.BIT(5, varying=True), "0101", fills=False),
        ),
        "o": (
            _kind(postgresql.MACADDR(), "08:00:2b:01:02:03", fills=False),
            _kind(postgresql.MACADDR8(), "08:00:2b:ff:fe:01:02:03", fills=False),
        ),
        "p": (_kind(postgresql.TSVECTOR(), "'x'", fills=False), _kind(sa.Text(), "x", "it's")),
        "q": (_kind(postgresql.MONEY(), "$1.00", "2", fills=False), _kind(sa.Numeric(12, 2), "1.00", "2")),
        "s": (
            _kind(postgresql.DATERANGE(), "[2020-01-01,2020-01-02)", fills=False),
            _kind(postgresql.TSRANGE(), "empty", fills=False),
        ),
        "t": (_kind(postgresql.OID(), 1, "5", fills=False), _kind(sa.BigInteger(), 1)),
        "u": (_kind(sa.BigInteger(), 1, *[text("nextval('counter')")] * 2), _kind(sa.Integer(), 1, "3")),
    },
    predicates=(
        *PREDICATES,
        ("a NOT BETWEEN 1 AND 5 OR a = 2", "a", "", ""),
        ("b ~ '^\\d'", "", "b", ""),
        ("(a::text) = '1'", "", "", ""),
        ("b = ANY (ARRAY['a', 'b'])", "", "b", ""),
    ),
    where="postgresql_where",
)

MARIADB = Menu(
    families={
        "a": (
            _kind(sa.Integer(), int, "3", text("4"), number=True),
            _kind(mysql.INTEGER(unsigned=True), int, "3", number=True),
            _kind(sa.BigInteger(), int, "3", number=True),
            _kind(sa.SmallInteger(), int, text("3"), number=True),
            _kind(mysql.TINYINT(2), int, "3", number=True),
            _kind(sa.Numeric(10, 2), Decimal, "3", "2.50", text("(1 + 2)"), number=True),
            _kind(sa.Float(), float, "1.5", number=True),
            _kind(mysql.DOUBLE(unsigned=True), float, number=True),
            _kind(sa.String(10), _digits, "3", textual=True),
        ),
        "b": (
            _kind(sa.String(20), _digits, "x", "it's", "50%", text("(upper('x'))"), textual=True),
            _kind(mysql.VARCHAR(30, charset="latin1"), _digits, "x", textual=True),
            _kind(mysql.VARCHAR(30, collation="utf8mb4_bin"), _digits, "", "a:b", textual=True),
            _kind(sa.CHAR(5), _digits, "x\\y", textual=True),
            _kind(sa.String(25), _digits, textual=True),
        ),
        "c": (
            _kind(sa.DateTime(), _moment, sa.func.now(), "2020-01-01 00:00:00"),
            _kind(mysql.DATETIME(fsp=3), _moment, text("current_timestamp(3)")),
            *[_kind(sa.TIMESTAMP(), _moment, text("current_timestamp()"), text("now() ON UPDATE now()"))] * 2,
            _kind(sa.Date(), _day, "2020-01-01"),
        ),
        "d": (
            *[_kind(lambda labels: sa.Enum(*labels), _digits, "x", "1")] * 2,
            _kind(lambda labels: mysql.SET(*labels), lambda n: {str(n)}, "1"),
            _kind(sa.String(10), _digits, "x"),
        ),
        "f": (_kind(sa.JSON(), {"n": 1}), _kind(sa.Text(), "{}"), _kind(mysql.LONGTEXT(), "{}")),
        "i": (_kind(mysql.INET6(), "::1", fills=False), _kind(sa.String(39), "::1")),
        "j": (
            _kind(mysql.TINYTEXT(charset="latin1"), "x"),
            _kind(mysql.TEXT(collation="utf8mb4_bin"), "x"),
            _kind(mysql.MEDIUMTEXT(), "x"),
            _kind(mysql.CHAR(3, charset="ascii", collation="ascii_bin"), "x", "y"),
            _kind(mysql.NVARCHAR(9), "x"),
            _kind(mysql.ENUM("x", "y", charset="latin1"), "x", "y"),
        ),
        "k": (
            _kind(mysql.MEDIUMINT(), 1, "3"),
            _kind(mysql.INTEGER(5, zerofill=True), 1, fills=False),
            _kind(mysql.TINYINT(1), 1, "1"),
        ),
        "p": (_kind(mysql.VARBINARY(9), b"x"), _kind(mysql.TINYBLOB(), b"x"), _kind(mysql.MEDIUMBLOB(), b"x")),
        "h": (_kind(sa.Boolean(), True, sa.true(), text("0")),),
        "l": (_kind(sa.LargeBinary(), b"x"), _kind(mysql.BLOB(), b"x")),
        "m": (_kind(sa.Time(), dt.time(1), "01:00:00"), _kind(mysql.TIME(fsp=2), dt.time(1))),
        "n": (_kind(mysql.BIT(8), 1, text("b'101'"), fills=False), _kind(mysql.BIT(12), 1, fills=False)),
        "o": (_kind(mysql.YEAR(), 2020, fills=False),),
        "q": (_kind(sa.BigInteger(), 1, *[text("nextval(counter)")] * 2), _kind(sa.Integer(), 1, "3")),
    },
    computed=(None, lambda: Computed("a + 1"), lambda: Computed("a * 2", persisted=True)),
    checks=(
        ("positive", "a > 0", ("a",), ()),
        ("positive", "a >= 1 and a < 1000", ("a",), ()),
        (None, "a <> 77", ("a",), ()),
        ("short", "length(b) < 100", (), ("b",)),
        ("short", "b <> 'it''s' OR b LIKE '50%'", (), ("b",)),
    ),
    uniques=(("ua", ("a",), {}), ("ua", ("a", "b"), {}), ("ua", ("b",), {}), (None, ("b", "a"), {})),
    indexes=(
        ("i1", ("a",), {}, ()),
        ("i1", ("a", "b"), {}, ()),
        ("i1", ("b",), {"unique": True}, ()),
        ("i2", ("b",), {"mysql_length": {"b": 3}}, ("b",)),
        ("i2", ("b",), {}, ()),
        ("i4", ("b", "a"), {}, ()),
        ("i4", ("b DESC",), {}, ()),
    ),
    keys=({}, {"ondelete": "CASCADE"}, {"ondelete": "SET NULL", "onupdate": "CASCADE"}),
    options=(
        {},
        {"mysql_row_format": "DYNAMIC"},
        {"mysql_row_format": "COMPACT", "mysql_engine": "InnoDB"},
        {"mysql_charset": "latin1"},
        {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"},
        {"mysql_engine": "MyISAM"},
    ),
    sequences=(None, {}, {"start": 5, "increment": 2}, {"start": 5, "maxvalue": 50, "cycle": True}),
    tables=("t1",),
    comments=True,
)

_SQLITE_FAMILIES = {
    "a": (
        _kind(sa.Integer(), int, "3", text("4"), text("(1 + 2)"), number=True),
        _kind(sa.BigInteger(), int, "3", number=True),
        _kind(sa.Numeric(10, 2), Decimal, "3", number=True),
        _kind(sa.Float(), float, text("1.5"), number=True),
    ),
    "b": (
        _kind(sa.String(20), _digits, "x", "it's", "50%", text("(upper('x'))"), textual=True),
        _kind(sa.String(30, collation="NOCASE"), _digits, "x", textual=True),
        _kind(sa.Text(), _digits, "", "a:b", textual=True),
    ),
    "c": (_kind(sa.DateTime(), _moment, sa.func.now()), _kind(sa.Date(), _day, "2020-01-01")),
    "d": (
        _kind(lambda labels: sa.Enum(*labels), _digits, "x", "1"),
        _kind(lambda labels: sa.Enum(*labels, create_constraint=True, name="dd"), _digits, "1"),
        _kind(sa.String(10), _digits, "x"),
    ),
    "f": (_kind(sa.JSON(), {"n": 1}, "{}"),),
    "h": (_kind(sa.Boolean(), True, sa.true(), text("0")),),
    "l": (_kind(sa.LargeBinary(), b"x"),),
}
SQLITE = Menu(
    families=_SQLITE_FAMILIES,
    computed=(None, lambda: Computed("a + 1"), lambda: Computed("a * 2", persisted=True)),
    checks=(
        ("positive", "a > 0", ("a",), ()),
        ("positive", "a >= 1 and a < 1000", ("a",), ()),
        ("short", "length(b) < 100", (), ("b",)),
        ("short", "b <> 'it''s' OR b LIKE '50%'", (), ("b",)),
        (None, "a <> 77", ("a",), ()),
        (None, "b NOT IN ('p', 'q')", (), ("b",)),
    ),
    # an unnamed constraint is found by its columns: no other has the same
    uniques=(("ua", ("a",), {}), ("ua", ("b",), {}), (None, ("b", "a"), {})),
    indexes=(
        ("i1", ("a",), {}, ()),
        ("i1", ("a", "b"), {}, ()),
        ("i1", ("b",), {"unique": True}, ()),
        ("i2", ("lower(b)",), {}, ("b",)),
        ("i2", ("b DESC",), {}, ("b",)),
        ("i3", ("b",), {"sqlite_where": text("a > 3")}, ()),
        ("i3", ("b COLLATE NOCASE",), {}, ("b",)),
    ),
    predicates=PREDICATES,
    where="sqlite_where",
    keys=(
        {},
        {"ondelete": "CASCADE"},
        {"ondelete": "SET NULL", "onupdate": "CASCADE"},
        {"deferrable": True, "initially": "DEFERRED"},
    ),
    options=({}, {}, {"sqlite_autoincrement": True}, {"sqlite_with_rowid": False}),
)

# what SQLite alters in place, without `render_as_batch`
SQLITE_IN_PLACE = Menu(
    families={
        "a": (_kind(sa.Integer(), int, number=True),),
        "b": (_kind(sa.String(30, collation="NOCASE"), _digits, textual=True),),
        "c": (_kind(sa.DateTime(), _moment),),
        "d": (_kind(lambda labels: sa.Enum(*labels), _digits),),
        "f": (_kind(sa.JSON(), {"n": 1}),),
        "h": (_kind(sa.Boolean(), True),),
    },
    computed=(None, lambda: Computed("a + 1"), lambda: Computed("a * 2")),
    labels=SQLITE.labels[:1],
    primaries=KEYS[:1],
    primary_names=("pk",),
    indexes=SQLITE.indexes,
    predicates=SQLITE.predicates,
    where=SQLITE.where,
    keys=(),
    required=False,
    without=ranging.items("sqlite")
    - {"tables", "columns", "computed columns", "indexes", "index expressions", "sort order", "index predicates"},
)


def with_other_names(menu: Menu, *tables: str, **columns: str) -> Menu:
    """The menu with other names of tables, and of columns that are in no SQL."""
    families = {columns.get(name, name): kinds for name, kinds in menu.families.items()}
    predicates = tuple(predicate for predicate in menu.predicates if predicate[3] not in columns)
    return replace(menu, tables=tables, families=families, predicates=predicates)


STRANGE = {
    "sqlite": with_other_names(SQLITE, 'a"[b', "50% `c` d's", "select", c='C"c%', d="De (d)", h="order", l="%s"),
    "postgresql": with_other_names(
        POSTGRESQL_WIDE, 'a"b', "50% `c` d's", "select", c='C"c%', d="De (d)", h="order", l="%s", k="a.b", n=":n"
    ),
    # a backtick in the name of a column, as of one that refers to such a table, is refused: test_exact
    "mariadb": with_other_names(MARIADB, 'a"b', "50% d's", "select", c="C'c%", d="De (d)", h="order", l="%s"),
}
