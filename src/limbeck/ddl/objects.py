"""What a dialect says of views, functions, triggers and the like, for the comparison of them; and their statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

from limbeck import sqla
from limbeck.objects.definition import QUERIES
from limbeck.objects.statement import begins_with_create, with_or_replace

from .base import format_name
from .execution import Execution

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Table
    from sqlalchemy.exc import DBAPIError

    from limbeck.objects.definition import ObjectDefinition, ObjectId

    from .shape import TableName


class ObjectShape(NamedTuple):
    """An object as the database writes it: two that are equal do the same.

    :param text: its definition, every name with its schema.
    :param indexes: its indexes, sorted.
    :param comment: its comment.
    """

    text: str
    indexes: tuple[str, ...] = ()
    comment: str | None = None


class Refusal(NamedTuple):
    """What the database said about an object of the models that it would not create.

    :param message: its words. :param position: the character of the statement that it complains about, from 1.
    :param statement: the statement. :param is_syntax: whether the text itself is at fault, whatever else there is.
    """

    message: str
    position: int | None
    statement: str
    is_syntax: bool


class ModelObjects(NamedTuple):
    """What the database makes of the objects of the models, by their positions in the list that it was given.

    :param shapes: the identity that the server gives, and the shape. :param refused: those that it would not create.
    :param shrunk: those that cannot take the place of the present ones while something stands on these.
    :param reshaped: those that have other columns than the present ones: a function may return rows of them.
    """

    shapes: Mapping[int, tuple[ObjectId, ObjectShape]]
    refused: Mapping[int, Refusal]
    shrunk: Collection[int] = ()
    reshaped: Collection[int] = ()


class ObjectCatalogue(Protocol):
    """Objects of one database; a schema of None is the connection's default one.

    :ivar writes_types: whether definitions, as the database writes them, have the types of columns in them.
    """

    writes_types: ClassVar[bool]

    def read(self, kinds: Collection[str], schemas: Collection[str | None]) -> dict[ObjectId, ObjectShape]:
        """The objects of ``kinds`` in ``schemas``, without those that belong to extensions."""
        ...

    def definitions(self, ids: Collection[ObjectId]) -> dict[ObjectId, ObjectDefinition]:
        """Objects that were read, as a script creates them."""
        ...

    def is_implied(self, id_: ObjectId) -> bool:
        """Whether the database has an object by itself, so that it does not go where no model declares it."""
        ...

    def of_models(
        self, objects: Sequence[ObjectDefinition], tables: Mapping[TableName, Table], changed: Collection[TableName]
    ) -> ModelObjects:
        """What the database makes of objects, which are gone afterwards.

        :param objects: in an order in which they can be created. :param tables: the tables of the models.
        :param changed: those that the database has otherwise, or not at all.
        """
        ...

    def standing_on(self, tables: Mapping[TableName, Iterable[str] | None], ids: Collection[ObjectId]) -> set[ObjectId]:
        """Those of the objects ``ids`` of the database that hinder a change of tables.

        :param tables: the columns that go, by table; None: the whole table goes.
        """
        ...

    def above(self, ids: Collection[ObjectId], candidates: Collection[ObjectId]) -> set[ObjectId]:
        """Those of ``candidates`` that hinder a drop of ``ids``: they stand on them, through others too."""
        ...


def mentioning(
    catalogue: ObjectCatalogue, ids: Collection[ObjectId], candidates: Collection[ObjectId]
) -> set[ObjectId]:
    """Those of ``candidates`` that mention ``ids``, through others too: for databases that keep no dependencies."""
    found: set[ObjectId] = set()
    level = set(ids)
    while level:
        names: dict[TableName, None] = {(id_.schema, id_.name): None for id_ in level if id_.table is None}
        level = catalogue.standing_on(names, [id_ for id_ in candidates if id_ not in found and id_ not in ids])
        found |= level
    return found


class ObjectStatements(Execution):
    """The primitives behind ``op.create_view`` and its like; a dialect says what it has, and how it replaces."""

    object_kinds: ClassVar[frozenset[str]] = frozenset()
    """The kinds of objects that the database has."""
    replaceable: ClassVar[frozenset[str]] = frozenset()
    """Those that ``CREATE OR REPLACE`` replaces in place."""

    def error_line(self, error: DBAPIError) -> int | None:
        """The line of the statement that the database complains about, from 1; None where that is not known."""
        return sqla.error_line(error)

    def create_object(self, definition: ObjectDefinition) -> None:
        """Create an object, with its indexes and its comment."""
        self.send_creation(definition)

    def replace_object(self, definition: ObjectDefinition) -> None:
        """Replace an object, in place where the database can."""
        if definition.id.kind in self.replaceable:
            self.send_creation(definition, or_replace=True)
        else:
            self.drop_object(definition.id)
            self.create_object(definition)

    def drop_object(self, id_: ObjectId, *, recreated: bool = False, if_exists: bool = False) -> None:
        """Drop an object.

        :param recreated: whether the same migration creates it again, for dialects that keep something of it.
        :param if_exists: do nothing if it does not exist.
        """
        self.execute(f"DROP {self.object_words(id_)} {'IF EXISTS ' if if_exists else ''}{self.object_name(id_)}")

    def send_creation(self, definition: ObjectDefinition, *, or_replace: bool = False) -> None:
        """Send the statements of `creation_of_object`."""
        for statement in self.creation_of_object(definition, or_replace=or_replace):
            self.execute(sqla.verbatim(statement))

    def object_words(self, id_: ObjectId) -> str:
        """The kind of an object, as ``DROP`` and ``COMMENT ON`` name it."""
        return id_.words.upper()

    def creation_of_object(self, definition: ObjectDefinition, *, or_replace: bool = False) -> list[str]:
        """The statements that create an object."""
        id_ = definition.id
        if id_.kind in QUERIES and not begins_with_create(definition.sql):
            words = f"CREATE {'OR REPLACE ' if or_replace else ''}{id_.words.upper()}"
            return [f"{words} {self.object_name(id_)} AS\n{definition.sql}", *definition.indexes]
        return [with_or_replace(definition.sql) if or_replace else definition.sql, *definition.indexes]

    def object_name(self, id_: ObjectId) -> str:
        """The name of an object for SQL, schema first."""
        return format_name(sqla.for_script(self.dialect).identifier_preparer, id_.name, self.translated(id_.schema))
