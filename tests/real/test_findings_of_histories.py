"""What a review finds in histories, each revision by itself: what stands in `findings.py`, and no more.

The shop of `examples/` and histories of scripts that read, on their databases; projects from PyPI in `make campaign`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from findings import FINDINGS, JUDGED
from lint_and_run import lint_and_run
from projects import PROJECTS, Project
from test_plans_of_histories import READING, UNKNOWN_TABLE, history, shop

PROGRAM = Path(__file__).with_name("lint_and_run.py")


def counted(rules: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(rules).items()))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_the_shop(kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test.db").touch()
    found = lint_and_run(shop(tmp_path / "shop", request.getfixturevalue(f"{kind}_url"), monkeypatch))
    assert counted(one.rule for one in found) == FINDINGS[f"shop on {kind}"]


@pytest.mark.parametrize(("name", "bodies"), [("scripts that read", READING), ("a table unknown", UNKNOWN_TABLE)])
def test_scripts(name: str, bodies: dict[str, str], tmp_path: Path) -> None:
    found = lint_and_run(history(tmp_path, bodies))
    assert counted(one.rule for one in found) == FINDINGS[f"{name} on sqlite"]


def test_each_kind_of_finding_was_looked_at() -> None:
    assert {rule for found in FINDINGS.values() for rule in found} == set(JUDGED)


CASES = [(project, kind) for project in PROJECTS for kind in project.kinds if f"{project.name} on {kind}" in FINDINGS]


@pytest.mark.campaign
@pytest.mark.xdist_group("real")
@pytest.mark.parametrize(("project", "kind"), CASES, ids=[f"{project.name} on {kind}" for project, kind in CASES])
def test_a_history_from_pypi(project: Project, kind: str, told: Callable[[Path, Project, str], Any]) -> None:
    """Of a newer release of a project, which may have more revisions, the list is written anew."""
    found = counted(one["rule"] for one in told(PROGRAM, project, kind))
    assert found == FINDINGS[f"{project.name} on {kind}"]
