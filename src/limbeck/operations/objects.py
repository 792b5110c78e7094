"""What the operations on views, functions, triggers and other objects have in common."""

from __future__ import annotations

from copy import copy
from dataclasses import KW_ONLY, dataclass, field, fields
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from limbeck.objects.definition import ObjectDefinition, ObjectId

from .arguments import bad_call, expect_name, expect_optional_name, no_primitive
from .call import Call, SQLText, given
from .operation import StandaloneOp, implementations
from .refused_text import placed

if TYPE_CHECKING:
    from typing import Self

    from sqlalchemy.exc import DBAPIError

    from .abstract import AbstractOperations
    from .call import Options


@dataclass(eq=False, repr=False)
class ObjectOp(StandaloneOp):
    """An operation on an object that is no table.

    :param name: the object.
    :param schema: its schema.
    """

    kind: ClassVar[str] = ""
    """The kind of the object, where all of a class are of one."""
    _: KW_ONLY
    comes_first: bool = field(default=False, init=False)
    """Whether autogenerate puts it before the operations on tables."""

    @property
    def object_kind(self) -> str:
        """The kind of the object."""
        return self.kind

    @property
    def id(self) -> ObjectId:
        """What identifies the object."""
        table, arguments = getattr(self, "table_name", None), getattr(self, "arguments", None)
        return ObjectId(self.object_kind, self.schema, self.name, table, arguments)

    def leading(self) -> tuple[str, ...]:
        """The arguments before the definition."""
        return (self.name,)

    def identity(self) -> Options:
        """The identity beside the name, as keyword arguments."""
        return given(schema=self.schema)

    def constructed(self) -> Options:
        """The identity beside the name, as arguments of the constructor."""
        return self.identity()


@dataclass(eq=False, repr=False)
class DefinedObjectOp(ObjectOp):
    """An operation that has the whole definition of an object.

    :param definition: the query of a view; the whole ``CREATE`` statement of anything else.
    :param comment: its comment.
    """

    definition: str | None
    _: KW_ONLY
    comment: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.definition is not None:
            expect_name(self.call, "definition", self.definition)
        expect_optional_name(self.call, "comment", self.comment)

    @classmethod
    def from_definition(cls, definition: ObjectDefinition, **keywords: object) -> Self:
        """The operation for an object as a value.

        :param keywords: further arguments of the operation.
        """
        id_ = definition.id
        found: Options = {
            "schema": id_.schema,
            "table_name": id_.table,
            "arguments": id_.arguments,
            "comment": definition.comment,
            "materialized": id_.kind == "materialized_view",
            "indexes": definition.indexes,
            "of_kind": id_.kind,
        }
        known = {each.name for each in fields(cls)}
        arguments: Options = {name: value for name, value in found.items() if name in known} | keywords
        return cls(id_.name, definition.sql, **arguments)

    def details(self) -> Options:
        """What the object is besides its text, as keyword arguments."""
        return given(comment=self.comment)

    def to_definition(self) -> ObjectDefinition:
        """The object as a value.

        :raises ValueError: its definition is not known.
        """
        if self.definition is None:
            raise ValueError(f"operation is not reversible; the definition of {self.id} is not present")
        return ObjectDefinition(self.id, self.definition.strip(), comment=self.comment)


@dataclass(eq=False, repr=False)
class CreateObject(DefinedObjectOp):
    """The creation of an object."""

    drop: ClassVar[type[DropObject]]
    """The operation that undoes it."""
    _: KW_ONLY
    was_dropped: bool = field(default=False, init=False)
    """Whether an operation before it drops the object, so that its reverse is followed by a creation."""
    of_repeatable: bool = field(default=False, init=False)
    """Whether the object is repeatable: an upgrade to the heads creates it, and no script."""

    def reverse(self) -> DropObject:
        """The drop of the object."""
        return self.drop.from_definition(self.to_definition(), recreated=self.was_dropped)

    def to_diff_tuple(self) -> tuple[object, ...]:
        """``("add_view", schema, name, definition)``; likewise for other kinds."""
        return (f"add_{self.object_kind}", self.schema, self.name, self.definition)

    def to_call(self, *, batch: bool = False) -> Call:
        """``create_view(name, definition, schema=, ...)``."""
        return _call(self, {})


@dataclass(eq=False, repr=False)
class DropObject(DefinedObjectOp):
    """The drop of an object; its definition serves the reverse.

    :param recreated: whether an operation after it creates the object again, which keeps its owner, its privileges and
        the comments on its columns.
    :param if_exists: do nothing if it does not exist.
    """

    create: ClassVar[type[CreateObject]]
    """The operation that undoes it."""

    definition: str | None = None
    _: KW_ONLY
    recreated: bool = False
    if_exists: bool = False
    of_repeatable: bool = field(default=False, init=False)
    """Whether the object is repeatable: it is not there where the history runs on an empty database."""

    def reverse(self) -> CreateObject:
        """The creation of the object.

        :raises ValueError: its definition is not known.
        """
        created = self.create.from_definition(self.to_definition())
        created.was_dropped = self.recreated
        created.of_repeatable = self.of_repeatable
        return created

    def to_diff_tuple(self) -> tuple[object, ...]:
        """``("remove_view", schema, name, definition)``; likewise for other kinds."""
        return (f"remove_{self.object_kind}", self.schema, self.name, self.definition)

    def to_call(self, *, batch: bool = False) -> Call:
        """``drop_view(name, definition, schema=, ...)``."""
        further = given(recreated=self.recreated or None, if_exists=self.if_exists or None)
        if self.of_repeatable:
            return Call(self.call_name, self.leading(), self.identity() | further)
        return _call(self, further)


