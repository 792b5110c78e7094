"""Objects declared with a MetaData: ``View("active", metadata, select(...))``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from sqlalchemy import MetaData
from sqlalchemy.sql.elements import ClauseElement

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.errors import CommandError

from .definition import ObjectDefinition, ObjectId
from .file_text import FileText
from .statement import table_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Self

    from sqlalchemy.engine import Dialect

Definition: TypeAlias = "str | ClauseElement"
"""SQL text, or a query of SQLAlchemy."""

_KEY = "limbeck.objects"


class SchemaObject:
    """What is declared with a MetaData besides tables.

    :param name: its name.
    :param metadata: the MetaData of the models that it belongs to.
    :param definition: the whole ``CREATE`` statement, in the SQL of the database.
    :param schema: its schema; default: that of the MetaData.
    :param comment: its comment, on databases that have comments on such objects.
    :param dialect: the name of the only dialect that it is for, or several; default: every one.
    :param repeatable: no revision is written for it: each upgrade to the heads replaces it where its text changed.
    :raises CommandError: the arguments are no such object, or the MetaData has it already.
    """

    kind: ClassVar[str] = ""

    def __init__(
        self,
        name: str,
        metadata: MetaData,
        definition: Definition,
        *,
        schema: str | None = None,
        comment: str | None = None,
        dialect: str | Sequence[str] | None = None,
        repeatable: bool = False,
    ) -> None:
        self.name = name
        self.repeatable = repeatable
        self.definition = definition
        self.schema = metadata.schema if schema is None and isinstance(metadata, MetaData) else schema
        self.comment = comment
        self.dialect = dialect
        self.dialects = (dialect,) if isinstance(dialect, str) else tuple(dialect or ())
        self.file: str | None
        self.line: int | None
        #: the line of the file on which the definition begins; None where it stands in Python
        self.first_line: int | None = None
        if isinstance(definition, FileText):
            self.file, self.line, self.first_line = str(definition.path), definition.line, definition.line
        else:
            self.file, self.line = caller()
        self._check(metadata)
        _declared(metadata).setdefault(self.id, []).append(self)

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        metadata: MetaData,
        name: str | None = None,
        *,
        schema: str | None = None,
        comment: str | None = None,
        dialect: str | Sequence[str] | None = None,
        repeatable: bool = False,
    ) -> Self:
        """An object whose definition stands in a file; errors in it name the file and its line.

        :param path: the file, in UTF-8; a relative path starts at the folder of the calling file.
        :param metadata: the MetaData of the models that it belongs to.
        :param name: its name; default: the name of the file without its ending.
        :param schema: its schema; likewise ``comment``, ``dialect`` and ``repeatable``, as for the class.
        :raises CommandError: the file cannot be read.
        """
        calling, line = caller()
        place = Path(path) if calling is None else Path(calling).parent / path
        text = FileText.read(place, calling, line)
        return cls(
            name or place.stem,
            metadata,
            text,
            schema=schema,
            comment=comment,
            dialect=dialect,
            repeatable=repeatable,
        )

    def _check(self, metadata: object) -> None:
        kind = type(self).__name__
        if not isinstance(self.name, str) or not self.name:
            raise self.refused(f"{kind}: its name is a string, not {self.name!r}", "give it a name")
        if not isinstance(metadata, MetaData):
            raise self.refused(
                f"{kind} {self.name!r}: its second argument is a MetaData, not {type(metadata).__name__}",
                f"write {kind}({self.name!r}, metadata, ...)",
            )
        if not isinstance(self.definition, str | ClauseElement) or not str(self.definition).strip():
            raise self.refused(
                f"{kind} {self.name!r}: its definition is SQL text, not "
                + ("an empty one" if isinstance(self.definition, str) else type(self.definition).__name__),
                "give the text that the database is to run",
            )
        same = [each for each in _declared(metadata).get(self.id, ()) if each.is_same(self)]
        if same:
            raise self.refused(
                f"{kind} {self.name!r} is declared twice, first in {same[0].place}",
                "take one of them out",
            )

    @property
    def place(self) -> str:
        """Where it is declared: file and line."""
        return f"{self.file}:{self.line}"

    def refused(self, fact: str, hint: str) -> CommandError:
        """The error for a declaration, with its place."""
        return CommandError(fact, code="bad-object", hint=hint, file=self.file, line=self.line)

    def demand(self, kinds: Collection[str], dialect: Dialect) -> None:
        """Raise `CommandError` unless it is of one of ``kinds``, which the database has."""
        if self.kind not in kinds:
            raise self.refused(
                f"{dialect.name} has no {self.id.words}s, and {self!r} is declared for it",
                'name the dialect that it is for: dialect="postgresql"',
            )

    def is_same(self, other: SchemaObject) -> bool:
        """Whether ``other`` is a second declaration of this object."""
        is_shared = not self.dialects or not other.dialects or not {*self.dialects}.isdisjoint(other.dialects)
        return self.id == other.id and is_shared

    @property
    def id(self) -> ObjectId:
        """What identifies it, as far as the declaration says."""
        return ObjectId(self.kind, self.schema, self.name)

    def is_for(self, dialect: Dialect) -> bool:
        """Whether it is declared for ``dialect``."""
        return self.dialect is None or dialect.name in self.dialects

    def to_definition(self, dialect: Dialect) -> ObjectDefinition:
        """The object as a value, its definition in the SQL of ``dialect``."""
        return ObjectDefinition(self.id, self.sql(dialect), comment=self.comment)

    def sql(self, dialect: Dialect) -> str:
        """The definition in the SQL of ``dialect``, without blank lines around it and a semicolon after it."""
        if isinstance(self.definition, str):
            text = self.definition
        else:
            compiled = self.definition.compile(dialect=sqla.for_script(dialect), compile_kwargs={"literal_binds": True})
            text = "\n".join(line.rstrip() for line in str(compiled).splitlines())
        return text.strip().removesuffix(";").rstrip()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class View(SchemaObject):
    """A view.

    :param name: its name.
    :param metadata: the MetaData of the models that it belongs to.
    :param definition: its query, a ``select()`` or SQL text.
    :param schema: its schema; default: that of the MetaData.
    :param comment: its comment, on databases that have comments on views.
    :param dialect: the name of the only dialect that it is for, or several; default: every one.
    :raises CommandError: the arguments are no view, or the MetaData has it already.
    """

    kind = "view"


class MaterializedView(SchemaObject):
    """A materialized view (PostgreSQL); parameters as for `View`.

    :param indexes: its indexes, each as a ``CREATE INDEX`` statement.
    """

    kind = "materialized_view"

    def __init__(
        self,
        name: str,
        metadata: MetaData,
        definition: Definition,
        *,
        schema: str | None = None,
        comment: str | None = None,
        dialect: str | Sequence[str] | None = None,
        indexes: Sequence[str] = (),
        repeatable: bool = False,
    ) -> None:
        super().__init__(
            name, metadata, definition, schema=schema, comment=comment, dialect=dialect, repeatable=repeatable
        )
        if isinstance(indexes, str):
            raise self.refused(f"MaterializedView {name!r}: 'indexes' is a list of statements", f"write [{indexes!r}]")
        self.indexes = tuple(each.strip().removesuffix(";") for each in indexes)

    def to_definition(self, dialect: Dialect) -> ObjectDefinition:
        """The view as a value, with its indexes."""
        return ObjectDefinition(self.id, self.sql(dialect), self.indexes, self.comment)


class Overloaded(SchemaObject):
    """A function or a procedure; several of one name are overloads, which the server tells apart by their arguments."""

    def is_same(self, other: SchemaObject) -> bool:
        """Whether ``other`` has the same text: the server tells overloads apart."""
        return super().is_same(other) and self.definition == other.definition


class Function(Overloaded):
    """A function: ``Function("touch", metadata, "CREATE FUNCTION touch() ...")``; parameters as for `SchemaObject`."""

    kind = "function"


class Procedure(Overloaded):
    """A procedure; parameters as for `SchemaObject`."""

    kind = "procedure"


class _OnTable(SchemaObject):
    """An object on a table, which its ``CREATE`` statement names."""

    def _check(self, metadata: object) -> None:
        if (
            isinstance(self.definition, str)
            and self.definition.strip()
            and table_of(self.kind, self.definition) is None
        ):
            raise self.refused(
                f"{type(self).__name__} {self.name!r}: its statement names no table",
                f"give the whole statement: CREATE {self.kind.upper()} {self.name} ... ON table ...",
            )
        super()._check(metadata)

    @property
    def id(self) -> ObjectId:
        """What identifies it: its table too."""
        found = table_of(self.kind, str(self.definition))
        schema, table = (None, None) if found is None else found
        return ObjectId(self.kind, self.schema or schema, self.name, table)


class Policy(_OnTable):
    """A policy of row security (PostgreSQL): its ``CREATE POLICY`` statement; parameters as for `SchemaObject`."""

    kind = "policy"


class Rule(_OnTable):
    """A rule (PostgreSQL): its ``CREATE RULE`` statement; parameters as for `SchemaObject`."""

    kind = "rule"


class RowSecurity(SchemaObject):
    """Row security of a table is on (PostgreSQL).

    :param name: the table.
    :param metadata: the MetaData of the models that it belongs to.
    :param forced: whether it holds for the owner of the table too.
    :param schema: the schema of the table; default: that of the MetaData.
    :param dialect: the name of the only dialect that it is for, or several; default: every one.
    :raises CommandError: the arguments are no such thing, or the MetaData has it already.
    """

    kind = "row_security"

    def __init__(
        self,
        name: str,
        metadata: MetaData,
        *,
        forced: bool = False,
        schema: str | None = None,
        dialect: str | Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, metadata, "ALTER TABLE", schema=schema, dialect=dialect)
        self.forced = forced

    @property
    def id(self) -> ObjectId:
        """What identifies it: its table."""
        return ObjectId(self.kind, self.schema, self.name, self.name)

    def sql(self, dialect: Dialect) -> str:
        """The statement that turns it on."""
        preparer = sqla.for_script(dialect).identifier_preparer
        table = ".".join(preparer.quote(each) for each in (self.schema, self.name) if each)
        force = ", FORCE ROW LEVEL SECURITY" if self.forced else ""
        return f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY{force}"


class CompositeType(SchemaObject):
    """A composite type (PostgreSQL): its ``CREATE TYPE ... AS (...)`` statement; parameters as for `SchemaObject`."""

    kind = "composite_type"


class Aggregate(Overloaded):
    """An aggregate function (PostgreSQL): its ``CREATE AGGREGATE`` statement; parameters as for `SchemaObject`."""

    kind = "aggregate"


class Trigger(_OnTable):
    """A trigger: its ``CREATE TRIGGER`` statement names its table; parameters as for `SchemaObject`."""

    kind = "trigger"


class EventTrigger(SchemaObject):
    """An event trigger (PostgreSQL): its ``CREATE EVENT TRIGGER`` statement; parameters as for `SchemaObject`.

    It belongs to the database, not to a schema.
    """

    kind = "event_trigger"

    @property
    def id(self) -> ObjectId:
        """What identifies it: its name."""
        return ObjectId(self.kind, None, self.name)


class Event(SchemaObject):
    """An event (MySQL, MariaDB): its ``CREATE EVENT`` statement; parameters as for `SchemaObject`."""

    kind = "event"


class VirtualTable(SchemaObject):
    """A virtual table (SQLite): its ``CREATE VIRTUAL TABLE`` statement; parameters as for `SchemaObject`.

    A replacement drops it and creates it again, without its rows. Its shadow tables are left alone.
    """

    kind = "virtual_table"


CLASSES: dict[str, type[SchemaObject]] = {
    each.kind: each
    for each in (
        *(View, MaterializedView, Function, Procedure, Aggregate),
        *(Trigger, Event, EventTrigger, Policy, Rule, CompositeType, VirtualTable),
    )
}
"""The classes of what a ``CREATE`` statement makes, by kind."""


def objects_of(*metadatas: MetaData) -> list[SchemaObject]:
    """The objects that are declared with ``metadatas``, in the order of their declaration, overloads together."""
    return [each for metadata in metadatas for same in metadata.info.get(_KEY, {}).values() for each in same]


def has_repeatables(models: object) -> bool:
    """Whether the models, a MetaData or several, declare a repeatable object."""
    listed = models if isinstance(models, list | tuple) else [models]
    return any(each.repeatable for each in objects_of(*(one for one in listed if isinstance(one, MetaData))))


def _declared(metadata: MetaData) -> dict[ObjectId, list[SchemaObject]]:
    """The objects of a MetaData by what identifies them; overloads share it."""
    found: dict[ObjectId, list[SchemaObject]] = metadata.info.setdefault(_KEY, {})
    return found
