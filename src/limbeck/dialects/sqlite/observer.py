"""What statements did on SQLite: tables whose first page is another one were written anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.ddl.observer import Observer, Seen

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_PAGES = "SELECT name, rootpage FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"


class SQLiteObserver(Observer):
    """By the schema table. A rebuild drops the table, and gives another one its name."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._pages: dict[str, int] = dict(self.rows(_PAGES, _page))

    def after(self) -> Seen:
        """The tables that were there before the run, and are elsewhere since this statement."""
        now = dict(self.rows(_PAGES, _page))
        moved = sorted(name for name, page in self._pages.items() if now.get(name, page) != page)
        self._pages.update((name, now[name]) for name in moved)
        return Seen(rewritten=tuple(moved))


def _page(table: str, page: int) -> tuple[str, int]:
    return table, page
