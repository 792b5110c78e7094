"""Connections that a program hands to env.py, as tests and applications do: how they are left, on both sides."""

from __future__ import annotations

import pytest
from side_by_side import Both

SETUP = """
    import sqlalchemy as sa
    from alembic import command
    from alembic.config import Config

    def migrate(connection, verb, target):
        config = Config()
        config.set_main_option("script_location", "history")
        config.attributes["connection"] = connection
        getattr(command, verb)(config, target)
    """
FILES = {
    "history/env.py": """
        from alembic import context

        context.configure(connection=context.config.attributes["connection"])
        with context.begin_transaction():
            context.run_migrations()
        """,
    "history/versions/s1.py": """
        from alembic import op

        revision, down_revision = "s1", None

        def upgrade():
            op.execute("CREATE TABLE t (a INTEGER)")

        def downgrade():
            op.execute("DROP TABLE t")
        """,
}


@pytest.mark.parametrize("database", ["'sqlite://'", "'sqlite://', poolclass=sa.StaticPool", "url"])
def test_a_run_that_has_done_something_leaves_no_transaction(both: Both, database: str) -> None:
    (told,) = both(
        f"""
        engine = sa.create_engine({database})
        with engine.connect() as connection:
            migrate(connection, "upgrade", "head")
            found = [connection.in_transaction()]
            with connection.begin():
                connection.execute(sa.text("INSERT INTO t VALUES (1)"))
            migrate(connection, "downgrade", "base")
            found.append(connection.in_transaction())
        found
        """,
        setup=SETUP,
        files=FILES,
    )
    assert told == "[False, False]"
