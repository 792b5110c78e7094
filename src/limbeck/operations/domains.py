"""PostgreSQL's domains: create, drop, change in place, and give another base type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from sqlalchemy.types import TypeEngine

from .abstract import AbstractOperations
from .arguments import bad_call, expect_name, expect_type, no_primitive
from .call import Call, given
from .operation import StandaloneOp, implementations, operation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.sql.elements import ColumnElement, TextClause

    from .call import Options

    BaseType = TypeEngine[Any] | type[TypeEngine[Any]] | str
    Default = str | TextClause | ColumnElement[Any] | None


@dataclass(eq=False, repr=False)
class _DefinedDomainOp(StandaloneOp):
    """An operation that has the whole definition of a domain.

    :param name: the domain.
    :param type_: its base type, a type of SQLAlchemy or SQL, collation included.
    :param schema: its schema.
    :param default: its default: a string is a value, ``text()`` is SQL.
    :param not_null: whether it refuses NULL.
    :param checks: its checks, conditions on ``VALUE`` by their names.
    """

    type_: BaseType | None
    _: KW_ONLY
    default: Default = None
    not_null: bool = False
    checks: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.type_ is not None and not (isinstance(self.type_, type) and issubclass(self.type_, TypeEngine)):
            expect_type(self.call, "type_", self.type_, (str, TypeEngine), "a type of SQLAlchemy, or SQL")
        self.checks = _conditions(self.call, self.checks)

    def definition(self) -> Options:
        """The definition as keyword arguments, without those that have their default."""
        return given(type_=self.type_, default=self.default, not_null=self.not_null or None, checks=self.checks or None)


@operation("create_domain")
class CreateDomainOp(_DefinedDomainOp):
    """Create a domain; parameters as for `op.create_domain`."""

    def reverse(self) -> DropDomainOp:
        """The drop of the domain."""
        return DropDomainOp(self.name, schema=self.schema, **self.definition())

    def to_diff_tuple(self) -> tuple[object, ...]:
        """``("add_domain", schema, name, definition)``."""
        return ("add_domain", self.schema, self.name, self.definition())


@operation("drop_domain")
class DropDomainOp(_DefinedDomainOp):
    """Drop a domain; its definition serves the reverse."""

    type_: BaseType | None = None

    def reverse(self) -> CreateDomainOp:
        """The creation of the domain.

        :raises ValueError: its base type is not known.
        """
        if self.type_ is None:
            raise ValueError("operation is not reversible; the base type of the domain is not present")
        return CreateDomainOp(self.name, schema=self.schema, **self.definition())

    def to_diff_tuple(self) -> tuple[object, ...]:
        """``("remove_domain", schema, name, definition)``."""
        return ("remove_domain", self.schema, self.name, self.definition())

    def to_call(self, *, batch: bool = False) -> Call:
        """``drop_domain(name, schema=, type_=, default=, not_null=, checks=)``."""
        return Call("drop_domain", (self.name,), given(schema=self.schema) | self.definition())


@operation("alter_domain")
class AlterDomainOp(StandaloneOp):
    """Change a domain whose base type stays; columns and rows stay as they are.

    :param name: the domain.
    :param schema: its schema.
    :param default: the new default; None: none; False: unchanged.
    :param not_null: whether it refuses NULL; None: unchanged.
    :param checks: conditions of the checks to add, and None for those to drop, by name.
    :param existing: the present options, so that the change can be reversed.
    """

    _: KW_ONLY
    default: Default | bool = False
    not_null: bool | None = None
    checks: Mapping[str, str | None] = field(default_factory=dict)
    existing: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.checks = _conditions(self.call, self.checks)
        self.existing = dict(self.existing or {})

    def options(self) -> Options:
        """What changes, by keyword."""
        unchanged: Options = {"default": False, "not_null": None, "checks": {}}
        return {name: getattr(self, name) for name, value in unchanged.items() if getattr(self, name) != value}

    def dropped(self) -> list[str]:
        """The names of the checks to drop, also of those that are added again with another condition."""
        existing = self.existing.get("checks", {})
        return [name for name, sql in self.checks.items() if sql is None or existing.get(name) is not None]

    def reverse(self) -> AlterDomainOp:
        """The change back to the existing options.

        :raises ValueError: they are not known.
        """
        changed = self.options()
        known = self.existing.get("checks", {})
        if not changed.keys() <= self.existing.keys() or not self.checks.keys() <= known.keys():
            raise ValueError("operation is not reversible; the existing options are not present")
        existing = {name: self.existing[name] for name in changed}
        return AlterDomainOp(self.name, schema=self.schema, existing=changed, **existing)

    def to_diff_tuple(self) -> tuple[object, ...]:
        """``("modify_domain", schema, name, existing, new)``."""
        return ("modify_domain", self.schema, self.name, self.existing, self.options())


@operation("replace_domain")
class ReplaceDomainOp(_DefinedDomainOp):
    """Give a domain another base type, and with it a whole definition.

    :param existing: its present definition, by the same keywords, so that the replacement can be reversed.
    """

    _: KW_ONLY
    existing: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.existing = None if self.existing is None else dict(self.existing)

    def reverse(self) -> ReplaceDomainOp:
        """The replacement by the existing definition.

        :raises ValueError: it is not known.
        """
        if self.existing is None:
            raise ValueError("operation is not reversible; the existing definition is not present")
        return ReplaceDomainOp(self.name, schema=self.schema, existing=self.definition(), **self.existing)

    def to_diff_tuple(self) -> tuple[object, ...]:
        """``("replace_domain", schema, name, existing, new)``."""
        return ("replace_domain", self.schema, self.name, self.existing, self.definition())


class DomainOperations(AbstractOperations):
    """What ``op.`` offers for PostgreSQL's domains."""

    def create_domain(
        self,
        name: str,
        type_: BaseType,
        *,
        schema: str | None = None,
        default: Default = None,
        not_null: bool = False,
        checks: Mapping[str, str] | None = None,
    ) -> None:
        """Create a domain (PostgreSQL).

        :param name: the domain.
        :param type_: its base type, a type of SQLAlchemy or SQL, collation included.
        :param schema: its schema; default: the connection's own.
        :param default: its default: a string is a value, ``sa.text()`` is SQL.
        :param not_null: whether it refuses NULL.
        :param checks: its checks, conditions on ``VALUE`` by their names.
        """
        self.invoke(CreateDomainOp(name, type_, schema=schema, default=default, not_null=not_null, checks=checks or {}))

    def drop_domain(
        self,
        name: str,
        *,
        schema: str | None = None,
        type_: BaseType | None = None,
        default: Default = None,
        not_null: bool = False,
        checks: Mapping[str, str] | None = None,
    ) -> None:
        """Drop a domain (PostgreSQL).

        :param name: the domain.
        :param schema: its schema; default: the connection's own.
        :param type_: its base type, for the operation's reverse; likewise ``default``, ``not_null``, ``checks``.
        """
        self.invoke(DropDomainOp(name, type_, schema=schema, default=default, not_null=not_null, checks=checks or {}))

    def alter_domain(
        self,
        name: str,
        *,
        schema: str | None = None,
        default: Default | bool = False,
        not_null: bool | None = None,
        checks: Mapping[str, str | None] | None = None,
        existing: Mapping[str, Any] | None = None,
    ) -> None:
        """Change default, NOT NULL and checks of a domain (PostgreSQL).

        The rows of all its columns must satisfy new checks and NOT NULL. PostgreSQL refuses both while tables have
        columns of arrays, ranges or composite types of the domain.

        :param name: the domain.
        :param schema: its schema; default: the connection's own.
        :param default: its new default, a value or ``sa.text()``; None: none; False: unchanged.
        :param not_null: whether it refuses NULL; None: unchanged.
        :param checks: by name, the condition of a check to add, or None for one to drop.
        :param existing: the present options, by the same keywords, for the operation's reverse; a check that is in
            both is dropped before it is added.
        """
        self.invoke(
            AlterDomainOp(
                name, schema=schema, default=default, not_null=not_null, checks=checks or {}, existing=existing or {}
            )
        )

    def replace_domain(
        self,
        name: str,
        type_: BaseType,
        *,
        schema: str | None = None,
        default: Default = None,
        not_null: bool = False,
        checks: Mapping[str, str] | None = None,
        existing: Mapping[str, Any] | None = None,
    ) -> None:
        """Give a domain another base type (PostgreSQL).

        PostgreSQL cannot change it: a new domain takes the name, and every column of the old one, arrays of it
        included, is cast; their defaults, checks, foreign keys and indexes stay. It fails if a value cannot be cast.

        :param name: the domain.
        :param type_: its new base type, a type of SQLAlchemy or SQL, collation included.
        :param schema: its schema; default: the connection's own.
        :param default: its new default; likewise ``not_null`` and ``checks``: the whole definition, as for
            `op.create_domain`.
        :param existing: its present definition, by the same keywords, for the operation's reverse.
        """
        self.invoke(
            ReplaceDomainOp(
                name, type_, schema=schema, default=default, not_null=not_null, checks=checks or {}, existing=existing
            )
        )


