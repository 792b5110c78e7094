"""Views, materialized ones included: create, replace, drop."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING

from .abstract import AbstractOperations
from .arguments import expect_columns
from .call import given
from .objects import CreateObject, DefinedObjectOp, DropObject, ReplaceObject
from .operation import operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from limbeck.objects.definition import ObjectDefinition

    from .call import Options


@dataclass(eq=False, repr=False)
class _ViewOp(DefinedObjectOp):
    """An operation on a view.

    :param materialized: whether it is a materialized view.
    :param indexes: the indexes of a materialized view, as statements.
    """

    _: KW_ONLY
    materialized: bool = False
    indexes: Sequence[str] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        expect_columns(self.call, "indexes", self.indexes)
        self.indexes = tuple(self.indexes)

    @property
    def object_kind(self) -> str:
        """``view`` or ``materialized_view``."""
        return "materialized_view" if self.materialized else "view"

    def identity(self) -> Options:
        """Its schema, and whether it is materialized."""
        return given(schema=self.schema, materialized=self.materialized or None)

    def details(self) -> Options:
        """Its indexes and its comment."""
        return given(indexes=list(self.indexes) or None, comment=self.comment)

    def to_definition(self) -> ObjectDefinition:
        """The view as a value.

        :raises ValueError: its definition is not known.
        """
        return replace(super().to_definition(), indexes=tuple(self.indexes))


@operation("create_view")
class CreateViewOp(_ViewOp, CreateObject):
    """Create a view; parameters as for `op.create_view`."""


@operation("drop_view")
class DropViewOp(_ViewOp, DropObject):
    """Drop a view; its definition serves the reverse."""

    definition: str | None = None
    create = CreateViewOp


CreateViewOp.drop = DropViewOp


@operation("replace_view")
class ReplaceViewOp(_ViewOp, ReplaceObject):
    """Give a view another definition; parameters as for `op.replace_view`."""


class ViewOperations(AbstractOperations):
    """What ``op.`` offers for views."""

    def create_view(
        self,
        name: str,
        definition: str,
        *,
        schema: str | None = None,
        materialized: bool = False,
        indexes: Sequence[str] = (),
        comment: str | None = None,
    ) -> None:
        """Create a view.

        :param name: the view.
        :param definition: its query, as SQL.
        :param schema: its schema; default: the connection's own.
        :param materialized: create a materialized view (PostgreSQL), with its rows.
        :param indexes: the indexes of a materialized view, each as a ``CREATE INDEX`` statement.
        :param comment: its comment (PostgreSQL).
        """
        self.invoke(
            CreateViewOp(name, definition, schema=schema, materialized=materialized, indexes=indexes, comment=comment)
        )

    def replace_view(
        self,
        name: str,
        definition: str,
        *,
        schema: str | None = None,
        materialized: bool = False,
        indexes: Sequence[str] = (),
        comment: str | None = None,
        existing: Options | None = None,
    ) -> None:
        """Give a view another definition.

        In place where the database can; else it is dropped and created again. On PostgreSQL all that stands on it goes
        and comes with it, with owners, grants, comments and indexes.

        :param name: the view.
        :param definition: its new query, as SQL.
        :param schema: its schema; default: the connection's own.
        :param materialized: whether it is a materialized view; likewise ``indexes`` and ``comment``: the whole
            definition, as for `op.create_view`.
        :param existing: its present definition, ``{"definition": ..., "comment": ...}``, for the operation's reverse.
        """
        self.invoke(
            ReplaceViewOp(
                name,
                definition,
                schema=schema,
                materialized=materialized,
                indexes=indexes,
                comment=comment,
                existing=existing,
            )
        )

    def drop_view(
        self,
        name: str,
        definition: str | None = None,
        *,
        schema: str | None = None,
        materialized: bool = False,
        indexes: Sequence[str] = (),
        comment: str | None = None,
        recreated: bool = False,
        if_exists: bool = False,
    ) -> None:
        """Drop a view.

        :param name: the view.
        :param definition: its query, for the operation's reverse; likewise ``indexes`` and ``comment``.
        :param schema: its schema; default: the connection's own.
        :param materialized: whether it is a materialized view.
        :param recreated: whether an operation after it in the same script creates the view again: on PostgreSQL it gets
            the owner, the privileges and the comments on columns that it had.
        :param if_exists: do nothing if it does not exist.
        """
        self.invoke(
            DropViewOp(
                name,
                definition,
                schema=schema,
                materialized=materialized,
                indexes=indexes,
                comment=comment,
                recreated=recreated,
                if_exists=if_exists,
            )
        )
