"""A page of the documentation, followed to the letter in an empty folder: each block is run, what it prints compared.

What a block is follows from its language and from the line above it:

=========================================  ========================================================================
``console``                                lines with ``$`` are typed at a terminal, the others are what they print
a language, below a line with ```path`:``  the file is written
``diff``, below such a line                the lines with ``-`` are replaced by those with ``+`` in the file
``python`` otherwise                       the program is run in the folder
=========================================  ========================================================================

Any other block is an excerpt, of a configuration of others mostly, and is not run. In what is printed ``...`` stands
for any lines. Ids of revisions, times, dates and the folder differ from run to run and may.
``LIMBECK_WRITE_DOCS=1`` writes into the page what the commands have printed.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path
from socket import gethostname

from sqlalchemy import make_url

FENCE = re.compile(r"^```(?P<language>[\w+-]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`(?P<path>[^`\s]+)`[^`\n]*:\s*\Z")
STYLE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
HOME = "/home/ada"
"""What stands in pages for the folder in which they are followed."""

WRITING = "LIMBECK_WRITE_DOCS" in os.environ
MODELS = """\
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
"""Models of one table, for a project that a page does not describe."""


@dataclass(frozen=True)
class Block:
    """A fenced block.

    :param language: of its fence.
    :param text: what is in it.
    :param file: the path in the line above it; None where there is none.
    :param span: where ``text`` stands in the page.
    """

    language: str
    text: str
    file: str | None
    span: tuple[int, int]


