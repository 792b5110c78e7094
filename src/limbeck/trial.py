"""Trials: the steps of a plan run for real, and leave nothing.

A dry run is a transaction on the database itself that is rolled back; otherwise the steps run on a scratch database,
which is dropped. Both tell what was sent, also by scripts that read results.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import event

from . import repeatables, scratch
from .errors import CommandError
from .repeatables import RepeatableStep
from .results import SentStatement
from .runtime.logging_sections import silent
from .runtime.migration import log
from .script.steps import MigrationStep, RevisionStep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection

    from .databases import Environment
    from .repeatables import Repeatable
    from .results import RepeatableObject
    from .runtime.migration import MigrationContext

    Steps = Callable[[tuple[str, ...], MigrationContext], Sequence[MigrationStep]]


class Tried(NamedTuple):
    """A step that was tried.

    :param what: its revision, or the repeatable object that was replaced. :param sent: the statements that it sent.
    :param seconds: how long it took.
    """

    what: str | RepeatableObject
    sent: tuple[SentStatement, ...]
    seconds: float


class _Real(NamedTuple):
    """A real database.

    :param held: its repeatable objects, which no revision makes and revisions have to mind.
    :param steps: what is tried.
    """

    held: Sequence[Repeatable]
    steps: tuple[MigrationStep, ...]


def dry_run(environment: Environment, steps: Steps, **options: object) -> list[list[Tried]]:
    """Run the steps that ``steps(rows, context)`` gives for each database in a transaction that is rolled back.

    Version rows, history and ``on_version_apply`` are left out. The locks of the steps are held until the end.

    :param options: of `EnvironmentContext`.
    :return: the steps of each database.
    :raises CommandError: where DDL is not transactional, and where a script would commit; so does a script.
    """
    tried: list[list[Tried]] = []

    def run(rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        tried.append([])
        with context.rolled_back():
            for step in _noted(steps(rows, context), context, tried[-1]):
                step.migration_fn(**context.run_arguments)
        return []

    with _noting("in a dry run, which was rolled back"):
        environment.run(run, dont_mutate=True, **options)
    return tried


def on_scratch(environment: Environment, steps: Steps, **options: object) -> list[list[Tried]]:
    """Run the steps that ``steps(rows, context)`` gives on scratch databases, brought to where the real ones are.

    The context is that of a real database. Its repeatable objects are created on the scratch one before.

    :param options: of `EnvironmentContext`.
    :return: the steps of each database.
    :raises CommandError: as `limbeck.scratch.copies`; so does a script.
    """
    tried: dict[MigrationContext, list[Tried]] = {}
    real: list[_Real] = []

    def look(rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        real.append(_Real(repeatables.present(context), tuple(steps(rows, context))))
        return []

    environment.run(look, dont_mutate=True, **options)
    of_databases = iter(real)
    found: dict[MigrationContext, _Real] = {}

    def run(_rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        if context not in found:
            found[context] = next(of_databases)
        tried[context] = []
        there = [each.on(context) if isinstance(each, RepeatableStep) else each for each in found[context].steps]
        held = RepeatableStep(found[context].held, context, environment.script.revision_map).on(context)
        return [*([held] if found[context].held else []), *_noted(there, context, tried[context])]

    with scratch.copies(environment) as twin, _noting("on a scratch database, which was dropped"), silent(log):
        twin.run(run, **options)
    return list(tried.values())


@contextmanager
def _noting(where: str) -> Iterator[None]:
    """Add to an error of the block where the steps ran."""
    try:
        yield
    except Exception as error:
        if not (isinstance(error, CommandError) and error.code in {"no-dry-run", "no-scratch"}):
            error.add_note(f"this was {where}: the database is as before")
        raise


class Surrounded(RevisionStep):
    """A step whose function runs in a block.

    :param step: the step. :param block: makes the block.
    """

    def __init__(self, step: RevisionStep, block: Callable[[], AbstractContextManager[None]]) -> None:
        super().__init__(step.revision_map, step.revision, step.is_upgrade, step.plan_step)
        self._block = block

    @property
    def only_calls_operations(self) -> bool:
        """False: its block may ask the database, so it runs by itself."""
        return False

    @property
    def only_sends_statements(self) -> bool:
        """False, for the same reason."""
        return False

    @property
    def migration_fn(self) -> Callable[..., object]:
        """The function of the script, in its block."""
        function = super().migration_fn

        def run(**arguments: object) -> None:
            with self._block():
                function(**arguments)

        return run


def _noted(steps: Iterable[MigrationStep], context: MigrationContext, found: list[Tried]) -> Iterator[MigrationStep]:
    """The steps that run something, each of which notes what it sends."""
    for step in steps:
        if isinstance(step, RevisionStep):
            yield _timed(step, context, found)
        elif isinstance(step, RepeatableStep):
            yield _of_objects(step, context, found)


def _of_objects(step: RepeatableStep, context: MigrationContext, found: list[Tried]) -> RepeatableStep:
    """A step that notes of each repeatable object what was sent, and how long it took; not in the history."""
    sent: list[SentStatement] = []

    def note(each: Repeatable, seconds: float) -> None:
        found.append(Tried(each.result, tuple(sent), seconds))
        sent.clear()

    return step.noted(note, lambda: observing(context.connection, sent))


def _timed(step: RevisionStep, context: MigrationContext, found: list[Tried]) -> Surrounded:
    """A step that notes what it sends, and how long it takes, once it has run."""

    @contextmanager
    def noting() -> Iterator[None]:
        begun = time.perf_counter()
        sent: list[SentStatement] = []
        with observing(context.connection, sent):
            yield
        found.append(Tried(step.revision.revision, tuple(sent), time.perf_counter() - begun))

    return Surrounded(step, noting)


@contextmanager
def observing(connection: Connection | None, sent: list[SentStatement]) -> Iterator[None]:
    """Note the statements that are sent on ``connection`` in the block; equal ones in a row count as one."""

    def note(
        _connection: object, cursor: object, statement: str, parameters: object, _context: object, many: bool
    ) -> None:
        times = len(parameters) if many and isinstance(parameters, list | tuple) else 1
        count = getattr(cursor, "rowcount", -1)
        rows = count if isinstance(count, int) and count >= 0 else None
        last = sent[-1] if sent and sent[-1].sql == statement else None
        if last is not None:
            sent.pop()
            times += last.times
            rows = None if rows is None or last.rows is None else rows + last.rows
        sent.append(SentStatement(statement, times, rows))

    if connection is None:
        yield
        return
    event.listen(connection, "after_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(connection, "after_cursor_execute", note)
