"""The house rules that a machine can keep: see CONTRIBUTING.md."""

from __future__ import annotations

import ast
import re
import warnings
from pathlib import Path

from gates import ROOT, SOURCES, name, nodes

from limbeck.errors import warn

LONGEST_FILE = 600
LONGEST_FUNCTION = 80


def code_lines(path: Path) -> int:
    """Lines that are neither blank, comment nor docstring."""
    text = path.read_text()
    prose: set[int] = set()
    for node in nodes(path):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            prose.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(text.splitlines(), 1)
    return sum(bool(line.strip()) and not line.strip().startswith("#") and at not in prose for at, line in lines)


def test_a_file_is_one_concept() -> None:
    assert [name(path) for path in SOURCES if code_lines(path) > LONGEST_FILE] == []


def test_a_function_fits_a_screen() -> None:
    """The signature and the docstring do not count: the documented ones are long."""
    long = []
    for path in SOURCES:
        for node in nodes(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                if body and (body[-1].end_lineno or 0) - body[0].lineno >= LONGEST_FUNCTION:
                    long.append(f"{name(path)}: {node.name}")
    assert long == []


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
