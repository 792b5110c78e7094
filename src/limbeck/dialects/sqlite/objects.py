"""SQLite's views and triggers: read, made of the models in memory, and changed."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import exc, text

from limbeck import sqla
from limbeck.ddl.objects import ModelObjects, ObjectShape, ObjectStatements, Refusal, mentioning
from limbeck.ddl.sql_text import names_in, words_of
from limbeck.objects.definition import QUERIES, ObjectDefinition, ObjectId
from limbeck.objects.order import circle
from limbeck.objects.statement import begins_with_create, line_of

from .syntax_errors import position_of
from .virtual_tables import is_virtual

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

    from limbeck.ddl.shape import TableName

_HEAD = re.compile(r"CREATE\s+VIEW\s+(?:\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|[\w$]+)\s+AS\s+", re.IGNORECASE)
_NO_TABLE = re.compile(r"no such table: (?:main\.)?(.+)", re.DOTALL)
_NAME = r"(\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]|[\w$]+)"
_BEFORE_NAME = re.compile(
    rf"\A\s*CREATE\s+(?:TEMP\s+|TEMPORARY\s+)?(VIEW|TRIGGER|VIRTUAL\s+TABLE)\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:{_NAME}\s*\.\s*)?",
    re.IGNORECASE,
)


class Objects(ObjectStatements):
    """The primitives behind ``op.create_view`` and its like."""

    object_kinds: ClassVar[frozenset[str]] = frozenset({"view", "trigger", "virtual_table"})

    def error_line(self, error: exc.DBAPIError) -> int | None:
        """As the default's; SQLite says at which word."""
        statement = error.statement
        if statement is None or not self.can_query:
            return None
        connection = self.require_connection("The line of a syntax error")

        def said(sql: str) -> str | None:
            try:
                connection.exec_driver_sql(sql)
            except exc.DBAPIError as further:
                return str(further.orig)
            return None

        position = position_of(str(error.orig), statement, said)
        return None if position is None else line_of(statement, position)

    def object_words(self, id_: ObjectId) -> str:
        """As the default's; a virtual table is dropped like any table."""
        return "TABLE" if id_.kind == "virtual_table" else super().object_words(id_)

    def replace_object(self, definition: ObjectDefinition) -> None:
        """As the default's; a view keeps its triggers, which go with it where it is dropped."""
        kept = self._triggers_of(definition.id) if definition.id.kind == "view" and self.can_query else []
        super().replace_object(definition)
        for statement in kept:
            self.execute(sqla.verbatim(statement))

    def _triggers_of(self, view: ObjectId) -> list[str]:
        """The statements that create the triggers of a view."""
        connection = self.require_connection("The replacement of a view")
        schema = self.translated(view.schema)
        place = "" if schema is None else self.dialect.identifier_preparer.quote(schema) + "."
        query = f"SELECT sql FROM {place}sqlite_master WHERE type = 'trigger' AND tbl_name = :view COLLATE NOCASE"  # noqa: S608 quoted
        stored = connection.scalars(text(f"{query} ORDER BY rowid"), {"view": view.name})
        return [_BEFORE_NAME.sub(rf"CREATE \1 {place}", sql, count=1) for sql in stored]


