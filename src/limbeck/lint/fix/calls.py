"""Calls in a revision file: edited where they stand, replaced, named by what they are about."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn, AddConstraint, CreateIndex, DropColumn, DropConstraint, DropIndex
from limbeck.lint.of_sql import of_statement
from limbeck.script.source import CannotRewrite, comments, indented, offset
from limbeck.syntax import syntax_tree

if TYPE_CHECKING:
    from collections.abc import Mapping

_BLOCK = "with op.get_context().autocommit_block():"
_MARK = "\0"
"""Where safe code has the call itself."""
_NOUNS = {
    "create_index": ("index", 0),
    "drop_index": ("index", 0),
    "create_foreign_key": ("constraint", 0),
    "create_unique_constraint": ("constraint", 0),
    "create_check_constraint": ("constraint", 0),
    "create_primary_key": ("constraint", 0),
    "create_exclude_constraint": ("constraint", 0),
    "drop_constraint": ("constraint", 0),
    "add_column": ("column", 1),
    "drop_column": ("column", 1),
    "alter_column": ("alter", 1),
    "create_table": ("table", 0),
    "drop_table": ("table", 0),
}
"""What operations are about, and which of their arguments names it."""


def call_of(node: ast.stmt) -> ast.Call | None:
    """The call of an operation that a statement is: ``op.create_index(...)``; None for any other statement."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return None
    function = node.value.func
    return node.value if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) else None


def is_outside(node: ast.stmt) -> bool:
    """Whether a statement is a block outside of the transaction."""
    return isinstance(node, ast.With) and "autocommit_block" in ast.dump(node.items[0].context_expr)


def plain_statement(call: ast.Call) -> str | None:
    """The SQL of ``op.execute("...")``; None for any other call."""
    argument = call.args[0] if len(call.args) == 1 and not call.keywords else None
    named = isinstance(call.func, ast.Attribute) and call.func.attr == "execute"
    if not named or not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
        return None
    return argument.value


def subject(node: ast.stmt, dialect: str) -> tuple[str, str] | None:
    """What a statement makes, changes or drops, as a kind and a name; None where it does not tell."""
    if isinstance(node, ast.With) and len(node.body) == 1:
        return subject(node.body[0], dialect)
    call = call_of(node)
    if call is None:
        return None
    sql = plain_statement(call)
    if sql is not None:
        return next((about for one in of_statement(sql, dialect) if (about := _of_change(one)) is not None), None)
    noun, place = _NOUNS.get(call.func.attr, ("", 0)) if isinstance(call.func, ast.Attribute) else ("", 0)
    values = [*call.args, *(one.value for one in call.keywords)]
    names = [name for name in map(_name, values[: place + 1]) if name is not None]
    return (noun, ".".join(names)) if noun and len(names) == place + 1 else None


def _of_change(change: object) -> tuple[str, str] | None:
    match change:
        case CreateIndex(name=name) | DropIndex(name=name) | AddConstraint(name=name) | DropConstraint(name=name):
            kind = "index" if isinstance(change, CreateIndex | DropIndex) else "constraint"
            return None if name is None else (kind, name)
        case AddColumn(table=table, column=column):
            return "column", f"{table}.{column.name}"
        case DropColumn(table=table, column=column):
            return "column", f"{table}.{column}"
        case _:
            return None


def _name(node: ast.expr) -> str | None:
    """The name that an argument gives: a string, ``op.f("...")``, or the first argument of ``sa.Column(...)``."""
    if isinstance(node, ast.Call) and node.args:
        return _name(node.args[0])
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


# --- edited -----------------------------------------------------------------------------------------------------------


def in_block(text: str, indent: str) -> str:
    """A statement with its comments, in a block outside of the transaction."""
    return f"{indent}{_BLOCK}\n{indented(text.rstrip(chr(10)))}\n"


