"""What other objects stand on, declared with a MetaData: schemas, and extensions (PostgreSQL)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from limbeck import sqla

from .declared import SchemaObject
from .definition import ObjectDefinition, ObjectId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import MetaData
    from sqlalchemy.engine import Dialect

_VERSION = re.compile(r"\sVERSION\s+'((?:[^']|'')*)'\s*\Z", re.IGNORECASE)
_SCHEMA = re.compile(r"\sSCHEMA\s+(\"(?:[^\"]|\"\")*\"|\S+)", re.IGNORECASE)


class Schema(SchemaObject):
    """A schema (PostgreSQL); its owner is left alone.

    :param name: its name.
    :param metadata: the MetaData of the models that it belongs to.
    :param comment: its comment.
    :param dialect: the name of the only dialect that it is for, or several; default: every one.
    :raises CommandError: the arguments are no schema, or the MetaData has it already.
    """

    kind = "schema"

    def __init__(
        self,
        name: str,
        metadata: MetaData,
        *,
        comment: str | None = None,
        dialect: str | Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, metadata, "CREATE SCHEMA", comment=comment, dialect=dialect)

    @property
    def id(self) -> ObjectId:
        """What identifies it: its name."""
        return ObjectId(self.kind, None, self.name)

    def sql(self, dialect: Dialect) -> str:
        """The statement that creates it."""
        return f"CREATE SCHEMA {sqla.for_script(dialect).identifier_preparer.quote(self.name)}"


@dataclass(frozen=True)
class ExtensionDefinition(ObjectDefinition):
    """An extension as a value.

    :param version: its version. :param place: its schema. None: whichever it has.
    """

    version: str | None = None
    place: str | None = None


class Extension(SchemaObject):
    """An extension (PostgreSQL): ``Extension("citext", metadata)``; what belongs to it is left alone.

    :param name: its name.
    :param metadata: the MetaData of the models that it belongs to.
    :param version: its version; default: that of the server, and whichever it has afterwards.
    :param schema: the schema of its objects; default: the connection's own, and whichever it has afterwards.
    :param dialect: the name of the only dialect that it is for, or several; default: every one.
    :raises CommandError: the arguments are no extension, or the MetaData has it already.
    """

    kind = "extension"

    def __init__(
        self,
        name: str,
        metadata: MetaData,
        *,
        version: str | None = None,
        schema: str | None = None,
        dialect: str | Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, metadata, "CREATE EXTENSION", dialect=dialect)
        self.schema, self.version = schema, version

    @property
    def id(self) -> ObjectId:
        """What identifies it: its name."""
        return ObjectId(self.kind, None, self.name)

    def to_definition(self, dialect: Dialect) -> ExtensionDefinition:
        """The extension as a value."""
        quote = sqla.for_script(dialect).identifier_preparer.quote
        sql = f"CREATE EXTENSION IF NOT EXISTS {quote(self.name)}"
        sql += "" if self.schema is None else f" WITH SCHEMA {quote(self.schema)}"
        sql += "" if self.version is None else " VERSION '{}'".format(self.version.replace("'", "''"))
        return ExtensionDefinition(self.id, sql, version=self.version, place=self.schema)


def extension_changes(sql: str) -> list[str]:
    """What ``ALTER EXTENSION name`` has to say so that an extension becomes what its ``CREATE`` statement says."""
    version, schema = _VERSION.search(sql), _SCHEMA.search(sql)
    changes = [] if version is None else [f"UPDATE TO '{version[1]}'"]
    return changes if schema is None else [*changes, f"SET SCHEMA {schema[1]}"]
