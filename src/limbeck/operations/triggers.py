"""Triggers: create, replace, drop."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING

from .abstract import AbstractOperations
from .arguments import expect_optional_name
from .call import given
from .objects import CreateObject, DefinedObjectOp, DropObject, ReplaceObject
from .operation import operation

if TYPE_CHECKING:
    from .call import Options


@dataclass(eq=False, repr=False)
class _TriggerOp(DefinedObjectOp):
    """An operation on a trigger.

    :param table_name: its table.
    """

    kind = "trigger"
    _: KW_ONLY
    table_name: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        expect_optional_name(self.call, "table_name", self.table_name)

    def identity(self) -> Options:
        """Its table and its schema."""
        return given(table_name=self.table_name, schema=self.schema)


@operation("create_trigger")
class CreateTriggerOp(_TriggerOp, CreateObject):
    """Create a trigger; parameters as for `op.create_trigger`."""


@operation("drop_trigger")
class DropTriggerOp(_TriggerOp, DropObject):
    """Drop a trigger; its definition serves the reverse."""

    definition: str | None = None
    create = CreateTriggerOp


CreateTriggerOp.drop = DropTriggerOp


@operation("replace_trigger")
class ReplaceTriggerOp(_TriggerOp, ReplaceObject):
    """Give a trigger another definition; parameters as for `op.replace_trigger`."""


class TriggerOperations(AbstractOperations):
    """What ``op.`` offers for triggers."""

    def create_trigger(
        self,
        name: str,
        definition: str,
        *,
        table_name: str | None = None,
        schema: str | None = None,
        comment: str | None = None,
    ) -> None:
        """Create a trigger.

        :param name: the trigger.
        :param definition: its whole ``CREATE TRIGGER`` statement.
        :param table_name: its table, for the operation's reverse and for ``comment``.
        :param schema: the schema of its table; default: the connection's own.
        :param comment: its comment (PostgreSQL).
        """
        self.invoke(CreateTriggerOp(name, definition, table_name=table_name, schema=schema, comment=comment))

    def replace_trigger(
        self,
        name: str,
        definition: str,
        *,
        table_name: str | None = None,
        schema: str | None = None,
        comment: str | None = None,
        existing: Options | None = None,
    ) -> None:
        """Give a trigger another definition.

        :param name: the trigger.
        :param definition: its whole ``CREATE TRIGGER`` statement, with or without ``OR REPLACE``.
        :param table_name: its table.
        :param schema: the schema of its table; default: the connection's own.
        :param comment: its comment (PostgreSQL).
        :param existing: its present definition, ``{"definition": ..., "comment": ...}``, for the operation's reverse.
        """
        self.invoke(
            ReplaceTriggerOp(name, definition, table_name=table_name, schema=schema, comment=comment, existing=existing)
        )

    def drop_trigger(
        self,
        name: str,
        definition: str | None = None,
        *,
        table_name: str | None = None,
        schema: str | None = None,
        comment: str | None = None,
        if_exists: bool = False,
    ) -> None:
        """Drop a trigger.

        :param name: the trigger.
        :param definition: its statement, for the operation's reverse; likewise ``comment``.
        :param table_name: its table, which PostgreSQL needs.
        :param schema: the schema of its table; default: the connection's own.
        :param if_exists: do nothing if it does not exist.
        """
        self.invoke(
            DropTriggerOp(name, definition, table_name=table_name, schema=schema, comment=comment, if_exists=if_exists)
        )
