"""SQL that is made by formatting values into it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from limbeck.lint.rule import Examples, Found, Rule
from limbeck.lint.source import calls_in_upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step

_WRITES = ("insert ", "update ", "delete ", "select ")


def check(step: Step) -> Iterator[Found]:
    """Statements about rows whose text is formatted."""
    for node in calls_in_upgrade(step.script.path):
        is_execute = isinstance(node.func, ast.Attribute) and node.func.attr == "execute"
        if is_execute and node.args and _is_formatted(_text(node.args[0])):
            message = (
                "Values are formatted into SQL: a quote in one of them ends the text, and NULL, dates and numbers have "
                "to be written as the database has them; give them as params="
            )
            yield Found(None, message, line=node.lineno)


def _text(node: ast.expr) -> ast.expr:
    """What ``sa.text()`` is given."""
    is_text = isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "text" and node.args
    return node.args[0] if is_text and isinstance(node, ast.Call) else node


def _is_formatted(node: ast.expr) -> bool:
    match node:
        case ast.JoinedStr(values=[ast.Constant(value=str(start)), *rest]):
            return _is_about_rows(start) and any(isinstance(value, ast.FormattedValue) for value in rest)
        case ast.BinOp(left=ast.Constant(value=str(start)), op=ast.Mod()):
            return _is_about_rows(start)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(start)), attr="format")):
            return _is_about_rows(start)
        case _:
            return False


def _is_about_rows(sql: str) -> bool:
    return sql.lstrip().lower().startswith(_WRITES)


RULE = Rule(
    "sql-of-values",
    "warning",
    "A value that is formatted into a statement is read as SQL: an apostrophe in a name breaks the run, or does what "
    'the name says. `op.execute("UPDATE account SET name = :name", params={"name": name})` sends it as a value. Names '
    "of tables and columns cannot be sent so, and DDL is left out.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY, name text)",),
        found=(
            'for name in ("Ada",):\n    op.execute(f"UPDATE account SET name = \'{name}\' WHERE id = 1")',
            'op.execute(sa.text("UPDATE account SET name = \'%s\' WHERE id = 1" % "Ada"))',
            'op.execute("UPDATE account SET name = \'{}\' WHERE id = 1".format("Ada"))',
        ),
        near=(
            'op.execute("UPDATE account SET name = :name WHERE id = 1", params={"name": "Ada"})',
            'for name in ("a",):\n    op.execute(f"ALTER TABLE account ADD COLUMN {name} text")',
        ),
    ),
)
