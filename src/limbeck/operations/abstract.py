"""What `op` and `batch_op` have in common: their context, and how an operation is carried out."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from limbeck import _current, sqla

from .arguments import expect_type
from .keywords import check_keywords
from .literal import InlineLiteral
from .operation import AlterTableOp, MigrateOperation, StandaloneOp, implementations
from .schemaobj import SchemaObjects

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.sql.elements import BindParameter, conv
    from sqlalchemy.types import TypeEngine

    from limbeck.runtime.migration import MigrationContext

    from .primitives import CollectsChanges, Primitives

T = TypeVar("T")
C = TypeVar("C", bound="type[MigrateOperation]")
F = TypeVar("F", bound="Callable[..., Any]")


class AbstractOperations:
    """Base of `Operations` and `BatchOperations`.

    :param migration_context: the context whose database the operations are for.
    :param impl: what carries them out; default: the context's own impl.
    """

    impl: Primitives
    _also_registered: ClassVar[tuple[type[AbstractOperations], ...]] = ()

    def __init__(self, migration_context: MigrationContext, impl: Primitives | None = None) -> None:
        self._migration_context = migration_context
        self.impl = migration_context.impl if impl is None else impl
        self.schema_obj = SchemaObjects(migration_context)

    @classmethod
    @contextmanager
    def context(cls, migration_context: MigrationContext) -> Iterator[AbstractOperations]:
        """Make operations on ``migration_context`` the ones that ``op.`` means, for the length of a block."""
        operations = cls(migration_context)
        token = _current.operations.install(operations)
        try:
            yield operations
        finally:
            _current.operations.remove(operations, token)

    @classmethod
    def register_operation(cls, name: str, sourcename: str | None = None) -> Callable[[C], C]:
        """Decorator on an operation class that makes it callable as ``op.<name>``.

        :param name: the new function's name.
        :param sourcename: the classmethod ``(cls, operations, ...)`` that the call goes to; default: ``name``.

        Called on `Operations`, it makes the class callable on `BatchOperations` too, unless that has the name already.
        """

        def register(op_class: C) -> C:
            method = _method_for(name, getattr(op_class, sourcename or name))
            setattr(cls, name, method)
            for other in cls._also_registered:
                if not hasattr(other, name):
                    setattr(other, name, method)
            return op_class

        return register

    @classmethod
    def implementation_for(cls, op_cls: type[MigrateOperation], replace: bool = False) -> Callable[[F], F]:
        """Decorator on a function ``(operations, operation)`` that carries out ``op_cls`` and its subclasses.

        :param replace: take the place of the function that does so now, also of one of Limbeck's.
        :raises ValueError: there is one, and ``replace`` is not set.
        """
        return implementations.dispatch_for(op_cls, replace=replace)

    @property
    def migration_context(self) -> MigrationContext:
        """The context whose database the operations are for."""
        return self._migration_context

    @property
    def edition(self) -> int | None:
        """The edition of the environment; None: as Alembic."""
        return cast("int | None", self._migration_context.opts.get("edition"))

    def invoke(self, operation: MigrateOperation) -> Any:
        """Carry out an operation object.

        :param operation: any operation, also one of your own.
        :return: what its implementation returns: the `Table` for a `CreateTableOp`, else None.
        :raises ValueError: no implementation is registered for it.
        :raises CommandError: under an edition, one of its keywords is unknown.
        """
        expect_type("op.invoke", "operation", operation, MigrateOperation, "an operation object")
        impl = self._migration_context.impl
        check_keywords(operation, impl.dialect.name, edition=self.edition)
        if isinstance(operation, AlterTableOp | StandaloneOp):
            operation = operation.in_schema(impl.translated(operation.schema))
        function = implementations.dispatch(operation, impl.__dialect__)
        return function(self, operation)

    def f(self, name: str) -> conv:
        """Mark ``name`` as final: no naming convention is applied to it."""
        from sqlalchemy.sql.elements import conv

        return conv(name)

    def inline_literal(self, value: str | int, type_: TypeEngine[Any] | None = None) -> BindParameter[Any]:
        """A value that is rendered as a literal in the statement, not as a bind.

        :param value: a string, a number, or what ``type_`` can render as a literal.
        :param type_: its SQLAlchemy type; default: that of the value.
        """
        return InlineLiteral(value, type_)

    def get_bind(self) -> Connection:
        """The connection of this run; in ``--sql`` mode, an object whose ``execute()`` writes into the script."""
        return cast("Connection", self._migration_context.impl.bind)

    def get_context(self) -> MigrationContext:
        """The `MigrationContext` of this run."""
        return self._migration_context

    def timeouts(
        self, *, lock: float | str | None = None, statement: float | str | None = None
    ) -> AbstractContextManager[None]:
        """Bound how long the statements of a ``with`` block wait for locks, and take.

        :param lock: how long to wait for a lock on a table: ``"2s"``, ``"500ms"``, ``"1min"``, or a number of seconds;
            0: without end; default: as before the block.
        :param statement: how long a statement may take; likewise.
        :raises CommandError: for a value that is no duration.
        """
        return self._migration_context.timeouts(lock, statement)

    def run_async(self, async_function: Callable[..., Awaitable[T]], *args: Any, **kw_args: Any) -> T:
        """Call an async function with an `AsyncConnection` on this run's connection, inside its transaction.

        :param async_function: called as ``async_function(connection, *args, **kw_args)``.
        :return: what it returns.
        :raises NotImplementedError: in ``--sql`` mode, which has no connection.
        :raises ValueError: the engine is not an async one.
        """
        if self._migration_context.as_sql:
            raise NotImplementedError("Cannot call run_async in SQL mode")
        connection = self.get_bind()
        if not connection.dialect.is_async:
            raise ValueError("Cannot call run_async with a sync engine")
        bridge: Callable[..., AsyncConnection] = sqla.async_connection
        return sqla.await_only(async_function(bridge(connection), *args, **kw_args))


class BatchBase(AbstractOperations):
    """Base of every family of ``batch_op`` methods: the block names the table once."""

    impl: CollectsChanges  # pyright: ignore[reportIncompatibleVariableOverride]

    @property
    def _table_name(self) -> str:
        return self.impl.table_name

    @property
    def _schema(self) -> str | None:
        return self.impl.schema


def _method_for(name: str, source: Callable[..., Any]) -> Callable[..., Any]:
    """The method that calls the classmethod ``source`` of an operation class, with its signature and docstring."""
    from inspect import signature

    def method(self: AbstractOperations, *args: Any, **kwargs: Any) -> Any:
        return source(self, *args, **kwargs)

    first, *others = signature(source).parameters.values()
    method.__name__ = name
    method.__qualname__ = name
    method.__doc__ = source.__doc__
    method.__module__ = source.__module__
    method.__signature__ = signature(source).replace(parameters=[first.replace(name="self"), *others])  # type: ignore[attr-defined]
    return method
