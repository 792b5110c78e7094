"""Environments as the reference's `init` writes them, and as people wrote them by hand over the years."""

from __future__ import annotations

import textwrap
from pathlib import Path

from script_templates import BODY
from side_by_side import Tool

TEMPLATES = ("generic", "async", "multidb", "pyproject", "pyproject_async")

MODELS = """
import os
import sqlalchemy as sa

step = int(os.environ.get("MODELS", "0"))
metadata = sa.MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"})
other = sa.MetaData()
sa.Table("shelf", other, sa.Column("id", sa.Integer, primary_key=True))
book = sa.Table(
    "book", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("title", sa.String(50), nullable=False)
)
if step > 1:
    book.append_column(sa.Column("pages", sa.Integer, server_default="0"))
    sa.Index("ix_book_title", book.c.title)
if step > 2:
    sa.Table(
        "loan",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("book_id", sa.Integer, sa.ForeignKey("book.id")),
        sa.Column("until", sa.Date, unique=True),
    )
"""

LOGGING = """
[loggers]
keys = root,ours

[handlers]
keys = console

[formatters]
keys = short

[logger_root]
level = WARN
handlers = console
qualname =

[logger_ours]
level = INFO
handlers =
qualname = alembic

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = short

[formatter_short]
format = %(levelname)s/%(name)s/%(message)s
"""

# The oldest shape: a transaction begun and ended by hand, no `is not None` around the logging, a script template that
# knows neither `comma` nor branch labels.
STYLE_07 = {
    "alembic.ini": "[alembic]\nscript_location = history\nsqlalchemy.url = URL\n" + LOGGING,
    "history/env.py": """
        from __future__ import with_statement
        import os
        import sys
        from logging.config import fileConfig

        from alembic import context
        from sqlalchemy import create_engine, pool

        sys.path.insert(0, os.getcwd())
        from models import metadata

        config = context.config
        fileConfig(config.config_file_name)


        def offline():
            context.configure(url=config.get_main_option("sqlalchemy.url"))
            with context.begin_transaction():
                context.run_migrations()


        def online():
            engine = create_engine(config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
            connection = engine.connect()
            transaction = connection.begin()
            context.configure(connection=connection, target_metadata=metadata)
            try:
                context.run_migrations()
                transaction.commit()
            except:
                transaction.rollback()
                raise
            finally:
                connection.close()


        if context.is_offline_mode():
            offline()
        else:
            online()
    """,
    "history/script.py.mako": '''
        """${message}

        Revision ID: ${up_revision}
        Revises: ${down_revision}
        Create Date: ${create_date}

        """

        revision = ${repr(up_revision)}
        down_revision = ${repr(down_revision)}

        from alembic import op
        import sqlalchemy as sa
        ${imports if imports else ""}

        def upgrade():
            ${upgrades if upgrades else "pass"}


        def downgrade():
            ${downgrades if downgrades else "pass"}
    ''',
}

# One engine of the section's settings, the URL put together in env.py, a version table of its own name.
STYLE_10 = {
    "alembic.ini": "[alembic]\nscript_location = %(here)s/db\nfile_template = %%(year)d_%%(rev)s\n" + LOGGING,
    "db/env.py": """
        from logging import config as logs
        import sys

        from alembic import context
        from sqlalchemy import engine_from_config
        from sqlalchemy import pool

        sys.path.append(".")
        import models

        logs.fileConfig(context.config.config_file_name, disable_existing_loggers=False)
        context.config.set_main_option("sqlalchemy.url", "URL")
        shared = dict(target_metadata=[models.metadata], version_table="schema_history", compare_type=True)


        def run_migrations_offline():
            url = context.config.get_main_option("sqlalchemy.url")
            context.configure(url=url, literal_binds=True, dialect_opts={"paramstyle": "named"}, **shared)
            with context.begin_transaction():
                context.run_migrations()


        def run_migrations_online():
            settings = context.config.get_section(context.config.config_ini_section)
            connectable = engine_from_config(settings, prefix="sqlalchemy.", poolclass=pool.NullPool)
            with connectable.connect() as connection:
                context.configure(connection=connection, **shared)
                with context.begin_transaction():
                    context.run_migrations()


        (run_migrations_offline if context.is_offline_mode() else run_migrations_online)()
    """,
    "db/script.py.mako": '''"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

"""'''
    + BODY,
}

