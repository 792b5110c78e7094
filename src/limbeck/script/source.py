"""The text of a revision file: its header, and the statements of its functions, each with its comments."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from typing import TYPE_CHECKING, NamedTuple

from limbeck.syntax import syntax_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

_GENERATED = "# ### commands auto generated"
_INDENT = "    "


class CannotRewrite(Exception):  # noqa: N818 a signal to what rewrites files
    """A revision file is left as it is; the text says why."""


class Statement(NamedTuple):
    """A statement of a function.

    :param text: its lines, with the comments above it, as they are in the file.
    :param node: the statement, parsed. :param first: its first line in the file. :param last: its last line.
    """

    text: str
    node: ast.stmt
    first: int
    last: int


class Body(NamedTuple):
    """The body of a function.

    :param head: its docstring, and the comment that it was generated. :param statements: its statements.
    :param tail: the comments below them. :param indent: what its lines begin with.
    :param lines: the lines of the file that it takes, from and to.
    """

    head: str
    statements: list[Statement]
    tail: str
    indent: str
    lines: tuple[int, int]

    @property
    def does_nothing(self) -> bool:
        """Whether it only passes or raises."""
        return all(isinstance(one.node, ast.Pass | ast.Raise) for one in self.statements)


class Source:
    """A revision file.

    :param text: its text, whose lines end with a line feed.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = syntax_tree(text)
        self._lines = text.split("\n")

    def body(self, name: str) -> Body | None:
        """The body of a function at the top level; None where there is none of this name.

        :raises CannotRewrite: where statements and lines do not go together.
        """
        found = [one for one in self.tree.body if isinstance(one, ast.FunctionDef) and one.name == name]
        if not found:
            return None
        function = found[-1]
        start = function.body[0].lineno - 1
        while start > function.lineno and _is_remark(self._lines[start - 1]):
            start -= 1
        if len(found) > 1 or start < function.lineno or _shares_a_line(function):
            raise CannotRewrite(f"the call stands in {name}() with other code on its line")
        end = function.body[-1].end_lineno or 0
        after = end
        while after < len(self._lines) and re.match(r"[ \t]+#", self._lines[after]):
            after += 1
        indent = re.match(r"[ \t]*", self._lines[function.body[0].lineno - 1])[0]  # type: ignore[index] # it can be empty
        head = self._head(function, start)
        nodes = [one for one in function.body if not _is_docstring(one, function)]
        statements: list[Statement] = []
        begin = head
        for node in nodes:
            last = node.end_lineno or node.lineno
            statements.append(Statement(self._text(begin, last), node, node.lineno, last))
            begin = last
        return Body(self._text(start, head), statements, self._text(end, after), indent, (start, after))

    def _head(self, function: ast.FunctionDef, start: int) -> int:
        """The line that the first statement begins at, with its comments."""
        first = function.body[0]
        line = (first.end_lineno or 0) if _is_docstring(first, function) else start
        while line < len(self._lines) and self._lines[line].strip().startswith(_GENERATED):
            line += 1
        return line

    def _text(self, start: int, end: int) -> str:
        return "".join(f"{line}\n" for line in self._lines[start:end])

    def with_bodies(self, **bodies: str) -> str:
        """The text with other bodies of functions, by name: whole lines."""
        text = list(self._lines)
        places = [(body, self.body(name)) for name, body in bodies.items()]
        for new, old in sorted(places, key=lambda one: -(one[1].lines[0] if one[1] else 0)):
            if old is not None:
                text[slice(*old.lines)] = new.rstrip("\n").split("\n")
        return "\n".join(text)

    def with_header(self, **values: object) -> str:
        """The text with other values of the header.

        :raises CannotRewrite: where the header has no literal of such a name and the value is not None.
        """
        edits: list[tuple[int, int, str]] = []
        for name, value in values.items():
            node = _assigned(self.tree, name)
            if node is None and value is not None:
                raise CannotRewrite(f"the header of the revision has no plain {name}")
            if node is not None:
                start, end = self._span(node)
                quotes = str.maketrans("'", '"') if '"' in self.text[start:end] else {}
                edits.append((start, end, repr(value).translate(quotes)))
        return self._edited(edits)

    def without_header(self, name: str) -> str:
        """The text without the line or lines that set a name of the header; as it is where none does."""
        node = _statement(self.tree, name)
        if node is None:
            return self.text
        lines = [f"{line}\n" for line in self._lines]
        lines[-1] = self._lines[-1]
        return "".join([*lines[: node.lineno - 1], *lines[node.end_lineno or node.lineno :]])

    def in_docstring(self, pattern: str, new: str) -> str:
        """The text with the first match of ``pattern`` in the docstring of the file replaced; as it is without one."""
        first = self.tree.body[0] if self.tree.body else None
        if not isinstance(first, ast.Expr) or ast.get_docstring(self.tree) is None:
            return self.text
        start, end = self._span(first)
        return self.text[:start] + re.sub(pattern, new, self.text[start:end], count=1) + self.text[end:]

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        return offset(self._lines, node.lineno, node.col_offset), offset(
            self._lines, node.end_lineno or 0, node.end_col_offset or 0
        )

    def _edited(self, edits: list[tuple[int, int, str]]) -> str:
        text = self.text
        for start, end, new in sorted(edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text


def offset(lines: list[str], line: int, column: int) -> int:
    """The offset in characters of a place that the parser gives: a line, counted from 1, and a column in bytes."""
    before = sum(len(one) + 1 for one in lines[: line - 1])
    return before + len(lines[line - 1].encode()[:column].decode())


def indented(code: str, indent: str = _INDENT) -> str:
    """Code with ``indent`` before each of its lines, but for those that begin within a string."""
    lines = code.split("\n")
    inside = within_strings(code)
    return "\n".join(
        f"{indent}{line}" if line.strip() and number not in inside else line
        for number, line in enumerate(lines, start=1)
    )


def within_strings(code: str) -> set[int]:
    """The lines that begin within a string."""
    found: set[int] = set()
    for token in _tokens(code):
        if token.type == tokenize.STRING or tokenize.tok_name[token.type] == "FSTRING_MIDDLE":
            found.update(range(token.start[0] + 1, token.end[0] + 1))
    return found


def comments(code: str) -> list[str]:
    """The comments of a text, in order."""
    return [token.string for token in _tokens(code) if token.type == tokenize.COMMENT]


def _tokens(code: str) -> Iterator[tokenize.TokenInfo]:
    # lines of a function are indented: what ends with them is no error
    wrapped = code if not code[:1].isspace() else f"{code.rstrip()}\n"
    yield from tokenize.generate_tokens(io.StringIO(wrapped).readline)


def _is_remark(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _is_docstring(node: ast.stmt, function: ast.FunctionDef) -> bool:
    return node is function.body[0] and ast.get_docstring(function) is not None


def _shares_a_line(function: ast.FunctionDef) -> bool:
    ends = [one.end_lineno or 0 for one in function.body]
    return any(one.lineno <= end for end, one in zip(ends, function.body[1:], strict=False))


def _assigned(tree: ast.Module, name: str) -> ast.expr | None:
    """The value that a file assigns to a name at its top level, and to no other by the same statement."""
    node = _statement(tree, name)
    return None if node is None else node.value


def _statement(tree: ast.Module, name: str) -> ast.Assign | ast.AnnAssign | None:
    """The statement by which a file assigns to a name at its top level, and to no other."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if len(targets) == 1 and isinstance(targets[0], ast.Name) and targets[0].id == name:
                return node
    return None
