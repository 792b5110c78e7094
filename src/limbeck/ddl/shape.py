"""Tables as plain values that can be compared: every text in them is as the database writes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from limbeck import sqla

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


def part_columns(item: Any) -> tuple[str, ...]:
    """The columns of a constraint or an index of the models; those that only its text mentions are left out."""
    if (column := sqla.column_of_check(item)) is not None:
        return (column.name,)
    return tuple(column.name for column in item.columns)
