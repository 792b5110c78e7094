"""Statements that take long: a line in place at a terminal, which leaves what others write."""

from __future__ import annotations

import os
import re
import signal

import pytest
from command_line import Environment
from terminal_session import STYLE, Session

LONG = "import limbeck.runtime.watch as watch; watch.LONG = 0.3"
SLEEPS = "SELECT pg_sleep(0.8)"


@pytest.fixture
def slow(environment: Environment, postgresql_url: str) -> Environment:
    """a1 - a2, whose statement counts as long, and which prints before, without an end of the line, and after."""
    environment.configure("sqlalchemy.url", postgresql_url)
    path = environment.versions / "a2_second.py"
    body = f"    {LONG}\n    print('before', end='', flush=True)\n    op.execute('{SLEEPS}')\n    print('after')\n"
    text = path.read_text(encoding="utf-8").replace("    op.create_table", f"{body}    op.create_table")
    path.write_text(text, encoding="utf-8")
    return environment


def seen(raw: str, columns: int) -> list[str]:
    """What stands on a terminal: its lines, times as 0 ms, without blanks at their ends."""
    rows, row, column = [""], 0, 0
    for part in STYLE.sub("", raw):
        if part == "\r":
            column = 0
        elif part == "\n" or column == columns:  # a character behind the last column begins the next line
            row, column = row + 1, column if part == "\n" else 0
            rows += [""] * (row + 1 - len(rows))
        if part.isprintable():
            rows[row] = rows[row][:column].ljust(column) + part + rows[row][column + 1 :]
            column += 1
    return [re.sub(r" *\b(?:\d+ ms|\d+\.\d s|\d+ s)\b", " 0 ms", line).rstrip() for line in rows]


def test_at_a_terminal_a_line_in_place_comes_and_goes(slow: Environment) -> None:
    """What the script prints stays where it is, and the line of the step is written again with its time."""
    run = Session(slow.root, "upgrade", "head", columns=70)
    run.until(SLEEPS)
    assert seen(run.raw, 70)[2:] == [
        f"[2/2] a2  second{' ' * 43}before",
        "  step 2 of 2, 0 ms: SELECT pg_sleep(0.8)",
    ]
    run.end()
    assert seen(run.raw, 70)[1:5] == [
        "[1/2] a1  first 0 ms",
        f"[2/2] a2  second{' ' * 43}before",
        "after",
        "[2/2] a2  second 0 ms",
    ]


@pytest.mark.usefixtures("interrupts")
def test_an_interrupt_takes_the_line_away(slow: Environment) -> None:
    run = Session(slow.root, "upgrade", "head", columns=70)
    run.until(SLEEPS)
    os.kill(run.process, signal.SIGINT)
    run.end()
    assert run.code not in (0, None)
    assert SLEEPS not in "\n".join(seen(run.raw, 70)[:4])


def test_without_an_edition_where_it_is_asked_for(slow: Environment) -> None:
    ini = slow.root / "alembic.ini"
    ini.write_text(ini.read_text(encoding="utf-8").replace("edition = 2026\n", ""), encoding="utf-8")
    run = Session(slow.root, "--progress", "upgrade", "head", columns=70)
    run.until(SLEEPS)
    assert seen(run.raw, 70)[-2:] == ["before", "  step 2 of 2, 0 ms: SELECT pg_sleep(0.8)"]
    assert SLEEPS not in "\n".join(seen(run.end().raw, 70))
