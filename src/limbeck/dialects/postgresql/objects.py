"""PostgreSQL's views, functions, procedures and triggers: read, made of the models in scratch schemas, and changed."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects.postgresql import ENUM
from sqlalchemy.schema import CreateTable

from limbeck import sqla
from limbeck.ddl.base import format_name
from limbeck.ddl.objects import ModelObjects, ObjectShape, ObjectStatements, Refusal
from limbeck.errors import CommandError
from limbeck.objects.definition import QUERIES, ObjectDefinition, ObjectId
from limbeck.objects.foundations import extension_changes
from limbeck.objects.privileges import Privileges
from limbeck.objects.statement import begins_with_create

from .dependents import Address, Suspended, former_of, literal, restore, standing_on, suspended
from .extensions import IMPLIED, PostgresqlExtensions
from .extensions import KINDS as OF_EXTENSIONS
from .object_queries import QUERIES_BY_KIND
from .privileges import KINDS as OF_PRIVILEGES
from .privileges import Held, PostgresqlPrivileges, revocation
from .search_path import fully_qualified, with_search_path

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

    from limbeck.ddl.shape import TableName

SYNTAX_ERROR = "42601"
NO_RIGHT = "42501"
CANNOT_REPLACE = frozenset({"42P16", "42P13", "0A000", "42809"})
"""A view loses a column, a function returns another type, or the object is of another kind."""


_ROUTINE_KINDS = frozenset({"function", "procedure", "aggregate"})

_NEWEST = sa.text("""
SELECT CASE WHEN p.prokind = 'a' THEN COALESCE(NULLIF(pg_get_function_identity_arguments(p.oid), ''), '*')
    ELSE pg_get_function_identity_arguments(p.oid) END FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = :schema AND p.proname = :name ORDER BY p.oid DESC LIMIT 1
""")

_WITH_DATA = re.compile(r"\s+WITH\s+(?:NO\s+)?DATA\s*\Z", re.IGNORECASE)
_QUALIFIED = re.compile(r'("(?:[^"]|"")+"|[^\W\d][\w$]*)(\s*\.\s*)("(?:[^"]|"")+"|[^\W\d][\w$]*)')


_EVENT_TRIGGER = re.compile(r'(\A.*?\bEVENT\s+TRIGGER\s+)("(?:[^"]|"")+"|[^\W\d][\w$]*)', re.IGNORECASE | re.DOTALL)


class Objects(ObjectStatements):
    """The primitives behind ``op.create_view`` and its like."""

    object_kinds: ClassVar[frozenset[str]] = frozenset(QUERIES_BY_KIND) | OF_PRIVILEGES | OF_EXTENSIONS
    replaceable: ClassVar[frozenset[str]] = frozenset({"view", "function", "procedure", "trigger", "rule", "aggregate"})

    comments_objects: ClassVar[bool] = True

    def creation_of_object(self, definition: ObjectDefinition, *, or_replace: bool = False) -> list[str]:
        """As the default's; with its comment."""
        if definition.id.kind in OF_PRIVILEGES:
            return definition.sql.split(";\n")
        statements = super().creation_of_object(definition, or_replace=or_replace)
        if definition.comment is not None or (or_replace and definition.id.kind != "row_security"):
            comment = "NULL" if definition.comment is None else literal(definition.comment)
            statements.append(
                f"COMMENT ON {self.object_words(definition.id)} {self.object_name(definition.id)} IS {comment}"
            )
        return statements

    def create_object(self, definition: ObjectDefinition) -> None:
        """As the default's; what was dropped for a while gets its owner, its privileges and comments on columns."""
        super().create_object(definition)
        former: Suspended | None = self.memo.pop(definition.id, None)
        if former is not None:
            restore(self, former)

    def drop_object(self, id_: ObjectId, *, recreated: bool = False) -> None:
        """As the default's; row security is turned off, privileges are revoked."""
        if recreated and self.can_query:
            connection = self.require_connection("The drop of an object for a while")
            address = self._address(connection, id_)
            with fully_qualified(connection):
                self.memo[id_] = former_of(connection, address)
        if id_.kind in OF_PRIVILEGES:
            schema = self.translated(id_.schema)
            quote = sqla.for_script(self.dialect).identifier_preparer.quote
            self.execute(sqla.verbatim(revocation(id_, "" if schema is None else f"{quote(schema)}.")))
            return
        if id_.kind != "row_security":
            super().drop_object(id_)
            return
        table = super().object_name(id_)
        self.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")

    def object_words(self, id_: ObjectId) -> str:
        """As the default's, but for composite types."""
        return "TYPE" if id_.kind == "composite_type" else super().object_words(id_)

    def object_name(self, id_: ObjectId) -> str:
        """The name with its schema; a routine's with its arguments, a trigger's with its table."""
        quote = sqla.for_script(self.dialect).identifier_preparer
        if id_.table is not None:
            return f"{quote.quote(id_.name)} ON {format_name(quote, id_.table, self.translated(id_.schema))}"
        arguments = f"({id_.arguments})" if id_.arguments is not None else ""
        return super().object_name(id_) + arguments

    def replace_object(self, definition: ObjectDefinition) -> None:
        """In place where the server can; else it is dropped and created again, with all that stands on it."""
        if definition.id.kind in OF_EXTENSIONS:
            for statement in self._alteration(definition):
                self.execute(sqla.verbatim(statement))
            return
        if not self.can_query or definition.id.kind in OF_PRIVILEGES:
            super().replace_object(definition)
            return
        connection = self.require_connection("The replacement of an object")
        if definition.id.kind in self.replaceable:
            try:
                with sqla.savepoint(connection):
                    super().replace_object(definition)
            except exc.DBAPIError as error:
                if sqla.sqlstate(error) not in CANNOT_REPLACE:
                    raise
            else:
                return
        address = self._address(connection, definition.id)
        with suspended(self, [address], f"{definition.id} was replaced", replaced=True):
            self.drop_object(definition.id)
            self.create_object(definition)

    def _alteration(self, definition: ObjectDefinition) -> list[str]:
        """The statements that make an extension or a schema what it is to be, where it stands."""
        if definition.id.kind == "schema":
            return self.creation_of_object(definition, or_replace=True)[1:]
        name = self.object_name(definition.id)
        return [f"ALTER EXTENSION {name} {change}" for change in extension_changes(definition.sql)]

    def _address(self, connection: Connection, id_: ObjectId) -> Address:
        """Where an object stands in the catalogue."""
        catalogue = PostgresqlObjects(connection, self.default_schema_of(connection))
        found = catalogue.address(id_._replace(schema=self.translated(id_.schema)))
        if found is None:
            raise CommandError(
                f"There is no {id_} in the database",
                code="no-such-object",
                hint="see its name and schema; a function with overloads wants arguments=",
            )
        return found

    @staticmethod
    def default_schema_of(connection: Connection) -> str:
        """The schema that the connection means where none is named."""
        return str(connection.scalar(sa.text("SELECT current_schema()")))


