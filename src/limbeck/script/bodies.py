"""Long texts of objects that stand in files beside a revision script, each by the hash of its text.

A script names one as ``op.body("touch.3f2a9c1b0d4e5f60.sql")``. A text that changes gets another name, so an old
revision runs the text of its day.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from limbeck.objects.file_text import FileText

FOLDER = "bodies"
"""The folder beside the scripts."""
_DIGITS = 16
_NAME = re.compile(rf"(?:.+\.)?(?P<hash>[0-9a-f]{{{_DIGITS},64}})\.sql")


def hash_of(text: str) -> str:
    """The SHA-256 of a text; white space around it and the kind of its line ends make no difference."""
    return sha256("\n".join(text.strip().splitlines()).encode()).hexdigest()


def name_of(text: str, about: str = "") -> str:
    """The name of the file for a text: ``touch.3f2a9c1b0d4e5f60.sql``.

    :param about: what it defines.
    """
    word = re.sub(r"\W+", "_", about.lower()).strip("_")[:40]
    return ".".join(filter(None, (word, hash_of(text)[:_DIGITS], "sql")))


def read(name: str, beside: Iterable[str | Path], place: tuple[str | None, int | None] = (None, None)) -> FileText:
    """The text of a file, as it was when the script was written.

    :param name: its name. :param beside: folders of scripts; the first that has the file counts.
    :param place: the line of the script that names it, for the message.
    :raises CommandError: it is missing, or it was changed.
    """
    from limbeck.objects.file_text import FileText

    match = _NAME.fullmatch(name)
    if match is None:
        raise CommandError(
            f"{name!r} is no name of a body: a hash of {_DIGITS} digits or more, and .sql",
            code="body-name",
            hint="have `limbeck revision --autogenerate` write it, or call it "
            "<sha256 of the text>.sql, of which the first 16 digits do",
            file=place[0],
            line=place[1],
        )
    folders = list(dict.fromkeys(Path(each) / FOLDER for each in beside))
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None:
        raise CommandError(
            f"There is no file {name} in {', '.join(map(str, folders))}, and a revision needs its text",
            code="body-missing",
            hint="take it back out of version control: it goes into a commit with its revision",
            file=place[0],
            line=place[1],
        )
    text = FileText.read(path)
    if not hash_of(text).startswith(match["hash"]):
        raise CommandError(
            f"{path} was changed: its text has the hash {hash_of(text)[:_DIGITS]}, which its name denies",
            code="body-changed",
            hint=f"take it back by `git checkout -- {os.path.relpath(path)}`; a new text goes into a new revision",
            file=path,
            line=1,
        )
    return text


@contextmanager
def written(bodies: Mapping[str, str], script: str | Path) -> Iterator[None]:
    """Write texts into the folder beside a script that the block writes; where it fails, take them away again.

    :param bodies: texts by name; a file that is there is left as it is.
    """
    folder = Path(script).parent / FOLDER
    is_new = not folder.is_dir()
    made: list[Path] = []
    try:
        for name, text in bodies.items():
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / name).exists():
                made.append(folder / name)
                (folder / name).write_text(text.strip() + "\n", encoding="utf-8", newline="\n")
        yield
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        if is_new and made:
            folder.rmdir()
        raise
