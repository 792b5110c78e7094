"""Views, routines and triggers of MySQL and MariaDB: read, made of the models in a scratch database, and changed."""

from __future__ import annotations

import re
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.schema import CreateTable

from limbeck import sqla
from limbeck.ddl.objects import ModelObjects, ObjectShape, ObjectStatements, Refusal, mentioning
from limbeck.errors import CommandError
from limbeck.objects.definition import QUERIES, ObjectDefinition, ObjectId
from limbeck.objects.statement import begins_with_create, mentions

from .events import as_declared, at_rest, with_moments
from .show_create import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

    from limbeck.ddl.shape import TableName

NO_TABLE, SYNTAX_ERROR, NO_RIGHT = 1146, 1064, 1044
_NO_TABLE = re.compile(r"Table '(?:[^'.]+)\.([^']+)' doesn't exist")
_DEFINER = re.compile(r"\sDEFINER\s*=\s*(?:`[^`]*`|\S+)@(?:`[^`]*`|\S+)", re.IGNORECASE)
_QUALIFIED = re.compile(r"(`[^`]+`|[^\W\d][\w$]*)(\s*\.\s*)(`[^`]+`|[^\W\d][\w$]*)")

_VIEWS = sa.text("""
SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION, CHECK_OPTION, SECURITY_TYPE FROM information_schema.VIEWS
WHERE TABLE_SCHEMA IN :schemas ORDER BY TABLE_NAME
""").bindparams(sa.bindparam("schemas", expanding=True))

_ROUTINES = sa.text("""
SELECT ROUTINE_SCHEMA, ROUTINE_NAME FROM information_schema.ROUTINES
WHERE ROUTINE_SCHEMA IN :schemas AND ROUTINE_TYPE = :kind ORDER BY ROUTINE_NAME
""").bindparams(sa.bindparam("schemas", expanding=True))

_EVENTS = sa.text("""
SELECT EVENT_SCHEMA, EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA IN :schemas ORDER BY EVENT_NAME
""").bindparams(sa.bindparam("schemas", expanding=True))

_TRIGGERS = sa.text("""
SELECT TRIGGER_SCHEMA, TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_STATEMENT
FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA IN :schemas ORDER BY TRIGGER_NAME
""").bindparams(sa.bindparam("schemas", expanding=True))


class Objects(ObjectStatements):
    """The primitives behind ``op.create_view`` and its like."""

    object_kinds: ClassVar[frozenset[str]] = frozenset({"view", "function", "procedure", "trigger", "event"})

    @property
    def replaceable(self) -> frozenset[str]:  # type: ignore[override]
        """MariaDB replaces everything in place, MySQL views."""
        return self.object_kinds if getattr(self.dialect, "is_mariadb", False) else frozenset({"view"})


