"""Which environment and which operations are the current ones: a context variable each, not module globals.

Threads, asyncio tasks and nested runs each see their own. A bare thread that has none sees the only active one; where
several are active it gets an error (docs/adr/0004-one-context-variable.md).
"""

from __future__ import annotations

import threading
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Later(Generic[T]):
    """A value that is made on first use.

    :param make: makes it.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: T | None = None

    def value(self) -> T:
        """The value."""
        if self._made is None:
            self._made = self._make()
        return self._made


class Current(Generic[T]):
    """The current value of one kind, by context.

    :param kind: class name that messages use, ``EnvironmentContext`` or ``Operations``.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._mine: ContextVar[T | Later[T] | None] = ContextVar(f"limbeck.{kind}", default=None)
        self._active: list[T | Later[T]] = []
        self._guard = threading.Lock()

    def install(self, value: T | Later[T]) -> Token[T | Later[T] | None]:
        """Make ``value``, or what a `Later` makes, the current one of this context; returns the token for `remove`."""
        with self._guard:
            self._active.append(value)
        return self._mine.set(value)

    def remove(self, value: T | Later[T], token: Token[T | Later[T] | None]) -> None:
        """Undo the `install` that returned ``token``."""
        with self._guard:
            index = next(i for i in reversed(range(len(self._active))) if self._active[i] is value)
            del self._active[index]
        self._mine.reset(token)

    def own(self) -> T | None:
        """The value installed in this very context, or None."""
        return _made(self._mine.get())

    def find(self) -> T | None:
        """The current value, or None; raises `CommandError` in a bare thread where several are active."""
        mine = self._mine.get()
        if mine is not None:
            return _made(mine)
        with self._guard:
            distinct = {id(value): value for value in self._active}
        if len(distinct) > 1:
            raise CommandError(
                f"This thread has no {self.kind} of its own, and {len(distinct)} are active in others",
                code="ambiguous-environment",
                hint="start the thread with contextvars.copy_context().run(...), so that it sees its parent's",
            )
        return _made(next(iter(distinct.values()), None))

    def get(self, name: str) -> T:
        """The current value for a call of ``name``; raises NameError outside a run."""
        found = self.find()
        if found is None:
            raise NameError(
                f"Can't invoke function '{name}', as the proxy object has not yet been established for the "
                f"Alembic '{self.kind}' class.  Try placing this code inside a callable."
            )
        return found


def _made(found: T | Later[T] | None) -> T | None:
    return found.value() if isinstance(found, Later) else found


environment: Current[Any] = Current("EnvironmentContext")
operations: Current[Any] = Current("Operations")
