"""Objects of the models in scratch schemas of PostgreSQL, which are rolled back: created, and read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects.postgresql import ENUM
from sqlalchemy.schema import CreateTable

from limbeck import sqla
from limbeck.ddl.base import format_name
from limbeck.ddl.objects import ModelObjects, ObjectShape, Refusal
from limbeck.errors import CommandError
from limbeck.objects.definition import PARTITION, QUERIES, ROUTINES, ObjectDefinition, ObjectId
from limbeck.objects.statement import begins_with_create

from . import partitions
from .dependents import NO_RIGHT
from .search_path import with_search_path

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

    from limbeck.ddl.shape import TableName


SYNTAX_ERROR = "42601"

_NEWEST = sa.text("""
SELECT CASE WHEN p.prokind = 'a' THEN COALESCE(NULLIF(pg_get_function_identity_arguments(p.oid), ''), '*')
    ELSE pg_get_function_identity_arguments(p.oid) END FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = :schema AND p.proname = :name ORDER BY p.oid DESC LIMIT 1
""")

_WITH_DATA = re.compile(r"\s+WITH\s+(?:NO\s+)?DATA\s*\Z", re.IGNORECASE)
_QUALIFIED = re.compile(r'("(?:[^"]|"")+"|[^\W\d][\w$]*)(\s*\.\s*)("(?:[^"]|"")+"|[^\W\d][\w$]*)')
_EVENT_TRIGGER = re.compile(r'(\A.*?\bEVENT\s+TRIGGER\s+)("(?:[^"]|"")+"|[^\W\d][\w$]*)', re.IGNORECASE | re.DOTALL)


class Reader(Protocol):
    """The objects of one database."""

    columns: dict[ObjectId, list[str]]

    def read(self, kinds: Collection[str], schemas: Collection[str | None]) -> dict[ObjectId, ObjectShape]:
        """The objects of ``kinds`` in ``schemas``."""
        ...


class ScratchObjects:
    """Scratch schemas, one for each schema of the models, with the objects of the models in them.

    Tables that the database has as the models want them are found behind the scratch schemas, by the search path; the
    others are created, empty. Names with a schema are led to the scratch schema where it has what they name.

    :param connection: the connection, in a savepoint. :param default: the connection's default schema.
    :param objects: the objects. :param tables: the tables of the models. :param changed: those that differ.
    :param reader: makes what reads the objects of a connection, by its default schema.
    """

    def __init__(
        self,
        connection: Connection,
        default: str,
        objects: Sequence[ObjectDefinition],
        tables: Mapping[TableName, Table],
        changed: Collection[TableName],
        reader: Callable[[Connection, str], Reader],
    ) -> None:
        self._reader = reader
        self._connection = connection
        self._default = default
        self._preparer = sqla.for_script(connection.dialect).identifier_preparer
        self._objects = objects
        self._tables = tables
        owned = {(each.id.schema, each.id.table) for each in objects if each.id.table is not None}
        views = {(each.id.schema, each.id.name) for each in objects if each.id.kind in {*QUERIES, PARTITION}}
        self._shadows = [name for name in dict.fromkeys([*sorted(changed, key=str), *owned]) if name not in views]
        real = dict.fromkeys(
            name[0] for name in [*self._shadows, *views, *((o.id.schema, "") for o in objects), (None, "")]
        )
        self._scratch = {self._real(schema): self._scratch_name(number, schema) for number, schema in enumerate(real)}
        self._names = {
            (self._real(schema), name)
            for schema, name in [*self._shadows, *((each.id.schema, each.id.name) for each in objects)]
        }
        repeated = [each.id for each in objects if each.id.kind in ROUTINES]
        self._overloaded = {id_ for id_ in repeated if repeated.count(id_) > 1}
        self._arguments: dict[int, str] = {}

    def _real(self, schema: str | None) -> str:
        return self._default if schema is None else schema

    def _scratch_name(self, number: int, schema: str | None) -> str:
        """A name that the server quotes where it quotes that of the real schema."""
        letter = "l" if self._preparer.quote(self._real(schema)) == self._real(schema) else "L"
        return f"{letter}imbeck_scratch_{number}_"

    def made(self, before: Callable[[], None], after: Callable[[], None]) -> ModelObjects:
        """Create everything, and read it.

        :param before: is called when nothing is there. :param after: is called when everything is.
        """
        path = [str(each) for each in self._connection.scalar(sa.text("SELECT current_schemas(false)")) or ()]
        try:
            for name in self._scratch.values():
                self._connection.exec_driver_sql(f'CREATE SCHEMA "{name}"')
        except exc.DBAPIError as error:
            if sqla.sqlstate(error) != NO_RIGHT:
                raise
            raise CommandError(
                f"The objects of the models cannot be compared: {str(error.orig).splitlines()[0]}",
                code="no-scratch-schema",
                hint="the database writes them in a schema that is rolled back: GRANT CREATE ON DATABASE to the role",
            ) from error
        hidden = [part for each in path for part in (self._scratch.get(each), each) if part is not None]
        places = ", ".join(self._preparer.quote_identifier(each) for each in hidden)
        with with_search_path(self._connection, places):
            before()
            for table in self._shadows:
                self._shadow(table)
            refused = self._create_all()
            after()
        return self._read(refused)

    def _shadow(self, name: TableName) -> None:
        """An empty table as the models have it; where they do not know it, as the database has it."""
        place = f'"{self._scratch[self._real(name[0])]}".{self._preparer.quote(name[1])}'
        table = self._tables.get(name)
        try:
            with self._connection.begin_nested():
                if table is None:
                    real = format_name(self._preparer, name[1], self._real(name[0]))
                    self._connection.exec_driver_sql(f"CREATE TABLE {place} (LIKE {real})".replace("%", "%%"))
                    return
                for type_ in {
                    each for column in table.c for each in sqla.type_and_items(column.type, self._connection.dialect)
                }:
                    if isinstance(type_, ENUM) and type_.create_type:
                        type_.create(self._connection, checkfirst=True)
                columns = [
                    sa.Column(
                        column.name,
                        column.type,
                        primary_key=column.primary_key,
                        nullable=column.nullable,
                        autoincrement=False,
                    )
                    for column in table.c
                ]
                key = sqla.dialect_options(table, "postgresql").get("partition_by")
                options = {"postgresql_partition_by": key} if key else {}
                copy = sa.Table(name[1], sa.MetaData(), *columns, schema=self._scratch[self._real(name[0])], **options)
                self._connection.execute(CreateTable(copy))
        except exc.DBAPIError:
            return  # what stands on it is refused, and reported with the server's words

    def _create_all(self) -> dict[int, Refusal]:
        """Create the objects, again those that were refused before others were there; returns what stays refused."""
        statements = [self._statement(each) for each in self._objects]
        try:
            with self._connection.begin_nested():
                self._create_at_once(statements)
        except exc.DBAPIError:
            self._arguments.clear()
        else:
            return {}
        refused: dict[int, Refusal] = dict.fromkeys(range(len(statements)), Refusal("", None, "", is_syntax=False))
        progress = True
        while progress and refused:
            progress = False
            for position in list(refused):
                if refused[position].is_syntax:
                    continue
                try:
                    with self._connection.begin_nested():
                        self._create(position, statements[position])
                    del refused[position]
                    progress = True
                except exc.DBAPIError as error:
                    self._check_right(error, position)
                    refused[position] = self._refusal(error, statements[position])
        return refused

    def _check_right(self, error: exc.DBAPIError, position: int) -> None:
        """Raise for an event trigger that the role may not create."""
        id_ = self._objects[position].id
        if id_.kind == "event_trigger" and sqla.sqlstate(error) == NO_RIGHT:
            raise CommandError(
                f"{id_} cannot be compared: {str(error.orig).splitlines()[0]}",
                code="needs-superuser",
                hint="compare and upgrade as a superuser, or leave event triggers to one",
            ) from error

    def _create_at_once(self, statements: Sequence[str]) -> None:
        """Create the objects in one round trip; drivers that send single statements refuse that."""
        if self._overloaded:
            for position, statement in enumerate(statements):
                self._create(position, statement)
            return
        listed = [
            each
            for position, statement in enumerate(statements)
            for each in (
                statement,
                *self._at_rest(position),
                *map(self.led, self._objects[position].indexes),
            )
        ]
        if listed:
            self._connection.execute(sqla.verbatim(";\n".join(listed)))

    def _create(self, position: int, statement: str) -> None:
        self._connection.execute(sqla.verbatim(statement))
        for further in self._at_rest(position):
            self._connection.execute(sqla.verbatim(further))
        for index in self._objects[position].indexes:
            self._connection.execute(sqla.verbatim(self.led(index)))
        id_ = self._objects[position].id
        if id_ in self._overloaded:
            values = {"schema": self._scratch[self._real(id_.schema)], "name": id_.name}
            self._arguments[position] = str(self._connection.scalar(_NEWEST, values))

    def _at_rest(self, position: int) -> list[str]:
        """What keeps an event trigger from firing for the objects that are created after it."""
        id_ = self._objects[position].id
        return [] if id_.kind != "event_trigger" else [f"ALTER EVENT TRIGGER {self._event_trigger(id_.name)} DISABLE"]

    def _of_kind(self, kind: str) -> list[ObjectId]:
        return [each.id for each in self._objects if each.id.kind == kind]

    def _statement(self, definition: ObjectDefinition) -> str:
        sql = self.led(definition.sql)
        if definition.id.kind == "event_trigger":
            return _EVENT_TRIGGER.sub(rf"\g<1>{self._event_trigger(definition.id.name)}", sql, count=1)
        if definition.id.kind == PARTITION:
            schema = self._scratch[self._real(definition.id.schema)]
            return partitions.creation(definition, lambda name: f'"{schema}".{self._preparer.quote(name)}', sql)
        if definition.id.kind not in QUERIES:
            return sql
        if begins_with_create(sql):
            rows = definition.id.kind == "materialized_view"
            return f"{_WITH_DATA.sub('', sql)} WITH NO DATA" if rows else sql
        place = f'"{self._scratch[self._real(definition.id.schema)]}".{self._preparer.quote(definition.id.name)}'
        data = " WITH NO DATA" if definition.id.kind == "materialized_view" else ""
        return f"CREATE {definition.id.words.upper()} {place} AS {sql}{data}"

    def led(self, sql: str) -> str:
        """``sql`` with the schemas of what the scratch schemas hold replaced by these."""

        def replacement(match: re.Match[str]) -> str:
            schema, dot, name = match.groups()
            place = self._scratch.get(_unquoted(schema))
            if place is None or (_unquoted(schema), _unquoted(name)) not in self._names:
                return match.group()
            return f'"{place}"{dot}{name}' if schema[0] == '"' else f"{place}{dot}{name}"

        return _QUALIFIED.sub(replacement, sql)

    def _event_trigger(self, name: str) -> str:
        """The name of an event trigger, which is in no schema, beside that of the database."""
        names = [id_.name for id_ in self._of_kind("event_trigger")]
        return f"limbeck_scratch_event_trigger_{names.index(name)}_"

    def back(self, text: str) -> str:
        """``text`` with the real schemas in place of the scratch schemas."""
        for real, scratch in self._scratch.items():
            text = text.replace(scratch, real.replace('"', '""') if scratch[0] == "L" else real)
        return text

    @staticmethod
    def _refusal(error: exc.DBAPIError, statement: str) -> Refusal:
        diagnosis = getattr(error.orig, "diag", None)
        position = getattr(diagnosis, "statement_position", None) or getattr(
            getattr(error.orig, "__cause__", None), "position", None
        )
        state = sqla.sqlstate(error)
        lines = str(error.orig).splitlines()
        return Refusal(lines[0], None if position is None else int(position), statement, state == SYNTAX_ERROR)

    def _read(self, refused: Mapping[int, Refusal]) -> ModelObjects:
        catalogue = self._reader(self._connection, self._scratch[self._default])
        names = {scratch: real for real, scratch in self._scratch.items()}
        kinds = {each.id.kind for each in self._objects}
        triggers = {self._event_trigger(id_.name): id_.name for id_ in self._of_kind("event_trigger")}
        found: dict[ObjectId, ObjectShape] = {}
        self.columns: dict[ObjectId, list[str]] = {}
        for id_, shape in catalogue.read(kinds, [None, *names.keys() - {self._scratch[self._default]}]).items():
            if id_.kind == "event_trigger" and id_.name not in triggers:
                continue  # one of the database
            schema = None if id_.schema is None else names[id_.schema]
            arguments = None if id_.arguments is None else self.back(id_.arguments)
            indexes = tuple(sorted(map(self.back, shape.indexes)))
            real = id_._replace(schema=schema, arguments=arguments, name=triggers.get(id_.name, id_.name))
            quoted = self._preparer.quote(real.name)
            text = shape.text.replace(id_.name, quoted) if id_.name in triggers else shape.text
            found[real] = ObjectShape(self.back(text), indexes)
            self.columns[real] = [self.back(each) for each in catalogue.columns[id_]]
        alone = {id_._replace(arguments=None): id_ for id_ in found}
        shapes: dict[int, tuple[ObjectId, ObjectShape]] = {}
        refusals: dict[int, Refusal] = dict(refused)
        for position, each in enumerate(self._objects):
            arguments = self._arguments.get(position)
            server = alone.get(each.id) if arguments is None else each.id._replace(arguments=self.back(arguments))
            if position in refused:
                continue
            if server is None or server not in found:
                refusals[position] = Refusal(f"its statement makes no {each.id}", None, each.sql, is_syntax=True)
            else:
                shapes[position] = server, found[server]._replace(comment=each.comment)
        return ModelObjects(shapes, refusals)


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name[0] == '"' else name.lower()
