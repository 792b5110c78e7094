"""Results of what traces a schema through its history: `diff` and `blame`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .result import Result

if TYPE_CHECKING:
    from .plans import PlannedUnknown


@dataclass(frozen=True, slots=True)
class DiffOperation:
    """An operation that leads from one schema to another.

    :param text: what it does, in a few words.
    :param call: the call of ``op`` or ``batch_op``; null where there is none.
    :param sql: the statements that it becomes; those of a rebuilt table are at its last operation.
    """

    text: str
    call: str | None
    sql: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DatabaseDiff:
    """What leads from one schema to another on a database.

    :param database: its URL, the password hidden.
    :param dialect: name of its dialect.
    :param operations: the operations, in an order that works.
    """

    database: str
    dialect: str
    operations: tuple[DiffOperation, ...]


@dataclass(frozen=True, slots=True)
class DiffResult(Result):
    """What ``diff`` prints.

    :param start: the revision that it leads from, as it was asked for.
    :param end: the revision that it leads to, likewise.
    :param databases: the operations for each database that env.py configures.
    """

    schema = "limbeck.diff"

    start: str
    end: str
    databases: tuple[DatabaseDiff, ...]


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of git.

    :param id: its hash.
    :param author: who wrote it.
    :param date: the day on which it was written, in UTC.
    :param subject: the first line of its message.
    """

    id: str
    author: str
    date: str
    subject: str


@dataclass(frozen=True, slots=True)
class Blamed:
    """Something that a revision did to a table or a column.

    :param revision: its id.
    :param doc: the first paragraph of its docstring.
    :param date: when the revision was made; null where that is not known.
    :param text: what it did, in a few words.
    :param file: the file that says so.
    :param line: the line of that file; null where it is not known.
    :param sql: the statements that it becomes.
    :param is_certain: False for a statement that mentions it and is not understood.
    :param commit: the commit that the line is of; null where it is not committed, and where git does not know it.
    """

    revision: str
    doc: str
    date: str | None
    text: str
    file: str
    line: int | None
    sql: tuple[str, ...]
    is_certain: bool
    commit: Commit | None


@dataclass(frozen=True, slots=True)
class BlameResult(Result):
    """What ``blame`` prints.

    :param table: the table.
    :param column: the column; null where all of the table was asked for.
    :param done: what revisions did, the last one first, down to the creation.
    :param unknown: where it cannot be known what a revision does.
    """

    schema = "limbeck.blame"

    table: str
    column: str | None
    done: tuple[Blamed, ...]
    unknown: tuple[PlannedUnknown, ...]
