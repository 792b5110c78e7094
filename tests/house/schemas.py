"""The JSON Schemas of ``docs/schemas``, made of the dataclasses of `limbeck.results`: ``make schemas`` writes them.

A file stays when the version of its schema is raised: documents of that version are still about.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

from limbeck import findings, results
from limbeck.results import Result

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCALARS: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
NAMES = {
    "ClassVar": ClassVar,
    "Literal": Literal,
    **vars(findings),
    **{name: getattr(results, name) for name in dir(results)},
}


def all_results() -> list[type[Result]]:
    """Every kind of result."""
    return [one for one in NAMES.values() if inspect.isclass(one) and issubclass(one, Result) and one is not Result]


def file_of(result: type[Result]) -> Path:
    return FOLDER / f"{result.schema}-{result.version}.json"


def schema_of(result: type[Result]) -> dict[str, Any]:
    """The JSON Schema of what ``as_json()`` of a result gives."""
    named: dict[str, Any] = {}
    described = _object(result, named)
    envelope = {"schema": {"const": result.schema}, "version": {"const": result.version}}
    return {
        "$schema": DIALECT,
        "title": f"{result.schema}, version {result.version}",
        **described,
        "properties": {**envelope, **described["properties"]},
        "required": [*envelope, *described["required"]],
        **({"$defs": named} if named else {}),
    }


def text_of(result: type[Result]) -> str:
    return json.dumps(schema_of(result), indent=2) + "\n"


def _object(kind: type, named: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind, NAMES)
    about, parameters = _docstring(kind)
    shown = [field.name for field in dataclasses.fields(kind) if field.metadata.get("json", True)]
    return {
        "description": about,
        "type": "object",
        "properties": {name: {"description": parameters[name], **_value(hints[name], named)} for name in shown},
        "required": shown,
    }


def _value(hint: Any, named: dict[str, Any]) -> dict[str, Any]:
    if hint in SCALARS:
        return {"type": SCALARS[hint]}
    arguments = get_args(hint)
    if get_origin(hint) is Literal:
        return {"enum": list(arguments)}
    if get_origin(hint) in {Union, types.UnionType}:
        if set(arguments) <= set(SCALARS):
            return {"type": [SCALARS[one] for one in arguments]}
        return {"anyOf": [_value(one, named) for one in arguments]}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _value(arguments[0], named)}
    named.setdefault(hint.__name__, None)  # before its fields, so that definitions stand in the order of their use
    named[hint.__name__] = _object(hint, named)
    return {"$ref": f"#/$defs/{hint.__name__}"}


def _docstring(kind: type) -> tuple[str, dict[str, str]]:
    """The first sentence of a docstring, and what it says of each parameter."""
    first, *parameters = re.split(r"\n:param ", inspect.cleandoc(kind.__doc__ or ""))
    return _line(first), dict(_parameters(parameters))


def _parameters(found: list[str]) -> Iterator[tuple[str, str]]:
    for one in found:
        name, _, about = one.partition(": ")
        yield name, _line(about)


def _line(text: str) -> str:
    return " ".join(text.replace("``", "").split())


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for result in all_results():
        file_of(result).write_text(text_of(result), encoding="utf-8")
