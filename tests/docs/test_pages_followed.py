"""The pages that a person follows from top to bottom: each does what it says, on real databases.

A page says in its first lines what it needs besides a folder: ``<!-- needs: postgresql -->``; its URL is then in
``DATABASE_URL``.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from walkthrough import Walk

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [
    *sorted(DOCS.glob("tutorial/*.md")),
    *(
        pytest.param(page, marks=pytest.mark.campaign)
        for folder in ("how-to", "explanation")
        for page in sorted(DOCS.glob(f"{folder}/*.md"))
    ),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_a_page_does_what_it_says(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    needs = re.match(r"<!-- needs: (\w+) -->", page.read_text(encoding="utf-8"))
    variables = {"DATABASE_URL": request.getfixturevalue(f"{needs[1]}_url")} if needs else {}
    Walk(tmp_path, variables).follow(page)
