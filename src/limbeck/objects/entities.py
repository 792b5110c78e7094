"""Entities of alembic-utils, declared as objects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from limbeck.call_site import caller
from limbeck.errors import CommandError

from .declared import CLASSES, SchemaObject
from .foundations import Extension
from .privileges import Grant
from .statement import head_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import MetaData
    from sqlalchemy.sql.elements import ClauseElement


@runtime_checkable
class GrantEntity(Protocol):
    """A ``PGGrantTable`` of alembic-utils: one privilege of a role on a table."""

    schema: str
    table: str
    columns: Sequence[str] | None
    role: str
    grant: str
    with_grant_option: bool


_EXTENSION = re.compile(r"\s*CREATE\s+EXTENSION\b", re.IGNORECASE)


class Entity(Protocol):
    """A replaceable entity of alembic-utils."""

    schema: str
    signature: str

    def to_sql_statement_create(self) -> ClauseElement:
        """The statement that creates it."""
        ...


def register_entities(metadata: MetaData, entities: Iterable[Entity]) -> list[SchemaObject]:
    """Declare entities of alembic-utils.

    Views, materialized views, functions, procedures, triggers, policies, grants on tables and extensions.

    :param metadata: the MetaData of the models that they belong to.
    :param entities: the entities.
    :return: the objects.
    :raises CommandError: an entity is of another class.
    """
    listed = list(entities)
    found: list[SchemaObject] = list(_grants(metadata, [each for each in listed if isinstance(each, GrantEntity)]))
    for entity in listed:
        if isinstance(entity, GrantEntity):
            continue
        statement = entity.to_sql_statement_create()
        if _EXTENSION.match(str(statement)):
            found.append(Extension(entity.signature, metadata, schema=entity.schema, dialect="postgresql"))
            continue
        head = head_of(str(statement))
        if head is None:
            file, line = caller()
            raise CommandError(
                f"{type(entity).__name__} {entity.signature!r} cannot be declared as an object",
                code="bad-object",
                hint="leave it to alembic-utils, or write it with op.execute()",
                file=file,
                line=line,
            )
        found.append(CLASSES[head[0]](head[2], metadata, statement, schema=entity.schema, dialect="postgresql"))
    return found


def _grants(metadata: MetaData, entities: Sequence[GrantEntity]) -> Iterator[Grant]:
    """One declaration for all privileges of a role on a table."""
    privileges: dict[tuple[str, str, str], tuple[list[str], list[str]]] = {}
    for each in entities:
        word = str(getattr(each.grant, "value", each.grant))
        columns = ", ".join('"' + name.replace('"', '""') + '"' for name in each.columns or ())
        lists = privileges.setdefault((each.schema, each.table, each.role), ([], []))
        lists[bool(each.with_grant_option)].append(f"{word} ({columns})" if columns else word)
    for (schema, table, role), (plain, grantable) in privileges.items():
        yield Grant(
            table,
            metadata,
            ", ".join(plain),
            to=role,
            with_grant_option=", ".join(grantable),
            schema=schema,
            dialect="postgresql",
        )
