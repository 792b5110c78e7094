"""What a rule is: a condition on changes, its reason, and the examples that show and test it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy.dialects.sqlite.base import SQLiteDialect

if TYPE_CHECKING:
    from limbeck.findings import Severity

    from .step import Placed, Step

POSTGRESQL = ("postgresql",)
MYSQL = ("mysql", "mariadb")
SQLITE = (SQLiteDialect.name,)

Check = Callable[["Step"], Iterator["Found"]]


class Part(NamedTuple):
    """Code that takes the place of a call: the body of ``upgrade()`` of a revision.

    :param code: the code; none: the call stands in the revision of the next part.
    :param back: the code in ``downgrade()`` of the same revision.
    :param is_undone_here: whether what ``downgrade()`` has for the call stands in this revision too, before ``back``.
    :param options: where a line of ``code`` is the call itself: the keyword arguments that it gets; None where it is
        another one.
    :param adds: the name of an index that the call does not ask for; empty where it makes none.
    """

    code: str
    back: str = ""
    is_undone_here: bool = False
    options: Mapping[str, object] | None = None
    adds: str = ""


class Found(NamedTuple):
    """Something that a rule finds in a revision.

    :param at: the change; None where it is about the whole revision.
    :param message: the fact, and why it matters.
    :param safe: the code to write instead, the body of ``upgrade()`` of one revision each.
    :param line: the line of the revision's file, where it is about none of the changes.
    :param fix: the same code in parts, where it takes the place of the call without knowing more.
    :param proof: a query that gives the rows that break it, where rows decide.
    :param locked: the table that is locked or large, where it is not that of the change.
    """

    at: Placed | None
    message: str
    safe: tuple[str, ...] = ()
    line: int | None = None
    fix: tuple[Part, ...] = ()
    proof: str | None = None
    locked: str | None = None

    @property
    def table(self) -> str:
        """The table that is locked, or large; empty where it is not known."""
        return self.locked or ("" if self.at is None else self.at.change.table)

    @classmethod
    def mechanical(cls, at: Placed, message: str, parts: tuple[Part, ...]) -> Found:
        """A finding whose safe code ``lint --fix`` writes."""
        return cls(at, message, tuple(part.code for part in parts if part.code), fix=parts)


@dataclass(frozen=True)
class Examples:
    """Code by which a rule is shown and tested, bodies of ``upgrade()``.

    :param given: SQL that makes the database as it is before. :param found: code that the rule finds something in.
    :param near: code close to it that the rule does not object to.
    :param exempt: the same as ``found`` on a table that the same revisions create; None where that does not matter.
    :param settings: lines of the configuration. :param back: the body of ``downgrade()`` beside ``found``.
    :param message: the message of the revision beside ``found``.
    :param module: the text of a module ``shop_models`` that the code can import.
    :param twin: whether a second head stands beside ``found``.
    """

    found: tuple[str, ...]
    near: tuple[str, ...]
    given: tuple[str, ...] = ()
    exempt: str | None = None
    settings: str = "edition = 2026"
    back: str = "raise NotImplementedError"
    message: str = "Change the accounts"
    module: str = ""
    twin: bool = False


@dataclass(frozen=True)
class Rule:
    """A rule.

    :param name: its kebab-case name, which does not change between releases.
    :param severity: how bad it is where nothing else is configured.
    :param why: what happens, and why it is bad; the text of its section in the documentation.
    :param check: gives what it finds in a revision.
    :param examples: code that shows and tests it.
    :param dialects: the dialects that it is about; none: all.
    :param lock: the lock on the table that it says the statement runs under, as a plan calls it.
    :param rewrites: whether it says that the table is written anew. Both are proved by `limbeck.lint.observe`.
    :param is_on: whether it is applied where nothing is configured.
    :param by_size: whether what it finds costs more in a larger table: its severity follows the size of the live one.
    :param by_use: whether it matters how the live table is used: messages say so.
    """

    name: str
    severity: Severity
    why: str
    check: Check
    examples: Examples
    dialects: tuple[str, ...] = ()
    lock: str | None = None
    rewrites: bool = False
    is_on: bool = True
    by_size: bool = False
    by_use: bool = False

    def applies_to(self, dialect: str) -> bool:
        """Whether it is about databases of a dialect."""
        return not self.dialects or dialect in self.dialects
