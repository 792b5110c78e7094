import logging
from contextlib import ExitStack

from limbeck import context
from sqlalchemy import engine_from_config, pool

# Prepare all databases before the first one commits; their dialects have to support two-phase transactions.
USE_TWOPHASE = False

config = context.config
context.log_as_configured()
logger = logging.getLogger("alembic.env")

databases = [name.strip() for name in config.get_main_option("databases", "").split(",") if name.strip()]

# The MetaData of each database by its name, so that `revision --autogenerate` can compare:
# from myapp import models
# target_metadata = {"engine1": models.engine1.metadata, "engine2": models.engine2.metadata}
target_metadata = {}


def migrate(name, **where):
    """Run the part of every revision that is for database ``name``; ``where`` is its connection or URL."""
    logger.info("Migrating database %s", name)
    context.configure(
        target_metadata=target_metadata.get(name),
        upgrade_token=f"{name}_upgrades",
        downgrade_token=f"{name}_downgrades",
        **where,
    )
    with context.begin_transaction():
        context.run_migrations(engine_name=name)


def write_sql():
    """A file of SQL for each database."""
    for name in databases:
        logger.info("Writing output to %s.sql", name)
        with open(f"{name}.sql", "w", encoding="utf-8") as file:
            migrate(name, url=config.get_section_option(name, "sqlalchemy.url"), output_buffer=file, literal_binds=True)


def connect_and_run():
    """All databases, in transactions that end together: committed after the last one, rolled back after an error."""
    with ExitStack() as stack:
        transactions = {}
        for name in databases:
            engine = engine_from_config(config.get_section(name, {}), poolclass=pool.NullPool)
            connection = stack.enter_context(engine.connect())
            begun = connection.begin_twophase() if USE_TWOPHASE else connection.begin()
            transactions[name] = stack.enter_context(begun)
        for name, transaction in transactions.items():
            migrate(name, connection=transaction.connection)
        if USE_TWOPHASE:
            for transaction in transactions.values():
                transaction.prepare()


if context.is_offline_mode():
    write_sql()
else:
    connect_and_run()
