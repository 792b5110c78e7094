"""The check that each revision is its own way back: up, down and up again, the schema compared at each station."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from limbeck.results import HistoryFinding
from limbeck.schema import Schema, differences, read
from limbeck.script.way_back import way_back as way_back_of
from limbeck.trial import Surrounded

from .failure import failed
from .subject import BlockedError, first_line, refuse_of_the_place, schemas

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from limbeck.databases import Environment
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script import Script
    from limbeck.script.steps import RevisionStep

    from .subject import Subject


def way_back(subject: Subject) -> Iterator[HistoryFinding]:
    """``downgrade()`` leads to the schema before, and ``upgrade()`` after it to the same as the first time.

    A revision that says that it is irreversible, or whose ``downgrade()`` only raises, is only taken up.
    """
    steps, wanted = subject.runnable(), subject.checked("way-back")
    begun = next((at for at, step in enumerate(steps) if step.revision.revision in wanted), len(steps))
    while begun < len(steps):
        before: list[Schema] = []
        with subject.copy(steps[:begun]) as twin:
            for step in steps[begun:]:
                begun += 1
                found: list[HistoryFinding] = []
                if step.revision.revision in wanted and has_way_back(step.revision):
                    before = list(_of_revision(twin, step, before or schemas(twin), found))
                else:
                    _up(twin, step)
                    before = []
                yield from found
                if found:
                    break  # the database is not where the history leads to: go on with a new one


def has_way_back(script: Script) -> bool:
    """Whether a revision can be taken back, by what its script says."""
    return way_back_of(script.module).kind in {"there", "empty"}


def _up(twin: Environment, step: RevisionStep) -> None:
    try:
        twin.run(lambda _rows, _context: [step])
    except Exception as error:
        refuse_of_the_place(error)
        message = f"upgrade() of {step.revision.revision} fails on an empty database: {first_line(error)}"
        raise BlockedError(message) from error


def _of_revision(
    twin: Environment, step: RevisionStep, before: Sequence[Schema], found: list[HistoryFinding]
) -> Sequence[Schema]:
    """Take a revision up, down and up, on databases that stand before it and are left after it.

    :param before: their schemas. :param found: gets what is not undone by it.
    :return: their schemas after it.
    """
    script, name, path = twin.script, step.revision.revision, step.revision.path
    after: list[Schema] = []
    back: list[Schema] = []
    again: list[Schema] = []
    failure: Exception | None = None

    def there_and_back(_rows: tuple[str, ...], context: MigrationContext) -> Sequence[RevisionStep]:
        down = script.lone_step(name, is_upgrade=False)
        return [looking(step, context, after), looking(down, context, back)]

    try:
        twin.run(there_and_back)
        twin.run(lambda _rows, context: [looking(script.lone_step(name, is_upgrade=True), context, again)])
    except Exception as error:
        refuse_of_the_place(error)
        if not after:
            raise BlockedError(f"upgrade() of {name} fails on an empty database: {first_line(error)}") from error
        failure = error
    lines = _compared(back, before)
    if lines:  # what follows from it is not said
        message = f"downgrade() does not lead back to the schema before{_count(lines)}"
        found.append(HistoryFinding(name, message, lines, path))
    elif failure is not None:
        what = "upgrade() fails after downgrade()" if len(back) == len(before) else "downgrade() fails"
        found.append(failed(step.revision, what, failure))
    elif lines := _compared(again, after):
        message = f"upgrade() after downgrade() leads to another schema than the first time{_count(lines)}"
        found.append(HistoryFinding(name, message, lines, path))
    return again


def looking(step: RevisionStep, context: MigrationContext, found: list[Schema]) -> RevisionStep:
    """A step that reads the schema as it leaves it."""

    @contextmanager
    def block() -> Iterator[None]:
        yield
        found.append(read(context))

    return Surrounded(step, block)


def _compared(found: Sequence[Schema], expected: Sequence[Schema]) -> tuple[str, ...]:
    return tuple(
        line
        for made, wanted in zip(found, expected, strict=False)
        for line in differences(made, wanted, "is left over")
    )


def _count(lines: Sequence[str]) -> str:
    return f": {len(lines)} difference{'' if len(lines) == 1 else 's'}"
