"""What a function drops, renames and creates, as its text says: it is parsed, and not run.

Calls and SQL texts count whatever branch of the function they are in; functions that it calls are read too.
"""

from __future__ import annotations

import ast
import re
from itertools import product
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, NamedTuple

from limbeck.call_site import is_library
from limbeck.syntax import syntax_tree

from .in_words import VIRTUAL, Change, lost_by_statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .in_words import Name

_CALLS = {
    "drop_table": ("table_name", "schema"),
    "DropTableOp": ("table_name", "schema"),
    "drop_column": ("table_name", "column_name", "schema"),
    "DropColumnOp": ("table_name", "column_name", "schema"),
    "rename_table": ("old_table_name", "new_table_name", "schema"),
    "alter_column": ("table_name", "column_name", "new_column_name", "schema"),
    "create_table": ("table_name", "schema"),
    "drop_partition": ("name", "schema"),
}
"""The calls that count, with the arguments that are names."""

_POSITIONAL = {"drop_table": 1, "DropTableOp": 1, "create_table": 1, "alter_column": 2, "drop_partition": 1}
"""How many of them may be given without their keyword, where that is not all but ``schema``."""

_OF_ANY = frozenset({"drop_all", "DropTable", "DropColumn"})
"""Calls that drop what their text does not name."""

_DROPPING = frozenset({"drop_table", "drop_partition", "drop_column", "DropTableOp", "DropColumnOp"}) | _OF_ANY

_OF_OBJECTS = frozenset({"drop_object", "replace_object"})
"""Calls that delete rows where their first argument is the kind of virtual tables."""

_SQL = re.compile(r"\b(?:DROP|TRUNCATE|DELETE)\b", re.IGNORECASE)
_LOSING_SQL = re.compile(
    r"\bDROP\s+TABLE\b|\bTRUNCATE\b|\bALTER\s+TABLE\b.*\bDROP\s+(?:COLUMN\b|$)|\bDROP\s+(?:SCHEMA|OWNED|DATABASE)\b",
    re.IGNORECASE | re.DOTALL,
)
_WHOLE = re.compile(r"\s*DROP\s+(?:SCHEMA\b.*\bCASCADE|OWNED|DATABASE)\b", re.IGNORECASE | re.DOTALL)


class Unclear(NamedTuple):
    """A place where something is dropped that the text does not name.

    :param file: the file. :param line: the line.
    """

    file: str
    line: int


def drops(function: object) -> bool:
    """Whether the code of a function, or of one that it calls, mentions something that deletes; reads no file."""
    return any(map(_mentions, _reached(function, set())))


def changes(function: object) -> Iterator[Change | Unclear]:
    """What a function deletes, renames and creates, in the order of its text."""
    if isinstance(function, FunctionType):
        yield from _Reader(function, {}, set()).found()


# --- the code ---------------------------------------------------------------------------------------------------------


def _reached(function: object, seen: set[FunctionType]) -> Iterator[FunctionType]:
    """A function and those of the user's that it names."""
    if not isinstance(function, FunctionType) or function in seen or is_library(function.__code__.co_filename):
        return
    seen.add(function)
    yield function
    for code in _codes(function.__code__):
        for name in code.co_names:
            yield from _reached(function.__globals__.get(name), seen)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A code object and those of functions within."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _mentions(function: FunctionType) -> bool:
    for code in _codes(function.__code__):
        if not _DROPPING.isdisjoint(code.co_names) or VIRTUAL in code.co_consts:
            return True
        texts = [*code.co_consts, *(function.__globals__.get(name) for name in code.co_names)]
        if any(_SQL.search(text) for text in texts if isinstance(text, str)):
            return True
    return False


# --- the text ---------------------------------------------------------------------------------------------------------


