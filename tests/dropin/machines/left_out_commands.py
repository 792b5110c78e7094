"""Differences that the machine for command lines does not report, each named as in docs/differences.md."""

from __future__ import annotations

import re
from collections.abc import Callable

from machine import Answer, LeftOut


def where(command: str = "", *, there: str = "", here: str = "") -> Callable[[str, Answer, Answer], bool]:
    """Whether the first command whose answers differ is such a one, and has these patterns in what was answered."""

    def applies(_: str, theirs: Answer, ours: Answer) -> bool:
        parts = zip(theirs["printed"].split("\n$ "), ours["printed"].split("\n$ "), strict=False)
        their, our = next((pair for pair in parts if pair[0] != pair[1]), ("", ""))
        given = zip((command, there, here), (our.splitlines()[0], their, our), strict=True)
        return all(re.search(pattern, text) for pattern, text in given)

    return applies


def stamps_one_more(text: str, theirs: Answer, ours: Answer) -> bool:
    """Whether the first command that differs stamps several, and the reference says of it what we say and more."""
    if not where(r"stamp \S+ \S+", there="failed: False", here="failed: False")(text, theirs, ours):
        return False
    parts = zip(theirs["printed"].split("\n$ "), ours["printed"].split("\n$ "), strict=False)
    their, our = next(pair for pair in parts if pair[0] != pair[1])
    return set(our.splitlines()) < set(their.splitlines())


def in_another_order(text: str, theirs: Answer, ours: Answer) -> bool:
    """Whether both print the same lines, and the first command that has another order is ``current``."""
    same = sorted(theirs["printed"].splitlines()) == sorted(ours["printed"].splitlines())
    return same and where("current")(text, theirs, ours)


OF_COMMANDS = (
    LeftOut(
        "nothing-current: a range that ends with current, on an empty database",
        "run('revision', '-m', 'x', '--rev-id', 'a1')\nrun('history', '-rbase:current')",
        where("history.*:current", there="a1|b2|c3|d4|e5|m4"),
    ),
    LeftOut(
        "nothing-current: the same in an empty history, where Alembic fails",
        "run('history', '-rcurrent:current')",
        where("history.*:current", there="failed: True", here="failed: False"),
    ),
    LeftOut(
        "stamp-no-implied-row: of stamped targets, one that is another gets no row of its own",
        "run('revision', '-m', 'x', '--rev-id', 'a1')\nrun('stamp', 'a1', 'head')",
        where("stamp", there="failed: True", here="failed: False"),
    ),
    LeftOut(
        "stamp-no-implied-row: Alembic succeeds where it happens to take the lower one first",
        "run('revision', '-m', 'x', '--rev-id', 'a1')\nrun('stamp', 'a1', 'heads')",
        where("stamp a1 head", there="failed: False"),
        always=False,
    ),
    LeftOut(
        "stamp-no-implied-row: the row that Alembic writes for it beside the other",
        "run('revision', '-m', 'x', '--rev-id', 'a1')\nrun('revision', '-m', 'y', '--rev-id', 'b2')\n"
        "run('stamp', 'b2@head', 'a1')",
        stamps_one_more,
        always=False,
    ),
    LeftOut(
        "not-on-branch: what no revision is called is refused as a branch in an empty history too",
        "run('upgrade', 'a1@head')\nrun('downgrade', 'x@head')",
        where("(?:up|down)grade.*@head|stamp.*@head", there="failed: False", here="failed: True"),
    ),
    LeftOut(
        "purge-after-the-target",
        "run('revision', '-m', 'x', '--rev-id', 'a1')\nrun('upgrade', 'a1')\nrun('stamp', '--purge', 'side@+2')",
        lambda text, *_: "'--purge'" in text,
    ),
    LeftOut(
        "sql-from-current: --sql takes a range that begins with what the database has",
        "run('upgrade', '--sql', 'current:heads')",
        where("--sql .*current:", there="failed: True", here="failed: False"),
    ),
    LeftOut(
        "a label that no revision has is refused in an empty history too",
        "run('revision', '-m', 'x', '--head', 'side@head', '--rev-id', 'a1')",
        where("--head side@head", there="failed: False", here="failed: True"),
    ),
    LeftOut(
        "current: Alembic prints several heads in the order of a set",
        "run('revision', '-m', 'x', '--rev-id', 'a1')\nrun('revision', '-m', 'y', '--rev-id', 'b2', '--head', 'base')\n"
        "run('stamp', 'heads')\nrun('current')",
        in_another_order,
        always=False,
    ),
)
