"""What a dialect offers so that its tables can be compared exactly.

The database writes both sides: real tables are read, and what it would make of the models is read from scratch objects.
`limbeck.ddl.scratch_normalizer.ScratchNormalizer` does most of it, and leaves some ten methods to a dialect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import sqlalchemy as sa

    from .shape import ColumnShape, Dependent, DomainShape, ModelShape, ModelSide, TableName, TableShape, TypeOfShape


class Normalizer(Protocol):
    """How an impl compares exactly.

    1. `read` gives the real tables.
    2. `of_models` gives those of the models, on the same connection; nothing that it creates remains.
    3. `complete` adds to a reflected table what SQLAlchemy's reflection leaves out.
    4. The rest answers questions about columns, sequences, enum types and domains.
    """

    autoincrement_needs_key: bool
    """Whether AUTO_INCREMENT is possible only while the column is the first of a key."""
    autoincrements_by_sequence: bool
    """Whether a column with autoincrement has a sequence of its own, as a serial has."""
    ignored_warnings: tuple[str, ...]
    """The beginnings of warnings of SQLAlchemy that are of no concern to this comparison."""

    def read(self, names: Sequence[TableName]) -> Mapping[TableName, TableShape]:
        """The shapes of tables of the database; a table that is no longer there is left out."""
        ...

    def of_models(self, tables: Mapping[TableName, sa.Table], database: Mapping[TableName, TableShape]) -> ModelSide:
        """The model side of those of ``tables`` that are in the database.

        :param database: the shapes of the real tables; a table that does not differ from its own needs no scratch copy.
        """
        ...

    def complete(self, table: sa.Table, shape: TableShape) -> None:
        """Add to the reflected ``table`` what ``shape`` has and SQLAlchemy does not reflect."""
        ...

    def unmanaged_tables(self, schema: str | None) -> set[str]:
        """Names of tables of the schema that are not compared, because another object creates and drops them."""
        ...

    def found_on_path(self, kind: str) -> Mapping[str, str]:
        """The schemas, by name, of objects outside of the default schema that are found without a schema all the same.

        :param kind: ``table``, ``enum``, ``domain`` or ``sequence``.
        """
        ...

    def rendered_types(
        self, old: TypeOfShape, new: TypeOfShape, tables: tuple[TableShape, ModelShape]
    ) -> tuple[Any, Any]:
        """The types of a column that is to change, with what they have by the defaults of their tables.

        :param tables: the table of the database, and that of the models.
        """
        ...

    def option_values(self, options: Mapping[str, str]) -> dict[str, Any]:
        """Options of a shape, without the comment, as ``op.alter_table_options`` takes them."""
        ...

    def identity(self, column: ColumnShape) -> sa.Identity | None:
        """The identity of a column with every option stated; None where it has none."""
        ...

    def key_name(self, table: str, columns: Sequence[str], taken: set[str]) -> str | None:
        """The name that the database gives to a foreign key without one; None where it gives none.

        :param taken: the names of the table's other constraints.
        """
        ...

    def enum_types(self, schema: str | None) -> dict[str, list[str]]:
        """The enum types of a schema with their values, where an enum is an object of its own."""
        ...

    def dependents(self, kind: str, schema: str | None, name: str) -> Sequence[Dependent]:
        """What is built on an object of the database.

        :param kind: ``enum``, ``domain`` or ``sequence``.
        """
        ...

    def domains(self, schema: str | None) -> dict[str, DomainShape]:
        """The domains of a schema, each after those that it is based on."""
        ...

    def domains_of_models(self, domains: Sequence[Any]) -> tuple[dict[str, DomainShape], list[str]]:
        """What the database makes of domains of the models, by their names, and those that it refused.

        :param domains: of one schema, each after those that it is based on.
        """
        ...

    def sequences(self, schema: str | None) -> dict[str, dict[str, Any]]:
        """The sequences of a schema that belong to no column, with their options."""
        ...

    def sequences_of_models(self, sequences: Sequence[sa.Sequence]) -> dict[str, dict[str, Any]]:
        """The options that the database gives to sequences of the models, by their names."""
        ...

    def default_sequence_options(self) -> dict[str, Any]:
        """The options of a sequence that is created without any."""
        ...

    def owned_sequence(self, schema: str | None, table: str, column: str) -> tuple[str, dict[str, Any]]:
        """Name and options of the sequence that a column of the database owns."""
        ...

    def default_sequence(self, table: Any, column: Any) -> tuple[str, dict[str, Any]]:
        """Name and options of the sequence that the database would give to a column of a model."""
        ...

    def next_value(self, schema: str | None, sequence: str) -> Any:
        """The default of a column that gets its values from ``sequence``, as SQL."""
        ...
