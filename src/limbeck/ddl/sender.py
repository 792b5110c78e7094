"""What sends a statement without waiting for its answer, where a driver can do that."""

from __future__ import annotations

from typing import Any, Protocol


class Sender(Protocol):
    """One statement at a time: `send`, then `wait` or `cancel`."""

    def send(self, cursor: Any, statement: str, parameters: Any) -> None:
        """Send ``statement``; raises as the driver does where that fails."""

    def wait(self) -> None:
        """Wait for the answer; raises as the driver does where the server refused the statement."""

    def cancel(self) -> None:
        """Have the server give the statement up; what becomes of it, and of its transaction, stays open."""
