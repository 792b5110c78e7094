import logging
import re
from contextlib import ExitStack
from logging.config import fileConfig

from sqlalchemy import engine_from_config
from sqlalchemy import pool

from alembic import context

# Prepare all databases before the first one commits; their dialects have to support two-phase transactions.
USE_TWOPHASE = False

# What the configuration file says.
config = context.config

# Loggers, as the sections of the ini file have them.
if config.config_file_name is not None:
    fileConfig(config.config_file_name)
logger = logging.getLogger("alembic.env")

# The databases; each has a section of its own with its sqlalchemy.url.
db_names = config.get_main_option("databases", "")

# The MetaData of each database by its name, so that `revision --autogenerate` can compare:
# from myapp import models
# target_metadata = {"engine1": models.engine1.metadata, "engine2": models.engine2.metadata}
target_metadata = {}


def configure(name: str, **where) -> None:
    """Configure the part of every revision that is for database ``name``; ``where`` is its connection or URL."""
    context.configure(
        target_metadata=target_metadata.get(name),
        upgrade_token=f"{name}_upgrades",
        downgrade_token=f"{name}_downgrades",
        **where,
    )


def run_migrations_offline() -> None:
    """Write the migrations as SQL: `upgrade --sql` makes a file for each database."""
    for name in re.split(r",\s*", db_names):
        logger.info("Migrating database %s", name)
        file_ = f"{name}.sql"
        logger.info("Writing output to %s", file_)
        with open(file_, "w") as buffer:
            configure(
                name,
                url=config.get_section_option(name, "sqlalchemy.url"),
                output_buffer=buffer,
                literal_binds=True,
                dialect_opts={"paramstyle": "named"},
            )
            with context.begin_transaction():
                context.run_migrations(engine_name=name)


def run_migrations_online() -> None:
    """Run the migrations on all databases: committed after the last one, rolled back after an error in any."""
    with ExitStack() as stack:
        transactions = {}
        for name in re.split(r",\s*", db_names):
            engine = engine_from_config(
                config.get_section(name, {}),
                prefix="sqlalchemy.",
                poolclass=pool.NullPool,
            )
            connection = stack.enter_context(engine.connect())
            begun = connection.begin_twophase() if USE_TWOPHASE else connection.begin()
            transactions[name] = stack.enter_context(begun)

        for name, transaction in transactions.items():
            logger.info("Migrating database %s", name)
            configure(name, connection=transaction.connection)
            context.run_migrations(engine_name=name)

        if USE_TWOPHASE:
            for transaction in transactions.values():
                transaction.prepare()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
