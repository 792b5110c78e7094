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

# a quoted string or name, which keeps its tabs, or a tab elsewhere
_QUOTED_OR_TAB = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\t""", re.DOTALL)


def tidy(statement: str) -> str:
    """``statement`` with four spaces for each tab outside of quotes."""
    return _QUOTED_OR_TAB.sub(lambda match: "    " if match.group() == "\t" else match.group(), statement)


def finished(statement: str, terminator: str) -> str:
    """``statement`` with ``terminator`` at its end, once, and not inside a trailing comment."""
    if not terminator or statement.endswith(terminator):
        return statement
    last_line = statement.rpartition("\n")[2]
    return f"{statement}\n{terminator}" if "--" in last_line or "#" in last_line else statement + terminator


class Script:
    """Writes statements as text for one dialect.

    :param dialect: the dialect to compile for; no driver of it is needed.
    :param terminator: what ends a statement: ``;`` in most dialects.
    """

    def __init__(self, dialect: Dialect, terminator: str) -> None:
        self.dialect = sqla.for_script(dialect)
        self.terminator = terminator

    def statements(
        self,
        statement: Any,
        multiparams: list[Mapping[str, Any]] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> list[str]:
        """The texts of ``statement``, one for each set of parameters, with all values in place.

        Raises `CommandError` where a value has no literal form in this dialect.
        """
        sets = multiparams or [params or {}]
        return [self._text(sqla.with_parameters(statement, one) if one else statement) for one in sets]

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
