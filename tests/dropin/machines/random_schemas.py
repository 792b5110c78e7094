"""Random parts of schemas as Python text: types, defaults, columns, constraints."""

from __future__ import annotations

from collections.abc import Sequence

from chance import Chance

TYPES = (
    *("sa.Integer", "sa.Integer()", "sa.BigInteger()", "sa.SmallInteger()", "sa.String(20)", "sa.String()"),
    *("sa.Unicode(9)", "sa.Text()", "sa.CHAR(3)", "sa.VARCHAR(7)", "sa.Numeric(8, 2)", "sa.Numeric()", "sa.Float()"),
    *("sa.Float(24)", "sa.Double()", "sa.Boolean()", "sa.Boolean(create_constraint=True, name='ck_bool')"),
    *("sa.Date()", "sa.Time()", "sa.DateTime()", "sa.DateTime(timezone=True)", "sa.TIMESTAMP()", "sa.Interval()"),
    *("sa.LargeBinary()", "sa.LargeBinary(9)", "sa.JSON()", "sa.Uuid()", "sa.Uuid(native_uuid=False)"),
    *("sa.Enum('x', 'y', name='en')", "sa.Enum('x', 'it\\'s', name='en', native_enum=False)"),
    *("sa.Enum('x', 'y', name='en', schema='s1')", "sa.Enum('x', 'yyy', native_enum=False, create_constraint=True)"),
    *("sa.String(20, collation='nocase')", "sa.NullType()", "sa.PickleType()"),
    *("sa.String(9).with_variant(sa.Text(), 'sqlite')", "sa.Integer().with_variant(sa.BigInteger(), 'postgresql')"),
)
OF_DIALECT = {
    "postgresql": (
        *("postgresql.JSONB()", "postgresql.ARRAY(sa.Integer())", "postgresql.ENUM('x', 'y', name='pe')"),
        *(
            "postgresql.INTERVAL(precision=3)",
            "postgresql.TIMESTAMP(precision=2)",
            "postgresql.UUID()",
            "sa.ARRAY(sa.Text)",
        ),
        *(
            "postgresql.INET()",
            "postgresql.TSVECTOR()",
            "postgresql.HSTORE()",
            "postgresql.BIT(3)",
            "postgresql.INT4RANGE()",
        ),
        *(
            "postgresql.ENUM('x', name='pe', create_type=False)",
            "postgresql.DOMAIN('dom', sa.Integer())",
            "postgresql.OID()",
        ),
    ),
    "mysql": (
        *("mysql.INTEGER(unsigned=True)", "mysql.TINYINT(1)", "mysql.LONGTEXT()", "mysql.DATETIME(fsp=3)"),
        *("mysql.ENUM('x', 'y')", "mysql.SET('x', 'y')", "mysql.VARCHAR(9, charset='utf8mb4')", "mysql.YEAR()"),
        *(
            "mysql.DECIMAL(8, 2, unsigned=True)",
            "mysql.BIT(3)",
            "mysql.TIMESTAMP(fsp=6)",
            "mysql.DOUBLE(asdecimal=True)",
        ),
    ),
    "mssql": ("mssql.NVARCHAR(None)", "mssql.DATETIME2(3)", "mssql.UNIQUEIDENTIFIER()", "mssql.BIT()", "mssql.MONEY()"),
    "oracle": ("oracle.NUMBER(8, 2)", "oracle.VARCHAR2(9)", "oracle.CLOB()", "oracle.RAW(5)", "oracle.DATE()"),
    "sqlite": ("sqlite.DATETIME()", "sqlite.JSON()", "sqlite.DATE(storage_format='%(year)d')"),
}
DEFAULTS = (
    *("'5'", "'it\\'s'", "''", "sa.text('5')", "sa.text(\"'x'\")", "sa.func.now()", "sa.text('now()')", "sa.null()"),
    *(
        "sa.true()",
        "sa.literal(5)",
        "sa.literal('x')",
        "sa.text('(1 + 2)')",
        "sa.DefaultClause('7')",
    ),
    *("sa.literal_column('5')", "'50%'", "sa.func.lower('A')", "sa.cast('5', sa.Integer)", "sa.text('a:b')", "'null'"),
)
CONDITIONS = (
    *("'a > 0'", "sa.text('a > 0')", "sa.column('a') > 0", "'b <> \\'it\\''", "sa.func.length(sa.column('b')) < 5"),
    *("sa.column('a').in_([1, 2])", "sa.and_(sa.column('a') > 0, sa.column('b') != 'x')", "\"b LIKE 'x%'\""),
)
EXPRESSIONS = (
    *(
        "sa.text('lower(b)')",
        "sa.func.lower(sa.column('b'))",
        "sa.desc('a')",
        "sa.column('a').desc()",
        "sa.text('a DESC')",
    ),
    *("sa.column('a') + 1", "sa.literal_column('lower(b)')", "sa.column('a').desc().nulls_last()"),
)
COMPUTED = (
    "sa.Computed('a + 1')",
    "sa.Computed('a + 1', persisted=True)",
    "sa.Computed(sa.text('a * 2'), persisted=False)",
)
IDENTITIES = ("sa.Identity()", "sa.Identity(always=True, start=3)", "sa.Identity(increment=2, minvalue=1, cycle=True)")
REFERRED = ("'r.id'", "'r.id'", "'s1.r.id'", "'t.id'", "'Odd r.an id'")
ACTIONS = ("'CASCADE'", "'SET NULL'", "'RESTRICT'", "'set default'", "''")
COMMENTS = ("'words'", "'it\\'s'", "'50% \\\\ :x'", "''")


