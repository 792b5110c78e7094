"""Scripts as they are written and run: a database, two models, text and effect of a revision between them."""

from __future__ import annotations

import re
import textwrap
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import comparing
import sqlalchemy as sa
from sqlalchemy.sql.elements import quoted_name

from limbeck.autogenerate import produce_migrations
from limbeck.autogenerate.context import AutogenContext
from limbeck.autogenerate.render.scripts import indented_body
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

Fill = Callable[[sa.MetaData], Any]

KINDS = ("sqlite", "postgresql", "mysql")


def filled(fill: Fill, **kw: Any) -> sa.MetaData:
    """A MetaData with what ``fill`` puts in."""
    metadata = sa.MetaData(**kw)
    fill(metadata)
    return metadata


def nothing(m: sa.MetaData) -> None:
    """No tables."""


def tables(**items: Callable[[], list[Any]]) -> Fill:
    """Models of tables by name, each with a key ``id`` and the columns and constraints that a function makes."""

    def fill(m: sa.MetaData) -> None:
        for name, made in items.items():
            sa.Table(name, m, sa.Column("id", sa.Integer, primary_key=True), *made())

    return fill


@dataclass
class Revision:
    """What autogenerate wrote.

    :param upgrade: the body of ``upgrade()``, without the comments around it. :param downgrade: likewise.
    :param imports: what the script imports. :param warnings: the warnings of the comparison.
    """

    upgrade: str
    downgrade: str
    imports: list[str]
    warnings: list[str] = field(default_factory=list)


class Database:
    """One connection, and what is done on it.

    :param connection: the connection. :param options: those of ``configure()``.
    """

    def __init__(self, connection: sa.Connection, **options: Any) -> None:
        self.connection = connection
        self.name = connection.dialect.name
        self.options: dict[str, Any] = {
            **comparing.DEFAULTS,
            "compare": "classic",
            "compare_server_default": True,
            "allow_drops": True,
            "drop_unknown": True,
            **options,
        }

    def create(self, fill: Fill, *statements: str, **kw: Any) -> None:
        """Empty the database, create models, execute statements."""
        self.connection.rollback()
        comparing.empty(self.connection)
        for enum in self.enums():
            self.connection.exec_driver_sql(f'DROP TYPE "{enum}"')
        filled(fill, **kw).create_all(self.connection)
        for statement in statements:
            self.connection.exec_driver_sql(statement)
        self.connection.commit()

    def context(self, **options: Any) -> MigrationContext:
        return MigrationContext.configure(self.connection, opts={**self.options, **options})

    def write(self, fill: Fill, *, options: dict[str, Any] | None = None, **kw: Any) -> Revision:
        """What autogenerate writes for a database that is to become the models of ``fill``."""
        target = filled(fill, **kw)
        context = self.context(**{"target_metadata": target, **(options or {})})
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            script = produce_migrations(context, target)
            autogen_context = AutogenContext(context, autogenerate=False)
            bodies = [
                textwrap.dedent("    " + indented_body(ops, autogen_context)).splitlines()[1:-1]
                for ops in (script.upgrade_ops, script.downgrade_ops)
            ]
        said = [str(warning.message) for warning in caught if issubclass(warning.category, UserWarning)]
        self.connection.commit()
        return Revision("\n".join(bodies[0]), "\n".join(bodies[1]), sorted(autogen_context.imports), said)

    def run(self, body: str, imports: list[str]) -> None:
        """Run the body of a function of a revision script, in a transaction of its own."""
        script = "\n".join([*imports, "def run(op, sa):", textwrap.indent(body, "    ")])
        names: dict[str, Any] = {}
        exec(script, names)  # noqa: S102 what was written is to be run
        try:
            names["run"](Operations(self.context()), sa)
        except Exception as error:
            error.add_note(script)
            raise
        self.connection.commit()

    def there_and_back(
        self, before: Fill, after: Fill, *statements: str, options: dict[str, Any] | None = None, **kw: Any
    ) -> Revision:
        """Upgrade ``before`` to exactly ``after``, downgrade to exactly ``before``, with rows; returns the revision.

        :param statements: executed after ``before`` was created. :param options: for the comparison.
        """
        self.create(after, **kw)
        wanted = self.schema()
        self.create(before, *statements, **kw)
        there, rows = self.schema(), self.rows()
        revision = self.write(after, options=options, **kw)
        self.run(revision.upgrade, revision.imports)
        assert self.schema() == wanted, revision.upgrade
        self.run(revision.downgrade, revision.imports)
        assert self.schema() == there, revision.downgrade
        assert self.rows() == rows
        return revision

    def enums(self) -> dict[str, Any]:
        """The enum types of the database, by name."""
        if self.name != "postgresql":
            return {}
        return {enum["name"]: enum["labels"] for enum in sa.inspect(self.connection).get_enums()}

    def schema(self) -> dict[str, Any]:
        """The catalogue of the database; columns and constraints in no order."""
        inspector = sa.inspect(self.connection)
        found: dict[str, Any] = {"enums": self.enums()}
        for table in inspector.get_table_names():
            columns = {column["name"]: _plain(column) for column in inspector.get_columns(table)}
            found[table] = {
                "columns": columns,
                "key": _plain(inspector.get_pk_constraint(table)),
                "uniques": _listed(inspector.get_unique_constraints(table)),
                "indexes": _listed(inspector.get_indexes(table)),
                "foreign keys": _listed(inspector.get_foreign_keys(table)),
                "checks": _listed(inspector.get_check_constraints(table)),
                "comment": _plain(inspector.get_table_comment(table)) if self.name != "sqlite" else None,
                "text": self._words(table),
            }
        self.connection.commit()
        return found

    def _words(self, table: str) -> Any:
        """What SQLAlchemy's inspector leaves out: the server's own text, or keywords of it."""
        if self.name == "mysql":
            text = self.connection.exec_driver_sql(f"SHOW CREATE TABLE `{table}`".replace("%", "%%")).all()[0][1]
            return sorted(re.sub(r" AUTO_INCREMENT=\d+|,$", "", line.strip()) for line in text.splitlines())
        if self.name == "sqlite":
            query = sa.text("SELECT sql FROM sqlite_master WHERE name = :name")
            found = re.findall(
                r"AUTOINCREMENT|COLLATE \w+|STORED|DEFERRABLE", self.connection.scalar(query, {"name": table})
            )
            return sorted(found)
        query = sa.text("SELECT pg_get_partkeydef(oid) FROM pg_class WHERE relname = :name AND relkind IN ('r', 'p')")
        return self.connection.scalar(query, {"name": table})

    def rows(self) -> dict[str, list[Any]]:
        """The rows of all tables, each as pairs in the order of names."""
        metadata = sa.MetaData()
        metadata.reflect(self.connection)
        found = {}
        for table in metadata.tables.values():
            rows = self.connection.execute(sa.select(table)).mappings()
            found[table.name] = sorted(str(sorted(row.items())) for row in rows)
        self.connection.commit()
        return found


def _listed(found: list[Any]) -> list[str]:
    return sorted(str(_plain(item)) for item in found)


def _plain(value: Any) -> Any:
    """``value`` in a form that can be compared: types by their text."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in sorted(value.items()) if key != "autoincrement"}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return (
        repr(value)
        if isinstance(value, sa.types.TypeEngine)
        else str(value)
        if isinstance(value, quoted_name)
        else value
    )
