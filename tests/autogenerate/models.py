"""Random models: a table is drawn choice by choice from a menu that each backend has of its own.

Names are few, so that two models have most of them in common; rows are such that every model's checks, keys and types
can hold them, since no script works for rows that contradict its model. For the same reason no column that one model
lacks is NOT NULL in the other without a value for existing rows: the second model gives such columns a default of its
own, the first has them in every table.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st

Key = tuple[tuple[str, ...], dict[str, Any]]
KEYS: tuple[Key, ...] = (*[(("id",), {})] * 3, (("id", "a"), {}), (("b", "id"), {}), (("b",), {}))


@dataclass(frozen=True)
class Kind:
    """A type of a column.

    :param make: makes the type; of an enum, with the labels that the model gives to its enums.
    :param defaults: server defaults that it can have. :param value: the value of the n-th row.
    :param is_number: whether ``> 0`` makes sense. :param is_text: whether ``lower()`` does.
    :param fills: whether the first row's value can be written as SQL.
    """

    make: Callable[[tuple[str, ...]], Any]
    defaults: tuple[Any, ...] = ()
    value: Callable[[int], Any] = str
    is_number: bool = False
    is_text: bool = False
    fills: bool = True


@dataclass(frozen=True)
class Menu:
    """What a backend has.

    :param families: by column name, types that values can go between.
    :param labels: of the model's enums; rows use ``1`` and ``2``.
    :param computed: expressions for column ``g``, of ``a`` where that is a number.
    :param counters: what makes ``id`` count: a word for ``autoincrement``, or an identity.
    :param primaries: columns of the primary key, options. :param primary_names: what the key's name begins with.
    :param checks: name, expression, columns that must be numbers, columns that must be texts.
    :param uniques: name, columns, options.
    :param indexes: name, keys (names or SQL), options, columns that must be texts.
    :param predicates: conditions that one more index has, alone or combined: SQL, columns that must be numbers, columns
        that must be texts, columns that must be there. :param where: the option of that index.
    :param keys: options of foreign keys; none: there are no foreign keys.
    :param excludes: constructors of exclusion constraints, and the columns that they need.
    :param options: keyword arguments of the table; the last is for one that no foreign key starts from or leads to.
    :param sequences: options of the sequence ``counter``, which belongs to no column.
    :param tables: the tables beside ``t0`` that a model may have.
    :param comments: whether tables and columns have comments.
    :param without: the items of `ranging.LIST` that it leaves out.
    :param required: whether columns without a default may be NOT NULL.
    """

    families: dict[str, tuple[Kind, ...]]
    labels: tuple[tuple[str, ...], ...] = (("1", "2", "x"), ("2", "1", "x"), ("1", "2", "y", "x", "z"), ("1", "2"))
    computed: tuple[Any, ...] = (None,)
    counters: tuple[Any, ...] = ("auto", False)
    primaries: tuple[Key, ...] = KEYS
    primary_names: tuple[str, ...] = ("pk", "pkey")
    checks: tuple[tuple[str | None, str, tuple[str, ...], tuple[str, ...]], ...] = ()
    uniques: tuple[tuple[str | None, tuple[str, ...], dict[str, Any]], ...] = ()
    indexes: tuple[tuple[str, tuple[str, ...], dict[str, Any], tuple[str, ...]], ...] = ()
    predicates: tuple[tuple[str, str, str, str], ...] = ()
    where: str = ""
    keys: tuple[dict[str, Any], ...] = ({},)
    excludes: tuple[tuple[Callable[[str], Any], tuple[str, ...]], ...] = ()
    options: tuple[dict[str, Any], ...] = ({},)
    comments: bool = False
    sequences: tuple[dict[str, Any] | None, ...] = (None,)
    tables: tuple[str, ...] = ("t1", "t2")
    required: bool = True
    without: frozenset[str] = frozenset()

    def without_sequence(self) -> Menu:
        """The menu without the defaults that the sequence gives."""

        def fixed(kind: Kind) -> Kind:
            return replace(kind, defaults=tuple(each for each in kind.defaults if "counter" not in str(each)))

        return replace(self, families={name: (*map(fixed, kinds),) for name, kinds in self.families.items()})


@dataclass(frozen=True)
class ColumnChoice:
    """:param fill: the model's own default, for rows that are there; None: none."""

    kind: Kind
    type_: Any
    default: Any
    nullable: bool
    comment: str | None
    fill: Any = None


