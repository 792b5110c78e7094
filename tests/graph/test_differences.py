"""Each entry of docs/differences.md, "Targets and plans", that the reference can be asked about: both answers."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import Spec, graph
from listed import entries, section
from showing import Database

from limbeck.errors import CommandError

LISTED = entries(section("## Targets and plans"))

FORK = [Spec("aaaa", None), Spec("bbbb", "aaaa", None, "x"), Spec("cccc", "bbbb"), Spec("dddd", "aaaa")]
LOW = [Spec("aaaa", None, None, "x"), Spec("bbbb", "aaaa"), Spec("cccc", "bbbb"), Spec("dddd", "bbbb")]
NEEDS = [Spec("aaaa", None), Spec("bbbb", "aaaa"), Spec("pppp", None, None, "net"), Spec("qqqq", "pppp", "bbbb")]
ACROSS = [
    Spec("aaaa", None),
    Spec("bbbb", "aaaa"),
    Spec("cccc", "aaaa"),
    Spec("dddd", "aaaa", ("bbbb", "cccc")),
]
LINE = [Spec("aaaa", None, None, "x"), Spec("bbbb", "aaaa"), Spec("cccc", None, None, "y")]
THREE = [
    Spec("aaaa", None),
    Spec("bbbb", "aaaa"),
    Spec("cccc", "aaaa"),
    Spec("dddd", "cccc"),
    Spec("pppp", None),
    Spec("qqqq", "pppp", "cccc"),
]

CASES = [
    ("crash-on-implied-parent", ACROSS, "", "upgrade dddd", "KeyError", "dddd"),
    ("overlapping-rows", NEEDS, "bbbb pppp qqqq", "upgrade heads", "CommandError", "bbbb pppp qqqq"),
    ("branch-to-base", FORK, "cccc dddd", "downgrade x@base", "", "dddd"),
    ("fork-on-a-branch", LOW, "cccc dddd", "downgrade x@bbbb", "CommandError", "bbbb"),
    ("down-to-a-branch-head", LINE, "bbbb cccc", "downgrade x@head", "CommandError", "bbbb cccc"),
    ("stamp-keeps-unrelated-rows", THREE, "bbbb dddd pppp", "stamp heads", "qqqq", "bbbb dddd qqqq"),
    ("stamp-no-implied-row", FORK, "", "stamp bbbb cccc", "bbbb cccc", "cccc"),
    ("stamp-branch-base", NEEDS, "qqqq", "stamp net@base", "", "bbbb"),
    ("branch-by-id", LINE, "", "stamp bbbb@-1", "", "aaaa"),
    ("not-on-branch", LINE, "bbbb cccc", "downgrade y@x", "CommandError|bbbb cccc|aaaa cccc", "not-on-branch"),
    ("relative-everywhere", LINE, "", "stamp bbbb-1", "CommandError", "aaaa"),
    ("refusals", LINE, "", "upgrade bbbb+9", "AssertionError", "walked-too-far"),
    ("refusals", LINE, "aaaa", "downgrade y@-1", "AssertionError", "walked-too-far"),
    ("refusals", LINE, "", "upgrade aaaa+1x", "bbbb", "target-syntax"),
    ("refusals", [Spec("aaaa", None), Spec("bbbb", "gone")], "", "upgrade aaaa", "KeyError", "missing-revision"),
    ("refusals", [Spec("aaaa", None, "gone")], "", "upgrade aaaa", "KeyError", "missing-revision"),
    ("partial-dependencies", [Spec("aaaa", None), Spec("bbbb", None, "aaa")], "", "upgrade bbbb", "KeyError", "bbbb"),
]


def of_limbeck(specs: list[Spec], rows: str, command: str) -> str:
    try:
        database = Database(graph(*specs), *rows.split())
        database.run(command)
    except CommandError as error:
        return error.code
    return " ".join(database.rows)


def of_reference(oracles: Any, specs: list[Spec], rows: str, command: str) -> str:
    verb, *targets = command.split()
    asked = [["rows", rows.split()], [verb, targets if verb == "stamp" else targets[0]]]
    (outcome,) = oracles[0].ask(specs, asked)
    return outcome["error"][0] if "error" in outcome else " ".join(outcome["after"])


@pytest.mark.parametrize(("entry", "specs", "rows", "command", "expected", "limbeck"), CASES)
def test_difference(oracles, entry, specs, rows, command, expected, limbeck):
    assert entry in LISTED
    assert of_reference(oracles, specs, rows, command) in expected.split("|")
    assert of_limbeck(specs, rows, command) == limbeck
