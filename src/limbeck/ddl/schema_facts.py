"""What autogenerate needs to know of a database to write scripts that run: names, foreign keys, unreflected options.

The defaults are safe for any database; a dialect overrides what it knows better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from .execution import Execution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Column, Table
    from sqlalchemy.engine import Connection


class SchemaFacts(Execution):
    """The part of an impl by which `limbeck.autogenerate.arrange` makes scripts that run, in both directions."""

    has_named_types: ClassVar[bool] = False
    """Whether enum types and domains are objects of their own, rather than part of their columns."""

    names_of_schema: ClassVar[frozenset[str]] = frozenset()
    """What has a name that is unique in its schema: ``index``, ``unique``, ``primarykey``, ``foreignkey``."""

    default_name_scope: ClassVar[Literal["schema", "table"] | None] = None
    """Within what the database makes a name of `default_constraint_name` unique; None: it gives no names."""

    keys_hold_indexes: ClassVar[bool] = False
    """Whether a foreign key needs an index at both ends, creates its own, and fixes the types of its columns."""

    def default_constraint_name(self, kind: str, table: str, columns: Sequence[str], taken: set[str]) -> str | None:
        """The name that the database gives to a constraint without one; None where it gives none.

        :param kind: ``unique``, ``foreignkey`` or ``check``.
        :param table: its table.
        :param columns: its columns; of a check, those that it mentions.
        :param taken: the names that exist within the `default_name_scope`.
        """
        return None

    def key_name_after_rename(self, name: str, table: str, new_table: str) -> str:
        """The name of a foreign key after its table was renamed.

        :param name: its name before. :param table: the table's name before. :param new_table: its new name.
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

    def columns_set_by_update(self, connection: Connection, model: Table) -> list[str]:
        """Columns that any UPDATE sets, unless it says what they get.

        :param model: the table in the models; only columns that the database has as well are named.
        """
        return []

    def type_change_options(self, database: Column[Any], model: Column[Any]) -> dict[str, Any]:
        """Keywords of the `AlterColumnOp` that changes a column's type: pairs of ``modify_x`` and ``existing_x``.

        :param database: the column of the database. :param model: that of the models.
        """
        return {}
