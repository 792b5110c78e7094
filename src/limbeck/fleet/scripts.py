"""The revisions of a project, read once a process, and the hash by which workers know that they have the same ones."""

from __future__ import annotations

import threading
from hashlib import sha256
from typing import TYPE_CHECKING

from limbeck.errors import CommandError
from limbeck.script import ScriptDirectory
from limbeck.script.checksums import of_text

if TYPE_CHECKING:
    from .project import Project

_guard = threading.Lock()
_read: dict[tuple[Project, str], ScriptDirectory] = {}


def read(project: Project, plan_hash: str, revision: str) -> ScriptDirectory:
    """The revisions of ``project``.

    :raises CommandError: where their hash is another one.
    """
    key = project, plan_hash
    with _guard:
        if key not in _read:
            found = fresh(project)
            if hash_of(found, revision) != plan_hash:
                raise CommandError(
                    "The revisions of this worker are others than those that the campaign is about",
                    code="scripts-differ",
                    hint="give every worker the same files, and leave them alone while a campaign is at work",
                )
            _read.clear()  # those of a campaign of before
            _read[key] = found
        return _read[key]


def fresh(project: Project) -> ScriptDirectory:
    """The revisions of ``project``, read now.

    :raises CommandError: where a file cannot be read.
    """
    found = ScriptDirectory.from_config(project.config())
    found.demand_whole()
    return found


def hash_of(script: ScriptDirectory, revision: str) -> str:
    """The hash of all revisions and of the target of a campaign."""
    parts = [revision]
    for item in sorted(script.walk_revisions(), key=lambda each: each.revision):
        with open(item.path, "rb") as file:
            parts.append(f"{item.revision} {of_text(file.read())}")
    return sha256("\n".join(parts).encode()).hexdigest()
