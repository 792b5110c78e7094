"""What is large or intricate: signs of a function, class or file that may be two. ``make signs`` prints them.

Lines of code are those that are neither blank, comment nor docstring; those of a function leave its signature out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gates import ROOT, SOURCES, name, nodes

INTRICATE, LONG_BODY, LONG_FILE, LONG_CLASS = 15, 45, 450, 300


@dataclass(frozen=True, order=True)
class Size:
    """Something with a number: a cognitive complexity, or lines of code."""

    size: int
    what: str


@cache
def _code(path: Path) -> frozenset[int]:
    lines = path.read_text(encoding="utf-8").splitlines()
    prose: set[int] = set()
    for node in nodes(path):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            prose.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return frozenset(
        at for at, line in enumerate(lines, 1) if line.strip() and line.strip()[0] != "#" and at not in prose
    )


def files() -> list[Size]:
    return [Size(len(_code(path)), name(path)) for path in SOURCES]


def _between(path: Path, first: int, last: int | None) -> int:
    return len(_code(path) & set(range(first, (last or first) + 1)))


def classes() -> Iterator[Size]:
    for path in SOURCES:
        for node in nodes(path):
            if isinstance(node, ast.ClassDef):
                yield Size(_between(path, node.lineno, node.end_lineno), f"{name(path)}:{node.lineno} {node.name}")


def bodies() -> Iterator[Size]:
    for path in SOURCES:
        for node in nodes(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = _between(path, node.body[0].lineno, node.end_lineno)
                yield Size(lines, f"{name(path)}:{node.lineno} {node.name}")


def functions() -> Iterator[Size]:
    """By cognitive complexity: how much a reader has to keep in mind."""
    from complexipy import file_complexity

    for path in SOURCES:
        for function in file_complexity(str(path)).functions:
            yield Size(function.complexity, f"{name(path)}:{function.line_start} {function.name}")


def _print(title: str, sizes: Iterable[Size], limit: int) -> None:
    large = sorted((size for size in sizes if size.size > limit), reverse=True)
    print(f"{title} over {limit}: {len(large)}")
    print(*(f"  {size.size:4}  {size.what}" for size in large), sep="\n", end="\n\n" if large else "\n")


if __name__ == "__main__":
    _print("cognitive complexity", functions(), INTRICATE)
    _print("lines in a body", bodies(), LONG_BODY)
    _print("lines in a class", classes(), LONG_CLASS)
    _print("lines in a file", files(), LONG_FILE)
    total = sum(size.size for size in files())
    print(f"{total} lines of code in {len(SOURCES)} files of {(ROOT / 'src').name}")
