"""In tmux, which knows what stands on a screen: progress as it goes on, colours, and a question that is answered."""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command_line import Environment
from terminal_session import STYLE, TIMES

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed: apt-get install tmux")

WAITS = """\
    import pathlib, time
    while not pathlib.Path("go").exists():
        time.sleep(0.02)
"""


class Screen:
    """A screen of 80 columns and 24 lines, with a shell.

    :param socket: of a tmux server of its own. :param folder: where the shell is.
    """

    def __init__(self, socket: Path, folder: Path) -> None:
        self._socket = socket
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ALEMBIC_", "LIMBECK_"))}
        environment = {**kept, "TERM": "xterm-256color", "PS1": "$ ", "LC_ALL": "C.UTF-8"}
        environment.pop("NO_COLOR", None)
        words = ["new-session", "-d", "-x", "80", "-y", "24", "-c", str(folder), "sh"]
        subprocess.run(["tmux", "-f", os.devnull, "-S", socket, *words], check=True, env=environment)

    def _tmux(self, *words: str) -> str:
        return subprocess.run(["tmux", "-S", self._socket, *words], check=True, capture_output=True, text=True).stdout

    def type(self, text: str) -> None:
        """Type a line."""
        self._tmux("send-keys", "-l", text)
        self._tmux("send-keys", "Enter")

    def limbeck(self, words: str) -> None:
        """Run the command on a screen that is empty."""
        self.type(f"clear; {shlex.quote(sys.executable)} -m limbeck {words}; echo exit $?")

    def styled(self) -> str:
        """What stands there, with its styles."""
        return self._tmux("capture-pane", "-e", "-p")

    def text(self) -> list[str]:
        """What stands there: the lines behind the command, times as 0 ms."""
        return [TIMES.sub(" 0 ms", line).rstrip() for line in STYLE.sub("", self.styled()).rstrip("\n").splitlines()]

    def until(self, holds: Callable[[list[str]], bool]) -> list[str]:
        """Wait until what stands there is as it should be."""
        end = time.monotonic() + 60
        while not holds(found := self.text()):
            assert time.monotonic() < end, "\n".join(found)
            time.sleep(0.05)
        return found

    def end(self) -> None:
        """End the server."""
        self._tmux("kill-server")


@pytest.fixture
def screen(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    """a1, and a2, which waits for a file."""
    path = environment.versions / "a2_second.py"
    text = path.read_text(encoding="utf-8").replace("    op.create_table", f"{WAITS}    op.create_table")
    path.write_text(text, encoding="utf-8")
    made = Screen(tmp_path_factory.mktemp("tmux") / "s", environment.root)
    yield made
    made.end()


def ended(lines: list[str]) -> bool:
    """Whether the command has ended."""
    return any(line.startswith("exit ") for line in lines)


def asks(lines: list[str]) -> bool:
    """Whether it waits for an answer."""
    return bool(lines) and lines[-1] == "Go on? [y/N]"


BEGUN = ["Upgrading test.db: 2 revisions", "[1/2] a1  first 0 ms"]
QUESTION = ["This downgrade of sqlite:///test.db deletes for good:", "  table t_a2, 1 row", "Go on? [y/N]"]


def test_progress(screen: Screen, environment: Environment) -> None:
    """A line a step, which has its time when the step has ended."""
    screen.limbeck("upgrade heads")
    assert screen.until(lambda lines: any(line.startswith("[2/2]") for line in lines)) == [*BEGUN, "[2/2] a2  second"]
    (environment.root / "go").touch()
    assert screen.until(ended)[:5] == [
        *BEGUN,
        "[2/2] a2  second 0 ms",
        "test.db: applied 2 revisions in 0 ms, now at a2 (head)",
        "exit 0",
    ]
    assert "\x1b[32mapplied 2 revisions" in screen.styled()


def test_a_question(screen: Screen, environment: Environment) -> None:
    """Rows are lost after a yes only."""
    (environment.root / "go").touch()
    environment.limbeck("upgrade", "heads")
    with sqlite3.connect(environment.root / "test.db") as connection:
        connection.execute("INSERT INTO t_a2 VALUES (1)")
    connection.close()
    screen.limbeck("downgrade -1")
    assert screen.until(asks) == QUESTION
    screen.type("n")
    assert screen.until(ended)[2:6] == [
        "Go on? [y/N] n",
        "error[not-confirmed]: The downgrade was not run: it was not confirmed",
        "  hint: `--yes` runs it unasked",
        "exit 3",
    ]
    assert "a2" in environment.limbeck("current").stdout
    screen.limbeck("downgrade -1")
    assert screen.until(asks) == QUESTION
    screen.type("y")
    assert screen.until(ended)[2:7] == [
        "Go on? [y/N] y",
        "Downgrading test.db: 1 revision",
        "[1/1] a2  second 0 ms",
        "test.db: took back 1 revision in 0 ms, now at a1",
        "next: `limbeck upgrade head` applies what is left",
    ]
