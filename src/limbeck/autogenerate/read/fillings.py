"""Values for existing rows of columns that become NOT NULL: from ``--fill``, and from answers at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import USAGE, CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable

    Place = tuple[str | None, str, str]  # schema, table, column


class Fillings:
    """SQL by column.

    :param said: ``[schema.]table.column=SQL``, each once.

    Raises `CommandError` for a text of another form.
    """

    def __init__(self, said: Iterable[str] = ()) -> None:
        self._values: dict[str, str] = {}
        self._rows: dict[tuple[Place, bool], bool] = {}
        self._kept: dict[tuple[str | None, str], list[str]] = {}
        for text in said:
            path, equals, sql = text.partition("=")
            if not equals or not sql.strip() or "." not in path:
                raise CommandError(
                    f"--fill {text}: not of the form table.column=SQL",
                    code="usage",
                    hint="say the table, the column and the value as SQL: --fill \"account.name='unknown'\"",
                    exit_code=USAGE,
                )
            self._values[path.strip()] = sql.strip()
        self._unused = set(self._values)

    def value(self, place: Place) -> str | None:
        """The value of a column; None where there is none."""
        path = ".".join(part for part in place if part)
        self._unused.discard(path)
        return self._values.get(path)

    def answer(self, place: Place, sql: str) -> None:
        """Take ``sql`` as the value of a column."""
        self._values[".".join(part for part in place if part)] = sql

    def refuse_unused(self) -> None:
        """Raise `CommandError` for a value that no column was filled with."""
        for path in sorted(self._unused):
            raise CommandError(
                f"--fill {path}=...: the script makes no column of that name NOT NULL",
                code="fill-unused",
                hint="correct it, or leave it out",
                exit_code=USAGE,
            )

    def known_rows(self, place: Place, *, null: bool) -> bool | None:
        """Whether the table has rows, or with ``null`` such rows where the column is NULL; None: not asked yet."""
        return self._rows.get((place, null))

    def note_rows(self, place: Place, *, null: bool, found: bool) -> None:
        """Remember what the database said."""
        self._rows[(place, null)] = found

    def kept(self, place: Place) -> list[str] | None:
        """The columns of its table whose values an UPDATE has to keep; None: not asked yet."""
        return self._kept.get(place[:2])

    def note_kept(self, place: Place, columns: list[str]) -> None:
        """Remember what the database said."""
        self._kept[place[:2]] = columns
