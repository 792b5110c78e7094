"""What a table is, as plain values that can be compared: the words in them are the database's own.

An impl that compares exactly has a `Normalizer`: the database makes the model's side too, as scratch objects that are
read in the same way as the real ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import sqlalchemy as sa

    from .protocols import ComparesConstraints

    TableName = tuple[str | None, str]
    TypeOfShape = tuple[Any, "ColumnShape"]


PART = "limbeck_part"
"""Key in the ``info`` of a reflected constraint: the `PartShape` that it was made of, where names do not tell."""


class ColumnShape(NamedTuple):
    """A column.

    :param type_: its type with all arguments, character set and collation.
    :param nullable: whether it takes NULL.
    :param default: its default; None where it has none, or where it is a serial's.
    :param computed: its expression, and whether it is stored.
    :param identity: its options.
    :param counts: whether it is a serial, or AUTO_INCREMENT.
    :param comment: its comment.
    :param extra: anything else that restating it would have to say.
    """

    type_: str
    nullable: bool = True
    default: str | None = None
    computed: str | None = None
    identity: str | None = None
    counts: bool = False
    comment: str | None = None
    extra: str | None = None


class PartShape(NamedTuple):
    """A constraint or an index.

    :param kind: ``primary``, ``unique``, ``foreign``, ``check``, ``exclude`` or ``index``.
    :param name: its name; None where a model leaves the name to the database.
    :param definition: everything else about it.
    :param columns: the columns that it mentions.
    :param source: its text as it stands in the database, where that is kept.
    """

    kind: str
    name: str | None
    definition: str
    columns: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class TableShape:
    """A table.

    :param columns: its columns by name, in their order.
    :param parts: its constraints and indexes.
    :param options: what it says of itself: ``comment``, and the dialect's own.
    """

    columns: Mapping[str, ColumnShape]
    parts: tuple[PartShape, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)


class DomainShape(NamedTuple):
    """A domain of PostgreSQL.

    :param type_: its base type with all arguments and its collation.
    :param default: its default; None where it has none.
    :param not_null: whether it refuses NULL.
    :param checks: the conditions of its checks, by name.
    """

    type_: str
    default: str | None
    not_null: bool
    checks: Mapping[str, str]


class ModelPart(NamedTuple):
    """A constraint or index of a model.

    :param item: SQLAlchemy's object; None for what the database adds by itself.
    :param shape: its shape; of a named one with the final name.
    :param chosen: the name that the database gives where the model leaves it to that; None where not known.
    """

    item: Any
    shape: PartShape
    chosen: str | None = None


@dataclass(frozen=True)
class ModelShape:
    """A table of the models.

    :param columns: its columns by name, in their order.
    :param parts: its constraints and indexes, each with its object.
    :param options: as for `TableShape`.
    :param by_text: whether the database refused to say what it would make of the table.
    """

    columns: Mapping[str, ColumnShape]
    parts: tuple[ModelPart, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    by_text: bool = False


@dataclass(frozen=True)
class ModelSide:
    """What the database would make of tables of the models that it has.

    :param shapes: their shapes; one of ``alike`` needs none.
    :param alike: the tables in which nothing differs, but perhaps a foreign key.
    :param failed: what could be compared by its text alone, and why.
    """

    shapes: Mapping[TableName, ModelShape]
    alike: frozenset[TableName]
    failed: Sequence[str]


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


def as_model(there: TableShape) -> ModelShape:
    """The shape of a model in which nothing differs from the real table."""
    return ModelShape(there.columns, tuple(ModelPart(None, part) for part in there.parts), there.options)


def alike(there: TableShape, model: ModelShape) -> bool:
    """Whether nothing at all differs; names that the model leaves to the database are the database's affair."""
    if there.columns.keys() != model.columns.keys() or there.options != model.options:
        return False
    if any(there.columns[name] != column for name, column in model.columns.items()):
        return False
    pairs = paired(there.parts, model.parts)
    return all(old is not None and new is not None and same(old, new) for old, new in pairs)


def paired(there: Sequence[PartShape], model: Sequence[ModelPart]) -> list[tuple[PartShape | None, ModelPart | None]]:
    """Each part of one side with its counterpart on the other.

    Named ones go by kind and name. One without a name is the same as any of its kind and definition that no named one
    claims; else it has no counterpart.
    """
    named = {(part.kind, part.name): part for part in there if part.name is not None}
    pairs: list[tuple[PartShape | None, ModelPart | None]] = []
    unnamed = []
    for part in model:
        if part.shape.name is None:
            unnamed.append(part)
        else:
            pairs.append((named.pop((part.shape.kind, part.shape.name), None), part))
    left = [part for part in there if part.name is None or (part.kind, part.name) in named]
    by_meaning: dict[tuple[str, str], list[int]] = {}
    for at, other in enumerate(left):
        by_meaning.setdefault((other.kind, other.definition), []).append(at)
    taken = set()
    for part in unnamed:
        found = by_meaning.get((part.shape.kind, part.shape.definition))
        counterpart = found.pop(0) if found else None
        taken.add(counterpart)
        pairs.append((None if counterpart is None else left[counterpart], part))
    return [*((part, None) for at, part in enumerate(left) if at not in taken), *pairs]


def same(there: PartShape, model: ModelPart) -> bool:
    """Whether a pair says the same."""
    return there.definition == model.shape.definition


def foreign_key(key: sa.ForeignKeyConstraint, impl: ComparesConstraints) -> PartShape:
    """The shape of a foreign key, of a model or reflected: all that it is made of leaves no choice of words."""
    from .signature import ForeignKeySignature

    signature = ForeignKeySignature(True, impl, key, include_options=True)
    options = {name: getattr(key, name) for name in ("onupdate", "ondelete", "deferrable", "initially", "match")}
    target = (signature.target_schema, signature.target_table)
    return _foreign_key(impl, signature.name, signature.source_columns, target, signature.target_columns, options)


def listed_foreign_key(listed: Mapping[str, Any], impl: ComparesConstraints) -> PartShape:
    """The shape of a foreign key as ``Inspector.get_foreign_keys`` lists it."""
    target = (listed["referred_schema"], listed["referred_table"])
    columns, referred = listed["constrained_columns"], listed["referred_columns"]
    return _foreign_key(impl, listed["name"], columns, target, referred, listed.get("options", {}))


def _foreign_key(
    impl: ComparesConstraints,
    name: str | None,
    columns: Sequence[str],
    target: TableName,
    referred: Sequence[str],
    options: Mapping[str, Any],
) -> PartShape:
    from .signature import deferral, unusual

    schema, place = target
    if schema is not None and schema != impl.dialect.default_schema_name:
        place = f"{schema}.{place}"
    actions = (unusual(impl, options.get(action)) for action in ("ondelete", "onupdate"))
    definition = (
        f"({', '.join(columns)}) {place} ({', '.join(referred)}) {' '.join(map(str, actions))} "
        f"{deferral(options.get('deferrable'), options.get('initially'))} {(options.get('match') or 'simple').lower()}"
    )
    return PartShape("foreign", name, definition, tuple(columns))
