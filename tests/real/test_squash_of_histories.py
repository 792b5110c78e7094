"""Whole histories squashed, whole and in the middle: fresh, inside, at the end and beyond lead where they led.

The shop of `examples/` on three databases; projects from PyPI in `make campaign`, there by the reference too: it runs
the squashed scripts from empty, and from the end of the range on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from programs import printed
from projects import PROJECTS, Project
from squash_and_run import KEPT, squash_and_run
from test_plans_of_histories import shop

PROGRAM = Path(__file__).with_name("squash_and_run.py")
BY_REFERENCE = Path(__file__).with_name("upgrade_by_reference.py")
DIFFERING = Path(__file__).with_name("differing_schemas.py")
Going = tuple[str, str]
"""A revision, and the folder of the scripts that lead to it; empty: the project's own."""

STATIONS = {"fresh": [], "inside": [], "at the end": [], "beyond": []}
KNOWN = {"not-squashable", "squash-reads-rows", "squash-cannot-write", "no-literal", "no range", "outside-scratch"}
"""Why a squash may be refused: it says so, and nothing is written.

Some initial revisions of OpenStack ``ALTER DATABASE`` by the name in the URL on MariaDB, which a scratch database must
not let through.
"""
DIFFERS = {("manila", "whole")}
"""Whose squash is refused by the proof: the first revision creates its tables on a connection of its own."""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_shop(kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test.db").touch()
    config = shop(tmp_path / "shop", request.getfixturevalue(f"{kind}_url"), monkeypatch)
    found = squash_and_run(config, tmp_path / "squashed")
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
def test_projects(
    told: Callable[[Path, Project, str], Any],
    by_reference: Callable[[Project, str, list[Going]], str],
    differing: Callable[[str, str], list[str]],
    tmp_path: Path,
    project: Project,
    kind: str,
) -> None:
    found = told(PROGRAM, project, kind)
    for part, each in found.items():
        refused = KNOWN | ({"squash-differs"} if (project.name, part) in DIFFERS else set())
        assert each.get("refused") in refused or each["stations"] == STATIONS, (part, each)
    squashed = {part: each["end"] for part, each in found.items() if "end" in each}
    if not squashed:
        return
    expected = by_reference(project, kind, [("heads", "")])
    for part, end in squashed.items():
        scripts = str(tmp_path / KEPT / part)
        for way in ([("heads", scripts)], [(end, ""), ("heads", scripts)]):
            assert differing(by_reference(project, kind, way), expected) == [], (part, way)


@pytest.fixture
def by_reference(
    tools: dict[str, Path], tmp_path: Path, new_url: Callable[[str], str]
) -> Callable[[Project, str, list[Going]], str]:
    """Has the reference upgrade a new database, with the scripts of the project or squashed ones; gives its URL."""

    def run(project: Project, kind: str, way: list[Going]) -> str:
        url = new_url(kind)
        for going in way:
            words = [BY_REFERENCE, project.name, url, *going, *project.words(url, tmp_path)]
            printed(tools["reference"], words, tmp_path)
        return url

    return run


@pytest.fixture
def differing(tools: dict[str, Path], tmp_path: Path) -> Callable[[str, str], list[str]]:
    """What the schemas of two databases differ in."""
    return lambda one, other: json.loads(printed(tools["limbeck"], [DIFFERING, one, other], tmp_path))
