"""Revision files without a literal header: to be imported, identified by their file name, broken, or no revisions."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from limbeck.errors import warn

from .files import stem
from .header import BROKEN, DYNAMIC, LITERAL, STRAY, Header, checked, misspelled
from .load import imported_header
from .script import Script

if TYPE_CHECKING:
    from types import ModuleType

LEGACY_NAME = frozenset("0123456789abcdef")


class BrokenFile:
    """A revision file that is left out of the graph because its header cannot be determined.

    :param path: the file.
    :param line: line of the problem, or None.
    :param problem: what is wrong.
    """

    __slots__ = ("line", "path", "problem")

    def __init__(self, path: str, line: int | None, problem: str) -> None:
        self.path = path
        self.line = line
        self.problem = problem


def script_of(path: str, fields: tuple[Any, ...], broken: list[BrokenFile], *, strict: bool) -> Script | None:
    """The script at ``path``, or None with a warning where it is left out.

    :param fields: the fields of its `Header`.
    :param broken: a file that is left out because it is broken is appended to this list.
    :param strict: take no id from the name of a file that seems to misspell 'revision'.
    """
    found, module = _settled(path, Header(*fields), strict=strict)
    if found.state == STRAY:
        near = misspelled(path)
        warn(
            f"Could not determine revision id from filename {os.path.basename(path)}: the file is ignored. "
            "Be sure the 'revision' variable is declared inside the script.",
            code="stray-file",
            hint="move a file that is no revision out of the version location"
            if near is None
            else f"did you mean 'revision' where it sets '{near[0]}'?",
            file=path,
            line=None if near is None else near[1],
        )
        return None
    if found.state == BROKEN:
        broken.append(BrokenFile(path, found.line, str(found.problem)))
        warn(
            f"Revision file can't be read: {found.problem}",
            code="broken-revision-file",
            hint="the revision is left out until the file is repaired",
            file=path,
            line=found.line,
        )
        return None
    if found.problem is not None:
        warn(
            f"Revision {found.revision} can't be run: {found.problem}",
            code="broken-revision-file",
            hint="its header was readable, so the history is whole; repair the file before running it",
            file=path,
            line=found.line,
        )
    return Script.of_header(path, found, module)


def _settled(path: str, found: Header, *, strict: bool) -> tuple[Header, ModuleType | None]:
    """The header, read from the imported module where it is dynamic, with the file name as id where it has none."""
    module = None
    if found.state == DYNAMIC:
        found, module = imported_header(path)
    if found.state == STRAY and strict and (near := misspelled(path)) is not None:
        problem = f"it sets '{near[0]}' and not 'revision'; did you mean that?"
        return found._replace(state=BROKEN, problem=problem, line=near[1]), None
    if found.state == STRAY and stem(path) and LEGACY_NAME.issuperset(stem(path)):
        found = checked(found._replace(state=LITERAL, revision=stem(path)))
    return found, module
