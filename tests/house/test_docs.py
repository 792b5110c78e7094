"""The documentation keeps to what is there: links lead somewhere, examples run, the names that it lists exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from listed import PAGE, entries

from limbeck.ddl.impl import DefaultImpl

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "benchmarks/README.md"])
DIALECTS = (DOCS / "dialects.md").read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """What can follow a ``#``: the headings, as web pages of Markdown name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    for target in targets:
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@pytest.mark.parametrize(
    "page",
    [
        page.relative_to(DOCS)
        for page in PAGES
        if page.is_relative_to(DOCS) and page.parent.name != "adr" and page.name not in ("README.md", "index.md")
    ],
    ids=str,
)
def test_every_page_is_in_the_index(page: Path) -> None:
    assert f"({page})" in (DOCS / "README.md").read_text(encoding="utf-8")


def test_every_difference_has_a_reason_and_a_way_out() -> None:
    text = PAGE.read_text(encoding="utf-8")
    listed = entries(text)
    assert len(listed) == len(re.findall(r"^- \*\*", text, re.MULTILINE)) > 80, "one entry for each name"
    assert [name for name, entry in listed.items() if not re.search(r"\*Why\*:.*\*Do\*:", entry, re.DOTALL)] == []


def test_the_dialect_of_the_guide_is_registered_by_its_class() -> None:
    names: dict[str, object] = {"__name__": "acme"}
    exec(re.findall(r"```python\n(.*?)```", DIALECTS, re.DOTALL)[0], names)  # noqa: S102 our own page
    from limbeck.ddl.impl import _impls

    try:
        assert _impls["acme"] is names["AcmeImpl"]
    finally:
        _impls.pop("acme", None)


def test_what_the_guide_lists_can_be_overridden() -> None:
    guide = DIALECTS.partition("### Test it")[0]
    rows = [line for line in guide.splitlines() if line.startswith("| ") and "`" in line]
    names = {name for line in rows for name in re.findall(r"`(\w+)`", line)}
    assert len(names) > 30
    assert {name for name in names if not hasattr(DefaultImpl, name)} == set()


def test_the_guide_names_every_class_of_the_conformance_test() -> None:
    from limbeck.testing import suite

    rows = [line for line in DIALECTS.partition("### Test it")[2].splitlines() if line.startswith("| ")]
    named = {name for line in rows for name in re.findall(r"`(\w+Test)`", line)}
    assert named == {name for name in vars(suite) if name.endswith("Test")}
