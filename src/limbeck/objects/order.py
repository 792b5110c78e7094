"""An order in which objects can be created: each after those that its text mentions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .statement import mentioned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .definition import ObjectDefinition

_PLAIN = re.compile(r"[^\W\d]\w*")


def in_order(objects: Sequence[ObjectDefinition]) -> list[ObjectDefinition]:
    """``objects``, each after those whose names its text has; otherwise as they are declared.

    A name in a text need not mean the object, and functions may call each other, so a circle is no fault here: it is
    left as declared, and the server says whether it matters.
    """
    needs = _needs(objects)
    placed: dict[int, None] = {}
    for start in range(len(objects)):
        path = [start]
        entered = set(placed)
        while path:
            current = path[-1]
            entered.add(current)
            following = next((each for each in needs[current] if each not in entered), None)
            if following is None:
                placed[path.pop()] = None
            else:
                path.append(following)
    return [objects[position] for position in placed]


def circle(objects: Sequence[ObjectDefinition]) -> list[ObjectDefinition]:
    """Objects each of which mentions the next one, the last one the first; empty where there are none."""
    needs = _needs(objects)
    done: set[int] = set()
    for start in range(len(objects)):
        path = [start]
        while path:
            following = next((each for each in needs[path[-1]] if each not in done), None)
            if following is None:
                done.add(path.pop())
            elif following in path:
                return [objects[position] for position in path[path.index(following) :]]
            else:
                path.append(following)
    return []


def _needs(objects: Sequence[ObjectDefinition]) -> list[list[int]]:
    """Of each object the positions of those that its text mentions."""
    plain: dict[str, list[int]] = {}
    odd: dict[str, list[int]] = {}
    for position, each in enumerate(objects):
        name = each.id.name
        kind, key = (plain, name.lower()) if _PLAIN.fullmatch(name) else (odd, name.replace('"', '""'))
        kind.setdefault(key, []).append(position)
    found = []
    for position, each in enumerate(objects):
        text = each.sql if each.id.table is None else f"{each.sql} {each.id.table}"
        names = [plain[word] for word in mentioned(text) & plain.keys()]
        names += [positions for name, positions in odd.items() if name in text]
        found.append(sorted({one for positions in names for one in positions} - {position}))
    return found
