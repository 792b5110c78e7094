"""Random models: a table is drawn choice by choice from a menu that each backend has of its own.

Names are few, so that two models have most of them in common; rows are such that every model's checks, keys and types
can hold them, since a script can't be blamed for rows that contradict the model it leads to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st

NUMBERS, TEXTS = "numbers", "texts"


@dataclass(frozen=True)
class Kind:
    """A type of a column.

    :param make: makes the type. :param defaults: server defaults that it takes. :param value: of the n-th row.
    :param is_number: whether ``> 0`` makes sense. :param is_text: whether ``lower()`` does.
    """

    make: Callable[[], Any]
    defaults: tuple[Any, ...] = ()
    value: Callable[[int], Any] = str
    is_number: bool = False
    is_text: bool = False


@dataclass(frozen=True)
class Menu:
    """What a backend has.

    :param families: by column name, types that values can go between.
    :param computed: expressions for column ``g``, of ``a`` where that is a number.
    :param identity: options of an identity on ``id``; None: none.
    :param checks: name, expression, columns that must be numbers, columns that must be texts.
    :param uniques: name, columns, options.
    :param indexes: name, keys (names or SQL), options, columns that must be texts.
    :param keys: options of the foreign key.
    :param excludes: constructors of exclusion constraints.
    :param options: keyword arguments of the table; the last is for a table without foreign keys.
    :param sequences: options of a sequence that belongs to no column.
    :param tables: the tables beside ``t0`` that a model may have.
    :param comments: whether tables and columns have comments.
    """

    families: dict[str, tuple[Kind, ...]]
    computed: tuple[sa.Computed | None, ...] = (None,)
    identity: tuple[Any, ...] = (None,)
    checks: tuple[tuple[str | None, str, tuple[str, ...], tuple[str, ...]], ...] = ()
    uniques: tuple[tuple[str | None, tuple[str, ...], dict[str, Any]], ...] = ()
    indexes: tuple[tuple[str, tuple[str, ...], dict[str, Any], tuple[str, ...]], ...] = ()
    keys: tuple[dict[str, Any], ...] = ({},)
    excludes: tuple[Callable[[], Any] | None, ...] = (None,)
    options: tuple[dict[str, Any], ...] = ({},)
    comments: bool = False
    sequences: tuple[dict[str, Any] | None, ...] = (None,)
    tables: tuple[str, ...] = ("t1", "t2")


@dataclass(frozen=True)
class ColumnChoice:
    kind: Kind
    default: Any
    nullable: bool
    comment: str | None


@dataclass(frozen=True)
class TableChoice:
    columns: dict[str, ColumnChoice]
    primary: tuple[str | None, tuple[str, ...]]
    identity: Any = None
    computed: Any = None
    checks: tuple[Any, ...] = ()
    uniques: tuple[Any, ...] = ()
    indexes: tuple[Any, ...] = ()
    key: tuple[str | None, dict[str, Any]] | None = None
    exclude: Any = None
    options: dict[str, Any] = field(default_factory=dict)
    comment: str | None = None


@dataclass(frozen=True, repr=False)
class Model:
    """A model: tables by name; ``t1`` and later ones may refer to ``t0``."""

    tables: dict[str, TableChoice]
    sequence: dict[str, Any] | None = None

    def __call__(self, metadata: sa.MetaData) -> None:
        if self.sequence is not None:
            sa.Sequence("counter", metadata=metadata, **self.sequence)
        for name, choice in self.tables.items():
            _table(name, choice, metadata)

    def __repr__(self) -> str:
        metadata = sa.MetaData()
        self(metadata)
        return "\n".join(f"{table!r} {[*table.constraints, *table.indexes]}" for table in metadata.tables.values())

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Two rows a table."""
        return {
            name: [
                {column: choice.columns[column].kind.value(n) for column in choice.columns}
                | {"id": n}
                | ({"k": n} if choice.key else {})
                for n in (1, 2)
            ]
            for name, choice in self.tables.items()
        }


