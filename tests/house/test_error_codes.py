"""docs/errors.md explains every code of an error or a warning that occurs in the sources, and no other."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gates import SOURCES, nodes

from limbeck.explanations import explanations

CALLERS = {"no_primitive": "no-"}
"""Functions that make a code of their last argument, and how it begins."""


def texts(node: ast.AST | None) -> Iterator[str]:
    """The constant texts that an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def codes() -> set[str]:
    found: set[str] = set()
    for path in SOURCES:
        if "doctor/" in path.as_posix():  # findings, which docs/doctor.md explains
            continue
        for node in nodes(path):
            if isinstance(node, ast.Call):
                found.update(text for each in node.keywords if each.arg == "code" for text in texts(each.value))
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in CALLERS:
                    found.update(CALLERS[name] + text.replace(" ", "-") for text in texts(node.args[-1]))
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(target, ast.Name) and target.id in ("code", "CODE") for target in targets):
                    found.update(texts(node.value))
    return found


def test_every_code_is_explained() -> None:
    explained = set(explanations())
    assert sorted(codes() - explained) == [], "add a section to docs/errors.md"
    assert sorted(explained - codes()) == [], "take the section out of docs/errors.md"


def test_explanations_are_sentences() -> None:
    for found in explanations().values():
        for text in (found.meaning, found.cause, found.way_out):
            assert text.endswith((".", "?", "!")), found
