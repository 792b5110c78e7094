"""The classic comparison finds, asks and warns as Alembic does: indexes on expressions, checks by name, identities."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import pytest
from side_by_side import Both

SETUP = """
    import logging
    import re
    import sqlalchemy as sa
    from alembic.autogenerate import produce_migrations, render_python_code
    from alembic.migration import MigrationContext
    from sqlalchemy.dialects import postgresql

    class Shown(logging.Handler):
        def emit(self, record):
            text = re.sub("0x[0-9a-f]+", "0x", record.getMessage())
            if "Detected changed index" not in text:  # which is told in words of our own
                print(record.name, text)

    for name in ("autogenerate", "ddl.impl", "ext"):
        logging.getLogger(f"alembic.{name}").setLevel(logging.INFO)
        logging.getLogger(f"alembic.{name}").addHandler(Shown())

    engine = sa.create_engine(url)

    def found(before, after, metadata=None, **options):
        with engine.connect() as connection:
            there = sa.MetaData()
            if before is not None:
                before(there)
            there.create_all(connection)
            models = metadata if metadata is not None else sa.MetaData()
            after(models)
            context = MigrationContext.configure(connection, opts=options)
            script = produce_migrations(context, models)
            told = [
                render_python_code(operations, migration_context=context)
                for operations in (script.upgrade_ops, script.downgrade_ops)
            ]
            there.drop_all(connection)
            connection.commit()
        return told
    """

INDEXES = (
    SETUP
    + """
    def item(*indexes):
        def fill(metadata):
            t = sa.Table(
                "item", metadata,
                sa.Column("id", sa.Integer), sa.Column("a", sa.String(9)), sa.Column("b", sa.String(9)),
                sa.Column("j", postgresql.JSONB() if url.startswith("postgresql") else sa.JSON()),
            )
            for keys, options in indexes:
                keys = [t.c[key] if isinstance(key, str) else key(t) for key in keys]
                sa.Index(options.pop("name", "ix"), *keys, _table=t, **options)
        return fill

    def index(*keys, **options):
        return item((keys, options))

    lower = lambda t: sa.func.lower(t.c.a)
    lower_desc = lambda t: sa.func.lower(t.c.a).desc()
    cast = lambda t: sa.cast(t.c.a, sa.Integer)
    text = lambda t: sa.text("lower(a)")
    literal = lambda t: sa.literal_column("a")
    desc = lambda t: t.c.a.desc()
    nothing = item()
    """
)

ON_EXPRESSIONS = (
    *("index(lower)", "index(lower, unique=True)", "index(lower_desc)", "index('b', lower)", "index(cast)"),
    *("index(text)", "index(literal)", "index(lower, name='ix_other')", "index(lower, name=None)"),
)


@pytest.mark.parametrize("there", ["nothing", "index(lower)", "index('a')", "index(lower, name='ix_there')", "None"])
def test_sqlite_cannot_show_indexes_on_expressions(both: Both, there: str) -> None:
    """One that the database shows no namesake of is left out, with a warning."""
    told = both(
        *(f"found({there}, {models})" for models in (*ON_EXPRESSIONS, "index('a')", "index(desc)", "nothing")),
        setup=INDEXES,
    )
    assert "lower" not in told[7]


def test_a_history_with_an_index_on_an_expression(both: Both) -> None:
    """Created by hand in a script; the next scripts leave it alone, and the way down and up again is free."""
    told = both(
        """
        [
            found(index(lower), index(lower), render_as_batch=True),
            found(index(lower), item(((lower,), {}), (("b",), {"name": "ix_new"}))),
        ]
        """,
        setup=INDEXES,
    )
    assert told[0].count("create_index") == 1
    assert "ix_new" in told[0]


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "mssql", "oracle", "sqlite"])
def test_impls_of_dialects_that_cannot_show_them_call_a_helper(both: Both, dialect: str) -> None:
    both(
        """
        metadata = sa.MetaData()
        item(((lower,), {}), (("a",), {"name": "ix_a"}), (("b", lower), {"name": "ix_b"}))(metadata)
        models = set(metadata.tables["item"].indexes)
        metadata = sa.MetaData()
        item((("a",), {}), (("a",), {"name": "ix_there"}))(metadata)
        there = set(metadata.tables["item"].indexes)
        impl = MigrationContext.configure(dialect_name=dialect).impl
        said = impl._skip_functional_indexes(models, there)
        said, sorted(one.name for one in models), sorted(one.name for one in there)
        """,
        setup=INDEXES,
        names={"dialect": dialect},
    )


OPERATOR_CLASSES = (
    ("gin('k')", "gin('k')"),
    ("gin('k')", "gin('other')"),
    ("gin('k')", "gin('k', 'j')"),
    ("gin('k', 'j')", "gin('k')"),
    ("gin('k', 'j')", "gin('k', text_of('y'))"),
    ("index(pattern)", "index(pattern)"),
    ("index('a')", "index(pattern)"),
    ("index('a', postgresql_ops={'a': 'varchar_pattern_ops'})", "index(pattern)"),
    ("index(pattern)", "index('a', postgresql_ops={'a': 'varchar_pattern_ops'})"),
)


@pytest.mark.parametrize(("there", "models"), OPERATOR_CLASSES)
def test_an_operator_class_in_the_text_of_an_expression(both_postgresql: Both, there: str, models: str) -> None:
    both_postgresql(
        f"found({there}, {models})",
        setup=INDEXES
        + """
    text_of = lambda key: lambda t: sa.text(f"(j -> '{key}')")
    of_class = lambda key: lambda t: sa.text(f"(j -> '{key}') jsonb_path_ops")
    gin = lambda key, *more: index(of_class(key), *more, postgresql_using="gin")
    pattern = lambda t: sa.text("a varchar_pattern_ops")
    """,
    )


ORDERS = ("", ".asc()", ".desc()")
NULLS = ("", ".nulls_first()", ".nulls_last()")


@pytest.mark.parametrize("key", ["t.c.a", "sa.func.lower(t.c.a)"])
@pytest.mark.parametrize("there", [".desc()", ".desc().nulls_last()", ".asc().nulls_first()", ".asc()"])
def test_orders_of_keys(both_postgresql: Both, key: str, there: str) -> None:
    told = both_postgresql(
        *(
            f"found(index(lambda t: {key}{there}), index(lambda t: {key}{order}{nulls}))"
            for order in ORDERS
            for nulls in NULLS
            if order or not nulls
        ),
        setup=INDEXES,
    )
    assert sum("create_index" not in one for one in told) in (1, 2, 3)


CHECKS = (
    SETUP
    + """
    def price(*of_column, of_table=(), schema=None):
        def fill(metadata):
            sa.Table(
                "price", metadata, sa.Column("id", sa.Integer), sa.Column("n", sa.Integer, *map(check, of_column)),
                *map(check, of_table), schema=schema,
            )
        return fill

    def check(said):
        return sa.CheckConstraint(said[1], name=said[0])

    def asked(item, name, kind, reflected, compare_to):
        if kind == "check_constraint":
            print(name, kind, reflected, compare_to is not None)
        return True

    def compared(before, after, *args, plugin="alembic.ext.checkconstraint_byname", **options):
        plugins = ["alembic.autogenerate.*", *([plugin] if plugin else [])]
        return found(before, after, *args, autogenerate_plugins=plugins, include_object=asked, **options)

    n3 = ("ck_n", "n > 3")
    convention = lambda: sa.MetaData(naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s"})
    """
)

NAMED_CHECKS = (
    "compared(price(), price(n3))",
    "compared(price(n3), price(n3))",
    "compared(price(('ck_n', 'n > 4')), price(n3))",
    "compared(price((None, 'n > 3')), price(n3))",
    "compared(price(n3), price())",
    "compared(price(of_table=[n3]), price(n3))",
    "compared(price(n3), price(of_table=[n3]))",
    "compared(price(), price(n3, (None, 'n > 4'), ('ck_a', 'n > 5'), of_table=[('ck_b', 'n > id')]))",
    "compared(price(n3), price(('ck_m', 'n > 3')))",
    "compared(price(('ck_price_x', 'n > 3')), price(('x', 'n > 3')), convention())",
    "compared(price(), price(('x', 'n > 3')), convention())",
    "compared(price(), price(n3), render_as_batch=True)",
    "compared(price(), price(n3), plugin='alembic.autogenerate.checkconstraint_byname')",
    "compared(price(n3), price(n3), plugin='alembic.autogenerate.checkconstraint_byname')",
    "compared(price(), price(n3), plugin=None)",
)


@pytest.mark.parametrize("fixture", ["both", "both_postgresql"])
def test_checks_that_stand_in_their_column(fixture: str, request: pytest.FixtureRequest) -> None:
    ask: Both = request.getfixturevalue(fixture)
    told = ask(*NAMED_CHECKS, setup=CHECKS)
    assert "create_check_constraint('ck_n'" in told[0]
    assert "constraint" not in told[1]


def test_checks_in_columns_of_a_schema(both_postgresql: Both) -> None:
    both_postgresql(
        """
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE SCHEMA far"))
        """,
        "compared(price(schema='far'), price(n3, schema='far'), include_schemas=True)",
        "compared(price(n3, schema='far'), price(n3, schema='far'), include_schemas=True)",
        setup=CHECKS,
    )


@pytest.mark.parametrize("fixture", ["both", "both_postgresql", "both_mariadb"])
def test_a_table_that_is_filtered_out_has_a_stand_in_with_types(fixture: str, request: pytest.FixtureRequest) -> None:
    told = request.getfixturevalue(fixture)(
        """
        def before(metadata):
            sa.Table(
                "par", metadata,
                sa.Column("id", sa.Integer, primary_key=True), sa.Column("tag", sa.String(40), unique=True)
            )
            sa.Table(
                "kid", metadata, sa.Column("id", sa.Integer, primary_key=True),
                sa.Column("p", sa.Integer, sa.ForeignKey("par.id", name="fk_p")),
                sa.Column("q", sa.String(40), sa.ForeignKey("par.tag", name="fk_q")),
            )

        def after(metadata):
            columns = sa.Column("p", sa.Integer), sa.Column("q", sa.String(40))
            sa.Table("kid", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)

        seen = set()

        def keys(item, name, kind, reflected, compare_to):
            if kind == "foreign_key_constraint":
                table = item.referred_table
                columns = sorted((column.name, str(column.type.compile())) for column in table.c)
                seen.add((name, table.name, str(table.info), *columns))
            return kind != "index"

        engine = sa.create_engine(url)
        with engine.connect() as connection:
            there, models = sa.MetaData(), sa.MetaData()
            before(there)
            there.create_all(connection)
            after(models)
            chosen = lambda name, kind, parents: (name, kind) != ("par", "table")
            context = MigrationContext.configure(connection, opts={"include_name": chosen, "include_object": keys})
            diffs = sorted(diff[0] for diff in compare_metadata(context, models))
        sorted(seen), diffs
        """,
        setup="""
        import sqlalchemy as sa
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext
        """,
    )
    assert "'VARCHAR(40)'" in told[0]


IDENTITIES = (
    ("sa.Identity(start=2)", ""),
    ("sa.Identity(start=2)", "nullable=False"),
    ("sa.Identity(start=2)", "sa.Identity(start=2)"),
    ("", "sa.Identity(start=2)"),
    ("nullable=False", "sa.Identity(start=2)"),
)


@pytest.mark.parametrize(("there", "models"), IDENTITIES)
def test_an_identity_comes_or_goes(both_postgresql: Both, there: str, models: str) -> None:
    """The diffs are equal; the calls differ by ``existing_server_default=``, which ``--sql`` needs."""
    both_postgresql(
        f"""
        def fill(metadata, *args, **kw):
            sa.Table("item", metadata, sa.Column("id", sa.Integer), sa.Column("f", sa.Integer, *args, **kw))

        for line in found(lambda m: fill(m, {there}), lambda m: fill(m, {models})):
            print([word for word in ("nullable=True", "nullable=False", " server_default=") if word in line])
        """,
        setup=SETUP,
    )


@pytest.mark.parametrize("default", [None, "main", "other"])
def test_the_default_schema_may_be_unknown(both: Both, default: str | None) -> None:
    told = both(
        f"""
        engine.dialect.default_schema_name = {default!r}
        with engine.connect() as connection:
            there, models = sa.MetaData(), sa.MetaData()
            sa.Table("kid", there, sa.Column("id", sa.Integer))
            there.create_all(connection)
            sa.Table("kid", models, sa.Column("id", sa.Integer))
            sa.Table("new", models, sa.Column("id", sa.Integer))
            seen = set()

            def asked(item, name, kind, reflected, compare_to):
                seen.add((name, kind, str(getattr(item, "schema", "-")), reflected, compare_to is not None))
                return not (kind == "table" and item.schema == "main")

            schemas = []

            def named(name, kind, parents):
                if kind == "schema":
                    schemas.append(name)
                return True

            opts = {{"include_schemas": True, "include_object": asked, "include_name": named}}
            context = MigrationContext.configure(connection, opts=opts)
            script = produce_migrations(context, models)
        [diff[0] for diff in script.upgrade_ops.as_diffs()], sorted(seen), schemas
        """,
        setup=SETUP + "\n    engine.connect().close()",
    )
    assert told[0].startswith("(['add_table'], ")


COMPUTED = "sa.Computed('id + 1', persisted=True)"


@pytest.mark.parametrize(
    ("there", "models"),
    [
        (COMPUTED, "None"),
        (COMPUTED, "server_default='5'"),
        (COMPUTED, "server_default=sa.FetchedValue()"),
        ("None", COMPUTED),
        ("server_default='5'", COMPUTED),
        (COMPUTED, "sa.Computed('id + 2', persisted=True)"),
        (COMPUTED, COMPUTED),
    ],
)
def test_a_computed_column_comes_or_goes(both_anywhere: Both, there: str, models: str) -> None:
    """It cannot be modified, of which both warn."""
    both_anywhere(
        f"""
        def item(*parts, **options):
            columns = sa.Column("id", sa.Integer), sa.Column("b", sa.Integer, *parts, **options)
            return lambda metadata: sa.Table("item", metadata, *columns)
        {_item("before", there)}
        {_item("after", models)}
        found(before, after, compare_server_default=True)
        """,
        setup=SETUP,
    )


def _item(name: str, part: str) -> str:
    return f"{name} = item({'' if part == 'None' else part})"


@pytest.mark.parametrize("part", ["sa.Identity()", "server_default='5'", "autoincrement=True", "primary_key=True"])
@pytest.mark.parametrize("fixture", ["both", "both_postgresql"])
def test_autoincrement_beside_a_default(fixture: str, part: str, request: pytest.FixtureRequest) -> None:
    """Where no column is restated, it is rendered beside no default."""
    both: Both = request.getfixturevalue(fixture)
    options = "nullable=False" if "=True" in part else "nullable=False, autoincrement=True"
    both(
        f"""
        def before(metadata):
            sa.Table("item", metadata, sa.Column("id", sa.Integer), sa.Column("b", sa.Integer, nullable=False))
        def after(metadata):
            sa.Table("item", metadata, sa.Column("id", sa.Integer), sa.Column("b", sa.BigInteger, {part}, {options}))
        found(before, after, compare_server_default=False)
        """,
        setup=SETUP,
    )


PLAIN, IDENTITIES = "server_default='5'", ["sa.Identity()", "sa.Identity(always=True)", "sa.Identity(start=3)"]
COMPUTED = "sa.Computed('id + 1')"


@pytest.mark.parametrize(
    ("compares", "pairs"),
    [
        *product(["lambda *_: None", "lambda *_: True", "lambda *_: False"], [[*product([None, PLAIN], repeat=2)]]),
        *product(["True", "False"], [[*product([None, PLAIN], repeat=2), *product([None, *IDENTITIES], repeat=2)]]),
        *product(["True", "False"], [[*product([COMPUTED], [None, PLAIN, *IDENTITIES])]]),
    ],
)
def test_autoincrement_after_the_comparison_of_defaults(
    both_postgresql: Both, compares: str, pairs: Iterable[tuple[str | None, str | None]]
) -> None:
    """Whether it is rendered: not where the comparison of the default ends that of the column."""
    both_postgresql(
        "import logging\nlogging.disable()",
        *(
            f"""
            def before(metadata):
                b = sa.Column("b", sa.Integer, {_and(there)}nullable=False)
                sa.Table("item", metadata, sa.Column("id", sa.Integer), b)
            def after(metadata):
                b = sa.Column("b", sa.BigInteger, {_and(now)}nullable=False, autoincrement=True)
                sa.Table("item", metadata, sa.Column("id", sa.Integer), b)
            ["autoincrement" in text for text in found(before, after, compare_server_default={compares})]
            """
            for there, now in pairs
        ),
        setup=SETUP,
    )


def _and(part: str | None) -> str:
    return f"{part}, " if part else ""


def test_a_foreign_key_with_empty_actions(both: Both) -> None:
    """They are none, in a new table and in an old one."""
    (told,) = both(
        """
        def before(metadata):
            sa.Table("item", metadata, sa.Column("id", sa.Integer), sa.Column("b", sa.Integer))
        def after(metadata):
            empty = dict(name="fk", ondelete="", onupdate="", initially="", match="")
            key = [sa.ForeignKeyConstraint(["b"], ["item.id"], **empty) for _ in range(2)]
            sa.Table("item", metadata, sa.Column("id", sa.Integer), sa.Column("b", sa.Integer), key[0])
            sa.Table("other", metadata, sa.Column("b", sa.Integer), key[1])
        found(before, after)
        """,
        setup=SETUP,
    )
    assert "ondelete" not in told
