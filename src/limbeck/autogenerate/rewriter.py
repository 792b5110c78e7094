"""Rewriter: functions that change operations by their class, before they are rendered (behaviour 7.9, appendix B)."""

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
    """A ``process_revision_directives`` made of functions for operation classes.

    ``@rewriter.rewrites(ops.AddColumnOp)`` on a function ``(context, revision, op)`` that returns an operation, a list
    of operations, or an empty list. An operation passes each rewriter once.
    """

    _traverse = Dispatcher()
    """How to go into a directive, by class: ``fn(rewriter, context, revision, directive)``; libraries add theirs."""

    def __init__(self) -> None:
        self.dispatch = Dispatcher()
        self._then: tuple[Any, ...] = ()

    def chain(self, other: Any) -> Rewriter:
        """A rewriter that calls this one and then ``other``, a rewriter or another such hook."""
        chained = Rewriter()
        chained.dispatch = self.dispatch
        chained._then = (*self._then, other)
        return chained

    def rewrites(self, operator: type[MigrateOperation] | Sequence[type[MigrateOperation]]) -> Callable[[F], F]:
        """Decorator that registers a function for one operation class or several.

        :param operator: the class, subclasses included, or a sequence of classes.

        Raises ValueError where a class has a function already.
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
        """Change ``directives`` in place; called as ``process_revision_directives``."""
        self.process_revision_directives(context, revision, directives)
        for other in self._then:
            other(context, revision, directives)

    def process_revision_directives(
        self,
        context: MigrationContext,
        revision: str | Iterable[str | None] | Iterable[str],
        directives: list[MigrationScript],
    ) -> None:
        """The part of `__call__` that is this rewriter's own."""
        changed: list[Any] = [each for script in directives for each in self._changed(context, revision, script)]
        directives[:] = changed

    def _rewrite(self, context: Any, revision: Any, operation: MigrateOperation) -> list[MigrateOperation]:
        """What the function for ``operation`` makes of it; itself where there is none, or where it has been here."""
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

    def _changed(self, context: Any, revision: Any, operation: MigrateOperation) -> Iterator[MigrateOperation]:
        """What becomes of ``operation``, and of what is in it."""
        for changed in self._rewrite(context, revision, operation):
            self._traverse.dispatch(changed)(self, context, revision, changed)
            yield changed

    def _only(self, context: Any, revision: Any, ops: UpgradeOps | DowngradeOps) -> MigrateOperation:
        found = list(self._changed(context, revision, ops))
        if len(found) != 1:
            raise ValueError(f"Can only return single object for {type(ops).__name__} traverse")
        return found[0]


@Rewriter._traverse.dispatch_for(MigrationScript)
def _into_script(rewriter: Rewriter, context: Any, revision: Any, script: MigrationScript) -> None:
    for each in (script.upgrade_ops_list, script.downgrade_ops_list):
        each[:] = [rewriter._only(context, revision, ops) for ops in each]  # type: ignore[misc]


@Rewriter._traverse.dispatch_for(OpContainer)
def _into_container(rewriter: Rewriter, context: Any, revision: Any, container: OpContainer) -> None:
    container.ops = [inner for op in container.ops for inner in rewriter._changed(context, revision, op)]


@Rewriter._traverse.dispatch_for(MigrateOperation)
def _into_nothing(rewriter: Rewriter, context: Any, revision: Any, operation: MigrateOperation) -> None:
    """An operation has nothing in it."""
