"""What examples of models find defined, in either tool: metadata, whose migration from a database is printed."""

import ast
import contextlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy.dialects import mssql, mysql, oracle, postgresql, sqlite

__all__ = ["mssql", "mysql", "oracle", "postgresql", "sqlite"]

CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
RENDERED = ("alembic_module_prefix", "sqlalchemy_module_prefix", "user_module_prefix", "render_as_batch")


def shown(script: Any, context: Any, options: dict[str, Any]) -> None:
    """Print a script: each statement of its two functions, in a form without layout, in the order of the alphabet."""
    said = {name: options[name] for name in RENDERED if name in options}
    for name in ("upgrade_ops", "downgrade_ops"):
        text = render_python_code(getattr(script, name), migration_context=context, **said)
        body = ast.parse("def f():\n    " + text).body[0].body
        print(name, *sorted(statement for node in body for statement in statements(node)), sep="\n")


def statements(node: ast.stmt) -> list[str]:
    """A statement; those of a batch with the line that begins it."""
    if isinstance(node, ast.With):
        return [f"{ast.unparse(node.items[0])}: {text}" for inner in node.body for text in statements(inner)]
    return [ast.unparse(node)]


@contextlib.contextmanager
def models(dialect: str, convention: Any = None, **options: Any) -> Iterator[sa.MetaData]:
    """Models, of which the database has nothing: on SQLite they are compared, for the dialect they are rendered."""
    metadata = sa.MetaData(naming_convention=convention)
    yield metadata
    with sa.create_engine("sqlite://").connect() as connection:
        empty = MigrationContext.configure(connection, opts={"target_metadata": metadata, **options})
        script = produce_migrations(empty, metadata)
    shown(script, MigrationContext.configure(dialect_name=dialect, opts={"target_metadata": metadata}), options)


@contextlib.contextmanager
def change(
    dialect: str = "sqlite", convention: Any = None, **options: Any
) -> Iterator[tuple[sa.MetaData, sa.MetaData]]:
    """Models as a database has them, and as they are now; ``urls`` names databases that are not in memory."""
    old, new = sa.MetaData(naming_convention=convention), sa.MetaData(naming_convention=convention)
    yield old, new
    engine = sa.create_engine(globals().get("urls", {}).get(dialect, "sqlite://"), poolclass=sa.NullPool)
    with engine.connect() as connection, emptied(connection):
        try:
            old.create_all(connection)
        except (sa.exc.DBAPIError, sa.exc.CompileError):  # for the first of its reasons, which is that of a set
            print("no such database")
            return
        context = MigrationContext.configure(connection, opts={"target_metadata": new, **options})
        shown(produce_migrations(context, new), context, options)


@contextlib.contextmanager
def emptied(connection: sa.Connection) -> Iterator[None]:
    """Roll back at the end; and drop what stays all the same, where DDL commits by itself."""
    try:
        yield
    finally:
        connection.rollback()
        if connection.dialect.name in {"mysql", "mariadb"}:
            connection.exec_driver_sql("SET foreign_key_checks = 0")
            for name in sa.inspect(connection).get_table_names():
                connection.exec_driver_sql(f"DROP TABLE `{name}`")
