"""The version table: one column, one row a head. Verbs: exists, create, read, apply, locate (behaviour 4.6, 4.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import MetaData, bindparam

from limbeck.errors import CommandError

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import Connection
    from sqlalchemy.sql.elements import BindParameter

    from limbeck.ddl.impl import DefaultImpl
    from limbeck.graph.plan import RowChange

CLASSIC_WIDTH = 32
"""Characters that the reference's column holds."""
WIDE = 255
"""Characters of a new column where the history has longer ids than the reference's column holds."""


class Location(NamedTuple):
    """Where a version table is, whatever the session's search path says."""

    database: str
    schema: str | None
    table: str


class VersionTable:
    """The version table of one environment.

    :param impl: the impl whose dialect and output carry the statements.
    :param name: table name. :param schema: schema, or None for the session's own.
    :param primary_key: whether it has one.
    """

    def __init__(self, impl: DefaultImpl, name: str, schema: str | None, *, primary_key: bool) -> None:
        self.impl = impl
        self.name = name
        self.schema = schema
        self.table: Table = impl.version_table_impl(
            version_table=name, version_table_schema=schema, version_table_pk=primary_key
        )
        self._column = self.table.c.version_num
        # Made once: SQLAlchemy compiles each of them once a run, however many steps there are.
        old: BindParameter[str] = bindparam("old")
        new: BindParameter[str] = bindparam("new")
        self._delete = self.table.delete().where(self._column == old)
        self._insert = self.table.insert().values(version_num=new)
        self._update = self.table.update().values(version_num=new).where(self._column == old)

    def exists(self, connection: Connection) -> bool:
        """Whether the table is there."""
        return connection.dialect.has_table(connection, self.name, schema=connection.schema_for_object(self.table))

    def read(self, connection: Connection, schema: str | None = None) -> tuple[str, ...]:
        """The rows, in the order in which the database gives them; none where there is no table.

        :param schema: where the table was located, for a session that has another search path.
        """
        table = self.table if schema is None else self.table.to_metadata(MetaData(), schema=schema)
        if not connection.dialect.has_table(connection, self.name, schema=connection.schema_for_object(table)):
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
        """Create the table; the column is wider than the reference's where ids of the history need that.

        :param longest_id: length of the longest id to be written, in characters.
        """
        if longest_id > CLASSIC_WIDTH and self.impl.enforces_length:
            self._column.type.length = WIDE  # type: ignore[attr-defined]  # version_num is a String, behaviour 8
        self.impl.create_table(self.table)

    def width(self, connection: Connection) -> int | None:
        """Characters that the column in the database holds; None where nothing limits it."""
        if not self.impl.enforces_length:
            return None
        from sqlalchemy import inspect

        schema = connection.schema_for_object(self.table)
        columns = {c["name"]: c["type"] for c in inspect(connection).get_columns(self.name, schema=schema)}
        return getattr(columns.get("version_num"), "length", None)

    def apply(self, change: RowChange) -> None:
        """Carry out a change of the rows; raises `CommandError` where a row is not as the plan found it."""
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
                hint="somebody else changed the version table meanwhile; look with `limbeck current`, then run again",
            )

    def locate(self, connection: Connection) -> Location:
        """Where the table is, or would be made, as seen by this session."""
        database, schema = self.impl.session_scope(connection, self.name, connection.schema_for_object(self.table))
        return Location(database, schema, self.name)