@dataclass(frozen=True)
class TableChoice:
    """:param links: foreign keys by the table they lead to: name, options."""

    columns: dict[str, ColumnChoice]
    primary: tuple[str | None, tuple[str, ...], dict[str, Any]]
    counter: Any
    computed: Any = None
    checks: tuple[Any, ...] = ()
    uniques: tuple[Any, ...] = ()
    indexes: tuple[Any, ...] = ()
    links: dict[str, tuple[str | None, dict[str, Any]]] = field(default_factory=dict)
    exclude: Any = None
    options: dict[str, Any] = field(default_factory=dict)
    comment: str | None = None


@dataclass(frozen=True, repr=False)
class Model:
    """A model: tables by name, of which every one may refer to every one."""

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
        """Two rows for each table; an identity column that is GENERATED ALWAYS gives the same numbers."""
        return {
            name: [
                {column: said.kind.value(n) for column, said in choice.columns.items()}
                | {_link(target): n for target in choice.links}
                | ({} if _identity(choice) is not None and _identity(choice).always else {"id": n})
                for n in (1, 2)
            ]
            for name, choice in self.tables.items()
        }


def _identity(choice: TableChoice) -> Any:
    return choice.counter() if callable(choice.counter) else None


def _link(target: str) -> str:
    return f"to_{target}"


def _table(name: str, choice: TableChoice, metadata: sa.MetaData) -> None:
    primary, keys, key_options = choice.primary
    identity = _identity(choice)
    counts = "auto" if identity is not None or (choice.counter is True and "id" not in keys) else choice.counter
    columns = [sa.Column("id", sa.Integer, *filter(None, [identity]), nullable=False, autoincrement=counts)]
    for column, said in choice.columns.items():
        columns.append(
            sa.Column(
                column,
                said.type_(),
                server_default=said.default,
                default=said.fill,
                nullable=said.nullable,
                comment=said.comment,
            )
        )
    if choice.computed is not None:
        columns.append(sa.Column("g", sa.Integer, choice.computed()))
    parts: list[Any] = [sa.PrimaryKeyConstraint(*keys, name=primary, **key_options)]
    for target, (given, options) in choice.links.items():
        columns.append(sa.Column(_link(target), sa.Integer))
        parts.append(sa.ForeignKeyConstraint([_link(target)], [f"{target}.id"], name=given, **options))
    parts += [sa.CheckConstraint(sql, name=given and f"{given}_{name}") for given, sql, _, _ in choice.checks]
    parts += [
        sa.UniqueConstraint(*names, name=given and f"{given}_{name}", **options)
        for given, names, options in choice.uniques
    ]
    if choice.exclude is not None:
        parts.append(choice.exclude(name))
    table = sa.Table(name, metadata, *columns, *parts, comment=choice.comment, **choice.options)
    for given, index_keys, options, _ in choice.indexes:
        expressions = [table.c[key] if key in table.c else sa.text(key) for key in index_keys]
        sa.Index(f"{given}_{name}", *expressions, _table=table, **options)


def pairs(menu: Menu) -> st.SearchStrategy[tuple[Model, Model]]:
    """Two models."""
    return st.tuples(models(menu, fills=False), models(menu, fills=True))


@st.composite
def models(draw: st.DrawFn, menu: Menu, *, fills: bool) -> Model:
    """A model; with ``fills`` its NOT NULL columns have values for rows that lack them."""
    names = ["t0", *[name for name in menu.tables if draw(st.integers(0, 2)) == 0]]
    links = [(one, other) for one in names for other in names if menu.keys and draw(st.integers(0, 5)) == 0]
    labels = draw(st.sampled_from(menu.labels))
    sequence = draw(st.sampled_from(menu.sequences))
    possible = menu if sequence is not None else menu.without_sequence()
    return Model({name: draw(_tables(possible, name, links, labels, fills)) for name in names}, sequence)