@dataclass(eq=False, repr=False)
class ReplaceObject(DefinedObjectOp):
    """The replacement of an object's definition.

    :param existing: its present definition, by the keywords of its creation, so that it can be reversed.
    """

    _: KW_ONLY
    existing: Options | None = None
    is_retyped: bool = field(default=False, init=False)
    """Whether types of columns below it change too: the server writes it otherwise, before they change and after."""
    is_early_back: bool = field(default=True, init=False)
    """Whether its reverse has to come before the operations on tables."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.existing is not None and "definition" not in self.existing:
            raise bad_call(
                self.call,
                "argument 'existing' lacks the present definition",
                hint="existing={'definition': '...'}, with comment= and the like where it has them",
            )
        self.existing = None if self.existing is None else dict(self.existing)

    @classmethod
    def between(cls, existing: ObjectDefinition, definition: ObjectDefinition) -> Self:
        """The replacement of an object as it is by one as it is to be."""
        present = cls.from_definition(existing)
        return cls.from_definition(definition, existing={"definition": existing.sql, **present.details()})

    def reverse(self) -> Self:
        """The replacement by the existing definition.

        :raises ValueError: it is not known.
        """
        if self.existing is None:
            raise ValueError("operation is not reversible; the existing definition is not present")
        present = {"definition": self.definition, **self.details()}
        arguments: Options = {**self.constructed(), **self.existing, "existing": present}
        back = type(self)(self.name, **arguments)
        back.is_retyped, back.is_early_back = self.is_retyped, self.is_early_back
        return back

    def again(self) -> Self:
        """The operation that gives it the same definition once more."""
        repeated = copy(self)
        repeated.existing = {"definition": self.definition, **self.details()}
        return repeated

    def to_diff_tuple(self) -> tuple[object, ...]:
        """``("modify_view", schema, name, existing, new)``; likewise for other kinds."""
        present = None if self.existing is None else self.existing["definition"]
        return (f"modify_{self.object_kind}", self.schema, self.name, present, self.definition)

    def to_call(self, *, batch: bool = False) -> Call:
        """``replace_view(name, definition, schema=, ..., existing=)``."""
        written = None
        if self.existing is not None:
            written = {**self.existing, "definition": SQLText(self.existing["definition"], self.name)}
        return _call(self, given(existing=written))


def _call(operation: DefinedObjectOp, further: Options) -> Call:
    text = () if operation.definition is None else (SQLText(operation.definition, operation.name),)
    return Call(
        operation.call_name, (*operation.leading(), *text), operation.identity() | operation.details() | further
    )


@runtime_checkable
class ObjectPrimitives(Protocol):
    """An impl whose database has objects besides tables."""

    object_kinds: ClassVar[frozenset[str]]

    def error_line(self, error: DBAPIError) -> int | None:
        """The line of the statement that the database complains about, from 1; None where that is not known."""
        ...

    def create_object(self, definition: ObjectDefinition) -> None:
        """Create the object."""
        ...

    def replace_object(self, definition: ObjectDefinition) -> None:
        """Give the object another definition; what stands on it stays."""
        ...

    def drop_object(self, id_: ObjectId, *, recreated: bool = False, if_exists: bool = False) -> None:
        """Drop the object.

        :param recreated: whether it is created again by the same migration: owner and privileges are to come back.
        :param if_exists: do nothing if it does not exist.
        """
        ...


def primitives(operations: AbstractOperations, operation: ObjectOp) -> ObjectPrimitives:
    """The impl, if its database has such objects."""
    impl, kind = operations.impl, operation.object_kind
    if not isinstance(impl, ObjectPrimitives) or kind not in impl.object_kinds:
        what = _PLURALS.get(kind, f"{kind.replace('_', ' ')}s")
        raise no_primitive(operation.call, impl.dialect.name, what, code="no-such-objects")
    return impl


_PLURALS = {"policy": "policies", "row_security": "row security", "default_privileges": "default privileges"}


@implementations.dispatch_for(CreateObject)
def create_object(operations: AbstractOperations, operation: CreateObject) -> None:
    """Create the object of ``operation``."""
    impl = primitives(operations, operation)
    with placed(operation.id, operation.definition, impl):
        impl.create_object(operation.to_definition())


@implementations.dispatch_for(ReplaceObject)
def replace_object(operations: AbstractOperations, operation: ReplaceObject) -> None:
    """Replace the object of ``operation``."""
    impl = primitives(operations, operation)
    with placed(operation.id, operation.definition, impl):
        impl.replace_object(operation.to_definition())


@implementations.dispatch_for(DropObject)
def drop_object(operations: AbstractOperations, operation: DropObject) -> None:
    """Drop the object of ``operation``."""
    primitives(operations, operation).drop_object(
        operation.id, recreated=operation.recreated, if_exists=operation.if_exists
    )
