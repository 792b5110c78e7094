"""The keyword arguments that an operation passes on, beside its own: what SQLAlchemy's objects and dialects know.

SQLAlchemy leaves unnoticed, or merely warns of, a keyword that no dialect knows: ``op.drop_table("t", if_exist=True)``
drops the table all the same. Under an edition such a call is refused before anything is sent.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from inspect import Parameter, signature
from typing import TYPE_CHECKING

from limbeck import sqla
from limbeck.errors import warn

from .arguments import as_called, bad_call, caller
from .operation import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .operation import MigrateOperation

_WARNED = ("alter_column",)
"""The calls whose unknown keywords are a warning without an edition, where Alembic ignores all of them."""
_REFUSED = ("create_primary_key",)
"""The calls whose unknown keywords are refused without an edition too: Alembic takes none at all."""


def check_keywords(operation: MigrateOperation, dialect: str, *, edition: int | None) -> None:
    """Refuse ``operation`` where one of its keywords is unknown; without an edition warn of it, or leave it.

    :param operation: the operation; one of the user's own is not looked at.
    :param dialect: the name of the dialect at work; options of SQLAlchemy's own and of installed ones are known too.
    :param edition: the edition of the environment; None: as Alembic.
    :raises BadCall: naming the keyword and the nearest one that is known.
    """
    if OPERATIONS.get(operation.call_name) is not type(operation):
        return
    for name, hint in _unknown(operation, dialect):
        fault = f"unknown keyword argument '{name}'"
        if edition is not None or operation.call_name in _REFUSED:
            raise bad_call(operation.call, fault, hint=hint, code="unknown-keyword")
        if operation.call_name in _WARNED:
            file, line = caller()
            warn(f"{as_called(operation.call)}(): {fault}", code="unknown-keyword", hint=hint, file=file, line=line)


def _unknown(operation: MigrateOperation, dialect: str) -> Iterator[tuple[str, str]]:
    """The unknown keywords, each with a hint."""
    names = known(operation.call_name)
    for name in (*getattr(operation, "kw", ()), *getattr(operation, "table_kw", ())):
        stated = name.removeprefix("existing_").removeprefix("modify_")  # a dialect's own aspects of a column
        if name not in names and not _is_option(stated, dialect):
            yield name, _hint(name, names)


def _is_option(name: str, dialect: str) -> bool:
    """Whether ``name`` begins with the name of a dialect."""
    return name.partition("_")[0] in (dialect, *sqla.dialect_names()) or sqla.is_dialect(name)


@cache
def known(call_name: str) -> frozenset[str]:
    """The names of all keywords of a call, but for options of dialects."""
    operation = OPERATIONS[call_name]
    classes = [operation, *(() if operation.makes is None else operation.makes.__mro__[:-1])]
    return frozenset(operation.more_keywords) | frozenset(
        name.removeprefix("modify_")
        for each in classes
        for name, parameter in signature(each).parameters.items()
        if parameter.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY) and not name.startswith("_")
    )


def _hint(name: str, known: frozenset[str]) -> str:
    near = get_close_matches(name, sorted(known), 1)
    meant = f"did you mean '{near[0]}'? " if near else ""
    return f"{meant}Options of a dialect begin with its name, as in postgresql_using"
