"""PostgreSQL's views, functions, triggers and the like: read, and what the server makes of those of the models."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa

from limbeck import sqla
from limbeck.ddl.base import format_name
from limbeck.ddl.objects import ModelObjects, ObjectShape, Refusal
from limbeck.objects.definition import QUERIES, ObjectDefinition, ObjectId
from limbeck.objects.privileges import Privileges

from .dependents import Address, standing_on
from .extensions import IMPLIED, PostgresqlExtensions
from .extensions import KINDS as OF_EXTENSIONS
from .object_queries import QUERIES_BY_KIND
from .privileges import KINDS as OF_PRIVILEGES
from .privileges import Held, PostgresqlPrivileges
from .scratch_objects import ScratchObjects
from .search_path import fully_qualified

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

    from limbeck.ddl.shape import TableName


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
            scratch = ScratchObjects(
                self._connection, self._default, [objects[each] for each in inside], tables, changed, PostgresqlObjects
            )
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


def _extends(new: Sequence[str], old: Sequence[str], kind: str) -> bool:
    """Whether a view of the columns ``new`` can take the place of one of the columns ``old``."""
    return kind not in QUERIES or (kind == "view" and list(new[: len(old)]) == list(old))
