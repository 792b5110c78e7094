"""PostgreSQL's domains: create, drop, change in place, and give another base type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.types import TypeEngine

from .abstract import AbstractOperations
from .arguments import bad_call, expect_name, expect_primitive, expect_type
from .operation import Call, given, implementations
from .standalone import BesideTablesOp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.sql.elements import ColumnElement, TextClause

    BaseType = TypeEngine[Any] | type[TypeEngine[Any]] | str
    Default = str | TextClause | ColumnElement[Any] | None


class _DefinedDomainOp(BesideTablesOp):
    """An operation that says all that a domain is.

    :param type_: its base type, a type of SQLAlchemy or SQL, collation included.
    :param default: its default: a string is a value, ``text()`` is SQL.
    :param not_null: whether it refuses NULL.
    :param checks: its checks, conditions on ``VALUE`` by their names.
    """

    def __init__(
        self,
        name: str,
        type_: BaseType | None,
        *,
        schema: str | None = None,
        default: Default = None,
        not_null: bool = False,
        checks: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name, schema=schema)
        if type_ is not None and not (isinstance(type_, type) and issubclass(type_, TypeEngine)):
            expect_type(f"op.{self._call}", "type_", type_, (str, TypeEngine), "a type of SQLAlchemy, or SQL")
        self.type_ = type_
        self.default = default
        self.not_null = not_null
        self.checks = _conditions(f"op.{self._call}", checks)

    def definition(self) -> dict[str, Any]:
        """What the domain is, as keyword arguments that say no more than they have to."""
        return given(type_=self.type_, default=self.default, not_null=self.not_null or None, checks=self.checks or None)

    def _options(self) -> dict[str, Any]:
        return {name: value for name, value in self.definition().items() if name != "type_"}


class CreateDomainOp(_DefinedDomainOp):
    """Create a domain; parameters as for `op.create_domain`."""

    _call = "create_domain"

    def reverse(self) -> DropDomainOp:
        """The drop of the domain."""
        return DropDomainOp(self.name, schema=self.schema, **self.definition())

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """``("add_domain", schema, name, definition)``."""
        return ("add_domain", self.schema, self.name, self.definition())

    def to_call(self, *, batch: bool = False) -> Call:
        """``create_domain(name, type_, schema=, default=, not_null=, checks=)``."""
        return Call(self._call, (self.name, self.type_), given(schema=self.schema) | self._options())


class DropDomainOp(_DefinedDomainOp):
    """Drop a domain; its definition is there so that the drop can be reversed."""

    _call = "drop_domain"

    def __init__(self, name: str, type_: BaseType | None = None, **definition: Any) -> None:
        super().__init__(name, type_, **definition)

    def reverse(self) -> CreateDomainOp:
        """The creation of the domain.

        :raises ValueError: its base type is not known.
        """
        if self.type_ is None:
            raise ValueError("operation is not reversible; the base type of the domain is not present")
        return CreateDomainOp(self.name, schema=self.schema, **self.definition())

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """``("remove_domain", schema, name, definition)``."""
        return ("remove_domain", self.schema, self.name, self.definition())

    def to_call(self, *, batch: bool = False) -> Call:
        """``drop_domain(name, schema=, type_=, default=, not_null=, checks=)``."""
        return Call(self._call, (self.name,), given(schema=self.schema) | self.definition())


class AlterDomainOp(BesideTablesOp):
    """Change a domain whose base type stays; columns and rows stay as they are.

    :param default: the new default; None: none; False: unchanged.
    :param not_null: whether it refuses NULL; None: unchanged.
    :param checks: checks that come, with their conditions, or go (None), by name.
    :param existing: the options it has, so that the change can be reversed.
    """

    _call = "alter_domain"

    def __init__(
        self,
        name: str,
        *,
        schema: str | None = None,
        default: Default | bool = False,
        not_null: bool | None = None,
        checks: Mapping[str, str | None] | None = None,
        existing: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(name, schema=schema)
        self.default = default
        self.not_null = not_null
        self.checks = _conditions("op.alter_domain", checks)
        self.existing = dict(existing or {})

    def options(self) -> dict[str, Any]:
        """What changes, by keyword."""
        unchanged: dict[str, Any] = {"default": False, "not_null": None, "checks": {}}
        return {name: getattr(self, name) for name, value in unchanged.items() if getattr(self, name) != value}

    def gone(self) -> list[str]:
        """The checks that are dropped, those that come again in other words included."""
        there = self.existing.get("checks", {})
        return [name for name, sql in self.checks.items() if sql is None or there.get(name) is not None]

    def reverse(self) -> AlterDomainOp:
        """The options that were there.

        :raises ValueError: they are not known.
        """
        changed = self.options()
        if (
            not changed.keys() <= self.existing.keys()
            or not self.checks.keys() <= self.existing.get("checks", {}).keys()
        ):
            raise ValueError("operation is not reversible; the existing options are not present")
        there = {name: self.existing[name] for name in changed}
        return AlterDomainOp(self.name, schema=self.schema, existing=changed, **there)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """``("modify_domain", schema, name, existing, new)``."""
        return ("modify_domain", self.schema, self.name, self.existing, self.options())

    def to_call(self, *, batch: bool = False) -> Call:
        """``alter_domain(name, schema=, default=, not_null=, checks=, existing=)``."""
        there = given(existing=self.existing or None)
        return Call(self._call, (self.name,), given(schema=self.schema) | self.options() | there)


class ReplaceDomainOp(_DefinedDomainOp):
    """Give a domain another base type, and with it whatever else it is.

    :param existing: its present definition, by the same keywords, so that the replacement can be reversed.
    """

    _call = "replace_domain"

    def __init__(
        self, name: str, type_: BaseType, *, existing: Mapping[str, Any] | None = None, **definition: Any
    ) -> None:
        super().__init__(name, type_, **definition)
        self.existing = None if existing is None else dict(existing)

    def reverse(self) -> ReplaceDomainOp:
        """The definition that was there.

        :raises ValueError: it is not known.
        """
        if self.existing is None:
            raise ValueError("operation is not reversible; the existing definition is not present")
        return ReplaceDomainOp(self.name, schema=self.schema, existing=self.definition(), **self.existing)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """``("replace_domain", schema, name, existing, new)``."""
        return ("replace_domain", self.schema, self.name, self.existing, self.definition())

    def to_call(self, *, batch: bool = False) -> Call:
        """``replace_domain(name, type_, schema=, default=, not_null=, checks=, existing=)``."""
        options = given(schema=self.schema) | self._options() | given(existing=self.existing)
        return Call(self._call, (self.name, self.type_), options)


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
        self.invoke(CreateDomainOp(name, type_, schema=schema, default=default, not_null=not_null, checks=checks))

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
        self.invoke(DropDomainOp(name, type_, schema=schema, default=default, not_null=not_null, checks=checks))

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

        The rows of all its columns have to pass what is new. PostgreSQL refuses new checks and NOT NULL while arrays,
        ranges or composite types of the domain stand in tables.

        :param name: the domain.
        :param schema: its schema; default: the connection's own.
        :param default: its new default, a value or ``sa.text()``; None: none; False: as it is.
        :param not_null: whether it refuses NULL; None: as it is.
        :param checks: by name, the condition of a check that comes, or None for one that goes.
        :param existing: the options it has, by the same keywords, for the operation's reverse; a check that is in both
            is dropped before it is added.
        """
        self.invoke(
            AlterDomainOp(name, schema=schema, default=default, not_null=not_null, checks=checks, existing=existing)
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

        PostgreSQL can't change it: a new domain takes the name, and every column of the old one, arrays of it included,
        is cast; their defaults, checks, foreign keys and indexes stay. A value that does not fit makes it fail.

        :param name: the domain.
        :param type_: its new base type, a type of SQLAlchemy or SQL, collation included.
        :param schema: its schema; default: the connection's own.
        :param default: its default; likewise ``not_null`` and ``checks``: all that it shall be, as for `create_domain`.
        :param existing: its present definition, by the same keywords, for the operation's reverse.
        """
        self.invoke(
            ReplaceDomainOp(
                name, type_, schema=schema, default=default, not_null=not_null, checks=checks, existing=existing
            )
        )


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
    """Drop the checks that go, change the rest, add the checks that come."""
    _impl(operations, operation).alter_domain(
        operation.name,
        schema=operation.schema,
        default=operation.default,
        not_null=operation.not_null,
        dropped=operation.gone(),
        added={name: sql for name, sql in operation.checks.items() if sql is not None},
    )


@implementations.dispatch_for(ReplaceDomainOp)
def replace_domain(operations: AbstractOperations, operation: ReplaceDomainOp) -> None:
    """Put a new domain in the place of the old one."""
    _impl(operations, operation).replace_domain(operation.name, schema=operation.schema, **operation.definition())


def _impl(operations: AbstractOperations, operation: BesideTablesOp) -> Any:
    expect_primitive(operations.impl, operation._call, "domains")
    return operations.impl


def _conditions(call: str, checks: Any) -> dict[str, Any]:
    if checks is not None and not hasattr(checks, "items"):
        raise bad_call(call, f"'checks' are conditions by the names of checks, not {checks!r}")
    found = dict(checks or {})
    for name in found:
        expect_name(call, "checks", name)
    return found
