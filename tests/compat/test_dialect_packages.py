"""Third-party dialects: registered by import, their SQL of a history, their types in a script; DuckDB for real."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest
from shop import environment, revision

UP = """
        op.create_table(
            "account",
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("name", sa.String(40), nullable=False, server_default="x"),
        )
        """.strip()
CHANGES = """
        op.add_column("account", sa.Column("amount", sa.Numeric(10, 2)))
        op.alter_column("account", "name", new_column_name="title")
        op.alter_column("account", "amount", type_=sa.Numeric(12, 2), existing_type=sa.Numeric(10, 2))
        op.alter_column("account", "title", existing_type=sa.String(40), nullable=True)
        op.alter_column("account", "title", existing_type=sa.String(40), server_default=None)
        op.rename_table("account", "ledger")
        op.execute("DELETE FROM ledger")
        """.strip()
BACK = """
        op.rename_table("ledger", "account")
        op.alter_column("account", "title", new_column_name="name")
        op.drop_column("account", "amount")
        """.strip()
HISTORY = (
    revision("a1", None, up=UP, undo='op.drop_table("account")'),
    revision("a2", "a1", up=CHANGES, undo=BACK),
)

OFFLINE = """
    from alembic import context
    import dialect

    context.configure(dialect_name=dialect.NAME, target_metadata=None, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
    """

SCRIPT = """
    import io, json, sys
    sys.path.insert(0, ".")
    import dialect
    import sqlalchemy as sa
    from alembic import command
    from alembic.autogenerate.api import AutogenContext
    from alembic.autogenerate.render import _render_column, _render_server_default, _repr_type
    from alembic.config import Config
    from alembic.ddl.impl import DefaultImpl, _impls
    from alembic.runtime.migration import MigrationContext

    sql = {}
    for verb, target in (("upgrade", "head"), ("downgrade", "a2:base")):
        said = io.StringIO()
        getattr(command, verb)(Config("alembic.ini", output_buffer=said), target, sql=True)
        # the reference asks for a row back even where nobody is there to answer
        sql[verb] = said.getvalue().replace(" RETURNING alembic_version.version_num", "")

    migration = MigrationContext.configure(dialect_name=dialect.NAME, opts={"as_sql": True})
    assert type(migration.impl) is _impls[dialect.NAME] and isinstance(migration.impl, DefaultImpl)
    options = {"sqlalchemy_module_prefix": "sa.", "alembic_module_prefix": "op.", "user_module_prefix": None}
    autogen = AutogenContext(migration, opts={**options, "render_item": dialect.RENDER_ITEM}, autogenerate=False)
    rendered = [
        [_repr_type(type_, autogen), _render_column(sa.Column(name, type_, server_default="1"), autogen)]
        for name, type_ in dialect.COLUMNS
    ]
    rendered.append(_render_server_default(sa.Column(server_default=sa.text("now()")).server_default, autogen))
    found = {"impl": type(migration.impl).__name__, "sql": sql, "rendered": rendered}
    # Limbeck writes the import of a package's types too; of SQLAlchemy's dialects both do
    print(json.dumps({**found, "imports": sorted(line for line in autogen.imports if line.startswith("from"))}))
    """

DIALECTS = {
    "snowflake": """
        import sqlalchemy as sa
        from alembic.ddl.impl import DefaultImpl
        from snowflake import sqlalchemy as snowflake
        from snowflake.sqlalchemy.alembic_util import render_item as RENDER_ITEM
        from sqlalchemy.sql.elements import quoted_name

        class SnowflakeImpl(DefaultImpl):
            __dialect__ = "snowflake"
            transactional_ddl = True

        COLUMNS = [
            ("data", snowflake.VARIANT()), ("at", snowflake.TIMESTAMP_TZ()),
            (quoted_name("mine", True), sa.Integer()),
        ]
        """,
    "bigquery": """
        import sqlalchemy as sa
        import sqlalchemy_bigquery

        RENDER_ITEM = None
        COLUMNS = [
            ("data", sqlalchemy_bigquery.STRUCT(x=sqlalchemy_bigquery.INT64)), ("many", sa.ARRAY(sa.String())),
            ("amount", sqlalchemy_bigquery.BIGNUMERIC(38, 9)),
        ]
        """,
    "cockroachdb": """
        import sqlalchemy as sa
        import sqlalchemy_cockroachdb.psycopg2
        from sqlalchemy.dialects.postgresql import JSONB

        RENDER_ITEM = None
        COLUMNS = [("data", JSONB(astext_type=sa.Text())), ("many", sa.ARRAY(sa.String()))]
        """,
    "redshift": """
        import sqlalchemy_redshift.dialect as redshift

        RENDER_ITEM = None
        COLUMNS = [("data", redshift.SUPER()), ("at", redshift.TIMESTAMPTZ())]
        """,
}


SAID = {
    "snowflake": ("SnowflakeImpl", "ALTER TABLE account RENAME name TO title", "quoted_name('mine', True)"),
    "bigquery": (
        "SqlalchemyBigqueryImpl",
        "ALTER TABLE `account` ALTER COLUMN `amount` SET DATA TYPE",
        "sqlalchemy_bigquery._struct.STRUCT(",
    ),
    "cockroachdb": (
        "CockroachDBImpl",
        "ALTER TABLE account ALTER COLUMN amount TYPE NUMERIC(12, 2)",
        "postgresql.JSONB(astext_type=sa.Text())",
    ),
    "redshift": ("RedshiftImpl", "ALTER TABLE account RENAME TO ledger", "sqlalchemy_redshift.dialect.SUPER()"),
}


@pytest.mark.parametrize("name", DIALECTS)
def test_the_sql_of_a_history_and_the_text_of_types(name: str, both: Callable[..., Any]) -> None:
    history = environment("", "", *HISTORY, env=OFFLINE)
    if name == "redshift":  # its package compiles no change of type
        history |= revision("a2", "a1", up=without(CHANGES, "type_="), undo=BACK)
    found = both(SCRIPT, history | {"dialect.py": dedent(DIALECTS[name]) + f"NAME = {name!r}\n"})
    impl, sql, rendered = SAID[name]
    assert found["impl"] == impl
    assert sql in found["sql"]["upgrade"]
    assert "DROP TABLE" in found["sql"]["downgrade"]
    assert rendered in str(found["rendered"][:-1])


def without(script: str, word: str) -> str:
    """``script`` without its lines that have ``word``."""
    return "\n".join(line for line in script.splitlines() if word not in line)


DUCK_ENV = """
    import duckdb_engine
    import sqlalchemy as sa
    from alembic import context
    from alembic.ddl.impl import DefaultImpl
    from alembic.ddl.postgresql import PostgresqlImpl

    class DuckDBImpl(BASE):
        __dialect__ = "duckdb"

    from models import metadata

    engine = sa.create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            context.run_migrations()
    """

DUCK_UP = """
        op.create_table(
            "ware", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False), sa.Column("price", sa.Integer)
        )
        op.bulk_insert(sa.table("ware", sa.column("id"), sa.column("price")), [{"id": 1, "price": 5}])
        """.strip()
DUCK_CHANGES = """
        op.add_column("ware", sa.Column("name", sa.String, server_default="none"))
        op.alter_column("ware", "price", new_column_name="cents")
        op.execute("UPDATE ware SET cents = cents * 100")
        """.strip()
DUCK_BACK = """
        op.execute("UPDATE ware SET cents = cents / 100")
        op.alter_column("ware", "cents", new_column_name="price")
        op.drop_column("ware", "name")
        """.strip()
DUCK = (
    revision("d1", None, up=DUCK_UP, undo='op.drop_table("ware")'),
    revision("d2", "d1", up=DUCK_CHANGES, undo=DUCK_BACK),
    revision("d3", "d1", up='op.create_table("side", sa.Column("id", sa.Integer))', undo='op.drop_table("side")'),
)

DUCK_WALK = """
    import json, sys
    import sqlalchemy as sa
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext

    config = Config("alembic.ini")
    engine = sa.create_engine("duckdb:///ducks.db", poolclass=sa.pool.NullPool)
    seen = []

    def look():
        with engine.connect() as connection:
            tables = connection.exec_driver_sql("select table_name from duckdb_tables() order by 1").scalars().all()
            rows = connection.exec_driver_sql("select version_num from alembic_version order by 1").scalars().all()
            wares = [list(row) for row in connection.exec_driver_sql("select * from ware")] if "ware" in tables else []
            assert set(MigrationContext.configure(connection).get_current_heads()) == set(rows)
            seen.append([tables, rows, wares])

    for verb, target in [
        ("upgrade", "d1"), ("upgrade", "d2"), ("upgrade", "heads"), ("downgrade", "d3@-1"), ("downgrade", "d1"),
        ("upgrade", "heads"), ("downgrade", "base"),
    ]:
        getattr(command, verb)(config, target)
        look()
    print(json.dumps(seen))
    """


@pytest.mark.parametrize("base", ["DefaultImpl", "PostgresqlImpl"])
def test_a_history_on_duckdb_up_and_down(base: str, both: Callable[..., Any]) -> None:
    """Its dialect speaks PostgreSQL's language, but the database has no advisory locks and not all of the catalogue."""
    models = "import sqlalchemy as sa\nmetadata = sa.MetaData()\n"
    env = DUCK_ENV.replace("BASE", base)
    seen = both(DUCK_WALK, environment("duckdb:///ducks.db", models, *DUCK, env=env))
    assert [rows for _, rows, _ in seen] == [["d1"], ["d2"], ["d2", "d3"], ["d2"], ["d1"], ["d2", "d3"], []]
    assert [wares for _, _, wares in seen[:2]] == [[[1, 5]], [[1, 500, "none"]]]
