"""The revisions that a squash replaces: kept beside it, in a folder that commands do not read otherwise."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from limbeck.errors import CommandError

if TYPE_CHECKING:
    from .script import Script

FOLDER = "replaced"
"""The folder, below that of the squash."""


def folder_of(squash: Script) -> str:
    """Where the revisions that ``squash`` replaces are kept."""
    return os.path.join(os.path.dirname(squash.path), FOLDER)


def originals(squash: Script, *, strict: bool) -> list[Script]:
    """The revisions that ``squash`` replaces, oldest first.

    :param strict: as for `limbeck.script.locations.Locations`.
    :raises CommandError: where one of them is not there.
    """
    from .locations import Locations

    folder = folder_of(squash)
    kept = {script.revision: script for script in Locations([folder], strict=strict).scripts()}
    missing = [name for name in squash.replaces if name not in kept]
    if missing:
        raise CommandError(
            f"The database stands inside of squash {squash.revision}, of which {', '.join(missing)} is no longer there",
            code="replaced-missing",
            hint=f"bring their files back to {folder} by git, upgrade the database, and remove them again",
            file=squash.path,
        )
    return [kept[name] for name in squash.replaces]
