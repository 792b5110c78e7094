"""The check that the history runs on an empty database, up to its heads."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from limbeck import repeatables
from limbeck.errors import CommandError
from limbeck.results import HistoryFinding
from limbeck.trial import Surrounded

from .failure import failed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.repeatables import RepeatableStep
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script import Script
    from limbeck.script.steps import RevisionStep

    from .subject import Subject


def upgrades_from_empty(subject: Subject) -> Iterator[HistoryFinding]:
    """Each ``upgrade()`` runs on an empty database, after those before it; so do the repeatable objects."""
    try:
        steps = subject.steps
    except CommandError as error:
        yield HistoryFinding(None, str(error), () if error.hint is None else (error.hint,), error.file, error.line)
        return
    at_work: list[Script] = []

    def noted(step: RevisionStep) -> RevisionStep:
        @contextmanager
        def noting() -> Iterator[None]:
            at_work[:] = [step.revision]
            yield

        return Surrounded(step, noting)

    with subject.copy(()) as twin:
        try:
            twin.run(lambda _rows, _context: [noted(step) for step in steps])
        except Exception as error:
            if not at_work:
                raise
            yield failed(at_work[0], "upgrade() fails on an empty database", error)
            return
        try:
            twin.run(lambda _rows, context: _of_objects(subject, context))
        except CommandError as error:
            yield HistoryFinding(None, str(error), () if error.hint is None else (error.hint,), error.file, error.line)


def _of_objects(subject: Subject, context: MigrationContext) -> list[RepeatableStep]:
    """What an upgrade to the heads does after the revisions: a database made anew has to get them."""
    script = subject.environment.script
    return repeatables.steps(context, script, script.plan_upgrade("heads", ()), runs=True)
