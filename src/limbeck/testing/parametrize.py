"""Parametrized tests and tables that a test makes."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from sqlalchemy.testing.engines import testing_engine as testing_engine

from .run import config

if TYPE_CHECKING:
    from collections.abc import Callable


def flag_combinations(*combinations: dict[str, bool]) -> Any:
    """Parametrize a test by flags: each combination names those that are true."""
    names = sorted({name for combination in combinations for name in combination})
    cases = [
        (
            "_".join(name for name in names if combination.get(name)) or "none",
            *(combination.get(name, False) for name in names),
        )
        for combination in combinations
    ]
    return config.combinations(*cases, argnames=",".join(names), id_="i" + "a" * len(names))


def resolve_lambda(__fn: Callable[..., Any], **kw: Any) -> Any:  # noqa: PYI063 tests call it so
    """Call ``__fn`` with those of ``kw`` that it names, by parameter or as a global of its own text."""
    code = __fn.__code__
    parameters = code.co_varnames[: code.co_argcount]
    rest = {name: value for name, value in kw.items() if name not in parameters}
    function = types.FunctionType(code, {**__fn.__globals__, **rest}, closure=__fn.__closure__)
    return function(**{name: kw[name] for name in parameters})


def metadata_fixture(ddl: str = "function") -> Callable[[Callable[..., Any]], Any]:
    """Make a pytest fixture of a method that puts tables into a MetaData: created before the test, dropped after it.

    :param ddl: as long as they are there: ``function`` or ``class``.
    """

    def decorate(fn: Callable[..., Any]) -> Any:
        from sqlalchemy import MetaData

        def run(self: Any) -> Any:
            metadata = MetaData()
            found = fn(self, metadata)
            metadata.create_all(config.db)
            try:
                yield found if found is not None else metadata
            finally:
                metadata.drop_all(config.db)

        return config.fixture(scope=ddl)(run)

    return decorate
