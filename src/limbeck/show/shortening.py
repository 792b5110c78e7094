"""What `squash` writes and removes, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .paths import from_here

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import DroppedResult, SquashResult


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
    yield f"no database inside among those that were asked: {', '.join(found.databases) or 'none was asked'}"


def dropped(found: DroppedResult) -> Iterator[str]:
    """What was done."""
    yield from (f"removed {from_here(path)}" for path in found.files)
