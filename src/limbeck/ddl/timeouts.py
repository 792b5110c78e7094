"""How a database is told how long to wait for a lock and how long a statement may take: as settings of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping


class TimeoutSettings:
    """The settings of a session that hold its timeouts. A database has none, unless its dialect says otherwise."""

    local: bool = False
    """Whether a setting can be made for the open transaction alone, whose end takes it back."""

    unset: ClassVar[Mapping[str, frozenset[str]]] = {}
    """The values with which a setting counts as set by nobody, so that the default of an edition may take its place."""

    def of(self, lock: float | None, statement: float | None) -> dict[str, str]:
        """The settings, as text.

        :param lock: seconds to wait for a lock on a table; 0: without end; None: as it is.
        :param statement: seconds that a statement may take; likewise.
        :return: nothing for a timeout that the database does not have.
        """
        return {}

    def reading(self, name: str) -> str:
        """The statement that reads a setting."""
        raise NotImplementedError

    def writing(self, name: str, value: str | None, *, local: bool) -> str:
        """The statement that makes a setting.

        :param value: None: what the session began with. :param local: until the open transaction ends.
        """
        raise NotImplementedError

    def blocks_nobody(self, statement: str) -> bool:
        """Whether nobody queues behind ``statement`` while it waits for a lock, and a timeout would do harm."""
        return False


def milliseconds(seconds: float) -> int:
    """Whole milliseconds, one at least where there are any."""
    return max(1, round(seconds * 1000)) if seconds else 0
