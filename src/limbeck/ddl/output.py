"""The SQL script of offline mode: the text of each statement, with the dialect's terminator."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql import Executable

# a quoted string or name, which keeps its tabs, or a tab elsewhere
_QUOTED_OR_TAB = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\t""", re.DOTALL)

_PLAIN = re.compile(r"\w+", re.ASCII)
"""A text that every dialect writes between quotes as it is."""


def tidy(statement: str) -> str:
    """``statement`` with four spaces for each tab outside of quotes."""
    return _QUOTED_OR_TAB.sub(lambda match: "    " if match.group() == "\t" else match.group(), statement)


def finished(statement: str, terminator: str) -> str:
    """``statement`` with ``terminator`` at its end, once, and not inside a trailing comment."""
    if not terminator or statement.endswith(terminator):
        return statement
    last_line = statement.rpartition("\n")[2]
    return f"{statement}\n{terminator}" if "--" in last_line or "#" in last_line else statement + terminator


class _Template:
    """The text of a statement, with a word in the place of each value.

    :param text: the text. :param places: by name of the parameter, the word in its place.
    """

    def __init__(self, text: str, places: Mapping[str, str]) -> None:
        names = {word: name for name, word in places.items()}
        parts = re.split(f"({'|'.join(names)})", text)
        self._constant = parts[::2]
        self._names = [names[word] for word in parts[1::2]]

    def text(self, values: Mapping[str, str]) -> str:
        """The text with ``values``."""
        filled = [self._constant[0]]
        for name, constant in zip(self._names, self._constant[1:], strict=True):
            filled += (values[name], constant)
        return "".join(filled)


class Script:
    """Writes statements as text for one dialect.

    :param dialect: the dialect to compile for; no driver of it is needed.
    :param terminator: what ends a statement: ``;`` in most dialects.
    """

    def __init__(self, dialect: Dialect, terminator: str) -> None:
        self.dialect = sqla.for_script(dialect)
        self.terminator = terminator
        self._templates: dict[Executable, _Template | None] = {}

    def statements(
        self,
        statement: Any,
        multiparams: list[Mapping[str, Any]] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> list[str]:
        """The texts of ``statement``, one for each set of parameters, with all values in place.

        Raises `CommandError` where a value has no literal form in this dialect.
        """
        if params and not multiparams and statement in self._templates:
            return [self._text_by_template(statement, params)]
        sets = multiparams or [params or {}]
        return [self._text(sqla.with_parameters(statement, one) if one else statement) for one in sets]

    def reuse(self, statement: Executable) -> None:
        """``statement`` will come again with other texts as parameters: compile it once, as far as that is the same."""
        self._templates.setdefault(statement, None)

    def _text_by_template(self, statement: Executable, params: Mapping[str, str]) -> str:
        """The text of a statement that comes again; a value that may need to be quoted has it compiled in full."""
        if not all(isinstance(value, str) and _PLAIN.fullmatch(value) for value in params.values()):
            return self._text(sqla.with_parameters(statement, params))
        template = self._templates[statement]
        if template is None:
            text = self._text(sqla.with_parameters(statement, params))
            places = {name: f"limbeck{number}place" for number, name in enumerate(params)}
            found = _Template(self._text(sqla.with_parameters(statement, places)), places)
            if found.text(params) == text:
                self._templates[statement] = found
            else:
                del self._templates[statement]
            return text
        return template.text(params)

    def _text(self, statement: Any) -> str:
        try:
            text = sqla.compile_script(sqla.without_returning(statement), self.dialect, literals=True)
        except (exc.CompileError, NotImplementedError) as error:
            if sqla.is_ddl(statement) or isinstance(error, exc.UnsupportedCompilationError):
                raise
            raise self._not_literal(error) from error
        return finished((text if sqla.is_free_text(statement) else tidy(text)).strip(), self.terminator)

    def _not_literal(self, error: Exception) -> CommandError:
        file, line = caller()
        return CommandError(
            f"This statement cannot be written into a SQL script: {error}",
            code="no-literal",
            hint="give every bound value, in a type that has a literal form, or write the statement as SQL text",
            file=file,
            line=line,
        )
