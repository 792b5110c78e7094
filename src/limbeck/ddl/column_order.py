"""The order of the columns of a rebuilt table: what a batch says by `partial_reordering` and by places of columns."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Pairs = set[tuple[str, str]]
    """Columns of which the first is to stand before the second."""


class Place(NamedTuple):
    """Where an added column is to stand."""

    before: str | None = None
    after: str | None = None


def wished(reordering: Iterable[Sequence[str]]) -> Pairs:
    """The pairs of columns that `partial_reordering` asks for."""
    return {(first, second) for names in reordering for first, second in pairwise(names) if first != second}


def moved(columns: Sequence[str], wishes: Pairs) -> list[str]:
    """``columns`` sorted by ``wishes``; those without a wish keep their order."""
    if not wishes:
        return list(columns)
    names = {name for pair in wishes for name in pair}
    return _sorted(columns, wishes | set(pairwise([name for name in columns if name not in names])))


def classic(old: Sequence[str], gone: set[str], added: Mapping[str, Place], wishes: Pairs | None) -> list[str]:
    """The columns as Alembic sorts them: with `partial_reordering`, nothing but its wishes and the places counts.

    :param old: the columns of the old table. :param gone: those of them that are dropped. :param added: the new ones.
    :param wishes: None without `partial_reordering`.
    """
    order = [name for name in old if name not in added]
    pairs = _between(order, added) if wishes is None else set(wishes)
    for name, (before, after) in added.items():
        pairs |= {(after, name)} if after is not None else set()
        pairs |= {(name, before)} if before is not None else set()
    if wishes is not None:
        order = [name for name in order if name not in gone]
    return [name for name in _sorted([*order, *added], pairs) if name not in gone]


def _between(old: Sequence[str], added: Mapping[str, Place]) -> Pairs:
    """The old columns in their order, each added one between two of them, or behind all."""
    before: dict[str, str | None] = dict(zip(old[1:], old, strict=False))
    after: dict[str, str | None] = dict(pairwise(old))
    pairs = set(pairwise(old))
    for name, place in added.items():
        lower = place.after if place.after in old else before.get(place.after or place.before or "")
        upper = place.before if place.before in old else after.get(place.before or place.after or "")
        if place == Place():
            lower = old[-1] if old else None
        before[name], after[name] = lower, upper
        pairs |= {(lower, name)} if lower is not None else set()
        pairs |= {(name, upper)} if upper is not None else set()
    return pairs


def _sorted(columns: Sequence[str], pairs: Pairs) -> list[str]:
    from sqlalchemy.util import topological

    return list(topological.sort(pairs, columns, deterministic_order=True))
