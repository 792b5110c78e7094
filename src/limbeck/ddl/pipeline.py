"""Sending a statement without waiting for the server's answer, where a driver can."""

from __future__ import annotations

from typing import Protocol


class Pipeline(Protocol):
    """A pipeline of one statement: `begin`, then the statement is executed, then `wait` or `cancel`."""

    def begin(self) -> None:
        """Have the driver not wait for the answer to the next statement, which must be a single one."""

    def wait(self) -> None:
        """Wait for the answer; raises the driver's error where the server refused the statement."""

    def cancel(self) -> None:
        """Ask the server to cancel the statement; whether it was carried out is not known afterwards."""
