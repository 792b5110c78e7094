"""What examples of runs find defined, in either tool: a history on an empty database; what a run does is printed."""

import contextlib
import io
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

SCRIPT = '''
"""{message}"""
import sqlalchemy as sa
from alembic import context, op

revision, down_revision, branch_labels, depends_on = {header}
NOTE = sa.table("note", sa.column("id", sa.Integer), sa.column("text", sa.String))


def upgrade():
    {up}


def downgrade():
    {down}
'''
ENV = """
from alembic import context

context.configure(**context.config.attributes["configure"])
with context.begin_transaction():
    context.run_migrations()
"""
HISTORY = {
    "a1": (
        "notes",
        "'a1', None, None, None",
        "op.create_table('note', sa.Column('id', sa.Integer, primary_key=True), sa.Column('text', sa.String(9)))",
        "op.drop_table('note')",
    ),
    "a2": (
        "rows, höchstens",
        "'a2', 'a1', None, None",
        (
            "op.execute(\"INSERT INTO note (id, text) VALUES (1, 'ä')\")\n"
            "    op.add_column('note', sa.Column('n', sa.Integer))"
        ),
        "op.execute(NOTE.delete().where(NOTE.c.id == 1)); op.drop_column('note', 'n')",
    ),
    "a3": (
        "values",
        "'a3', 'a2', None, None",
        "op.bulk_insert(NOTE, [{'id': 2, 'text': 'it\\'s'}]); print('tag', context.get_tag_argument())",
        "op.execute(NOTE.update().values(text=op.inline_literal('b')))",
    ),
    "b1": (
        "outside",
        "'b1', 'a1', ('side',), None",
        "with op.get_context().autocommit_block():\n        op.create_index('ix', 'note', ['text'])",
        "op.drop_index('ix', 'note')",
    ),
    "c1": (
        "other",
        "'c1', None, ('own',), 'a1'",
        "op.create_table('c', sa.Column('c', sa.Integer))",
        "op.drop_table('c')",
    ),
    "f1": ("fails", "'f1', 'c1', None, None", "op.execute('UPDATE note SET id = 5'); op.execute('NOTHING')", "pass"),
}


class Printed(logging.Handler):
    """Prints log lines."""

    def emit(self, record: logging.LogRecord) -> None:
        print(record.levelname, record.name, record.getMessage())


def applied(**said: Any) -> None:
    """Print a step."""
    step = said["step"]
    print("applied", step.name, step.up_revision_id, step.down_revision_ids, sorted(said["heads"]), said["run_args"])


def written() -> Config:
    """The history as files, and its configuration."""
    folder = Path("runs/versions")
    if not folder.exists():
        folder.mkdir(parents=True)
        for name, (message, header, up, down) in HISTORY.items():
            text = SCRIPT.format(message=message, header=header, up=up, down=down)
            (folder / f"{name}.py").write_text(text, encoding="utf-8")
        Path("runs/env.py").write_text(ENV)
    config = Config()
    config.set_main_option("script_location", "runs")
    return config


def carried_out(verb: str, target: str, options: dict[str, Any], **more: Any) -> None:
    """A command whose env.py gets these options for ``configure()``."""
    config = written()
    config.attributes["configure"] = options
    getattr(command, verb)(config, target, **more)


@contextlib.contextmanager
def database() -> Iterator[Callable[..., None]]:
    """A function that upgrades, downgrades and stamps an empty SQLite database; what it holds at last is printed."""
    logger = logging.getLogger("alembic")
    logger.handlers, logger.level, logger.propagate = [Printed()], logging.INFO, False
    with contextlib.closing(sa.create_engine("sqlite://").connect()) as connection:

        def run(verb: str, target: str, tag: str | None = None, **options: Any) -> None:
            try:
                carried_out(verb, target, {"connection": connection, **options}, tag=tag)
            except sa.exc.OperationalError as error:
                print(error)
            connection.rollback()

        yield run
        names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        for (name,) in connection.exec_driver_sql(names).all():
            print(name, connection.exec_driver_sql(f'SELECT * FROM "{name}"').all())


@contextlib.contextmanager
def script(dialect: str) -> Iterator[Callable[..., None]]:
    """A function that writes a script."""

    def run(verb: str, target: str, tag: str | None = None, **options: Any) -> None:
        raw = io.BytesIO()
        buffer = io.TextIOWrapper(raw, encoding="utf-8")
        try:
            carried_out(verb, target, {"dialect_name": dialect, "output_buffer": buffer, **options}, sql=True, tag=tag)
        finally:
            buffer.flush()
            print(*raw.getvalue().split(b"\n"), sep="\n")

    yield run
