"""When and by whom revisions were made: the date that their files have, the author that git knows."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from .git import git

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .script import Script

_DATE = re.compile(rb"^Create Date:\s*(\d{4}-\d\d-\d\d[^\r\n]*)", re.MULTILINE)
_BEGIN = 2_000
"""Bytes at the start of a file in which its date is looked for."""
_COMMIT = "\x01"


class Origin(NamedTuple):
    """Where a revision comes from.

    :param date: when it was made, as its file says, else when it was committed; None where neither is known.
    :param author: who committed its file first; None where git does not know it.
    """

    date: str | None
    author: str | None


def origins(scripts: Iterable[Script]) -> dict[str, Origin]:
    """The origin of each revision, by its id."""
    found = list(scripts)
    commits = _commits({os.path.dirname(script.path) for script in found})
    made: dict[str, Origin] = {}
    for script in found:
        author, committed = commits.get(os.path.realpath(script.path), (None, None))
        made[script.revision] = Origin(_date(script.path) or committed, author)
    return made


def _date(path: str) -> str | None:
    try:
        with open(path, "rb") as stream:
            date = _DATE.search(stream.read(_BEGIN))
    except OSError:
        return None
    return None if date is None else date[1].decode("utf-8", "replace").strip()


def _commits(folders: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    """By path of a file, author and date of its first commit; nothing where git is missing or knows nothing."""
    known: dict[str, tuple[str, str]] = {}
    for folder in sorted(folders):
        top = git(folder, "rev-parse", "--show-toplevel").strip()
        if not top:
            continue
        log = ("log", "--diff-filter=AR", "-M", f"--format={_COMMIT}%an%x09%as", "--name-only", "-z", "--", ".")
        author = ("", "")
        for item in re.split(r"[\0\n]+", git(folder, *log)):
            if item.startswith(_COMMIT):
                name, _, date = item[1:].partition("\t")
                author = (name, date)
            elif item:
                known[os.path.realpath(os.path.join(top, item))] = author
    return known