def _definition(function: FunctionType) -> ast.FunctionDef | None:
    """The syntax tree of a function; None where there is no source."""
    code = function.__code__
    try:
        with open(code.co_filename, "rb") as stream:
            tree = syntax_tree(stream.read())
    except (OSError, SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            lines = {node.lineno, *(decorator.lineno for decorator in node.decorator_list)}
            if code.co_firstlineno in lines:
                return node
    return None


class _Reader:
    """Reads the text of one function.

    :param function: the function.
    :param values: the texts that its parameters may have.
    :param seen: functions that are being read, of which none is read within itself.
    """

    def __init__(self, function: FunctionType, values: Mapping[str, list[str]], seen: set[FunctionType]) -> None:
        self._function = function
        self._file = function.__code__.co_filename
        self._values = dict(values)
        self._seen = seen | {function}
        self._batches: dict[str, tuple[list[str] | None, list[str] | None]] = {}

    def found(self) -> Iterator[Change | Unclear]:
        """What the function does, in order."""
        tree = _definition(self._function)
        if tree is None:
            if drops(self._function):
                yield Unclear(self._file, self._function.__code__.co_firstlineno)
            return
        for statement in tree.body:
            yield from self._of(statement)

    def _of(self, node: ast.AST) -> Iterator[Change | Unclear]:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return  # a docstring
        self._note_names(node)
        if isinstance(node, ast.Call):
            yield from self._of_call(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from self._of_sql(node.value, node.lineno)
        elif isinstance(node, ast.JoinedStr):
            yield from self._of_template(node)
            return
        for child in ast.iter_child_nodes(node):
            yield from self._of(child)

    def _note_names(self, node: ast.AST) -> None:
        """Note what texts a name may have, and which names are batches."""
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._note(name, self._texts(value))
            case (
                ast.For(target=ast.Name(id=name), iter=values)
                | ast.comprehension(target=ast.Name(id=name), iter=values)
            ):
                self._note(name, self._elements(values))
            case ast.ListComp(generators=generators) | ast.GeneratorExp(generators=generators):
                for generator in generators:
                    self._note_names(generator)
            case ast.With(items=items):
                for item in items:
                    if isinstance(item.optional_vars, ast.Name) and isinstance(item.context_expr, ast.Call):
                        call = item.context_expr
                        if _name_of(call) == "batch_alter_table":
                            table = self._texts(call.args[0]) if call.args else self._keyword(call, "table_name")
                            self._batches[item.optional_vars.id] = (self._schema(call), table)

    def _note(self, name: str, texts: list[str] | None) -> None:
        if texts is None:
            self._values.pop(name, None)
        else:
            self._values[name] = [*self._values.get(name, ()), *texts]

    def _of_call(self, call: ast.Call) -> Iterator[Change | Unclear]:
        name = _name_of(call)
        if name in _OF_ANY:
            yield Unclear(self._file, call.lineno)
        elif name in _OF_OBJECTS and call.args and self._texts(call.args[0]) == [VIRTUAL]:
            yield from self._of_virtual_table(call)
        elif name in _CALLS:
            yield from self._of_operation(call, name)
        elif isinstance(call.func, ast.Name):
            called = self._function.__globals__.get(call.func.id)
            if isinstance(called, FunctionType) and called not in self._seen and any(_reached(called, set())):
                yield from _Reader(called, self._bound(called, call), self._seen).found()
        for argument in call.args:
            text = self._function.__globals__.get(argument.id) if isinstance(argument, ast.Name) else None
            if isinstance(text, str):
                yield from self._of_sql(text, call.lineno)

    def _bound(self, called: FunctionType, call: ast.Call) -> dict[str, list[str]]:
        """The texts that the parameters of ``called`` have in a call."""
        names = called.__code__.co_varnames[: called.__code__.co_argcount]
        given = [*zip(names, call.args, strict=False), *((one.arg, one.value) for one in call.keywords if one.arg)]
        texts = {name: self._texts(value) for name, value in given}
        return {name: found for name, found in texts.items() if found is not None}

    def _of_operation(self, call: ast.Call, name: str) -> Iterator[Change | Unclear]:
        names = _CALLS[name]
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        batch = self._batches.get(receiver.id) if isinstance(receiver, ast.Name) else None
        plain = _POSITIONAL.get(name, len(names) - 1)
        expected = names[:plain] if batch is None else names[1:plain]
        given: dict[str, list[str] | None] = {
            keyword: self._texts(value) for keyword, value in zip(expected, call.args, strict=False)
        }
        given |= {one.arg: self._texts(one.value) for one in call.keywords if one.arg and one.arg in names}
        given["schema"] = self._schema(call)
        if batch is not None:
            given["schema"], given["table_name"] = batch
        if name == "alter_column" and given.get("new_column_name") is None:
            return
        if name == "create_table" and any(one.arg == "if_not_exists" for one in call.keywords):
            return
        wanted = [given.get(one) for one in names]
        if any(texts is None for texts in wanted):
            if name in _DROPPING:
                yield Unclear(self._file, call.lineno)
            return
        for values in product(*(texts for texts in wanted if texts is not None)):
            yield _change(name, dict(zip(names, values, strict=True)))

    def _of_virtual_table(self, call: ast.Call) -> Iterator[Change | Unclear]:
        """What a drop or a replacement of a virtual table deletes: its rows."""
        names = self._texts(call.args[1]) if len(call.args) > 1 else self._keyword(call, "name")
        schemas = self._schema(call)
        if names is None or schemas is None:
            yield Unclear(self._file, call.lineno)
            return
        for schema, name in product(schemas, names):
            yield Change(lost=((schema or None, name, None),))

    def _of_sql(self, text: str, line: int) -> Iterator[Change | Unclear]:
        for statement in text.split(";"):
            if _WHOLE.match(statement):
                yield Unclear(self._file, line)
            elif lost := lost_by_statement(statement):
                yield Change(lost=tuple(lost))

    def _of_template(self, node: ast.JoinedStr) -> Iterator[Change | Unclear]:
        texts = self._texts(node)
        if texts is not None:
            for text in texts:
                yield from self._of_sql(text, node.lineno)
            return
        rough = "".join(str(part.value) if isinstance(part, ast.Constant) else "?" for part in node.values)
        if _LOSING_SQL.search(rough):
            yield Unclear(self._file, node.lineno)

    # --- texts --------------------------------------------------------------------------------------------------------

    def _texts(self, node: ast.expr) -> list[str] | None:
        """The texts that an expression may be; None where its own text does not tell."""
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.Name(id=name):
                known = self._values.get(name)
                value = self._function.__globals__.get(name)
                return known or ([value] if isinstance(value, str) else None)
            case ast.Call(func=ast.Attribute(attr="f"), args=[argument]):
                return self._texts(argument)
            case ast.JoinedStr(values=parts):
                pieces = [self._texts(part.value if isinstance(part, ast.FormattedValue) else part) for part in parts]
                known_pieces = [piece for piece in pieces if piece is not None]
                return ["".join(one) for one in product(*known_pieces)] if len(known_pieces) == len(pieces) else None
            case _:
                return None

    def _elements(self, node: ast.expr) -> list[str] | None:
        """The texts that a loop goes over."""
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            found = [self._texts(element) for element in node.elts]
            return None if None in found else [text for texts in found for text in texts or ()]
        value = self._function.__globals__.get(node.id) if isinstance(node, ast.Name) else None
        if isinstance(value, tuple | list | set | frozenset) and all(isinstance(one, str) for one in value):
            return [str(one) for one in value]
        return None

    def _schema(self, call: ast.Call) -> list[str] | None:
        """The schemas that a call may name; an empty text is the default one."""
        for one in call.keywords:
            if one.arg == "schema" and not (isinstance(one.value, ast.Constant) and one.value.value is None):
                return self._texts(one.value)
        return [""]

    def _keyword(self, call: ast.Call, name: str) -> list[str] | None:
        return next((self._texts(one.value) for one in call.keywords if one.arg == name), None)


def _name_of(call: ast.Call) -> str:
    """The last part of the name that is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _change(call: str, given: dict[str, str]) -> Change:
    schema = given["schema"] or None
    table = given.get("table_name") or given.get("name") or given.get("old_table_name", "")
    if call == "create_table":
        return Change(created=((schema, table),))
    if call == "rename_table":
        pair: tuple[Name, Name] = ((schema, given["new_table_name"], None), (schema, table, None))
        return Change(renamed=(pair,))
    if call == "alter_column":
        return Change(renamed=(((schema, table, given["new_column_name"]), (schema, table, given["column_name"])),))
    return Change(lost=((schema, table, given.get("column_name")),))
