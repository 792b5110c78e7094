"""Whole histories squashed, whole and in the middle: fresh, inside, at the end and beyond lead where they led.

The shop of `examples/` on three databases; projects from PyPI in `make campaign`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from projects import PROJECTS, Project
from squash_and_run import squash_and_run
from test_plans_of_histories import shop

PROGRAM = Path(__file__).with_name("squash_and_run.py")
STATIONS = {"fresh": [], "inside": [], "at the end": [], "beyond": []}
KNOWN = {"not-squashable", "squash-reads-rows", "squash-cannot-write", "no-literal", "no range"}
"""Why a squash may be refused: it says so, and nothing is written."""
DIFFERS = {("manila", "whole")}
"""Whose squash is refused by the proof: the first revision creates its tables on a connection of its own."""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_shop(kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test.db").touch()
    found = squash_and_run(shop(tmp_path / "shop", request.getfixturevalue(f"{kind}_url"), monkeypatch))
    assert {part: (each["revisions"], each["stations"]) for part, each in found.items()} == {
        "whole": (5, STATIONS),
        "middle": (2, STATIONS),
    }


@pytest.mark.campaign
@pytest.mark.parametrize(
    ("project", "kind"),
    [
        pytest.param(project, kind, id=f"{project.name}-{kind}")
        for project in PROJECTS
        for kind in project.kinds
        if not project.base  # whose history does not begin at an empty database
    ],
)
def test_projects(told: Callable[[Path, Project, str], Any], project: Project, kind: str) -> None:
    for part, found in told(PROGRAM, project, kind).items():
        refused = KNOWN | ({"squash-differs"} if (project.name, part) in DIFFERS else set())
        assert found.get("refused") in refused or found["stations"] == STATIONS, (part, found)
