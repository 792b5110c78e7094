"""What is left of a run that failed or was stopped, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from limbeck.script.steps import MigrationStep


def what_is_left(undone: str, rows: tuple[str, ...], committed: Sequence[MigrationStep]) -> str:
    """Such as ``rolled back; database at ccc3; bbb2, ccc3 applied``.

    :param undone: what became of the step that did not end; empty where all have ended.
    :param rows: the version rows before the run.
    :param committed: the steps that are committed.
    """
    done = {"applied": [], "downgraded": [], "stamped": []}  # type: dict[str, list[str]]
    for step in committed:
        rows = step.change(rows).apply(rows)
        name = ", ".join(step.to_revisions) or ("base" if step.is_stamp else step.short_log)
        if step.script is not None:
            name = step.script.revision
        done["stamped" if step.is_stamp else "applied" if step.is_upgrade else "downgraded"].append(name)
    parts = [undone, f"database at {', '.join(sorted(rows)) or 'base'}"]
    parts += [f"{', '.join(names)} {verb}" for verb, names in done.items() if names]
    return "; ".join(part for part in parts if part)


def how_far(committed: int, total: int | None, of: str) -> str:
    """How many statements are committed, as in ``2 of 5 statements of a1b2 are committed``.

    :param total: None where it is not known. :param of: the revision, with "of" before it.
    """
    count = f"{committed}" if total is None or total < committed else f"{committed} of {total}"
    noun = "statement" if count == "1" or total == 1 else "statements"
    return f"{count} {noun} {of} {'is' if committed == 1 else 'are'} committed"


def of_step(step: MigrationStep) -> str:
    """Such as ``of a1b2``, or ``of the downgrade of a1b2``."""
    revision = "it" if step.script is None else step.script.revision
    return f"of {revision}" if step.is_upgrade else f"of the downgrade of {revision}"
