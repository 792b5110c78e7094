"""Other parents for a revision file: in its header and in its docstring, which may say when it was made too."""

from __future__ import annotations

import io
import tokenize
from typing import TYPE_CHECKING

from limbeck.errors import CommandError

from . import header
from .source import CannotRewrite, Source
from .write import comma

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


def with_parents(path: str, source: bytes, parents: Sequence[str], date: datetime | None = None) -> bytes:
    """A revision file with other parents.

    :param path: the file, for messages. :param source: what it holds. :param parents: their ids.
    :param date: the new date that it was made, where its docstring says one; None: it stays.
    :raises CommandError: where the header is not plain, so that it cannot be rewritten.
    """
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(source).readline)[0]
        text = source.decode(encoding)
        made = _written(text.replace("\r\n", "\n"), parents, date)
    except (CannotRewrite, SyntaxError, UnicodeDecodeError) as error:
        raise CommandError(
            f"The parents of a revision cannot be rewritten: {error}",
            code="not-rewritable",
            hint="write its down_revision by hand, or as a plain text, and run the command again",
            file=path,
        ) from error
    return (made.replace("\n", "\r\n") if "\r\n" in text else made).encode(encoding)


def _written(text: str, parents: Sequence[str], date: datetime | None) -> str:
    if header.read(text.encode()).state != header.LITERAL:
        raise CannotRewrite("its header is not plain")
    down = None if not parents else parents[0] if len(parents) == 1 else tuple(parents)
    made = Source(text).with_header(down_revision=down)
    made = Source(made).in_docstring(r"(?m)^(Revises:)[^\n\"']*", rf"\1 {comma(down)}")
    return made if date is None else Source(made).in_docstring(r"(?m)^(Create Date:)[^\n\"']*", rf"\1 {date}")
