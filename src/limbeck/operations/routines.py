"""Functions and procedures: create, replace, drop."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING

from .abstract import AbstractOperations
from .arguments import expect_type
from .call import given
from .objects import CreateObject, DefinedObjectOp, DropObject, ReplaceObject
from .operation import operation

if TYPE_CHECKING:
    from .call import Options


@dataclass(eq=False, repr=False)
class _RoutineOp(DefinedObjectOp):
    """An operation on a function or a procedure.

    :param arguments: the types of its arguments, as PostgreSQL writes them: which of the overloads it is.
    """

    _: KW_ONLY
    arguments: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.arguments is not None:
            expect_type(self.call, "arguments", self.arguments, str, "a text of SQL: 'integer, text'")

    def identity(self) -> Options:
        """Its schema and its arguments."""
        return given(schema=self.schema, arguments=self.arguments)


@operation("create_function")
class CreateFunctionOp(_RoutineOp, CreateObject):
    """Create a function; parameters as for `op.create_function`."""

    kind = "function"


@operation("drop_function")
class DropFunctionOp(_RoutineOp, DropObject):
    """Drop a function; its definition serves the reverse."""

    kind = "function"
    definition: str | None = None
    create = CreateFunctionOp


CreateFunctionOp.drop = DropFunctionOp


@operation("replace_function")
class ReplaceFunctionOp(_RoutineOp, ReplaceObject):
    """Give a function another definition; parameters as for `op.replace_function`."""

    kind = "function"


@operation("create_procedure")
class CreateProcedureOp(_RoutineOp, CreateObject):
    """Create a procedure; parameters as for `op.create_procedure`."""

    kind = "procedure"


@operation("drop_procedure")
class DropProcedureOp(_RoutineOp, DropObject):
    """Drop a procedure; its definition serves the reverse."""

    kind = "procedure"
    definition: str | None = None
    create = CreateProcedureOp


CreateProcedureOp.drop = DropProcedureOp


@operation("replace_procedure")
class ReplaceProcedureOp(_RoutineOp, ReplaceObject):
    """Give a procedure another definition; parameters as for `op.replace_procedure`."""

    kind = "procedure"


class RoutineOperations(AbstractOperations):
    """What ``op.`` offers for functions and procedures."""

    def create_function(
        self,
        name: str,
        definition: str,
        *,
        schema: str | None = None,
        arguments: str | None = None,
        comment: str | None = None,
    ) -> None:
        """Create a function.

        :param name: the function.
        :param definition: its whole ``CREATE FUNCTION`` statement.
        :param schema: its schema; default: the connection's own.
        :param arguments: the types of its arguments, for the operation's reverse: ``"integer, text"`` (PostgreSQL).
        :param comment: its comment (PostgreSQL).
        """
        self.invoke(CreateFunctionOp(name, definition, schema=schema, arguments=arguments, comment=comment))

    def replace_function(
        self,
        name: str,
        definition: str,
        *,
        schema: str | None = None,
        arguments: str | None = None,
        comment: str | None = None,
        existing: Options | None = None,
    ) -> None:
        """Give a function another definition, with the same arguments.

        In place where the database can; else it is dropped and created again. On PostgreSQL all that stands on it goes
        and comes with it, with owners, grants and comments.

        :param name: the function.
        :param definition: its whole ``CREATE FUNCTION`` statement, with or without ``OR REPLACE``.
        :param schema: its schema; default: the connection's own.
        :param arguments: the types of its arguments, where it has overloads: ``"integer, text"`` (PostgreSQL).
        :param comment: its comment (PostgreSQL).
        :param existing: its present definition, ``{"definition": ..., "comment": ...}``, for the operation's reverse.
        """
        self.invoke(
            ReplaceFunctionOp(name, definition, schema=schema, arguments=arguments, comment=comment, existing=existing)
        )

    def drop_function(
        self,
        name: str,
        definition: str | None = None,
        *,
        schema: str | None = None,
        arguments: str | None = None,
        comment: str | None = None,
        recreated: bool = False,
        if_exists: bool = False,
    ) -> None:
        """Drop a function.

        :param name: the function.
        :param definition: its statement, for the operation's reverse; likewise ``comment``.
        :param schema: its schema; default: the connection's own.
        :param arguments: the types of its arguments, where it has overloads: ``"integer, text"`` (PostgreSQL).
        :param recreated: whether an operation after it in the same script creates the function again: on PostgreSQL it
            gets the owner and the privileges that it had.
        :param if_exists: do nothing if it does not exist.
        """
        self.invoke(
            DropFunctionOp(
                name,
                definition,
                schema=schema,
                arguments=arguments,
                comment=comment,
                recreated=recreated,
                if_exists=if_exists,
            )
        )

    def create_procedure(
        self,
        name: str,
        definition: str,
        *,
        schema: str | None = None,
        arguments: str | None = None,
        comment: str | None = None,
    ) -> None:
        """Create a procedure.

        :param name: the procedure.
        :param definition: its whole ``CREATE PROCEDURE`` statement.
        :param schema: its schema; likewise ``arguments`` and ``comment``: as for `op.create_function`.
        """
        self.invoke(CreateProcedureOp(name, definition, schema=schema, arguments=arguments, comment=comment))

    def replace_procedure(
        self,
        name: str,
        definition: str,
        *,
        schema: str | None = None,
        arguments: str | None = None,
        comment: str | None = None,
        existing: Options | None = None,
    ) -> None:
        """Give a procedure another definition, with the same arguments.

        :param name: the procedure.
        :param definition: its whole ``CREATE PROCEDURE`` statement, with or without ``OR REPLACE``.
        :param schema: its schema; likewise ``arguments``, ``comment`` and ``existing``: as for `op.replace_function`.
        """
        self.invoke(
            ReplaceProcedureOp(name, definition, schema=schema, arguments=arguments, comment=comment, existing=existing)
        )

    def drop_procedure(
        self,
        name: str,
        definition: str | None = None,
        *,
        schema: str | None = None,
        arguments: str | None = None,
        comment: str | None = None,
        recreated: bool = False,
        if_exists: bool = False,
    ) -> None:
        """Drop a procedure.

        :param name: the procedure.
        :param definition: its statement, for the operation's reverse; likewise ``comment``.
        :param schema: its schema; likewise ``arguments``, ``recreated`` and ``if_exists``: as for `op.drop_function`.
        """
        self.invoke(
            DropProcedureOp(
                name,
                definition,
                schema=schema,
                arguments=arguments,
                comment=comment,
                recreated=recreated,
                if_exists=if_exists,
            )
        )