class PostgresqlObjects:
    """Objects of one database, and what it makes of those of the models.

    :param connection: the connection. :param default_schema: the schema that None stands for.
    """

    writes_types: ClassVar[bool] = True

    def __init__(self, connection: Connection, default_schema: str) -> None:
        self._connection = connection
        self._default = default_schema
        self._preparer = sqla.for_script(connection.dialect).identifier_preparer
        self._addresses: dict[ObjectId, Address] = {}
        self._privileges = PostgresqlPrivileges(connection, default_schema)
        self._held: dict[ObjectId, Held] = {}
        self._extensions = PostgresqlExtensions(connection)
        self._foundations: dict[ObjectId, ObjectDefinition] = {}
        #: names and types of the columns of views that were read
        self.columns: dict[ObjectId, list[str]] = {}

    # -- the database --------------------------------------------------------------------------------------------------

    def read(self, kinds: Collection[str], schemas: Collection[str | None]) -> dict[ObjectId, ObjectShape]:
        """The objects of ``kinds`` in ``schemas``, without those that belong to extensions."""
        with fully_qualified(self._connection):
            rows = list(self._rows(kinds, [self._default if each is None else each for each in schemas]))
        self._addresses |= {id_: address for id_, address, _, _ in rows}
        return {id_: shape for id_, _, shape, _ in rows}

    def _rows(
        self, kinds: Collection[str], schemas: Sequence[str]
    ) -> Iterator[tuple[ObjectId, Address, ObjectShape, ObjectDefinition]]:
        for kind in sorted(OF_PRIVILEGES.intersection(kinds)):
            for held in self._privileges.held(kind, schemas):
                self._held[held.value.id] = held
                yield held.value.id, held.address, ObjectShape(self._privileges.shape(held.value)), held.value
        for kind in sorted(OF_EXTENSIONS.intersection(kinds)):
            for address, shape, made in self._extensions.held(kind):
                self._foundations[made.id] = made
                yield made.id, address, shape, made
        for kind in sorted(kinds & QUERIES_BY_KIND.keys()):
            query, letter = QUERIES_BY_KIND[kind]
            for row in self._connection.execute(query, {"letter": letter, "schemas": list(schemas)}):
                catalogue, oid, schema, name, table, arguments, text, options, indexes, comment, *columns = row
                id_ = ObjectId(kind, None if schema == self._default else schema, name, table, arguments)
                self.columns[id_] = [each for listed in columns for each in listed]
                listed = tuple(indexes or ())
                shape = ObjectShape(f"{text}\n{options}" if options else text, listed, comment)
                sql = text
                if kind in QUERIES:
                    sql = "\n".join(line.rstrip() for line in text.splitlines()).strip()
                    if options:
                        full = format_name(self._preparer, name, id_.schema)
                        sql = f"CREATE {id_.words.upper()} {full} WITH ({options}) AS\n{sql}"
                yield id_, Address(catalogue, oid), shape, ObjectDefinition(id_, sql, listed, comment)

    def definitions(self, ids: Collection[ObjectId]) -> dict[ObjectId, ObjectDefinition]:
        """Objects as a script creates them: names as they are found by the search path of the connection."""
        kinds = {id_.kind for id_ in ids}
        schemas = [self._default if schema is None else schema for schema in {id_.schema for id_ in ids}]
        found: dict[ObjectId, ObjectDefinition] = {id_: self._held[id_].value for id_ in ids if id_ in self._held}
        found |= {id_: self._foundations[id_] for id_ in ids if id_ in self._foundations}
        by_address = {self._addresses[id_]: id_ for id_ in ids if id_ not in found}
        kinds -= OF_PRIVILEGES | OF_EXTENSIONS
        for _, address, _, definition in self._rows(kinds, schemas) if ids else ():
            if address in by_address:
                found[by_address[address]] = definition.named(by_address[address])
        return found

    def is_implied(self, id_: ObjectId) -> bool:
        """Whether the database has an object by itself: the schema public, the privileges of an owner."""
        return id_ in IMPLIED or (id_ in self._held and self._held[id_].is_implied)

    def address(self, id_: ObjectId) -> Address | None:
        """Where an object stands in the catalogue; a routine without arguments is the only one of its name."""
        schema = None if id_.schema == self._default else id_.schema
        wanted = id_._replace(schema=schema)
        self.read({id_.kind}, {schema})
        if wanted in self._addresses:
            return self._addresses[wanted]
        same = [each for known, each in self._addresses.items() if known._replace(arguments=None) == wanted]
        return same[0] if len(same) == 1 else None

    def standing_on(self, tables: Mapping[TableName, Iterable[str] | None], ids: Collection[ObjectId]) -> set[ObjectId]:
        """Those of ``ids`` that the server would not let a change of tables pass by."""
        roots: list[Address] = []
        for (schema, table), columns in tables.items():
            query = sa.text(
                "SELECT a.attrelid, a.attnum, a.attname FROM pg_catalog.pg_attribute a "
                "WHERE a.attrelid = to_regclass(:name) AND a.attnum > 0"
            )
            name = format_name(self._preparer, table, schema)
            for oid, number, column in self._connection.execute(query, {"name": name}):
                if columns is None or column in set(columns):
                    roots.append(Address("pg_class", oid, number))
        columns_of = {name: None if columns is None else set(columns) for name, columns in tables.items()}
        granted = {id_ for id_ in ids if id_ in self._held and self._is_of_columns(self._held[id_].value, columns_of)}
        return self._among(standing_on(self._connection, roots), ids) | granted

    @staticmethod
    def _is_of_columns(value: Privileges, tables: Mapping[TableName, set[str] | None]) -> bool:
        """Whether a grant goes with a table, or with one of its columns."""
        if value.on != "TABLE" or (value.id.schema, value.target) not in tables:
            return False
        columns = tables[value.id.schema, value.target]
        return columns is None or any(each.column in columns for each in value.granted)

    def above(self, ids: Collection[ObjectId], candidates: Collection[ObjectId]) -> set[ObjectId]:
        """Those of ``candidates`` that stand on ``ids``, through others too."""
        roots = [self._addresses[id_] for id_ in ids if id_ in self._addresses and id_ not in self._held]
        own = self._among(roots, [id_ for id_ in candidates if id_ in self._held])
        return self._among(standing_on(self._connection, roots), candidates) | own

    def _among(self, addresses: Iterable[Address], ids: Collection[ObjectId]) -> set[ObjectId]:
        found = {(address.catalogue, address.oid) for address in addresses}
        return {id_ for id_ in ids if id_ in self._addresses and self._addresses[id_][:2] in found}

    # -- the models ----------------------------------------------------------------------------------------------------

    def of_models(
        self, objects: Sequence[ObjectDefinition], tables: Mapping[TableName, Table], changed: Collection[TableName]
    ) -> ModelObjects:
        """What the server makes of objects in scratch schemas, which hide the real ones and are rolled back."""
        privileges = {position: each for position, each in enumerate(objects) if isinstance(each, Privileges)}
        below = {position: each for position, each in enumerate(objects) if each.id.kind in OF_EXTENSIONS}
        inside = [each for each in range(len(objects)) if each not in privileges and each not in below]
        self._privileges.check_roles(list(privileges.values()))
        shapes = self._extensions.told(below)
        refused: dict[int, Refusal] = {}
        shrunk: set[int] = set()
        reshaped: set[int] = set()
        if not inside:
            self._tell(privileges, shapes, refused)
            return ModelObjects(shapes, refused)
        with self._undone():
            scratch = _Scratch(self._connection, self._default, [objects[each] for each in inside], tables, changed)
            made = scratch.made(
                lambda: self._extensions.create_missing(below.values()),
                lambda: self._tell(privileges, shapes, refused, scratch.led, scratch.back),
            )
        for position, (id_, shape) in made.shapes.items():
            shapes[inside[position]] = id_, shape
            new, old = scratch.columns.get(id_, []), self.columns.get(id_, [])
            if id_ in self.columns and new != old:
                reshaped.add(inside[position])
                if not _extends(new, old, id_.kind):
                    shrunk.add(inside[position])
        refused |= {inside[position]: each for position, each in made.refused.items()}
        return ModelObjects(shapes, refused, shrunk, reshaped)

    def _tell(
        self,
        privileges: Mapping[int, Privileges],
        shapes: dict[int, tuple[ObjectId, ObjectShape]],
        refused: dict[int, Refusal],
        led: Callable[[str], str] = str,
        back: Callable[[str], str] = str,
    ) -> None:
        """Add the privileges of the models to what is made; an owner's are as the database has them."""
        for position, each in privileges.items():
            try:
                value = self._privileges.as_held(each, led, back)
            except (LookupError, ValueError) as error:
                refused[position] = Refusal(str(error), None, each.sql, isinstance(error, ValueError))
                continue
            held = self._held.get(value.id)
            value = held.value if held is not None and held.is_owner else value
            shapes[position] = value.id, ObjectShape(self._privileges.shape(value))

    @contextmanager
    def _undone(self) -> Iterator[None]:
        connection = self._connection
        in_autocommit = sqla.is_autocommit(connection)
        if in_autocommit:
            connection.exec_driver_sql("BEGIN")
        savepoint = connection.begin_nested()
        try:
            yield
        finally:
            savepoint.rollback()
            if in_autocommit:
                connection.exec_driver_sql("ROLLBACK")


