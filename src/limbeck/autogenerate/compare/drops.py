"""A guard against dropping most of a database: models that were not imported look like models that were deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import CommandError, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from limbeck.autogenerate.context import AutogenContext

_SHOWN = 5


def check_mass_drops(autogen_context: AutogenContext, *, models: int, tables: int, dropped: Sequence[str]) -> None:
    """Warn, or under an edition raise `CommandError`, where a database would lose more than half of its tables.

    :param models: number of the models' tables. :param tables: number of the database's.
    :param dropped: names of those that would be dropped.

    ``allow_drops`` among the options (``--allow-drops``) permits it.
    """
    options = autogen_context.opts
    if options.get("allow_drops", False) or 2 * len(dropped) <= tables:
        return
    shown = ", ".join(dropped[:_SHOWN]) + (", ..." if len(dropped) > _SHOWN else "")
    message = f"This would drop {len(dropped)} of the database's {tables} tables: {shown}"
    cause = "the MetaData has no tables: import your models in env.py; " if models == 0 else ""
    hint = f"{cause}if you mean it, say --allow-drops or configure(allow_drops=True)"
    if options.get("edition") is None:
        warn(message, code="mass-drop", hint=hint, stacklevel=5)
        return
    raise CommandError(message, code="mass-drop", hint=hint)
