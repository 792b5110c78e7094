"""What has a driver send a statement without waiting for its answer, where it can do that."""

from __future__ import annotations

from typing import Protocol


class Pipeline(Protocol):
    """One statement at a time: `begin`, then the driver's own sending, then `wait` or `cancel`."""

    def begin(self) -> None:
        """Have the driver not wait for the answer to the statement that comes next, which must be a single one."""

    def wait(self) -> None:
        """Wait for the answer; raises as the driver does where the server refused the statement."""

    def cancel(self) -> None:
        """Have the server give the statement up; what becomes of it, and of its transaction, stays open."""