def type_(c: Chance, dialect: str) -> str:
    """A type."""
    return c.choice(OF_DIALECT["mysql" if dialect == "mariadb" else dialect] if c.random() < 0.2 else TYPES)


def foreign_key(c: Chance, referred: Sequence[str]) -> str:
    """What stands in a column."""
    return c.call(
        "sa.ForeignKey",
        c.choice(referred),
        name=c.maybe("'fk_1'", 0.5),
        ondelete=c.maybe(c.one(*ACTIONS)),
        onupdate=c.maybe(c.one(*ACTIONS), 0.1),
        deferrable=c.maybe("True", 0.1),
        initially=c.maybe("'DEFERRED'", 0.1),
        use_alter=c.maybe("True", 0.05),
    )


def check(c: Chance, condition: str | None = None) -> str:
    """A check of a column or table."""
    return c.call("sa.CheckConstraint", condition or c.one(*CONDITIONS), name=c.maybe("'ck_1'", 0.6))


def column(c: Chance, dialect: str, name: str, *, plain: float = 0.4, referred: Sequence[str] = REFERRED) -> str:
    """A column; some share of them has nothing but a type, and others refer to one of these columns."""
    if c.random() < plain:
        return c.call("sa.Column", repr(name), type_(c, dialect), nullable=c.maybe(c.one("True", "False")))
    generated = c.maybe(c.one(*COMPUTED, *IDENTITIES), 0.15)
    return c.call(
        "sa.Column",
        repr(name),
        type_(c, dialect),
        c.maybe(lambda: foreign_key(c, referred), 0.2),
        c.maybe(lambda: check(c, f"'{name} > 0'"), 0.15),
        generated,
        primary_key=c.maybe("True", 0.1),
        nullable=c.maybe(c.one("True", "False")),
        server_default=None if generated else c.maybe(c.one(*DEFAULTS, "sa.FetchedValue()"), 0.4),
        server_onupdate=c.maybe("sa.FetchedValue()", 0.03),
        default=c.maybe(c.one("5", "'x'", "sa.func.now()"), 0.05),
        unique=c.maybe("True", 0.1),
        index=c.maybe("True", 0.1),
        comment=c.maybe(c.one(*COMMENTS), 0.15),
        autoincrement=c.maybe(c.one("True", "False"), 0.1),
        key=c.maybe(repr(f"key_{name}"), 0.03),
        quote=c.maybe("True", 0.03),
        info=c.maybe("{'x': 1}", 0.02),
    )


def table_options(c: Chance, dialect: str) -> dict[str, str | None]:
    """Options of a table that a dialect has, as keywords."""
    if dialect in {"mysql", "mariadb"}:
        return {f"{dialect}_engine": c.maybe("'InnoDB'"), f"{dialect}_charset": c.maybe("'utf8mb4'", 0.2)}
    if dialect == "postgresql":
        return {"postgresql_with": c.maybe("{'fillfactor': 50}", 0.1), "postgresql_on_commit": c.maybe("'DROP'", 0.05)}
    if dialect == "sqlite":
        return {"sqlite_autoincrement": c.maybe("True", 0.2), "sqlite_with_rowid": c.maybe("False", 0.05)}
    return {}


def index_options(c: Chance, dialect: str) -> dict[str, str | None]:
    """Options of an index that a dialect has, as keywords."""
    if dialect in {"mysql", "mariadb"}:
        return {
            f"{dialect}_length": c.maybe(c.one("5", "{'b': 5}"), 0.2),
            f"{dialect}_prefix": c.maybe("'FULLTEXT'", 0.1),
            f"{dialect}_using": c.maybe("'hash'", 0.1),
        }
    if dialect == "postgresql":
        return {
            "postgresql_using": c.maybe(c.one("'gin'", "'btree'"), 0.2),
            "postgresql_where": c.maybe(c.one("sa.text('a > 0')", "sa.column('a') > 0"), 0.2),
            "postgresql_ops": c.maybe("{'b': 'text_pattern_ops'}", 0.2),
            "postgresql_include": c.maybe("['c']", 0.1),
            "postgresql_with": c.maybe("{'fillfactor': 50}", 0.1),
            "postgresql_nulls_not_distinct": c.maybe("True", 0.1),
        }
    if dialect == "sqlite":
        return {"sqlite_where": c.maybe(c.one("sa.text('a > 0')", "sa.column('a') > 0"), 0.2)}
    if dialect == "mssql":
        return {
            "mssql_include": c.maybe("['c']", 0.2),
            "mssql_clustered": c.maybe("True", 0.2),
            "mssql_where": c.maybe("sa.text('a > 0')", 0.1),
        }
    return {"oracle_bitmap": c.maybe("True", 0.2), "oracle_compress": c.maybe("1", 0.1)}
