"""The check that a database which yesterday's history made comes out as one that today's history makes from empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.databases import Environment
from limbeck.results import HistoryFinding
from limbeck.schema import differences
from limbeck.script.git import scripts_at

from .subject import NotCheckedError, Subject, first_line, schemas

if TYPE_CHECKING:
    from collections.abc import Iterator


_SHORT = 12
"""Characters of a commit that are shown."""


def upgrades_from_published(subject: Subject) -> Iterator[HistoryFinding]:
    """A database at yesterday's heads, as a branch or commit of git has them, is upgraded to today's schema."""
    if subject.since is None:
        raise NotCheckedError("no branch or commit is named that has yesterday's history: --since, --changed")
    today, published = subject.environment, f"the heads of {subject.since[:_SHORT]}"
    steps = subject.runnable()
    with subject.copy(steps) as twin:
        expected = schemas(twin)
    with scripts_at(today.script, subject.since) as script:
        lost = sorted(set(script.get_heads()) - set(today.script.revision_map.graph.nodes))
        if lost:
            message = f"A database at {published} stands at what is no longer there: {', '.join(lost)}"
            yield HistoryFinding(None, message)
            return
        yesterday = Subject(Environment(today.config, script, today.run), ())
        with yesterday.copy(yesterday.runnable()) as twin:
            try:
                twin.run(lambda rows, _context: today.script.steps(today.script.plan_upgrade("heads", rows)))
            except Exception as error:  # noqa: BLE001 whatever a script raises is what is looked for
                message = f"A database at {published} cannot be upgraded"
                yield HistoryFinding(None, message, (first_line(error),))
                return
            found = schemas(twin)
    lines = tuple(
        line for made, wanted in zip(found, expected, strict=True) for line in differences(made, wanted, "is left over")
    )
    if lines:
        message = (
            f"A database at {published}, upgraded, has another schema than the history makes of an "
            "empty one: a revision was changed that databases have run"
        )
        yield HistoryFinding(None, message, lines)
