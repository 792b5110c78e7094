"""The history: whether a graph can be made of the revisions, and what of it differs under Alembic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import CommandError
from limbeck.findings import Finding

from .settings import of_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.errors import LimbeckWarning
    from limbeck.findings import Severity
    from limbeck.script import ScriptDirectory

CLASSIC_WIDTH = 32
"""Longest revision id, in characters, that the version table of Alembic holds."""
BROKEN = frozenset({"broken-revision-file"})
"""Codes of warnings after which a revision is missing from the history."""


def check(script: ScriptDirectory) -> Iterator[Finding]:
    """Errors of the graph (duplicate ids, missing parents, cycles), several heads and long ids."""
    try:
        heads = script.get_heads()
    except CommandError as error:
        yield of_error(error)
        return
    if len(heads) > 1:
        message = f"{len(heads)} heads: {', '.join(sorted(heads))}"
        yield Finding(
            "several-heads", "info", message, "`upgrade heads` goes to all, as in Alembic; `merge heads` joins them"
        )
    if script.longest_id() > CLASSIC_WIDTH:
        message = f"a revision id has {script.longest_id()} characters; Alembic's version table holds {CLASSIC_WIDTH}"
        hint = "nothing: a new version table is made wide enough; a present one is checked before anything runs"
        yield Finding("wide-ids", "warning", message, hint)


def of_warning(warning: LimbeckWarning) -> Finding:
    """A warning that a command would issue, as a finding."""
    severity: Severity = "error" if warning.code in BROKEN else "warning"
    return Finding(warning.code, severity, str(warning), warning.hint or "correct it", warning.file, warning.line)
