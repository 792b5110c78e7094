"""What `squash` and `prune` write and remove, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .paths import from_here

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from limbeck.results import DroppedResult, PruneResult, SquashResult


def squash(found: SquashResult) -> Iterator[str]:
    """What will be done: a title, the new file, and what it takes the place of."""
    yield f"This puts one revision in the place of {len(found.replaces)}; both ways lead to the same, as was proved:"
    yield _written(found)
    yield f"the revisions move to the folder 'replaced' beside it: {', '.join(found.replaces)}"


def squashed(found: SquashResult) -> Iterator[str]:
    """What was done."""
    yield _written(found)
    yield f"{len(found.replaces)} revisions are in the folder 'replaced' beside it, for databases that stand inside"


def _written(found: SquashResult) -> str:
    first, last = found.replaces[0], found.replaces[-1]
    below = ", ".join(found.down_revisions) or "nothing"
    return f"{from_here(found.path)} is revision {found.revision}: it stands for {first} to {last} and follows {below}"


def dropping(found: DroppedResult) -> Iterator[str]:
    """What will be done: a title, and what goes."""
    number = len(found.replaced)
    yield f"This removes {number} revision{'' if number == 1 else 's'} that squashes have replaced:"
    yield ", ".join(found.replaced)
    yield _asked(found.databases)


def dropped(found: DroppedResult) -> Iterator[str]:
    """What was done."""
    yield from (f"removed {from_here(path)}" for path in found.files)


def prune(found: PruneResult) -> Iterator[str]:
    """What will be done: a title, what goes, and what that means."""
    number = len(found.removed)
    yield f"This removes {number} revision{'' if number == 1 else 's'} below {found.revision}, which becomes a base:"
    yield ", ".join(found.removed)
    yield _asked(found.databases)
    yield "a new database is made by create_all() of the models, or from a dump, and stamped: not by the history"


def pruned(found: PruneResult) -> Iterator[str]:
    """What was done."""
    yield from (f"removed {from_here(path)}" for path in found.files)
    yield f"{found.revision} is a base now ({from_here(found.path)})"


def _asked(databases: Sequence[str]) -> str:
    if not databases:
        return "no database was asked whether it still needs them"
    return f"no database needs them of those that were asked: {', '.join(databases)}"