def rewritten(text: str, code: str, rendered: str, options: Mapping[str, object] | None, indent: str) -> str:
    """The text of a statement with safe code in its place.

    :param text: its lines. :param code: the code. :param rendered: the call in ``code`` that the statement becomes.
    :param options: the keywords that it gets; None: the whole statement is replaced, and its comments stand above.
    """
    marked = code
    for form in (rendered, "\n".join(f"    {line}" for line in rendered.split("\n"))):
        if options is not None and form in marked:
            marked = marked.replace(form, form[: len(form) - len(form.lstrip())] + _MARK)
            break
    if options is None or marked == code:
        remarks = "".join(f"{indent}{comment}\n" for comment in comments(text))
        return f"{remarks}{indented(code, indent)}\n"
    edited = with_keywords(text, options).rstrip("\n")
    lines = [
        indented(edited, line.removesuffix(_MARK)) if line.endswith(_MARK) else f"{indent}{line}"
        for line in marked.split("\n")
    ]
    return "\n".join(lines) + "\n"


def with_keywords(text: str, options: Mapping[str, object]) -> str:
    """The text of a call with further keyword arguments, on a line of their own where it takes several."""
    for name, value in options.items():
        text = _with_keyword(text, name, repr(value))
    return text


def _with_keyword(text: str, name: str, value: str) -> str:
    call, lines = _parsed(text)
    if any(isinstance(one, ast.Starred) for one in call.args) and not call.keywords and not call.args[:-1]:
        raise CannotRewrite("the call takes its arguments from a list")
    given = next((one.value for one in call.keywords if one.arg == name), None)
    if given is not None:
        start, end = _span(lines, given)
        return text[:start] + value + text[end:]
    values = [*call.args, *(one.value for one in call.keywords)]
    start, end = _span(lines, max(values, key=lambda one: (one.end_lineno or 0, one.end_col_offset or 0)))
    _, close = _span(lines, call)
    between = text[end : close - 1]
    bare = re.sub(r"#[^\n]*", "", between)
    closing = between.rpartition("\n")[2]
    if "\n" not in between or closing.strip():
        return f"{text[:end]}, {name}={value}{text[end:]}"
    begin = text.rfind("\n", 0, start) + 1
    margin = re.match(r"[ \t]*", text[begin:])[0]  # type: ignore[index] # it can be empty
    comma = "" if "," in bare else ","
    line = close - 1 - len(closing)
    return f"{text[:end]}{comma}{text[end:line]}{margin}{name}={value},\n{text[line:]}"


def _parsed(text: str) -> tuple[ast.Call, list[str]]:
    """The call of a text of one statement, and its lines as the parser counts them."""
    wrapped = f"if 1:\n{text}" if text[:1].isspace() else text
    tree = syntax_tree(wrapped)
    node = tree.body[0].body[0] if isinstance(tree.body[0], ast.If) else tree.body[0]
    call = call_of(node)
    if call is None:
        raise CannotRewrite("the call is part of another statement")
    if wrapped is not text:
        for one in ast.walk(call):
            if isinstance(one, ast.expr):
                one.lineno -= 1
                one.end_lineno = (one.end_lineno or 0) - 1
    return call, text.split("\n")


def _span(lines: list[str], node: ast.expr) -> tuple[int, int]:
    start = offset(lines, node.lineno, node.col_offset)
    return start, offset(lines, node.end_lineno or 0, node.end_col_offset or 0)


def names_bound(text: str) -> set[str]:
    """The names that a statement binds."""
    return _names(text, ast.Store)


def names_used(text: str) -> set[str]:
    """The names that a statement reads."""
    return _names(text, ast.Load)


def _names(text: str, kind: type[ast.expr_context]) -> set[str]:
    wrapped = f"if 1:\n{text}" if text[:1].isspace() else text
    return {one.id for one in ast.walk(syntax_tree(wrapped)) if isinstance(one, ast.Name) and isinstance(one.ctx, kind)}


def returns(node: ast.stmt) -> bool:
    """Whether a statement may end the function early."""
    return any(isinstance(one, ast.Return) for one in ast.walk(node))