@dataclass(frozen=True)
class Typed:
    """A command of a ``console`` block, and what the page says that it prints."""

    command: str
    printed: str


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page, in their order."""
    for found in FENCE.finditer(text):
        above = FILE.search(text[: found.start()])
        yield Block(found["language"], found["text"], above and above["path"], found.span("text"))


def typed(console: str) -> Iterator[Typed]:
    """The commands of a ``console`` block."""
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, printed = re.match(r"((?:[^\n]*\\\n)*[^\n]*\n?)(.*)", part, re.DOTALL).groups()  # type: ignore[union-attr]
        yield Typed(command.rstrip("\n"), printed)


class Walk:
    """A folder in which a page is followed.

    :param folder: it.
    :param variables: of the environment, for all commands.
    :param python: the interpreter; commands are those beside it.
    """

    def __init__(self, folder: Path, variables: dict[str, str], python: Path = Path(sys.executable)) -> None:
        self.folder = folder
        self.python = python
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ALEMBIC_", "LIMBECK_"))}
        self.variables = {
            **kept,
            "PATH": f"{python.parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "TERM": "dumb",
            "COLUMNS": "200",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@example.com",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.com",
            "TZ": "UTC",
            **variables,
        }

    def follow(self, page: Path) -> None:
        """Do what the page says, from its first block to its last."""
        text = page.read_text(encoding="utf-8")
        new = text
        for block in reversed(list(self._followed(text))):
            new = new[: block.span[0]] + block.text + new[block.span[1] :]
        if WRITING:
            page.write_text(new, encoding="utf-8")

    def _followed(self, text: str) -> Iterator[Block]:
        for block in blocks(text):
            if block.language == "console":
                yield Block("console", "".join(self._typed(each) for each in typed(block.text)), None, block.span)
            elif block.file is not None and block.language == "diff":
                self._edit(self._path(block.file), block.text)
            elif block.file is not None:
                path = self._path(block.file)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")
            elif block.language == "python":
                subprocess.run([self.python, "-c", block.text], cwd=self.folder, env=self.variables, check=True)

    def _path(self, name: str) -> Path:
        """The file of that name, in which ``…`` stands for the id that the page does not know."""
        if "…" not in name:
            return self.folder / name
        (found,) = self.folder.glob(name.replace("…", "*"))
        return found

    def _edit(self, path: Path, diff: str) -> None:
        before = "".join(f"{line[1:]}\n" for line in diff.splitlines() if not line.startswith("+"))
        after = "".join(f"{line[1:]}\n" for line in diff.splitlines() if not line.startswith("-"))
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{path.name} has not once:\n{before}in:\n{text}"
        path.write_text(text.replace(before, after), encoding="utf-8")

    def _typed(self, each: Typed) -> str:
        printed = self.at_terminal(each.command)
        if WRITING and "..." not in each.printed.splitlines():
            return f"$ {each.command}\n{printed}"
        expected, found = (same(text) for text in (each.printed, printed))
        assert re.fullmatch("(?:.*\n)*".join(map(re.escape, expected.split("...\n"))), found), (
            f"$ {each.command}\n--- the page says\n{expected}\n--- it printed\n{found}"
        )
        return f"$ {each.command}\n{each.printed}"

    def at_terminal(self, command: str) -> str:
        """What a command prints at a terminal of 110 columns; variables that it exports hold for those after it."""
        command = command.replace(HOME, str(self.folder))
        assignment = re.fullmatch(r"export (\w+)=(\S+)", command)
        if assignment is not None:
            value = re.sub(r"\$(\w+)", lambda found: self.variables[found[1]], assignment[2])
            self.variables[assignment[1]] = value
            return ""
        ours, theirs = pty.openpty()
        os.set_blocking(ours, True)
        subprocess.run(["stty", "cols", "110", "rows", "50"], stdin=theirs, check=True)
        process = subprocess.Popen(
            ["bash", "-c", command], cwd=self.folder, env=self.variables, stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        read = b""
        while True:
            try:
                more = os.read(ours, 65536)
            except OSError:  # Linux says so where the other end is closed
                break
            if not more:
                break
            read += more
        code = process.wait()  # first: rm closes its files before it ends, and would be hung up on
        os.close(ours)
        text = self._as_in_a_page(STYLE.sub("", read.decode()).replace("\r\n", "\n"))
        text = "\n".join(line.rsplit("\r", 1)[-1].rstrip() for line in text.split("\n"))
        assert code == 0, f"$ {command}\n{text}\nexit code {code}: where that is meant, show it by `; echo $?`"
        return text if text.endswith("\n") or not text else f"{text}\n"

    def _as_in_a_page(self, text: str) -> str:
        """``text`` with names that a page can have in the place of those of this machine."""
        text = text.replace(str(self.folder), HOME)
        text = text.replace(f"by {getuser()} from {gethostname()}", "by ada from laptop")
        text = text.replace(f"{getuser()}@{gethostname()}", "ada@laptop")
        url = self.variables.get("DATABASE_URL")
        if url is not None:
            name = make_url(url).database or ""
            text = re.sub(rf"\b{name} on [\d.:]*\d", "shop on db.example.com", text).replace(name, "shop")
        return text


def same(text: str) -> str:
    """``text`` with what differs from run to run made the same: ids by their order, times, dates, versions."""
    ids: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return ids.setdefault(found[0], f"id{len(ids) + 1}")

    text = re.sub(r"(?<![0-9a-zA-Z])(?=[0-9a-f]*\d)(?:[0-9a-f]{16}|[0-9a-f]{12})(?![0-9a-zA-Z])", numbered, text)
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+\d\d:?\d\d| UTC)?", "DATE", text)
    text = re.sub(r"\b\d{8}T\d{6}\.\d+", "DATE", text)  # of a campaign
    text = re.sub(r"\d{4}-\d\d-\d\d", "DAY", text)
    text = re.sub(r"([Ll])imbeck \d[\w.]*", r"\1imbeck VERSION", text)
    text = re.sub(r"\b(SQLite|PostgreSQL|MariaDB) \d[\w.]*(?:[ -][^)\n]*)?", r"\1 VERSION", text)
    return re.sub(r" *\b(?:\d+(?:\.\d+)? ?(?:ms|s|min))(?!\w)", " TIME", text)
