"""The revisions: whether the graph can be built, and what of it is worth knowing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import CommandError

from .finding import DIFFERS, NOTE, STOPS, Finding
from .settings import of_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.errors import LimbeckWarning
    from limbeck.script import ScriptDirectory

CLASSIC_WIDTH = 32
BROKEN = frozenset({"broken-revision-file"})


def check(script: ScriptDirectory) -> Iterator[Finding]:
    """Duplicate ids, missing parents, cycles, several heads, long ids; files that cannot be read are warned of."""
    try:
        heads = script.get_heads()
    except CommandError as error:
        yield of_error(error)
        return
    if len(heads) > 1:
        what = f"{len(heads)} heads: {', '.join(sorted(heads))}"
        yield Finding(
            NOTE, "several-heads", what, "`upgrade heads` goes to all, as in Alembic; `merge heads` joins them"
        )
    if script.longest_id() > CLASSIC_WIDTH:
        what = f"a revision id has {script.longest_id()} characters; Alembic's version table holds {CLASSIC_WIDTH}"
        do = "nothing: a new version table is made wide enough; a present one is checked before anything runs"
        yield Finding(DIFFERS, "wide-ids", what, do)


def of_warning(warning: LimbeckWarning) -> Finding:
    """What a command would warn of, as a finding."""
    weight = STOPS if warning.code in BROKEN else DIFFERS
    return Finding(weight, warning.code, str(warning), warning.hint or "correct it", warning.file, warning.line)
