"""The documentation builds without a warning, and every thing that a person can name has its place there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType

import pytest

from limbeck.explanations import explanations
from limbeck.lint.rules import own_rules

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the web pages; the test is skipped where Sphinx is not installed."""
    absent = [name for name in ("sphinx", "myst_parser", "furo") if find_spec(name) is None]
    if absent:
        pytest.skip(f"{', '.join(absent)} not installed: `pip install --group docs`, or `make docs` once")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-b", "html", DOCS, folder],
        env={**os.environ, "LIMBECK_DOCS_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def ids(page: Path) -> set[str]:
    """The anchors of a web page."""
    return set(re.findall(r'\bid="([^"]+)"', page.read_text(encoding="utf-8")))


def test_each_has_an_anchor(built: Path) -> None:
    """The address of a code of an error and of a rule can be told by anybody who knows its name."""
    assert set(explanations()) <= ids(built / "errors.html")
    assert {rule.name for rule in own_rules()} <= ids(built / "lint.html")


PUBLIC = (
    "limbeck.aio",
    "limbeck.command",
    "limbeck.errors",
    "limbeck.events",
    "limbeck.objects",
    "limbeck.results",
    "limbeck.web",
)
"""Modules that programs import."""


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_is_on_the_page(built: Path, module: str) -> None:
    found = import_module(module)
    own = getattr(found, "__all__", None) or [
        name
        for name, value in ((name, getattr(found, name)) for name in dir(found))
        if isinstance(value, type | FunctionType) and f"{value.__module__}.".startswith(f"{module}.") and name[0] != "_"
    ]
    assert own
    assert sorted({f"{module}.{name}" for name in own} - ids(built / "reference" / "python.html")) == []


def test_links_between_web_pages_lead_somewhere(built: Path) -> None:
    """Sphinx has checked those of the sources; these are of what was made of the code."""
    for page in [*built.glob("*.html"), *built.glob("*/*.html")]:
        if page.parent.name == "_modules":
            continue
        for link in re.findall(r'href="([^"#:]+)(?:#[^"]*)?"', page.read_text(encoding="utf-8")):
            assert (page.parent / link.partition("?")[0]).exists(), f"{page.name}: {link}"


def test_language_models_get_a_list_of_pages(built: Path) -> None:
    text = (built / "llms.txt").read_text(encoding="utf-8")
    listed = re.findall(r"^- \[.+\]\((.+)\): \S", text, re.MULTILINE)
    assert {"tutorial/first-project.html", "how-to/pods.html", "errors.html", "reference/commands.html"} <= set(listed)
    assert [page for page in listed if not (built / page).exists()] == []
