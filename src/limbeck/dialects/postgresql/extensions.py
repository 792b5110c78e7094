"""Extensions and schemas of PostgreSQL: read, and told for the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import exc

from limbeck import sqla
from limbeck.ddl.objects import ObjectShape
from limbeck.errors import CommandError
from limbeck.objects.definition import ObjectDefinition, ObjectId
from limbeck.objects.foundations import ExtensionDefinition

from .dependents import Address, literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy.engine import Connection

KINDS = frozenset({"extension", "schema"})
IMPLIED = frozenset({ObjectId("schema", None, "public"), ObjectId("extension", None, "plpgsql")})
"""What every database has from the beginning."""

_EXTENSIONS = sa.text("""
SELECT e.oid, e.extname, n.nspname, e.extversion
FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace ORDER BY e.extname
""")
_SCHEMAS = sa.text("""
SELECT n.oid, n.nspname, NULLIF(obj_description(n.oid, 'pg_namespace'), 'standard public schema')
FROM pg_catalog.pg_namespace n
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend e
    WHERE e.classid = 'pg_catalog.pg_namespace'::regclass AND e.objid = n.oid AND e.deptype = 'e') ORDER BY n.nspname
""")
_AVAILABLE = sa.text("""
SELECT name, array_agg(version) FROM pg_catalog.pg_available_extension_versions WHERE name = ANY (:names) GROUP BY name
""")


class PostgresqlExtensions:
    """Extensions and schemas of one database.

    :param connection: the connection.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._quote = sqla.for_script(connection.dialect).identifier_preparer.quote
        self._held: dict[str, ExtensionDefinition] = {}

    def held(self, kind: str) -> Iterator[tuple[Address, ObjectShape, ObjectDefinition]]:
        """All of a kind that the database has."""
        if kind == "schema":
            for oid, name, comment in self._connection.execute(_SCHEMAS):
                id_ = ObjectId("schema", None, name)
                made = ObjectDefinition(id_, f"CREATE SCHEMA {self._quote(name)}", comment=comment)
                yield Address("pg_namespace", oid), ObjectShape("", (), comment), made
            return
        for oid, name, schema, version in self._connection.execute(_EXTENSIONS):
            place = f"WITH SCHEMA {self._quote(schema)} VERSION {literal(version)}"
            sql = f"CREATE EXTENSION IF NOT EXISTS {self._quote(name)} {place}"
            self._held[name] = ExtensionDefinition(ObjectId(kind, None, name), sql, version=version, place=schema)
            yield Address("pg_extension", oid), self._shape(self._held[name]), self._held[name]

    @staticmethod
    def _shape(extension: ExtensionDefinition) -> ObjectShape:
        return ObjectShape(f"{extension.version} {extension.place}")

    def told(self, objects: Mapping[int, ObjectDefinition]) -> dict[int, tuple[ObjectId, ObjectShape]]:
        """Those of the models; of an extension what they leave open is as the database has it.

        :raises CommandError: the server lacks an extension, or its version.
        """
        extensions = [each for each in objects.values() if isinstance(each, ExtensionDefinition)]
        self._check([each for each in extensions if each.id.name not in self._held or each.version is not None])
        found = {}
        for position, each in objects.items():
            shape = ObjectShape("", (), each.comment)
            if isinstance(each, ExtensionDefinition):
                held = self._held.get(each.id.name, each)
                shape = ObjectShape(f"{each.version or held.version} {each.place or held.place}")
            found[position] = each.id, shape
        return found

    def _check(self, wanted: Iterable[ExtensionDefinition]) -> None:
        extensions = list(wanted)
        if not extensions:
            return
        names = sorted({each.id.name for each in extensions})
        known = {name: set(versions) for name, versions in self._connection.execute(_AVAILABLE, {"names": names})}
        for each in extensions:
            name, versions = each.id.name, known.get(each.id.name, set())
            if not versions:
                raise CommandError(
                    f"The server does not have the extension {name!r}, which the models declare",
                    code="no-such-extension",
                    hint="install its package on the server, or correct the name; pg_available_extensions lists them",
                )
            if each.version not in {None, *versions}:
                raise CommandError(
                    f"The server does not have version {each.version!r} of the extension {name!r}",
                    code="no-such-extension",
                    hint=f"it has {', '.join(sorted(versions))}",
                )

    def create_missing(self, objects: Iterable[ObjectDefinition]) -> None:
        """Create the extensions that the database lacks, within a savepoint that is rolled back."""
        for each in objects:
            if each.id.kind == "extension" and each.id.name not in self._held:
                try:
                    with self._connection.begin_nested():
                        self._connection.exec_driver_sql(f"CREATE EXTENSION {self._quote(each.id.name)} CASCADE")
                except exc.DBAPIError:
                    continue  # what stands on it is refused, and reported with the server's words