@runtime_checkable
class DomainPrimitives(Protocol):
    """An impl whose database has domains; definitions are keyword arguments as those of ``op.create_domain``."""

    def create_domain(self, name: str, *, schema: str | None, **definition: Any) -> None:
        """Create the domain."""
        ...

    def drop_domain(self, name: str, *, schema: str | None) -> None:
        """Drop the domain."""
        ...

    def alter_domain(
        self,
        name: str,
        *,
        schema: str | None,
        default: Default | bool,
        not_null: bool | None,
        dropped: Iterable[str],
        added: Mapping[str, str],
    ) -> None:
        """Drop checks by their names, change the rest, add checks by their names."""
        ...

    def replace_domain(self, name: str, *, schema: str | None, **definition: Any) -> None:
        """Give the name to a new domain, and cast all columns of the old one."""
        ...


@implementations.dispatch_for(CreateDomainOp)
def create_domain(operations: AbstractOperations, operation: CreateDomainOp) -> None:
    """Create the domain."""
    _impl(operations, operation).create_domain(operation.name, schema=operation.schema, **operation.definition())


@implementations.dispatch_for(DropDomainOp)
def drop_domain(operations: AbstractOperations, operation: DropDomainOp) -> None:
    """Drop the domain."""
    _impl(operations, operation).drop_domain(operation.name, schema=operation.schema)


