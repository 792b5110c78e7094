"""Rewriter: functions that change operations by their class, before they are rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from limbeck.operations.dispatch import Dispatcher
from limbeck.operations.ops import (
    DowngradeOps,
    MigrateOperation,
    MigrationScript,
    OpContainer,
    UpgradeOps,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from limbeck.runtime.migration import MigrationContext

F = TypeVar("F", bound="Callable[..., Any]")


class Rewriter:
    """A ``process_revision_directives`` hook made of functions for classes of operations.

    ``@rewriter.rewrites(ops.AddColumnOp)`` decorates a function ``(context, revision, op)`` that returns an operation,
    a list of operations, or an empty list. A rewriter changes an operation once.
    """

    _traverse = Dispatcher()
    """How to rewrite what a directive contains, by class: ``fn(rewriter, context, revision, directive)``."""

    def __init__(self) -> None:
        self.dispatch = Dispatcher()
        self._then: tuple[Any, ...] = ()

    def chain(self, other: Any) -> Rewriter:
        """A rewriter that calls this one and then ``other``, which is a rewriter or another hook."""
        chained = Rewriter()
        chained.dispatch = self.dispatch
        chained._then = (*self._then, other)
        return chained

    def rewrites(self, operator: type[MigrateOperation] | Sequence[type[MigrateOperation]]) -> Callable[[F], F]:
        """Decorator that registers a function for one class of operations or several.

        :param operator: the class, subclasses included, or a sequence of classes.

        Raises ValueError for a class that has a function already.
        """
        classes = (operator,) if isinstance(operator, type) else tuple(operator)

        def register(function: F) -> F:
            for class_ in classes:
                self.dispatch.dispatch_for(class_)(function)
            return function

        return register

    def __call__(
        self,
        context: MigrationContext,
        revision: str | Iterable[str | None] | Iterable[str],
        directives: list[MigrationScript],
    ) -> None:
        """Change ``directives`` in place, as ``process_revision_directives`` does."""
        self.process_revision_directives(context, revision, directives)
        for other in self._then:
            other(context, revision, directives)

    def process_revision_directives(
        self,
        context: MigrationContext,
        revision: str | Iterable[str | None] | Iterable[str],
        directives: list[MigrationScript],
    ) -> None:
        """The part of `__call__` that leaves out chained hooks."""
        directives[:] = [each for script in directives for each in self.rewritten(context, revision, script)]  # type: ignore[misc]

    def _rewrite(self, context: Any, revision: Any, operation: MigrateOperation) -> list[MigrateOperation]:
        """What the function for ``operation`` makes of it; itself where there is none, or it was called already."""
        try:
            function = self.dispatch.dispatch(operation)
        except ValueError:
            return [operation]
        if self in operation.rewritten_by:
            return [operation]
        result = function(context, revision, operation)
        changed: list[MigrateOperation] = [result] if isinstance(result, MigrateOperation) else list(result or ())
        for each in changed:
            each.rewritten_by |= {self}
        return changed

    def rewritten(self, context: Any, revision: Any, operation: MigrateOperation) -> Iterator[MigrateOperation]:
        """What the functions make of ``operation``, and of what it contains."""
        for changed in self._rewrite(context, revision, operation):
            self._traverse.dispatch(changed)(self, context, revision, changed)
            yield changed

    def rewritten_container(self, context: Any, revision: Any, ops: UpgradeOps | DowngradeOps) -> MigrateOperation:
        """The same for the operations of a direction; raises ValueError where they do not become one container."""
        found = list(self.rewritten(context, revision, ops))
        if len(found) != 1:
            raise ValueError(f"Can only return single object for {type(ops).__name__} traverse")
        return found[0]


_traverse = Rewriter._traverse  # noqa: SLF001 what libraries call it that add classes of their own


@_traverse.dispatch_for(MigrationScript)
def _into_script(rewriter: Rewriter, context: Any, revision: Any, script: MigrationScript) -> None:
    for each in (script.upgrade_ops_list, script.downgrade_ops_list):
        each[:] = [rewriter.rewritten_container(context, revision, ops) for ops in each]  # type: ignore[misc]


@_traverse.dispatch_for(OpContainer)
def _into_container(rewriter: Rewriter, context: Any, revision: Any, container: OpContainer) -> None:
    container.ops = [inner for op in container.ops for inner in rewriter.rewritten(context, revision, op)]


@_traverse.dispatch_for(MigrateOperation)
def _into_nothing(rewriter: Rewriter, context: Any, revision: Any, operation: MigrateOperation) -> None:
    """Other operations contain none."""
