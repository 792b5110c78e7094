"""Whether a run would lose rows, and whether that is wanted: asked before its first step.

What is dropped is read from the text of the scripts, which are not run for it, and counted in the database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .operations.drops import Unclear
    from .operations.in_words import Change
    from .results import Loss
    from .runtime.migration import MigrationContext
    from .script.steps import MigrationStep

_SHOWN = 5
"""How many losses a message names."""


class Consent:
    """Demands a yes before steps run that would delete rows.

    Without an edition, and for a script, nothing is looked at. An empty table, and a column that is NULL in all rows,
    lose nothing.

    :param confirm: shows lines to a person and asks; None where nobody can be asked.
    :param known: what is known to be lost, and agreed to.
    """

    def __init__(self, confirm: Callable[[Iterable[str]], bool] | None, known: Iterable[Loss] = ()) -> None:
        self._confirm = confirm
        self._agreed: set[object] = {_place(loss) for loss in known}

    def __call__(self, context: MigrationContext, steps: Sequence[MigrationStep]) -> None:
        """Raise `CommandError` where ``steps`` would delete rows, and nobody says yes."""
        if context.edition is None or context.connection is None or not steps:
            return
        found, places = losses(context, steps)
        lost = [loss for loss in found if _place(loss) not in self._agreed]
        unclear = [place for place in places if place not in self._agreed]
        if not lost and not unclear:
            return
        kind = "upgrade" if steps[0].is_upgrade else "downgrade"
        if self._confirm is None:
            raise _refusal(kind, lost, unclear)
        context.end_reads()
        database = context.connection.engine.url.render_as_string(hide_password=True)
        if not self._confirm([f"This {kind} of {database} deletes for good:", *_lines(lost, unclear)]):
            raise CommandError(
                f"The {kind} was not run: it was not confirmed", code="not-confirmed", hint="`--yes` runs it unasked"
            )
        self._agreed.update([*map(_place, lost), *unclear])


def losses(context: MigrationContext, steps: Iterable[MigrationStep]) -> tuple[list[Loss], list[Unclear]]:
    """What steps would delete of the rows that there are, and where their text does not tell what they delete."""
    from .losses import Losses
    from .operations.drops import Unclear, changes, drops

    functions = [step.migration_fn for step in steps if step.script is not None]
    connection = context.connection
    if connection is None or not any(map(drops, functions)):
        return [], []
    found = [change for function in functions for change in changes(function)]
    if not found or _is_empty(context, found):
        return [], []
    counts = Losses(connection, context.impl)
    lost = [loss for change in found if not isinstance(change, Unclear) for loss in counts.of(change)]
    return list(dict.fromkeys(lost)), [place for place in found if isinstance(place, Unclear)]


def _is_empty(context: MigrationContext, found: Iterable[Change | Unclear]) -> bool:
    """Whether the default schema has no table but Limbeck's own, and the scripts name no other schema."""
    import sqlalchemy as sa

    from .operations.in_words import Change
    from .runtime import history, journal

    if any(schema is not None for one in found if isinstance(one, Change) for schema, _, _ in one.lost):
        return False
    own = {context.version_table, context.version_table + journal.SUFFIX, history.TABLE}
    return own.issuperset(sa.inspect(context.connection).get_table_names())


def _place(loss: Loss) -> tuple[str | None, str, str | None]:
    return loss.schema, loss.table, loss.column


def _refusal(kind: str, lost: list[Loss], unclear: list[Unclear]) -> CommandError:
    lines = list(_lines(lost, unclear))
    more = f"; and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return CommandError(
        f"This {kind} deletes for good: {'; '.join(lines[:_SHOWN])}{more}. No step was run",
        code="would-lose-rows",
        hint="`--yes` runs it all the same; `limbeck plan` shows it step by step",
    )


def _lines(lost: Iterable[Loss], unclear: Iterable[Unclear]) -> Iterator[str]:
    from .show.plan import in_words

    yield from map(in_words, lost)
    yield from (f"what {place.file}:{place.line} drops, which only the run tells" for place in unclear)
