"""Drafts put into the tree: all of them, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.script import hooks
from limbeck.script.rewriting import heads_change, rewrite, rewritten

if TYPE_CHECKING:
    from limbeck.script import ScriptDirectory

    from .drafts import Drafts


def write(drafts: Drafts, script: ScriptDirectory) -> None:
    """Write drafts to their files, and run the post-write hooks on those that are new.

    :raises CommandError: where a file is not as it was read, cannot be written, or a hook fails; the files are as they
        were then.
    """
    quiet = script.messaging_opts.get("quiet", False)

    def run_hooks() -> None:
        for path in sorted(drafts.is_new):
            hooks.run(path, script.hooks, quiet=quiet)

    changes = drafts.changes()
    with rewritten(script, changes) as then:
        heads = heads_change(script, then)
    rewrite(script, [*changes, *heads], run_hooks)
