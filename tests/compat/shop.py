"""A small environment for libraries that take one: configuration, `env.py`, models, two revisions."""

from __future__ import annotations

from script_templates import BODY

ENV = """
    from alembic import context
    from sqlalchemy import create_engine, pool
    from models import metadata

    connectable = context.config.attributes.get("connection")
    if connectable is None:
        connectable = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            context.run_migrations()
    """

MAKO = '"""${message}"""' + BODY

REVISION = '''
    """{about}"""
    from alembic import op
    import sqlalchemy as sa

    revision = {id!r}
    down_revision = {down!r}


    def upgrade():
        {up}


    def downgrade():
        {undo}
    '''


def revision(id: str, down: str | None, *, up: str = "pass", undo: str = "pass") -> dict[str, str]:
    """The file of a revision by its path."""
    return {f"migrations/versions/{id}.py": REVISION.format(about=id, id=id, down=down, up=up, undo=undo)}


def environment(url: str, models: str, *revisions: dict[str, str], env: str = ENV) -> dict[str, str]:
    """The files of an environment.

    :param url: of its database. :param models: text of the module that has ``metadata``.
    """
    settings = {"script_location": "migrations", "prepend_sys_path": ".", "path_separator": "os", "sqlalchemy.url": url}
    files = {
        "alembic.ini": "[alembic]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items()),
        "models.py": models,
        "migrations/env.py": env,
        "migrations/script.py.mako": MAKO,
        "migrations/versions/.keep": "",
    }
    for made in revisions:
        files |= made
    return files
