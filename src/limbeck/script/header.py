"""What a revision file declares, read without running it.

A header is literal where its four names are bound at the top level of the module to plain strings, None or sequences
of strings. Every other file is imported, one by one, so that reading always gives what importing gives.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from limbeck.syntax import syntax_tree

if TYPE_CHECKING:
    import ast
    from collections.abc import Mapping

NAMES = ("revision", "down_revision", "branch_labels", "depends_on")
REPLACES = "replaces"
"""The name that a squash binds besides: ids of the revisions in whose place it stands, oldest first."""

_HEADER_LINE = rf"^(?:{'|'.join(NAMES)})\b\s*[:=]"
_ATTEMPTS = 20
NO_PARENT = "the file sets 'revision' but not 'down_revision'"

LITERAL = 0
"""The header has the values."""
DYNAMIC = 1
"""Only an import can tell the values."""
STRAY = 2
"""The file binds no ``revision``: it is no revision file, or one of the oldest kind, which the file name identifies."""
BROKEN = 3
"""The header cannot be determined: the file is unreadable, or its header has a syntax error or a wrong value."""


class Header(NamedTuple):
    """What a revision file declares.

    :param state: one of the four constants above.
    :param revision: this and the next three are the values of `NAMES`, as the file has them; of any type where the
        header is broken.
    :param doc: the first paragraph of the docstring.
    :param problem: what is wrong with the file. A literal header has a problem too where a syntax error follows it.
    :param line: line of the problem, counted from 1.
    :param replaces: the value of `REPLACES`; empty where it is no plain sequence of strings.
    """

    state: int
    revision: Any = None
    down_revision: Any = None
    branch_labels: Any = None
    depends_on: Any = None
    doc: str = ""
    problem: str | None = None
    line: int | None = None
    replaces: tuple[str, ...] = ()


class _NotLiteral(Exception):  # noqa: N818 a signal within this module
    """One of the four names is bound in a way that only an import can follow."""


def read_file(path: str) -> Header:
    """The header of the file at ``path``: dynamic where only an import can tell, broken where it cannot be read."""
    if not path.endswith(".py"):
        return Header(DYNAMIC)
    try:
        with open(path, "rb") as stream:
            return read(stream.read())
    except OSError as error:
        return Header(BROKEN, problem=str(error.strerror))


def read(source: bytes) -> Header:
    """The header of a revision file.

    :param source: the bytes of the file.
    """
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _of_module(syntax_tree(source))
        except (SyntaxError, ValueError, RecursionError) as error:
            return _salvage(source, error)


def first_paragraph(docstring: str | None) -> str:
    """The message of a revision: its docstring up to the first blank line."""
    return (docstring or "").strip().split("\n\n", 1)[0]


def docstring(source: bytes) -> str:
    """The whole docstring of a revision file, stripped; empty where there is none."""
    import ast
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            module = syntax_tree(source)
        except (SyntaxError, ValueError, RecursionError) as error:
            module, _ = _before_error(source, _describe(source, error)[1])
    return (ast.get_docstring(module, clean=False) or "").strip()


def misspelled(path: str) -> tuple[str, int] | None:
    """A name near to 'revision' that a file without a revision sets, and its line; None where it sets no such name."""
    import ast
    from difflib import get_close_matches

    if not path.endswith(".py"):
        return None
    try:
        with open(path, "rb") as stream:
            body = syntax_tree(stream.read()).body
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    assigned = (node for node in body if isinstance(node, ast.Assign | ast.AnnAssign))
    lines = {name: node.lineno for node in assigned for name in _names_assigned(node) or () if name not in NAMES}
    near = get_close_matches(NAMES[0], lines, n=1, cutoff=0.85)
    return (near[0], lines[near[0]]) if near else None


def of_values(values: Mapping[str, Any], doc: str) -> Header:
    """The header of a file that binds ``values``, those of `NAMES` that it has."""
    if "revision" not in values:
        return Header(STRAY, doc=doc, **values)
    if "down_revision" not in values:
        return Header(BROKEN, doc=doc, problem=NO_PARENT)
    return checked(Header(LITERAL, doc=doc, **values))


def checked(header: Header) -> Header:
    """``header`` itself, or a broken one where a value is of a type that no header can have."""
    if not isinstance(header.revision, str) or not header.revision:
        return header._replace(state=BROKEN, problem=f"'revision' must be a string, not {header.revision!r}")
    for name in NAMES[1:]:
        value = getattr(header, name)
        if value is None or isinstance(value, str):
            continue
        if not isinstance(value, tuple | list | set | frozenset) or not all(isinstance(item, str) for item in value):
            return header._replace(state=BROKEN, problem=f"'{name}' must be a string, None or a sequence of strings")
    return header


def _of_module(module: ast.Module) -> Header:
    import ast

    doc = first_paragraph(ast.get_docstring(module, clean=False))
    try:
        values = _bindings(module)
    except _NotLiteral:
        return Header(DYNAMIC, doc=doc)
    return of_values(values, doc)._replace(replaces=_replaced(module))


def _replaced(module: ast.Module) -> tuple[str, ...]:
    """The ids in whose place the revision stands; a name that means something else to a script is left alone."""
    import ast

    for statement in module.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and _names_assigned(statement) == [REPLACES]:
            try:
                return ids(_value(statement.value))
            except _NotLiteral:
                return ()
    return ()


def ids(value: object) -> tuple[str, ...]:
    """What `REPLACES` is bound to as ids; none where it is no sequence of strings."""
    listed = isinstance(value, tuple | list) and all(isinstance(item, str) for item in value)
    return tuple(value) if listed else ()  # type: ignore[arg-type]  # just looked at


def _bindings(module: ast.Module) -> dict[str, Any]:
    """The literal values of the four names; raises `_NotLiteral` where one is bound in any other way."""
    import ast

    values: dict[str, Any] = {}
    starred = False
    for statement in module.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and (targets := _names_assigned(statement)) is not None:
            values.update((name, _value(statement.value)) for name in targets if name in NAMES)
        elif _binds(statement, NAMES):
            starred = True
            values.clear()
    if starred and len(values) < len(NAMES):
        raise _NotLiteral
    return values


def _names_assigned(statement: ast.Assign | ast.AnnAssign) -> list[str] | None:
    """The names that an assignment binds; None where it binds anything else, such as an attribute or a tuple."""
    import ast

    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    if len(names) < len(targets):
        return None
    return names if statement.value is not None else []


def _binds(statement: ast.stmt, names: tuple[str, ...]) -> bool:
    """Whether ``statement`` is a star import; raises `_NotLiteral` where it binds one of ``names`` itself."""
    import ast

    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        if statement.name in names:
            raise _NotLiteral
        return False
    starred = False
    for node in ast.walk(statement):
        if isinstance(node, ast.alias):
            starred = starred or node.name == "*"
            bound = node.asname or node.name
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound = node.id
        else:
            continue
        if bound in names:
            raise _NotLiteral
    return starred


def _value(node: ast.expr | None) -> Any:
    """The value of a literal; raises `_NotLiteral` for any other expression."""
    import ast

    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Tuple):
        return tuple(_value(item) for item in node.elts)
    if isinstance(node, ast.List):
        return [_value(item) for item in node.elts]
    raise _NotLiteral


def _salvage(source: bytes, error: Exception) -> Header:
    """The header of a file that Python cannot compile: literal where all of it precedes the error, otherwise broken."""
    problem, line = _describe(source, error)
    module, rest = _before_error(source, line)
    header = _of_module(module)
    if header.state != LITERAL or re.search(_HEADER_LINE, rest, re.MULTILINE):
        return Header(BROKEN, problem=problem, line=line)
    return header._replace(problem=problem, line=line)


def _before_error(source: bytes, line: int | None) -> tuple[ast.Module, str]:
    """The longest run of whole statements that ends before ``line``, parsed, and the text that follows it."""
    import ast

    lines = source.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    starts = [number for number, text in enumerate(lines[:line]) if text[:1] not in ("", " ", "\t", ")", "]", "}")]
    for start in reversed(starts[-_ATTEMPTS:]):
        try:
            return syntax_tree("\n".join(lines[:start])), "\n".join(lines[start:])
        except (SyntaxError, ValueError, RecursionError):
            continue
    return ast.Module([], []), "\n".join(lines)


def _describe(source: bytes, error: Exception) -> tuple[str, int | None]:
    """What is wrong with a file, and on which line."""
    if b"coding" not in b"".join(source.split(b"\n", 2)[:2]):
        try:
            source.decode("utf-8")
        except UnicodeDecodeError as bad:
            return "the file is not UTF-8", source.count(b"\n", 0, bad.start) + 1
    if b"\0" in source:
        return "the file has a null byte", source.count(b"\n", 0, source.index(b"\0")) + 1
    if isinstance(error, SyntaxError):
        return f"syntax error: {error.msg}", error.lineno
    return str(error), None
