"""A history worth a squash, on any of the databases.

a1 -- a2 -- a3 -- a4 -- a5 -- a6
tables, rows, a column, a table and rows, other columns, one more table
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from script_templates import BODY

from limbeck import command
from limbeck.command.environments import environment_of
from limbeck.config import Config
from limbeck.databases import Environment

SCRIPT = '''\
"""{id}, a step"""
from {package} import op
import sqlalchemy as sa
revision = {id!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = {depends_on!r}
def upgrade():
    {up}
def downgrade():
    {undo}
'''

STEPS = {
    "a1": (
        'op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50)))',
        'op.drop_table("account")',
    ),
    "a2": (
        "op.execute(\"INSERT INTO account (id, name) VALUES (1, 'ann:x'), (2, 'bob')\")",
        'op.execute("DELETE FROM account WHERE id < 3")',
    ),
    "a3": (
        (
            'with op.batch_alter_table("account") as batch_op:\n'
            '        batch_op.add_column(sa.Column("age", sa.Integer, server_default="3"))\n'
            '        batch_op.alter_column("name", new_column_name="label", existing_type=sa.String(50))'
        ),
        (
            'with op.batch_alter_table("account") as batch_op:\n'
            '        batch_op.alter_column("label", new_column_name="name", existing_type=sa.String(50))\n'
            '        batch_op.drop_column("age")'
        ),
    ),
    "a4": (
        (
            'op.create_table("post", sa.Column("id", sa.Integer, primary_key=True), sa.Column("tmp", sa.String(3)))\n'
            "    op.execute(\"UPDATE post SET tmp = 'x'\")\n"
            '    op.get_bind().execute(sa.text("UPDATE account SET label = :n WHERE id = :i"), {"n": "it\'s", "i": 2})'
        ),
        'op.drop_table("post")',
    ),
    "a5": (
        (
            'op.drop_column("post", "tmp")\n'
            '    op.add_column("post", sa.Column("title", sa.String(30), nullable=False))\n'
            '    op.create_index("ix_title", "post", ["title"])'
        ),
        (
            'op.drop_index("ix_title", "post")\n'
            '    op.drop_column("post", "title")\n'
            '    op.add_column("post", sa.Column("tmp", sa.String(3)))'
        ),
    ),
    "a6": ('op.create_table("later", sa.Column("id", sa.Integer, primary_key=True))', 'op.drop_table("later")'),
}


class History:
    """An environment in ``root``, without an edition; with the package ``alembic`` the reference can run it."""

    def __init__(self, root: Path, url: str, package: str = "limbeck") -> None:
        self.root = root
        self.url = url
        self.package = package
        self.versions = root / "m" / "versions"
        self.versions.mkdir(parents=True)
        (root / "m" / "env.py").write_text(
            f"from {package} import context\nfrom sqlalchemy import create_engine\n"
            "with create_engine(context.config.get_main_option('sqlalchemy.url')).connect() as connection:\n"
            "    context.configure(connection=connection)\n"
            "    with context.begin_transaction():\n        context.run_migrations()\n"
        )
        (root / "m" / "script.py.mako").write_text(
            '"""${message}"""\n' + BODY.replace("from alembic", f"from {package}")
        )
        self.out = io.StringIO()

    def config(self, **options: str) -> Config:
        lines = "".join(f"{name} = {value}\n" for name, value in options.items())
        (self.root / "alembic.ini").write_text(
            f"[alembic]\nscript_location = %(here)s/m\npath_separator = os\n"
            f"sqlalchemy.url = {self.url.replace('%', '%%')}\n{lines}"
        )
        self.out = io.StringIO()
        return Config(self.root / "alembic.ini", stdout=self.out, output_buffer=self.out)

    def environment(self, **options: str) -> Environment:
        return environment_of(self.config(**options))

    def script(
        self,
        id: str,
        down: str | tuple[str, ...] | None,
        up: str = "pass",
        undo: str = "pass",
        labels: str | None = None,
        depends_on: str | None = None,
    ) -> None:
        text = SCRIPT.format(
            package=self.package, id=id, down=down, up=up, undo=undo, labels=labels, depends_on=depends_on
        )
        (self.versions / f"{id}.py").write_text(text)

    def steps(self, **others: tuple[str, str]) -> None:
        """Write the history of this module, some of its steps others."""
        below = None
        for name, (up, undo) in {**STEPS, **others}.items():
            self.script(name, below, up, undo)
            below = name

    def upgrade(self, target: str = "heads") -> None:
        command.upgrade(self.config(), target)

    def downgrade(self, target: str) -> None:
        command.downgrade(self.config(), target)

    def squash(self, range: str, **options: Any) -> Any:
        return command.squash(self.config(), range, "in one", **options)

    def look(self, statement: str) -> list[Any]:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            result = connection.exec_driver_sql(statement)
            return [tuple(row) for row in result] if result.returns_rows else []

    def rows(self) -> list[str]:
        """The version rows."""
        return [row[0] for row in self.look("SELECT version_num FROM alembic_version ORDER BY 1")]

    def state(self) -> dict[str, object]:
        """Columns, indexes and rows of all tables."""
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            inspector = sa.inspect(connection)
            return {
                name: (
                    [(one["name"], str(one["type"]), one["nullable"]) for one in inspector.get_columns(name)],
                    sorted((str(one["name"]), str(one["column_names"])) for one in inspector.get_indexes(name)),
                    sorted(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {name}"))),
                )
                for name in inspector.get_table_names()
                if name != "alembic_version"
            }

    def files(self) -> dict[str, str]:
        """The revision files by their paths below the version location."""
        found = sorted(self.versions.rglob("*.py"))
        return {str(path.relative_to(self.versions)): path.read_text() for path in found}
