"""Whether a revision can be taken back, as its script says without being run."""

from __future__ import annotations

from opcode import opname
from types import FunctionType
from typing import TYPE_CHECKING, Literal, NamedTuple

from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    from .steps import MigrationStep

WayBack = Literal["there", "empty", "raises", "irreversible", "missing"]


class Ways(NamedTuple):
    """What a script says of its ``downgrade()``.

    :param kind: ``there``; ``empty``: it does nothing; ``raises``: it raises before it does anything;
        ``irreversible``: the script says ``irreversible = True``; ``missing``: it has no such function.
    :param line: the line of the function, or of its ``raise``; None where there is none.
    """

    kind: WayBack
    line: int | None = None


def way_back(module: ModuleType) -> Ways:
    """What the script ``module`` says of its ``downgrade()``."""
    function: object = getattr(module, "downgrade", None)
    line = function.__code__.co_firstlineno if isinstance(function, FunctionType) else None
    if getattr(module, "irreversible", False) is True:
        return Ways("irreversible", line)
    if function is None:
        return Ways("missing")
    if not isinstance(function, FunctionType):
        return Ways("there")
    return _of_code(function, line)


def demand_way_back(steps: Iterable[MigrationStep]) -> None:
    """Refuse a way down that some step on it will not go, before the first one runs.

    Of the first step only ``irreversible = True`` counts: what its ``downgrade()`` raises comes by itself.

    :raises CommandError: where a script says ``irreversible = True``, and where a ``downgrade()`` further down raises
        before it does anything.
    """
    for number, step in enumerate(steps):
        script = step.script
        if step.is_upgrade or script is None:
            continue
        way = way_back(script.module)
        if way.kind == "irreversible" or (number and way.kind == "raises"):
            says = "its script says `irreversible = True`" if way.kind == "irreversible" else "its downgrade() raises"
            raise CommandError(
                f"Revision {script.revision} cannot be taken back: {says}. No step was run",
                code="irreversible",
                hint="go down no further than to that revision, or restore a backup from before it",
                file=script.path,
                line=way.line,
            )


def _of_code(function: FunctionType, line: int | None) -> Ways:
    """By the instructions of a function up to its first branch, call of an operation, or end."""
    does_something = False
    at = line
    code = function.__code__
    for operation, (started, *_) in zip(code.co_code[::2], code.co_positions(), strict=False):
        at, name = started or at, opname[operation]
        if name == "RAISE_VARARGS":
            return Ways("raises", at)
        if "JUMP" in name or name in {"FOR_ITER", "SEND", "YIELD_VALUE", "BEFORE_WITH", "SETUP_WITH", "POP_TOP"}:
            return Ways("there", line)
        does_something = does_something or name.startswith(("CALL", "STORE", "LOAD_GLOBAL", "LOAD_NAME", "IMPORT"))
    return Ways("there" if does_something else "empty", line)
