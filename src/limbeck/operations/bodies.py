"""``op.body``: the text of an object that stands in a file beside the script."""

from __future__ import annotations

from pathlib import Path

from limbeck.call_site import caller
from limbeck.script import bodies

from .abstract import AbstractOperations
from .arguments import expect_name


class BodyOperations(AbstractOperations):
    """What ``op.`` offers for texts beside the script."""

    def body(self, name: str) -> str:
        """The text of a file in the folder ``bodies`` beside the script, to be given to an operation.

        Its name has the hash of its text, so that an old revision runs the text of its day. Autogenerate writes such
        files where the setting ``longest_body`` asks for them.

        :param name: the file: ``touch.3f2a9c1b0d4e5f60.sql``.
        :return: its text.
        :raises CommandError: it is missing, or it was changed.
        """
        expect_name("op.body", "name", name)
        file, line = caller()
        script = self.migration_context.script
        folders = [] if file is None else [Path(file).parent]
        return bodies.read(name, [*folders, *([] if script is None else script.version_folders)], (file, line))
