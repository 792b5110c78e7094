"""The parameters of ``alter_column`` are stated in few places, so that one more is a change of few lines."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from limbeck.operations import Operations

SOURCES = Path(inspect.getfile(Operations)).parents[1]
PARAMETERS = sorted(set(inspect.signature(Operations.alter_column).parameters) - {"self", "kw"})
ASPECTS = {"new_column_name": "name", "type_": "type"}
"""Parameters that the operation and `ColumnState` have by another name."""


def stated(node: ast.AST) -> set[str]:
    """The parameters of a function, or the fields that the body of a class declares."""
    if isinstance(node, ast.FunctionDef):
        return {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
    if isinstance(node, ast.ClassDef):
        fields = (each.target for each in node.body if isinstance(each, ast.AnnAssign))
        return {field.id for field in fields if isinstance(field, ast.Name)}
    return set()


@cache
def statements() -> tuple[tuple[str, set[str]], ...]:
    """The functions and classes that state the signature or parts of it, with the names in them."""
    return tuple(found())


def found() -> Iterator[tuple[str, set[str]]]:
    for path in sorted(SOURCES.rglob("*.py")):
        if "templates" in path.parts or "templates_2026" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = stated(node)
            existing = sum(name.startswith("existing_") for name in names)
            called = getattr(node, "name", "")
            if existing > 1 or called == "ColumnState" or (called == "alter_column" and len(names) > 3):
                new = {f"modify_{name}" for name in names} if called == "ColumnState" else names
                yield f"{path.relative_to(SOURCES)}:{called}", new


def places(parameter: str) -> list[str]:
    names = {parameter, f"modify_{ASPECTS.get(parameter, parameter)}"}
    return [place for place, stated in statements() if stated & names]


def test_the_signature_is_stated_here() -> None:
    assert [place for place, _ in statements()] == [
        "ddl/base.py:__init__",  # the DDL elements, as Alembic's
        "ddl/column_change.py:ColumnState",
        "operations/columns.py:AlterColumnOp",
        "operations/columns.py:alter_column",
        "operations/columns.py:alter_column",  # of batch_op
    ]


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_a_parameter_is_stated_in_at_most_four_places(parameter: str) -> None:
    assert 1 <= len(places(parameter)) <= 4, places(parameter)
