"""Checks that read files: the history has one head, and each revision a way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import CommandError
from limbeck.results import HistoryFinding
from limbeck.script.way_back import way_back

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .subject import Subject


def one_head(subject: Subject) -> Iterator[HistoryFinding]:
    """The history has one head, so that ``upgrade head`` knows where to go."""
    script = subject.environment.script
    heads = [script.get_revision(name) for name in script.get_heads()]
    if len(heads) > 1:
        lines = tuple(f"{head.revision}, {head.doc} ({head.path})" for head in heads)
        yield HistoryFinding(None, f"The history has {len(heads)} heads: `limbeck merge heads` joins them", lines)


def downgrades_exist(subject: Subject) -> Iterator[HistoryFinding]:
    """Each revision has a ``downgrade()``, or says ``irreversible = True``."""
    wanted = subject.checked("downgrades-exist")
    for script in subject.scripts:
        if script.revision not in wanted:
            continue
        try:
            kind = way_back(script.module).kind
        except CommandError as error:
            yield HistoryFinding(script.revision, str(error), (), error.file or script.path, error.line)
            continue
        if kind == "missing":
            message = "There is no downgrade(): write one, or `irreversible = True` where there is no way back"
            yield HistoryFinding(script.revision, message, (), script.path)
