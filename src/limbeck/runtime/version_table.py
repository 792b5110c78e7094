"""The version table: one column, one row a head; exists, create, read, apply, clear, locate."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import MetaData, bindparam

from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection
    from sqlalchemy.sql.elements import BindParameter

    from limbeck.ddl.impl import DefaultImpl
    from limbeck.ddl.own_tables import OwnTable
    from limbeck.graph.plan import RowChange

CLASSIC_WIDTH = 32
"""Length of Alembic's column."""
WIDE = 255
"""Length of a new column where a revision id is too long for Alembic's."""


class Location(NamedTuple):
    """Where a version table is, for a session with any search path."""

    database: str
    schema: str | None
    table: str


class VersionTable:
    """The version table of one environment.

    :param impl: the impl, which executes or writes the statements.
    :param name: name of the table.
    :param schema: its schema; None for the session's default.
    :param primary_key: whether its column is the primary key.
    """

    def __init__(self, impl: DefaultImpl, name: str, schema: str | None, *, primary_key: bool) -> None:
        self.impl = impl
        self.name = name
        self.schema = schema
        self.table: Table = impl.version_table_impl(
            version_table=name, version_table_schema=schema, version_table_pk=primary_key
        )
        self._column = self.table.c.version_num
        self._found: dict[str, OwnTable] | None = None
        # built once, so that SQLAlchemy compiles each of them once a run; who follows the SQL sees the ids in it
        old: BindParameter[str] = bindparam("old", literal_execute=True)
        new: BindParameter[str] = bindparam("new", literal_execute=True)
        self._delete = self.table.delete().where(self._column == old)
        self._insert = self.table.insert().values(version_num=new)
        self._update = self.table.update().values(version_num=new).where(self._column == old)

    @contextmanager
    def one_look(self, connection: Connection, beside: Collection[str]) -> Iterator[None]:
        """A block in which the catalogue is asked once, at its beginning, for the table and those beside it.

        :param beside: names of the others, which are in its schema.
        """
        schema = connection.schema_for_object(self.table)
        self._found = self.impl.own_tables(connection, (self.name, *beside), schema)
        try:
            yield
        finally:
            self._found = None

    def look_again(self) -> None:
        """Have the catalogue asked anew: what `one_look` found may have changed."""
        self._found = None

    def found(self, name: str) -> OwnTable | bool | None:
        """A table of `one_look`, False where there is none; None where the catalogue has to be asked."""
        return None if self._found is None else self._found.get(name, False)

    def has_table(self, connection: Connection, table: Table) -> bool:
        """Whether one of these tables exists."""
        found = self.found(table.name)
        if found is not None:
            return bool(found)
        return connection.dialect.has_table(connection, table.name, schema=connection.schema_for_object(table))

    def exists(self, connection: Connection) -> bool:
        """Whether the table exists."""
        return self.has_table(connection, self.table)

    def read(self, connection: Connection, schema: str | None = None, *, is_there: bool = False) -> tuple[str, ...]:
        """The rows, in the order in which the database returns them; none where there is no table.

        :param schema: where `locate` found the table, for a session with another search path.
        :param is_there: whether the table is known to be there.

        Raises `CommandError` where the column is no text.
        """
        table = self.table if schema is None else self.table.to_metadata(MetaData(), schema=schema)
        if not (is_there or self.has_table(connection, table)):
            return ()
        rows = tuple(row[0] for row in connection.execute(table.select()))
        for row in rows:
            if not isinstance(row, str):
                raise CommandError(
                    f"revision identifier {row!r} is not a string; ensure database driver settings are correct",
                    code="version-not-text",
                    hint=f"column version_num of table {self.name} has to be a character type",
                )
        return rows

    def create(self, longest_id: int) -> None:
        """Create the table, with a wider column than Alembic's where the revision ids need it.

        :param longest_id: number of characters of the longest revision id.
        """
        if longest_id > CLASSIC_WIDTH and self.impl.enforces_length:
            self._column.type.length = WIDE  # type: ignore[attr-defined]  # a String
        self.impl.create_table(self.table)
        self.look_again()

    def width(self, connection: Connection) -> int | None:
        """Length of the column in the database; None where it is unlimited."""
        if not self.impl.enforces_length:
            return None
        from sqlalchemy import inspect

        schema = connection.schema_for_object(self.table)
        columns = {c["name"]: c["type"] for c in inspect(connection).get_columns(self.name, schema=schema)}
        return getattr(columns.get("version_num"), "length", None)

    def apply(self, change: RowChange) -> None:
        """Carry out a change of the rows; raises `CommandError` where a row is not there to be changed."""
        for row in change.delete:
            found = self.impl.execute_version_change(self._delete, {"old": row})
            self._expect_one(found, f"deleting '{row}'")
        for row in change.insert:
            self.impl.execute_version_change(self._insert, {"new": row})
        for old, new in change.update:
            found = self.impl.execute_version_change(self._update, {"old": old, "new": new})
            self._expect_one(found, f"updating '{old}' to '{new}'")

    def clear(self) -> None:
        """Delete all rows."""
        self.impl.execute_version_change(self.table.delete())

    def _expect_one(self, found: int | None, doing: str) -> None:
        if found is not None and found != 1:
            raise CommandError(
                f"Online migration expected to match one row when {doing} in '{self.name}'; {found} found",
                code="version-row-moved",
                hint="another session changed the version table meanwhile; look with `limbeck current`, then run again",
            )

    def locate(self, connection: Connection) -> Location:
        """Where the session finds the table, or would create it."""
        database, schema = self.impl.session_scope(connection, self.name, connection.schema_for_object(self.table))
        return Location(database, schema, self.name)
