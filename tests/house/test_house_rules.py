"""The house rules that a machine can keep: see architecture.md and CONTRIBUTING.md."""

from __future__ import annotations

import ast
import re
import warnings
from pathlib import Path

import pytest

from limbeck.errors import warn

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "limbeck").rglob("*.py"))
SOURCES = [path for path in SOURCES if "templates" not in path.parts]
LONGEST_FILE = 600
LONGEST_FUNCTION = 80


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code_lines(path: Path) -> int:
    """Lines that are neither blank, comment nor docstring."""
    text = path.read_text()
    prose: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            prose.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(text.splitlines(), 1)
    return sum(bool(line.strip()) and not line.strip().startswith("#") and at not in prose for at, line in lines)


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_is_one_concept(path: Path) -> None:
    assert code_lines(path) <= LONGEST_FILE


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_function_fits_a_screen(path: Path) -> None:
    """The signature and the docstring do not count: the documented ones are long."""
    long = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body and (body[-1].end_lineno or 0) - body[0].lineno >= LONGEST_FUNCTION:
                long.append(node.name)
    assert long == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_nothing_is_called_utils_helper_or_manager(path: Path) -> None:
    words = {path.stem, *(n.name for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ClassDef))}
    assert [word for word in words if re.search(r"util|helper|manager", word, re.IGNORECASE)] == []


def test_nobody_imports_a_dialect() -> None:
    """PostgreSQL stands on the same footing as a dialect that somebody else ships."""
    importing = [
        name(path)
        for path in SOURCES
        if "dialects" not in path.parts
        and re.search(r"^\s*(?:from|import) limbeck\.dialects", path.read_text(), re.MULTILINE)
    ]
    assert importing == []


def test_the_package_itself_imports_nothing_of_its_own() -> None:
    tree = ast.parse((ROOT / "src" / "limbeck" / "__init__.py").read_text())
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {node.module for node in imports if isinstance(node, ast.ImportFrom)} <= {"__future__", "typing"}
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
