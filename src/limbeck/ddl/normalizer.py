"""What a dialect offers so that its tables can be compared exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import sqlalchemy as sa

    from .shape import ColumnShape, DomainShape, ModelShape, ModelSide, TableName, TableShape, TypeOfShape


class Normalizer(Protocol):
    """How an impl compares exactly.

    1. `read` gives the real tables.
    2. `of_models` gives those of the models, on one connection with `read`; nothing that it makes remains.
    3. `complete` puts into a reflected table what SQLAlchemy's reflection leaves out of it.
    """

    def read(self, names: Sequence[TableName]) -> Mapping[TableName, TableShape]:
        """The shapes of tables of the database; what is gone is left out."""
        ...

    def of_models(self, tables: Mapping[TableName, sa.Table], there: Mapping[TableName, TableShape]) -> ModelSide:
        """The models' side of those of ``tables`` that are in the database.

        :param there: the shapes of the real tables, for telling which of them may differ at all.
        """
        ...

    def unmanaged_tables(self, schema: str | None) -> set[str]:
        """Names of tables of the schema that are not compared: those that another object makes and drops."""
        ...

    def rendered_types(
        self, old: TypeOfShape, new: TypeOfShape, tables: tuple[TableShape, ModelShape]
    ) -> tuple[Any, Any]:
        """The types of a column that is to change, with what differs of them by the defaults of their tables.

        :param tables: the table as it is, and as it shall be.
        """
        ...

    def option_values(self, options: Mapping[str, str]) -> dict[str, Any]:
        """Options of a shape, but for the comment, as ``op.alter_table_options`` takes them."""
        ...

    def enum_types(self, schema: str | None) -> dict[str, list[str]]:
        """The enum types of a schema with their values, where types stand by themselves."""
        ...

    def sequences(self, schema: str | None) -> dict[str, dict[str, Any]]:
        """The sequences of a schema that belong to no column, with their options."""
        ...

    def sequences_of_models(self, sequences: Sequence[sa.Sequence]) -> dict[str, dict[str, Any]]:
        """The options that the database gives to sequences of the models, by their names."""
        ...

    def usual_sequence(self) -> dict[str, Any]:
        """The options of a sequence of which nothing is said."""
        ...

    def domains(self, schema: str | None) -> dict[str, DomainShape]:
        """The domains of a schema, each after those that it stands on."""
        ...

    def domains_of_models(self, domains: Sequence[Any]) -> tuple[dict[str, DomainShape], list[str]]:
        """What the database makes of domains of the models, by their names, and which of them it refused.

        :param domains: of one schema, each after those that it stands on.
        """
        ...

    counts_under_key: bool
    """Whether a column counts only while it is the first of a key."""
    ignored_warnings: tuple[str, ...]
    """What warnings of SQLAlchemy begin with that are of no concern, since this way of comparing knows better."""
    counts_by_sequence: bool
    """Whether a column that counts does so by a sequence of its own, and not by a word in its line."""

    def identity(self, column: ColumnShape) -> sa.Identity | None:
        """The identity of a column with every option stated; None where it has none."""
        ...

    def own_sequence(self, schema: str | None, table: str, column: str) -> tuple[str, dict[str, Any]]:
        """Name and options of the sequence by which a column of the database counts."""
        ...

    def chosen_sequence(self, table: Any, column: Any) -> tuple[str, dict[str, Any]]:
        """Name and options of the sequence by which a column of a model would count."""
        ...

    def next_value(self, schema: str | None, sequence: str) -> Any:
        """The default of a column that counts by ``sequence``, as SQL."""
        ...

    def key_name(self, table: str, columns: Sequence[str], taken: set[str]) -> str | None:
        """The name that the database gives to a foreign key without one; None where it gives none.

        :param taken: the names of the table's other constraints.
        """
        ...

    def complete(self, table: sa.Table, shape: TableShape) -> None:
        """Give the reflected ``table`` what ``shape`` has and SQLAlchemy's reflection does not know."""
        ...