class SQLiteObjects:
    """Objects of one database, and what SQLite makes of those of the models.

    :param connection: the connection.
    """

    writes_types: ClassVar[bool] = False

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- the database --------------------------------------------------------------------------------------------------

    def read(self, kinds: Collection[str], schemas: Collection[str | None]) -> dict[ObjectId, ObjectShape]:
        """The objects of ``kinds`` in ``schemas``."""
        return {id_: ObjectShape(_spelled(sql)) for id_, sql in self._rows(kinds, schemas)}

    def definitions(self, ids: Collection[ObjectId]) -> dict[ObjectId, ObjectDefinition]:
        """Objects as a script creates them."""
        rows = self._rows({id_.kind for id_ in ids}, {id_.schema for id_ in ids}) if ids else ()
        return {id_: ObjectDefinition(id_, _HEAD.sub("", sql, count=1)) for id_, sql in rows if id_ in ids}

    def _rows(self, kinds: Collection[str], schemas: Iterable[str | None]) -> list[tuple[ObjectId, str]]:
        found = []
        for schema in schemas:
            place = "" if schema is None else self._connection.dialect.identifier_preparer.quote(schema) + "."
            query = text(f"SELECT type, name, tbl_name, sql FROM {place}sqlite_master ORDER BY rowid")  # noqa: S608 quoted
            for type_, name, table, sql in self._connection.execute(query):
                kind = "virtual_table" if type_ == "table" and is_virtual(sql) else type_
                if kind in kinds and kind in Objects.object_kinds:
                    found.append((ObjectId(kind, schema, name, table if kind == "trigger" else None), str(sql)))
        return found

    def standing_on(self, tables: Mapping[TableName, Iterable[str] | None], ids: Collection[ObjectId]) -> set[ObjectId]:
        """Those of ``ids`` that mention one of the tables."""
        names = {name.lower() for _, name in tables}
        stored = dict(self._rows({id_.kind for id_ in ids}, {id_.schema for id_ in ids}))
        return {id_ for id_ in ids if names & {name.lower() for name in names_in(stored[id_])}}

    def above(self, ids: Collection[ObjectId], candidates: Collection[ObjectId]) -> set[ObjectId]:
        """Those of ``candidates`` that mention ``ids``, through others too; without them ALTER TABLE fails."""
        return mentioning(self, ids, candidates)

    def is_implied(self, id_: ObjectId) -> bool:
        """No object comes by itself."""
        return False

    # -- the models ----------------------------------------------------------------------------------------------------

    def of_models(
        self, objects: Sequence[ObjectDefinition], tables: Mapping[TableName, Table], changed: Collection[TableName]
    ) -> ModelObjects:
        """What SQLite makes of objects in memory."""
        shapes: dict[int, tuple[ObjectId, ObjectShape]] = {}
        refused: dict[int, Refusal] = {}
        for position, each in enumerate(objects):
            quoted_name = each.id.name.replace('"', '""')
            whole = each.id.kind not in QUERIES or begins_with_create(each.sql)
            statement = each.sql if whole else f'CREATE VIEW "{quoted_name}" AS\n{each.sql}'
            memory = sqlite3.connect(":memory:")
            try:
                if each.id.table is not None:
                    self._shadow(memory, each, objects)
                memory.execute(_BEFORE_NAME.sub(r"CREATE \1 ", statement, count=1))
                row = memory.execute(
                    "SELECT sql FROM sqlite_master WHERE type = ? AND name = ? COLLATE NOCASE",
                    (each.id.kind.removeprefix("virtual_"), each.id.name),
                ).fetchone()
            except (sqlite3.Error, sqlite3.Warning) as error:
                at = position_of(str(error), statement, partial(_said, memory))
                before = 0 if whole else statement.index("\n") + 1
                refused[position] = Refusal(
                    str(error), at and at - before, statement[before:], "syntax error" in str(error)
                )
                continue
            finally:
                memory.close()
            if row is None:
                refused[position] = Refusal(f"its statement makes no {each.id}", None, statement, is_syntax=True)
            else:
                shapes[position] = each.id, ObjectShape(_spelled(row[0]))
        views = [objects[position] for position in shapes if objects[position].id.kind in QUERIES]
        around = circle(views)
        message = _circular(around[0], views) if around else None
        if message is not None:
            for position in [each for each in shapes if objects[each] in around]:
                refused[position] = Refusal(message, None, objects[position].sql, is_syntax=False)
                del shapes[position]
        return ModelObjects(shapes, refused)

    @staticmethod
    def _shadow(
        memory: sqlite3.Connection,
        trigger: ObjectDefinition,
        objects: Sequence[ObjectDefinition],
    ) -> None:
        """The table or view that a trigger is on; SQLite looks at its name alone."""
        name = str(trigger.id.table).replace('"', '""')
        is_view = any(each.id.kind in QUERIES and each.id.name == trigger.id.table for each in objects)
        memory.execute(f'CREATE VIEW "{name}" AS SELECT 1' if is_view else f'CREATE TABLE "{name}" (c)')


def _circular(view: ObjectDefinition, views: Sequence[ObjectDefinition]) -> str | None:
    """What SQLite says of a view that stands on itself by way of others; None where it does not."""
    with closing(sqlite3.connect(":memory:")) as memory:
        for each in views:
            whole = begins_with_create(each.sql)
            memory.execute(each.sql if whole else f"CREATE VIEW {_quoted(each.id.name)} AS\n{each.sql}")
        asked = f"EXPLAIN SELECT 1 FROM {_quoted(view.id.name)}"  # noqa: S608 quoted
        while (said := _said(memory, asked)) is not None and (table := _NO_TABLE.search(said)) is not None:
            if _said(memory, f"CREATE TABLE {_quoted(table[1])} (c)") is not None:
                return None
    return said if said is not None and "circularly defined" in said else None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _said(connection: sqlite3.Connection, sql: str) -> str | None:
    """What SQLite says of a statement; None where it takes it."""
    try:
        connection.execute(sql)
    except (sqlite3.Error, sqlite3.Warning) as error:
        return str(error)
    return None


def _spelled(sql: str) -> str:
    """A stored statement without what does not matter to SQLite: blanks, comments, quotes, upper and lower case."""
    words = words_of(_BEFORE_NAME.sub(r"CREATE \1 ", sql, count=1))
    return " ".join(word if word[0] == "'" else re.sub(r'^["`\[](.*)["`\]]$', r"\1", word).lower() for word in words)
