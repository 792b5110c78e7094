"""What a comparison asks of a dialect beside what differs: how names, foreign keys and catalogues behave there.

The defaults fit a database of which nothing is known; a dialect overrides what it knows better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from .execution import Execution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Column
    from sqlalchemy.engine import Connection


class SchemaFacts(Execution):
    """The part of an impl by which `limbeck.autogenerate.arrange` makes scripts that run, in both directions."""

    has_named_types: ClassVar[bool] = False
    """Whether enum types and domains stand by themselves, and are no words of their columns."""

    names_of_schema: ClassVar[frozenset[str]] = frozenset()
    """Whose names count in the whole schema, not in a table: ``index``, ``unique``, ``primarykey``, ``foreignkey``."""

    chosen_names_are_new_in: ClassVar[Literal["schema", "table"] | None] = None
    """Where no other has a name that `default_constraint_name` gives; None: the database gives none."""

    keys_hold_indexes: ClassVar[bool] = False
    """Whether foreign keys need an index at both ends, make their own, and hold the types of their columns."""

    def default_constraint_name(self, kind: str, table: str, columns: Sequence[str], taken: set[str]) -> str | None:
        """The name that the database gives to a constraint without one; None where it gives none.

        :param kind: ``unique``, ``foreignkey`` or ``check``.
        :param table: its table.
        :param columns: its columns; those that a check mentions.
        :param taken: the names that are there, where `chosen_names_are_new_in` says.
        """
        return None

    def key_name_after_rename(self, name: str, table: str, new_table: str) -> str:
        """The name of a foreign key of ``table`` when that is called ``new_table``.

        :param name: the name before.
        """
        return name

    def unreflected_options(self, connection: Connection, table: str, schema: str | None) -> dict[str, Any]:
        """Options of a table of the database that SQLAlchemy does not reflect, as keywords of ``Table``."""
        return {}

    def unreflected_default(
        self, connection: Connection, column: Column[Any], table: str, schema: str | None
    ) -> str | None:
        """The SQL of a default that SQLAlchemy does not reflect; None where there is none.

        :param column: a reflected column without a default.
        """
        return None

    def type_change_options(self, database: Column[Any], model: Column[Any]) -> dict[str, Any]:
        """Keywords of the `AlterColumnOp` that gives a column its model's type; pairs ``modify_x``, ``existing_x``.

        :param database: the column as it is. :param model: as it shall be.
        """
        return {}