class _Scratch:
    """Scratch schemas, one for each schema of the models, with the objects of the models in them.

    Tables that the database has as the models want them are found behind the scratch schemas, by the search path; the
    others are created, empty. Names with a schema are led to the scratch schema where it has what they name.

    :param connection: the connection, in a savepoint. :param default: the connection's default schema.
    :param objects: the objects. :param tables: the tables of the models. :param changed: those that differ.
    """

    def __init__(
        self,
        connection: Connection,
        default: str,
        objects: Sequence[ObjectDefinition],
        tables: Mapping[TableName, Table],
        changed: Collection[TableName],
    ) -> None:
        self._connection = connection
        self._default = default
        self._preparer = sqla.for_script(connection.dialect).identifier_preparer
        self._objects = objects
        self._tables = tables
        owned = {(each.id.schema, each.id.table) for each in objects if each.id.table is not None}
        views = {(each.id.schema, each.id.name) for each in objects if each.id.kind in QUERIES}
        self._shadows = [name for name in dict.fromkeys([*sorted(changed, key=str), *owned]) if name not in views]
        real = dict.fromkeys(
            name[0] for name in [*self._shadows, *views, *((o.id.schema, "") for o in objects), (None, "")]
        )
        self._scratch = {self._real(schema): self._scratch_name(number, schema) for number, schema in enumerate(real)}
        self._names = {
            (self._real(schema), name)
            for schema, name in [*self._shadows, *((each.id.schema, each.id.name) for each in objects)]
        }
        repeated = [each.id for each in objects if each.id.kind in _ROUTINE_KINDS]
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
                copy = sa.Table(name[1], sa.MetaData(), *columns, schema=self._scratch[self._real(name[0])])
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
        catalogue = PostgresqlObjects(self._connection, self._scratch[self._default])
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


def _extends(new: Sequence[str], old: Sequence[str], kind: str) -> bool:
    """Whether a view of the columns ``new`` can take the place of one of the columns ``old``."""
    return kind not in QUERIES or (kind == "view" and list(new[: len(old)]) == list(old))


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name[0] == '"' else name.lower()
