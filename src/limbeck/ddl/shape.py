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
"""Key in the ``info`` of a reflected constraint: the `PartShape` that it was made from, where it has no name."""


class ColumnShape(NamedTuple):
    """A column.

    :param type_: its type with all arguments, character set and collation.
    :param nullable: whether it takes NULL.
    :param default: its default; None where it has none, and for a serial.
    :param computed: its expression, and whether it is stored.
    :param identity: its options.
    :param autoincrement: whether it is a serial, or has AUTO_INCREMENT.
    :param comment: its comment.
    :param extra: anything else in its definition.
    """

    type_: str
    nullable: bool = True
    default: str | None = None
    computed: str | None = None
    identity: str | None = None
    autoincrement: bool = False
    comment: str | None = None
    extra: str | None = None


class PartShape(NamedTuple):
    """A constraint or an index.

    :param kind: ``primary``, ``unique``, ``foreign``, ``check``, ``exclude`` or ``index``.
    :param name: its name; None where a model leaves the name to the database.
    :param definition: all of it but kind and name.
    :param columns: the columns that it mentions.
    :param source: its text as stored, in databases that store it.
    :param deferral: ``IMMEDIATE`` or ``DEFERRED`` where it is deferrable, in databases that tell it by itself.
    """

    kind: str
    name: str | None
    definition: str
    columns: tuple[str, ...] = ()
    source: str = ""
    deferral: str | None = None


@dataclass(frozen=True)
class TableShape:
    """A table.

    :param columns: its columns by name, in their order.
    :param parts: its constraints and indexes.
    :param options: ``comment``, and the dialect's own options.
    :param key_texts: its foreign keys as SQL, by name, in databases where each brings an index of its name.
    """

    columns: Mapping[str, ColumnShape]
    parts: tuple[PartShape, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    key_texts: Mapping[str, str] = field(default_factory=dict, compare=False)


class Dependent(NamedTuple):
    """What is built on an enum type, a domain or a sequence.

    :param description: it, in the database's words.
    :param kind: ``column``, ``default``, ``constraint``, ``index``, ``domain``, or ``other``.
    :param name: of a default, its column's name. :param table: its table's name. :param schema: its schema.
    :param is_visible: whether its table, or a domain itself, is found without the schema.
    """

    description: str
    kind: str
    name: str
    table: str | None
    schema: str
    is_visible: bool


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
    :param shape: its shape; its name is the final one, by the naming convention.
    :param default_name: the name that the database gives where the model has none; None where that is not known.
    """

    item: Any
    shape: PartShape
    default_name: str | None = None


@dataclass(frozen=True)
class ModelShape:
    """A table of the models.

    :param columns: its columns by name, in their order.
    :param parts: its constraints and indexes, each with its object.
    :param options: as for `TableShape`.
    :param by_text: whether the database refused to create a scratch copy.
    """

    columns: Mapping[str, ColumnShape]
    parts: tuple[ModelPart, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    by_text: bool = False


@dataclass(frozen=True)
class ModelSide:
    """What the database would make of those tables of the models that it has.

    :param shapes: their shapes; a table of ``unchanged`` may have none.
    :param unchanged: the tables in which nothing differs, except perhaps a foreign key.
    :param failed: tables that are compared by the model's text alone, each with the reason.
    """

    shapes: Mapping[TableName, ModelShape]
    unchanged: frozenset[TableName]
    failed: Sequence[str]


def as_model(database: TableShape) -> ModelShape:
    """The shape of a model in which nothing differs from the real table."""
    return ModelShape(database.columns, tuple(ModelPart(None, part) for part in database.parts), database.options)


def is_unchanged(database: TableShape, model: ModelShape) -> bool:
    """Whether nothing at all differs; a part that has no name in the model equals one with any name."""
    if database.columns.keys() != model.columns.keys() or database.options != model.options:
        return False
    if any(database.columns[name] != column for name, column in model.columns.items()):
        return False
    pairs = paired(database.parts, model.parts)
    return all(old is not None and new is not None and same(old, new) for old, new in pairs)


def paired(
    database: Sequence[PartShape], model: Sequence[ModelPart]
) -> list[tuple[PartShape | None, ModelPart | None]]:
    """Each part of one side with its counterpart on the other.

    Parts with a name are paired by kind and name, those without by kind and definition among the rest.
    """
    named = {(part.kind, part.name): part for part in database if part.name is not None}
    pairs: list[tuple[PartShape | None, ModelPart | None]] = []
    unnamed = []
    for part in model:
        if part.shape.name is None:
            unnamed.append(part)
        else:
            pairs.append((named.pop((part.shape.kind, part.shape.name), None), part))
    left = [part for part in database if part.name is None or (part.kind, part.name) in named]
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


def same(database: PartShape, model: ModelPart) -> bool:
    """Whether the definitions of a pair are equal."""
    return database.definition == model.shape.definition


def foreign_key(key: sa.ForeignKeyConstraint, impl: ComparesConstraints) -> PartShape:
    """The shape of a foreign key of a model, or reflected: its parts have one normal form."""
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
    if schema is not None and schema != impl.default_schema:
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
