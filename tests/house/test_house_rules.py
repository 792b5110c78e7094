"""The house rules that a machine can keep: see CONTRIBUTING.md."""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter

from gates import ROOT, SOURCES, name, nodes
from signs import bodies, files

from limbeck.errors import warn

LONGEST_FILE = 600
LONGEST_FUNCTION = 80


def test_a_file_is_one_concept() -> None:
    assert [file for file in files() if file.size > LONGEST_FILE] == []


def test_a_function_fits_a_screen() -> None:
    """The signature and the docstring do not count: the documented ones are long."""
    assert [body for body in bodies() if body.size > LONGEST_FUNCTION] == []


def test_nothing_is_called_utils_helper_or_manager() -> None:
    words = [
        f"{name(path)}: {word}"
        for path in SOURCES
        for word in (path.stem, *(node.name for node in nodes(path) if isinstance(node, ast.ClassDef)))
        if re.search(r"util|helper|manager", word, re.IGNORECASE)
    ]
    assert words == []


def test_the_package_itself_imports_nothing_but_its_version() -> None:
    tree = ast.parse((ROOT / "src" / "limbeck" / "__init__.py").read_text())
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {node.module for node in imports if isinstance(node, ast.ImportFrom)} <= {"__future__", "typing", "version"}
    assert [node for node in imports if isinstance(node, ast.Import)] == []


def test_syntax_trees_are_made_in_one_place() -> None:
    """``ast.parse`` fails on Python 3.11 where two threads call it at the same time; `syntax_tree` does not."""
    callers = {
        name(path)
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "ast.parse"
    }
    assert callers == {name(ROOT / "src" / "limbeck" / "syntax.py")}


def test_a_warning_stands_at_the_line_that_it_is_about() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn("a column is lost", code="loses", file="versions/1_a.py", line=7)
        warn("something is odd", code="odd")
    assert [(each.filename, each.lineno) for each in caught][:1] == [("versions/1_a.py", 7)]
    assert not caught[1].filename.endswith("errors.py")


def test_every_adr_is_listed_by_its_number() -> None:
    numbers = sorted(path.name[:4] for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_no_two_files_of_tests_have_one_name() -> None:
    """They are imported by their names alone: of two, tests get the one that was imported first."""
    apart = ROOT / "tests" / "dropin" / "machines" / "both"  # run by processes of their own
    paths = (path for path in (ROOT / "tests").rglob("*.py") if path.parent != apart and path.name != "conftest.py")
    names = Counter(path.name for path in paths)
    assert [each for each, count in names.items() if count > 1] == []
