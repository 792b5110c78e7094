"""sqlalchemy-declarative-extensions: schema, view, function and row of the models, compared on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shop import environment, revision

MODELS = """
    import sqlalchemy as sa
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
    from sqlalchemy_declarative_extensions import (
        Function, Functions, Row, Rows, Schemas, View, Views, declarative_database,
    )
    from sqlalchemy_declarative_extensions.alembic import register_alembic_events

    register_alembic_events(databases=False, roles=False, grants=False, procedures=False, triggers=False)

    @declarative_database
    class Base(DeclarativeBase):
        schemas = Schemas().are("store")
        views = Views().are(View("dear", "SELECT id FROM store.ware WHERE price > 100", schema="store"))
        functions = Functions().are(
            Function("store.gross", "SELECT net * 2", parameters=["net integer"], returns="integer", language="sql")
        )
        rows = Rows().are(Row("store.ware", id=1, price=7))

    class Ware(Base):
        __tablename__ = "ware"
        __table_args__ = {"schema": "store"}
        id: Mapped[int] = mapped_column(primary_key=True)
        price: Mapped[int]

    metadata = Base.metadata
    """

ENV = """
    from alembic import context
    from alembic.autogenerate.rewriter import Rewriter
    from alembic.operations import ops
    from sqlalchemy import create_engine, pool
    from models import metadata

    rewriter = Rewriter()  # goes over the library's operations too

    @rewriter.rewrites(ops.CreateTableOp)
    def with_comment(context, revision, op):
        op.comment = "made by a rewriter"
        return op

    engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection, target_metadata=metadata, include_schemas=True, process_revision_directives=rewriter
        )
        with context.begin_transaction():
            context.run_migrations()
    """

UP = """
        op.execute("CREATE SCHEMA store")
        op.create_table(
            "ware", sa.Column("id", sa.Integer, primary_key=True), sa.Column("price", sa.Integer, nullable=False),
            schema="store",
        )
        """.strip()
BACK = """
        op.drop_table("ware", schema="store")
        op.execute("DROP SCHEMA store")
        """.strip()

WALK = """
    import json
    import sqlalchemy as sa
    from pathlib import Path
    from alembic import command
    from alembic.config import Config

    config = Config("alembic.ini")
    engine = sa.create_engine(config.get_main_option("sqlalchemy.url"), poolclass=sa.pool.NullPool)

    def ask(query):
        with engine.begin() as connection:
            return [list(row) for row in connection.execute(sa.text(query))]

    command.upgrade(config, "head")
    command.revision(config, message="all of it", autogenerate=True, rev_id="a1")
    command.upgrade(config, "head")
    there = {
        "views": ask("select viewname from pg_views where schemaname = 'store'"),
        "functions": ask("select store.gross(4)"),
        "rows": ask("select id, price from store.ware"),
    }
    command.downgrade(config, "a0")
    assert ask("select count(*) from store.ware") == [[0]]
    command.downgrade(config, "base")
    schemas = ask("select nspname from pg_namespace where nspname = 'store'")
    [script] = Path("migrations/versions").glob("a1_*.py")
    print(json.dumps({"there": there, "schemas": schemas, "script": script.read_text()}))
    """


def test_schema_view_function_and_row(both: Callable[..., Any], two_postgresql_urls: tuple[str, str]) -> None:
    first = revision("a0", None, up=UP, undo=BACK)
    found = both(WALK, lambda url: environment(url, MODELS, first, env=ENV), two_postgresql_urls)
    assert found["there"] == {"views": [["dear"]], "functions": [[8]], "rows": [[1, 7]]}
    assert found["schemas"] == []
    assert 'op.execute("""INSERT INTO store.ware (id, price) VALUES (1, 7)""")' in found["script"]
