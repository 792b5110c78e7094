"""Objects that are written down elsewhere: a folder of ``.sql`` files, and the entities of alembic-utils."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from limbeck.call_site import caller
from limbeck.errors import CommandError

from .declared import (
    Aggregate,
    CompositeType,
    Event,
    EventTrigger,
    Function,
    MaterializedView,
    Policy,
    Procedure,
    Rule,
    SchemaObject,
    Trigger,
    View,
    VirtualTable,
)
from .foundations import Extension
from .privileges import Grant
from .statement import head_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import MetaData
    from sqlalchemy.sql.elements import ClauseElement

_CLASSES: dict[str, type[SchemaObject]] = {
    each.kind: each
    for each in (
        *(View, MaterializedView, Function, Procedure, Aggregate),
        *(Trigger, Event, EventTrigger, Policy, Rule, CompositeType, VirtualTable),
    )
}


def objects_in(
    folder: str | Path, metadata: MetaData, *, schema: str | None = None, dialect: str | Sequence[str] | None = None
) -> list[SchemaObject]:
    """Declare the objects of a folder of ``.sql`` files, one ``CREATE`` statement a file, subfolders included.

    :param folder: the folder; a relative path starts at the folder of the calling file.
    :param metadata: the MetaData of the models that they belong to.
    :param schema: the schema of those whose statement names none; default: that of the MetaData.
    :param dialect: the name of the only dialect that they are for, or several; default: every one.
    :return: the objects, in the order of the paths.
    :raises CommandError: there is no such folder, or a file has no such statement.
    """
    calling, line = caller()
    place = Path(folder) if calling is None else Path(calling).parent / folder
    if not place.is_dir():
        raise CommandError(
            f"There is no folder {place} with the definitions of objects",
            code="no-definition",
            hint="correct the path; a relative one starts at the folder of the file that gives it",
            file=calling,
            line=line,
        )
    found = []
    for path in sorted(place.rglob("*.sql")):
        head = head_of(path.read_text(encoding="utf-8"))
        if head is None:
            raise CommandError(
                f"{path} does not begin with a CREATE statement of a view, a function, a trigger or the like",
                code="bad-object",
                hint="write one statement a file; tables are declared as models",
                file=path,
                line=1,
            )
        kind, named, name = head
        found.append(_CLASSES[kind].from_file(path.absolute(), metadata, name, schema=named or schema, dialect=dialect))
    return found


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
        found.append(_CLASSES[head[0]](head[2], metadata, statement, schema=entity.schema, dialect="postgresql"))
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
