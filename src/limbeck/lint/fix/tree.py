"""Drafts put into the tree: all of them, or none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from limbeck.errors import CommandError
from limbeck.script import hooks
from limbeck.script.write import write_whole

if TYPE_CHECKING:
    from limbeck.script import ScriptDirectory

    from .drafts import Drafts


def write(drafts: Drafts, script: ScriptDirectory) -> None:
    """Write drafts to their files, and run the post-write hooks on those that are new.

    :raises CommandError: where a file is not as it was read, cannot be written, or a hook fails; the files are as they
        were then.
    """
    _demand_unchanged(drafts)
    quiet = script.messaging_opts.get("quiet", False)
    written: list[str] = []
    try:
        for path in sorted(drafts.texts, key=lambda one: one not in drafts.is_new):
            written.append(path)
            write_whole(path, drafts.in_file(path).encode())
        for path in sorted(drafts.is_new):
            hooks.run(path, script.hooks, quiet=quiet)
    except BaseException:
        for path in written:
            _restore(drafts, path)
        raise


def _demand_unchanged(drafts: Drafts) -> None:
    for path in drafts.texts:
        if path in drafts.is_new:
            unchanged = not os.path.exists(path)
        else:
            with open(path, encoding="utf-8", newline="") as stream:
                unchanged = stream.read() == drafts.before[path]
        if not unchanged:
            raise CommandError(
                "The file has been changed meanwhile, and nothing was written",
                code="fix-outdated",
                hint="run the command again",
                file=path,
            )


def _restore(drafts: Drafts, path: str) -> None:
    if path not in drafts.is_new:
        write_whole(path, drafts.before[path].encode())
    elif os.path.exists(path):
        os.unlink(path)
