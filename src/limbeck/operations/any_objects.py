"""Objects of the kinds that have no operations of their own: policies, rules, aggregates, grants, ..."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING

from .abstract import AbstractOperations
from .arguments import bad_call, expect_name, expect_optional_name
from .call import given
from .objects import CreateObject, DefinedObjectOp, DropObject, ReplaceObject
from .operation import operation

if TYPE_CHECKING:
    from .call import Options


@dataclass(eq=False, repr=False)
class _ObjectOp(DefinedObjectOp):
    """An operation on an object of any kind.

    :param of_kind: its kind: ``policy``, ``rule``, ``aggregate``, ``grant``, ...
    :param table_name: its table, where it is on one. :param arguments: the types of an aggregate's arguments.
    """

    _: KW_ONLY
    of_kind: str = ""
    table_name: str | None = None
    arguments: str | None = None

    def __post_init__(self) -> None:
        expect_name(self.call, "kind", self.of_kind)
        super().__post_init__()
        expect_optional_name(self.call, "table_name", self.table_name)

    @property
    def object_kind(self) -> str:
        """Its kind."""
        return self.of_kind

    def leading(self) -> tuple[str, ...]:
        """Its kind and its name."""
        return (self.of_kind, self.name)

    def identity(self) -> Options:
        """Its table, its schema and its arguments."""
        return given(table_name=self.table_name, schema=self.schema, arguments=self.arguments)

    def constructed(self) -> Options:
        """With its kind."""
        return {**self.identity(), "of_kind": self.of_kind}


@operation("create_object")
class CreateObjectOp(_ObjectOp, CreateObject):
    """Create an object; parameters as for `op.create_object`."""


@operation("drop_object")
class DropObjectOp(_ObjectOp, DropObject):
    """Drop an object; its definition serves the reverse."""

    definition: str | None = None
    create = CreateObjectOp

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.if_exists and self.of_kind in ("grant", "default_privileges", "row_security"):
            raise bad_call(
                self.call,
                f"argument 'if_exists' is not for {self.of_kind.replace('_', ' ')}, which is no object",
                hint="leave it out: what is not granted, or off, stays so",
            )


CreateObjectOp.drop = DropObjectOp


@operation("replace_object")
class ReplaceObjectOp(_ObjectOp, ReplaceObject):
    """Give an object another definition; parameters as for `op.replace_object`."""


class AnyObjectOperations(AbstractOperations):
    """What ``op.`` offers for objects of any kind."""

    def create_object(
        self,
        kind: str,
        name: str,
        definition: str,
        *,
        table_name: str | None = None,
        schema: str | None = None,
        arguments: str | None = None,
        comment: str | None = None,
    ) -> None:
        """Create an object that has no operation of its own.

        :param kind: ``policy``, ``rule``, ``aggregate``, ``composite_type``, ``row_security``, ``schema``,
            ``extension``, ``grant``, ``default_privileges``, ``event_trigger``; on
            MySQL and MariaDB ``event``, on SQLite ``virtual_table``.
        :param name: the object; of row security its table; of a grant what and whom, ``TABLE account TO reader``, and
            of default privileges ``ON TABLES TO reader``.
        :param definition: its whole ``CREATE`` statement; ``ALTER TABLE ... ENABLE ROW LEVEL SECURITY``;
            ``GRANT ... ON TABLE account TO reader``.
        :param table_name: the table of a policy or a rule, for the operation's reverse and for ``comment``.
        :param schema: its schema; default: the connection's own.
        :param arguments: the types of an aggregate's arguments, for the operation's reverse.
        :param comment: its comment.
        """
        keywords = given(table_name=table_name, schema=schema, arguments=arguments, comment=comment)
        self.invoke(CreateObjectOp(name, definition, of_kind=kind, **keywords))

    def replace_object(
        self,
        kind: str,
        name: str,
        definition: str,
        *,
        table_name: str | None = None,
        schema: str | None = None,
        arguments: str | None = None,
        comment: str | None = None,
        existing: Options | None = None,
    ) -> None:
        """Give an object that has no operation of its own another definition.

        :param kind: its kind; likewise ``name``, ``definition``, ``table_name``, ``schema``, ``arguments`` and
            ``comment``: as for `op.create_object`.
        :param existing: its present definition, ``{"definition": ..., "comment": ...}``, for the operation's reverse.
        """
        keywords = given(table_name=table_name, schema=schema, arguments=arguments, comment=comment, existing=existing)
        self.invoke(ReplaceObjectOp(name, definition, of_kind=kind, **keywords))

    def drop_object(
        self,
        kind: str,
        name: str,
        definition: str | None = None,
        *,
        table_name: str | None = None,
        schema: str | None = None,
        arguments: str | None = None,
        comment: str | None = None,
        recreated: bool = False,
        if_exists: bool = False,
    ) -> None:
        """Drop an object that has no operation of its own.

        :param kind: its kind; likewise ``name``, ``table_name``, ``schema`` and ``arguments``: as for
            `op.create_object`.
        :param definition: its statement, for the operation's reverse; likewise ``comment``.
        :param recreated: whether an operation after it in the same script creates the object again: an aggregate or a
            composite type gets the owner and the privileges that it had.
        :param if_exists: do nothing if it does not exist; not for privileges and row security, which are no objects.
        """
        keywords = given(table_name=table_name, schema=schema, arguments=arguments, comment=comment)
        self.invoke(DropObjectOp(name, definition, of_kind=kind, recreated=recreated, if_exists=if_exists, **keywords))