@st.composite
def _tables(
    draw: st.DrawFn, menu: Menu, name: str, links: list[tuple[str, str]], labels: tuple[str, ...], fills: bool
) -> TableChoice:
    is_target = any(target == name for _, target in links)
    keys, key_options = menu.primaries[0] if is_target else draw(st.sampled_from(menu.primaries))
    rare = {column for column in menu.families if draw(st.integers(0, 1 if column in "cd" else 3))}
    families = [column for column in menu.families if column in "ab" or column not in rare]
    columns = {column: draw(_columns(menu, column, column in keys, labels, fills)) for column in families}
    numbers = {column for column, choice in columns.items() if choice.kind.is_number}
    texts = {column for column, choice in columns.items() if choice.kind.is_text}

    def some(pool: tuple[Any, ...], fits: Callable[[Any], bool]) -> tuple[Any, ...]:
        chosen = [item for item in pool if fits(item) and draw(st.integers(0, 3)) == 0]
        unique: dict[Any, Any] = {}
        for item in chosen:
            unique.setdefault(item[0] or item[1], item)
        return tuple(unique.values())

    atoms = [
        sql
        for sql, of_numbers, of_texts, needed in menu.predicates
        if numbers.issuperset(of_numbers) and texts.issuperset(of_texts) and columns.keys() >= {*needed}
    ]
    partial = [("ip", ("a",), {menu.where: sa.text(draw(_conditions(atoms)))}, ())] if atoms else []
    is_linked = any(name in link for link in links)
    excludes = [None, *[make for make, needed in menu.excludes if columns.keys() >= {*needed}]]
    return TableChoice(
        columns,
        primary=(None if name == "t0" else draw(st.sampled_from(menu.primary_names)) + f"_{name}", keys, key_options),
        counter=draw(st.sampled_from(menu.counters)),
        computed=draw(st.sampled_from(menu.computed)) if "a" in numbers else None,
        checks=some(menu.checks, lambda check: numbers.issuperset(check[2]) and texts.issuperset(check[3])),
        uniques=some(menu.uniques, lambda unique: columns.keys() >= {*unique[1], *_included(unique)}),
        indexes=some(
            (*menu.indexes, *partial),
            lambda index: (
                texts.issuperset(index[3])
                and all(key in columns for key in (*index[1], *_included(index)) if key.isidentifier())
            ),
        ),
        links={target: draw(_keys(menu, name, target)) for source, target in links if source == name},
        exclude=draw(st.sampled_from(excludes)),
        options=draw(st.sampled_from((menu.options[:-1] or menu.options) if is_linked else menu.options)),
        comment=draw(st.sampled_from([None, "said", "it's said"])) if menu.comments else None,
    )


def _conditions(atoms: list[str]) -> st.SearchStrategy[str]:
    """Conditions, alone or nested with AND, OR and NOT."""
    return st.recursive(
        st.sampled_from(atoms),
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda both: f"{both[0]} AND ({both[1]})"),
            st.tuples(inner, inner).map(lambda both: f"({both[0]}) OR {both[1]}"),
            inner.map(lambda one: f"NOT ({one})"),
        ),
        max_leaves=4,
    )


def _included(part: Any) -> list[str]:
    included: list[str] = part[2].get("postgresql_include", [])
    return included + (["a"] if "a IS NOT NULL" in str(part[2].get("postgresql_where")) else [])


@st.composite
def _keys(draw: st.DrawFn, menu: Menu, name: str, target: str) -> tuple[str | None, dict[str, Any]]:
    """Names of keys are declared or left to the database for each kind: those of the database are not renamed."""
    options = draw(st.sampled_from(menu.keys))
    return (None if "onupdate" in options or "deferrable" in options else f"fk_{name}_{target}"), options


@st.composite
def _columns(
    draw: st.DrawFn, menu: Menu, name: str, is_key: bool, labels: tuple[str, ...], fills: bool
) -> ColumnChoice:
    kind = draw(st.sampled_from(menu.families[name]))
    made = kind.make(labels)
    enums = made().enums if isinstance(made(), sa.Enum) else None
    default = draw(st.sampled_from([None, *[each for each in kind.defaults if enums is None or each in enums]]))
    fill = kind.value(1) if menu.required and kind.fills and isinstance(kind.value(1), _WRITABLE) else None
    can_be_required = default is not None or (fill is not None and (fills or name in "ab"))
    nullable = not is_key and not (can_be_required and draw(st.booleans()))
    comment = draw(st.sampled_from([None, "of it"])) if menu.comments else None
    needs_fill = fills and default is None and not nullable
    return ColumnChoice(kind, made, default, nullable, comment, fill if needs_fill else None)


_WRITABLE = (int, float, Decimal, str, dt.date, uuid.UUID)
