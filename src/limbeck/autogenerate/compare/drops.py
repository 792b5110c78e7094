"""Models that were not imported look like models that were deleted: under an edition mass drops are refused (G13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import FOUND_SOMETHING, CommandError

if TYPE_CHECKING:
    from ..context import AutogenContext


def refuse_mass_drops(autogen_context: AutogenContext, *, models: int, tables: int, dropped: list[str]) -> None:
    """Raise `CommandError` where a database would lose more than half of its tables, unless that is allowed.

    :param models: how many tables the models have. :param tables: how many the database has.
    :param dropped: names of those that would be dropped.

    ``allow_drops`` among the options allows it; without an edition nothing is refused.
    """
    options = autogen_context.opts
    if options.get("edition") is None or options.get("allow_drops", False) or 2 * len(dropped) <= tables:
        return
    shown = ", ".join(dropped[:_SHOWN]) + (", ..." if len(dropped) > _SHOWN else "")
    raise CommandError(
        f"This would drop {len(dropped)} of the database's {tables} tables: {shown}",
        code="mass-drop",
        hint="the MetaData is empty: import your models in env.py; " * (models == 0)
        + "if you mean it, say --allow-drops",
        exit_code=FOUND_SOMETHING,
    )


_SHOWN = 5
