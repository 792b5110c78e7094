"""How a dialect makes throwaway databases: what `limbeck.scratch` asks of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import URL, Connection

_OBJECT = r"FROM|JOIN|INTO|UPDATE|TABLE|REFERENCES|EXISTS|VIEW|TRIGGER|FUNCTION|PROCEDURE|SEQUENCE|TYPE|TRUNCATE"
_QUOTE = r"[`\"\[]?"


@dataclass(frozen=True)
class ScratchPlace:
    """A throwaway database.

    :param name: its name, which says who made it.
    :param url: where it is; the same as that of the real database where it is a schema in that.
    :param default_schema: what ``Dialect.default_schema_name`` is there; None: what it is in the real database.
    :param on_connect: statements that begin each session.
    :param outside: matches statements that would touch what is not in it; None where no statement can.
    :param drop: statements that drop it.
    :param keeps: what has to live as long as it does.
    """

    name: str
    url: URL
    default_schema: str | None = None
    on_connect: tuple[str, ...] = ()
    outside: re.Pattern[str] | None = None
    drop: tuple[str, ...] = ()
    keeps: object = None


class ScratchDatabases:
    """Makes, lists and drops throwaway databases of one dialect."""

    def names(self, connection: Connection) -> list[str]:
        """The names of all databases, and of what else may be a place, that the account sees."""
        raise NotImplementedError

    def create(self, connection: Connection, name: str) -> ScratchPlace:
        """Make an empty place.

        :param connection: of the real database, in autocommit mode; a session that is used for this alone.
        :raises sqlalchemy.exc.DBAPIError: where the account may not.
        """
        raise NotImplementedError

    def drops(self, name: str) -> tuple[str, ...]:
        """The statements that drop the place of that name, whatever it is."""
        raise NotImplementedError

    def create_template(
        self,
        connection: Connection,
        name: str,
        folder: str,
    ) -> ScratchPlace | None:
        """Make an empty place that `copy` can copy, also in another process.

        :param connection: as for `create`. :param folder: where a database is that is a file.
        :return: None where the database, or the account, cannot copy places.
        """
        return None

    def finish_template(self, connection: Connection, place: ScratchPlace) -> None:
        """Called when nothing is written into a template any more."""

    def copy(self, connection: Connection, template: str, name: str, folder: str) -> ScratchPlace:
        """Make a copy of a finished template, rows included.

        :param connection: as for `create`. :param template: its name. :param folder: the one that it was made in.
        """
        raise NotImplementedError


def naming(names: Iterable[str], *more: str) -> re.Pattern[str] | None:
    """A pattern that finds statements about an object in one of the schemas ``names``.

    :param more: further patterns. :return: None where there is nothing to find.
    """
    known = "|".join(sorted(map(re.escape, names)))
    parts = list(more)
    if known:
        here = rf"{_QUOTE}(?:{known}){_QUOTE}\s*\."
        parts += [
            rf"\b(?:{_OBJECT})\s+(?:ONLY\s+)?{here}",
            rf"\bINDEX\s.*?\sON\s+(?:ONLY\s+)?{here}",
            rf"\bDROP\s+INDEX\s.*?{here}",
        ]
    return re.compile("|".join(parts), re.IGNORECASE | re.DOTALL) if parts else None
