"""A registry of functions by class, looked up with an object along its MRO."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


class Dispatcher:
    """Functions registered by target (a class or a name) and qualifier (a dialect name or ``"default"``)."""

    def __init__(self) -> None:
        self._functions: dict[tuple[Any, str], Any] = {}

    def dispatch_for(self, target: Any, *, qualifier: str = "default", replace: bool = False) -> Callable[[F], F]:
        """Decorator that registers a function for ``target``.

        :param target: a class, with its subclasses, or a name.
        :param qualifier: the dialect that the function is for; ``"default"``: all.
        :param replace: replace a function that is registered already.
        :raises ValueError: one is registered already, and ``replace`` is not set.
        """

        def register(function: F) -> F:
            if (target, qualifier) in self._functions and not replace:
                raise ValueError(
                    f"Can not set dispatch function for object {target!r}: key already exists. "
                    "To replace existing function, use replace=True."
                )
            self._functions[(target, qualifier)] = function
            return function

        return register

    def dispatch(self, obj: Any, qualifier: str = "default") -> Any:
        """The function for ``obj``: by the first class of its MRO that has one, for the qualifier or else the default.

        :param obj: an instance, a class or a name.
        :raises ValueError: nothing is registered for it.
        """
        if isinstance(obj, str):
            kinds: tuple[object, ...] = (obj,)
        elif isinstance(obj, type):
            kinds = obj.__mro__
        else:
            kinds = type(obj).__mro__
        for kind in kinds:
            for key in ((kind, qualifier), (kind, "default")):
                if key in self._functions:
                    return self._functions[key]
        raise ValueError(f"no dispatch function for object: {obj}")

    def branch(self) -> Dispatcher:
        """A copy; functions registered with it are not registered here."""
        copy = Dispatcher()
        copy._functions.update(self._functions)
        return copy
