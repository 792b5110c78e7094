"""Whether a revision file creates an enum type, a domain, a sequence, a view or the like, read without running it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from limbeck.syntax import syntax_tree

if TYPE_CHECKING:
    import ast
    from collections.abc import Collection, Iterator

_CALLS = {
    "enum": ("create_enum", "Enum", "ENUM"),
    "domain": ("create_domain", "DOMAIN"),
    "sequence": ("create_sequence", "Sequence"),
    "view": ("create_view", "replace_view"),
    "materialized_view": ("create_view", "replace_view"),
    "function": ("create_function", "replace_function"),
    "procedure": ("create_procedure", "replace_procedure"),
    "trigger": ("create_trigger", "replace_trigger"),
    "partition": ("create_partition", "attach_partition"),
}
_ANY = ("create_object", "replace_object")
"""Their first argument is the kind, the second one the name."""
_WORDS = {
    "composite_type": "TYPE",
    "enum": "TYPE",
    "domain": "DOMAIN",
    "sequence": "SEQUENCE",
    "event_trigger": r"EVENT\s+TRIGGER",
    "virtual_table": r"VIRTUAL\s+TABLE",
    "materialized_view": r"MATERIALIZED\s+VIEW",
}
"""What stands after CREATE, where it is not the kind in capitals."""


def creates(path: str, kind: str, name: str, schemas: Collection[str | None]) -> bool:
    """Whether the file says so in a call, or in SQL, outside of ``downgrade()``.

    :param path: the revision file; one that cannot be read, or is not valid Python, creates nothing.
    :param kind: ``enum``, ``domain``, ``sequence`` or a kind of object.
    :param schemas: the schemas that count, as the file may spell them; None where it says none.
    """
    import warnings

    try:
        with open(path, "rb") as stream:
            source = stream.read()
        if name.encode() not in source:
            return False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = syntax_tree(source)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return False
    return any(
        _calls(node, kind, name, schemas) or _says(node, kind, name, schemas) for node in _nodes_of_upgrade(tree)
    )


def _nodes_of_upgrade(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those of ``downgrade()``, and of arguments that say what exists already."""
    import ast

    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("downgrade"):
            continue
        if isinstance(node, ast.keyword) and (node.arg or "").startswith("existing"):
            continue
        yield node
        pending += ast.iter_child_nodes(node)


def _calls(node: ast.AST, kind: str, name: str, schemas: Collection[str | None]) -> bool:
    import ast

    if not isinstance(node, ast.Call):
        return False
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if called not in (*_CALLS.get(kind, ()), *_ANY):
        return False
    given = {word.arg: word.value.value for word in node.keywords if isinstance(word.value, ast.Constant)}
    if "name" not in given and called not in ("Enum", "ENUM") and node.args and isinstance(node.args[0], ast.Constant):
        given["name"] = node.args[0].value
    if called in _ANY:
        leading = [each.value for each in node.args[:2] if isinstance(each, ast.Constant)]
        return leading == [kind, name] and given.get("schema") in schemas
    return given.get("name") == name and given.get("schema") in schemas and given.get("create_type") is not False


def _says(node: ast.AST, kind: str, name: str, schemas: Collection[str | None]) -> bool:
    import ast

    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    word = _WORDS.get(kind, kind.upper())
    creation = (
        rf'\bCREATE\s+(?:OR\s+REPLACE\s+)?{word}\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:"?(\w+)"?\.)?"?{re.escape(name)}"?(?!\w)'
    )
    return any(found[1] in schemas for found in re.finditer(creation, node.value, re.IGNORECASE))
