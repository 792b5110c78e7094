# ruff: noqa: E501 tables of types and defaults
"""Classic comparison says what the reference says, pair by pair; and no value makes it crash."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from scripts import DIALECTS, Reference, write

from limbeck.ddl.impl import ComparisonResult
from limbeck.ddl.types import tokenise

ANYWHERE = """sa.Integer(), sa.BigInteger(), sa.SmallInteger(), sa.Numeric(10, 2), sa.Numeric(), sa.Numeric(12, 2), sa.DECIMAL(10, 2), sa.Float(),
sa.Double(), sa.String(10), sa.String(20), sa.String(), sa.Text(), sa.Unicode(10), sa.CHAR(10), sa.Boolean(), sa.DateTime(),
sa.DateTime(timezone=True), sa.Date(), sa.Time(), sa.LargeBinary(), sa.JSON(), sa.Uuid(), sa.Interval(), sa.String(10, collation='utf8_bin'),
sa.Enum('a', 'b', name='e'), sa.Enum('b', 'a', name='e'), sa.Enum('a', 'b', 'c(1)', name='e'), sa.Enum("it's", 'x,y', name='f')"""
OWN = {
    "postgresql": "postgresql.TIMESTAMP(precision=3), postgresql.TIMESTAMP(timezone=True, precision=6), postgresql.ARRAY(sa.Integer), "
    "postgresql.DOUBLE_PRECISION(), postgresql.JSONB(), postgresql.INTERVAL(fields='DAY TO SECOND'), postgresql.BIT(3), postgresql.REAL()",
    "mysql": "mysql.TINYINT(1), mysql.TINYINT(), mysql.INTEGER(unsigned=True), mysql.INTEGER(11), mysql.LONGTEXT(), mysql.SET('a', 'b'), "
    "mysql.VARCHAR(10, charset='utf8', collation='utf8_bin'), mysql.VARCHAR(10, charset='latin1'), mysql.DATETIME(fsp=3), mysql.YEAR()",
    "mssql": "mssql.NVARCHAR(10), mssql.NVARCHAR('max'), mssql.DATETIME2(7), mssql.BIT(), mssql.UNIQUEIDENTIFIER()",
    "oracle": "oracle.NUMBER(10), oracle.NUMBER(10, 2), oracle.VARCHAR2(10), oracle.FLOAT(53), oracle.NUMBER()",
}
OWN["mariadb"] = OWN["mysql"]


def both(the_reference: Reference, dialect: str, call: str) -> tuple[str, str]:
    ours, theirs = write(dialect, call), the_reference.write(dialect, call)
    assert (ours.error, theirs.error) == (None, None)
    return ours.sql, theirs.sql


@pytest.mark.parametrize("dialect", DIALECTS)
def test_types(dialect: str, the_reference: Reference) -> None:
    types = f"[{ANYWHERE}, {OWN.get(dialect, '')}]"
    call = (
        f"for one in {types}:\n"
        f"    for other in {types}:\n"
        "        try:\n"
        "            differ = op.impl.compare_type(sa.Column('c', one), sa.Column('c', other))\n"
        "        except sa.exc.CompileError:\n"
        "            differ = 'not on this dialect'\n"
        "        op.impl.static_output(repr((repr(one), repr(other), differ)))\n"
    )
    ours, theirs = both(the_reference, dialect, call)
    assert ours == theirs


DEFAULTS = [
    "'x'",
    "x",
    "('x')",
    "5",
    "'5'",
    "(5)",
    "5.0",
    "''",
    "(getdate())",
    "CURRENT_TIMESTAMP",
    "NULL",
    "'it''s'",
    "now()",
    "(a + 1)",
    "a + 1",
    "'(x)'",
    None,
]


@pytest.mark.parametrize("dialect", ["sqlite", "mssql", "oracle"])
def test_defaults(dialect: str, the_reference: Reference) -> None:
    call = (
        "def column(default):\n"
        "    return sa.Table('t', sa.MetaData(), sa.Column('c', sa.String(9), server_default=default and sa.text(default))).c.c\n"
        f"for one in {DEFAULTS!r}:\n"
        f"    for other in {DEFAULTS!r}:\n"
        "        differ = op.impl.compare_server_default(column(other), column(one), one, other)\n"
        "        op.impl.static_output(repr((one, other, bool(differ))))\n"
    )
    ours, theirs = both(the_reference, dialect, call)
    assert ours == theirs


# default in the model, default in the catalogue, whether they differ
MYSQL_DEFAULTS = [
    ("'5'", "5", False),
    ("'2.5'", "2.50", False),
    ("'2'", "'2.00'", False),
    ("'2'", "3", True),
    ("now()", "CURRENT_TIMESTAMP", True),
    ("CURRENT_TIMESTAMP", "current_timestamp()", False),
    ("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP", "current_timestamp() ON UPDATE current_timestamp()", False),
    ("CURRENT_TIMESTAMP", "current_timestamp() ON UPDATE current_timestamp()", True),
    ("'x'", "('x')", False),
    ("'x'", "'X'", True),
    ("'it''s'", "'it''s'", False),
    ("''", None, True),
    (None, None, False),
]


@pytest.mark.parametrize(("ours", "theirs", "differ"), MYSQL_DEFAULTS)
def test_defaults_on_mysql(ours: str | None, theirs: str | None, *, differ: bool) -> None:
    table = "sa.Table('t', sa.MetaData(), sa.Column('c', sa.String(9)))"
    call = (
        f"op.impl.static_output(repr(op.impl.compare_server_default({table}.c.c, {table}.c.c, {ours!r}, {theirs!r})))"
    )
    assert write("mysql", call).sql.strip() == repr(differ)


EXPRESSIONS = """['a', 'b', sa.text('lower(a)'), sa.text('lower((a)::text)'), sa.text('LOWER( a )'), sa.func.lower(sa.column('a')), sa.text('a desc'),
sa.column('a').desc(), sa.column('a').desc().nulls_first(), sa.text('a asc nulls last'), sa.text('(a || b)'), sa.text('a||b'),
sa.text('CAST(a AS text)'), sa.text('t.a + 1'), sa.text('(a + 1)'), sa.text('a text_pattern_ops'), sa.text('lower(a) varchar_pattern_ops'),
sa.text('a asc nulls first'), sa.text("a || 'it''s'"), sa.text('CAST(CAST(a AS text) AS varchar(10))'), sa.text('(a)::character varying(10)')]"""


@pytest.mark.parametrize("dialect", DIALECTS)
def test_indexes(dialect: str, the_reference: Reference) -> None:
    call = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "def index(key, **kw):\n"
        "    table = sa.Table('t', sa.MetaData(), sa.Column('a', sa.String), sa.Column('b', sa.String))\n"
        "    return sa.Index('ix', table.c[key] if isinstance(key, str) else key, _table=table, **kw)\n"
        f"for one in {EXPRESSIONS}:\n"
        f"    for other in {EXPRESSIONS}:\n"
        "        found = op.impl.compare_indexes(index(one), index(other))\n"
        "        op.impl.static_output(repr((str(one), str(other), found.is_equal, found.is_different, found.is_skip)))\n"
        "for one, other in ((True, False), (False, True), (None, False), (True, True)):\n"
        "    found = op.impl.compare_indexes(index('a', unique=one), index('a', unique=other))\n"
        "    op.impl.static_output(repr((one, other, found.is_equal)))\n"
    )
    ours, theirs = both(the_reference, dialect, call)
    assert ours == theirs


IDENTITIES = """[None, sa.Identity(), sa.Identity(always=True), sa.Identity(increment=3), sa.Identity(start=5, always=True), sa.Identity(maxvalue=9),
sa.Identity(always=False, start=1, increment=1, minvalue=1, maxvalue=2147483647, cycle=False, cache=1)]"""


@pytest.mark.parametrize("dialect", ["postgresql", "mssql"])
def test_identities(dialect: str, the_reference: Reference) -> None:
    call = (
        f"for i, one in enumerate({IDENTITIES}):\n"
        f"    for j, other in enumerate({IDENTITIES}):\n"
        "        differing, unstated, different = op.impl._compare_identity_default(one, other)\n"
        "        op.impl.static_output(repr((i, j, sorted(differing), different)))\n"
    )
    ours, theirs = both(the_reference, dialect, call)
    assert ours == theirs


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("NUMERIC(10, 2)", ("numeric", [], ["10", "2"], {})),
        ("timestamp(6) without time zone", ("timestamp", ["without", "time", "zone"], ["6"], {})),
        ("ENUM('a','it''s (x), y')", ("enum", [], ["'a'", "'it''s (x), y'"], {})),
        ("VARCHAR(9) COLLATE utf8_bin", ("varchar", ["collate", "utf8_bin"], ["9"], {})),
        ("", ("", [], [], {})),
    ],
)
def test_types_are_cut_into_words_and_arguments(text: str, pieces: tuple[object, ...]) -> None:
    assert tuple(tokenise(text)) == pieces


def test_results_say_what_they_are() -> None:
    assert ComparisonResult.Equal().is_equal
    assert (ComparisonResult.Different(["a", "b"]).is_different, ComparisonResult.Different(["a", "b"]).message) == (
        True,
        "a, b",
    )
    assert (ComparisonResult.Skip("why").is_skip, ComparisonResult.Skip("why").message) == (True, "why")


# type, default in the model as SQL, default in the table, whether they differ
POSTGRESQL_DEFAULTS = [
    ("text", "'it''s'", "'it''s'", False),
    ("text", "'a'", "'b'", True),
    ("json", "'{\"a\": 1}'", "'{\"a\": 1}'", False),
    ("json", "'{\"a\": 1}'", "'{\"a\": 2}'", True),
    ("numeric", "2.50", "2.5", True),
    ("numeric(10,2)", "2.50", "2.5", False),
    ("date", "'2020-01-01'", "'2020-01-01'::date", False),
    ("integer", "no such thing", "5", True),
    ("integer", None, "5", True),
]


@pytest.mark.parametrize("autocommit", [False, True])
def test_postgresql_compares_the_values_itself(postgresql_url, online, *, autocommit: bool) -> None:
    pg = online(postgresql_url, autocommit=autocommit)
    verdicts = []
    for position, (type_, ours, theirs, _) in enumerate(POSTGRESQL_DEFAULTS):
        pg.run(f"CREATE TABLE t{position} (c {type_} DEFAULT {theirs})")
        column = sa.Table(f"t{position}", sa.MetaData(), autoload_with=pg.connection).c.c
        differ = pg.op.impl.compare_server_default(column, column, ours, column.server_default.arg.text)
        verdicts.append((type_, ours, theirs, differ))
    assert verdicts == POSTGRESQL_DEFAULTS
    assert pg.rows("SELECT 1") == [(1,)]


def test_a_serial_s_own_default_is_none(postgresql_url, online) -> None:
    pg = online(postgresql_url)
    pg.run(
        "CREATE TABLE t (id serial PRIMARY KEY, n int)",
        "CREATE SEQUENCE s",
        "ALTER TABLE t ALTER n SET DEFAULT nextval('s')",
    )
    inspector = sa.inspect(pg.connection)
    table = sa.Table("t", sa.MetaData())
    seen = {}
    for column in inspector.get_columns("t"):
        pg.op.impl.autogen_column_reflect(inspector, table, column)
        seen[column["name"]] = column.get("default")
    assert seen == {"id": None, "n": "nextval('s'::regclass)"}


def test_a_key_s_actions_compare_as_the_database_takes_them() -> None:
    def signature(dialect: str, **actions: str) -> object:
        metadata = sa.MetaData()
        table = sa.Table("t", metadata, sa.Column("x", sa.Integer))
        key = sa.ForeignKeyConstraint(["x"], ["r.id"], **actions)
        table.append_constraint(key)
        impl = _impl(dialect)
        return impl._create_metadata_constraint_sig(key, include_options=True).unnamed

    assert signature("postgresql", ondelete="NO ACTION") == signature("postgresql")
    assert signature("postgresql", ondelete="RESTRICT") != signature("postgresql")
    assert signature("mysql", ondelete="RESTRICT") == signature("mysql")
    assert signature("mysql", ondelete="Cascade") == signature("mysql", ondelete="CASCADE")


def _impl(dialect: str):
    from limbeck.runtime.migration import MigrationContext

    return MigrationContext.configure(dialect=sa.make_url(f"{dialect}://").get_dialect()(), opts={"as_sql": True}).impl
