"""What a revision file says about itself, read without running it (behaviour 2.5; architecture, "revision files").

A header is literal where its four names are bound at the top of the module to plain strings, None or sequences of
them. Everything else is left to an import of that one file, so that reading always equals importing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ast

NAMES = ("revision", "down_revision", "branch_labels", "depends_on")

_HEADER_LINE = rf"^(?:{'|'.join(NAMES)})\b\s*[:=]"
_ATTEMPTS = 20
NO_PARENT = "the file sets 'revision' but not 'down_revision'"

LITERAL = 0
"""The values stand in the header."""
DYNAMIC = 1
"""Only an import can tell the values."""
STRAY = 2
"""The file binds no ``revision``: it is no revision file, or one of the oldest, named by its file name."""
BROKEN = 3
"""The file cannot be read and its header not be made out."""


class Header:
    """What one revision file says about itself.

    :param state: one of the four above.
    :param doc: the first paragraph of the docstring.
    :param problem: what is wrong with the file; a literal header has one too where it stands before a syntax error.
    :param line: the line that the problem is in, counted from 1.

    The others are the values of `NAMES`, as the file has them.
    """

    __slots__ = ("branch_labels", "depends_on", "doc", "down_revision", "line", "problem", "revision", "state")

    def __init__(
        self,
        state: int,
        revision: Any = None,
        down_revision: Any = None,
        branch_labels: Any = None,
        depends_on: Any = None,
        doc: str = "",
        problem: str | None = None,
        line: int | None = None,
    ) -> None:
        self.state = state
        self.revision = revision
        self.down_revision = down_revision
        self.branch_labels = branch_labels
        self.depends_on = depends_on
        self.doc = doc
        self.problem = problem
        self.line = line

    def fields(self) -> tuple[Any, ...]:
        """The arguments that make this header again."""
        values = (self.revision, self.down_revision, self.branch_labels, self.depends_on)
        return (self.state, *values, self.doc, self.problem, self.line)

    def but(self, **changes: Any) -> Header:
        """A header like this one, with ``changes``."""
        names = ("state", *NAMES, "doc", "problem", "line")
        return Header(**dict(zip(names, self.fields(), strict=True)) | changes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Header) and self.fields() == other.fields()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Header{self.fields()}"


class _NotLiteral(Exception):  # noqa: N818 a signal within this file
    pass


def read_file(path: str) -> Header:
    """The header of the file at ``path``, as far as it can be told without running it; broken where unreadable."""
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
    import ast
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _of_module(ast.parse(source))
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
            module = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError) as error:
            module, _ = _before_error(source, _describe(source, error)[1])
    return (ast.get_docstring(module, clean=False) or "").strip()


def checked(header: Header) -> Header:
    """``header`` itself, or a broken one where a value is of a type that no header has."""
    if not isinstance(header.revision, str) or not header.revision:
        return header.but(state=BROKEN, problem=f"'revision' must be a string, not {header.revision!r}")
    for name in NAMES[1:]:
        value = getattr(header, name)
        if value is None or isinstance(value, str):
            continue
        if not isinstance(value, tuple | list | set | frozenset) or not all(isinstance(item, str) for item in value):
            return header.but(state=BROKEN, problem=f"'{name}' must be a string, None or a sequence of strings")
    return header


def _of_module(module: ast.Module) -> Header:
    import ast

    doc = first_paragraph(ast.get_docstring(module, clean=False))
    try:
        values = _bindings(module)
    except _NotLiteral:
        return Header(DYNAMIC, doc=doc)
    if "revision" not in values:
        return Header(STRAY, doc=doc, **values)
    if "down_revision" not in values:
        return Header(BROKEN, doc=doc, problem=NO_PARENT)
    return checked(Header(LITERAL, doc=doc, **values))


def _bindings(module: ast.Module) -> dict[str, Any]:
    """The literal values of the four names; raises `_NotLiteral` where one is bound in any other way."""
    import ast

    values: dict[str, Any] = {}
    starred = False
    for statement in module.body:
        if isinstance(statement, ast.Assign) and all(isinstance(target, ast.Name) for target in statement.targets):
            targets = [target.id for target in statement.targets if isinstance(target, ast.Name)]
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            targets = [statement.target.id] if statement.value else []
        else:
            starred = _binds(statement, NAMES) or starred
            if starred:
                values.clear()
            continue
        for name in targets:
            if name in NAMES:
                values[name] = _value(statement.value)
    if starred and len(values) < len(NAMES):
        raise _NotLiteral
    return values


def _binds(statement: ast.stmt, names: tuple[str, ...]) -> bool:
    """Raise `_NotLiteral` where ``statement`` binds one of ``names``; True for a star import, which may."""
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
    import ast

    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Tuple):
        return tuple(_value(item) for item in node.elts)
    if isinstance(node, ast.List):
        return [_value(item) for item in node.elts]
    raise _NotLiteral


def _salvage(source: bytes, error: Exception) -> Header:
    """The header of a file that Python cannot compile, where all of it stands before the error; else a broken one."""
    problem, line = _describe(source, error)
    module, rest = _before_error(source, line)
    header = _of_module(module)
    if header.state != LITERAL or re.search(_HEADER_LINE, rest, re.MULTILINE):
        return Header(BROKEN, problem=problem, line=line)
    return header.but(problem=problem, line=line)


def _before_error(source: bytes, line: int | None) -> tuple[ast.Module, str]:
    """The longest run of whole statements that ends before ``line``, parsed, and the text that follows it."""
    import ast

    lines = source.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    starts = [number for number, text in enumerate(lines[:line]) if text[:1] not in ("", " ", "\t", ")", "]", "}")]
    for start in reversed(starts[-_ATTEMPTS:]):
        try:
            return ast.parse("\n".join(lines[:start])), "\n".join(lines[start:])
        except (SyntaxError, ValueError, RecursionError):
            continue
    return ast.Module([], []), "\n".join(lines)


def _describe(source: bytes, error: Exception) -> tuple[str, int | None]:
    """What is wrong with a file, and in which line."""
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