def _table(name: str, choice: TableChoice, metadata: sa.MetaData) -> None:
    columns = [sa.Column("id", sa.Integer, *([choice.identity()] if choice.identity else []), nullable=False)]
    for column, said in choice.columns.items():
        columns.append(
            sa.Column(
                column, said.kind.make(), server_default=said.default, nullable=said.nullable, comment=said.comment
            )
        )
    if choice.computed is not None:
        columns.append(sa.Column("g", sa.Integer, choice.computed()))
    parts: list[Any] = [sa.PrimaryKeyConstraint(*choice.primary[1], name=choice.primary[0])]
    if choice.key is not None:
        columns.append(sa.Column("k", sa.Integer))
        parts.append(sa.ForeignKeyConstraint(["k"], ["t0.id"], name=choice.key[0], **choice.key[1]))
    parts += [sa.CheckConstraint(sql, name=given and f"{given}_{name}") for given, sql, _, _ in choice.checks]
    parts += [
        sa.UniqueConstraint(*names, name=given and f"{given}_{name}", **options)
        for given, names, options in choice.uniques
    ]
    if choice.exclude is not None:
        parts.append(choice.exclude(name))
    table = sa.Table(name, metadata, *columns, *parts, comment=choice.comment, **choice.options)
    for given, keys, options, _ in choice.indexes:
        expressions = [table.c[key] if key in table.c else sa.text(key) for key in keys]
        sa.Index(f"{given}_{name}", *expressions, _table=table, **options)


def pairs(menu: Menu) -> st.SearchStrategy[tuple[Model, Model]]:
    """Two models, the second often the first with a little changed."""
    return st.tuples(models(menu), models(menu))


@st.composite
def models(draw: st.DrawFn, menu: Menu) -> Model:
    names = ["t0", *[name for name in menu.tables if draw(st.booleans())]]
    return Model({name: draw(_tables(menu, name)) for name in names}, draw(st.sampled_from(menu.sequences)))


@st.composite
def _tables(draw: st.DrawFn, menu: Menu, name: str) -> TableChoice:
    families = [name for name in menu.families if name in "ab" or draw(st.integers(0, 3)) == 0]
    columns = {column: draw(_columns(menu, menu.families[column])) for column in families}
    numbers = {column for column, choice in columns.items() if choice.kind.is_number}
    texts = {column for column, choice in columns.items() if choice.kind.is_text}

    def some(pool: tuple[Any, ...], fits: Callable[[Any], bool]) -> tuple[Any, ...]:
        chosen = [item for item in pool if fits(item) and draw(st.integers(0, 2)) == 0]
        unique: dict[Any, Any] = {}
        for item in chosen:
            unique.setdefault(item[0] or item[1], item)
        return tuple(unique.values())

    identity = draw(st.sampled_from(menu.identity))
    return TableChoice(
        columns,
        primary=(None if name == "t0" else f"pk_{name}", ("id",)),
        identity=identity,
        computed=draw(st.sampled_from(menu.computed)) if "a" in numbers else None,
        checks=some(menu.checks, lambda check: numbers.issuperset(check[2]) and texts.issuperset(check[3])),
        uniques=some(menu.uniques, lambda unique: columns.keys() >= {*unique[1], *_included(unique)}),
        indexes=some(
            menu.indexes,
            lambda index: (
                texts.issuperset(index[3])
                and all(key in columns for key in (*index[1], *_included(index)) if key.isidentifier())
            ),
        ),
        key=draw(_keys(menu, name)) if name == "t1" and menu.keys and draw(st.booleans()) else None,
        exclude=draw(st.sampled_from(menu.excludes)) if "a" in numbers else None,
        options=draw(st.sampled_from(menu.options if name == "t2" else menu.options[:-1] or menu.options)),
        comment=draw(st.sampled_from([None, "said", "it's said"])) if menu.comments else None,
    )


def _included(part: Any) -> list[str]:
    included: list[str] = part[2].get("postgresql_include", [])
    return included + (["a"] if "a IS NOT NULL" in str(part[2].get("postgresql_where")) else [])


@st.composite
def _keys(draw: st.DrawFn, menu: Menu, name: str) -> tuple[str | None, dict[str, Any]]:
    """A name is given or left to the database for each kind of key: what the database named is not renamed."""
    options = draw(st.sampled_from(menu.keys))
    return (None if "onupdate" in options or "deferrable" in options else f"fk_{name}"), options


@st.composite
def _columns(draw: st.DrawFn, menu: Menu, kinds: tuple[Kind, ...]) -> ColumnChoice:
    kind = draw(st.sampled_from(kinds))
    default = draw(st.sampled_from([None, *kind.defaults]))
    nullable = True if default is None else draw(st.booleans())
    return ColumnChoice(kind, default, nullable, draw(st.sampled_from([None, "of it"])) if menu.comments else None)
