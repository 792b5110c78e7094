"""Scripts read as Alembic writes them: the same operations, rendered by both tools for several databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from side_by_side import Both

SETUP = """
    import sqlalchemy as sa
    from alembic.autogenerate import render_python_code
    from alembic.migration import MigrationContext
    from alembic.operations import ops
    from sqlalchemy.dialects import postgresql

    meta = sa.MetaData()
    t = sa.Table(
        "price", meta,
        sa.Column("a", sa.Integer), sa.Column("b", sa.Integer), sa.Column("B", sa.Integer), sa.Column("s", sa.String),
        sa.Column("j", postgresql.JSONB), sa.Column("several", postgresql.ARRAY(sa.Integer)),
    )

    def rendered(operation, dialect=None, **options):
        context = MigrationContext.configure(dialect_name=dialect or "postgresql")
        return render_python_code(ops.UpgradeOps([operation]), migration_context=context, **options)

    def added(*items, **settings):
        column = sa.Column("c", *items, **settings)
        return rendered(ops.AddColumnOp("price", column)), rendered(ops.CreateTableOp("new", [column.copy()]))

    sa.Column.copy = sa.Column._copy
    """

KEYS = (
    *("t.c.a > 5", "t.c.a + t.c.b", "-t.c.a", "t.c.a.desc()", "t.c.a.is_(None)", "t.c.a.in_([1, 2])"),
    *("t.c.a == sa.null()", "sa.and_(t.c.a > 1, t.c.b > 2)", "sa.func.lower(t.c.s)", "sa.func.lower(t.c.s).desc()"),
    *("sa.func.abs(t.c.B)", "sa.func.lower(t.c.s + 'x')", "sa.func.coalesce(t.c.s, '') + 'x'"),
    *("sa.cast(t.c.a, sa.String)", "t.c.s.collate('C')", "sa.case((t.c.a > 1, 2), else_=3)", "sa.column('B')"),
    *("sa.text('(a + 1)')", "sa.text('lower(s) DESC')", "sa.literal_column('lower(s)')", "t.c.a.between(1, 2)"),
)
ON_POSTGRESQL = ('t.c.j["k"].astext', "t.c.several[1]", 'sa.func.lower(t.c.j["k"].astext)')


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle"])
def test_keys_of_indexes(both: Both, dialect: str) -> None:
    told = both(
        *(
            f'rendered(ops.CreateIndexOp.from_index(sa.Index("ix", "b", {key}, _table=t)), "{dialect}")'
            for key in (*KEYS, *(ON_POSTGRESQL if dialect == "postgresql" else ()))
        ),
        setup=SETUP,
    )
    in_parentheses = dialect in ("postgresql", "mysql", "mariadb")
    assert ("literal_column('(a > 5)')" if in_parentheses else "literal_column('a > 5')") in told[0]


def test_an_index_on_expressions_is_created_by_the_script(both_postgresql: Both) -> None:
    told = both_postgresql(
        """
        from alembic import op
        from alembic.operations import Operations

        keys = [t.c.a > 5, t.c.a + t.c.b, -t.c.a, t.c.j["k"].astext, t.c.several[1], sa.func.lower(t.c.s).desc()]
        index = sa.Index("ix", *keys)
        script = rendered(ops.CreateIndexOp.from_index(index))
        with sa.create_engine(url).connect() as connection:
            t.indexes.discard(index)
            meta.create_all(connection)
            with Operations.context(MigrationContext.configure(connection)):
                exec("if True:\\n" + script)
            (found,) = sa.inspect(connection).get_indexes("price")
        found["expressions"]
        """,
        setup=SETUP,
    )
    assert "(a > 5)" in told[0]


DOMAINS = (
    'sa.DateTime, default=sa.text("now()")',
    'sa.Integer, default=sa.text("5")',
    "sa.DateTime, default=sa.func.now()",
    'sa.String, default="x"',
    "sa.Integer, default=5",
    'sa.String, collation="C"',
    'sa.Integer, check="VALUE > 3", constraint_name="big", not_null=True, schema="s", create_type=False',
    'sa.Integer, check=sa.column("value") > 3, default=sa.literal(5)',
)
IN_2_1 = (
    'sa.String, collation="C", collation_schema="pg_catalog"',
    'sa.String, collation="C", collation_schema="pg_catalog", default=sa.text("\'x\'"), schema="s", create_type=False',
)


def test_domains(both: Both) -> None:
    domains = [f'postgresql.DOMAIN("d", {domain})' for domain in (*DOMAINS, *(IN_2_1 if is_2_1() else ()))]
    told = both(
        *(f"added({domain})" for domain in domains),
        *(f"added(postgresql.ARRAY({domain}))" for domain in domains),
        setup=SETUP,
    )
    assert "default=sa.text('now()')" in told[0]


def is_2_1() -> bool:
    return not sa.__version__.startswith("2.0.")


@pytest.mark.parametrize("kind", ["foreignkey", "unique", "check", "primary", None])
def test_a_constraint_without_a_name(both: Both, kind: str | None) -> None:
    both(
        f'rendered(ops.DropConstraintOp(None, "price", type_={kind!r}))',
        f'rendered(ops.DropConstraintOp(None, "price", type_={kind!r}, schema="s"))',
        f'rendered(ops.ModifyTableOps("price", [ops.DropConstraintOp(None, "price", {kind!r})]), render_as_batch=True)',
        setup=SETUP,
    )


IDENTITIES = (
    *("", "always=True", "always=None", "start=4, oracle_on_null=True, oracle_order=False", "oracle_order=None"),
    *("always=True, oracle_on_null=False", "cycle=False, oracle_order=True", "start=1, increment=2, minvalue=1"),
)


@pytest.mark.skipif(not is_2_1(), reason="the options of Oracle have their names since SQLAlchemy 2.1")
@pytest.mark.parametrize("options", IDENTITIES)
def test_identities(both: Both, options: str) -> None:
    both(
        f"added(sa.Integer, sa.Identity({options}))",
        f'rendered(ops.AlterColumnOp("price", "a", modify_server_default=sa.Identity({options})))',
        f'rendered(ops.AlterColumnOp("price", "a", modify_name="b", existing_server_default=sa.Identity({options})))',
        setup=SETUP,
    )


def test_no_options_leave_a_comma(both: Both) -> None:
    told = both(
        'added(sa.Integer, sa.Computed("a + 1"))',
        'added(sa.Integer, sa.Computed("a + 1", persisted=True))',
        'rendered(ops.AlterColumnOp("price", "a", modify_server_default=sa.Computed("a + 1")))',
        *(
            f'rendered(ops.CreateTableOp("t", [sa.Column("a", sa.Integer), {key}]))'
            for key in (
                'sa.ForeignKeyConstraint(["a"], ["up.id"])',
                'sa.ForeignKeyConstraint(["a"], ["up.id"], name="fk")',
                'sa.ForeignKeyConstraint(["a"], ["up.id"], ondelete="CASCADE")',
            )
        ),
        setup=SETUP,
    )
    assert "sa.Computed('a + 1', )" in told[0]
    assert "['up.id'], )" in told[3]


EXCLUDED = (
    *("sa.text('a + 2')", "sa.column('B')", "sa.column('a')", "'a'", "t.c.a", "t.c.B", "sa.literal_column('a + 2')"),
    *("sa.func.lower(sa.column('s'))", "sa.func.int4range(t.c.a, t.c.B, '[)')", "sa.literal_column('a')"),
)


@pytest.mark.parametrize("key", EXCLUDED)
def test_exclusion_constraints(both: Both, key: str) -> None:
    made = f'postgresql.ExcludeConstraint(({key}, "="), using="gist", name="ex", where=sa.text("a > 3"))'
    told = both(
        f"t.append_constraint({made})\nrendered(ops.CreateTableOp.from_table(t))",
        f"""
        excluded = {made}
        t.append_constraint(excluded)
        operation = ops.AddConstraintOp.from_constraint(excluded)
        (
            rendered(operation),
            rendered(ops.ModifyTableOps("price", [operation]), render_as_batch=True),
            rendered(operation.reverse()),
        )
        """,
        setup=SETUP,
    )
    assert ["literal_column" in one for one in told] == ["literal_column" in key] * 2


def test_exclusion_constraints_made_by_hand(both: Both) -> None:
    both(
        'rendered(Op("ex", "price", [("a", "="), ("B", "&&")], using="gist", initially="DEFERRED", schema="s"))',
        'rendered(Op("ex", "price", [(sa.Column("a", sa.Integer), "=")], where=sa.column("a") > 3, using="gist"))',
        setup=SETUP + "\n    from alembic.ddl.postgresql import CreateExcludeConstraintOp as Op",
    )


INNER = (
    *("SHAPE()", "sa.Integer()", "sa.String(5)", "sa.Numeric(3, 2)", 'sa.Enum("a", "b", name="e")', "LISTOF(SHAPE())"),
    *("postgresql.JSONB()", 'sa.Integer().with_variant(sa.String(), "sqlite")'),
)


@pytest.mark.parametrize("before", [r"(.+?\()", r"(LISTOF\()", r"(.*\()", r"(nothing\()"])
def test_types_that_contain_a_type(both: Both, before: str) -> None:
    told = both(
        *(f'render._render_type_w_subtype(LISTOF({inner}), context, "item", {before!r}, "mine.")' for inner in INNER),
        *(
            f'render._render_type_w_subtype(LISTOF({inner}, 3), context, "item", {before!r}, "mine.")'
            for inner in INNER
        ),
        setup=SETUP
        + """
    from alembic.autogenerate import api, render
    from sqlalchemy.types import UserDefinedType

    class SHAPE(UserDefinedType):
        pass

    class LISTOF(UserDefinedType):
        def __init__(self, item, dimensions=None):
            self.item, self.dimensions = item, dimensions

        def __repr__(self):
            more = "" if self.dimensions is None else f", dimensions={self.dimensions}"
            return f"LISTOF({self.item!r}{more})"

    prefixes = {"sqlalchemy_module_prefix": "sa.", "alembic_module_prefix": "op.", "user_module_prefix": "mine."}
    context = api.AutogenContext(
        MigrationContext.configure(dialect_name="postgresql"), opts=prefixes, autogenerate=False
    )
    """,
    )
    assert told[0] == ("'mine.LISTOF(SHAPE())'" if "nothing" in before else "'mine.LISTOF(mine.SHAPE())'")


RENDERERS = (
    "render._render_unique_constraint(unique, context, None)",
    "render._render_check_constraint(check, context, None)",
    "render._render_primary_key(t.primary_key, context, None)",
    "render._render_foreign_key(key, context, meta)",
    'render._render_computed(sa.Computed("a", persisted=True), context)',
    "render._render_identity(sa.Identity(), context)",
    "render._add_unique_constraint(context, ops.AddConstraintOp.from_constraint(unique))",
    "render._add_fk_constraint(context, ops.AddConstraintOp.from_constraint(key))",
    "render._add_check_constraint(context, ops.AddConstraintOp.from_constraint(check))",
    'render._drop_constraint(context, ops.DropConstraintOp("uq", "price", type_="unique"))',
    'render._drop_constraint(context, ops.DropConstraintOp(None, "price", type_="unique"))',
    'render._execute_sql(context, ops.ExecuteSQLOp("SELECT 1"))',
    'render._execute_sql(context, ops.ExecuteSQLOp(sa.text("SELECT 1")))',
    "render._fk_colspec(key.elements[0], None, meta)",
    'render._fk_colspec(key.elements[0], "s", meta)',
    'render._fk_colspec(far.elements[0], "other", meta)',
    'render._f_name("op.", "uq"), str(render._f_name("", "two words"))',
    "render._render_dialect_kwargs_items(context, index.dialect_kwargs)",
    """
    render._alter_column(context, ops.AlterColumnOp(
        "price", "a", schema="s", modify_type=sa.Integer(), existing_type=sa.String(5), modify_comment="x",
        existing_comment="y", modify_nullable=False, modify_server_default="5", existing_server_default="6",
        modify_name="n", autoincrement=True,
    ))
    """,
    """
    changed = ops.AlterColumnOp("price", "a", modify_type=sa.Integer(), existing_type=sa.String(5))
    changed.kw["postgresql_using"] = "a::integer"
    render._alter_column(context, changed)
    """,
)


def test_renderers_that_others_call(both: Both) -> None:
    told = both(
        *RENDERERS,
        setup=SETUP
        + """
    from alembic.autogenerate import api, render

    prefixes = {"sqlalchemy_module_prefix": "sa.", "alembic_module_prefix": "op.", "user_module_prefix": "mine."}
    context = api.AutogenContext(
        MigrationContext.configure(dialect_name="postgresql"), opts=prefixes, autogenerate=False
    )
    up = sa.Table("up", meta, sa.Column("id", sa.Integer))
    unique, check = sa.UniqueConstraint("a", name="uq"), sa.CheckConstraint("a > 3", name="ck")
    key, far = sa.ForeignKeyConstraint(["a"], ["up.id"], name="fk"), sa.ForeignKeyConstraint(["b"], ["far.off.id"])
    for one in (unique, check, key, far, sa.PrimaryKeyConstraint("a", name="pk")):
        t.append_constraint(one)
    index = sa.Index("ix", t.c.a, postgresql_where=sa.text("a > 3"), postgresql_include=["b"], mysql_length={"a": 3})
    """,
    )
    assert "postgresql_using" not in told[-1]
    assert told[-1].strip("\"'").endswith(")")
