"""The file ``HEADS``, a line for each head: two branches of git that both add a revision conflict in it.

Without it git merges both without a word, and the history has two heads. It is kept where ``heads_file = true`` is
configured, in the first version location. Only ids are compared; the messages beside them are for people.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from .write import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .script import Script

NAME = "HEADS"
_MARK = re.compile(r"(?:<{7}|={7}|>{7}|\|{7})(?: .*)?")
"""A line by which git marks a conflict."""


class HeadsFile(NamedTuple):
    """What stands in the file.

    :param ids: the ids of its lines. :param is_conflict: whether git has left a conflict in it.
    """

    ids: frozenset[str]
    is_conflict: bool


def path(folder: str) -> str:
    """The file of a folder."""
    return os.path.join(folder, NAME)


def read(folder: str) -> HeadsFile | None:
    """What the file of a folder says; None where there is none."""
    try:
        with open(path(folder), encoding="utf-8") as stream:
            lines = [line.strip() for line in stream]
    except FileNotFoundError:
        return None
    ids = frozenset(line.split()[0] for line in lines if line and not _MARK.fullmatch(line))
    return HeadsFile(ids, any(_MARK.fullmatch(line) for line in lines))


def write(folder: str, heads: Iterable[Script]) -> None:
    """Write the file of a folder; raises `CommandError` where the system refuses."""
    write_whole(path(folder), text(heads).encode())


def text(heads: Iterable[Script]) -> str:
    """A line for each head, by id: the id, and the first line of its message."""
    lines = {head.revision: f"{head.revision}  {head.doc}".rstrip() for head in heads}
    return "".join(f"{lines[name]}\n" for name in sorted(lines))


def differences(found: HeadsFile | None, heads: Iterable[Script]) -> list[str]:
    """What is wrong with the file, in words; nothing where it is as it should be."""
    ids = {head.revision for head in heads}
    if found is None:
        return ["there is no such file"]
    wrong = ["git has left a conflict in it"] if found.is_conflict else []
    wrong += [f"it names {name}, which is no head" for name in sorted(found.ids - ids)]
    return wrong + [f"the head {name} is missing" for name in sorted(ids - found.ids)]
