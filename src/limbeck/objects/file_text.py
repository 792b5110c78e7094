"""SQL of a file, which knows where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import CommandError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self


class FileText(str):
    """A text out of a file, without white space around it.

    :param path: the file. :param line: the line on which it begins, from 1.
    """

    __slots__ = ("line", "path")

    path: Path
    line: int

    @classmethod
    def of(cls, text: str, path: Path, line: int = 1) -> Self:
        """``text``, which begins on ``line`` of ``path``."""
        made = cls(text.strip())
        made.path = path
        made.line = line + text[: len(text) - len(text.lstrip())].count("\n")
        return made

    @classmethod
    def read(cls, path: Path, named_in: str | None = None, line: int | None = None) -> Self:
        """The whole of a file, in UTF-8.

        :param named_in: the file that names it, for the message; likewise ``line``.
        :raises CommandError: it cannot be read.
        """
        try:
            return cls.of(path.read_text(encoding="utf-8"), path)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(
                f"The definition in {path} cannot be read: {error}",
                code="no-definition",
                hint="correct the path, or write the file in UTF-8",
                file=named_in or path,
                line=line,
            ) from error

    def part(self, start: int, end: int | None = None) -> FileText:
        """The text from one position to another, at its own line."""
        return FileText.of(self[start:end], self.path, self.line + self.count("\n", 0, start))
