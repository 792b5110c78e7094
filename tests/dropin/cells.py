"""Python that says ``alembic``, run cell by cell as in a notebook, so that two tools can be asked the same.

A cell is a few lines; the value of its last expression is its answer. What it printed, warned of and raised is told
beside it: of exceptions and warnings all the classes by which a caller could catch or filter them.
"""

from __future__ import annotations

import ast
import contextlib
import io
import textwrap
import warnings
from typing import Any


def told(setup: str, cells: list[str], names: dict[str, Any]) -> list[dict[str, Any]]:
    """What each cell did, after ``setup``, which all of them share.

    :param names: what the cells find defined.
    """
    namespace: dict[str, Any] = {**names, "__name__": "cells"}
    exec(textwrap.dedent(setup), namespace)  # noqa: S102 text of our tests
    return [_told(textwrap.dedent(cell).strip(), namespace) for cell in cells]


def _told(cell: str, namespace: dict[str, Any]) -> dict[str, Any]:
    out = io.StringIO()
    found: dict[str, Any] = {"answer": None, "raised": None, "classes": []}
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(out):
        warnings.simplefilter("always")
        try:
            found["answer"] = repr(_value(cell, namespace))
        except Exception as error:  # noqa: BLE001 an answer too
            found["raised"], found["classes"] = str(error), _classes(type(error))
    found["printed"] = out.getvalue()
    found["warned"] = [[str(one.message), _classes(one.category)] for one in caught]
    return found


def _value(cell: str, namespace: dict[str, Any]) -> Any:
    tree = ast.parse(cell)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), namespace)  # noqa: S102
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), namespace) if last is not None else None  # noqa: S307


def _classes(of: type) -> list[str]:
    return [one.__name__ for one in of.__mro__]


def differences(reference: list[dict[str, Any]], ours: list[dict[str, Any]], cells: list[str]) -> list[str]:
    """Each cell whose answers differ, as text; a class of ours may be more than the reference's."""
    texts = []
    for cell, there, here in zip(cells, reference, ours, strict=True):
        if not _same(there, here):
            texts.append(f"{textwrap.dedent(cell).strip()}\n  Alembic: {_short(there)}\n  Limbeck: {_short(here)}")
    return texts


def _same(there: dict[str, Any], here: dict[str, Any]) -> bool:
    return (
        all(there[key] == here[key] for key in ("answer", "raised", "printed"))
        and set(there["classes"]) <= set(here["classes"])
        and [text for text, _ in there["warned"]] == [text for text, _ in here["warned"]]
        and all(set(a) <= set(b) for (_, a), (_, b) in zip(there["warned"], here["warned"], strict=True))
    )


def answer(found: dict[str, Any]) -> str:
    """The value of a cell, or what it raised."""
    value: str = found["answer"] if found["raised"] is None else f"{found['classes'][0]}: {found['raised']}"
    return value


def _short(found: dict[str, Any]) -> str:
    more = {key: found[key] for key in ("printed", "warned") if found[key]}
    return f"{answer(found)} {more or ''}"
