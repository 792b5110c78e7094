"""The pages that a person follows from top to bottom: each does what it says, on real databases.

A page says in its first line what it needs besides a folder: ``<!-- needs: postgresql -->``, whose URL is then in
``DATABASE_URL``; or ``<!-- needs: libraries -->``, the environment of libraries in place of that of the tests.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from walkthrough import Walk

DOCS = Path(__file__).parents[2] / "docs"
FIRST = DOCS / "tutorial" / "first-project.md"
PAGES = [
    FIRST,
    *(
        pytest.param(page, marks=pytest.mark.campaign)
        for folder in ("tutorial", "how-to", "explanation")
        for page in sorted(DOCS.glob(f"{folder}/*.md"))
        if page != FIRST
    ),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_a_page_does_what_it_says(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    needs = re.match(r"<!-- needs: (\w+) -->", page.read_text(encoding="utf-8"))
    if needs is None:
        walk = Walk(tmp_path, {})
    elif needs[1] == "libraries":
        walk = Walk(tmp_path, {}, request.getfixturevalue("libraries") / "bin" / "python")
    else:
        walk = Walk(tmp_path, {"DATABASE_URL": request.getfixturevalue(f"{needs[1]}_url")})
    walk.follow(page)