class MySQLObjects:
    """Objects of one server, and what it makes of those of the models.

    :param connection: the connection. :param default_schema: the database that None stands for.
    """

    writes_types: ClassVar[bool] = False

    def __init__(self, connection: Connection, default_schema: str) -> None:
        self._connection = connection
        self._default = default_schema
        self._events: dict[ObjectId, str] = {}
        self._stored: dict[ObjectId, str] = {}

    # -- the database --------------------------------------------------------------------------------------------------

    def read(self, kinds: Collection[str], schemas: Collection[str | None]) -> dict[ObjectId, ObjectShape]:
        """The objects of ``kinds`` in ``schemas``."""
        names = [self._default if each is None else each for each in schemas]
        rows = list(self._rows(kinds, names))
        self._stored |= {id_: sql for id_, _, sql in rows}
        return {id_: ObjectShape(text) for id_, text, _ in rows}

    def definitions(self, ids: Collection[ObjectId]) -> dict[ObjectId, ObjectDefinition]:
        """Objects as a script creates them: the default database is not named in them."""
        kinds = {id_.kind for id_ in ids}
        schemas = [self._default if schema is None else schema for schema in {id_.schema for id_ in ids}]
        rows = self._rows(kinds, schemas) if ids else ()
        return {id_: ObjectDefinition(id_, self._unqualified(sql)) for id_, _, sql in rows if id_ in ids}

    def _unqualified(self, sql: str) -> str:
        return sql.replace(f"{quoted(self._default)}.", "")

    def _rows(self, kinds: Collection[str], schemas: Sequence[str]) -> Iterator[tuple[ObjectId, str, str]]:
        """Identity, text to be compared, and definition."""
        values = {"schemas": list(schemas)}
        if "view" in kinds:
            for schema, name, query, check, security in self._connection.execute(_VIEWS, values):
                text = str(query) + ("" if check == "NONE" else f" WITH {check} CHECK OPTION")
                sql = text
                if security != "DEFINER":
                    sql = f"CREATE SQL SECURITY {security} VIEW {quoted(name)} AS {text}"
                yield self._id("view", schema, name), f"{security} {text}", sql
        for kind in sorted({"function", "procedure"}.intersection(kinds)):
            for schema, name in self._connection.execute(_ROUTINES, values | {"kind": kind.upper()}).all():
                place = f"{quoted(schema)}.{quoted(name)}".replace("%", "%%")
                row = self._connection.exec_driver_sql(f"SHOW CREATE {kind.upper()} {place}").one()
                text = _DEFINER.sub("", str(row[2]), count=1)
                yield self._id(kind, schema, name), text, text
        if "trigger" in kinds:
            for schema, name, table, timing, event, body in self._connection.execute(_TRIGGERS, values):
                text = f"CREATE TRIGGER {quoted(name)} {timing} {event} ON {quoted(table)} FOR EACH ROW {body}"
                yield self._id("trigger", schema, name)._replace(table=table), text, text

        if "event" in kinds:
            for schema, name in self._connection.execute(_EVENTS, values).all():
                place = f"{quoted(schema)}.{quoted(name)}".replace("%", "%%")
                row = self._connection.exec_driver_sql(f"SHOW CREATE EVENT {place}").one()
                text = _DEFINER.sub("", str(row[3]), count=1)
                self._events[self._id("event", schema, name)] = text
                yield self._id("event", schema, name), text, text

    def _id(self, kind: str, schema: str, name: str) -> ObjectId:
        return ObjectId(kind, None if schema == self._default else schema, name)

    def standing_on(self, tables: Mapping[TableName, Iterable[str] | None], ids: Collection[ObjectId]) -> set[ObjectId]:
        """Views and triggers that mention one of the tables, and one of its columns; the server does not keep them.

        It lets them stand on what is not there, but does not create them so: a downgrade creates columns before them.
        """
        stored = {id_: self._stored[id_] for id_ in ids if id_.kind in ("view", "trigger")}
        return {
            id_
            for id_, sql in stored.items()
            for (_, table), columns in tables.items()
            if mentions(sql, {table}) and (columns is None or mentions(sql, set(columns)))
        }

    def above(self, ids: Collection[ObjectId], candidates: Collection[ObjectId]) -> set[ObjectId]:
        """Those of ``candidates`` that mention ``ids``, through others too: likewise."""
        return mentioning(self, ids, candidates)

    def is_implied(self, id_: ObjectId) -> bool:
        """No object comes by itself."""
        return False

    # -- the models ----------------------------------------------------------------------------------------------------

    def of_models(
        self, objects: Sequence[ObjectDefinition], tables: Mapping[TableName, Table], changed: Collection[TableName]
    ) -> ModelObjects:
        """What the server makes of objects in scratch databases, one for each schema, which are dropped."""
        schemas = dict.fromkeys([None, *(each.id.schema for each in objects)])
        scratch = {schema: f"limbeck_scratch_{secrets.token_hex(4)}_{n}_" for n, schema in enumerate(schemas)}
        with self._side() as connection:
            try:
                for name in scratch.values():
                    connection.exec_driver_sql(f"CREATE DATABASE {name}")
                connection.exec_driver_sql(f"USE {scratch[None]}")
                made = _Scratch(connection, self._default, scratch, objects, tables, changed).made()
                return made._replace(shapes=self._with_moments(made.shapes, objects))
            except exc.DBAPIError as error:
                if _number(error) != NO_RIGHT:
                    raise
                raise CommandError(
                    f"The objects of the models cannot be compared: {error.orig}",
                    code="no-scratch-schema",
                    hint="the server writes them in a database that is dropped again: "
                    "GRANT ALL ON `limbeck\\_scratch%`.* to the account",
                ) from error
            finally:
                for name in scratch.values():
                    connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")

    def _with_moments(
        self, shapes: Mapping[int, tuple[ObjectId, ObjectShape]], objects: Sequence[ObjectDefinition]
    ) -> dict[int, tuple[ObjectId, ObjectShape]]:
        """``shapes`` with the moments at which events of the database start, where the models leave them open."""
        return {
            position: (
                id_,
                ObjectShape(with_moments(shape.text, objects[position].sql, self._events[id_]))
                if id_ in self._events
                else shape,
            )
            for position, (id_, shape) in shapes.items()
        }

    @contextmanager
    def _side(self) -> Iterator[Connection]:
        """A session of its own: each statement there commits."""
        with sqla.side_connection(self._connection.engine) as connection:
            yield connection


