"""The check that the history leads to the schema of the models; where it does not, since which revision."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from limbeck.autogenerate.api import produce_migrations, render_python_code
from limbeck.operations.containers import OpContainer, UpgradeOps
from limbeck.operations.in_words import in_words
from limbeck.results import HistoryFinding

from .subject import NotCheckedError, each_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from limbeck.databases import Environment
    from limbeck.operations.operation import MigrateOperation
    from limbeck.runtime.migration import MigrationContext

    from .subject import Subject

    Lacking = Mapping[str, str]
    """What the history lacks: the code of each operation, and the operation in words."""


def models_equal_history(subject: Subject) -> Iterator[HistoryFinding]:
    """The history leads to the schema that the models ask for, as ``limbeck check`` compares them."""
    steps = subject.runnable()

    @cache
    def after(number: int) -> Lacking:
        with subject.copy(steps[:number]) as twin:
            return _lacking(twin)

    for code, words in after(len(steps)).items():
        message, details = f"The models ask for what the history does not lead to: {words}", tuple(code.splitlines())
        if not subject.bisects:
            yield HistoryFinding(None, message, details)
            continue
        since = _first(len(steps), lambda number, code=code: code in after(number))  # type: ignore[misc]
        script = steps[since - 1].revision if since else None
        if script is None:
            yield HistoryFinding(None, f"{message}, and no revision ever did", details)
        else:
            yield HistoryFinding(script.revision, f"{message}, since this revision", details, script.path)


def _first(last: int, holds: Callable[[int], bool]) -> int:
    """The first number from 0 to ``last`` from which on something holds that holds at ``last``, by halves."""
    low, high = 0, last
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return high


def _lacking(twin: Environment) -> Lacking:
    found: dict[str, str] = {}

    def look(context: MigrationContext) -> None:
        metadata = context.opts.get("target_metadata")
        if metadata is None:
            raise NotCheckedError("env.py gives no models: context.configure(target_metadata=...) does")
        made = produce_migrations(context, metadata).upgrade_ops
        for operation in _each(() if made is None else made.ops):
            code = render_python_code(UpgradeOps([operation]), migration_context=context)
            lines = [line.strip() for line in code.splitlines()]
            found["\n".join(line for line in lines if not line.startswith("#"))] = in_words(operation, None, ())

    each_context(twin, look)
    return found


def _each(operations: Iterable[MigrateOperation]) -> Iterator[MigrateOperation]:
    """Operations, those of containers in their place."""
    for operation in operations:
        if isinstance(operation, OpContainer):
            yield from _each(operation.ops)
        else:
            yield operation
