"""How PostgreSQL's views, functions, triggers and other objects are created, replaced and dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from sqlalchemy import exc

from limbeck import sqla
from limbeck.ddl.base import format_name
from limbeck.ddl.objects import ObjectStatements
from limbeck.errors import CommandError
from limbeck.objects.definition import PARTITION, ROUTINES, ObjectDefinition, ObjectId
from limbeck.objects.foundations import extension_changes

from . import partitions
from .dependents import Address, Suspended, allowed, former_of, literal, restore, suspended
from .extensions import KINDS as OF_EXTENSIONS
from .object_catalogue import PostgresqlObjects
from .object_queries import QUERIES_BY_KIND
from .privileges import KINDS as OF_PRIVILEGES
from .privileges import revocation
from .search_path import fully_qualified

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection


_LAST_MADE = sa.text("""
SELECT COALESCE(NULLIF(pg_get_function_identity_arguments(p.oid), ''), CASE p.prokind WHEN 'a' THEN '*' ELSE '' END)
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = :schema AND p.proname = :name ORDER BY age(p.xmin), p.oid DESC LIMIT 1
""")

CANNOT_REPLACE = frozenset({"42P16", "42P13", "0A000", "42809"})
"""A view loses a column, a function returns another type, or the object is of another kind."""


class Objects(ObjectStatements):
    """The primitives behind ``op.create_view`` and its like."""

    object_kinds: ClassVar[frozenset[str]] = frozenset(QUERIES_BY_KIND) | OF_PRIVILEGES | OF_EXTENSIONS
    replaceable: ClassVar[frozenset[str]] = frozenset({"view", "function", "procedure", "trigger", "rule", "aggregate"})

    comments_objects: ClassVar[bool] = True

    def creation_of_object(self, definition: ObjectDefinition, *, or_replace: bool = False) -> list[str]:
        """As the default's; with its comment."""
        if definition.id.kind in OF_PRIVILEGES:
            return definition.sql.split(";\n")
        if definition.id.kind == PARTITION:
            return [partitions.creation(definition, self._tables_of(definition.id))]
        statements = super().creation_of_object(definition, or_replace=or_replace)
        return [*statements, *self._comment_on(definition, or_replace=or_replace)]

    def _comment_on(self, definition: ObjectDefinition, *, or_replace: bool) -> list[str]:
        if definition.comment is None and not (or_replace and definition.id.kind != "row_security"):
            return []
        comment = "NULL" if definition.comment is None else literal(definition.comment)
        return [f"COMMENT ON {self.object_words(definition.id)} {self.object_name(definition.id)} IS {comment}"]

    def send_creation(self, definition: ObjectDefinition, *, or_replace: bool = False) -> None:
        """As the default's; one of several functions of a name is told from the others for its comment."""
        id_ = definition.id
        if id_.kind not in ROUTINES or id_.arguments is not None or not self.can_query:
            super().send_creation(definition, or_replace=or_replace)
            return
        for statement in super().creation_of_object(definition, or_replace=or_replace):
            self.execute(sqla.verbatim(statement))
        if not self._comment_on(definition, or_replace=or_replace):
            return
        connection = self.require_connection("The comment on a function")
        schema = self.translated(id_.schema) or self.default_schema_of(connection)
        arguments = connection.scalar(_LAST_MADE, {"schema": schema, "name": id_.name})
        for statement in self._comment_on(definition.named(id_._replace(arguments=arguments)), or_replace=or_replace):
            self.execute(sqla.verbatim(statement))

    def create_object(self, definition: ObjectDefinition) -> None:
        """As the default's; what was dropped for a while gets its owner, its privileges and comments on columns."""
        with allowed(f"{definition.id} cannot be created"):
            super().create_object(definition)
        former: Suspended | None = self.memo.pop(definition.id, None)
        if former is not None:
            restore(self, former)

    def drop_object(self, id_: ObjectId, *, recreated: bool = False, if_exists: bool = False) -> None:
        """As the default's; row security is turned off, privileges are revoked."""
        if recreated and self.can_query:
            connection = self.require_connection("The drop of an object for a while")
            address = self._found(connection, id_) if if_exists else self._address(connection, id_)
            if address is None:
                return
            with fully_qualified(connection):
                self.memo[id_] = former_of(connection, address)
        if id_.kind in OF_PRIVILEGES:
            schema = self.translated(id_.schema)
            quote = sqla.for_script(self.dialect).identifier_preparer.quote
            self.execute(sqla.verbatim(revocation(id_, "" if schema is None else f"{quote(schema)}.")))
            return
        if id_.kind != "row_security":
            with allowed(f"{id_} cannot be dropped"):
                super().drop_object(id_, if_exists=if_exists)
            return
        table = super().object_name(id_)
        self.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")

    def attach_partition(self, definition: ObjectDefinition) -> None:
        """Make a table a partition; the server reads its rows."""
        self.execute(sqla.verbatim(partitions.attachment(definition, self._tables_of(definition.id))))

    def detach_partition(self, id_: ObjectId) -> None:
        """Make a partition a table of its own."""
        self.execute(partitions.detachment(id_, self._tables_of(id_)))

    def _tables_of(self, id_: ObjectId) -> Callable[[str], str]:
        """The names of tables in the schema of an object, for SQL."""
        preparer = sqla.for_script(self.dialect).identifier_preparer
        return lambda name: format_name(preparer, name, self.translated(id_.schema))

    def object_words(self, id_: ObjectId) -> str:
        """As the default's, but for composite types and partitions."""
        return {"composite_type": "TYPE", PARTITION: "TABLE"}.get(id_.kind) or super().object_words(id_)

    def object_name(self, id_: ObjectId) -> str:
        """The name with its schema; a routine's with its arguments, a trigger's with its table."""
        quote = sqla.for_script(self.dialect).identifier_preparer
        if id_.table is not None and id_.kind != PARTITION:
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
                with sqla.savepoint(connection), allowed(f"{definition.id} cannot be replaced"):
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

    def _found(self, connection: Connection, id_: ObjectId) -> Address | None:
        """Where an object stands in the catalogue; None where there is none."""
        catalogue = PostgresqlObjects(connection, self.default_schema_of(connection))
        return catalogue.address(id_._replace(schema=self.translated(id_.schema)))

    def _address(self, connection: Connection, id_: ObjectId) -> Address:
        """Where an object stands in the catalogue; raises `CommandError` where there is none."""
        found = self._found(connection, id_)
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
