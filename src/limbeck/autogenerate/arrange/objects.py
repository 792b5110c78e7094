"""Operations on views, functions and triggers, around those on tables."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, cast

from limbeck.objects.order import in_order
from limbeck.operations.objects import CreateObject, ObjectOp, ReplaceObject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .edits import Operations
    from .facts import Facts


def put_objects_around(operations: Operations, facts: Facts) -> Operations:
    """Put operations on objects before or after all others, as the comparison has decided; their order stays."""
    first = [each for each in operations if isinstance(each, ObjectOp) and each.comes_first]
    last = [each for each in operations if isinstance(each, ObjectOp) and not each.comes_first]
    return [*first, *(each for each in operations if not isinstance(each, ObjectOp)), *last]


def restate_objects(operations: Operations, facts: Facts) -> Operations:
    """Give objects their former definition after the types of columns below them are the former ones.

    The server writes a definition with the types of the moment, as ``total > (10)::numeric``. Repeatable ones stay as
    they are on the way down: there is one text of them.
    """
    operations = [each for each in operations if not (isinstance(each, CreateObject) and each.of_repeatable)]
    retyped = [each for each in operations if isinstance(each, ReplaceObject) and each.is_retyped]
    moved = [each for each in retyped if not each.is_early_back]
    late = [each if each in moved else each.again() for each in retyped]
    staying = [each for each in operations if each not in moved]
    created = list(takewhile(lambda each: isinstance(each, CreateObject), reversed(staying)))[::-1]
    return [*staying[: len(staying) - len(created)], *_by_mention([*late, *cast("list[CreateObject]", created)])]


def _by_mention(operations: Sequence[CreateObject | ReplaceObject]) -> list[CreateObject | ReplaceObject]:
    """``operations``, each after those on objects that its definition mentions."""
    if not any(isinstance(each, ReplaceObject) for each in operations):
        return list(operations)
    by_definition = [(each.to_definition(), each) for each in operations]
    found = {id(definition): each for definition, each in by_definition}
    return [found[id(definition)] for definition in in_order([definition for definition, _ in by_definition])]
