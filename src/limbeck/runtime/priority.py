"""A registry of functions that are all called, in the order of their priorities."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


class DispatchPriority(IntEnum):
    """When a function is called: higher ones go first."""

    FIRST = 50
    MEDIUM = 25
    LAST = 10


class PriorityDispatchResult(IntEnum):
    """What a function may return: STOP keeps the rest of its subgroup from being called."""

    CONTINUE = 1
    STOP = 2


class PriorityDispatcher:
    """Functions by target and by qualifier (a dialect name, or ``"default"``), several for each."""

    def __init__(self) -> None:
        self._functions: list[tuple[str, str, DispatchPriority, str | None, Any]] = []

    def dispatch_for(
        self,
        target: str,
        *,
        priority: DispatchPriority = DispatchPriority.MEDIUM,
        qualifier: str = "default",
        subgroup: str | None = None,
    ) -> Callable[[F], F]:
        """Decorator that registers a function for ``target``.

        :param target: a name, as ``"table"``.
        :param priority: functions of a higher one are called before.
        :param qualifier: the dialect that the function is for; ``"default"`` is for all.
        :param subgroup: what the function is about; its STOP ends this subgroup.
        """

        def register(function: F) -> F:
            self._functions.append((target, qualifier, priority, subgroup, function))
            return function

        return register

    def dispatch(self, target: str, *, qualifier: str = "default") -> Callable[..., PriorityDispatchResult]:
        """A function that calls those of ``target``, by priority, the dialect's before the default ones.

        :param qualifier: the dialect.

        The call returns STOP where one of the functions did.
        """
        chosen = self._chosen(target, qualifier)

        def call_all(*args: Any, **kw: Any) -> PriorityDispatchResult:
            stopped: set[str | None] = set()
            for _, _, _, subgroup, function in chosen:
                if subgroup not in stopped and function(*args, **kw) is PriorityDispatchResult.STOP:
                    stopped.add(subgroup)
            return PriorityDispatchResult.STOP if stopped else PriorityDispatchResult.CONTINUE

        return call_all

    def functions(self, target: str, *, qualifier: str = "default") -> list[Any]:
        """What `dispatch` would call, in that order."""
        return [function for *_, function in self._chosen(target, qualifier)]

    def _chosen(self, target: str, qualifier: str) -> list[tuple[str, str, DispatchPriority, str | None, Any]]:
        order = {qualifier: 0, "default": 1}
        chosen = [entry for entry in self._functions if entry[0] == target and entry[1] in order]
        return sorted(chosen, key=lambda entry: (-entry[2], order[entry[1]]))

    def populate_with(self, other: PriorityDispatcher) -> None:
        """Register the functions of ``other``, after those registered here."""
        self._functions += other._functions

    def branch(self) -> PriorityDispatcher:
        """A copy, to which functions can be added without changing this one."""
        copy = PriorityDispatcher()
        copy.populate_with(self)
        return copy
