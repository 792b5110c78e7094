"""SQLModel, fastapi-users' tables under an asynchronous `env.py`, and the migration commands of advanced-alchemy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shop import environment

SQLMODEL = """
    from sqlmodel import Field, SQLModel

    class Team(SQLModel, table=True):
        id: int | None = Field(default=None, primary_key=True)
        name: str = Field(index=True)

    class Hero(SQLModel, table=True):
        id: int | None = Field(default=None, primary_key=True)
        name: str = Field(max_length=40, unique=True)
        team_id: int | None = Field(default=None, foreign_key="team.id")

    metadata = SQLModel.metadata
    """

# as people's documentation has it: SQLModel's string type has to be imported by the template
SQLMODEL_ENV = """
    from alembic import context
    from sqlalchemy import create_engine, pool
    from models import metadata

    engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, user_module_prefix="sqlmodel.sql.sqltypes.")
        with context.begin_transaction():
            context.run_migrations()
    """

ROUND = """
    import json
    import sqlalchemy as sa
    from pathlib import Path
    from alembic import command
    from alembic.config import Config

    config = Config("alembic.ini")
    engine = sa.create_engine("sqlite:///a.db", poolclass=sa.pool.NullPool)

    def schema():
        with engine.connect() as connection:
            rows = connection.exec_driver_sql("select sql from sqlite_master where sql != '' order by name").all()
        return [sql for (sql,) in rows]

    command.revision(config, message="first", autogenerate=True, rev_id="a1")
    command.upgrade(config, "head")
    command.check(config)
    there = schema()
    command.downgrade(config, "base")
    [script] = Path("migrations/versions").glob("a1*.py")
    text = script.read_text().replace("], )", "])")  # the reference ends a foreign key without options so
    print(json.dumps({"script": text, "schema": there, "after": schema()}))
    """


def test_sqlmodel(both: Callable[..., Any]) -> None:
    files = environment("sqlite:///a.db", SQLMODEL, env=SQLMODEL_ENV)
    mako = files["migrations/script.py.mako"].replace(
        "import sqlalchemy as sa\n", "import sqlalchemy as sa\nimport sqlmodel.sql.sqltypes\n"
    )
    found = both(ROUND, files | {"migrations/script.py.mako": mako})
    assert "sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False)" in found["script"]
    assert any(line.startswith("CREATE TABLE hero") for line in found["schema"])


USERS = """
    from fastapi_users_db_sqlalchemy import SQLAlchemyBaseUserTableUUID
    from fastapi_users_db_sqlalchemy.access_token import SQLAlchemyBaseAccessTokenTableUUID
    from sqlalchemy.orm import DeclarativeBase

    class Base(DeclarativeBase):
        pass

    class User(SQLAlchemyBaseUserTableUUID, Base):
        pass

    class AccessToken(SQLAlchemyBaseAccessTokenTableUUID, Base):
        pass

    metadata = Base.metadata
    """

ASYNC_ENV = """
    import asyncio
    from alembic import context
    from sqlalchemy import pool
    from sqlalchemy.ext.asyncio import async_engine_from_config
    from models import metadata

    config = context.config

    def do_run_migrations(connection):
        context.configure(connection=connection, target_metadata=metadata, render_item=render_item)
        with context.begin_transaction():
            context.run_migrations()

    def render_item(type_, obj, autogen_context):
        if type_ == "type" and type(obj).__module__.startswith("fastapi_users_db_sqlalchemy"):
            autogen_context.imports.add("import fastapi_users_db_sqlalchemy.generics")
            return f"fastapi_users_db_sqlalchemy.generics.{obj!r}"
        return False

    async def run_async_migrations():
        connectable = async_engine_from_config(
            config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool
        )
        async with connectable.connect() as connection:
            await connection.run_sync(do_run_migrations)
        await connectable.dispose()

    asyncio.run(run_async_migrations())
    """


def test_the_tables_of_fastapi_users_under_asyncio(both: Callable[..., Any]) -> None:
    found = both(ROUND, environment("sqlite+aiosqlite:///a.db", USERS, env=ASYNC_ENV))
    assert "sa.Column('id', fastapi_users_db_sqlalchemy.generics.GUID(), nullable=False)" in found["script"]
    assert any("accesstoken" in line for line in found["schema"])
    assert all("alembic_version" in line for line in found["after"])


ADVANCED = {
    "app.py": """
        from advanced_alchemy.base import BigIntBase
        from advanced_alchemy.config import AlembicSyncConfig, SQLAlchemySyncConfig
        from sqlalchemy.orm import Mapped

        class Author(BigIntBase):
            __tablename__ = "author"
            name: Mapped[str]

        config = SQLAlchemySyncConfig(
            connection_string="sqlite:///a.db",
            metadata=BigIntBase.metadata,
            alembic_config=AlembicSyncConfig(script_location="migrations", version_table_name="ddl_version"),
        )
        """,
}

ADVANCED_WALK = """
    import json, sqlite3
    from pathlib import Path
    from advanced_alchemy.alembic.commands import AlembicCommands
    import app

    commands = AlembicCommands(sqlalchemy_config=app.config)
    commands.init(directory="migrations")
    files = sorted(str(path) for path in Path("migrations").rglob("*") if path.is_file() and path.suffix != ".pyc")

    def look():
        with sqlite3.connect("a.db") as connection:
            names = [name for [name] in connection.execute("select name from sqlite_master where type = 'table'")]
            rows = connection.execute("select version_num from ddl_version").fetchall()
        return sorted(names), len(rows)

    commands.revision(message="first", autogenerate=True, rev_id="a1")
    [script] = Path("migrations/versions").glob("*a1*.py")
    seen = []
    commands.upgrade("head"); seen.append(look())
    commands.check()
    commands.current(); commands.history(); commands.heads(); commands.show("a1")
    commands.stamp("base"); seen.append(look())
    commands.stamp("head"); seen.append(look())
    commands.downgrade("base"); seen.append(look())
    body = script.read_text().partition("def schema_upgrades")[2]
    print(json.dumps({"files": files, "seen": seen, "body": body}))
    """


def test_the_commands_of_advanced_alchemy(both: Callable[..., Any]) -> None:
    """A subclass of Config, its own templates, a plugged-in writer, version table and command objects."""
    found = both(ADVANCED_WALK, ADVANCED)
    assert "migrations/env.py" in found["files"]
    assert found["seen"][0] == [["author", "ddl_version"], 1]
    assert found["seen"][-1] == [["ddl_version"], 0]
    assert "op.create_table('author'" in found["body"]
