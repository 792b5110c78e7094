"""The documentation builds without a warning, and every thing that a person can name has its place there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType, ModuleType

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
    "aio",
    "autogenerate",
    "command",
    "config",
    "ddl.impl",
    "errors",
    "events",
    "events.opentelemetry",
    "fleet",
    "lint.changes",
    "lint.rule",
    "objects",
    "operations",
    "operations.ops",
    "results",
    "test_databases",
    "testing",
    "testing.env",
    "testing.fixtures",
    "testing.requirements",
    "testing.rules",
    "testing.suite",
    "types",
    "web",
)
"""Modules of Limbeck whose names programs, dialects, plugins and tests import, all of them."""

IN_PART = {
    "limbeck": ("Migrator", "aio", "command", "context", "events", "op", "scratch", "verbs"),
    "limbeck.cli": ("CommandLine", "main"),
    "limbeck.runtime.migration": ("MigrationContext",),
    "limbeck.autogenerate.rewriter": ("Rewriter",),
    "limbeck.script": ("Script", "ScriptDirectory"),
}
"""Modules that have public names besides others; of the first most are modules."""

IMPORT = re.compile(r"^ *from (limbeck[\w.]*) import \(?([\w, ]+)", re.MULTILINE)


def public(module: str) -> dict[str, object]:
    """The public names of a module: what it lists, else the classes and functions that are its own."""
    found = import_module(f"limbeck.{module}")
    listed = [name for name in getattr(found, "__all__", ()) if name[0] != "_"]
    values = {name: getattr(found, name) for name in listed or dir(found) if name[0] != "_"}
    if listed:
        return {name: value for name, value in values.items() if not isinstance(value, ModuleType)}
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, type | FunctionType) and f"{value.__module__}.".startswith(f"limbeck.{module}.")
    }


def test_every_public_name_is_on_a_page_of_the_reference(built: Path) -> None:
    anchors = set().union(*(ids(page) for page in (built / "reference").glob("*.html")))
    places: dict[int, set[str]] = {}  # a name may be on the page below another of its modules
    names = {f"limbeck.{module}.{name}": value for module in PUBLIC for name, value in public(module).items()}
    for name, value in names.items():
        places.setdefault(id(value), set()).add(name)
    assert len(names) > 300
    assert sorted(name for name, value in names.items() if not places[id(value)] & anchors) == []


def test_what_pages_import_is_public() -> None:
    """So that no page leads to a name that the reference does not have."""
    pages = [DOCS.parent / "README.md", *DOCS.rglob("*.md"), *(DOCS.parent / "examples").rglob("*.py")]
    imported = {
        (found[1], name.strip())
        for page in pages
        for found in IMPORT.finditer(page.read_text(encoding="utf-8"))
        for name in found[2].split(" as ")[0].split(",")
    }
    assert ("limbeck.config", "Config") in imported
    known = {f"limbeck.{module}" for module in PUBLIC}
    others = {(module, name) for module, name in imported if module not in known}
    assert sorted(other for other in others if other[1] not in IN_PART.get(other[0], ())) == []


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