# Every hook that applications had come to use: filters, batch mode, no empty files, a callback after each step, a
# connection handed in by the program, annotations.
STYLE_18 = {
    "alembic.ini": "[alembic]\nscript_location = migrations\nprepend_sys_path = .\nversion_path_separator = os\n"
    "revision_environment = true\nsqlalchemy.url = URL\n" + LOGGING,
    "migrations/env.py": """
        import logging
        from logging.config import fileConfig
        from typing import Any

        from alembic import context
        from alembic.autogenerate import rewriter
        from alembic.operations import ops
        from alembic.script import ScriptDirectory
        from sqlalchemy import engine_from_config, pool

        import models

        if context.config.config_file_name is not None:
            fileConfig(context.config.config_file_name)
        logger = logging.getLogger("alembic.env")
        assert isinstance(context.script, ScriptDirectory)
        spelled_out = rewriter.Rewriter()


        @spelled_out.rewrites(ops.CreateIndexOp)
        def prefix(ctx: Any, revision: Any, op: ops.CreateIndexOp) -> ops.CreateIndexOp:
            logger.info("index %s", op.index_name)
            return op


        def include_object(object_: Any, name: str, type_: str, reflected: bool, compare_to: Any) -> bool:
            return not (type_ == "table" and reflected and name.startswith("tmp_"))


        def process(ctx: Any, revision: Any, directives: list) -> None:
            if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
                directives[:] = []
                logger.info("nothing changed")
            else:
                spelled_out(ctx, revision, directives)


        def applied(ctx: Any, step: Any, heads: set, run_args: dict, **kw: Any) -> None:
            logger.info("%s %s %s", "up" if step.is_upgrade else "down", step.up_revision_id, sorted(heads))


        def run(**where: Any) -> None:
            context.configure(
                target_metadata=models.metadata,
                include_object=include_object,
                process_revision_directives=process,
                on_version_apply=applied,
                render_as_batch=True,
                transaction_per_migration=True,
                **where,
            )
            with context.begin_transaction():
                context.run_migrations()


        if context.is_offline_mode():
            run(url=context.config.get_main_option("sqlalchemy.url"), literal_binds=True)
        else:
            section = context.config.get_section(context.config.config_ini_section, {})
            with engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool).connect() as connection:
                run(connection=connection)
    """,
    "migrations/script.py.mako": STYLE_10["db/script.py.mako"],
}

BY_HAND = {"style-0.7": STYLE_07, "style-1.0": STYLE_10, "style-1.8": STYLE_18}


def make(alembic: Tool, kind: str, folder: Path, url: str) -> None:
    """Make the environment ``kind`` in ``folder``, for the database ``url`` and one beside it where it wants two."""
    folder.mkdir(parents=True)
    (folder / "models.py").write_text(MODELS)
    if kind in BY_HAND:
        for name, text in BY_HAND[kind].items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip().replace("URL", url))
        (path.parent / "versions").mkdir()
        return
    alembic.succeeds(folder, "init", "--template", kind, "migrations")
    if "async" in kind:
        url = url.replace("sqlite:", "sqlite+aiosqlite:")
    ini, env = folder / "alembic.ini", folder / "migrations" / "env.py"
    placeholder = "driver://user:pass@localhost/dbname"
    text = ini.read_text()
    assert placeholder in text
    ini.write_text(text.replace(f"{placeholder}2", url.replace("one.db", "two.db")).replace(placeholder, url))
    text = env.read_text()
    given = "target_metadata = {}" if kind == "multidb" else "target_metadata = None"
    models = '{"engine1": models.metadata, "engine2": models.other}' if kind == "multidb" else "models.metadata"
    assert given in text
    env.write_text(text.replace(given, f"import models\ntarget_metadata = {models}"))
