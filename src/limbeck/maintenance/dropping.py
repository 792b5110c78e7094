"""The revisions that squashes have replaced, removed for good once no known database stands inside."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from limbeck.errors import USAGE, CommandError
from limbeck.script.file_change import FileChange, read
from limbeck.script.replaced import folder_of, originals
from limbeck.script.source import Source

from .standing import demand_none_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from limbeck.databases import Environment
    from limbeck.script import Script


@dataclass(frozen=True)
class Dropped:
    """What is removed.

    :param squashes: ids of the squashes, which are ordinary revisions then. :param replaced: ids of what goes.
    :param asked: the databases that were asked where they stand. :param changes: what becomes of files.
    """

    squashes: tuple[str, ...]
    replaced: tuple[str, ...]
    asked: tuple[str, ...]
    changes: tuple[FileChange, ...]


def drop_replaced(environment: Environment, name: str | None, targets: str | None) -> Dropped:
    """What takes away the revisions that squashes have replaced; nothing is written.

    :param name: the squash; None: all. :param targets: a file with URLs of further databases.
    :raises CommandError: where a known database still stands inside of a squash, or cannot be asked.
    """
    script = environment.script
    found = [script.get_revision(name)] if name else list(script.walk_revisions())
    squashes = [each for each in found if each.replaces]
    if not squashes:
        raise CommandError(
            f"{name} is no squash" if name else "There is no squash here",
            code="no-squash",
            hint="`limbeck squash FROM:TO -m ...` makes one",
            exit_code=USAGE,
        )
    gone = tuple(one for each in squashes for one in each.replaces if one != each.revision)
    asked = demand_none_on(environment, gone, targets, why="which a squash has replaced and the database still needs")
    strict = script.edition is not None
    changes = [change for each in squashes for change in _changes(each, originals(each, strict=strict))]
    return Dropped(tuple(each.revision for each in squashes), gone, tuple(asked), tuple(changes))


def _changes(squash: Script, kept: Sequence[Script]) -> list[FileChange]:
    """The originals go, and the squash no longer says that it stands in their place."""
    source = read(squash.path)
    text = Source(source.decode().replace("\r\n", "\n")).without_header("replaces")
    after = (text.replace("\n", "\r\n") if b"\r\n" in source else text).encode()
    return [
        FileChange(squash.path, source, after),
        *(FileChange(each.path, read(each.path), None) for each in kept),
    ]


def remove_empty_folder(squash: Script) -> None:
    """Remove the folder of what a squash replaced, where nothing is left in it."""
    folder = folder_of(squash)
    left = [name for name in os.listdir(folder) if name != "__pycache__"] if os.path.isdir(folder) else [""]
    if not left:
        import shutil

        shutil.rmtree(folder)