@implementations.dispatch_for(AlterDomainOp)
def alter_domain(operations: AbstractOperations, operation: AlterDomainOp) -> None:
    """Drop checks, change the rest, add checks."""
    _impl(operations, operation).alter_domain(
        operation.name,
        schema=operation.schema,
        default=operation.default,
        not_null=operation.not_null,
        dropped=operation.dropped(),
        added={name: sql for name, sql in operation.checks.items() if sql is not None},
    )


@implementations.dispatch_for(ReplaceDomainOp)
def replace_domain(operations: AbstractOperations, operation: ReplaceDomainOp) -> None:
    """Replace the domain by a new one."""
    _impl(operations, operation).replace_domain(operation.name, schema=operation.schema, **operation.definition())


def _impl(operations: AbstractOperations, operation: StandaloneOp) -> DomainPrimitives:
    if not isinstance(operations.impl, DomainPrimitives):
        raise no_primitive(operation.call, operations.impl.dialect.name, "domains")
    return operations.impl


def _conditions(call: str, checks: Mapping[str, Any] | None) -> dict[str, Any]:
    """``checks`` as a dictionary, if they are conditions by names."""
    if checks is not None and not isinstance(checks, Mapping):
        raise bad_call(call, f"'checks' are conditions by the names of checks, not {checks!r}")
    found = dict(checks or {})
    for name in found:
        expect_name(call, "checks", name)
    return found
