"""``limbeck merge --auto``: heads are merged where no revision of one side touches what one of the other does.

What revisions touch is told by a rehearsal on a scratch database of where the sides part. It is proved by scratch
databases that get the sides in either order: both have to come out alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from limbeck import rehearsal, scratch, verbs
from limbeck.graph.edges import closure
from limbeck.operations.in_words import in_words
from limbeck.results import Clash, ClashingAction, PlannedUnknown
from limbeck.runtime.logging_sections import silent
from limbeck.runtime.migration import log
from limbeck.schema import Schema, differences, read

from .touched import is_unread, touches, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from limbeck.databases import Environment
    from limbeck.graph.graph import Graph
    from limbeck.rehearsal import Rehearsal, Rehearsed
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script import Script
    from limbeck.script.steps import MigrationStep

    from .touched import Touch


@dataclass(frozen=True)
class Merge:
    """Whether heads can be merged.

    :param heads: their ids. :param clashes: what revisions of two sides both touch.
    :param unknown: where it cannot be known what a revision does.
    :param differs: what comes out otherwise where the sides run in another order, a line each.
    """

    heads: tuple[str, ...]
    clashes: tuple[Clash, ...] = ()
    unknown: tuple[PlannedUnknown, ...] = ()
    differs: tuple[str, ...] = ()

    @property
    def is_safe(self) -> bool:
        """Whether it makes no difference in which order the sides run."""
        return not (self.clashes or self.unknown or self.differs)


def examine(environment: Environment, heads: Sequence[str]) -> Merge:
    """Whether heads can be merged; the databases of the environment are only read.

    :param heads: ids of the revisions.
    :raises CommandError: where there is no scratch database, or the history fails on an empty one.
    """
    graph = environment.script.revision_map.graph
    sides = {head: closure([head], graph.edges.downs) for head in heads}
    common = set.intersection(*sides.values())
    fork = tuple(name for name in graph.nodes if name in common and not common & set(graph.edges.ups.get(name, ())))
    found: dict[Clash, None] = {}
    unsure: dict[PlannedUnknown, None] = {}

    def rank(seen: _Seen) -> int:
        return next(number for number, head in enumerate(heads) if seen.script.revision in sides[head])

    def steps(rows: tuple[str, ...], _context: MigrationContext) -> Sequence[MigrationStep]:
        return environment.script.steps(environment.script.plan_upgrade(tuple(heads), rows))

    def look(what: Rehearsal) -> None:
        seen = sorted((_Seen(one, what.context) for one in what.steps), key=rank)
        found.update(dict.fromkeys(_clashes(seen, graph)))
        unsure.update(dict.fromkeys(one for each in seen for one in each.unknown()))

    with silent(log), scratch.copies(environment, at=fork or "base") as twin:
        rehearsal.rehearse(twin, steps, look)
    if found or unsure:
        return Merge(tuple(heads), tuple(found), tuple(unsure))
    return Merge(tuple(heads), differs=tuple(_in_either_order(environment, heads)))


class _Seen:
    """A rehearsed revision and what it touches.

    :param done: the rehearsed step. :param context: the context that wrote its statements.
    """

    def __init__(self, done: Rehearsed, context: MigrationContext) -> None:
        script = done.step.script
        assert script is not None, "only revisions are rehearsed"  # noqa: S101
        self.script: Script = script
        self.touches = list(touches(done, context))
        self._done = done
        self._unread = [(one, why) for one in done.actions if (why := is_unread(one, context)) is not None]

    def unknown(self) -> Iterator[PlannedUnknown]:
        """Where it is not known what it does."""
        for one in unknown(self._done):
            yield PlannedUnknown(one.what, one.file, one.line, one.ends)
        for action, why in self._unread:
            yield PlannedUnknown(why.why, action.file, action.line, ends=False)

    def clashing(self, touch: Touch) -> ClashingAction:
        """What it does there."""
        action = touch.action
        text = in_words(action.operation, action.table, action.sql)
        return ClashingAction(self.script.revision, self.script.doc, text, action.file, action.line)


def _clashes(seen: Sequence[_Seen], graph: Graph) -> Iterator[Clash]:
    below = {one.script.revision: closure([one.script.revision], graph.edges.downs) for one in seen}
    for one, other in combinations(seen, 2):
        if one.script.revision in below[other.script.revision] or other.script.revision in below[one.script.revision]:
            continue
        pairs = [(touch, second) for touch in one.touches for second in other.touches if touch.clashes(second)]
        said: set[tuple[int, int]] = set()
        for touch, second in sorted(pairs, key=lambda pair: -_exactness(*pair)):
            actions = (id(touch.action), id(second.action))
            if actions not in said:
                said.add(actions)
                what = second if touch.part is None else touch
                yield Clash(what.table or None, what.part, (one.clashing(touch), other.clashing(second)))


def _exactness(touch: Touch, second: Touch) -> int:
    """How exactly a pair says what clashes: one part, a part of a table, a table, something that is in no table."""
    return bool(touch.table) * (1 + (touch.part is not None) + (second.part is not None))


# --- the proof --------------------------------------------------------------------------------------------------------


def _in_either_order(environment: Environment, heads: Sequence[str]) -> Iterator[str]:
    """What comes out otherwise where the last side is first; the error of a side that cannot come later."""
    orders = (tuple(heads), tuple(reversed(heads)))
    made: list[list[Schema]] = []
    for order in orders:
        try:
            made.append(_schemas(environment, order))
        except Exception as error:  # noqa: BLE001 whatever a script raises
            first = str(error).partition("\n")[0]
            yield f"{order[-1]} fails after {', '.join(order[:-1])}: {type(error).__name__}: {first}"
            return
    for one, other in zip(*made, strict=True):
        yield from (f"{', '.join(orders[1])} gives another schema: {line}" for line in differences(other, one))


def _schemas(environment: Environment, order: Sequence[str]) -> list[Schema]:
    found: list[Schema] = []

    def look(_rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        found.append(read(context))
        return []

    with silent(log), scratch.copies(environment, at=order[0]) as twin:
        for head in order[1:]:
            verbs.carry_out(twin, "upgrade", head)
        twin.run(look, dont_mutate=True)
    return found
