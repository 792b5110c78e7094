from logging.config import fileConfig

from sqlalchemy import engine_from_config
from sqlalchemy import pool

from alembic import context

# What the configuration file says.
config = context.config

# Loggers, as the sections of the ini file have them.
if config.config_file_name is not None:
    fileConfig(config.config_file_name)

# The MetaData of your models, so that `revision --autogenerate` can compare:
# from myapp.models import Base
# target_metadata = Base.metadata
target_metadata = None

# Settings of your own in the ini file are read by config.get_main_option("name").


def run_migrations_offline() -> None:
    """Write the migrations as SQL: `upgrade --sql`. No database is connected to, the URL only names its dialect."""
    url = config.get_main_option("sqlalchemy.url")
    context.configure(
        url=url,
        target_metadata=target_metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )

    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    """Run the migrations on the database that sqlalchemy.url names."""
    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}),
        prefix="sqlalchemy.",
        poolclass=pool.NullPool,
    )

    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)

        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
