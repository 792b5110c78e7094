"""Schemas of one database that are alike: what the first run of a chunk has sent is repeated on the others.

env.py knows the URL of a target, and not its schema: before its run it does the same for all schemas of a URL. What it
does after its run, such as telling others of it, has to come after each: an env.py that goes on there runs for each.
"""

from __future__ import annotations

import ast
from contextlib import suppress
from typing import TYPE_CHECKING

from limbeck.operations.drops import drops
from limbeck.runtime.repetition import Recording, Repetition
from limbeck.syntax import syntax_tree

if TYPE_CHECKING:
    from typing import Self

    Rows = tuple[str, ...]


class Alike:
    """The recording of a chunk, and what repeats it; a context manager."""

    def __init__(self) -> None:
        self._key: object = None
        self._recording = Recording()
        self._repetition: Repetition | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._forget()

    def recording(self, key: object, env_py: str) -> Recording | None:
        """A new recording, for a run in full; None where none is wanted.

        :param key: what the targets have in common that it is for; None: it is for none.
        :param env_py: the file.
        """
        if key is None or (key == self._key and self._recording.is_whole) or not ends_with_run(env_py):
            return None
        self._forget()
        self._key, self._recording = key, Recording()
        return self._recording

    def carry_out(self, key: object, schema: str, *, consents: bool) -> tuple[Rows, Rows] | None:
        """The version rows of a schema before and after a repetition; None where it is for a run in full.

        :param key: as for `recording`.
        :param consents: whether rows may be deleted; else that depends on those of each schema.
        """
        recording = self._recording
        if key is None or key != self._key or not recording.is_whole:
            return None
        if not consents and any(map(drops, recording.functions)):
            return None
        if self._repetition is None:
            self._repetition = Repetition(recording)
        rows = self._repetition.carry_out(schema)
        return None if rows is None else (recording.rows, rows)

    def _forget(self) -> None:
        if self._repetition is not None:
            self._repetition.end()
            self._repetition = None


def ends_with_run(env_py: str) -> bool:
    """Whether the last thing that an env.py does is ``context.run()``, which it calls nowhere else."""
    with suppress(OSError, SyntaxError, ValueError), open(env_py, "rb") as file:  # which its run tells
        tree = syntax_tree(file.read())
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_run(node.func)]
        last = tree.body[-1] if tree.body else None
        return isinstance(last, ast.Expr) and calls == [last.value]
    return False


def _is_run(called: ast.expr) -> bool:
    match called:
        case ast.Attribute(value=ast.Name(id="context"), attr="run"):
            return True
        case _:
            return False