class _Scratch:
    """Scratch databases with the objects of the models, and with the tables that the server asks for."""

    def __init__(
        self,
        connection: Connection,
        default: str,
        scratch: Mapping[str | None, str],
        objects: Sequence[ObjectDefinition],
        tables: Mapping[TableName, Table],
        changed: Collection[TableName],
    ) -> None:
        self._connection = connection
        self._default = default
        self._scratch = scratch
        self._objects = objects
        self._tables = tables
        self._changed = set(changed)
        self._shadowed: set[str] = set()

    def made(self) -> ModelObjects:
        """Create everything, and read it."""
        refused: dict[int, Refusal] = {
            position: Refusal("", None, "", is_syntax=False) for position in range(len(self._objects))
        }
        progress = True
        while progress and refused:
            progress = False
            for position in [each for each in refused if not refused[each].is_syntax]:
                found = self._create(self._objects[position])
                if found is None:
                    del refused[position]
                    progress = True
                else:
                    refused[position] = found
        return self._read(refused)

    def _create(self, definition: ObjectDefinition) -> Refusal | None:
        statement = self._statement(definition)
        while True:
            try:
                self._connection.execute(sqla.verbatim(statement))
            except exc.DBAPIError as error:
                missing = _NO_TABLE.search(str(error.orig)) if _number(error) == NO_TABLE else None
                if missing is not None and self._shadow(missing[1]):
                    continue
                return Refusal(_said(error), _position(error, statement), statement, _number(error) == SYNTAX_ERROR)
            return None

    def _shadow(self, name: str) -> bool:
        """Create a table that the server misses: as the models have it, or else as the database has it."""
        if name in self._shadowed or any(each.id.kind in QUERIES and each.id.name == name for each in self._objects):
            return False
        self._shadowed.add(name)
        table = self._tables.get((None, name))
        try:
            if table is not None and (None, name) in self._changed:
                columns = [sa.Column(c.name, c.type, primary_key=c.primary_key, autoincrement=False) for c in table.c]
                self._connection.execute(CreateTable(sa.Table(name, sa.MetaData(), *columns)))
            else:
                place = f"{quoted(name)} LIKE {quoted(self._default)}.{quoted(name)}".replace("%", "%%")
                self._connection.exec_driver_sql(f"CREATE TABLE {place}")
        except exc.DBAPIError:
            return False
        return True

    def _statement(self, definition: ObjectDefinition) -> str:
        names = {(each.id.schema or self._default, each.id.name) for each in self._objects}

        def replacement(match: re.Match[str]) -> str:
            schema, dot, name = (part.strip("`") for part in match.groups())
            place = self._scratch.get(None if schema == self._default else schema)
            if place is None or (schema != self._default and (schema, name) not in names):
                return match.group()
            return f"{quoted(place)}{dot}{quoted(name)}" if match[1][0] == "`" else f"{place}{dot}{match[3]}"

        sql = _QUALIFIED.sub(replacement, definition.sql)
        if definition.id.kind == "event":
            return at_rest(sql)
        if definition.id.kind not in QUERIES or begins_with_create(sql):
            return sql
        return f"CREATE VIEW {self._scratch[definition.id.schema]}.{quoted(definition.id.name)} AS {sql}"

    def _read(self, refused: dict[int, Refusal]) -> ModelObjects:
        catalogue = MySQLObjects(self._connection, self._scratch[None])
        real = {name: schema for schema, name in self._scratch.items()}
        kinds = {each.id.kind for each in self._objects}
        found = {}
        for id_, shape in catalogue.read(kinds, [None, *(name for name in real if real[name] is not None)]).items():
            known = id_._replace(schema=None if id_.schema is None else real[id_.schema])
            found[known] = ObjectShape(self._back(shape.text))
        shapes = {}
        for position, each in enumerate(self._objects):
            if position in refused:
                continue
            if each.id in found:
                is_event = each.id.kind == "event"
                shape = ObjectShape(as_declared(found[each.id].text, each.sql)) if is_event else found[each.id]
                shapes[position] = each.id, shape
            else:
                refused[position] = Refusal(f"its statement makes no {each.id}", None, each.sql, is_syntax=True)
        return ModelObjects(shapes, refused)

    def _back(self, text: str) -> str:
        for schema, name in self._scratch.items():
            text = text.replace(name, self._default if schema is None else schema)
        return text


def _position(error: exc.DBAPIError, statement: str) -> int | None:
    """Where the line begins that the server complains about: it counts lines, not characters."""
    line = sqla.error_line(error)
    return None if line is None else len("".join(statement.splitlines(keepends=True)[: line - 1])) + 1


def _number(error: exc.DBAPIError) -> int | None:
    return next((each for each in error.orig.args if isinstance(each, int)), None) if error.orig else None


def _said(error: exc.DBAPIError) -> str:
    return next((each for each in error.orig.args if isinstance(each, str)), "") if error.orig else str(error)
